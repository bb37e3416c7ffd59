// SPDX-License-Identifier: MIT
// closecodes.js: what the close codes of RFC 6455 7.4 and of IANA's registry mean, in words.

import { words } from './i18n.js';

const t = words({
	en: {
		1000: 'the conversation ended normally',
		1001: 'the server is stopping or the page was left',
		1002: 'a protocol error',
		1003: 'a kind of data the other side does not take',
		1005: 'closed without a code',
		1006: 'the network or the server failed without a word',
		1007: 'data that is not valid, such as broken UTF-8',
		1008: 'refused by a rule of the server',
		1009: 'a message that was too big',
		1010: 'an extension the server did not offer',
		1011: 'the server met an error',
		1012: 'the server is restarting',
		1013: 'this side reads too slowly or the server is overloaded',
		1014: 'a proxy got a bad answer from the server',
		1015: 'the TLS handshake failed',
		application: 'a code of the application',
		unknown: 'an unknown code',
	},
	fr: {
		1000: 'la conversation s’est terminée normalement',
		1001: 'le serveur s’arrête ou la page a été quittée',
		1002: 'une erreur de protocole',
		1003: 'un type de données que l’autre côté n’accepte pas',
		1005: 'fermée sans code',
		1006: 'le réseau ou le serveur a lâché sans un mot',
		1007: 'des données invalides, par exemple de l’UTF-8 mal formé',
		1008: 'refusée par une règle du serveur',
		1009: 'un message trop grand',
		1010: 'une extension que le serveur n’a pas proposée',
		1011: 'le serveur a rencontré une erreur',
		1012: 'le serveur redémarre',
		1013: 'ce côté lit trop lentement ou le serveur est surchargé',
		1014: 'un relais a reçu une mauvaise réponse du serveur',
		1015: 'la poignée de main TLS a échoué',
		application: 'un code de l’application',
		unknown: 'un code inconnu',
	},
});

export function closeMeaning(code) {
	if (code >= 3000 && code <= 4999)
		return t('application');
	return t(code) ?? t('unknown');
}
