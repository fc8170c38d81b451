/*
 * The server, as functions. Whatever goes wrong becomes one ApiError with a status: that of HTTP, or 0 when no answer
 * came.
 */

export class ApiError extends Error {
    constructor(status, detail, type = '') {
        super(detail || `status ${status}`);
        this.name = 'ApiError';
        this.status = status;
        this.detail = detail;
        this.type = type; /* the server's word for it */
    }
}

async function call(path, options = {}) {
    let response;
    let body;
    try {
        response = await fetch(path, { cache: 'no-store', ...options });
        body = await response.text();
    } catch (error) {
        if (options.signal?.aborted) {
            throw options.signal.reason;
        }
        throw new ApiError(0, '');
    }
    let answer = null;
    try {
        answer = JSON.parse(body);
    } catch {
        // Not ours; judged below.
    }
    if (!response.ok) {
        const detail = answer && typeof answer.detail === 'string' ? answer.detail : '';
        throw new ApiError(response.status, detail, answer?.type);
    }
    if (answer === null || typeof answer !== 'object') {
        throw new ApiError(0, '');
    }
    return answer;
}

export function isItem(id) {
    return /^[0-9a-f]{32}$/.test(id);
}

/* The answer is that of `imagefinder search --json`. */
export async function search(question, signal) {
    if (question.item && !isItem(question.item)) {
        throw new ApiError(404, '');
    }
    const body = question.item ? { item: question.item } : { text: question.text };
    body.k = question.count;
    if (question.collection) {
        body.collection = question.collection;
    }
    const answer = await call('api/v1/search', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        signal,
    });
    if (!Array.isArray(answer.results)) {
        throw new ApiError(0, '');
    }
    return answer;
}

export async function collections() {
    const answer = await call('api/v1/collections');
    return Array.isArray(answer.collections) ? answer.collections : [];
}

export async function status() {
    const answer = await call('api/v1/status');
    return { home: answer.home ?? '', collections: answer.collections ?? [], running: answer.running ?? null };
}

export function health() {
    return call('healthz');
}

export function thumbnail(id) {
    return `api/v1/items/${encodeURIComponent(id)}/thumbnail`;
}

export function file(id) {
    return `api/v1/items/${encodeURIComponent(id)}/file`;
}
