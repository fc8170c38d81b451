/*
 * Tests of the page in Chromium, over both languages at the sizes of a desktop and of a phone. Prints TAP.
 *
 *     page.mjs [WORDS]    only the tests whose names contain WORDS
 *
 * With $IMF_SCREENSHOTS it also leaves pictures of the page in that folder.
 */
import fs from 'node:fs';
import { launch, makeHome, serve, temporaryFolder, Visit } from './harness.mjs';
import { everywhere } from './use.mjs';
import { states } from './states.mjs';
import { pictures } from './pictures.mjs';

const KINDS = ['en desktop', 'ru desktop dark', 'en phone dark', 'ru phone'];

function planned() {
    const tests = [];
    for (const kind of KINDS) {
        tests.push(...Object.entries(everywhere).map(([name, run]) => ({ name: `${kind}: ${name}`, kind, run })));
    }
    tests.push(...Object.entries(states).map(([name, run]) => ({ name: `state: ${name}`, kind: 'en desktop', run })));
    if (process.env.IMF_SCREENSHOTS) {
        tests.push(...Object.entries(pictures).map(([name, run]) => ({ name: `picture: ${name}`, kind: name, run })));
    }
    const words = process.argv.slice(2).join(' ');
    return tests.filter(({ name }) => name.includes(words));
}

/* Each test has a window of its own, which is judged at its end. */
async function perform(test, browser, server, folder) {
    const visit = await Visit.begin(browser, server.url, test.kind);
    try {
        await test.run(visit, { browser, folder });
        await visit.end();
    } catch (error) {
        await visit.page.screenshot({ path: `${folder}/failed.png` }).catch(() => {});
        await visit.context.close().catch(() => {});
        error.message += visit.problems.length > 0 ? `\nproblems: ${visit.problems.join('\n')}` : '';
        throw error;
    }
}

async function main() {
    const tests = planned();
    const folder = temporaryFolder();
    let browser = null;
    let server = null;
    let failed = 0;
    console.log(`1..${tests.length}`);
    try {
        server = await serve(makeHome(folder));
        browser = await launch();
        for (const [index, test] of tests.entries()) {
            try {
                await perform(test, browser, server, folder);
                console.log(`ok ${index + 1} - ${test.name}`);
            } catch (error) {
                failed++;
                console.log(`not ok ${index + 1} - ${test.name}`);
                console.log(String(error.stack ?? error).replace(/^/gm, '# '));
            }
        }
    } catch (error) {
        failed++;
        console.log(`Bail out! ${String(error.message).split('\n')[0]}`);
        console.log(String(error.stack).replace(/^/gm, '# '));
    } finally {
        await browser?.close();
        await server?.stop();
        fs.rmSync(folder, { recursive: true, force: true });
    }
    return failed === 0 && tests.length > 0 ? 0 : 1;
}

process.exitCode = await main();
