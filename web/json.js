// SPDX-License-Identifier: MIT
// json.js: lays JSON out over several lines without changing a character of its values: parsing and
// printing again would round large numbers and drop repeated keys.

const SHORT = 72;
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

function isContainer(text) {
	try {
		return /^\s*[{[]/.test(text) && JSON.parse(text) !== null;
	} catch {
		return false;
	}
}

/* Returns the text as it is unless it is a JSON object or array too long for a line. */
export function layOut(text) {
	if (text.length <= SHORT || !isContainer(text))
		return text;
	let depth = 0;
	let previous = '';
	let laid = '';
	const line = () => '\n' + '  '.repeat(depth);
	for (const token of text.match(TOKENS)) {
		const closes = token === '}' || token === ']';
		const opened = previous === '{' || previous === '[';
		depth -= closes ? 1 : 0;
		if (closes ? !opened : opened || previous === ',')
			laid += line();
		laid += token === ':' ? ': ' : token;
		depth += token === '{' || token === '[' ? 1 : 0;
		previous = token;
	}
	return laid;
}
