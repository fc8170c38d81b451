/*
 * What stands between the search box and the results: at the start the collections with their example queries, each
 * with the picture that it finds; above results only a line of the same examples.
 */
import * as api from './api.js';
import { element, icon } from './dom.js';
import { formatNumber, t } from './i18n.js';
import { emptyHome } from './notices.js';

const PREVIEWS_OF_ONE = 12; // examples shown for one collection
const PREVIEWS_OF_ALL = 6;  // and for each of several
const LINE = 12;            // examples in the line above results

const previews = new Map(); // collection and query -> id of the best item, or null
let loading = null;         // AbortController of the previews under way

export function stopPreviews() {
    loading?.abort();
    loading = null;
}

/* Asks for the best picture of each example, one after the other: the server has better things to do. */
async function loadPreviews(wanted) {
    stopPreviews();
    loading = new AbortController();
    const { signal } = loading;
    for (const { collection, text, image } of wanted) {
        const key = JSON.stringify([collection, text]);
        try {
            if (!previews.has(key)) {
                const answer = await api.search({ text, collection, count: 1 }, signal);
                const best = answer.results.find((result) => result.verdict !== 'none');
                previews.set(key, best ? best.item : null);
            }
        } catch {
            return; // a picture less: the example works without it
        }
        if (signal.aborted) {
            return;
        }
        const item = previews.get(key);
        if (item) {
            image.src = api.thumbnail(item);
        }
    }
}

/* New rows may give other pictures. */
export function forgetPreviews() {
    previews.clear();
}

function exampleTile(collection, text, choose, wanted) {
    const image = element('img', { alt: '', width: 160, height: 120, decoding: 'async' });
    image.addEventListener('load', () => image.classList.add('there'));
    wanted.push({ collection, text, image });
    const choice = { type: 'button', class: 'example', onclick: () => choose(text, collection) };
    return element('li', {}, element('button', choice,
                                     element('span', { class: 'example-picture' }, icon('picture'), image),
                                     element('bdi', { class: 'example-text' }, text)));
}

function collectionPart(collection, limit, choose, wanted, heading) {
    const part = element('section', { class: 'collection-part' });
    const title = collection.title || collection.name;
    part.append(element('div', { class: 'collection-head' },
                        element(heading, {}, element('bdi', {}, title)),
                        element('span', { class: 'faint' },
                                t('pictures', collection.items, formatNumber(collection.items)))));
    if (collection.description) {
        part.append(element('p', { class: 'description' }, collection.description));
    }
    const examples = (collection.queries ?? []).slice(0, limit);
    if (examples.length === 0) {
        part.append(element('p', { class: 'faint' }, t('no_examples')));
    } else {
        part.append(element('ul', { class: 'examples', 'aria-label': t('examples') },
                            examples.map((text) => exampleTile(collection.name, text, choose, wanted))));
    }
    return part;
}

/* The start page. choose(text, collection): an example was clicked. */
export function showStart(host, collections, chosen, running, choose) {
    const wanted = [];
    const filled = collections.filter((collection) => collection.items > 0);
    host.className = 'introduction';
    if (chosen) {
        host.replaceChildren(chosen.items > 0 || filled.length > 0
            ? collectionPart(chosen, PREVIEWS_OF_ONE, choose, wanted, 'h2') : emptyHome(running));
    } else if (filled.length === 0) {
        host.replaceChildren(emptyHome(running));
    } else {
        const limit = filled.length === 1 ? PREVIEWS_OF_ONE : PREVIEWS_OF_ALL;
        host.replaceChildren(...filled.map((one) => collectionPart(one, limit, choose, wanted, 'h2')));
    }
    loadPreviews(wanted);
}

/* The line of examples above results. */
export function showLine(host, collections, chosen, current, choose) {
    stopPreviews();
    const lists = (chosen ? [chosen] : collections).map((collection) => collection.queries ?? []);
    const texts = [];
    for (let i = 0; texts.length < LINE && lists.some((list) => i < list.length); i++) {
        texts.push(...lists.filter((list) => i < list.length).map((list) => list[i]));
    }
    const distinct = [...new Set(texts)].slice(0, LINE);
    host.className = 'introduction line';
    const chip = (text) => element('button', { type: 'button', class: 'chip', 'aria-pressed': String(text === current),
                                               onclick: () => choose(text) }, element('bdi', {}, text));
    const chips = element('ul', { class: 'chips', 'aria-label': t('examples') },
                          distinct.map((text) => element('li', {}, chip(text))));
    host.replaceChildren(...(distinct.length > 0 ? [chips] : []));
}
