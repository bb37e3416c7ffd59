// SPDX-License-Identifier: MIT
// test_tls.mjs: the pages over https and wss, in a browser that trusts the authority of this test as
// its user would: by an entry in its database, with all checks on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { Certificates } from './certificates.mjs';
import { CONNECTION_LOST, scenario, until } from './support.mjs';
import { Visitor } from './visitor.mjs';

const certificates = new Certificates();
/* Before the first scenario starts the browser. */
process.env.HOME = certificates.home;

const REFUSED = {
	expired: 'ERR_CERT_DATE_INVALID',
	future: 'ERR_CERT_DATE_INVALID',
	wrong_host: 'ERR_CERT_COMMON_NAME_INVALID',
	unknown_ca: 'ERR_CERT_AUTHORITY_INVALID',
	self_signed: 'ERR_CERT_AUTHORITY_INVALID',
};

/* Somebody else's server, which would show its certificate to anybody; its port. */
async function impostor(stage, name) {
	const server = createServer(certificates.contents(name), (_, answer) => answer.end('trust me'));
	stage.finally(() => server.close());
	await once(server.listen(0, 'localhost'), 'listening');
	return server.address().port;
}

scenario('two people chat over wss', async (stage) => {
	const { url } = await stage.serve(0, ...certificates.flags('server'));
	assert.match(url, /^https:/);
	const ada = await Visitor.open(stage, url);
	/* The playwright tells of a socket when its handshake leaves, which may be after the page's load. */
	await until(() => ada.state(), 'open');
	const sockets = [];
	ada.page.on('websocket', (socket) => sockets.push(socket.url()));
	await ada.page.reload();
	await ada.join('Ada');
	const zoe = await Visitor.enter(stage, url, 'Zoé', { locale: 'fr-FR' });
	await ada.say('Hello!');
	await zoe.sees('message of Ada: Hello!');
	await zoe.say('Bonjour !');
	await ada.sees('message of Zoé: Bonjour !');
	await until(() => ada.people(), ['Ada', 'Zoé']);
	assert.deepEqual(sockets, [`${url.replace('https:', 'wss:')}chat?format=json`]);
	assert.equal(await ada.page.evaluate(() => isSecureContext), true);
	await ada.page.click('a[href="console"]');
	await until(() => ada.page.inputValue('#url'), `${url.replace('https:', 'wss:')}ws`);
});

scenario('a restart with another certificate is survived', async (stage) => {
	const options = { expected: CONNECTION_LOST };
	const server = await stage.serve(0, ...certificates.flags('server'));
	const ada = await Visitor.enter(stage, server.url, 'Ada', options);
	await server.kill();
	await until(() => ada.state(), 'waiting');
	await stage.serve(server.port, ...certificates.flags('server'));
	await until(() => ada.state(), 'open');
	await ada.say('again');
	await ada.sees('message of Ada: again');
});

scenario('a certificate that proves nothing is refused', async (stage) => {
	const { url } = await stage.serve(0, ...certificates.flags('server'));
	const page = await stage.page(url, { expected: CONNECTION_LOST });
	const complaints = [];
	page.on('console', (message) => complaints.push(message.text()));
	for (const [name, why] of Object.entries(REFUSED)) {
		const address = `localhost:${await impostor(stage, name)}`;
		await assert.rejects(stage.page(`https://${address}/`), new RegExp(why));
		const code = await page.evaluate((url) => new Promise((resolve) => {
			new WebSocket(url).onclose = (event) => resolve(event.code);
		}), `wss://${address}/ws`);
		assert.equal(code, 1006);
		await until(() => complaints.at(-1)?.includes(why), true);
	}
});
