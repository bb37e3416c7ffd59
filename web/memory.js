// SPDX-License-Identifier: MIT
// memory.js: small notes kept by the browser. Storage may be forbidden or full: then nothing is
// kept and nothing breaks.

export function remember(storage, key, value) {
	try {
		window[storage].setItem(`navette.${key}`, value);
	} catch {
		/* The page works without its memory. */
	}
}

export function recall(storage, key) {
	try {
		return window[storage].getItem(`navette.${key}`) ?? '';
	} catch {
		return '';
	}
}
