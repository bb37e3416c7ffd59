// SPDX-License-Identifier: MIT
// screenshot.mjs: makes the pictures in docs/images. It is no test; run it by hand after the pages
// have changed: node tests/browser/screenshot.mjs

import { fileURLToPath } from 'node:url';
import { scenario, until } from './support.mjs';
import { Visitor } from './visitor.mjs';

const IMAGES = new URL('../../docs/images/', import.meta.url);
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 760 }, deviceScaleFactor: 2, colorScheme: 'dark' };

const TALK = [
	['Ada', 'Is anybody at the other end?'],
	['Zoé', 'Yes! One frame here, one frame back.'],
	['Grace', 'Bonjour! Which of you started the server?'],
	['Ada', 'I did. It took one command:\nmake run'],
	['Zoé', 'And the page came along: no build step, no framework.'],
	['Grace', 'What becomes of a message if the server restarts while I am still writing it?'],
	['Ada', 'The page finds its way back, with your name and your draft.'],
	['Zoé', 'As a shuttle does.'],
];

async function talk(people, from, to) {
	for (const [name, text] of TALK.slice(from, to)) {
		await people[name].say(text);
		for (const visitor of Object.values(people))
			await visitor.sees(`message of ${name}: ${text}`);
	}
}

async function picture(name, visitor) {
	await visitor.page.screenshot({ path: fileURLToPath(new URL(name, IMAGES)) });
}

scenario('pictures', async (stage) => {
	const { url } = await stage.serve(0, '--rate', '0');
	const people = { Ada: await Visitor.enter(stage, url, 'Ada') };
	people.Zoé = await Visitor.enter(stage, url, 'Zoé', DESKTOP);
	await talk(people, 0, 2);
	people.Grace = await Visitor.enter(stage, url, 'Grace', PHONE);
	await talk(people, 2);
	await picture('chat.png', people.Zoé);
	await picture('chat-dark-phone.png', people.Grace);
});
