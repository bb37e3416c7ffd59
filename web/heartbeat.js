// SPDX-License-Identifier: MIT
// heartbeat.js: notices a connection that died without a word. Browsers show no ping frames to a
// page, so it asks with a message of its own and expects to hear something soon after.

const PERIOD_MS = 25000;
const DEADLINE_MS = 10000;

export class Heartbeat {
	#ping;
	#dead;
	#period = 0;
	#deadline = 0;

	/* ping() sends the question, dead() is called when nothing was heard in time. */
	constructor(ping, dead) {
		this.#ping = ping;
		this.#dead = dead;
	}

	start() {
		this.stop();
		this.#period = setInterval(() => this.probe(), PERIOD_MS);
	}

	stop() {
		clearInterval(this.#period);
		this.heard();
	}

	/* Anything heard is a sign of life. */
	heard() {
		clearTimeout(this.#deadline);
		this.#deadline = 0;
	}

	probe() {
		if (this.#deadline)
			return;
		this.#deadline = setTimeout(this.#dead, DEADLINE_MS);
		this.#ping();
	}
}
