// SPDX-License-Identifier: MIT
// certificates.mjs: the certificates of a test, and a home in which the browser finds the authority
// that signed them. Gone with the process.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILD = process.env.NVTEST_BUILD
	?? fileURLToPath(new URL('../../build/release', import.meta.url));
const MAKE_CERTS = join(BUILD, 'tests', 'load', 'make_certs');

function run(program, ...words) {
	const { status, error, stderr } = spawnSync(program, words, { encoding: 'utf8' });
	assert.equal(status, 0, `${program} ${words.join(' ')}: ${error ?? stderr}`);
}

export class Certificates {
	#folder = mkdtempSync(join(tmpdir(), 'navette-'));

	constructor() {
		process.on('exit', () => rmSync(this.#folder, { recursive: true, force: true }));
		run(MAKE_CERTS, this.#folder);
		const database = join(this.home, '.pki', 'nssdb');
		mkdirSync(database, { recursive: true });
		run('certutil', '-N', '-d', `sql:${database}`, '--empty-password');
		run('certutil', '-A', '-d', `sql:${database}`, '-n', 'test', '-t', 'C,,',
			'-i', this.#file('ca.pem'));
	}

	get home() {
		return this.#file('home');
	}

	/* For `navette serve`. */
	flags(name) {
		return ['--cert', this.#file(`${name}.pem`), '--key', this.#file(`${name}.key`)];
	}

	/* For a server of Node. */
	contents(name) {
		const [cert, key] = ['pem', 'key'].map((kind) => readFileSync(this.#file(`${name}.${kind}`)));
		return { cert, key };
	}

	#file(name) {
		return join(this.#folder, name);
	}
}
