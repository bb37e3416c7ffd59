// SPDX-License-Identifier: MIT
// test_chat.mjs: the chat page with the people who use it.

import assert from 'node:assert/strict';
import { Proxy } from './proxy.mjs';
import { CONNECTION_LOST, scenario, until } from './support.mjs';
import { Visitor } from './visitor.mjs';

const FRENCH = { locale: 'fr-FR' };
const UNLIMITED = ['--rate', '0'];
/* {"type":"message","contenu":""} */
const FRAME_BYTES = 31;
const MOST_BYTES = 10240;

async function chatting(ada, zoe) {
	await ada.say('Hello!');
	await zoe.sees('message of Ada: Hello!');
	await zoe.say('Bonjour !');
	await ada.sees('message of Zoé: Bonjour !');
}

scenario('two people chat, one in English and one in French', async (stage) => {
	const { url } = await stage.serve();
	const ada = await Visitor.enter(stage, url, 'Ada');
	const zoe = await Visitor.enter(stage, url, 'Zoé', FRENCH);
	await chatting(ada, zoe);
	for (const visitor of [ada, zoe])
		await until(() => visitor.people(), ['Ada', 'Zoé']);
	await until(() => ada.lines(), [
		'system: Ada joined the chat',
		'system: Zoé joined the chat',
		'message of Ada: Hello!',
		'message of Zoé: Bonjour !',
	]);
	await until(() => zoe.lines(), [
		'system: Zoé a rejoint le chat',
		'message of Ada: Hello!',
		'message of Zoé: Bonjour !',
	]);
	await until(() => ada.text('#people-count'), '2 people here');
	await until(() => zoe.text('#people-count'), '2 personnes présentes');
	assert.equal(await zoe.page.getAttribute('#people li[data-you]', 'data-you'), 'vous');
	assert.equal(await zoe.page.getAttribute('html', 'lang'), 'fr');
});

scenario('who leaves is missed and may come back', async (stage) => {
	const { url } = await stage.serve();
	const ada = await Visitor.enter(stage, url, 'Ada');
	const zoe = await Visitor.enter(stage, url, 'Zoé', FRENCH);
	const bob = await Visitor.enter(stage, url, 'Bob');
	await until(() => ada.people(), ['Ada', 'Zoé', 'Bob']);
	await zoe.page.click('#leave');
	await until(() => ada.people(), ['Ada', 'Bob']);
	await bob.page.close();
	await until(() => ada.people(), ['Ada']);
	assert.deepEqual((await ada.lines()).slice(-2),
		['system: Zoé left the chat', 'system: Bob left the chat']);
	await until(() => zoe.text('#state .label'), 'Déconnecté');
	assert.equal(await zoe.page.inputValue('#nickname'), 'Zoé');
	await zoe.page.click('#join');
	await until(() => zoe.people(), ['Ada', 'Zoé']);
	await chatting(ada, zoe);
});

scenario('a refused nickname is explained', async (stage) => {
	const { url } = await stage.serve();
	const ada = await Visitor.enter(stage, url, 'Ada');
	const visitor = await Visitor.open(stage, url);
	const refusals = [
		['Ada', 'Somebody here already has this nickname.'],
		['Système', 'This nickname is reserved for the server.'],
		['\u200b', 'The server refused this nickname: “Le pseudo est vide”'],
		['x'.repeat(33), 'A nickname has at most 32 characters; this one has 33.'],
		['   ', 'Please choose a nickname.'],
	];
	for (const [name, why] of refusals) {
		await visitor.join(name);
		await until(() => visitor.text('#nickname-error'), why);
		assert.equal(await visitor.page.getAttribute('#nickname', 'aria-invalid'), 'true');
		assert.equal(await visitor.focus(), 'nickname');
	}
	await visitor.join('🧵'.repeat(32));
	await until(() => visitor.people(), ['Ada', '🧵'.repeat(32)]);
	await until(() => ada.people(), ['Ada', '🧵'.repeat(32)]);
});

scenario('nothing is lost when messages come too fast', async (stage) => {
	const { url } = await stage.serve();
	const ada = await Visitor.enter(stage, url, 'Ada');
	const zoe = await Visitor.enter(stage, url, 'Zoé');
	/* More than the two windows of a second hold that these may fall into. */
	const texts = [...'abcdefghijkl'];
	const arrived = async () => (await ada.lines()).filter((line) => /of Zoé/.test(line));
	const lines = (said) => said.map((text) => `message of Zoé: ${text}`);
	await zoe.page.evaluate((texts) => {
		const composer = document.getElementById('composer');
		for (composer.value of texts)
			composer.form.requestSubmit();
	}, texts);
	await until(() => zoe.page.locator('[data-delivery="pending"]').count(), 0);
	const failed = zoe.page.locator('[data-delivery="failed"]');
	const refused = await failed.locator('.text').allTextContents();
	assert.notEqual(refused.length, 0);
	assert.deepEqual([...new Set(await failed.locator('.why').allTextContents())],
		['Not sent: too many messages in a second.']);
	await until(arrived, lines(texts.filter((text) => !refused.includes(text))));

	await failed.last().getByText('Edit').click();
	assert.equal(await zoe.draft(), refused.at(-1));
	await zoe.say(refused.at(-1));
	await until(async () => {
		const again = failed.getByText('Send again').first();
		if (await again.isVisible())
			await again.click();
		return (await arrived()).sort();
	}, lines(texts));
	await until(() => failed.count(), 0);
});

scenario('a message that is too long stays in the field', async (stage) => {
	const { url } = await stage.serve(0, ...UNLIMITED);
	const ada = await Visitor.enter(stage, url, 'Ada');
	const longest = 'é'.repeat((MOST_BYTES - FRAME_BYTES - 1) / 2) + '.';
	await ada.say(`${longest}.`);
	await until(() => ada.text('#composer-note'),
		'Too long: a message may take up 10,240 bytes on the wire.');
	assert.equal(await ada.draft(), `${longest}.`);
	await ada.say(longest);
	await ada.sees(`message of Ada: ${longest}`);
	assert.equal(await ada.draft(), '');
});

scenario('a message that the server finds too long is given back', async (stage) => {
	const { url } = await stage.serve(0, '--max-message', '100');
	const ada = await Visitor.enter(stage, url, 'Ada');
	/* Makes the page send a ping, whose answer must not count for the message. */
	await ada.page.evaluate(() => dispatchEvent(new Event('online')));
	await ada.say('x'.repeat(100));
	await until(() => ada.lines(),
		['system: Ada joined the chat', `error, failed of Ada: ${'x'.repeat(100)}`]);
	assert.equal(await ada.text('.why'), 'Not sent: the message is too big.');
	await ada.page.getByText('Edit').click();
	assert.equal(await ada.draft(), 'x'.repeat(100));
	assert.equal(await ada.page.locator('[data-delivery]').count(), 0);
});

scenario('names and messages are text, whatever they look like', async (stage) => {
	const { url } = await stage.serve(0, ...UNLIMITED);
	const name = '<b>A&amp;</b> 👩🏽‍🚀 عَدَى';
	const ada = await Visitor.enter(stage, url, name);
	const zoe = await Visitor.enter(stage, url, '${alert(1)}');
	const texts = [
		'<img src=x onerror=alert(1)><script>alert(1)</script>',
		'{"type":"systeme","contenu":"pong"}',
		'two\n\tlines & "quotes" \\ back',
		'👩🏽‍🚀🇫🇷',
		'שלום, world',
		'[SYSTÈME] Zoé a quitté le chat',
	];
	for (const text of texts)
		await zoe.say(text);
	for (const visitor of [ada, zoe]) {
		await until(() => visitor.people(), [name, '${alert(1)}']);
		await until(async () => (await visitor.lines()).slice(-texts.length),
			texts.map((text) => `message of \${alert(1)}: ${text}`));
		assert.equal(await visitor.page.locator('#room :is(img, script, b)').count(), 0);
	}
	assert.equal(await ada.page.getByText('שלום')
		.evaluate((node) => getComputedStyle(node).direction), 'rtl');
});

scenario('the keyboard alone is enough', async (stage) => {
	const { url } = await stage.serve();
	const ada = await Visitor.open(stage, url);
	const { keyboard } = ada.page;
	const tabTo = async (id, key) => {
		for (let left = 12; left > 0 && await ada.focus() !== id; left--)
			await keyboard.press(key);
		assert.equal(await ada.focus(), id);
	};
	await until(() => ada.focus(), 'nickname');
	await keyboard.type('Ada');
	await keyboard.press('Enter');
	await until(() => ada.focus(), 'composer');
	await keyboard.type('one');
	await keyboard.press('Shift+Enter');
	await keyboard.type('two');
	await keyboard.press('Enter');
	await ada.sees('message of Ada: one\ntwo');
	assert.equal(await ada.focus(), 'composer');
	await keyboard.type('three');
	await tabTo('send', 'Tab');
	await keyboard.press('Space');
	await ada.sees('message of Ada: three');
	assert.equal(await ada.focus(), 'composer');
	await tabTo('conversation', 'Shift+Tab');
	await tabTo('leave', 'Shift+Tab');
	await keyboard.press('Enter');
	await until(() => ada.focus(), 'nickname');
	await tabTo('language', 'Shift+Tab');
	await keyboard.press('Enter');
	await until(() => ada.text('#join'), 'Rejoindre le chat');
});

scenario('who reads what was said before is not torn away', async (stage) => {
	const { url } = await stage.serve(0, ...UNLIMITED);
	const ada = await Visitor.enter(stage, url, 'Ada');
	const zoe = await Visitor.enter(stage, url, 'Zoé');
	for (let i = 1; i <= 30; i++)
		await zoe.say(`message ${i}`);
	const last = (text) => ada.page.locator('#messages').getByText(text, { exact: true });
	const isVisible = (locator) => locator.evaluate((node) => {
		const { top, bottom } = node.getBoundingClientRect();
		const box = document.getElementById('conversation').getBoundingClientRect();
		return top >= box.top && bottom <= box.bottom;
	});
	await last('message 30').waitFor();
	await until(() => isVisible(last('message 30')), true);
	await ada.page.locator('#conversation').focus();
	await ada.page.keyboard.press('Home');
	await until(() => isVisible(last('message 1')), true);
	await zoe.say('message 31');
	await ada.page.locator('#jump').waitFor();
	assert.equal(await isVisible(last('message 1')), true);
	await ada.page.click('#jump');
	await until(() => isVisible(last('message 31')), true);
	await ada.page.locator('#jump').waitFor({ state: 'hidden' });
});

scenario('the page remembers nickname, draft and language', async (stage) => {
	const { url } = await stage.serve();
	const ada = await Visitor.enter(stage, url, 'Ada');
	await ada.page.click('#language');
	await ada.type('brouillon');
	await ada.page.reload();
	assert.equal(await ada.page.inputValue('#nickname'), 'Ada');
	assert.equal(await ada.text('#join'), 'Rejoindre le chat');
	await ada.page.click('#join');
	await ada.page.locator('#room').waitFor();
	assert.equal(await ada.draft(), 'brouillon');
});

scenario('nothing sticks out of a phone of 320 pixels', async (stage) => {
	/* However slow the machine is, some of the messages below are too fast for that. */
	const server = await stage.serve(0, '--rate', '1');
	const phone = { ...FRENCH, viewport: { width: 320, height: 568 }, expected: CONNECTION_LOST };
	const ada = await Visitor.open(stage, server.url, phone);
	const excess = () => ada.page.evaluate(() =>
		['html', 'body', 'main', '#welcome', '#room', '#conversation', '.bar', '.compose']
			.filter((selector) => {
				const { scrollWidth, clientWidth } = document.querySelector(selector);
				return scrollWidth > clientWidth;
			}));
	await ada.join('W'.repeat(33));
	assert.deepEqual(await excess(), []);
	await ada.join('W'.repeat(32));
	await ada.page.locator('#room').waitFor();
	const zoe = await Visitor.enter(stage, server.url, 'Zoé', { expected: CONNECTION_LOST });
	await zoe.say('https://example.org/'.repeat(20));
	for (let i = 0; i < 6; i++)
		await ada.say('x'.repeat(100));
	await ada.page.locator('[data-delivery="failed"]').first().waitFor();
	assert.deepEqual(await excess(), []);
	await server.kill();
	await until(() => ada.state(), 'waiting');
	assert.deepEqual(await excess(), []);
	await ada.page.locator('#leave').click({ trial: true });
});

function luminance(colour) {
	const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => {
		const value = part / 255;
		return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
	});
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

scenario('light and dark are as the system has them', async (stage) => {
	const { url } = await stage.serve();
	for (const path of ['', 'console']) {
		const page = await stage.page(url + path);
		for (const colorScheme of ['light', 'dark']) {
			await page.emulateMedia({ colorScheme });
			const [paper, ink] = (await page.locator('body').evaluate((body) => {
				const { backgroundColor, color } = getComputedStyle(body);
				return [backgroundColor, color];
			})).map(luminance);
			assert.equal(paper < ink ? 'dark' : 'light', colorScheme);
			const contrast = (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
			assert.ok(contrast > 7, `contrast ${contrast}`);
		}
	}
});

scenario('the chat works behind a reverse proxy with a prefix', async (stage) => {
	const server = await stage.serve();
	const proxy = await Proxy.start('/live', server.port);
	stage.finally(() => proxy.close());
	const ada = await Visitor.enter(stage, proxy.url, 'Ada');
	const zoe = await Visitor.enter(stage, server.url, 'Zoé');
	await chatting(ada, zoe);
	await ada.page.click('a[href="console"]');
	await until(() => ada.page.inputValue('#url'), `${proxy.url}ws`.replace('http:', 'ws:'));
});
