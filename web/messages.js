// SPDX-License-Identifier: MIT
// messages.js: the list of what was said. Own messages that the server has not confirmed stand at
// the end; one that failed stays until the person decides what becomes of it.

import { element } from './dom.js';
import { tint } from './tint.js';

const MOST = 1000;

function two(number) {
	return String(number).padStart(2, '0');
}

function clock(date = new Date()) {
	return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

/* The server's "2026-11-23 14:05:09" is its local time and is shown as it came. */
function timeOf(timestamp) {
	const stamp = String(timestamp ?? '');
	const time = element('time', 'time', stamp.slice(11, 16) || clock());
	time.title = stamp;
	if (stamp)
		time.dateTime = stamp;
	return time;
}

function textOf(text) {
	const node = element('p', 'text', text);
	node.dir = 'auto';
	return node;
}

function senderOf(name) {
	const node = element('span', `sender ${tint(name)}`, name);
	node.dir = 'auto';
	return node;
}

function item(kind, ...children) {
	const node = element('li', '');
	node.dataset.kind = kind;
	node.append(...children);
	return node;
}

function button(label, act) {
	const node = element('button', 'quiet', label);
	node.type = 'button';
	node.addEventListener('click', act);
	return node;
}

export class Messages {
	#list;
	#follow;
	#t;
	#onDecision;
	#pending = new Map();
	#lastSender = null;

	/* onDecision(text, 'again' or 'edit') returns whether the failed message may be taken away. */
	constructor(list, follow, t, onDecision) {
		this.#list = list;
		this.#follow = follow;
		this.#t = t;
		this.#onDecision = onDecision;
	}

	say(kind, text) {
		const children = kind === 'error' ? [textOf(text), timeOf()] : [textOf(text)];
		this.#lastSender = null;
		this.#insert(item(kind, ...children));
	}

	message(frame, own) {
		const { expediteur: sender, contenu: text, timestamp } = frame;
		const node = item('message', senderOf(String(sender)), textOf(String(text)), timeOf(timestamp));
		this.#dress(node, String(sender), own);
		this.#insert(node);
	}

	pending(id, sender, text) {
		const node = item('message', senderOf(sender), textOf(text));
		node.append(element('span', 'time', this.#t('sending')));
		node.dataset.delivery = 'pending';
		node.classList.add('own', 'follows');
		this.#pending.set(id, node);
		this.#list.append(node);
		this.#follow.toEnd();
	}

	/* Others' messages went in before the pending ones, so this one already stands in its place;
	 * moving it would make screen readers say it twice. */
	confirm(id, frame) {
		const node = this.#pending.get(id);
		this.#pending.delete(id);
		if (!node)
			return this.message(frame, true);
		delete node.dataset.delivery;
		node.querySelector('.time').replaceWith(timeOf(frame.timestamp));
		this.#dress(node, String(frame.expediteur), true);
		this.#follow.added();
	}

	fail(id, why) {
		const node = this.#pending.get(id);
		this.#pending.delete(id);
		if (!node)
			return;
		const text = node.querySelector('.text').textContent;
		const decide = (decision) => () => this.#onDecision(text, decision) && node.remove();
		node.dataset.kind = 'error';
		node.dataset.delivery = 'failed';
		node.querySelector('.time').remove();
		node.append(
			element('span', 'why', why),
			button(this.#t('again'), decide('again')),
			button(this.#t('edit'), decide('edit')),
		);
		this.#lastSender = null;
		this.#follow.added();
	}

	#dress(node, sender, own) {
		node.classList.toggle('own', own);
		node.classList.toggle('follows', sender === this.#lastSender);
		this.#lastSender = sender;
	}

	#firstPending() {
		return this.#pending.values().next().value ?? null;
	}

	#insert(node) {
		this.#list.insertBefore(node, this.#firstPending());
		this.#trim();
		this.#follow.added();
	}

	/* A page left open for days stays light; what the person may still need is kept. */
	#trim() {
		if (this.#list.childElementCount > MOST)
			this.#list.querySelector('li:not([data-delivery])')?.remove();
	}
}
