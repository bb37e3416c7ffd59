// SPDX-License-Identifier: MIT
// test_restart.mjs: the chat page while its server comes and goes. Where waits are long, time is
// the test's own.

import assert from 'node:assert/strict';
import { Proxy } from './proxy.mjs';
import { CONNECTION_LOST, scenario, until } from './support.mjs';
import { Visitor } from './visitor.mjs';

const BREAKS = { expected: CONNECTION_LOST };

/* The server holds its connections and says nothing any more. */
async function freeze(server) {
	server.signal('SIGSTOP');
	await until(() => server.isStopped(), true);
}

function waitForLine(visitor, line) {
	return until(() => visitor.lines().then((lines) => lines.includes(line)), true);
}

scenario('the page survives a restart of the server', async (stage) => {
	const server = await stage.serve();
	const ada = await Visitor.enter(stage, server.url, 'Ada', BREAKS);
	const zoe = await Visitor.enter(stage, server.url, 'Zoé', { ...BREAKS, locale: 'fr-FR' });
	await ada.say('before');
	await zoe.sees('message of Ada: before');
	await ada.type('half a sen');
	await server.kill();
	for (const visitor of [ada, zoe])
		await until(() => visitor.state(), 'waiting');
	await ada.sees('system: Connection lost: '
		+ 'the network or the server failed without a word (1006).');
	await ada.page.locator('#composer').press('End');
	await ada.page.keyboard.type('tence');
	await zoe.say('trop tôt');
	await until(() => zoe.text('#composer-note'),
		'Pas encore connecté\u00a0: votre message reste ici.');

	await stage.serve(server.port);
	await waitForLine(ada,
		'system: Connected again. Messages sent in the meantime are not shown.');
	await waitForLine(zoe,
		'system: De nouveau connecté. Les messages envoyés entre-temps ne sont pas affichés.');
	for (const visitor of [ada, zoe]) {
		assert.equal(await visitor.state(), 'open');
		await until(() => visitor.people().then((names) => names.sort()), ['Ada', 'Zoé']);
	}
	assert.equal(await ada.draft(), 'half a sentence');
	assert.equal(await zoe.draft(), 'trop tôt');
	await ada.page.keyboard.press('Enter');
	await zoe.sees('message of Ada: half a sentence');
	await zoe.page.click('#send');
	await ada.sees('message of Zoé: trop tôt');
});

scenario('a message the server never confirmed is given back', async (stage) => {
	const server = await stage.serve();
	const ada = await Visitor.enter(stage, server.url, 'Ada', BREAKS);
	await freeze(server);
	await ada.say('anybody there?');
	await ada.sees('message, pending of Ada: anybody there?');
	await server.kill();
	const failed = ada.page.locator('[data-delivery="failed"]');
	assert.equal(await failed.locator('.why').innerText(),
		'The connection broke before the server confirmed this message.');
	await stage.serve(server.port);
	await until(() => ada.people(), ['Ada']);
	await until(() => ada.state(), 'open');
	await ada.sees('system: Ada joined the chat');
	await failed.getByText('Send again').click();
	await ada.sees('message of Ada: anybody there?');
	assert.equal(await failed.count(), 0);
});

scenario('a server that stops says so', async (stage) => {
	const server = await stage.serve();
	const ada = await Visitor.enter(stage, server.url, 'Ada', BREAKS);
	await server.stop();
	await ada.sees('system: Connection lost: the server is stopping (1001).');
});

scenario('who wants in while the server is away comes in with it', async (stage) => {
	const server = await stage.serve();
	const ada = await Visitor.open(stage, server.url, BREAKS);
	await until(() => ada.state(), 'open');
	await server.kill();
	await until(() => ada.state(), 'waiting');
	await ada.join('Ada');
	assert.equal(await ada.text('#join'), 'Joining…');
	assert.equal(await ada.text('#nickname-hint'),
		'You will join as soon as the connection is up.');
	await stage.serve(server.port);
	await until(() => ada.people(), ['Ada']);
	assert.equal(await ada.focus(), 'composer');
});

scenario('waits double up to 30 s and start again at 1 s', async (stage) => {
	const server = await stage.serve();
	const ada = await Visitor.open(stage, server.url, { ...BREAKS, random: 1, still: true });
	await until(() => ada.state(), 'open');
	const { clock } = ada.page;
	await server.kill();
	for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
		await until(() => ada.text('#state .countdown'), `in ${seconds} s`);
		await clock.runFor(1000 * seconds - 1);
		assert.equal(await ada.state(), 'waiting');
		await clock.runFor(1);
	}
	await until(() => ada.text('#state .countdown'), 'in 30 s');
	const again = await stage.serve(server.port);
	await ada.page.click('#retry');
	await until(() => ada.state(), 'open');
	assert.equal(await ada.focus(), 'nickname');
	await until(() => ada.page.locator('#state .countdown').textContent(), '');
	/* Only a server that has spoken makes the waits short again. */
	await ada.join('Ada');
	await until(() => ada.people(), ['Ada']);
	await again.kill();
	await until(() => ada.text('#state .countdown'), 'in 1 s');
});

scenario('waits are shortened at random by up to a half', async (stage) => {
	const { url } = await stage.serve();
	const page = await stage.page(url);
	assert.deepEqual(await page.evaluate(async () => {
		const { Backoff } = await import('/assets/backoff.js');
		const backoff = new Backoff();
		return [0, 0.5, 1, 0, 0.5, 0].map((random) => backoff.next(() => random));
	}), [500, 1500, 4000, 4000, 12000, 15000]);
});

scenario('a connection that died without a word is noticed', async (stage) => {
	const server = await stage.serve();
	const ada = await Visitor.open(stage, server.url, { ...BREAKS, still: true });
	const { clock } = ada.page;
	/* Before the reload, so that the event is about the socket after it. */
	await until(() => ada.state(), 'open');
	const [socket] = await Promise.all([ada.page.waitForEvent('websocket'), ada.page.reload()]);
	await until(() => ada.state(), 'open');
	/* The page asks every 25 s and gives each answer 10 s. */
	const isPong = ({ payload }) => payload === '{"type":"pong"}';
	await Promise.all([socket.waitForEvent('framereceived', isPong), clock.runFor(25000)]);
	await clock.runFor(10000);
	assert.equal(await ada.state(), 'open');
	await freeze(server);
	await clock.runFor(24999);
	assert.equal(await ada.state(), 'open');
	await clock.runFor(1);
	assert.equal(await ada.state(), 'waiting');
});

scenario('a name that the broken connection still holds is asked for again', async (stage) => {
	const server = await stage.serve();
	const proxy = await Proxy.start('/live', server.port);
	stage.finally(() => proxy.close());
	const ada = await Visitor.enter(stage, proxy.url, 'Ada', { ...BREAKS, random: 0 });
	proxy.cut();
	await ada.sees('system: '
		+ 'Your nickname is still held by the old connection; trying until it is free…');
	assert.deepEqual(await ada.people(), ['Ada']);
	proxy.release();
	await ada.sees('system: Ada joined the chat');
	await ada.say('here again');
	await ada.sees('message of Ada: here again');
});
