// SPDX-License-Identifier: MIT
// support.mjs: what the browser tests share: scenarios with servers and pages of their own, and
// waiting for a condition. A page error, a violation of the content security policy or an error in
// the browser's console that was not announced fails the scenario.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Server } from './server.mjs';

/* Far above what anything takes: a busy machine has stood still for more than a minute. */
const PATIENCE_MS = 150000;
const LOOK_AGAIN_MS = 10;

/* What the browser itself says when a WebSocket cannot be opened or is cut off. */
export const CONNECTION_LOST = /^WebSocket connection to '.*' failed/;

let browser;

async function launched() {
	browser ??= await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		/* It shows nothing but our own pages, and root cannot have a sandbox. */
		chromiumSandbox: false,
		timeout: PATIENCE_MS,
	});
	return browser;
}

after(() => browser?.close());

/* Waits until read() resolves to what is expected; at the deadline tells the difference. */
export async function until(read, expected) {
	const end = Date.now() + PATIENCE_MS;
	for (;;) {
		const value = await read();
		try {
			return assert.deepEqual(value, expected);
		} catch (difference) {
			if (Date.now() > end)
				throw difference;
		}
		await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
	}
}

class Stage {
	#name;
	#servers = [];
	#contexts = [];
	#endings = [];
	#problems = [];

	constructor(name) {
		this.#name = name;
	}

	async serve(port = 0, ...flags) {
		const server = await Server.start(port, ...flags);
		this.#servers.push(server);
		return server;
	}

	/* Calls end() when the scenario is over. */
	finally(end) {
		this.#endings.push(end);
	}

	/* Opens a page in a browser profile of its own; all it asks the server for has arrived.
	 * expected: what the console may complain of; random: what Math.random() returns; still: its
	 * time passes only when the test says so; the rest is for the browser's context. */
	async page(url, { expected, random, still, ...options } = {}) {
		const context = await (await launched()).newContext({ locale: 'en-GB', ...options });
		this.#contexts.push(context);
		context.setDefaultTimeout(PATIENCE_MS);
		const page = await context.newPage();
		await this.#watch(page, expected);
		if (random !== undefined)
			await page.addInitScript((value) => Math.random = () => value, random);
		if (still) {
			await page.clock.install();
			await page.clock.pauseAt(Date.now() + PATIENCE_MS);
		}
		/* The icon is asked for after everything else, when the page counts as loaded. */
		const isIcon = (request) => request.resourceType() === 'other';
		const icon = url.startsWith('http') && page.waitForEvent('requestfinished', isIcon);
		await Promise.all([icon, page.goto(url)]);
		return page;
	}

	async #watch(page, expected) {
		const report = (what) => this.#problems.push(what);
		page.on('pageerror', (error) => report(`page error: ${error.stack}`));
		page.on('console', (message) => {
			if (message.type() === 'error' && !expected?.test(message.text()))
				report(`console: ${message.text()}`);
		});
		await page.exposeBinding('reportViolation', (_, what) => report(`policy: ${what}`));
		await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) =>
			window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`)));
	}

	async #photograph() {
		const folder = process.env.NVTEST_BUILD;
		if (!folder)
			return;
		mkdirSync(`${folder}/browser`, { recursive: true });
		const pages = this.#contexts.flatMap((context) => context.pages());
		for (const [index, page] of pages.entries())
			await page.screenshot({ path: `${folder}/browser/${this.#name} ${index + 1}.png` });
	}

	async #clear() {
		const endings = [
			...this.#contexts.map((context) => () => context.close()),
			...this.#endings,
			...this.#servers.map((server) => () => server.stop()),
		];
		for (const end of endings)
			await Promise.resolve().then(end).catch((error) => this.#problems.push(error.message));
	}

	async run(act) {
		try {
			await act(this);
		} catch (error) {
			await this.#photograph().catch(() => {});
			error.message = [error.message, ...this.#problems].join('\n');
			throw error;
		} finally {
			await this.#clear();
		}
		assert.deepEqual(this.#problems, []);
	}
}

/* A test with what it starts on a stage, which is cleared whatever happens. When it fails, pictures
 * of its pages are left in the build folder. */
export function scenario(name, act) {
	test(name, () => new Stage(name).run(act));
}
