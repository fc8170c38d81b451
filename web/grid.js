/*
 * The pictures found, in rows of one height each, as wide as the page. Sizes are computed from the pictures' own
 * before anything is loaded, so nothing moves when the thumbnails come; a threshold only takes pictures away from the
 * end.
 */
import * as api from './api.js';
import { baseName, element, fileName, icon, iconButton } from './dom.js';
import { formatNumber, formatShare, t } from './i18n.js';

const GAP = 14;
const NARROWEST = 0.75; // width to height of a tile; what is beyond is cut in the grid, the larger view shows it whole
const WIDEST = 2.6;

/* A height of rows that gives two pictures a row on a phone and seven on a large screen. */
function rowHeight(width) {
    if (width < 480) {
        return width * 0.4;
    }
    return Math.min(250, 140 + width * 0.045);
}

function tileRatio(result) {
    const ratio = result.width > 0 && result.height > 0 ? result.width / result.height : 1;
    return Math.min(WIDEST, Math.max(NARROWEST, ratio));
}

/* Widths and heights of tiles that fill rows of `width`. A row ends where its height comes nearest to the wanted one;
 * the last row keeps the wanted height. */
export function justify(ratios, width, height) {
    const sizes = [];
    const room = (row) => width - GAP * (row.length - 1);
    const fit = (row) => room(row) / row.reduce((sum, ratio) => sum + ratio, 0);
    const place = (row, own, full) => {
        let left = room(row);
        row.forEach((ratio, i) => {
            const share = full && i === row.length - 1 ? left : Math.min(left, Math.floor(ratio * own));
            sizes.push({ width: share, height: Math.round(own) });
            left -= share;
        });
    };
    let row = [];
    for (const ratio of ratios) {
        const longer = [...row, ratio];
        if (fit(longer) > height) {
            row = longer;
        } else if (row.length > 0 && fit(row) - height < height - fit(longer)) {
            place(row, fit(row), true);
            row = [ratio];
        } else {
            place(longer, fit(longer), true);
            row = [];
        }
    }
    if (row.length > 0) {
        place(row, Math.min(height, fit(row)), false);
    }
    return sizes;
}

export function verdictMark(verdict) {
    const known = ['good', 'maybe', 'none'].includes(verdict) ? verdict : 'maybe';
    return element('span', { class: `verdict ${known}` }, t(`verdict_${known}`));
}

/* actions: similar(result), enlarge(index) */
export class Grid {
    #list = element('ul', { class: 'tiles' });
    #actions;
    #results = [];
    #tiles = [];
    #images = new Map(); // id of an item -> its <img>, so that a picture that stays does not load again
    #width = 0;

    constructor(actions) {
        this.#actions = actions;
        this.#list.addEventListener('keydown', (event) => this.#onKey(event));
        new ResizeObserver(() => this.layout()).observe(this.#list);
    }

    get element() {
        return this.#list;
    }

    show(results) {
        const images = new Map();
        this.#results = results;
        this.#list.setAttribute('aria-label', t('results_list'));
        this.#tiles = results.map((result, index) => this.#tile(result, index, images));
        this.#images = images;
        this.#list.replaceChildren(...this.#tiles);
        this.#width = 0;
        this.layout();
        this.#makeCurrent(0);
    }

    /* Shows only the results for which keep(result) holds. */
    filter(keep) {
        this.#tiles.forEach((tile, i) => {
            tile.hidden = !keep(this.#results[i]);
        });
    }

    layout() {
        const width = Math.floor(this.#list.getBoundingClientRect().width);
        if (width === this.#width || width === 0) {
            return;
        }
        this.#width = width;
        justify(this.#results.map(tileRatio), width, rowHeight(width)).forEach((size, i) => {
            this.#tiles[i].style.width = `${size.width}px`;
            this.#tiles[i].querySelector('.picture').style.height = `${size.height}px`;
        });
    }

    focus(index) {
        this.#makeCurrent(index);
        this.#tiles[index]?.querySelector('.picture').focus();
    }

    #image(result, images) {
        let image = images.has(result.item) ? null : this.#images.get(result.item);
        if (!image || image.classList.contains('broken')) {
            image = element('img', { loading: 'lazy', decoding: 'async', width: result.width || 1,
                                     height: result.height || 1 });
            image.addEventListener('error', () => image.classList.add('broken'));
            image.src = api.thumbnail(result.item);
        }
        images.set(result.item, image);
        image.alt = baseName(result.path);
        return image;
    }

    #tile(result, index, images) {
        const name = baseName(result.path);
        const files = result.paths?.length ?? 1;
        const shown = result.probability === null ? formatNumber(result.score, 2) : formatShare(result.probability);
        return element('li', { class: 'tile' },
            element('button', { type: 'button', class: 'picture', onclick: () => this.#actions.similar(result) },
                this.#image(result, images),
                element('span', { class: 'broken-note', 'aria-hidden': 'true' }, icon('picture'), t('no_thumbnail')),
                element('span', { class: 'hint' }, icon('similar'), element('span', {}, t('more_like')))),
            iconButton('enlarge', t('enlarge', name), () => this.#actions.enlarge(result),
                       { class: 'quiet icon-only enlarge' }),
            element('div', { class: 'caption' },
                fileName(name, { class: 'name', title: result.path }),
                element('div', { class: 'judgement' }, verdictMark(result.verdict),
                        element('span', { class: 'score' }, shown),
                        files > 1 ? element('span', { class: 'copies' }, t('copies', files)) : null)));
    }

    /* One tile is in the order of Tab; the arrows lead to the others. */
    #makeCurrent(index) {
        this.#tiles.forEach((tile, i) => {
            for (const button of tile.querySelectorAll('button')) {
                button.tabIndex = i === index ? 0 : -1;
            }
        });
    }

    #onKey(event) {
        const tile = event.target.closest('.tile');
        const visible = this.#tiles.filter((one) => !one.hidden);
        const at = visible.indexOf(tile);
        if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) {
            return;
        }
        let to = null;
        switch (event.key) {
        case 'ArrowRight': to = visible[at + 1]; break;
        case 'ArrowLeft': to = visible[at - 1]; break;
        case 'ArrowDown': to = this.#below(visible, at, 1); break;
        case 'ArrowUp': to = this.#below(visible, at, -1); break;
        case 'Home': to = visible[0]; break;
        case 'End': to = visible.at(-1); break;
        case ' ':
            event.preventDefault();
            this.#actions.enlarge(this.#results[this.#tiles.indexOf(tile)]);
            return;
        default: return;
        }
        event.preventDefault();
        if (to) {
            this.focus(this.#tiles.indexOf(to));
        }
    }

    /* The tile of the next row (step 1) or the row before (-1) whose middle is nearest. */
    #below(visible, at, step) {
        const middle = (tile) => tile.offsetLeft + tile.offsetWidth / 2;
        let top = null;
        let best = null;
        for (let i = at + step; i >= 0 && i < visible.length; i += step) {
            const tile = visible[i];
            if (tile.offsetTop === visible[at].offsetTop) {
                continue;
            }
            top ??= tile.offsetTop;
            if (tile.offsetTop !== top) {
                break;
            }
            if (!best || Math.abs(middle(tile) - middle(visible[at])) < Math.abs(middle(best) - middle(visible[at]))) {
                best = tile;
            }
        }
        return best;
    }
}
