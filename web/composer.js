// SPDX-License-Identifier: MIT
// composer.js: the field where a message is written. Its text leaves only when it was sent, and
// survives a reload of the page.

import { byId } from './dom.js';
import { recall, remember } from './memory.js';

const MOST_ROWS = 6;

export class Composer {
	#field = byId('composer');
	#note = byId('composer-note');
	#onText;

	/* onText(text) returns null when the text was sent, otherwise the words that say why not. */
	constructor(onText) {
		this.#onText = onText;
		this.#field.value = recall('sessionStorage', 'draft');
		this.#field.addEventListener('input', () => this.#changed());
		this.#field.addEventListener('keydown', (event) => this.#key(event));
		this.#field.form.addEventListener('submit', (event) => {
			event.preventDefault();
			this.#submit();
			this.focus();
		});
		this.#changed();
	}

	focus() {
		this.#field.focus();
	}

	note(text) {
		this.#note.textContent = text;
	}

	/* Puts a text back to be edited, before what is being written. */
	restore(text) {
		this.#field.value = [text, this.#field.value].filter((part) => part !== '').join('\n');
		this.#changed();
		this.focus();
	}

	/* Enter sends, Shift+Enter begins a line; an input method's own Enter (229 in Safari) does
	 * neither. */
	#key(event) {
		if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229)
			return;
		event.preventDefault();
		this.#submit();
	}

	#submit() {
		const text = this.#field.value;
		if (text.trim() === '')
			return;
		const why = this.#onText(text);
		if (why === null)
			this.#field.value = '';
		this.#changed();
		this.note(why ?? '');
	}

	#changed() {
		const text = this.#field.value;
		this.#field.rows = Math.min(text.split('\n').length, MOST_ROWS);
		remember('sessionStorage', 'draft', text);
		this.note('');
	}
}
