# SPDX-License-Identifier: MIT
"""The simple server at /ws: its messages byte for byte, and its log."""

import asyncio
import unittest

import websockets

from support import BINARY, CLOSE, DELIVERIES, PING, TEXT, ServerTest, frame, server_frame

WELCOME = 'Bienvenue sur le serveur WebSocket !'


def answer_to(text):
    return f'Serveur dit : J\'ai reçu votre message "{text}"'


class Messages(ServerTest):
    def client(self, path='/ws', **options):
        client = super().client(path, **options)
        client.expect(WELCOME)
        return client

    def test_bytes_of_the_seed(self):
        client = self.client()
        client.send('é')
        self.assertEqual(
            client.frame_bytes(),
            b'\x81\x2bServeur dit : J\'ai re\xc3\xa7u votre message "\xc3\xa9"')

    def test_texts_however_they_arrive(self):
        texts = ['Bonjour', '', 'élève € 😀', 'a\0b\n"', '{"type":"ping"}', ' {"type":"x"} ',
                 'x' * 85, 'y' * 10240]
        for how in DELIVERIES:
            with self.subTest(how):
                client = self.client()
                client.deliver(how, *texts)
                client.expect(*map(answer_to, texts))
                client.leave()

    def test_binary_comes_back_as_it_was(self):
        contents = [b'\x00\xff\xfe', b'', bytes(range(256)) * 40]
        for how in DELIVERIES:
            with self.subTest(how):
                client = self.client()
                client.deliver(how, *contents)
                client.expect(*contents)
                client.leave()

    def test_query_and_other_clients_make_no_difference(self):
        first, second = self.client('/ws?pseudo=a&format=json'), self.client(host='::1')
        first.send('a')
        second.send('b')
        first.expect(answer_to('a'))
        second.expect(answer_to('b'))
        first.leave()
        second.leave()

    def test_ping_between_fragments(self):
        client = self.client()
        client.send_raw(frame(TEXT, b'ab', fin=False) + frame(PING, b'here?') + frame(0, b'c'))
        self.assertEqual(client.frame_bytes(), server_frame(0x8a, b'here?'))
        client.expect(answer_to('abc'))
        client.leave()

    def test_status_of_the_close_is_echoed(self):
        client = self.client()
        client.send_raw(frame(CLOSE, b'\x0b\xb8bye'))
        client.expect_close(3000)
        client.expect_end()

    def test_errors_end_their_own_connection_only(self):
        other = self.client()
        for data, status in ((b'\x81\x02hi', 1002), (frame(TEXT, b'\xff'), 1007),
                             (frame(3, b''), 1002), (frame(BINARY | 0x40, b'x'), 1002)):
            with self.subTest(data):
                client = self.client()
                client.send_raw(data)
                client.expect_close(status)
                client.expect_end()
                other.send('still here')
                other.expect(answer_to('still here'))


class Log(ServerTest):
    def log_of(self, *contents):
        with self.client('/ws') as client:
            client.expect(WELCOME)
            for content in contents:
                client.send(content)
                client.frame()
            client.leave()
        self.server.wait_logged('Client déconnecté')
        return self.server.log()

    def test_lines_of_the_seed(self):
        self.assertEqual(self.log_of('Bonjour é 😀 "\\"', b'binary', ''), [
            'Nouveau client connecté !',
            'Message reçu : Bonjour é 😀 "\\"',
            'Message reçu : ',
            'Client déconnecté',
        ])

    def test_control_characters_are_escaped(self):
        log = self.log_of('a\r\n\t\x00\x1b[31m\x7f\x85\u2028\u202e\u2066z')
        self.assertEqual(
            log[1],
            r'Message reçu : a\r\n\t\x00\x1b[31m\x7f\u0085\u2028\u202e\u2066z')

    def test_a_field_is_at_most_1_kib(self):
        log = self.log_of('x' * 1024, 'x' * 1025, 'é' * 5000, '\n' * 5000)
        self.assertEqual(log[1], 'Message reçu : ' + 'x' * 1024)
        self.assertEqual(log[2], 'Message reçu : ' + 'x' * 1021 + '…')
        self.assertEqual(log[3], 'Message reçu : ' + 'é' * 510 + '…')
        self.assertEqual(log[4], 'Message reçu : ' + r'\n' * 510 + '…')


class OtherClients(ServerTest):
    def test_python_websockets(self):
        async def talk():
            async with websockets.connect(self.server.url + '/ws') as client:
                welcome = await client.recv()
                await client.send('élève')
                text = await client.recv()
                await client.send([b'\x00', b'\xff'])
                binary = await client.recv()
                await (await client.ping())
            return [welcome, text, binary, client.close_code]

        self.assertEqual(asyncio.run(asyncio.wait_for(talk(), 60)),
                         [WELCOME, answer_to('élève'), b'\x00\xff', 1000])


if __name__ == '__main__':
    unittest.main()
