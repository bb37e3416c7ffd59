// SPDX-License-Identifier: MIT
// test_console.mjs: the console page as a client of our server and of a foreign one.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { CONNECTION_LOST, scenario, until } from './support.mjs';

function echo(text) {
	return `Serveur dit : J'ai reçu votre message "${text}"`;
}

function sent(text) {
	return `sent: sent text, ${Buffer.byteLength(text)} B\n${text}`;
}

function received(text) {
	return `received: received text, ${Buffer.byteLength(text)} B\n${text}`;
}

class Console {
	page;

	static async open(stage, url, options) {
		const self = new Console();
		self.page = await stage.page(`${url}console`, options);
		await self.page.locator('#choices button').first().waitFor();
		return self;
	}

	/* Opens the page and connects to one of the addresses it offers, such as "/ws". */
	static async connected(stage, url, path, options) {
		const self = await Console.open(stage, url, options);
		await self.page.locator('#choices').getByText(path, { exact: true }).click();
		await self.connect();
		return self;
	}

	/* Our server speaks first, which must not come between what the test looks for. */
	async connect() {
		await this.page.click('#connect');
		await until(() => this.last().then(([line]) => line.split(':')[0]), 'received');
		assert.equal(await this.state(), 'open');
	}

	state() {
		return this.page.getAttribute('#state', 'data-state');
	}

	/* The lines that are shown, as "kind: label" and, below, the body; times are made "# ms". */
	async lines() {
		const shown = this.page.locator('#log li:visible');
		const lines = await shown.evaluateAll((items) => items.map((item) => {
			const body = item.querySelector('.body');
			const label = item.querySelector('.label').textContent;
			return `${item.dataset.kind}: ${label}${body ? `\n${body.textContent}` : ''}`;
		}));
		return lines.map((line) => line.replace(/[\d.,]+\u00a0ms/g, '# ms').replaceAll('\u00a0', ' '));
	}

	async last(count = 1) {
		return (await this.lines()).slice(-count);
	}

	async send(text) {
		await this.page.fill('#text', text);
		await this.page.press('#text', 'Enter');
	}

	async sendBytes(hex) {
		await this.page.fill('#hex', hex);
		await this.page.click('#send-binary');
	}

	async disconnect(code, reason) {
		const details = this.page.locator('details');
		if (await details.getAttribute('open') === null)
			await this.page.click('summary');
		await this.page.fill('#close-code', code);
		await this.page.fill('#close-reason', reason);
		await this.page.click('#disconnect');
	}
}

scenario('text goes to /ws and comes back', async (stage) => {
	const { url } = await stage.serve();
	const client = await Console.connected(stage, url, '/ws');
	await client.send('Bonjour');
	const address = url.replace('http:', 'ws:');
	await until(() => client.lines(), [
		`system: connecting to ${address}ws`,
		'system: connected in # ms',
		received('Bienvenue sur le serveur WebSocket !'),
		sent('Bonjour'),
		received(echo('Bonjour')),
	]);
	assert.equal(await client.page.innerText('#sent'), '↑ 1 sent, 7\u00a0B');
	assert.equal(await client.page.innerText('#received'), '↓ 2 received, 84\u00a0B');
	await client.page.press('#text', 'ArrowUp');
	assert.equal(await client.page.inputValue('#text'), 'Bonjour');
	await client.page.click('#send-text');
	await until(() => client.page.locator('#log li[data-kind="received"]').count(), 3);
	await client.page.click('#disconnect');
	await until(() => client.last(2), [
		'system: closing with code 1000',
		'system: closed, code 1000: the conversation ended normally, after a closing handshake',
	]);
	assert.equal(await client.page.isDisabled('#send-text'), true);
});

scenario('bytes and files come back as they are', async (stage) => {
	const { url } = await stage.serve();
	const client = await Console.connected(stage, url, '/ws');
	await client.sendBytes('48 65 6c 6c 6f 00 FF');
	const dump = '\n0000  48 65 6c 6c 6f 00 ff                             Hello..';
	await until(() => client.last(2),
		[`sent: sent binary, 7 B${dump}`, `received: received binary, 7 B${dump}`]);
	await client.sendBytes('48 6');
	await until(() => client.last(), ['error: these are not bytes in hexadecimal; '
		+ 'write for example 48 65 6c 6c 6f']);
	assert.equal(await client.page.getAttribute('#hex', 'aria-invalid'), 'true');
	await client.page.setInputFiles('#file',
		{ name: 'été.bin', mimeType: '', buffer: Buffer.alloc(300, 0x2a) });
	await client.page.click('#send-file');
	await until(() => client.last(2).then((lines) => lines.map((line) => line.split('\n')[0])),
		['sent: sent file été.bin as binary, 300 B', 'received: received binary, 300 B']);
	assert.match((await client.lines()).at(-1), /\n… 44 more bytes$/);
});

scenario('close codes are shown, ours and the server\'s', async (stage) => {
	const server = await stage.serve();
	const client = await Console.connected(stage, server.url, '/ws', { expected: CONNECTION_LOST });
	await client.disconnect('4321', 'à bientôt');
	await until(() => client.last(),
		['system: closed, code 4321: a code of the application, after a closing handshake']);
	await client.connect();
	await client.send('x'.repeat(70000));
	await until(() => client.last(), ['system: closed, code 1009: a message that was too big, '
		+ 'reason “a message over the size limit”, after a closing handshake']);
	await client.connect();
	await client.disconnect('1001', '');
	await until(() => client.last().then(([line]) => line.split(':')[0]), 'error');
	assert.equal(await client.state(), 'open');
	await server.stop();
	await until(() => client.last(), ['system: closed, code 1001: '
		+ 'the server is stopping or the page was left, after a closing handshake']);
	await client.page.click('#connect');
	await until(() => client.last(2), [
		'error: the connection failed; browsers do not tell pages why. '
			+ '“navette connect ADDRESS” in a terminal does.',
		'system: closed, code 1006: the network or the server failed without a word, '
			+ 'without a closing handshake',
	]);
});

scenario('a ping is timed', async (stage) => {
	const { url } = await stage.serve();
	const client = await Console.connected(stage, url, '/chat?format=json');
	assert.equal(await client.page.inputValue('#ping-kind'), 'json');
	await client.page.click('#ping');
	await until(() => client.last(2), [
		'sent: sent text, 15 B\n{"type":"ping"}',
		'received: received text, 15 B, # ms after the question\n{"type":"pong"}',
	]);
	assert.match(await client.page.innerText('#times'),
		/^last [\d.]+\sms · least [\d.]+\sms · mean [\d.]+\sms · most [\d.]+\sms \(1\)$/);
});

scenario('the JSON of /chat is unfolded', async (stage) => {
	const { url } = await stage.serve();
	const client = await Console.connected(stage, url, '/chat?format=json');
	await client.send('{"type":"pseudo","pseudo":"Zoé"}');
	await until(() => client.last(2), [
		received('{"type":"systeme","contenu":"Zoé a rejoint le chat"}'),
		received('{"type":"presents","noms":["Zoé"]}'),
	]);
	await client.send('{"type":"message","contenu":"Bonjour tout le monde !"}');
	const shown = () => client.last().then(([line]) => line.replace(/\d{4}-.*:\d\d/, 'T'));
	await until(shown, 'received: received text, 108 B\n{\n  "type": "message",\n'
		+ '  "expediteur": "Zoé",\n  "contenu": "Bonjour tout le monde !",\n  "timestamp": "T"\n}');
	await client.page.uncheck('#indent');
	await until(shown, 'received: received text, 108 B\n{"type":"message",'
		+ '"expediteur":"Zoé","contenu":"Bonjour tout le monde !","timestamp":"T"}');
});

scenario('the log is filtered, copied and cleared', async (stage) => {
	const { url } = await stage.serve();
	const client = await Console.connected(stage, url, '/ws',
		{ permissions: ['clipboard-read', 'clipboard-write'] });
	await client.send('one');
	await client.send('two');
	await until(() => client.page.locator('#log li').count(), 7);
	await client.page.fill('#filter', 'TWO');
	const both = [sent('two'), received(echo('two'))];
	await until(() => client.lines(), both);
	await client.page.getByLabel('Sent', { exact: true }).uncheck();
	await until(() => client.lines(), both.slice(1));
	await client.page.click('#copy');
	await until(() => client.page.innerText('#copy-note'), 'Copied');
	assert.match(await client.page.evaluate(() => navigator.clipboard.readText()),
		/^\d\d:\d\d:\d\d\.\d{3} received text, 44\sB\nServeur dit : J'ai reçu votre message "two"$/);
	await client.page.click('#clear');
	await client.page.fill('#filter', '');
	await until(() => client.lines(), []);
});

scenario('any server and subprotocol will do', async (stage) => {
	const { url } = await stage.serve();
	const foreign = new WebSocketServer({
		host: 'localhost',
		port: 0,
		handleProtocols: (offered) => [...offered].at(-1),
	});
	stage.finally(() => foreign.close());
	await once(foreign, 'listening');
	foreign.on('connection', (socket) => socket.close(3000, 'not today'));
	const client = await Console.open(stage, url);
	await client.page.click('summary');
	await client.page.fill('#protocols', 'chat.v1, chat.v2');
	await client.page.fill('#url', `ws://localhost:${foreign.address().port}/elsewhere`);
	await client.page.press('#url', 'Enter');
	await until(() => client.last(2), [
		'system: connected in # ms, subprotocol chat.v2',
		'system: closed, code 3000: a code of the application, reason “not today”, '
			+ 'after a closing handshake',
	]);
});

scenario('an address that is none is an error and nothing more', async (stage) => {
	const { url } = await stage.serve();
	const client = await Console.open(stage, url, { expected: CONNECTION_LOST });
	for (const address of ['', 'ws://', `${url.replace('http:', 'ws:')}nowhere`]) {
		await client.page.fill('#url', address);
		await client.page.click('#clear');
		await client.page.click('#connect');
		await until(() => client.page.locator('#log [data-kind="error"]').count(), 1);
		await until(() => client.state(), 'closed');
	}
});

scenario('nothing sticks out of a phone of 320 pixels', async (stage) => {
	const { url } = await stage.serve();
	const options = { locale: 'fr-FR', viewport: { width: 320, height: 568 } };
	const client = await Console.connected(stage, url, '/chat?format=json', options);
	assert.equal(await client.page.innerText('#disconnect'), 'Se déconnecter');
	await client.page.click('summary');
	await client.send(`{"type":"message","contenu":"${'W'.repeat(500)}"}`);
	await until(() => client.page.locator('#log [data-kind="received"]').count(), 4);
	assert.deepEqual(await client.page.evaluate(() =>
		['html', 'body', 'main', '.desk', '.record', '.tools', '#log-box'].filter((selector) => {
			const { scrollWidth, clientWidth } = document.querySelector(selector);
			return scrollWidth > clientWidth;
		})), []);
});
