/*
 * What the page shows when something is missing, goes wrong or is hostile. What the server cannot easily be brought to
 * do is played by the browser (`route`).
 */
import { strict as assert } from 'node:assert';
import path from 'node:path';
import { HOSTILE, serve } from './harness.mjs';

const FAILED = 'Failed to load resource'; // what Chromium says of every failed request

async function notice(visit, pattern) {
    await visit.page.waitForSelector('.notice');
    const text = await visit.page.textContent('.notice');
    assert.match(text, pattern);
    await visit.accessible(String(pattern));
    await visit.wide(String(pattern));
    return text;
}

/* Lets a function change the JSON that the server answers. */
async function change(visit, what, edit) {
    const changed = async (route) => {
        const response = await route.fetch();
        const answer = await response.json();
        edit(answer);
        await route.fulfill({ response, json: answer });
    };
    await visit.page.route(what, (route) => changed(route).catch(() => {})); // the page may be gone by then
}

function refuse(visit, what, status, type = 'about:blank') {
    const problem = { type, title: 'No', status, detail: 'for a reason' };
    return visit.page.route(what, (route) => route.fulfill({ status, json: problem }));
}

export const states = {
    'an empty home': async (visit, { folder }) => {
        const server = await serve(path.join(folder, 'empty'));
        visit.base = server.url;
        try {
            await visit.open();
            await notice(visit, /imagefinder index ~\/Pictures/);
            await visit.search('cat');
            await notice(visit, /imagefinder index ~\/Pictures/);
            assert.equal(await visit.page.isVisible('.toolbar'), false);
        } finally {
            await server.stop();
        }
    },

    'the server stops and comes back': async (visit, { folder }) => {
        const home = path.join(folder, 'home');
        const first = await serve(home);
        visit.base = first.url;
        let second = null;
        try {
            await visit.open({ q: 'cat' });
            visit.expected = [FAILED]; /* a thumbnail may be on its way still */
            await first.stop();
            await visit.search('dog');
            await notice(visit, /does not answer.*imagefinder serve/);
            second = await serve(home, Number(new URL(first.url).port));
            await visit.page.click('.notice .strong');
            await visit.page.waitForSelector('.tile');
            assert.equal(await visit.tiles().count(), 20);
        } finally {
            await first.stop();
            await second?.stop();
        }
    },

    'the server is busy': async (visit) => {
        visit.expected = [FAILED];
        await refuse(visit, '**/api/v1/search', 503);
        await visit.open({ q: 'cat' });
        await notice(visit, /Busy/);
        await visit.page.unroute('**/api/v1/search');
        await visit.page.click('.notice .strong');
        await visit.page.waitForSelector('.tile');
    },

    'a collection of an earlier model': async (visit) => {
        visit.expected = [FAILED];
        await refuse(visit, '**/api/v1/search', 503, 'outdated');
        await visit.open({ q: 'cat' });
        await notice(visit, /indexed again.*for a reason/);
    },

    'a fault of the server': async (visit) => {
        visit.expected = [FAILED];
        await refuse(visit, '**/api/v1/search', 500);
        await visit.open({ q: 'cat' });
        await notice(visit, /went wrong.*for a reason/);
    },

    'a query that is too long': async (visit) => {
        visit.expected = [FAILED];
        await visit.open({ q: 'long '.repeat(1000) });
        await notice(visit, /did not take this search.*The server says: ./);
        await visit.page.click('.notice .strong');
        await visit.page.waitForSelector('.example');
    },

    'an unknown collection in the address': async (visit) => {
        await visit.open({ q: 'cat', c: '<i>nothing</i>' });
        await notice(visit, /no collection “<i>nothing<\/i>”/);
        assert.deepEqual(visit.searches, []);
        await visit.page.click('.notice .strong');
        await visit.page.waitForSelector('.tile');
        assert.equal(visit.parameter('q'), 'cat');
    },

    'a collection is removed meanwhile': async (visit) => {
        await visit.open({ q: 'cat', c: 'odd' });
        visit.expected = [FAILED];
        await refuse(visit, '**/api/v1/search', 404);
        await change(visit, '**/api/v1/collections', (answer) => {
            answer.collections = answer.collections.filter(({ name }) => name !== 'odd');
        });
        await visit.search('dog');
        await notice(visit, /no collection “odd”/);
        await visit.page.unroute('**/api/v1/search');
        await visit.page.click('.notice .strong');
        await visit.page.waitForSelector('.tile');
    },

    'an unknown picture in the address': async (visit) => {
        visit.expected = [FAILED]; // its thumbnail too
        await visit.open({ item: '0123456789abcdef0123456789abcdef' });
        await notice(visit, /picture is no longer there/);
        await visit.open({ item: '../../etc/passwd' });
        await notice(visit, /picture is no longer there/);
        assert.deepEqual(visit.searches.map(({ item }) => item), ['0123456789abcdef0123456789abcdef']);
    },

    'nonsense in the address': async (visit) => {
        await visit.open({ q: 'cat', k: '-5', min: 'NaN', view: '<table>', other: '%00' });
        assert.equal(visit.searches.at(-1).k, 20);
        assert.equal(await visit.tiles().count(), 20);
        await visit.open({ q: '   ', k: '1e99', min: '1e-99' });
        assert.ok(await visit.page.locator('.example').count() > 0);
    },

    'hostile names and queries are text': async (visit) => {
        const query = '<img src=x onerror="alert(3)"> & <script>alert(4)</script> bird';
        await visit.open({ q: 'bird', c: 'odd' });
        assert.ok((await visit.names()).includes(HOSTILE), await visit.names());
        await visit.page.click('#view-table');
        assert.ok((await visit.page.locator('.cell-name').allTextContents()).includes(HOSTILE));
        await visit.page.locator('.link', { hasText: 'onerror' }).click();
        assert.equal(await visit.page.textContent('#viewer-name'), HOSTILE);
        assert.match(await visit.page.textContent('.viewer .facts'), /<img src=x onerror=alert\(1\)>\.jpg/);
        await visit.page.click('.viewer .actions button');
        await visit.page.waitForFunction(() => new URLSearchParams(location.search).has('item'));
        await visit.settled();
        assert.equal(await visit.page.textContent('.query-picture-name'), HOSTILE);
        assert.match(await visit.page.title(), /<img src=x/);
        await visit.search(query);
        assert.match(await visit.page.textContent('#summary'), /<script>alert\(4\)<\/script>/);
        assert.equal(await visit.page.inputValue('#query'), query);
        await visit.open();
        assert.match(await visit.page.textContent('#introduction'),
                     /<b>Odd<\/b> & "files".*<script>alert\(2\)<\/script>/);
        assert.equal(await visit.page.locator('main b, main script, main i, img[src="x"]').count(), 0);
    },

    'copies of one picture': async (visit) => {
        await visit.open({ q: 'kitten' });
        const tile = visit.page.locator('.tile', { hasText: '3 copies' });
        assert.equal(await tile.count(), 1);
        await tile.locator('.enlarge').click();
        assert.equal(await visit.page.locator('.viewer .path').count(), 3);
        await visit.accessible('copies');
    },

    'a file that the browser cannot show': async (visit) => {
        await visit.page.route('**/file', (route) => route.fulfill({ contentType: 'image/heic', body: 'ftypheic' }));
        await change(visit, '**/api/v1/search', (answer) => {
            answer.results.forEach((result) => {
                result.path += '.heic';
            });
        });
        await visit.open({ q: 'cat', c: 'photos' });
        await visit.page.click('.tile .enlarge');
        await visit.page.waitForFunction(() => document.querySelector('.stage-note').textContent !== '');
        assert.match(await visit.page.textContent('.stage-note'), /cannot show this kind of file/);
        assert.match(await visit.page.getAttribute('.stage img', 'src'), /thumbnail$/);
        await visit.accessible('thumbnail instead of the file');
        await visit.page.keyboard.press('ArrowRight');
        await visit.page.waitForFunction(() => document.querySelector('.stage-note').textContent !== '');
    },

    'pictures that have gone': async (visit) => {
        visit.expected = [FAILED];
        await refuse(visit, '**/thumbnail', 404);
        await refuse(visit, '**/file', 404);
        await visit.open({ q: 'cat', c: 'photos' });
        await visit.page.waitForSelector('.tile img.broken', { state: 'attached' });
        assert.equal(await visit.page.isVisible('.tile .broken-note'), true);
        await visit.accessible('no thumbnails');
        await visit.page.click('.tile .enlarge');
        await visit.page.waitForFunction(() => /Neither/.test(document.querySelector('.stage-note').textContent));
    },

    'probabilities, warnings, damage': async (visit) => {
        await change(visit, '**/api/v1/search', (answer) => {
            answer.degraded = true;
            answer.warnings = ['collection <u>old</u> was left out'];
            answer.results.forEach((result, i) => {
                result.probability = Math.max(0, 0.97 - i * 0.1);
                result.verdict = i < 3 ? 'good' : i < 6 ? 'maybe' : 'none';
            });
        });
        await visit.open({ q: 'cat', c: 'photos' });
        const notes = await visit.page.textContent('#notes');
        assert.match(notes, /may be incomplete/);
        assert.match(notes, /collection <u>old<\/u> was left out/);
        assert.equal(await visit.page.textContent('#threshold-label'), 'Probability from');
        assert.match(await visit.page.textContent('.tile .judgement'), /Good match97%/);
        await visit.accessible('probabilities');
        await visit.page.focus('#threshold');
        for (let i = 0; i < 70; i++) {
            await visit.page.keyboard.press('ArrowRight');
        }
        assert.equal(await visit.page.textContent('#threshold-value'), '70%');
        assert.equal(await visit.tiles().count(), 3);
    },

    'a model without probabilities': async (visit) => {
        await change(visit, '**/api/v1/search', (answer) => {
            answer.results.forEach((result) => {
                result.probability = null;
                result.verdict = 'maybe';
            });
        });
        await visit.open({ q: 'cat', c: 'photos' });
        assert.equal(await visit.page.textContent('#threshold-label'), 'Score from');
        assert.match(await visit.page.textContent('.tile .judgement'), /^Maybe0\.\d\d$/);
        await visit.page.focus('#threshold');
        for (let i = 0; i < 50; i++) {
            await visit.page.keyboard.press('ArrowRight');
        }
        assert.equal(await visit.page.textContent('#threshold-value'), '0.50');
        const some = await visit.tiles().count();
        assert.ok(some >= 1 && some < 10, `${some} above 0.50`);
        await visit.page.click('#view-table');
        assert.match(await visit.page.textContent('tbody tr'), /^1.*0\.\d{3}–Maybe\d+ × \d+\d$/);
    },

    'the other keyboard layout': async (visit) => {
        await visit.open({ q: 'cjfrf', c: 'photos' });
        assert.doesNotMatch(await visit.page.textContent('#notes'), /keyboard/, 'no word of ours');
        await visit.open({ q: 'cj,frf', c: 'photos' });
        assert.match(await visit.page.textContent('#summary'), /for “собака”/);
        assert.equal(await visit.page.textContent('#notes .note'),
            'Searched for “собака”: “cj,frf” was typed in the other keyboard layout.');
        assert.equal(await visit.page.locator('#notes .note').count(), 1, 'said once');
        assert.equal(await visit.page.isVisible('#notes .note'), true);
        await visit.accessible('the other keyboard layout');
    },

    'nothing that fits': async (visit) => {
        await change(visit, '**/api/v1/search', (answer) => {
            answer.results.forEach((result) => {
                result.probability = 0.01;
                result.verdict = 'none';
            });
        });
        await visit.open({ q: 'qwerty' });
        assert.match(await visit.page.textContent('#notes'), /Nothing here really fits/);
        assert.equal(await visit.tiles().count(), 20);
        await visit.accessible('nothing that fits');
    },

    'another process indexes': async (visit) => {
        let running = { collection: 'photos', done: 7, total: 92, rate: 30.5, eta_s: 3 };
        let more = 0;
        await change(visit, '**/api/v1/status', (answer) => {
            answer.running = running;
            answer.collections[0].items += more;
        });
        await visit.open({ q: 'cat', c: 'photos' });
        await visit.page.waitForSelector('#indexing:not([hidden])');
        assert.match(await visit.page.textContent('#indexing'), /Reading “photos”: 7 of 92, about 3 s left/);
        await visit.accessible('indexing');
        running = null;
        more = 3;
        await visit.page.waitForSelector('#indexing button:not([hidden])');
        assert.match(await visit.page.textContent('#indexing'), /New pictures are in/);
        const before = visit.searches.length;
        await visit.page.click('#indexing button');
        await visit.page.waitForSelector('#indexing', { state: 'hidden' });
        await visit.settled();
        assert.equal(visit.searches.length, before + 1);
    },

    'an answer that comes too late is dropped': async (visit) => {
        let release;
        const held = new Promise((resolve) => {
            release = resolve;
        });
        await visit.open();
        await visit.page.route('**/api/v1/search', async (route) => {
            if (route.request().postDataJSON().text === 'slow dog') {
                await held;
            }
            await route.continue().catch(() => {});
        });
        await visit.page.fill('#query', 'slow dog');
        await visit.page.press('#query', 'Enter');
        await visit.search('cat');
        const names = await visit.names();
        release();
        await visit.page.waitForTimeout(300);
        assert.deepEqual(await visit.names(), names);
        assert.equal(visit.parameter('q'), 'cat');
    },

    'from 320 to 2560 pixels': async (visit) => {
        for (const width of [320, 600, 820, 1100, 1920, 2560]) {
            await visit.page.setViewportSize({ width, height: 900 });
            await visit.open({ q: 'car', k: '50' });
            await visit.wide(`results at ${width}`);
            await visit.open({ q: 'car', view: 'table' });
            await visit.wide(`table at ${width}`);
            await visit.open();
            await visit.wide(`start at ${width}`);
        }
    },
};
