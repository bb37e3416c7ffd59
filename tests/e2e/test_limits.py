# SPDX-License-Identifier: MIT
"""How many messages a second, and how long they may be, on /ws and on /chat, for both kinds; and how
many clients."""

import contextlib
import time
import unittest

from support import (BINARY, MASK, Client, Deadline, Server, ServerTest, frame, length_field,
                     refusal)
from tls_support import SECURE

TOO_MANY = '{"type":"erreur","message":"Trop de messages envoyés"}'
TOO_LONG = '{"type":"erreur","message":"Message trop grand"}'
PING, PONG = '{"type":"ping"}', '{"type":"pong"}'


def answer_to(text):
    return f'Serveur dit : J\'ai reçu votre message "{text}"'


class LimitsTest(ServerTest):
    def client(self, path, **options):
        client = super().client(path, **options)
        client.frame()
        return client


class Rate(LimitsTest):
    flags = ()

    def test_the_sixth_of_a_second_is_refused(self):
        client = self.client('/ws')
        client.send(*'abcdefg')
        client.expect(*map(answer_to, 'abcde'), TOO_MANY, TOO_MANY)
        client.leave()

    def test_a_refused_message_is_not_delivered(self):
        alice = self.client('/chat?pseudo=Alice')
        bob = self.client('/chat?pseudo=Bob')
        alice.frame()
        alice.send(*'abcdef')
        for client in (alice, bob):
            client.expect(*(f'[Alice] {text}' for text in 'abcde'))
        alice.expect(TOO_MANY)
        bob.send('x')
        for client in (alice, bob):
            client.expect('[Bob] x')

    def test_every_message_counts(self):
        client = self.client('/chat?format=json')
        client.send(PING, 'broken', b'binary', 'x' * 20000, '{"type":"pseudo","pseudo":""}', PING)
        client.expect(PONG)
        for _ in range(4):
            self.assertIn('"erreur"', client.text())
        client.expect(TOO_MANY)

    def test_rate_comes_before_length(self):
        client = self.client('/ws')
        client.send(*['x' * 10241] * 6)
        client.expect(*[TOO_LONG] * 5, TOO_MANY)

    def test_the_question_of_a_name_counts_too(self):
        client = self.client('/chat')
        client.send('Alice', *'abcde')
        client.frame()
        client.expect(*(f'[Alice] {text}' for text in 'abcd'), TOO_MANY)

    def test_each_client_has_its_own_window(self):
        for client in (self.client('/ws'), self.client('/ws')):
            client.send(*'abcde')
            client.expect(*map(answer_to, 'abcde'))

    def test_a_window_lasts_a_second_from_its_first_message(self):
        client = self.client('/ws')
        begun = time.monotonic()
        client.send(*'abcde')
        client.expect(*map(answer_to, 'abcde'))
        deadline, refused = Deadline(), 11
        while refused == 11 and deadline.left():
            client.send(*'abcdefghijk')
            answers = [client.text() for _ in range(11)]
            refused = next((i for i, text in enumerate(answers) if text != TOO_MANY), 11)
        # However many were refused meanwhile, they did not prolong it. The next one has its five.
        self.assertGreaterEqual(time.monotonic() - begun, 1)
        wanted = [answer_to(text) for text in 'abcdefghijk'[refused:refused + 5]]
        wanted += [TOO_MANY] * (11 - refused - len(wanted))
        self.assertEqual(answers[refused:], wanted)

    def test_flag(self):
        self.server = self.start('--rate', '2')
        client = self.client('/ws')
        client.send(*'abc')
        client.expect(*map(answer_to, 'ab'), TOO_MANY)

    def test_flag_off(self):
        self.server = self.start('--rate', '0')
        client = self.client('/ws')
        client.send(*'x' * 1000)
        client.expect(*[answer_to('x')] * 1000)


class Length(LimitsTest):
    def test_one_byte_more_is_refused_and_the_connection_stays(self):
        for how in ('whole', 'fragmented'):
            for letter in 'xé':
                longest = letter * (10240 // len(letter.encode()))
                with self.subTest(f'{how} {letter}'):
                    client = self.client('/ws')
                    client.deliver(how, longest, longest + 'x', 'y' * 65536, 'z')
                    client.expect(answer_to(longest), TOO_LONG, TOO_LONG, answer_to('z'))
                    client.leave()

    def test_binary(self):
        client = self.client('/ws')
        client.send(b'x' * 10240, b'x' * 10241, b'z')
        client.expect(b'x' * 10240, TOO_LONG, b'z')

    def test_in_the_chat(self):
        alice = self.client('/chat?pseudo=Alice')
        bob = self.client('/chat?pseudo=Bob&format=json')
        alice.frame(), bob.frame()
        alice.send('x' * 10241, 'x')
        alice.expect(TOO_LONG, '[Alice] x')
        self.assertIn('"contenu":"x"', bob.text())
        bob.send('{"type":"message","contenu":"' + 'x' * 10240 + '"}', b'x' * 10241, PING)
        bob.expect(TOO_LONG, TOO_LONG, PONG)

    def test_a_name_that_is_too_long_for_a_message(self):
        client = self.client('/chat')
        client.send('x' * 10241, 'Alice')
        client.expect(TOO_LONG, '[SYSTÈME] Alice a rejoint le chat')

    def expect_1009(self, path, *pieces):
        """The connection is closed for this one, which starts with nothing but its head."""
        with Client(self.server.port, path) as client:
            client.frame()
            for piece in pieces:
                client.send_raw(piece)
            client.expect_close(1009)
            client.expect_end()

    def test_far_too_long_closes_with_1009(self):
        other = self.client('/ws')
        for path in ('/ws', '/chat', '/chat?format=json'):
            with self.subTest(path):
                self.expect_1009(path, bytes([0x80 | BINARY]) + length_field(65537, True) + MASK)
        self.expect_1009('/ws', frame(BINARY, b'x' * 65536, fin=False),
                         bytes([0x80]) + length_field(1, True))
        self.expect_1009('/ws', bytes([0x80 | BINARY]) + length_field((1 << 63) - 1, True))
        other.send('x')
        other.expect(answer_to('x'))

    def test_flag(self):
        self.server = self.start('--rate', '0', '--max-message', '3')
        client = self.client('/ws')
        client.send('abc', 'abcd', 'éx', 'éé', 'x' * 65536)
        client.expect(answer_to('abc'), TOO_LONG, answer_to('éx'), TOO_LONG, TOO_LONG)
        self.expect_1009('/ws', bytes([0x80 | BINARY]) + length_field(65537, True) + MASK)

    def test_flag_above_half_of_64_kib_moves_the_hard_limit(self):
        self.server = self.start('--rate', '0', '--max-message', '40000')
        client = self.client('/ws')
        client.send(b'x' * 40000, b'x' * 40001, b'x' * 80000)
        client.expect(b'x' * 40000, TOO_LONG, TOO_LONG)
        self.expect_1009('/ws', bytes([0x80 | BINARY]) + length_field(80001, True) + MASK)


class Admission(unittest.TestCase):
    """In every mode; what is set holds for loopback addresses too."""

    modes = ((7, ()), (3, ('--echo',)), (3, ('--hub',)))

    def start(self, lines, *flags):
        server = Server.__new__(Server)
        server.START_LINES = lines
        server.__init__(*flags)
        return self.enterContext(server)

    def assert_refused(self, server, status):
        self.assertEqual(refusal(server.port), b'' if SECURE else b'HTTP/1.1 %d ' % status)

    def check(self, flag, limit, check_limited):
        """Nobody is refused without the limit."""
        for lines, mode in self.modes:
            path = '/' if mode else '/ws'
            with self.subTest(mode), contextlib.ExitStack() as clients:
                check_limited(self.start(lines, *mode, flag, limit), path)
                server = self.start(lines, *mode, flag, '0')
                for _ in range(50):
                    clients.enter_context(Client(server.port, path))

    def check_three(self, server, path):
        with contextlib.ExitStack() as clients:
            for _ in range(3):
                clients.enter_context(Client(server.port, path))
            self.assert_refused(server, 503)

    def check_one_a_second(self, server, path):
        """Two at first, and then those for whom there was time."""
        begun, let_in = time.monotonic(), 0
        while (answer := refusal(server.port, path)) == b'HTTP/1.1 101 ':
            let_in += 1
        self.assertEqual(answer, b'' if SECURE else b'HTTP/1.1 429 ')
        self.assertGreaterEqual(let_in, 2)
        self.assertLessEqual(let_in, 2 + time.monotonic() - begun)

    def test_connections(self):
        self.check('--max-connections', '3', self.check_three)

    def test_connections_of_an_address(self):
        self.check('--max-connections-per-ip', '3', self.check_three)

    def test_another_address_is_let_in(self):
        server = self.start(7, '--max-connections-per-ip', '1')
        with Client(server.port, '/ws'):
            self.assert_refused(server, 503)
            with Client(server.port, '/ws', host='::1') as other:
                other.frame()

    def test_handshakes_of_an_address(self):
        self.check('--handshakes-per-ip', '1', self.check_one_a_second)


if __name__ == '__main__':
    unittest.main()
