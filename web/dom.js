// SPDX-License-Identifier: MIT
// dom.js: the two things every view does with the document. Text only ever goes in as text.

export function byId(id) {
	return document.getElementById(id);
}

export function element(tag, className, text) {
	const node = document.createElement(tag);
	node.className = className;
	if (text !== undefined)
		node.textContent = text;
	return node;
}
