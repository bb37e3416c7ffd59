// SPDX-License-Identifier: MIT
// connection.js: shows the state of the connection, the seconds until the next try and a button
// that does not wait for it. Only the state is announced to screen readers, not each second.

import { onLanguage } from './i18n.js';

export class Connection {
	#box;
	#t;
	#state = 'connecting';
	#next = 0;
	#timer = 0;

	constructor(box, t) {
		this.#box = box;
		this.#t = t;
		onLanguage(() => this.#draw());
		addEventListener('online', () => this.#draw());
		addEventListener('offline', () => this.#draw());
	}

	show(state, delay = 0) {
		this.#state = state;
		this.#next = Date.now() + delay;
		clearInterval(this.#timer);
		if (state === 'waiting')
			this.#timer = setInterval(() => this.#count(), 250);
		this.#draw();
	}

	#word() {
		return this.#state === 'waiting' && !navigator.onLine ? 'offline' : this.#state;
	}

	#draw() {
		const label = this.#box.querySelector('.label');
		const word = this.#t(this.#word());
		this.#box.dataset.state = this.#state;
		/* Writing the same words again would announce them again. */
		if (label.textContent !== word)
			label.textContent = word;
		this.#box.querySelector('button').hidden = this.#state !== 'waiting';
		this.#count();
	}

	#count() {
		const seconds = Math.max(0, Math.ceil((this.#next - Date.now()) / 1000));
		const text = this.#state === 'waiting' ? this.#t('inSeconds', seconds) : '';
		this.#box.querySelector('.countdown').textContent = text;
	}
}
