// SPDX-License-Identifier: MIT
// socket.js: a WebSocket that comes back by itself. It is connecting, open, waiting for its next
// try, or closed for good by close(). It keeps no messages: what could not be sent is the
// caller's.

import { Backoff } from './backoff.js';

const CONNECT_DEADLINE_MS = 15000;

export class Socket {
	#url;
	#on;
	#socket = null;
	#timer = 0;
	#backoff = new Backoff();
	#state = 'closed';

	/* on: state(name, next try in ms), open(), message(data), lost(code, reason). */
	constructor(url, on) {
		this.#url = url;
		this.#on = on;
	}

	get state() {
		return this.#state;
	}

	/* Connects now unless it is about to or has; cuts a wait short. */
	connect() {
		if (this.#socket)
			return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.abandon(), CONNECT_DEADLINE_MS);
		this.#listen(new WebSocket(this.#url));
		this.#enter('connecting');
	}

	/* Returns false when there is no connection to send on. */
	send(data) {
		if (this.#socket?.readyState !== WebSocket.OPEN)
			return false;
		this.#socket.send(data);
		return true;
	}

	close() {
		this.#forget();
		this.#enter('closed');
	}

	/* Gives up a connection that does not answer: its own close event may take minutes. */
	abandon() {
		this.#forget();
		this.#lose(1006, '');
	}

	#enter(state, delay) {
		this.#state = state;
		this.#on.state(state, delay);
	}

	#listen(socket) {
		this.#socket = socket;
		const current = (handle) => (event) => {
			if (socket === this.#socket)
				handle(event);
		};
		socket.addEventListener('open', current(() => this.#opened()));
		socket.addEventListener('message', current((event) => this.#heard(event.data)));
		socket.addEventListener('close', current((event) => this.#lose(event.code, event.reason)));
	}

	#opened() {
		clearTimeout(this.#timer);
		this.#enter('open');
		this.#on.open();
	}

	/* A server that opens and hangs up at once is no success, one that speaks is. */
	#heard(data) {
		this.#backoff.reset();
		this.#on.message(data);
	}

	#forget() {
		clearTimeout(this.#timer);
		const socket = this.#socket;
		this.#socket = null;
		socket?.close(1000);
	}

	#lose(code, reason) {
		const wasOpen = this.#state === 'open';
		const delay = this.#backoff.next();
		clearTimeout(this.#timer);
		this.#socket = null;
		this.#timer = setTimeout(() => this.connect(), delay);
		this.#enter('waiting', delay);
		if (wasOpen)
			this.#on.lost(code, reason);
	}
}
