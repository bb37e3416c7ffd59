// SPDX-License-Identifier: MIT
// log.js: what went over the wire and what happened to it, newest last, the oldest dropped.

import { element } from './dom.js';
import { layOut } from './json.js';

const MOST_LINES = 1000;
const MOST_CHARACTERS = 20000;

function clock(date) {
	const pad = (number, digits) => String(number).padStart(digits, '0');
	const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
	return `${parts.map((part) => pad(part, 2)).join(':')}.${pad(date.getMilliseconds(), 3)}`;
}

function draw(entry) {
	const node = element('li', '');
	node.dataset.kind = entry.kind;
	node.append(element('time', 'time', entry.time), element('span', 'label', entry.label));
	if (entry.body !== '')
		node.append(element('pre', 'body'));
	return node;
}

export class Log {
	#list;
	#follow;
	#t;
	#entries = [];
	#wanted = () => true;
	#indented = true;

	constructor(list, follow, t) {
		this.#list = list;
		this.#follow = follow;
		this.#t = t;
	}

	add(kind, label, body = '') {
		const entry = { kind, label, body, time: clock(new Date()) };
		entry.node = draw(entry);
		this.#fill(entry);
		this.#entries.push(entry);
		this.#list.append(entry.node);
		if (this.#entries.length > MOST_LINES)
			this.#entries.shift().node.remove();
		this.#follow.added();
	}

	clear() {
		this.#entries = [];
		this.#list.replaceChildren();
		this.#follow.toEnd();
	}

	/* Shows only entries of these kinds that contain the text. */
	filter(kinds, text) {
		const needle = text.toLowerCase();
		this.#wanted = (entry) => kinds.has(entry.kind)
			&& `${entry.label}\n${entry.body}`.toLowerCase().includes(needle);
		this.#refill();
	}

	/* Lays JSON out over several lines, or not. */
	indent(indented) {
		this.#indented = indented;
		this.#refill();
	}

	/* The entries that are shown, as plain text and in full. */
	text() {
		const shown = this.#entries.filter(this.#wanted);
		return shown.map((entry) => `${entry.time} ${entry.label}\n${entry.body}`.trim()).join('\n');
	}

	#refill() {
		for (const entry of this.#entries)
			this.#fill(entry);
		this.#follow.added();
	}

	#fill(entry) {
		entry.node.hidden = !this.#wanted(entry);
		const body = entry.node.querySelector('.body');
		if (body)
			body.textContent = this.#shorten(this.#indented ? layOut(entry.body) : entry.body);
	}

	/* A line of megabytes would freeze the page. */
	#shorten(text) {
		const rest = text.length - MOST_CHARACTERS;
		return rest > 0 ? text.slice(0, MOST_CHARACTERS) + this.#t('more', rest) : text;
	}
}
