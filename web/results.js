/*
 * One answer on the page: how many, how fast, warnings, and the pictures as grid or table. The threshold filters what
 * is shown; it asks nothing of the server.
 */
import { baseName, element, fileName, find, icon } from './dom.js';
import { Grid } from './grid.js';
import { formatNumber, formatShare, formatTime, t } from './i18n.js';
import { nothingFound, underThreshold } from './notices.js';
import { Table } from './table.js';

/* What the threshold is about: the probability where the answer has one, else the score. */
function usesProbability(answer) {
    return answer.results.some((result) => typeof result.probability === 'number');
}

/* actions: similar(result), enlarge(visible results, result), showAll(), searchAll() */
export class Results {
    #host = find('results');
    #notes = find('notes');
    #actions;
    #views;
    #answer = null;
    #place = null;

    constructor(actions) {
        this.#actions = actions;
        const own = { similar: actions.similar, enlarge: (result) => actions.enlarge(this.visible(), result) };
        this.#views = { grid: new Grid(own), table: new Table(own) };
    }

    /* Shows an answer; place is what was asked, and how it is to be seen. */
    show(answer, place) {
        this.#place = place;
        if (answer.results.length === 0) {
            this.showNotice(nothingFound(place.collection, this.#actions.searchAll), this.#remarks(answer));
            return;
        }
        this.#answer = answer;
        find('notice').replaceChildren();
        find('found').hidden = false;
        this.#notes.replaceChildren(...this.#remarks(answer));
        this.#host.replaceChildren(this.#view.element);
        this.#view.show(answer.results);
        this.filter(place.threshold);
    }

    /* Shows something else in the place of results. */
    showNotice(notice, remarks = []) {
        this.showNothing();
        find('notice').replaceChildren(...remarks, notice);
        find('announcement').textContent = notice.querySelector('h2').textContent;
    }

    showNothing() {
        this.#answer = null;
        find('found').hidden = true;
        find('notice').replaceChildren();
        find('announcement').textContent = '';
    }

    /* Live: the slider calls it while it moves. */
    filter(threshold) {
        this.#showThreshold(threshold);
        if (!this.#answer) {
            return;
        }
        this.#place = { ...this.#place, threshold };
        const shown = this.visible().length;
        this.#view.filter((result) => this.#passes(result));
        this.#host.querySelector('.notice')?.remove();
        this.#view.element.hidden = shown === 0;
        if (shown === 0) {
            this.#host.append(this.#underThreshold(threshold));
        }
        this.#showSummary(shown);
    }

    visible() {
        return this.#answer ? this.#answer.results.filter((result) => this.#passes(result)) : [];
    }

    focus(result) {
        if (!this.#answer) {
            return;
        }
        this.#view.focus(result ? Math.max(0, this.#answer.results.indexOf(result)) : 0);
    }

    get #view() {
        return this.#views[this.#place.view];
    }

    #value(result) {
        return usesProbability(this.#answer) ? result.probability ?? 0 : result.score;
    }

    #passes(result) {
        return this.#place.threshold <= 0 || this.#value(result) >= this.#place.threshold - 1e-9;
    }

    #format(value) {
        return this.#answer && usesProbability(this.#answer) ? formatShare(value) : formatNumber(value, 2);
    }

    #showThreshold(threshold) {
        const probability = this.#answer !== null && usesProbability(this.#answer);
        const shown = threshold > 0 ? this.#format(threshold) : t('any');
        const slider = find('threshold');
        find('threshold-label').textContent = t(probability ? 'threshold_probability' : 'threshold_score');
        find('threshold-value').textContent = shown;
        slider.value = threshold;
        slider.setAttribute('aria-valuetext', shown);
    }

    #underThreshold(threshold) {
        const best = Math.max(...this.#answer.results.map((result) => this.#value(result)));
        const text = usesProbability(this.#answer) ? 'threshold_probability_text' : 'threshold_score_text';
        return underThreshold(t(text, this.#format(threshold), this.#format(best)), this.#actions.showAll);
    }

    #showSummary(shown) {
        const all = this.#answer.results.length;
        const count = shown === all ? t('found', all, formatNumber(all))
                                    : t('found_of', shown, formatNumber(shown), formatNumber(all));
        const words = this.#answer.query?.translated ?? this.#place.text; /* what was meant, if typed otherwise */
        const of = words ? t('found_for', words) : this.#like();
        find('summary').replaceChildren(element('strong', {}, count), element('bdi', {}, of));
        find('announcement').textContent = count + of;
        const took = this.#answer.took_ms;
        const times = took ? [took.total, took.embed, took.search].map(formatTime) : [];
        find('timing').textContent = took ? t('timing', ...times) : '';
    }

    #like() {
        const name = this.queryName();
        return name ? t('found_like', name) : '';
    }

    /* The file name of the picture that was asked with, if it is among the results, as it is unless it was removed. */
    queryName() {
        const self = this.#answer?.results.find((result) => result.item === this.#place.item);
        return self ? baseName(self.path) : '';
    }

    #remarks(answer) {
        const { text, translated } = answer.query ?? {};
        const warnings = (answer.warnings ?? []).slice(translated ? 1 : 0); /* the first says what t() says below */
        const lines = warnings.map((warning) => fileName(String(warning)));
        if (translated) {
            lines.unshift(t('other_layout', text, translated));
        }
        if (answer.degraded) {
            lines.unshift(t('degraded'));
        }
        if (answer.results.length > 0 && answer.results.every((result) => result.verdict === 'none')) {
            lines.unshift(t('nothing_fits'));
        }
        return lines.map((line) => element('p', { class: 'note' }, icon('info'), element('span', {}, line)));
    }
}
