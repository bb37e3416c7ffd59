// SPDX-License-Identifier: MIT
// tint.js: each name has its colour, the same one on every page and every day.

const TINTS = 8;

export function tint(name) {
	let hash = 0;
	for (const character of name)
		hash = (hash * 31 + character.codePointAt(0)) >>> 0;
	return `tint-${hash % TINTS}`;
}
