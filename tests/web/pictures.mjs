/*
 * Pictures of the page for the documents; only photographs of the collection `photos` are in them. The names are the
 * kinds of windows.
 */
async function results(visit, query) {
    await visit.open({ q: query, c: 'photos' });
    for (let i = 0; i < 4; i++) { // the first search of each thread of the server also reads the model
        await visit.page.reload();
        await visit.settled();
    }
    await visit.page.evaluate(() => document.activeElement.blur());
}

export const pictures = {
    'en desktop': async (visit) => {
        await results(visit, 'vehicle');
        await visit.picture('results');
        await visit.open({ c: 'photos' });
        await visit.page.waitForFunction(() => document.querySelectorAll('.example img.there').length === 6);
        await visit.picture('start');
        await visit.open({ q: 'vehicle', c: 'photos', view: 'table' });
        await visit.picture('table');
    },
    'ru desktop dark': async (visit) => {
        await results(visit, 'кошка');
        await visit.picture('results-dark');
    },
    'ru phone': async (visit) => {
        await results(visit, 'кошка');
        await visit.picture('phone');
    },
    'en desktop dark': async (visit) => {
        await results(visit, 'bird');
        await visit.page.click('.tile .enlarge');
        await visit.page.waitForFunction(() => /\/file$/.test(document.querySelector('.stage img').src));
        await visit.picture('larger');
    },
};
