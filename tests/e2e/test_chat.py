# SPDX-License-Identifier: MIT
"""The chat at /chat as a text client sees it: its messages byte for byte, names, order, log."""

import json
import unittest

from support import CLOSE, DELIVERIES, Client, ServerTest, frame, message

QUESTION = 'Bienvenue ! Quel est votre pseudo ?'


def joined(name):
    return f'[SYSTÈME] {name} a rejoint le chat'


def left(name):
    return f'[SYSTÈME] {name} a quitté le chat'


def error(text):
    return json.dumps({'type': 'erreur', 'message': text}, ensure_ascii=False,
                      separators=(',', ':'))


class ChatTest(ServerTest):
    def newcomer(self, path='/chat'):
        client = self.client(path)
        client.expect(QUESTION)
        return client

    def person(self, name, *others):
        """Joins under a name, which the others learn."""
        client = self.newcomer()
        client.send(name)
        for one in (client, *others):
            one.expect(joined(name))
        return client


class Messages(ChatTest):
    def test_bytes_of_the_seed(self):
        alice = self.client('/chat')
        self.assertEqual(alice.frame_bytes(), b'\x81\x23Bienvenue ! Quel est votre pseudo ?')
        alice.send('Zoé')
        self.assertEqual(alice.frame_bytes(),
                         b'\x81\x21[SYST\xc3\x88ME] Zo\xc3\xa9 a rejoint le chat')
        alice.send('é')
        self.assertEqual(alice.frame_bytes(), b'\x81\x09[Zo\xc3\xa9] \xc3\xa9')
        alice.send_raw(frame(CLOSE))
        self.assertEqual(alice.frame_bytes(), b'\x88\x00')
        alice.expect_end()

    def test_a_conversation_however_it_arrives(self):
        said = ['Bonjour', '', 'élève € 😀', 'a\0b\n"', 'x' * 10240]
        for how in DELIVERIES:
            with self.subTest(how):
                bob, silent, alice = self.person('Bob'), self.newcomer(), self.newcomer()
                alice.deliver(how, 'Alice', *said)
                for client in (alice, bob, silent):
                    client.expect(joined('Alice'), *(f'[Alice] {text}' for text in said))
                bob.deliver(how, 'à tous')
                for client in (alice, bob, silent):
                    client.expect('[Bob] à tous')
                alice.leave()
                for client in (bob, silent):
                    client.expect(left('Alice'))
                bob.leave()
                silent.expect(left('Bob'))
                silent.leave()

    def test_everybody_sees_one_order(self):
        alice = self.person('Alice')
        bob = self.person('Bob', alice)
        for number in range(100):
            alice.send(f'a{number}')
            bob.send(f'b{number}')
        seen = [[client.text() for _ in range(200)] for client in (alice, bob)]
        self.assertEqual(seen[0], seen[1])
        self.assertEqual([text for text in seen[0] if text.startswith('[Alice]')],
                         [f'[Alice] a{number}' for number in range(100)])
        self.assertEqual([text for text in seen[0] if text.startswith('[Bob]')],
                         [f'[Bob] b{number}' for number in range(100)])

    def test_json_without_a_string_type_is_plain_text(self):
        alice = self.person('Alice')
        for text in ('{}', '{"a":1}', '{"type":1}', '{"type":null,"contenu":"x"}', '[1]', '"x"',
                     '{"type":"message"', '{"type":"message","contenu":"x"} y', '1e999', '{' * 40,
                     '{"type":"ping","type":"ping"}', '\ufeff{"type":"ping"}', '{"type":"\\ud800"}',
                     '{"type":"ping","n":1e999}'):
            with self.subTest(text):
                alice.send(text)
                alice.expect(f'[Alice] {text}')
        alice.leave()

    def test_binary_is_an_error(self):
        alice = self.person('Alice')
        alice.send(b'\x00\xff', 'encore là')
        alice.expect(error("Le chat n'accepte pas de message binaire"), '[Alice] encore là')

    def test_who_leaves_unnamed_is_not_told(self):
        alice = self.person('Alice')
        self.newcomer().leave()
        alice.leave()

    def test_a_broken_connection_leaves_too(self):
        alice = self.person('Alice')
        with self.newcomer() as bob:
            bob.send('Bob')
            bob.expect(joined('Bob'))
        alice.expect(joined('Bob'), left('Bob'))

    def test_last_words_and_the_close_in_one_segment(self):
        alice = self.person('Alice')
        bob = self.person('Bob', alice)
        bob.send_raw(message('adieu') + frame(CLOSE) + message('trop tard'))
        bob.expect('[Bob] adieu')
        self.assertEqual(bob.frame_bytes(), b'\x88\x00')
        alice.expect('[Bob] adieu', left('Bob'))
        alice.leave()


class Names(ChatTest):
    REFUSED = {
        '': 'Le pseudo est vide',
        ' \u3000': 'Le pseudo est vide',
        '\u200b\u00a0\ufeff': 'Le pseudo est vide',
        'x' * 33: 'Le pseudo est trop long (32 caractères au plus)',
        'é' * 33: 'Le pseudo est trop long (32 caractères au plus)',
        'a\nb': 'Le pseudo contient un caractère de contrôle',
        'a\0': 'Le pseudo contient un caractère de contrôle',
        '\t': 'Le pseudo contient un caractère de contrôle',
        'a\x7f': 'Le pseudo contient un caractère de contrôle',
        'a\u0085': 'Le pseudo contient un caractère de contrôle',
        'a\u2028': 'Le pseudo contient un caractère de contrôle',
        'a\u202eb': 'Le pseudo contient un caractère de contrôle',
        'a\u2067b': 'Le pseudo contient un caractère de contrôle',
        'SYSTÈME': 'Ce pseudo est réservé',
        'système': 'Ce pseudo est réservé',
        'SySte\u0300me ': 'Ce pseudo est réservé',
        'Alice': 'Ce pseudo est déjà pris',
    }

    def test_refused_names_leave_the_client_unnamed(self):
        alice = self.person('Alice')
        bob = self.newcomer()
        for name, why in self.REFUSED.items():
            with self.subTest(name):
                bob.send(name)
                bob.expect(error(why))
        bob.send('Bob')
        for client in (alice, bob):
            client.expect(joined('Bob'))

    def test_unusual_names_that_are_allowed(self):
        for name in ('x', '😀' * 32, 'Jean Paul', ' a ', 'alice', 'système 2', '{"a":1}', 'n\u0303',
                     '<b>', '%s%n', 'invité-1'):
            with self.subTest(name):
                self.person(name).leave()

    def test_a_name_is_free_again(self):
        alice = self.person('Alice')
        self.person('Bob', alice).leave()
        alice.expect(left('Bob'))
        self.person('Bob', alice)


class NameInUrl(ChatTest):
    def test_is_announced_at_once(self):
        for query, name in (('pseudo=Zo%C3%A9', 'Zoé'), ('pseudo=a+b', 'a+b'),
                            ('pseudo=a%2Bb%20c%26d', 'a+b c&d'), ('x=1&pseudo=%41lice&y', 'Alice'),
                            ('format=text&pseudo=Bob', 'Bob'), ('pseudo=a%25', 'a%')):
            with self.subTest(query):
                client = self.client(f'/chat?{query}')
                client.expect(joined(name))
                client.send('x')
                client.expect(f'[{name}] x')
                client.leave()

    def test_refused_it_is_asked_for(self):
        self.person('Alice')
        for value, why in (('Alice', 'Ce pseudo est déjà pris'), ('', 'Le pseudo est vide'),
                           ('%0A', 'Le pseudo contient un caractère de contrôle'),
                           ('a%00', 'Le pseudo est mal encodé'),
                           ('x' * 33, 'Le pseudo est trop long (32 caractères au plus)'),
                           ('x' * 8000, 'Le pseudo est trop long (32 caractères au plus)'),
                           ('%FF', "Le pseudo n'est pas en UTF-8"),
                           ('%ED%A0%80', "Le pseudo n'est pas en UTF-8"),
                           ('%zz', 'Le pseudo est mal encodé'), ('%4', 'Le pseudo est mal encodé')):
            with self.subTest(value[:40]):
                client = self.client(f'/chat?pseudo={value}')
                client.expect(error(why), QUESTION)
                client.leave()


class Log(ChatTest):
    def test_lines_of_the_seed(self):
        alice = self.newcomer()
        bob = self.newcomer()
        alice.send('Zoé')
        alice.expect(joined('Zoé'))
        alice.send('Bonjour "à tous"\n\x1b[0m')
        alice.frame()
        bob.expect(joined('Zoé'), '[Zoé] Bonjour "à tous"\n\x1b[0m')
        bob.leave()
        self.server.wait_logged('Client déconnecté (Restants : 1)')
        alice.leave()
        self.server.wait_log(
            'Nouveau client connecté (Total : 1)',
            'Nouveau client connecté (Total : 2)',
            'Nouveau pseudo : Zoé',
            r'Message de Zoé : Bonjour "à tous"\n\x1b[0m',
            'Client déconnecté (Restants : 1)',
            "Zoé s'est déconnecté",
            'Client déconnecté (Restants : 0)')

    def test_what_is_refused_is_not_logged(self):
        with Client(self.server.port, '/chat') as client:
            client.expect(QUESTION)
            client.send('', 'SYSTÈME', b'binary', '{"type":"ping"}', '{"type":"?"}', 'plain')
            for _ in range(6):
                client.frame()
        self.server.wait_log('Nouveau client connecté (Total : 1)',
                             'Client déconnecté (Restants : 0)')


if __name__ == '__main__':
    unittest.main()
