/*
 * The page: keeps what is asked (`place`, the same as in the address), asks the server, and shows what came back.
 * Start here.
 *
 *   address.js  place <-> address        api.js      the server        results.js  one answer (grid.js, table.js)
 *   viewer.js   the larger view          notices.js  empty and error states        introduction.js  examples
 */
import * as address from './address.js';
import * as api from './api.js';
import { prepareAbout } from './about.js';
import { element, find } from './dom.js';
import * as i18n from './i18n.js';
import { Indexing } from './indexing.js';
import * as introduction from './introduction.js';
import * as notices from './notices.js';
import { Results } from './results.js';
import { Viewer } from './viewer.js';

const { t } = i18n;
const COUNTS = [10, 20, 50, 100, 200, 500, 1000];
const TYPING_PAUSE = 250; // milliseconds without a key before a search as you type
const PATIENCE = 250;     // and without an answer before the progress line shows

let place = address.read(location.search);
let collections = []; // as /api/v1/collections lists them
let loaded = false;   // whether it did so yet
let answer = null;    // what the server said to `place`
let failure = null;   // why there is no answer
let asking = null;    // AbortController of the search under way
let typingTimer = 0;
let addressTimer = 0;

const query = find('query');
const results = new Results({
    similar: (result) => go({ text: '', item: result.item }, { focus: true }),
    enlarge: (visible, result) => viewer.open(visible, visible.indexOf(result)),
    showAll: () => setThreshold(0),
    searchAll: () => go({ collection: '' }),
});
const viewer = new Viewer({
    similar: (result) => go({ text: '', item: result.item }, { focus: true }),
    closed: (result) => results.focus(result),
});
const indexing = new Indexing({ news, again: () => ask() });

// ---- Where we are -------------------------------------------------------------------------------------------------

function isAsking() {
    return place.text !== '' || place.item !== '';
}

function chosenCollection() {
    return collections.find((one) => one.name === place.collection) ?? null;
}

function rememberScroll() {
    history.replaceState({ ...history.state, scroll: window.scrollY }, '');
}

/* Goes to another place: puts it in the address and shows it. from: 'form' and 'typing' share one entry of the history
 * until something is asked in another way. focus: the first result gets the focus. */
function go(changes, { from = '', focus = false } = {}) {
    const before = place;
    place = { ...place, ...changes };
    clearTimeout(typingTimer);
    const state = { typed: from === 'typing', scroll: 0 };
    const sameEntry = from !== '' && history.state?.typed;
    rememberScroll();
    if (sameEntry || address.write(place) === address.write(before)) {
        history.replaceState(state, '', address.write(place));
    } else {
        history.pushState(state, '', address.write(place));
    }
    ask({ focus, scroll: 0 });
}

/* Changes how the same answer is seen; without an entry in the history. */
function adjust(changes) {
    place = { ...place, ...changes };
    clearTimeout(addressTimer);
    addressTimer = setTimeout(() => history.replaceState(history.state, '', address.write(place)), 150);
}

window.addEventListener('popstate', (event) => {
    const before = place;
    place = address.read(location.search);
    clearTimeout(typingTimer);
    clearTimeout(addressTimer);
    viewer.close();
    if (answer && address.sameQuestion(place, before)) {
        showControls();
        show();
    } else {
        ask({ scroll: event.state?.scroll ?? 0 });
    }
});

window.addEventListener('pagehide', rememberScroll);

// ---- Asking -------------------------------------------------------------------------------------------------------

async function loadCollections() {
    collections = await api.collections();
    loaded = true;
    showCollections();
}

function setBusy(busy) {
    document.body.classList.toggle('busy', busy);
    find('results').setAttribute('aria-busy', String(busy));
}

/* Asks what `place` says and shows the answer. An answer that comes after another question is dropped. */
async function ask({ focus = false, scroll = null } = {}) {
    asking?.abort();
    const own = new AbortController();
    asking = own;
    const slow = setTimeout(() => setBusy(asking === own), PATIENCE);
    document.body.dataset.state = 'asking';
    showControls();
    showIntroduction();
    let got = null;
    let problem = null;
    try {
        if (!loaded || collections.length === 0) {
            await loadCollections();
        }
        if (isAsking() && (place.collection === '' || chosenCollection())) {
            got = await api.search(place, own.signal);
        }
    } catch (error) {
        if (!own.signal.aborted) {
            problem = await explained(error);
        }
    } finally {
        clearTimeout(slow);
    }
    if (own.signal.aborted || asking !== own) {
        return;
    }
    answer = got;
    failure = problem;
    setBusy(false);
    show();
    if (answer) {
        indexing.upToDate();
    }
    if (!failure) {
        indexing.wake();
    }
    if (focus && answer?.results.length > 0) {
        results.focus(null);
    }
    if (scroll !== null) {
        window.scrollTo(0, scroll);
    }
    document.body.dataset.state = 'ready';
}

/* A collection that has gone is told from a picture that has gone by looking again. */
async function explained(error) {
    if (!(error instanceof api.ApiError)) {
        return new api.ApiError(-1, String(error?.message ?? ''));
    }
    return error.status === 404 ? loadCollections().then(() => error, (other) => other) : error;
}

function retry() {
    loaded = false;
    ask();
}

function toStart() {
    go({ text: '', item: '', collection: '' });
    query.focus();
}

/* Other pictures are indexed than before. On the start page they are shown at once; results do not change under the
 * eyes of somebody who looks at them. */
function news() {
    introduction.forgetPreviews();
    if (answer?.results.length > 0) {
        loadCollections().catch(() => {});
        return false;
    }
    loadCollections().then(() => ask()).catch(() => {});
    return true;
}

// ---- Showing ------------------------------------------------------------------------------------------------------

function show() {
    showIntroduction();
    const empty = collections.every((one) => one.items === 0);
    indexing.impatient = empty && !failure;
    const unknown = loaded && place.collection !== '' && !chosenCollection();
    if (unknown && (!failure || failure.status === 404)) {
        results.showNotice(notices.unknownCollection(place.collection, () => go({ collection: '' })));
    } else if (failure) {
        results.showNotice(notices.failed(failure, { retry, start: toStart }));
    } else if (!isAsking()) {
        results.showNothing();
    } else if (empty) {
        results.showNotice(notices.emptyHome(indexing.running));
    } else if (answer) {
        results.show(answer, place);
    }
    showTitle();
}

function showTitle() {
    const name = answer && place.item ? results.queryName() : '';
    const about = place.text || (place.item ? (name ? t('title_like', name) : t('like_this')) : '');
    document.title = about ? `${about} · Image Finder` : 'Image Finder';
    find('query-picture').querySelector('.query-picture-name').textContent = name || t('like_this');
}

function showIntroduction() {
    const host = find('introduction');
    const unknown = place.collection && !chosenCollection();
    if (failure || unknown || !loaded || (collections.length === 0 && isAsking())) {
        introduction.stopPreviews();
        host.replaceChildren();
    } else if (isAsking()) {
        introduction.showLine(host, collections, chosenCollection(), place.text, (text) => go({ text, item: '' }));
    } else {
        introduction.showStart(host, collections, chosenCollection(), indexing.running,
                               (text, collection) => go({ text, item: '', collection }));
    }
}

function showCollections() {
    const select = find('collection');
    const option = (value, text) => element('option', { value }, text);
    const known = collections.some((one) => one.name === place.collection);
    select.replaceChildren(option('', t('all_collections')),
                           ...collections.map((one) => option(one.name, one.title || one.name)),
                           ...(place.collection && !known ? [option(place.collection, place.collection)] : []));
    select.value = place.collection;
}

/* Everything around the results that follows from `place`. */
function showControls() {
    const picture = find('query-picture');
    if (query.value.trim() !== place.text) {
        query.value = place.text;
    }
    query.placeholder = t(place.item ? 'query_hint_picture' : 'query_hint');
    picture.hidden = place.item === '';
    if (place.item) {
        const image = picture.querySelector('img');
        if (api.isItem(place.item) && image.dataset.item !== place.item) {
            image.dataset.item = place.item;
            image.src = api.thumbnail(place.item);
        }
    }
    showCollections();
    const counts = [...new Set([...COUNTS, place.count])].sort((a, b) => a - b);
    find('count').replaceChildren(...counts.map((n) => element('option', { value: n }, i18n.formatNumber(n))));
    find('count').value = String(place.count);
    find('view-grid').setAttribute('aria-pressed', String(place.view === 'grid'));
    find('view-table').setAttribute('aria-pressed', String(place.view === 'table'));
}

function showFrame() {
    const dark = window.imageFinderTheme.current() === 'dark';
    const theme = find('theme-button');
    const other = find('language-button');
    i18n.translatePage();
    theme.querySelector('use').setAttribute('href', `icons.svg#${dark ? 'sun' : 'moon'}`);
    theme.setAttribute('aria-label', t(dark ? 'theme_light' : 'theme_dark'));
    theme.title = t(dark ? 'theme_light' : 'theme_dark');
    other.textContent = t('other_language');
    other.lang = i18n.otherLanguage();
}

function setThreshold(threshold) {
    results.filter(threshold);
    adjust({ threshold });
}

// ---- What the user does -------------------------------------------------------------------------------------------

/* A search as you type waits for a pause, and for two letters at least. */
function onTyping(event) {
    clearTimeout(typingTimer);
    if (event.isComposing) {
        return;
    }
    typingTimer = setTimeout(() => {
        const text = query.value.trim();
        if (text !== place.text && (text.length >= 2 || (text === '' && place.item === ''))) {
            go({ text, item: '' }, { from: 'typing' });
        }
    }, TYPING_PAUSE);
}

function onSubmit(event) {
    event.preventDefault();
    const text = query.value.trim();
    if (text !== '') {
        go({ text, item: '' }, { from: 'form' });
    } else if (place.item) {
        ask();
    }
}

function onKey(event) {
    const typing = event.target.closest?.('input:not([type="range"]), select, textarea, dialog');
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        query.focus();
        query.select();
    } else if (event.key === 'ArrowDown' && event.target === query && results.visible().length > 0) {
        event.preventDefault();
        results.focus(results.visible()[0]);
    }
}

function onLanguage() {
    i18n.setLanguage(i18n.otherLanguage());
    showFrame();
    showControls();
    indexing.show();
    show();
}

function onView(view) {
    if (view !== place.view) {
        adjust({ view });
        showControls();
        show();
    }
}

function connect() {
    find('search-form').addEventListener('submit', onSubmit);
    query.addEventListener('input', onTyping);
    find('query-picture-remove').addEventListener('click', () => {
        query.focus();
        go({ item: '', text: '' });
    });
    find('collection').addEventListener('change', (event) => go({ collection: event.target.value }));
    find('count').addEventListener('change', (event) => {
        adjust({ count: Number(event.target.value) });
        ask();
    });
    find('threshold').addEventListener('input', (event) => setThreshold(Number(event.target.value)));
    find('view-grid').addEventListener('click', () => onView('grid'));
    find('view-table').addEventListener('click', () => onView('table'));
    find('language-button').addEventListener('click', onLanguage);
    find('theme-button').addEventListener('click', () => window.imageFinderTheme.toggle());
    document.addEventListener('themechange', showFrame);
    document.addEventListener('keydown', onKey);
    document.querySelector('.skip').addEventListener('click', (event) => {
        event.preventDefault();
        find('results').focus();
    });
    find('home-link').addEventListener('click', (event) => {
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
            event.preventDefault();
            toStart();
        }
    });
    prepareAbout();
}

history.scrollRestoration = 'manual';
connect();
showFrame();
document.body.classList.remove('waiting');
ask({ scroll: history.state?.scroll ?? 0 });
