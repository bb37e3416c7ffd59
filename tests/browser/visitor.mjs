// SPDX-License-Identifier: MIT
// visitor.mjs: a person at the chat page: what they do, with keyboard alone, and what they see.

import { until } from './support.mjs';

export class Visitor {
	page;

	static async open(stage, url, options) {
		const visitor = new Visitor();
		visitor.page = await stage.page(url, options);
		return visitor;
	}

	/* Opens the page and comes in. */
	static async enter(stage, url, name, options) {
		const visitor = await Visitor.open(stage, url, options);
		await visitor.join(name);
		await visitor.page.locator('#room').waitFor();
		return visitor;
	}

	async join(name) {
		await this.page.locator('#nickname').fill(name);
		await this.page.locator('#nickname').press('Enter');
	}

	async type(text) {
		await this.page.locator('#composer').fill(text);
	}

	async say(text) {
		await this.type(text);
		await this.page.locator('#composer').press('Enter');
	}

	draft() {
		return this.page.locator('#composer').inputValue();
	}

	text(selector) {
		return this.page.locator(selector).innerText();
	}

	/* The id of the element that has the focus. */
	focus() {
		return this.page.evaluate(() => document.activeElement.id);
	}

	state() {
		return this.page.locator('#state').getAttribute('data-state');
	}

	people() {
		return this.page.locator('#people li').allTextContents();
	}

	/* Each line as "kind: text", "message of Ada: Bonjour" or "message, pending of Ada: Bonjour". */
	lines() {
		return this.page.locator('#messages li').evaluateAll((items) => items.map((item) => {
			const part = (selector) => item.querySelector(selector)?.textContent ?? '';
			const delivery = item.dataset.delivery ? `, ${item.dataset.delivery}` : '';
			const sender = part('.sender') && ` of ${part('.sender')}`;
			return `${item.dataset.kind}${delivery}${sender}: ${part('.text')}`;
		}));
	}

	/* Waits until the last line is this one. */
	async sees(line) {
		await until(async () => (await this.lines()).at(-1), line);
	}
}
