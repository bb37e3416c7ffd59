// SPDX-License-Identifier: MIT
// nickname.js: the form that asks for a nickname, and what makes one impossible.

import { byId } from './dom.js';
import { recall, remember } from './memory.js';

const MOST_CHARACTERS = 32;

/* Returns the words that say what is wrong with a name, or null. */
function fault(name, t) {
	const length = [...name].length;
	if (length === 0)
		return t('nameEmpty');
	if (length > MOST_CHARACTERS)
		return t('nameLong', length);
	return /\p{Cc}/u.test(name) ? t('nameControl') : null;
}

export class NicknameForm {
	#input = byId('nickname');
	#button = byId('join');
	#error = byId('nickname-error');
	#hint = byId('nickname-hint');
	#t;

	/* onName(name) returns whether there is a connection to ask on. */
	constructor(t, onName) {
		this.#t = t;
		this.#input.value = recall('localStorage', 'nickname');
		this.#input.addEventListener('input', () => this.#say(''));
		this.#input.form.addEventListener('submit', (event) => {
			event.preventDefault();
			this.#submit(onName);
		});
	}

	focus() {
		this.#input.focus();
		this.#input.select();
	}

	accepted(name) {
		remember('localStorage', 'nickname', name);
		this.#idle();
		this.#say('');
	}

	refused(why) {
		this.#idle();
		this.#say(why);
		this.focus();
	}

	#submit(onName) {
		const name = this.#input.value.trim();
		const wrong = fault(name, this.#t);
		if (wrong)
			return this.refused(wrong);
		this.#say('');
		this.#button.textContent = this.#t('joining');
		this.#hint.textContent = onName(name) ? '' : this.#t('joinLater');
	}

	#idle() {
		this.#button.textContent = this.#t('join');
		this.#hint.textContent = '';
	}

	#say(wrong) {
		this.#error.textContent = wrong;
		this.#input.setAttribute('aria-invalid', String(wrong !== ''));
	}
}
