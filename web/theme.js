/*
 * The theme, before the first paint. A choice that differs from the system's is kept; without one the page follows
 * the system. This is the only script that is not a module: modules run too late to prevent a flash of the other
 * theme.
 */
(function () {
    'use strict';

    const dark = window.matchMedia('(prefers-color-scheme: dark)');

    function kept() {
        try {
            const value = localStorage.getItem('imagefinder.theme');
            return value === 'light' || value === 'dark' ? value : null;
        } catch {
            return null; // storage is turned off
        }
    }

    let choice = kept();

    function current() {
        return choice ?? (dark.matches ? 'dark' : 'light');
    }

    function show() {
        document.documentElement.dataset.theme = current();
        document.dispatchEvent(new Event('themechange'));
    }

    function toggle() {
        const wanted = current() === 'dark' ? 'light' : 'dark';
        choice = wanted === (dark.matches ? 'dark' : 'light') ? null : wanted;
        try {
            if (choice) {
                localStorage.setItem('imagefinder.theme', choice);
            } else {
                localStorage.removeItem('imagefinder.theme');
            }
        } catch {
            // It holds until the page is left, then.
        }
        show();
    }

    dark.addEventListener('change', show);
    window.imageFinderTheme = { current, toggle };
    show();
})();
