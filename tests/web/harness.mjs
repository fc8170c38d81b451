/*
 * What the tests of the page share: a home made from the sample photographs, the program serving it, a browser, and a
 * Visit, which is one window on the page that watches everything the page must not do.
 */
import { strict as assert } from 'node:assert';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SOURCE = process.env.IMF_SOURCE_ROOT ?? path.join(HERE, '..', '..');
const BUILD = process.env.IMF_BUILD_ROOT ?? path.join(SOURCE, 'build');
const PROGRAM = path.join(BUILD, 'imagefinder');
const require = createRequire(path.join(SOURCE, 'build', 'web-tests', 'package.json'));
const { chromium } = require('playwright-core');
const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const HOSTILE = '<img src=x onerror=alert(1)>.jpg';
export const PATIENCE = 60000; // milliseconds until something that must happen counts as missing

// ---- The program --------------------------------------------------------------------------------------------------

function environment() {
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    for (const name of Object.keys(env)) {
        if (name.startsWith('IMAGEFINDER_')) {
            delete env[name];
        }
    }
    return env;
}

export function run(...words) {
    const done = spawnSync(PROGRAM, words, { env: environment(), encoding: 'utf8' });
    assert.equal(done.status, 0, `imagefinder ${words.join(' ')}: ${done.stderr}`);
    return done.stdout;
}

/* Photographs under a name worth showing, and beside them a collection of odd files. */
export function makeHome(folder) {
    const home = path.join(folder, 'home');
    const pictures = path.join(folder, 'Pictures');
    const odd = path.join(folder, 'odd');
    const photos = path.join(SOURCE, 'build', 'samples', 'photos');
    fs.cpSync(photos, pictures, { recursive: true });
    fs.mkdirSync(odd);
    fs.copyFileSync(path.join(photos, 'animals', 'robin.jpg'), path.join(odd, HOSTILE));
    fs.copyFileSync(path.join(photos, 'animals', 'kitten.jpg'), path.join(odd, 'котёнок.jpg'));
    fs.copyFileSync(path.join(photos, 'animals', 'kitten.jpg'), path.join(odd, 'kitten, a copy.jpg'));
    run('index', '--home', home, '--quiet', '-c', 'photos', pictures);
    run('index', '--home', home, '--quiet', '-c', 'odd', odd);
    run('collection', 'edit', 'photos', '--home', home, '--quiet', '--title', 'Photographs',
        '--description', 'Photographs and a few paintings from the manual of OpenCV: animals, food, vehicles, towns.',
        '--query', 'кошка', '--query', 'dog', '--query', 'автобус', '--query', 'butterfly', '--query', 'фрукты',
        '--query', 'building');
    run('collection', 'edit', 'odd', '--home', home, '--quiet', '--title', '<b>Odd</b> & "files"',
        '--query', '<script>alert(2)</script>');
    return home;
}

/* Serves a home on a free port; { url, stop() }. */
export async function serve(home, port = 0) {
    const process_ = spawn(PROGRAM, ['serve', '--home', home, '--listen', `127.0.0.1:${port}`],
                           { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => {
        process_.on('exit', resolve);
    });
    const stop = async () => {
        process_.kill('SIGTERM');
        const kill = setTimeout(() => process_.kill('SIGKILL'), 20000);
        await ended;
        clearTimeout(kill);
    };
    const url = await new Promise((resolve, reject) => {
        readline.createInterface({ input: process_.stdout }).on('line', (line) => {
            const found = /http:\/\/127\.0\.0\.1:\d+\/$/.exec(line.trim());
            if (found) {
                resolve(found[0]);
            }
        });
        ended.then((status) => reject(new Error(`imagefinder serve ended with status ${status}`)));
    });
    return { url, stop };
}

export function temporaryFolder() {
    return fs.mkdtempSync(path.join(process.env.TMPDIR ?? os.tmpdir(), 'imagefinder-web-'));
}

// ---- The browser --------------------------------------------------------------------------------------------------

/* Debian's Chromium. Its sandbox cannot be had as root, nor in most containers; it opens only our own page here. */
export function launch() {
    return chromium.launch({
        executablePath: '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-dev-shm-usage'],
        env: { ...process.env, FONTCONFIG_FILE: path.join(HERE, 'fonts.conf') },
    });
}

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

/* kind: "en desktop", "ru phone dark" ... */
function contextOptions(kind) {
    return {
        ...(kind.includes('phone') ? PHONE : DESKTOP),
        locale: kind.includes('ru') ? 'ru-RU' : 'en-US',
        colorScheme: kind.includes('dark') ? 'dark' : 'light',
        reducedMotion: 'reduce',
    };
}

export class Visit {
    problems = []; // what the page must not do
    shift = 0;     // layout shift that no input explains
    searches = []; // bodies of POST /api/v1/search
    expected = []; // texts of console messages that a test provokes: a browser reports every failed request

    static async begin(browser, base, kind) {
        const visit = new Visit();
        const context = await browser.newContext(contextOptions(kind));
        const page = await context.newPage();
        Object.assign(visit, { base, kind, context, page });
        context.setDefaultTimeout(PATIENCE);
        page.on('console', (message) => visit.#onConsole(message));
        page.on('pageerror', (error) => visit.problems.push(`exception: ${error.stack}`));
        page.on('dialog', (dialog) => {
            visit.problems.push(`dialog: ${dialog.message()}`);
            dialog.dismiss();
        });
        page.on('request', (request) => visit.#onRequest(request));
        await page.exposeFunction('reportShift', (value, what) => {
            visit.shift += value;
            visit.shifted = `${visit.shifted ?? ''} ${value.toFixed(4)} ${what};`;
        });
        await page.addInitScript(() => {
            const tell = (entry) => {
                const what = entry.sources.map(({ node }) => `${node?.nodeName} ${node?.id || node?.className}`);
                window.reportShift(entry.value, what.join(', '));
            };
            new PerformanceObserver((list) => list.getEntries().filter((e) => !e.hadRecentInput).forEach(tell))
                .observe({ type: 'layout-shift', buffered: true });
        });
        return visit;
    }

    #onConsole(message) {
        const text = message.text();
        const serious = ['error', 'warning', 'assert'].includes(message.type());
        if (serious && !this.expected.some((part) => text.includes(part))) {
            this.problems.push(`console: ${message.type()}: ${text}`);
        }
    }

    #onRequest(request) {
        if (!request.url().startsWith(this.base)) {
            this.problems.push(`request to another host: ${request.url()}`);
        }
        if (request.method() === 'POST' && request.url().endsWith('/api/v1/search')) {
            this.searches.push(request.postDataJSON());
        }
    }

    async end() {
        await this.page.waitForTimeout(50); // late reports
        await this.context.close();
        assert.deepEqual(this.problems, []);
        assert.ok(this.shift < 0.01, `layout shift ${this.shift}:${this.shifted}`);
    }

    get russian() {
        return this.kind.includes('ru');
    }

    async open(parameters = {}) {
        const query = new URLSearchParams(parameters).toString();
        await this.page.goto(this.base + (query ? `?${query}` : ''));
        await this.settled();
    }

    /* Waits until nothing is under way: the page counts as busy from the first moment of a search. */
    async settled() {
        await this.page.waitForFunction(() => document.body.dataset.state === 'ready');
    }

    async search(text) {
        await this.page.fill('#query', text);
        await this.page.press('#query', 'Enter');
        await this.settled();
        await this.page.waitForFunction((wanted) => new URLSearchParams(location.search).get('q') === wanted, text);
    }

    tiles() {
        return this.page.locator('.tile:not([hidden])');
    }

    async names() {
        return this.page.locator('.tile:not([hidden]) .name').allTextContents();
    }

    parameter(name) {
        return new URL(this.page.url()).searchParams.get(name);
    }

    /* No serious or critical violation, in the theme that is shown or in both. */
    async accessible(where) {
        for (const colorScheme of this.kind.includes('dark') ? ['light', 'dark'] : ['dark', 'light']) {
            await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
            await this.page.evaluate(AXE); // again each time: a page that was left takes it along
            const found = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
            const bad = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).slice(0, 3).join(' ')}`);
            assert.deepEqual(bad, [], `${where}, ${colorScheme}`);
        }
    }

    async wide(where) {
        const over = await this.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        assert.ok(over <= 0, `${where}: ${over} pixels wider than the window`);
    }

    async picture(name) {
        if (process.env.IMF_SCREENSHOTS) {
            fs.mkdirSync(process.env.IMF_SCREENSHOTS, { recursive: true });
            await this.page.evaluate(() => Promise.all([...document.images].filter((image) => {
                const { top, bottom } = image.getBoundingClientRect();
                return bottom > 0 && top < window.innerHeight && image.getClientRects().length > 0;
            }).map((image) => image.decode().catch(() => {}))));
            await this.page.screenshot({ path: path.join(process.env.IMF_SCREENSHOTS, `${name}.jpg`), type: 'jpeg',
                                         quality: 85 });
        }
    }
}
