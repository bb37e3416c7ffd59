// SPDX-License-Identifier: MIT
// backoff.js: waiting times 1 s, 2 s, 4 s ... 30 s, each shortened at random by up to a half, so
// that the clients of a server that restarts do not come back in step.

const FIRST_MS = 1000;
const LONGEST_MS = 30000;

export class Backoff {
	#ms = FIRST_MS;

	next(random = Math.random) {
		const ms = this.#ms;
		this.#ms = Math.min(2 * ms, LONGEST_MS);
		return ms / 2 + random() * ms / 2;
	}

	reset() {
		this.#ms = FIRST_MS;
	}
}
