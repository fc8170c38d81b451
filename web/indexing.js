/*
 * Watches whether another process indexes: often while one does, rarely else, never while the page is out of sight or
 * the server does not answer. It says how far the run is, and tells when there are new pictures.
 */
import * as api from './api.js';
import { element, find } from './dom.js';
import { formatNumber, t } from './i18n.js';

const OFTEN = 2000;  // milliseconds
const RARELY = 20000;

function timeLeft(seconds) {
    return seconds < 90 ? t('seconds', formatNumber(Math.ceil(seconds))) : t('minutes', formatNumber(seconds / 60));
}

/* actions: news(): there are other pictures than before; returns whether the page has taken them in, else the user is
 * asked. again(): the user wants them. */
export class Indexing {
    #host = find('indexing');
    #text = element('p', { role: 'status' });
    #bar = element('progress', { max: 1, value: 0 });
    #button = element('button', { type: 'button', class: 'plain', onclick: () => this.#again() });
    #actions;
    #timer = 0;
    #seen = null;    // what the collections hold, as one text
    #running = null;
    #news = false;
    #impatient = false;
    #asking = false;

    constructor(actions) {
        this.#actions = actions;
        this.#host.append(this.#text, this.#bar, this.#button);
        document.addEventListener('visibilitychange', () => this.wake());
    }

    get running() {
        return this.#running;
    }

    /* Look often although nothing runs: the home is empty, and somebody waits for that to change. */
    set impatient(value) {
        if (value !== this.#impatient) {
            this.#impatient = value;
            this.wake();
        }
    }

    wake() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#look(), 50);
    }

    /* What is shown is up to date. */
    upToDate() {
        this.#news = false;
        this.show();
    }

    async #look() {
        if (document.hidden || this.#asking) {
            return;
        }
        this.#asking = true;
        try {
            const status = await api.status();
            this.#take(status);
            this.#timer = setTimeout(() => this.#look(), this.#running || this.#impatient ? OFTEN : RARELY);
        } catch {
            this.#running = null; // the next search that succeeds wakes us
            this.show();
        } finally {
            this.#asking = false;
        }
    }

    #take(status) {
        const holds = JSON.stringify(status.collections.map((one) => [one.name, one.items, one.moments]));
        const begins = Boolean(status.running) !== Boolean(this.#running);
        this.#running = status.running;
        if ((this.#seen !== null && holds !== this.#seen) || (begins && this.#impatient)) {
            this.#news = !this.#actions.news() || this.#news;
        }
        this.#seen = holds;
        this.show();
    }

    show() {
        const run = this.#running;
        this.#host.hidden = !run && !this.#news;
        this.#bar.hidden = !run;
        this.#button.hidden = !this.#news;
        this.#button.textContent = t('indexing_again');
        this.#bar.setAttribute('aria-label', t('indexing_region'));
        if (run) {
            const far = t('indexing', run.collection, formatNumber(run.done), formatNumber(run.total));
            this.#text.textContent = run.eta_s > 0 ? `${far}, ${t('indexing_eta', timeLeft(run.eta_s))}` : far;
            this.#bar.value = run.total > 0 ? Math.min(1, run.done / run.total) : 0;
        } else {
            this.#text.textContent = this.#news ? t('indexing_new') : '';
        }
    }

    #again() {
        this.upToDate();
        this.#actions.again();
    }
}
