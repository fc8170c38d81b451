/*
 * The language of the page: the user's choice, else the browser's. Texts are plain strings or functions that return
 * one, in texts_en.js and texts_ru.js under the same keys.
 */
import english from './texts_en.js';
import russian from './texts_ru.js';

const KEY = 'imagefinder.language';
const texts = { en: english, ru: russian };

function kept() {
    try {
        return localStorage.getItem(KEY);
    } catch {
        return null; // storage is turned off
    }
}

/* The first language of the browser that we have. */
function browsers() {
    for (const tag of navigator.languages ?? [navigator.language]) {
        const language = String(tag).slice(0, 2).toLowerCase();
        if (language in texts) {
            return language;
        }
    }
    return 'en';
}

let current = Object.hasOwn(texts, kept() ?? '') ? kept() : browsers();

export function language() {
    return current;
}

export function otherLanguage() {
    return current === 'ru' ? 'en' : 'ru';
}

export function setLanguage(language) {
    current = language;
    try {
        localStorage.setItem(KEY, language);
    } catch {
        // It holds until the page is left, then.
    }
}

export function t(key, ...values) {
    const text = texts[current][key];
    return typeof text === 'function' ? text(...values) : text;
}

export function formatNumber(value, digits = 0) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(current, options).format(value);
}

/* A probability as people read it; both ends stay open, nothing is certain. */
export function formatShare(value) {
    const percent = value > 0.99 ? 99 : Math.round(value * 100);
    return t('percent', formatNumber(Math.max(percent, 0)));
}

/* Milliseconds with two significant digits below ten; a second and more as seconds. */
export function formatTime(ms) {
    if (ms >= 1000) {
        return t('seconds', formatNumber(ms / 1000, 1));
    }
    return t('milliseconds', formatNumber(ms, ms < 10 ? 1 : 0));
}

/* Fills the texts (data-text) and labels (data-label) of the page itself. */
export function translatePage() {
    document.documentElement.lang = current;
    for (const place of document.querySelectorAll('[data-text]')) {
        place.textContent = t(place.dataset.text);
    }
    for (const place of document.querySelectorAll('[data-label]')) {
        const label = t(place.dataset.label);
        place.setAttribute('aria-label', label);
        if (place instanceof HTMLButtonElement) {
            place.title = label;
        }
    }
}
