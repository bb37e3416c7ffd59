# SPDX-License-Identifier: MIT
"""navette serve --threads: clients are spread over loops, and nobody can tell."""

import json
import os
import re
import signal
import struct
import unittest

from support import CLOSE, Client, Server, ServerTest, frame

QUESTION = 'Bienvenue ! Quel est votre pseudo ?'
JOINED = re.compile(r'(?:\[SYSTÈME\] )?(.*) a rejoint le chat')
LEFT = re.compile(r'(?:\[SYSTÈME\] )?(.*) a quitté le chat')
SAID = re.compile(r'\[(.*?)\] (.*)')


def threads_of(server):
    return len(os.listdir(f'/proc/{server.pid}/task'))


def told(text):
    """What a line says, alike for both kinds: a join, a leave or a message; None for the lists."""
    if not text.startswith('{'):
        if not text.startswith('[SYSTÈME] '):
            return SAID.fullmatch(text).groups()
        content = text
    else:
        line = json.loads(text)
        if line['type'] == 'presents':
            return None
        if line['type'] == 'message':
            return line['expediteur'], line['contenu']
        content = line['contenu']
    for event, pattern in (('joins', JOINED), ('leaves', LEFT)):
        if match := pattern.fullmatch(content):
            return event, match.group(1)
    raise AssertionError(f'what is that: {text}')


def hear(client, count):
    """The next lines, as told."""
    lines = []
    while len(lines) < count:
        if (line := told(client.text())) is not None:
            lines.append(line)
    return lines


class Flag(unittest.TestCase):
    def threads(self, *flags, **options):
        with Server(*flags, **options) as server:
            return threads_of(server)

    def test_so_many_loops(self):
        one = self.threads('--threads', '1')
        for count in (2, 3, 255):
            self.assertEqual(self.threads('--threads', str(count)), one + count - 1)

    def test_by_default_one_for_each_core_it_may_run_on(self):
        cores = sorted(os.sched_getaffinity(0))
        for some in ({cores[0]}, set(cores)):
            with self.subTest(some):
                count = self.threads(preexec_fn=lambda some=some: os.sched_setaffinity(0, some))
                self.assertEqual(count, self.threads('--threads', str(len(some))))


class Chat(ServerTest):
    flags = ('--rate', '0', '--threads', '4')
    count = 40

    def newcomers(self):
        """Every fifth speaks JSON. Who was asked for a name hears what comes."""
        clients = [self.client('/chat' + ('' if number % 5 else '?format=json'))
                   for number in range(self.count)]
        for client in clients:
            self.assertIn(QUESTION, client.text())
        return clients

    def say(self, number, client, text):
        client.send(text if number % 5 else json.dumps({'type': 'message', 'contenu': text}))

    def name(self, number, client):
        name = f'c{number}'
        client.send(name if number % 5 else json.dumps({'type': 'pseudo', 'pseudo': name}))

    def people(self):
        clients = self.newcomers()
        for number, client in enumerate(clients):
            self.name(number, client)
        heard = [hear(client, self.count) for client in clients]
        return clients, heard

    def assert_all_heard(self, heard, expected):
        """In one order, whatever that is."""
        for lines in heard:
            self.assertEqual(lines, heard[0])
        self.assertEqual(sorted(heard[0]), sorted(expected))

    def test_joins_and_leaves_come_in_one_order(self):
        clients, heard = self.people()
        self.assert_all_heard(heard, [('joins', f'c{number}') for number in range(self.count)])
        goers, stayers = clients[:self.count // 2], clients[self.count // 2:]
        for number, client in enumerate(goers):
            if number % 2:
                client.send_raw(frame(CLOSE, struct.pack('!H', 1000)))
            else:
                client.sock.close()
        heard = [hear(client, len(goers)) for client in stayers]
        self.assert_all_heard(heard, [('leaves', f'c{number}') for number in range(len(goers))])
        for client in stayers:
            client.sock.close()
        self.server.wait_logged('Client déconnecté (Restants : 0)')

    def test_each_speaker_is_heard_in_order(self):
        clients, _ = self.people()
        spoken = 200
        for number in range(spoken):
            for speaker in (10, 21):
                self.say(speaker, clients[speaker], str(number))
        heard = [hear(client, 2 * spoken) for client in clients]
        self.assert_all_heard(heard, [(name, str(number)) for name in ('c10', 'c21')
                                      for number in range(spoken)])
        for name in ('c10', 'c21'):
            self.assertEqual([int(text) for who, text in heard[0] if who == name],
                             list(range(spoken)))

    def test_one_of_many_gets_the_name(self):
        clients = [self.client('/chat?format=json') for _ in range(self.count)]
        for client in clients:
            self.assertIn(QUESTION, client.text())
        for client in clients:
            client.send('{"type":"pseudo","pseudo":"Zoé"}', '{"type":"ping"}')
        refused = 0
        for client in clients:
            texts = []
            while (text := client.text()) != '{"type":"pong"}':
                texts.append(text)
            refused += any('déjà pris' in text for text in texts)
            self.assertEqual(sum('Zoé a rejoint' in text for text in texts), 1)
        self.assertEqual(refused, self.count - 1)

    def test_a_change_of_kind_loses_and_doubles_nothing(self):
        speakers = [self.client(f'/chat?pseudo=s{number}') for number in range(4)]
        changers = [self.client('/chat') for _ in range(12)]
        for client in changers:
            client.expect(QUESTION)
        spoken = 300
        for number in range(spoken):
            for client in speakers:
                client.send(str(number))
            if number % 20 == 10 and number // 20 < len(changers):
                changers[number // 20].send('{"type":"ping"}')
        for client in changers:
            heard = {f's{number}': [] for number in range(4)}
            while any(len(numbers) < spoken for numbers in heard.values()):
                text = client.text()
                if text != '{"type":"pong"}' and (line := told(text)) and line[0] in heard:
                    heard[line[0]].append(int(line[1]))
            for numbers in heard.values():
                self.assertEqual(numbers, list(range(spoken)))

    def test_who_comes_hears_all_from_its_own_entry_on(self):
        speaker = self.client('/chat?pseudo=speaker')
        for number in range(100):
            speaker.send(f'{number}')
            client = self.client(f'/chat?pseudo=v{number}')
            # Its own entry once; what comes before it is what was on its way.
            lines = hear(client, 1)
            while lines[-1] != ('joins', f'v{number}'):
                lines += hear(client, 1)
            speaker.send(f'after {number}')
            rest = hear(client, 1)
            while rest[-1] != ('speaker', f'after {number}'):
                rest += hear(client, 1)
            self.assertNotIn(('joins', f'v{number}'), rest)
            client.sock.close()


class Stop(unittest.TestCase):
    def test_every_client_on_every_loop_gets_1001(self):
        for mode, path in ((), '/chat'), ((), '/ws'), (('--echo',), '/'), (('--hub',), '/'):
            with self.subTest(f'{mode} {path}'):
                server = Server.__new__(Server)
                server.START_LINES = 3 if mode else 7
                server.__init__('--threads', '4', *mode)
                with server:
                    self.stop(server, [Client(server.port, path) for _ in range(20)], bool(mode))

    def stop(self, server, clients, plain):
        for client in clients:
            if not plain:
                client.text()
        server.process.send_signal(signal.SIGINT)
        for client in clients:
            with client:
                client.expect_close(1001)
                client.send_raw(frame(CLOSE, b'\x03\xe9'))
                client.expect_end()
        self.assertEqual(server.stop(), 0)
        server.output.all()
        log = server.log()
        self.assertEqual(log[-1] if plain else log.count('Arrêt du serveur...'),
                         'Arrêt du serveur...' if plain else 1)

    def test_while_all_of_them_speak(self):
        """Whatever is on its way between loops by then."""
        for number in range(20):
            with self.subTest(number), Server('--rate', '0', '--threads', '4') as server:
                clients = [Client(server.port, f'/chat?pseudo=c{name}') for name in range(8)]
                for client in clients:
                    client.send(*'abcdefghij' * 10)
                server.process.send_signal(signal.SIGINT)
                # Who goes without a word does not hold up the end.
                for client in clients:
                    client.sock.close()
                self.assertEqual(server.stop(), 0)
                server.output.all()
                self.assertEqual(sum('Nouveau client connecté' in line for line in server.log()),
                                 sum('Client déconnecté' in line for line in server.log()))


if __name__ == '__main__':
    unittest.main()
