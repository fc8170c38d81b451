/*
 * Making elements. Texts come in as text nodes only: names of files and queries are never read as HTML.
 */

const SVG = 'http://www.w3.org/2000/svg';

/* element('button', { class: 'quiet', type: 'button', onclick: f, hidden: true }, 'text', child, ...) */
export function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) {
            continue;
        }
        if (key.startsWith('on')) {
            made.addEventListener(key.slice(2), value);
        } else {
            made.setAttribute(key, value === true ? '' : value);
        }
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
}

export function icon(name) {
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    const use = document.createElementNS(SVG, 'use');
    use.setAttribute('href', `icons.svg#${name}`);
    svg.append(use);
    return svg;
}

export function iconButton(name, label, onclick, attributes = {}) {
    return element('button', { type: 'button', class: 'quiet icon-only', 'aria-label': label, title: label, onclick,
                               ...attributes }, icon(name));
}

export function find(id) {
    return document.getElementById(id);
}

/* A name of a file may turn the direction of writing, so it is kept apart from what stands around it. */
export function fileName(text, attributes = {}) {
    return element('bdi', { dir: 'auto', ...attributes }, text);
}

export function baseName(path) {
    return path.slice(path.lastIndexOf('/') + 1) || path;
}
