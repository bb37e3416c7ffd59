// SPDX-License-Identifier: MIT
// session.js: one person's part in the chat, on top of a socket that comes and goes. It speaks the
// server's JSON, keeps the nickname across connections and knows which of its frames have not been
// answered. It does not touch the document.

import { Backoff } from './backoff.js';
import { Heartbeat } from './heartbeat.js';
import { Socket } from './socket.js';

const MAX_FRAME_BYTES = 10240;
/* A dead connection can hold its nickname for 46 s; these tries last about a minute. */
const NICKNAME_TRIES = 7;
const WELCOME = 'Bienvenue ! Quel est votre pseudo ?';
const JOINED = ' a rejoint le chat';
const LEFT = ' a quitté le chat';

function parse(data) {
	try {
		const frame = JSON.parse(data);
		return frame && typeof frame === 'object' ? frame : {};
	} catch {
		return {};
	}
}

function utf8Length(text) {
	return new TextEncoder().encode(text).length;
}

export class Session {
	#on;
	#socket;
	#heartbeat;
	#backoff = new Backoff();
	#triesLeft = 0;
	#timer = 0;
	#name = '';
	#phase = 'out';
	#returning = false;
	#confirmed = false;
	/* The server answers each frame once and in order: an error concerns the oldest. */
	#unanswered = [];
	#lastId = 0;

	/* on: state(name, delay), lost(code, reason), joined(name, returning), refused(why),
	 * nameHeld(), people(names), arrived(name), departed(name), system(text), error(text),
	 * message(frame, own id or 0), sent(id, text), failed(id, why or null when nobody knows). */
	constructor(url, on) {
		this.#on = on;
		this.#heartbeat = new Heartbeat(() => this.#ping(), () => this.#socket.abandon());
		this.#socket = new Socket(url, {
			state: on.state,
			open: () => this.#opened(),
			message: (data) => this.#receive(parse(data)),
			lost: (code, reason) => this.#lost(code, reason),
		});
	}

	get name() {
		return this.#name;
	}

	connect() {
		this.#socket.connect();
	}

	/* Something happened to the network: find out at once. */
	check() {
		if (this.#socket.state === 'waiting')
			this.#socket.connect();
		else if (this.#socket.state === 'open')
			this.#heartbeat.probe();
	}

	/* Takes part under this name, now or as soon as there is a connection. */
	join(name) {
		if (this.#phase === 'in' || this.#unanswered.some((entry) => entry.kind === 'name'))
			return;
		this.#name = name;
		this.#phase = 'joining';
		this.#returning = false;
		if (this.#socket.state === 'open')
			this.#askName();
		else
			this.#socket.connect();
	}

	leave() {
		this.#phase = 'out';
		this.#disconnected();
		this.#socket.close();
	}

	/* Returns 'sent', 'unconnected' or 'oversize'; the text is the caller's unless it was sent. */
	send(text) {
		const frame = JSON.stringify({ type: 'message', contenu: text });
		if (utf8Length(frame) > MAX_FRAME_BYTES)
			return 'oversize';
		if (this.#phase !== 'in' || !this.#socket.send(frame))
			return 'unconnected';
		const id = ++this.#lastId;
		this.#unanswered.push({ kind: 'message', id });
		this.#on.sent(id, text);
		return 'sent';
	}

	#opened() {
		this.#heartbeat.start();
		this.#triesLeft = NICKNAME_TRIES;
		this.#backoff.reset();
		if (this.#phase === 'joining')
			this.#askName();
	}

	#lost(code, reason) {
		this.#returning ||= this.#phase === 'in';
		if (this.#returning)
			this.#phase = 'joining';
		this.#on.lost(code, reason);
		this.#disconnected();
	}

	#disconnected() {
		this.#heartbeat.stop();
		clearTimeout(this.#timer);
		for (const entry of this.#unanswered.splice(0))
			if (entry.kind === 'message')
				this.#on.failed(entry.id, null);
	}

	#askName() {
		this.#unanswered.push({ kind: 'name' });
		this.#socket.send(JSON.stringify({ type: 'pseudo', pseudo: this.#name }));
	}

	#ping() {
		this.#unanswered.push({ kind: 'ping' });
		this.#socket.send(JSON.stringify({ type: 'ping' }));
	}

	#receive(frame) {
		this.#heartbeat.heard();
		switch (frame.type) {
		case 'systeme': return this.#system(String(frame.contenu));
		case 'presents': return this.#on.people((frame.noms ?? []).map(String));
		case 'message': return this.#message(frame);
		case 'erreur': return this.#error(String(frame.message));
		case 'pong': return this.#answer('ping');
		}
	}

	/* Takes the oldest unanswered frame of a kind off the list. */
	#answer(kind) {
		const index = this.#unanswered.findIndex((entry) => entry.kind === kind);
		return index < 0 ? undefined : this.#unanswered.splice(index, 1)[0];
	}

	#system(text) {
		if (text === WELCOME)
			return;
		if (text.endsWith(JOINED))
			this.#arrived(text.slice(0, -JOINED.length));
		else if (text.endsWith(LEFT))
			this.#on.departed(text.slice(0, -LEFT.length));
		else
			this.#on.system(text);
	}

	#arrived(name) {
		if (name === this.#name && this.#phase === 'joining' && this.#answer('name')) {
			this.#phase = 'in';
			this.#confirmed = false;
			this.#on.joined(name, this.#returning);
		}
		this.#on.arrived(name);
	}

	#message(frame) {
		const own = frame.expediteur === this.#name && this.#phase === 'in';
		this.#confirmed ||= own;
		this.#on.message(frame, own ? this.#answer('message')?.id ?? 0 : 0);
	}

	#error(why) {
		const entry = this.#unanswered.shift();
		if (entry?.kind === 'message')
			this.#on.failed(entry.id, why);
		else if (entry?.kind === 'name' || this.#nameWasAnothers(entry))
			this.#nameRefused(why);
		else if (!entry)
			this.#on.error(why);
	}

	/* Two asked for the same name at once: the line that announced it was about the other. */
	#nameWasAnothers(entry) {
		return !entry && this.#phase === 'in' && !this.#confirmed;
	}

	/* After a reconnect the old connection may still hold the name, so refusals are not final. */
	#nameRefused(why) {
		if (this.#returning && this.#triesLeft > 0) {
			if (this.#triesLeft-- === NICKNAME_TRIES)
				this.#on.nameHeld();
			this.#timer = setTimeout(() => this.#askName(), this.#backoff.next());
			return;
		}
		this.#phase = 'out';
		this.#on.refused(why);
	}
}
