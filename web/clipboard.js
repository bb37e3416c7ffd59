// SPDX-License-Identifier: MIT
// clipboard.js: copies a text. Browsers keep the modern way to https and localhost; elsewhere, as
// on http in a home network, the old way still works.

function copyBySelection(text) {
	const area = document.createElement('textarea');
	area.value = text;
	area.className = 'unseen';
	document.body.append(area);
	area.select();
	const copied = document.execCommand('copy');
	area.remove();
	return copied;
}

/* Resolves to whether it worked. */
export async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyBySelection(text);
	}
}
