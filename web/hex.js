// SPDX-License-Identifier: MIT
// hex.js: bytes as people write and read them.

const ROW = 16;

/* Takes "48 65 6c", "48:65:6C", "0x48, 0x65" or "48656c"; null when it is none of them. */
export function parseHex(text) {
	const digits = text.replace(/0x/gi, '').replace(/[\s,:;-]/g, '');
	if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits))
		return null;
	return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function printable(byte) {
	return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
}

function row(bytes, offset) {
	const part = [...bytes.subarray(offset, offset + ROW)];
	const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
	const text = part.map(printable).join('');
	return `${offset.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * ROW)} ${text}`;
}

/* Offset, bytes and printable characters of the first bytes, sixteen to a row. */
export function hexDump(bytes, most) {
	const rows = [];
	for (let offset = 0; offset < Math.min(bytes.length, most); offset += ROW)
		rows.push(row(bytes.subarray(0, most), offset));
	return rows.join('\n');
}
