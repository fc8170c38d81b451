/*
 * The states in which there are no pictures to show: nothing yet, nothing found, something wrong. Each says what
 * happened and what to do.
 */
import { element, icon } from './dom.js';
import { t } from './i18n.js';

/* parts: icon, title, text, command, after, detail, actions: [{ label, run, strong }] */
function notice(parts) {
    const made = element('div', { class: 'notice' }, icon(parts.icon), element('h2', {}, parts.title),
                         element('p', {}, parts.text));
    if (parts.command) {
        made.append(element('p', { class: 'command' }, element('code', {}, parts.command)));
    }
    if (parts.after) {
        made.append(element('p', { class: 'faint' }, parts.after));
    }
    if (parts.detail) {
        made.append(element('p', { class: 'faint detail' }, `${t('server_says')} `, element('bdi', {}, parts.detail)));
    }
    const button = ({ label, run, strong }) =>
        element('button', { type: 'button', class: strong ? 'strong' : 'plain', onclick: run }, label);
    const actions = (parts.actions ?? []).map(button);
    if (actions.length > 0) {
        made.append(element('p', { class: 'actions' }, actions));
    }
    return made;
}

export function emptyHome(running) {
    if (running) {
        return notice({ icon: 'picture', title: t('empty_title'), text: t('empty_running') });
    }
    return notice({ icon: 'picture', title: t('empty_title'), text: t('empty_text'),
                    command: 'imagefinder index ~/Pictures', after: t('empty_after') });
}

/* A search without results: there is nothing in that collection. */
export function nothingFound(collection, searchAll) {
    const name = /^[\w.-]+$/.test(collection) ? collection : `'${collection.replaceAll("'", "'\\''")}'`;
    return notice({ icon: 'search', title: t('nothing_title'), text: t('nothing_text'),
                    command: collection ? `imagefinder index -c ${name} ~/Pictures` : 'imagefinder index ~/Pictures',
                    actions: collection ? [{ label: t('nothing_all'), run: searchAll, strong: true }] : [] });
}

export function underThreshold(text, showAll) {
    return notice({ icon: 'search', title: t('threshold_title'), text,
                    actions: [{ label: t('threshold_reset'), run: showAll, strong: true }] });
}

export function unknownCollection(name, searchAll) {
    return notice({ icon: 'warning', title: t('no_collection_title'), text: t('no_collection_text', name),
                    actions: [{ label: t('nothing_all'), run: searchAll, strong: true }] });
}

/* actions: { retry, start }: what the buttons do */
export function failed(error, actions) {
    const again = { label: t('retry'), run: actions.retry, strong: true };
    const toStart = { label: t('start_again'), run: actions.start };
    switch (error.status) {
    case 0:
        return notice({ icon: 'warning', title: t('gone_title'), text: t('gone_text'), command: 'imagefinder serve',
                        actions: [again] });
    case 400:
    case 413:
        return notice({ icon: 'warning', title: t('refused_title'), text: t('refused_text'), detail: error.detail,
                        actions: [{ ...toStart, strong: true }] });
    case 404:
        return notice({ icon: 'warning', title: t('no_item_title'), text: t('no_item_text'),
                        actions: [{ ...toStart, strong: true }] });
    case 503:
        if (error.type === 'outdated') {
            return notice({ icon: 'warning', title: t('outdated_title'), text: t('outdated_text'),
                            detail: error.detail, actions: [again] });
        }
        return notice({ icon: 'warning', title: t('busy_title'), text: t('busy_text'), actions: [again] });
    default:
        return notice({ icon: 'warning', title: t('failed_title'), text: t('failed_text'), detail: error.detail,
                        actions: [again, toStart] });
    }
}
