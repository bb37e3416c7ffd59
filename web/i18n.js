// SPDX-License-Identifier: MIT
// i18n.js: the language of the page. A dictionary maps a language to its words; a word is a text
// or a function that returns one. Elements name their words in data-t (text), data-t-label
// (aria-label), data-t-placeholder, data-t-title and data-t-empty (data-empty, for style sheets).

import { recall, remember } from './memory.js';

const LANGUAGES = ['en', 'fr'];
const SWITCH = { en: 'EN: switch to English', fr: 'FR : passer en français' };
const ATTRIBUTES = {
	tEmpty: 'data-empty',
	tLabel: 'aria-label',
	tPlaceholder: 'placeholder',
	tTitle: 'title',
};
const ATTRIBUTED = '[data-t-empty],[data-t-label],[data-t-placeholder],[data-t-title]';

function preferred() {
	const tags = [recall('localStorage', 'language'), ...(navigator.languages ?? [])];
	const known = tags.map((tag) => tag.slice(0, 2).toLowerCase());
	return known.find((tag) => LANGUAGES.includes(tag)) ?? 'en';
}

let current = preferred();
const listeners = [];

export function language() {
	return current;
}

/* Calls back now and after each change of language. */
export function onLanguage(listener) {
	listeners.push(listener);
	listener(current);
}

/* Returns t(key, ...values): the word in the language of the moment. */
export function words(dictionary) {
	return (key, ...values) => {
		const word = dictionary[current][key];
		return typeof word === 'function' ? word(...values) : word;
	};
}

function translateAttributes(node, t) {
	for (const [data, attribute] of Object.entries(ATTRIBUTES))
		if (node.dataset[data])
			node.setAttribute(attribute, t(node.dataset[data]));
}

function translatePage(t) {
	document.documentElement.lang = current;
	for (const node of document.querySelectorAll('[data-t]'))
		node.textContent = t(node.dataset.t);
	for (const node of document.querySelectorAll(ATTRIBUTED))
		translateAttributes(node, t);
}

function change() {
	current = LANGUAGES.find((other) => other !== current);
	remember('localStorage', 'language', current);
	for (const listener of listeners)
		listener(current);
}

/* Translates the page now and whenever the toggle, a button that names the other language, is
 * pressed. */
export function translate(t, toggle) {
	onLanguage(() => translatePage(t));
	onLanguage(() => {
		const other = LANGUAGES.find((tag) => tag !== current);
		toggle.textContent = other.toUpperCase();
		toggle.lang = other;
		toggle.setAttribute('aria-label', SWITCH[other]);
	});
	toggle.addEventListener('click', change);
}
