// SPDX-License-Identifier: MIT
// link.js: one WebSocket under observation: it reports what happens and when, counts what passes,
// and never comes back by itself.

export class Link {
	#on;
	#socket = null;
	#wasOpen = false;
	sent = { messages: 0, bytes: 0 };
	received = { messages: 0, bytes: 0 };

	/* on: state(name), opened(ms, protocol), message(data, bytes), failed(why or null),
	 * closed(event). */
	constructor(on) {
		this.#on = on;
	}

	/* Leaves a connection that is still closing to itself. */
	connect(url, protocols) {
		const began = performance.now();
		try {
			this.#socket = new WebSocket(url, protocols);
		} catch (error) {
			return this.#on.failed(error.message);
		}
		this.#socket.binaryType = 'arraybuffer';
		this.#wasOpen = false;
		this.#listen(this.#socket, began);
		this.#on.state('connecting');
	}

	/* Returns false when nothing is open; bytes is the length on the wire. */
	send(data, bytes) {
		if (this.#socket?.readyState !== WebSocket.OPEN)
			return false;
		this.#socket.send(data);
		this.sent.messages += 1;
		this.sent.bytes += bytes;
		return true;
	}

	/* Returns whether the code and the reason were allowed. */
	close(code, reason) {
		try {
			this.#socket.close(code, reason);
		} catch (error) {
			this.#on.failed(error.message);
			return false;
		}
		this.#on.state('closing');
		return true;
	}

	#listen(socket, began) {
		const current = (handle) => (event) => {
			if (socket === this.#socket)
				handle(event);
		};
		socket.addEventListener('open', current(() => this.#opened(performance.now() - began)));
		socket.addEventListener('message', current((event) => this.#heard(event.data)));
		socket.addEventListener('error', current(() => this.#wasOpen || this.#on.failed(null)));
		socket.addEventListener('close', current((event) => this.#closed(event)));
	}

	#opened(ms) {
		this.#wasOpen = true;
		this.#on.state('open');
		this.#on.opened(ms, this.#socket.protocol);
	}

	#heard(data) {
		const bytes = typeof data === 'string' ? new TextEncoder().encode(data).length : data.byteLength;
		this.received.messages += 1;
		this.received.bytes += bytes;
		this.#on.message(data, bytes);
	}

	#closed(event) {
		this.#socket = null;
		this.#on.state('closed');
		this.#on.closed(event);
	}
}
