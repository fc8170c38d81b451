/*
 * What people do on the page; each test runs in both languages, at the sizes of a desktop and of a phone.
 */
import { strict as assert } from 'node:assert';

const CATS = ['tabby-cat.jpg', 'kitten.jpg', 'котёнок.jpg', 'kitten, a copy.jpg'];

async function shownThumbnails(visit) {
    await visit.page.waitForFunction(() => {
        const images = [...document.querySelectorAll('.tile:not([hidden]) img')].slice(0, 2);
        return images.length === 2 && images.every((image) => image.complete && image.naturalWidth > 0);
    });
}

export const everywhere = {
    'the start shows the collections': async (visit) => {
        await visit.open();
        const text = await visit.page.textContent('#introduction');
        assert.match(text, /Photographs/);
        assert.match(text, /OpenCV/);
        assert.match(text, visit.russian ? /92 картинки/ : /92 pictures/);
        assert.equal(await visit.page.getAttribute('html', 'lang'), visit.russian ? 'ru' : 'en');
        await visit.page.waitForFunction(() => document.querySelector('.example img.there') !== null);
        await visit.accessible('start');
        await visit.wide('start');
        await visit.page.selectOption('#collection', 'photos');
        await visit.settled();
        assert.equal(await visit.page.locator('.example').count(), 6);
        assert.equal(visit.parameter('c'), 'photos');
        await visit.page.click('.example >> nth=1');
        await visit.page.waitForSelector('.tile');
        assert.equal(visit.parameter('q'), 'dog');
    },

    'finds «кошка» and "boat"': async (visit) => {
        await visit.open();
        await visit.search('кошка');
        assert.ok(CATS.includes((await visit.names())[0]), await visit.names());
        assert.equal(await visit.tiles().count(), 20);
        await shownThumbnails(visit);
        const says = async (place, english, russian) =>
            assert.match(await visit.page.textContent(place), visit.russian ? russian : english);
        await says('#summary', /20 pictures.*кошка/, /20 картинок.*кошка/);
        await says('#timing', /\d ms: .*\d ms, /, /\d мс: .*\d мс, /);
        await says('.tile .judgement', /Good match\d\d%/, /Подходит\d\d\s?%/);
        await visit.accessible('results');
        await visit.wide('results');
        await visit.search('boat');
        assert.equal(await visit.tiles().count(), 20);
        assert.deepEqual(visit.searches.filter(({ k }) => k === 20).map(({ text }) => text), ['кошка', 'boat']);
        assert.match(await visit.page.title(), /^boat · /);
    },

    'rows are full and nothing is cut off': async (visit) => {
        await visit.open({ q: 'dog', c: 'photos' });
        const rows = await visit.page.evaluate(() => {
            const byTop = new Map();
            for (const tile of document.querySelectorAll('.tile')) {
                const { top, right } = tile.getBoundingClientRect();
                byTop.set(top, Math.max(byTop.get(top) ?? 0, right));
            }
            const { right } = document.querySelector('.tiles').getBoundingClientRect();
            return [...byTop.values()].map((end) => Math.abs(end - right));
        });
        assert.ok(rows.length >= 3, rows);
        assert.ok(rows.slice(0, -1).every((gap) => gap < 2), rows);
    },

    'a click on a result searches by it': async (visit) => {
        await visit.open({ q: 'кошка', c: 'photos' });
        await visit.page.click('.tile >> nth=1 >> .picture');
        await visit.page.waitForFunction(() => new URLSearchParams(location.search).has('item'));
        await visit.settled();
        const item = visit.parameter('item');
        assert.match(item, /^[0-9a-f]{32}$/);
        assert.equal(visit.searches.at(-1).item, item);
        assert.equal(visit.parameter('q'), null);
        const name = (await visit.names())[0];
        assert.equal(await visit.page.textContent('.query-picture-name'), name);
        assert.equal(await visit.page.inputValue('#query'), '');
        const focused = await visit.page.evaluate(() => document.activeElement.closest('.tile') !== null);
        assert.ok(focused, 'the focus is lost');
        await visit.accessible('like a picture');
        await visit.wide('like a picture');
        await visit.page.click('#query-picture-remove');
        await visit.page.waitForFunction(() => document.querySelector('.example') !== null);
    },

    'count and threshold': async (visit) => {
        await visit.open({ q: 'кошка', c: 'photos' });
        await visit.page.selectOption('#count', '50');
        await visit.page.waitForFunction(() => document.querySelectorAll('.tile').length === 50);
        await visit.page.selectOption('#count', '10');
        await visit.page.waitForFunction(() => document.querySelectorAll('.tile').length === 10);
        const before = visit.searches.length;
        await visit.page.focus('#threshold');
        for (let i = 0; i < 50; i++) {
            await visit.page.keyboard.press('ArrowRight');
        }
        assert.match(await visit.page.textContent('#threshold-value'), visit.russian ? /^50\s?%$/ : /^50%$/);
        const some = await visit.tiles().count();
        assert.ok(some >= 1 && some < 10, `${some} of 10`);
        assert.match(await visit.page.textContent('#summary'),
                     new RegExp(visit.russian ? `^${some} из 10` : `^${some} of 10`));
        await visit.page.waitForFunction(() => new URLSearchParams(location.search).get('min') === '0.5');
        await visit.page.keyboard.press('End');
        assert.equal(await visit.tiles().count(), 0);
        assert.equal(await visit.page.locator('.notice').count(), 1);
        await visit.accessible('nothing above the threshold');
        await visit.page.click('.notice button');
        assert.equal(await visit.tiles().count(), 10);
        assert.equal(visit.searches.length, before, 'the threshold asks the server nothing');
    },

    'language and theme': async (visit) => {
        await visit.open({ q: 'кошка' });
        const dark = visit.kind.includes('dark');
        const background = () => visit.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const first = await background();
        await visit.page.click('#language-button');
        assert.match(await visit.page.textContent('#summary'), visit.russian ? /pictures/ : /картинок/);
        assert.equal(await visit.page.getAttribute('html', 'lang'), visit.russian ? 'en' : 'ru');
        assert.equal(await visit.page.textContent('#search-form .strong'), visit.russian ? 'Find' : 'Найти');
        await visit.page.click('#theme-button');
        assert.equal(await visit.page.getAttribute('html', 'data-theme'), dark ? 'light' : 'dark');
        assert.notEqual(await background(), first);
        await visit.page.reload();
        await visit.settled();
        assert.equal(await visit.page.getAttribute('html', 'data-theme'), dark ? 'light' : 'dark');
        assert.equal(await visit.page.getAttribute('html', 'lang'), visit.russian ? 'en' : 'ru');
        assert.equal(await visit.tiles().count(), 20);
        await visit.page.click('#theme-button');
        assert.equal(await background(), first);
    },

    'the larger view by keyboard': async (visit) => {
        await visit.open({ q: 'кошка', c: 'photos', k: '10' });
        const names = await visit.names();
        const title = () => visit.page.textContent('#viewer-name');
        await visit.page.keyboard.press('/');
        assert.equal(await visit.page.evaluate(() => document.activeElement.id), 'query');
        await visit.page.keyboard.press('ArrowDown');
        await visit.page.keyboard.press('ArrowRight');
        await visit.page.keyboard.press('Space');
        assert.equal(await title(), names[1]);
        await visit.page.waitForFunction(() => /\/file$/.test(document.querySelector('.stage img').src));
        assert.match(await visit.page.textContent('.facts'), /Pictures\/animals\//);
        assert.equal(await visit.page.getAttribute('.stage img', 'alt'), names[1]);
        await visit.accessible('larger view');
        await visit.wide('larger view');
        await visit.page.keyboard.press('ArrowRight');
        assert.equal(await title(), names[2]);
        for (let i = 0; i < 3; i++) {
            await visit.page.keyboard.press('ArrowLeft');
        }
        assert.equal(await title(), names[9], 'it goes round');
        for (let i = 0; i < 8; i++) { // the focus stays in the dialog
            await visit.page.keyboard.press('Tab');
            const outside = await visit.page.evaluate(() => document.activeElement !== document.body &&
                                                            document.activeElement.closest('dialog') === null);
            assert.equal(outside, false);
        }
        await visit.page.keyboard.press('Escape');
        assert.equal(await visit.page.locator('dialog[open]').count(), 0);
        const onPicture = (name) =>
            visit.page.waitForFunction((alt) => document.activeElement.querySelector('img')?.alt === alt, name);
        await onPicture(names[9]); // the one that was shown last
        await visit.page.keyboard.press('Home');
        await onPicture(names[0]);
        await visit.page.keyboard.press('End');
        await onPicture(names[9]);
        await visit.page.keyboard.press('ArrowUp');
        await visit.page.waitForFunction((alt) => document.activeElement.querySelector('img').alt !== alt, names[9]);
    },

    'more like this from the larger view': async (visit) => {
        await visit.open({ q: 'автобус', c: 'photos' });
        const name = (await visit.names())[0];
        await visit.page.click('.tile .enlarge');
        await visit.page.click('.viewer .actions button');
        await visit.page.waitForFunction(() => new URLSearchParams(location.search).has('item'));
        await visit.settled();
        assert.equal(await visit.page.locator('dialog[open]').count(), 0);
        assert.equal((await visit.names())[0], name);
    },

    'the table of scores': async (visit) => {
        await visit.open({ q: 'кошка' });
        const names = await visit.names();
        await visit.page.click('#view-table');
        assert.equal(await visit.page.locator('tbody tr').count(), 20);
        assert.deepEqual(await visit.page.locator('tbody .cell-name').allTextContents(), names);
        assert.match(await visit.page.textContent('tbody tr'), visit.russian ? /^1.*0,\d{3}\d\d\s?%Подходит\d+ × \d+\d$/
                                                                               : /^1.*0\.\d{3}\d\d%Good match\d+ × \d+\d$/);
        await visit.page.waitForFunction(() => new URLSearchParams(location.search).get('view') === 'table');
        await visit.accessible('table');
        await visit.wide('table');
        await visit.page.focus('#threshold');
        for (let i = 0; i < 50; i++) {
            await visit.page.keyboard.press('ArrowRight');
        }
        const some = await visit.page.locator('tbody tr:not([hidden])').count();
        assert.ok(some >= 1 && some < 20, `${some} of 20`);
        await visit.page.click('tbody .link');
        assert.equal(await visit.page.textContent('#viewer-name'), names[0]);
        await visit.page.keyboard.press('Escape');
        await visit.page.click('#view-grid');
        assert.equal(await visit.tiles().count(), some);
    },

    'back, forward, reload, a link': async (visit) => {
        const { page } = visit;
        await visit.open();
        await visit.search('кошка');
        await visit.search('автобус');
        const buses = await visit.names();
        await page.click('.tile .picture');
        await page.waitForFunction(() => new URLSearchParams(location.search).has('item'));
        await visit.settled();
        const back = async (parameter, value) => {
            await page.goBack();
            await page.waitForFunction(([name, wanted]) => new URLSearchParams(location.search).get(name) === wanted,
                                       [parameter, value]);
            await visit.settled();
        };
        await back('q', 'автобус');
        assert.deepEqual(await visit.names(), buses);
        assert.equal(await page.inputValue('#query'), 'автобус');
        await back('q', 'кошка');
        assert.ok(CATS.includes((await visit.names())[0]));
        await back('q', null);
        assert.ok(await page.locator('.example').count() > 0);
        await page.goForward();
        await page.waitForFunction(() => document.querySelectorAll('.tile').length > 0);
        assert.equal(await page.inputValue('#query'), 'кошка');
        await visit.open({ q: 'dog', c: 'photos', k: '33', min: '0.05', view: 'table' });
        await page.reload();
        await visit.settled();
        assert.deepEqual(visit.searches.at(-1), { text: 'dog', k: 33, collection: 'photos' });
        assert.equal(await page.locator('tbody tr').count(), 33);
        assert.equal(await page.inputValue('#count'), '33');
        assert.equal(await page.inputValue('#collection'), 'photos');
        assert.equal(await page.inputValue('#threshold'), '0.05');
    },

    'searches while one types': async (visit) => {
        await visit.open();
        await visit.page.focus('#query');
        await visit.page.keyboard.type('собака', { delay: 20 });
        await visit.page.waitForFunction(() => new URLSearchParams(location.search).get('q') === 'собака');
        await visit.settled();
        assert.equal(await visit.tiles().count(), 20);
        assert.equal(await visit.page.evaluate(() => document.activeElement.id), 'query');
        await visit.page.keyboard.press('Enter');
        await visit.page.goBack();
        await visit.page.waitForSelector('.example'); // what was typed on the way is one entry of the history
        assert.equal(await visit.page.inputValue('#query'), '');
    },

    'about': async (visit) => {
        await visit.open();
        await visit.page.click('#about-button');
        await visit.page.waitForSelector('.about .facts div');
        const text = await visit.page.textContent('.about');
        assert.match(text, /\d+\.\d+\.\d+/);
        assert.match(text, /starter/);
        assert.match(text, visit.russian ? /Всё остаётся на этом компьютере/ : /Everything stays on this computer/);
        await visit.accessible('about');
        await visit.wide('about');
        await visit.page.keyboard.press('Escape');
        assert.equal(await visit.page.evaluate(() => document.activeElement.id), 'about-button');
    },
};
