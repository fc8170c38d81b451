/*
 * The About dialog: what this is, its version and model, what is indexed, and the keys.
 */
import * as api from './api.js';
import { element, find, iconButton } from './dom.js';
import { formatNumber, t } from './i18n.js';

function rows(health, status) {
    const sum = (key) => status.collections.reduce((total, collection) => total + (collection[key] ?? 0), 0);
    const models = [...new Set(status.collections.map((collection) => collection.model))];
    const made = [];
    const add = (name, value) => made.push(element('div', {}, element('dt', {}, name), element('dd', {}, value)));
    if (health.version) {
        add(t('about_version'), health.version);
    }
    if (models.length > 0) {
        add(t('about_model'), element('bdi', {}, models.join(', ')));
    }
    add(t('about_home'), element('bdi', { class: 'path' }, status.home));
    add(t('about_pictures'), t('pictures', sum('items'), formatNumber(sum('items')))
                              + t('in_collections', status.collections.length));
    if (sum('failed') > 0) {
        add(t('about_failed'), t('about_failed_some', formatNumber(sum('failed'))));
    }
    if (sum('offline') > 0) {
        add(t('about_offline'), formatNumber(sum('offline')));
    }
    return made;
}

function keys() {
    const all = [['/', 'key_slash'], [t('key_name_arrows'), 'key_arrows'], ['Enter', 'key_enter'],
                 [t('key_name_space'), 'key_space'], ['Esc', 'key_escape']];
    return element('dl', { class: 'keys' }, all.map(([key, meaning]) =>
        element('div', {}, element('dt', {}, element('kbd', {}, key)), element('dd', {}, t(meaning)))));
}

export async function openAbout() {
    const dialog = find('about');
    const facts = element('dl', { class: 'facts' });
    const close = iconButton('close', t('close'), () => dialog.close());
    dialog.replaceChildren(
        element('div', { class: 'about-head' }, element('img', { src: 'icon.svg', alt: '', width: 40, height: 40 }),
                element('h2', { id: 'about-title' }, 'Image Finder'), close),
        element('p', {}, t('about_lead')),
        element('p', {}, t('about_private')),
        facts,
        element('h3', {}, t('about_keys')),
        keys());
    // The figures first, if they come soon: the dialog then opens in its final size.
    const late = new Promise((resolve) => {
        setTimeout(resolve, 300);
    });
    const filled = Promise.all([api.health(), api.status()])
        .then(([health, status]) => facts.replaceChildren(...rows(health, status)))
        .catch(() => facts.replaceChildren(element('p', { class: 'faint' }, t('gone_title'))));
    await Promise.race([filled, late]);
    if (!dialog.open) {
        dialog.showModal();
        close.focus();
    }
}

export function prepareAbout() {
    const dialog = find('about');
    find('about-button').addEventListener('click', openAbout);
    dialog.addEventListener('click', (event) => {
        if (event.target === dialog) {
            dialog.close();
        }
    });
}
