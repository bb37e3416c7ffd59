// SPDX-License-Identifier: MIT
// chat.js: the chat page. It joins the session with the views and decides nothing else.

import { address } from './address.js';
import { chatWords } from './chat-words.js';
import { closeMeaning } from './closecodes.js';
import { Composer } from './composer.js';
import { Connection } from './connection.js';
import { byId } from './dom.js';
import { Follow } from './follow.js';
import { onLanguage, translate, words } from './i18n.js';
import { Messages } from './messages.js';
import { NicknameForm } from './nickname.js';
import { People } from './people.js';
import { Session } from './session.js';

const KEPT = { unconnected: 'keptUnconnected', oversize: 'keptOversize' };
const KNOWN_REFUSALS = {
	'Ce pseudo est déjà pris': 'nameTaken',
	'Ce pseudo est réservé': 'nameReserved',
	'Trop de messages envoyés': 'nameTooFast',
};
const KNOWN_ERRORS = { 'Trop de messages envoyés': 'tooFast', 'Message trop grand': 'tooBig' };

const t = words(chatWords);
translate(t, byId('language'));

const connection = new Connection(byId('state'), t);
const people = new People(byId('people'));
const follow = new Follow(byId('conversation'), byId('jump'));
const messages = new Messages(byId('messages'), follow, t, decideFailed);
const composer = new Composer(send);
const nickname = new NicknameForm(t, join);
let unread = 0;

const session = new Session(address(location, 'chat?format=json'), {
	state: showState,
	lost,
	joined,
	refused,
	nameHeld: () => messages.say('system', t('nameHeld')),
	people: showPeople,
	arrived: (name) => messages.say('system', t('arrived', name)),
	departed: (name) => messages.say('system', t('departed', name)),
	system: (text) => messages.say('system', text),
	error: (why) => messages.say('error', t('serverError', why)),
	message,
	sent: (id, text) => messages.pending(id, session.name, text),
	failed: (id, why) => messages.fail(id, whyFailed(why)),
});

function showRoom(visible) {
	byId('welcome').hidden = visible;
	byId('room').hidden = !visible;
}

function focusPlace() {
	if (byId('room').hidden)
		nickname.focus();
	else
		composer.focus();
}

function showState(state, delay) {
	/* The button that is about to vanish must not take the focus with it. */
	if (document.activeElement === byId('retry'))
		focusPlace();
	connection.show(state, delay);
	document.body.dataset.connection = state;
}

function join(name) {
	session.join(name);
	return byId('state').dataset.state === 'open';
}

function joined(name, returning) {
	nickname.accepted(name);
	composer.note('');
	if (returning)
		return messages.say('system', t('back'));
	showRoom(true);
	follow.toEnd();
	composer.focus();
}

function refused(why) {
	showRoom(false);
	nickname.refused(t(KNOWN_REFUSALS[why] ?? 'nameRefused', why));
}

function lost(code) {
	if (!byId('room').hidden)
		messages.say('system', t('lost', t(`lost${code}`) ?? closeMeaning(code), code));
}

function showPeople(names) {
	if (names)
		people.show(names);
	people.mark(session.name, t('you'));
	byId('people-count').textContent = t('peopleCount', people.count);
}

function message(frame, ownId) {
	if (ownId)
		messages.confirm(ownId, frame);
	else
		messages.message(frame, frame.expediteur === session.name);
	if (document.hidden)
		showUnread(unread + 1);
}

function showUnread(count) {
	unread = count;
	document.title = count > 0 ? `(${count}) Navette` : 'Navette';
}

function send(text) {
	const result = session.send(text);
	return result === 'sent' ? null : t(KEPT[result]);
}

function whyFailed(why) {
	if (why === null)
		return t('maybeSent');
	return KNOWN_ERRORS[why] ? t(KNOWN_ERRORS[why]) : t('notSent', why);
}

function decideFailed(text, decision) {
	if (decision === 'edit') {
		composer.restore(text);
		return true;
	}
	const why = send(text);
	composer.note(why ?? '');
	composer.focus();
	return why === null;
}

function leave() {
	session.leave();
	showRoom(false);
	nickname.focus();
}

onLanguage(() => showPeople(null));
byId('retry').addEventListener('click', () => session.connect());
byId('leave').addEventListener('click', leave);
addEventListener('online', () => session.check());
addEventListener('offline', () => session.check());
document.addEventListener('visibilitychange', () => {
	if (document.hidden)
		return;
	showUnread(0);
	session.check();
});

showRoom(false);
session.connect();
nickname.focus();
