// SPDX-License-Identifier: MIT
// people.js: who is here. The server sends the whole list each time; only differences are drawn.

import { element } from './dom.js';
import { tint } from './tint.js';

function draw(name) {
	const item = element('li', tint(name), name);
	/* Drawn by the style sheet, so that the text of the item is the name and nothing else. */
	item.dataset.initial = [...name][0].toUpperCase();
	return item;
}

export class People {
	#list;
	#items = new Map();

	constructor(list) {
		this.#list = list;
	}

	get count() {
		return this.#items.size;
	}

	show(names) {
		const present = new Set(names.filter((name) => name !== ''));
		for (const [name, item] of this.#items)
			if (!present.has(name))
				this.#remove(name, item);
		for (const name of present)
			if (!this.#items.has(name))
				this.#append(name);
	}

	/* Marks the person's own name with a word such as "you". */
	mark(own, word) {
		for (const [name, item] of this.#items)
			if (name === own)
				item.dataset.you = word;
			else
				delete item.dataset.you;
	}

	#append(name) {
		const item = draw(name);
		this.#items.set(name, item);
		this.#list.append(item);
	}

	#remove(name, item) {
		this.#items.delete(name);
		item.remove();
	}
}
