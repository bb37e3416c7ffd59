// SPDX-License-Identifier: MIT
// server.mjs: `navette serve` as a child process. Its address is learnt from its start-up lines; it is
// ended by its pid, and by the kernel should this program die first.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const NAVETTE = process.env.NAVETTE
	?? fileURLToPath(new URL('../../build/release/navette', import.meta.url));
const DEADLINE_MS = 150000; /* for its start, and for its end */

export class Server {
	#process;
	#ended;
	#errors = '';
	#over = false;
	url = '';
	port = 0;

	/* Resolves when it listens; port 0 stands for a free one. */
	static async start(port = 0, ...flags) {
		const server = new Server(['serve', '--port', String(port), '--log-format', 'text', ...flags]);
		await server.#listens();
		return server;
	}

	constructor(words) {
		this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', NAVETTE, ...words],
			{ stdio: ['ignore', 'pipe', 'pipe'] });
		this.#ended = new Promise((resolve) => this.#process.once('close', resolve));
		this.#process.once('error', (error) => this.#errors += error.message);
		this.#process.stderr.on('data', (data) => this.#errors += data);
	}

	signal(name) {
		this.#process.kill(name);
	}

	/* Whether SIGSTOP has stopped every thread: it reaches one after another. */
	isStopped() {
		const threads = `/proc/${this.#process.pid}/task`;
		return readdirSync(threads).every((id) =>
			readFileSync(`${threads}/${id}/stat`, 'utf8').includes(') T '));
	}

	async kill() {
		this.#over = true;
		this.signal('SIGKILL');
		await this.#ended;
	}

	/* Ends it as its user does and checks that it went well; does nothing the second time. */
	async stop() {
		if (this.#over)
			return;
		this.#over = true;
		this.signal('SIGCONT');
		this.signal('SIGINT');
		const code = await this.#endedWithin(DEADLINE_MS);
		const how = code ?? this.#process.signalCode;
		assert.equal(code, 0, `navette serve ended with ${how}: ${this.#errors}`);
	}

	/* Resolves to the exit code, or to null if a signal ended it, this one at the latest. */
	async #endedWithin(ms) {
		const late = setTimeout(() => this.signal('SIGKILL'), ms);
		const code = await this.#ended;
		clearTimeout(late);
		return code;
	}

	async #listens() {
		const url = new Promise((resolve) => {
			createInterface({ input: this.#process.stdout }).on('line', (line) => {
				const [, text] = line.match(/\] Page : (\S+)$/) ?? [];
				if (text)
					resolve(text);
			});
		});
		const late = setTimeout(() => this.signal('SIGKILL'), DEADLINE_MS);
		this.url = await Promise.race([url, this.#ended.then(() => '')]);
		clearTimeout(late);
		assert.notEqual(this.url, '', `navette serve did not start: ${this.#errors}`);
		this.port = Number(new URL(this.url).port);
	}
}
