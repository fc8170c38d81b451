/*
 * What the page shows, as the part of its address after "?", and back: q or item, c(ollection), k, min, view. An
 * address is typed by people and sent by others, so anything may stand in it: what makes no sense counts as not
 * given.
 */

export const DEFAULT_COUNT = 20;
export const MAX_COUNT = 1000;

export function defaults() {
    return { text: '', item: '', collection: '', count: DEFAULT_COUNT, threshold: 0, view: 'grid' };
}

function number(text, low, high, otherwise) {
    const value = text === null || text.trim() === '' ? NaN : Number(text);
    return value >= low && value <= high ? value : otherwise;
}

export function read(search) {
    const parameters = new URLSearchParams(search);
    const place = defaults();
    place.text = (parameters.get('q') ?? '').trim();
    place.item = place.text ? '' : (parameters.get('item') ?? '').trim();
    place.collection = parameters.get('c') ?? '';
    place.count = Math.round(number(parameters.get('k'), 1, MAX_COUNT, DEFAULT_COUNT));
    place.threshold = Math.round(number(parameters.get('min'), 0, 1, 0) * 100) / 100;
    place.view = parameters.get('view') === 'table' ? 'table' : 'grid';
    return place;
}

export function write(place) {
    const parameters = new URLSearchParams();
    if (place.text) {
        parameters.set('q', place.text);
    } else if (place.item) {
        parameters.set('item', place.item);
    }
    if (place.collection) {
        parameters.set('c', place.collection);
    }
    if (place.count !== DEFAULT_COUNT) {
        parameters.set('k', place.count);
    }
    if (place.threshold > 0) {
        parameters.set('min', place.threshold);
    }
    if (place.view !== 'grid') {
        parameters.set('view', place.view);
    }
    const text = parameters.toString();
    return text ? `?${text}` : './';
}

/* Whether two places ask the server the same question. */
export function sameQuestion(a, b) {
    return a.text === b.text && a.item === b.item && a.collection === b.collection && a.count === b.count;
}
