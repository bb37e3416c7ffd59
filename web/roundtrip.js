// SPDX-License-Identifier: MIT
// roundtrip.js: the time from a question to the next message, whatever that message is. Browsers
// show pages no ping and pong frames, so nothing better can be measured from here.

export class RoundTrip {
	#asked = null;
	#times = [];

	ask(now) {
		this.#asked = now;
	}

	/* Returns the milliseconds since the question, or null when none was open. */
	arrived(now) {
		if (this.#asked === null)
			return null;
		const ms = now - this.#asked;
		this.#asked = null;
		this.#times.push(ms);
		return ms;
	}

	/* Forgets the open question: its connection is gone. */
	abandon() {
		this.#asked = null;
	}

	/* Returns { last, least, mean, most, count }, or null before the first answer. */
	summary() {
		const count = this.#times.length;
		if (count === 0)
			return null;
		const sorted = [...this.#times].sort((a, b) => a - b);
		const mean = sorted.reduce((sum, ms) => sum + ms, 0) / count;
		return { last: this.#times[count - 1], least: sorted[0], mean, most: sorted[count - 1], count };
	}
}
