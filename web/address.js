// SPDX-License-Identifier: MIT
// address.js: WebSocket addresses beside the page, whatever proxy or prefix it is served behind.

/* address(location, 'chat') is wss://example.org/live/chat for https://example.org/live/console. */
export function address(location, path) {
	const url = new URL(path, location.href);
	url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}
