// SPDX-License-Identifier: MIT
// console.js: the console page, a test client for any WebSocket server. It joins the link with the
// form and the log.

import { address } from './address.js';
import { copy } from './clipboard.js';
import { closeMeaning } from './closecodes.js';
import { consoleWords } from './console-words.js';
import { byId, element } from './dom.js';
import { Follow } from './follow.js';
import { hexDump, parseHex } from './hex.js';
import { language, onLanguage, translate, words } from './i18n.js';
import { Link } from './link.js';
import { Log } from './log.js';
import { RoundTrip } from './roundtrip.js';

const PATHS = ['ws', 'chat', 'chat?format=json'];
const PINGS = { text: 'ping', json: '{"type":"ping"}' };
const MOST_DUMPED = 256;

const t = words(consoleWords);
translate(t, byId('language'));

const log = new Log(byId('log'), new Follow(byId('log-box'), byId('jump')), t);
const roundTrip = new RoundTrip();
let state = 'closed';
let lastText = '';

const link = new Link({
	state: showState,
	opened,
	message,
	failed: (why) => log.add('error', why ?? t('logFailed')),
	closed,
});

function number(value, digits = 0) {
	const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
	return new Intl.NumberFormat(language(), options).format(value);
}

function milliseconds(ms) {
	return `${number(ms, 1)}\u00a0ms`;
}

function size(bytes) {
	return `${number(bytes)}\u00a0${language() === 'fr' ? 'o' : 'B'}`;
}

function dump(bytes) {
	const rest = bytes.length - MOST_DUMPED;
	return hexDump(bytes, MOST_DUMPED) + (rest > 0 ? t('moreBytes', number(rest)) : '');
}

function showState(name) {
	state = name;
	const idle = name === 'closed' || name === 'closing';
	document.body.dataset.connection = name;
	byId('state').dataset.state = name;
	byId('state').querySelector('.label').textContent = t(name);
	byId('connect').disabled = !idle;
	byId('disconnect').disabled = idle;
	for (const id of ['send-text', 'send-binary', 'send-file', 'ping'])
		byId(id).disabled = name !== 'open';
}

function showCounters() {
	const { sent, received } = link;
	byId('sent').textContent = t('sentCount', number(sent.messages), size(sent.bytes));
	byId('received').textContent = t('receivedCount', number(received.messages), size(received.bytes));
}

function showTimes() {
	const times = roundTrip.summary();
	if (!times)
		return byId('times').textContent = t('none');
	const shown = [times.last, times.least, times.mean, times.most].map(milliseconds);
	byId('times').textContent = t('times', ...shown, number(times.count));
}

function opened(ms, protocol) {
	log.add('system', t('logOpen', milliseconds(ms)) + (protocol && t('logProtocol', protocol)));
	byId('text').focus();
}

function message(data, bytes) {
	const ms = roundTrip.arrived(performance.now());
	const after = ms === null ? '' : t('after', milliseconds(ms));
	if (typeof data === 'string')
		log.add('received', t('gotText', size(bytes)) + after, data);
	else
		log.add('received', t('gotBinary', size(bytes)) + after, dump(new Uint8Array(data)));
	showCounters();
	showTimes();
}

function closed({ code, reason, wasClean }) {
	roundTrip.abandon();
	log.add('system', t('logClosed', code, closeMeaning(code))
		+ (reason && t('logReason', reason)) + t(wasClean ? 'logClean' : 'logUnclean'));
}

function connect(event) {
	event.preventDefault();
	if (byId('connect').disabled)
		return;
	const protocols = byId('protocols').value.split(',').map((name) => name.trim());
	const url = byId('url').value.trim();
	log.add('system', t('logConnecting', url));
	link.connect(url, protocols.filter((name) => name !== ''));
}

function disconnect() {
	const code = Number(byId('close-code').value) || 1000;
	if (link.close(code, byId('close-reason').value))
		log.add('system', t('logClosing', code));
}

function send(data, bytes, label, body) {
	if (!link.send(data, bytes)) {
		log.add('error', t('logNotOpen'));
		return false;
	}
	log.add('sent', label, body);
	showCounters();
	return true;
}

function sendTextMessage(text) {
	const bytes = new TextEncoder().encode(text).length;
	return send(text, bytes, t('sentText', size(bytes)), text);
}

function sendText() {
	const field = byId('text');
	if (!sendTextMessage(field.value))
		return;
	lastText = field.value;
	field.value = '';
	field.focus();
}

function textKey(event) {
	if (event.isComposing || event.keyCode === 229)
		return;
	if (event.key === 'Enter' && !event.shiftKey) {
		event.preventDefault();
		sendText();
	} else if (event.key === 'ArrowUp' && byId('text').value === '') {
		event.preventDefault();
		byId('text').value = lastText;
	}
}

function sendBinary() {
	const bytes = parseHex(byId('hex').value);
	byId('hex').setAttribute('aria-invalid', String(bytes === null));
	if (bytes === null)
		return log.add('error', t('logBadHex'));
	send(bytes, bytes.length, t('sentBinary', size(bytes.length)), dump(bytes));
}

async function sendFile() {
	const file = byId('file').files[0];
	if (!file)
		return log.add('error', t('logNoFile'));
	try {
		const bytes = new Uint8Array(await file.arrayBuffer());
		send(bytes, bytes.length, t('sentFile', file.name, size(bytes.length)), dump(bytes));
	} catch (error) {
		log.add('error', error.message);
	}
}

function ping() {
	roundTrip.ask(performance.now());
	if (!sendTextMessage(PINGS[byId('ping-kind').value]))
		roundTrip.abandon();
}

function filter() {
	const boxes = document.querySelectorAll('[name="kind"]:checked');
	log.filter(new Set([...boxes].map((box) => box.value)), byId('filter').value);
}

async function copyLog() {
	const copied = await copy(log.text());
	byId('copy-note').textContent = t(copied ? 'copied' : 'notCopied');
	setTimeout(() => byId('copy-note').textContent = '', 2000);
}

/* The address decides which question is understood on the other side. */
function choose(url) {
	byId('url').value = url;
	byId('ping-kind').value = /\/chat\b/.test(url) ? 'json' : 'text';
}

function choice(path) {
	const button = element('button', 'chip', `/${path}`);
	button.type = 'button';
	button.addEventListener('click', () => choose(address(location, path)));
	return button;
}

function listen() {
	byId('connection').addEventListener('submit', connect);
	byId('disconnect').addEventListener('click', disconnect);
	byId('text').addEventListener('keydown', textKey);
	byId('send-text').addEventListener('click', sendText);
	byId('send-binary').addEventListener('click', sendBinary);
	byId('hex').addEventListener('keydown', (event) => event.key === 'Enter' && sendBinary());
	byId('send-file').addEventListener('click', sendFile);
	byId('ping').addEventListener('click', ping);
	byId('filter').addEventListener('input', filter);
	byId('kinds').addEventListener('change', filter);
	byId('indent').addEventListener('change', (event) => log.indent(event.target.checked));
	byId('copy').addEventListener('click', copyLog);
	byId('clear').addEventListener('click', () => log.clear());
}

byId('choices').append(...PATHS.map(choice));
choose(address(location, PATHS[0]));
listen();
onLanguage(() => {
	document.title = t('title');
	showState(state);
	showCounters();
	showTimes();
});
