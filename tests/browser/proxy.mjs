// SPDX-License-Identifier: MIT
// proxy.mjs: a reverse proxy that shows a server under a prefix: /live/ws is its /ws.

import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';

function headOf({ method, url, rawHeaders }, prefix) {
	const lines = [`${method} ${url.slice(prefix.length)} HTTP/1.1`];
	for (let i = 0; i < rawHeaders.length; i += 2)
		lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
	return `${lines.join('\r\n')}\r\n\r\n`;
}

export class Proxy {
	#prefix;
	#port;
	#server = createServer();
	#joined = new Map();
	#held = new Set();

	/* prefix is like "/live"; what is outside gets a 404. */
	static async start(prefix, port) {
		const proxy = new Proxy(prefix, port);
		await once(proxy.#server.listen(0, 'localhost'), 'listening');
		return proxy;
	}

	constructor(prefix, port) {
		this.#prefix = prefix;
		this.#port = port;
		this.#server.on('request', (from, to) => this.#pass(from, to));
		this.#server.on('upgrade', (from, near) => this.#join(from, near));
	}

	get url() {
		return `http://localhost:${this.#server.address().port}${this.#prefix}/`;
	}

	/* Breaks the connections to the clients; the server learns nothing of it before release(). */
	cut() {
		for (const [near, far] of this.#joined) {
			this.#held.add(far);
			near.destroy();
		}
	}

	release() {
		for (const far of this.#held)
			far.destroy();
		this.#held.clear();
	}

	close() {
		this.cut();
		this.release();
		this.#server.closeAllConnections();
		this.#server.close();
	}

	#pass(from, to) {
		if (!from.url.startsWith(`${this.#prefix}/`))
			return to.writeHead(404).end();
		const path = from.url.slice(this.#prefix.length);
		const options = { host: 'localhost', port: this.#port, path, method: from.method };
		from.pipe(request({ ...options, headers: from.headers }, (answer) => {
			to.writeHead(answer.statusCode, answer.headers);
			answer.pipe(to);
		})).on('error', () => to.destroy());
	}

	#join(from, near) {
		const far = connect(this.#port, 'localhost');
		this.#joined.set(near, far);
		far.write(headOf(from, this.#prefix));
		far.pipe(near).pipe(far, { end: false });
		near.on('error', () => {});
		far.on('error', () => {});
		near.on('close', () => this.#left(near, far));
		far.on('close', () => near.destroy());
	}

	#left(near, far) {
		this.#joined.delete(near);
		if (!this.#held.has(far))
			far.destroy();
	}
}
