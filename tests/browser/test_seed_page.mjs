// SPDX-License-Identifier: MIT
// test_seed_page.mjs: seed_page.html, a page of somebody else's, opened from a file. It knows only
// ws://localhost:8080/ws; so that the port is always free, the test runs in a network of its own
// where the system lets it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PORT = 8080;
const PAGE = new URL('seed_page.html', import.meta.url);
const OWN_NETWORK = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

function canIsolate() {
	return spawnSync('unshare', [...OWN_NETWORK, 'true'], { stdio: 'ignore' }).status === 0;
}

function runIsolated() {
	const node = [process.execPath, fileURLToPath(import.meta.url), 'isolated'];
	const { status } = spawnSync('unshare', [...OWN_NETWORK, ...node], { stdio: 'inherit' });
	process.exitCode = status ?? 1;
}

async function define() {
	const { scenario, until } = await import('./support.mjs');
	scenario('a page of somebody else\'s, from a file', async (stage) => {
		await stage.serve(PORT);
		const page = await stage.page(PAGE.href);
		const lines = () => page.locator('#messages p').evaluateAll((items) =>
			items.map((item) => `${item.style.color}: ${item.textContent}`));
		const enabled = () => page.locator('button:enabled').allTextContents();
		const expected = [
			'green: [SYSTÈME] Connecté au serveur !',
			'green: [REÇU] Bienvenue sur le serveur WebSocket !',
		];
		await page.click('#connectBtn');
		await until(lines, expected);
		await until(enabled, ['Se déconnecter', 'Envoyer']);
		for (const text of ['Bonjour', '{"type":"ping"} "é" <b>€ 😀</b>']) {
			await page.fill('#messageInput', text);
			await page.press('#messageInput', 'Enter');
			expected.push(`blue: [ENVOYÉ] ${text}`,
				`green: [REÇU] Serveur dit : J'ai reçu votre message "${text}"`);
			await until(lines, expected);
		}
		await page.click('#disconnectBtn');
		await until(lines, [...expected, 'green: [SYSTÈME] Déconnecté du serveur']);
		await until(enabled, ['Se connecter']);
	});
}

if (process.argv[2] !== 'isolated' && canIsolate())
	runIsolated();
else
	await define();
