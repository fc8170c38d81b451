/*
 * The larger view: one result after the other in a dialog. The thumbnail stands there at once, in the size of the
 * picture; the file itself takes its place when the browser has it, and where it cannot show it the thumbnail stays.
 */
import * as api from './api.js';
import { baseName, element, fileName, find, icon, iconButton } from './dom.js';
import { formatNumber, formatShare, t } from './i18n.js';
import { verdictMark } from './grid.js';

const FOREIGN = /\.(heic|heif|tiff?|jxl|avif|bmp)$/i; // what some browsers cannot show
const SMALL = 640; // pictures below are shown up to twice their size

/* actions: similar(result), closed(result) */
export class Viewer {
    #dialog = find('viewer');
    #actions;
    #results = [];
    #index = 0;
    #parts = null;
    #similar = null; // the result to search by after closing

    constructor(actions) {
        this.#actions = actions;
        this.#dialog.addEventListener('keydown', (event) => this.#onKey(event));
        this.#dialog.addEventListener('close', () => this.#closed());
        this.#dialog.addEventListener('click', (event) => {
            if (event.target === this.#dialog) {
                this.#dialog.close();
            }
        });
    }

    open(results, index) {
        this.#results = results;
        this.#similar = null;
        this.#build();
        this.#show(index);
        this.#dialog.showModal();
        this.#parts.close.focus();
    }

    close() {
        this.#dialog.close();
    }

    get #current() {
        return this.#results[this.#index];
    }

    #build() {
        const similar = () => {
            this.#similar = this.#current;
            this.#dialog.close();
        };
        const parts = {
            name: element('h2', { id: 'viewer-name' }),
            position: element('span', { class: 'faint position', role: 'status' }),
            close: iconButton('close', t('close'), () => this.#dialog.close()),
            stage: element('div', { class: 'stage' }),
            note: element('p', { class: 'stage-note', role: 'status' }),
            facts: element('dl', { class: 'facts' }),
            similar: element('button', { type: 'button', class: 'strong', onclick: similar },
                             icon('similar'), t('more_like')),
            file: element('a', { class: 'button plain', target: '_blank', rel: 'noopener' },
                          icon('open'), t('viewer_open')),
        };
        const turn = (name, label, by) =>
            iconButton(name, t(label), () => this.#step(by), { class: `quiet icon-only turn ${label}` });
        const turns = this.#results.length > 1 ? [turn('left', 'previous', -1), turn('right', 'next', 1)] : [];
        this.#parts = parts;
        this.#dialog.replaceChildren(
            element('div', { class: 'viewer-head' }, parts.name, parts.position, parts.close),
            element('div', { class: 'viewer-stage' }, parts.stage, turns),
            element('div', { class: 'viewer-foot' }, parts.note, parts.facts,
                    element('div', { class: 'actions' }, parts.similar, parts.file)));
    }

    #step(by) {
        this.#show((this.#index + by + this.#results.length) % this.#results.length);
    }

    #show(index) {
        this.#index = index;
        const { name, position, stage, note, facts, file } = this.#parts;
        const result = this.#current;
        name.replaceChildren(fileName(baseName(result.path)));
        position.textContent = t('position', formatNumber(index + 1), formatNumber(this.#results.length));
        note.textContent = '';
        file.href = api.file(result.item);
        facts.replaceChildren(...this.#facts(result));
        stage.replaceChildren(this.#picture(result));
    }

    #picture(result) {
        const width = result.width || 320;
        const height = result.height || 320;
        const scale = Math.max(1, Math.min(2, SMALL / Math.max(width, height)));
        const image = element('img', { alt: baseName(result.path), width, height });
        image.style.width = `${Math.round(width * scale)}px`;
        image.src = api.thumbnail(result.item);
        const whole = new Image();
        whole.addEventListener('load', () => {
            image.src = whole.src;
        });
        whole.addEventListener('error', () => this.#fallBack(image, result));
        whole.src = api.file(result.item);
        return image;
    }

    #fallBack(image, result) {
        if (result !== this.#current) {
            return; // turned over meanwhile
        }
        const say = (key) => {
            this.#parts.note.textContent = t(key);
        };
        say(FOREIGN.test(result.path) ? 'viewer_thumbnail' : 'viewer_missing');
        if (image.complete && image.naturalWidth === 0) {
            say('viewer_nothing');
        }
        image.addEventListener('error', () => say('viewer_nothing'));
    }

    #facts(result) {
        const paths = result.paths?.length > 0 ? result.paths : [result.path];
        const fact = (name, ...values) =>
            element('div', {}, element('dt', {}, name), values.map((value) => element('dd', {}, value)));
        const judged = element('span', { class: 'judgement' }, verdictMark(result.verdict),
                               element('span', { class: 'score' }, formatNumber(result.score, 3)));
        return [
            fact(t('score'), judged),
            result.probability === null ? null : fact(t('probability'), formatShare(result.probability)),
            fact(t('size'), t('pixels', result.width, result.height)),
            fact(t('collection'), element('bdi', {}, result.collection)),
            fact(paths.length > 1 ? t('files', paths.length) : t('file'),
                 ...paths.map((path) => fileName(path, { class: 'path' }))),
        ].filter(Boolean);
    }

    #onKey(event) {
        if (event.altKey || event.ctrlKey || event.metaKey || this.#results.length < 2) {
            return;
        }
        if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
            event.preventDefault();
            this.#step(event.key === 'ArrowRight' ? 1 : -1);
        }
    }

    #closed() {
        const result = this.#current;
        this.#dialog.replaceChildren();
        if (this.#similar) {
            this.#actions.similar(this.#similar);
        } else {
            this.#actions.closed(result);
        }
    }
}
