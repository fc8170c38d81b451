/*
 * The same results as a table: rank, picture, names and every figure that the answer has.
 */
import * as api from './api.js';
import { baseName, element, fileName } from './dom.js';
import { formatNumber, formatShare, t } from './i18n.js';
import { verdictMark } from './grid.js';

const COLUMNS = ['rank', 'picture', 'name', 'collection', 'score', 'probability', 'verdict', 'size', 'copies'];
const NUMBERS = new Set(['rank', 'score', 'probability', 'size', 'copies']);

/* actions: similar(result), enlarge(result) */
export class Table {
    #host = element('div', { class: 'table-scroll', role: 'region', tabindex: 0 });
    #actions;
    #results = [];
    #rows = [];

    constructor(actions) {
        this.#actions = actions;
    }

    get element() {
        return this.#host;
    }

    show(results) {
        this.#results = results;
        this.#rows = results.map((result) => this.#row(result));
        this.#host.setAttribute('aria-label', t('table_region'));
        const head = element('tr', {}, COLUMNS.map((name) =>
            element('th', { scope: 'col', class: NUMBERS.has(name) ? 'number' : null }, t(`column_${name}`))));
        this.#host.replaceChildren(element('table', {}, element('caption', { class: 'unseen' }, t('table_caption')),
                                           element('thead', {}, head), element('tbody', {}, this.#rows)));
        const calibrated = results.some((result) => result.probability !== null);
        if (!calibrated) {
            this.#host.append(element('p', { class: 'faint remark' }, t('not_calibrated')));
        }
    }

    filter(keep) {
        this.#rows.forEach((row, i) => {
            row.hidden = !keep(this.#results[i]);
        });
    }

    focus(index) {
        this.#rows[index]?.querySelector('button').focus();
    }

    #row(result) {
        const name = baseName(result.path);
        const image = element('img', { alt: name, width: 64, height: 48, loading: 'lazy', decoding: 'async' });
        image.addEventListener('error', () => image.classList.add('broken'));
        image.src = api.thumbnail(result.item);
        const cells = {
            rank: formatNumber(result.rank),
            picture: element('button', { type: 'button', class: 'small-picture', title: t('more_like'),
                                         onclick: () => this.#actions.similar(result) },
                             image, element('span', { class: 'unseen' }, t('more_like'))),
            name: element('button', { type: 'button', class: 'link', title: result.path,
                                      onclick: () => this.#actions.enlarge(result) }, fileName(name)),
            collection: element('bdi', {}, result.collection),
            score: formatNumber(result.score, 3),
            probability: result.probability === null ? t('not_known') : formatShare(result.probability),
            verdict: verdictMark(result.verdict),
            size: t('pixels', result.width, result.height),
            copies: formatNumber(result.paths?.length ?? 1),
        };
        return element('tr', {}, COLUMNS.map((column) =>
            element('td', { class: NUMBERS.has(column) ? 'number' : `cell-${column}` }, cells[column])));
    }
}
