# SPDX-License-Identifier: MIT
"""The chat at /chat as a JSON client sees it, alone and among text clients."""

import json
import re
import time
import unittest
from urllib.parse import quote

from support import DELIVERIES, PONG as PONG_FRAME, Deadline, ServerTest, frame

QUESTION = 'Bienvenue ! Quel est votre pseudo ?'
TIMESTAMP = re.compile(r'"timestamp":"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"\}$')


def encode(**fields):
    """As the server writes it: keys in this order, no spaces, characters as they are."""
    return json.dumps(fields, ensure_ascii=False, separators=(',', ':'))


def system(text):
    return encode(type='systeme', contenu=text)


def joined(name):
    return system(f'{name} a rejoint le chat')


def left(name):
    return system(f'{name} a quitté le chat')


def present(*names):
    return encode(type='presents', noms=names)


def error(text):
    return encode(type='erreur', message=text)


def say(text):
    return encode(type='message', contenu=text)


def name_me(name):
    return encode(type='pseudo', pseudo=name)


PING, PONG = '{"type":"ping"}', '{"type":"pong"}'


class JsonTest(ServerTest):
    def newcomer(self, query='?format=json'):
        client = self.client(f'/chat{query}')
        client.expect(system(QUESTION))
        return client

    def person(self, name):
        client = self.newcomer()
        client.send(name_me(name))
        client.expect(joined(name))
        self.assertIn(name, json.loads(client.text())['noms'])
        return client

    def text_person(self, name):
        client = self.client(f'/chat?pseudo={quote(name)}')
        client.expect(f'[SYSTÈME] {name} a rejoint le chat')
        return client

    def expect_message(self, client, sender, text):
        """The next message is that one, in exactly this form; returns its timestamp."""
        got = client.text()
        stamp = TIMESTAMP.search(got)
        self.assertIsNotNone(stamp, got)
        want = {'type': 'message', 'expediteur': sender, 'contenu': text,
                'timestamp': stamp.group(1)}
        self.assertEqual(json.loads(got), want)
        self.assertEqual(list(json.loads(got)), list(want))
        return stamp.group(1)


class Messages(JsonTest):
    def test_every_byte_of_a_conversation(self):
        alice = self.client('/chat?format=json')
        alice.expect('{"type":"systeme","contenu":"Bienvenue ! Quel est votre pseudo ?"}')
        alice.send('{"type":"pseudo","pseudo":"Zoé"}')
        alice.expect('{"type":"systeme","contenu":"Zoé a rejoint le chat"}',
                     '{"type":"presents","noms":["Zoé"]}')
        alice.send('{"type":"ping"}')
        alice.expect('{"type":"pong"}')
        alice.send('{"type":"message","contenu":"Bonjour tout le monde !"}')
        self.assertRegex(alice.text(), r'^\{"type":"message","expediteur":"Zoé","contenu":"Bonjour '
                         r'tout le monde !","timestamp":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"\}$')
        alice.leave()

    def test_a_conversation_of_both_kinds_however_it_arrives(self):
        said = ['Bonjour', '', 'élève € 😀', 'a\0b\n"\\/\x7f\u2028', '{"type":"ping"}', 'x' * 10000]
        for how in DELIVERIES:
            with self.subTest(how):
                text, watcher, alice = self.text_person('Bob'), self.newcomer(), self.newcomer()
                alice.deliver(how, PING, name_me('Alice'), *map(say, said), PING)
                alice.expect(PONG)
                text.expect('[SYSTÈME] Alice a rejoint le chat')
                for client in (alice, watcher):
                    client.expect(joined('Alice'), present('Bob', 'Alice'))
                for content in said:
                    self.expect_message(alice, 'Alice', content)
                    self.expect_message(watcher, 'Alice', content)
                    text.expect(f'[Alice] {content}')
                alice.expect(PONG)
                text.deliver(how, 'à tous')
                text.expect('[Bob] à tous')
                self.expect_message(alice, 'Bob', 'à tous')
                self.expect_message(watcher, 'Bob', 'à tous')
                alice.leave()
                watcher.expect(left('Alice'), present('Bob'))
                text.expect('[SYSTÈME] Alice a quitté le chat')
                text.leave()
                watcher.expect(left('Bob'), present())
                watcher.leave()

    def test_json_may_be_written_differently(self):
        alice = self.person('Alice')
        for text in (' {\r\n\t"contenu" : "\\u00e9\\ud83d\\ude00" , "type":"message" } ',
                     '{"type":"\\u006dessage","contenu":"é😀","autre":[{"x":1.5}]}'):
            alice.send(text)
            self.expect_message(alice, 'Alice', 'é😀')
        alice.send('{"type":"message","contenu":"a\\u0000\\n\\u001b"}')
        self.expect_message(alice, 'Alice', 'a\0\n\x1b')

    def test_timestamps_are_local_time(self):
        self.server = self.start(env={'TZ': 'NVT-5:30'})
        alice = self.person('Alice')
        before = int(time.time())
        alice.send(say('x'))
        stamp = self.expect_message(alice, 'Alice', 'x')
        after = int(time.time())
        local = [time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(second + 5.5 * 3600))
                 for second in (before, after)]
        self.assertTrue(local[0] <= stamp <= local[1], (local, stamp))

    def test_binary_is_an_error(self):
        alice = self.person('Alice')
        alice.send(b'{"type":"ping"}', PING)
        alice.expect(error("Le chat n'accepte pas de message binaire"), PONG)


class Kinds(JsonTest):
    def test_a_text_client_becomes_a_json_client(self):
        bob = self.text_person('Bob')
        alice = self.client('/chat')
        alice.expect(QUESTION)
        alice.send(PING)
        alice.expect(PONG)
        bob.send('x')
        bob.expect('[Bob] x')
        self.expect_message(alice, 'Bob', 'x')
        alice.send('Alice', name_me('Alice'))
        alice.expect(error("Le message n'est pas un objet JSON"), joined('Alice'),
                     present('Bob', 'Alice'))

    def test_named_as_text_it_keeps_its_name(self):
        alice = self.text_person('Alice')
        alice.send('un', say('deux'), 'trois', say('quatre'))
        alice.expect('[Alice] un')
        self.expect_message(alice, 'Alice', 'deux')
        alice.expect(error("Le message n'est pas un objet JSON"))
        self.expect_message(alice, 'Alice', 'quatre')

    def test_an_unknown_type_is_json_too(self):
        alice = self.text_person('Alice')
        alice.send('{"type":"autre"}', 'texte')
        alice.expect(error('Type de message inconnu'),
                     error("Le message n'est pas un objet JSON"))

    def test_another_format_is_text(self):
        for query in ('?format=text', '?format=JSON', '?format=', '?format=json2', '?json', ''):
            with self.subTest(query):
                client = self.client(f'/chat{query}')
                client.expect(QUESTION)
                client.leave()


class Names(JsonTest):
    def test_guests_are_numbered(self):
        alice = self.newcomer()
        alice.send(say('un'))
        alice.expect(joined('invité-1'), present('invité-1'))
        self.expect_message(alice, 'invité-1', 'un')
        self.text_person('invité-2')
        alice.expect(joined('invité-2'), present('invité-1', 'invité-2'))
        bob = self.newcomer()
        bob.send(PING, say('deux'))
        bob.expect(PONG)
        for client in (alice, bob):
            client.expect(joined('invité-3'), present('invité-1', 'invité-2', 'invité-3'))
            self.expect_message(client, 'invité-3', 'deux')

    def test_in_the_url(self):
        alice = self.client('/chat?pseudo=Zo%C3%A9&format=json')
        alice.expect(joined('Zoé'), present('Zoé'))
        bob = self.client('/chat?format=json&pseudo=Zo%C3%A9')
        bob.expect(error('Ce pseudo est déjà pris'), system(QUESTION))
        bob.send(name_me('a+b'))
        for client in (alice, bob):
            client.expect(joined('a+b'), present('Zoé', 'a+b'))

    def test_refused_names_leave_the_client_unnamed(self):
        alice, bob = self.person('Alice'), self.newcomer()
        for name, why in (('', 'Le pseudo est vide'), ('\0', 'Le pseudo contient un caractère de '
                           'contrôle'), ('Alice', 'Ce pseudo est déjà pris'),
                          ('système', 'Ce pseudo est réservé'),
                          ('é' * 33, 'Le pseudo est trop long (32 caractères au plus)')):
            with self.subTest(name):
                bob.send(name_me(name))
                bob.expect(error(why))
        bob.send(name_me('Bob'))
        for client in (alice, bob):
            client.expect(joined('Bob'), present('Alice', 'Bob'))

    def test_a_name_is_for_the_whole_visit(self):
        alice = self.person('Alice')
        alice.send(name_me('Alicia'), say('x'))
        alice.expect(error('Vous avez déjà un pseudo'))
        self.expect_message(alice, 'Alice', 'x')

    def test_presents_are_in_order_and_escaped(self):
        alice = self.person('"\\')
        bob = self.person('é/')
        alice.expect(joined('é/'), present('"\\', 'é/'))
        alice.leave()
        bob.expect(left('"\\'), present('é/'))


def nested(levels):
    """A message that is that many levels deep, itself the first."""
    return '{"type":"ping","x":' + '[' * (levels - 1) + ']' * (levels - 1) + '}'


BROKEN = "JSON invalide vers l'octet "


class Errors(JsonTest):
    WRONG = {
        'bonjour': "Le message n'est pas un objet JSON",
        '': "Le message n'est pas un objet JSON",
        '[{"type":"ping"}]': "Le message n'est pas un objet JSON",
        '"x"': "Le message n'est pas un objet JSON",
        'null': "Le message n'est pas un objet JSON",
        '\ufeff{"type":"ping"}': "Le message n'est pas un objet JSON",
        '{"type":"ping"': BROKEN,
        '{"type":"ping"} {}': BROKEN,
        "{'type':'ping'}": BROKEN,
        '{"type":"ping",}': BROKEN,
        '{"type":"\\ud800"}': BROKEN,
        '{"type":"ping","n":NaN}': BROKEN,
        '{"type":"ping","n":1e999999}': BROKEN,
        '{"type":"ping\n"}': BROKEN,
        '{"type":"ping","type":"ping"}': 'JSON invalide : une clé y est deux fois',
        '{"type":"ping","x":{"a":1,"a":2}}': 'JSON invalide : une clé y est deux fois',
        nested(33): 'JSON trop imbriqué (32 niveaux au plus)',
        '{' * 5000: 'JSON trop imbriqué (32 niveaux au plus)',
        '{}': 'Il manque la chaîne « type »',
        '{"type":["ping"]}': 'Il manque la chaîne « type »',
        '{"type":"Ping"}': 'Type de message inconnu',
        '{"type":"ping\\u0000"}': 'Type de message inconnu',
        '{"type":"systeme","contenu":"x"}': 'Type de message inconnu',
        '{"type":"message"}': 'Il manque la chaîne « contenu »',
        '{"type":"message","contenu":1}': 'Il manque la chaîne « contenu »',
        '{"type":"pseudo"}': 'Il manque la chaîne « pseudo »',
        '{"type":"pseudo","pseudo":null}': 'Il manque la chaîne « pseudo »',
    }

    def test_each_tells_what_is_wrong_and_the_connection_stays(self):
        for how in ('whole', 'fragmented'):
            for text, why in self.WRONG.items():
                with self.subTest(f'{how} {text[:40]}'):
                    alice = self.newcomer()
                    alice.deliver(how, text, PING)
                    answer = alice.text()
                    if why is BROKEN:
                        why += re.search(r'\d+', answer).group()
                    self.assertEqual(answer, error(why))
                    alice.expect(PONG)
                    alice.leave()

    def test_32_levels_are_taken(self):
        alice = self.newcomer()
        alice.send(nested(32), '{"type":"ping","x":"' + '[' * 100 + '\\"{"}')
        alice.expect(PONG, PONG)


class SlowReader(JsonTest):
    """A client that does not read for a while is spared the lists in between, not the last one."""

    def next_json(self, client, deadline):
        """The next message; pings on the way are answered."""
        first, payload = client.frame()
        while first == 0x89 and deadline.left():
            client.send_raw(frame(PONG_FRAME, payload))
            first, payload = client.frame()
        self.assertEqual(first, 0x81)
        return json.loads(payload)

    def test_gets_the_newest_list(self):
        names = [f'{number:03d}' + '😀' * 29 for number in range(150)]
        people = []
        for name in names:
            people.append(self.client('/chat'))
            people[-1].expect(QUESTION)
            people[-1].send(name)
            people[-1].text()
        slow = self.client('/chat?format=json', receive_buffer=4096)
        visits = 300
        for number in range(visits):
            with self.client(f'/chat?pseudo=v{number}') as visitor:
                visitor.expect(f'[SYSTÈME] v{number} a rejoint le chat')
                visitor.leave()
            if number % 50 == 0:
                # A little, lest the server give it up.
                slow.buffer += slow.sock.recv(4096)
        self.server.wait_logged(f"v{visits - 1} s'est déconnecté")
        slow.expect(system(QUESTION))
        lists, lines, deadline = [], [], Deadline()
        slow.send(PING)
        while (got := self.next_json(slow, deadline)) != json.loads(PONG):
            (lists if got['type'] == 'presents' else lines).append(got.get('noms', got))
        self.assertEqual([line['contenu'] for line in lines], [
            f'v{number} {event} le chat' for number in range(visits)
            for event in ('a rejoint', 'a quitté')])
        self.assertLess(len(lists), 2 * visits)
        self.assertEqual(lists[-1], names)


if __name__ == '__main__':
    unittest.main()
