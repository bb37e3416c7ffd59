# SPDX-License-Identifier: MIT
"""navette serve --hub: what anybody sends goes to everybody, the sender too, as it was."""

import contextlib
import unittest

from support import (BINARY, CLOSE, TEXT, WS, Client, Server, connect, frame, message,
                     server_message, upgrade)


class HubServer(Server):
    START_LINES = 3

    def __init__(self, *flags, **options):
        super().__init__('--hub', *flags, **options)


class HubTest(unittest.TestCase):
    flags = ()

    def setUp(self):
        self.server = self.enterContext(HubServer(*self.flags))

    def client(self, **options):
        """It hears itself, so it hears everybody."""
        client = self.enterContext(Client(self.server.port, '/', **options))
        client.send('here')
        while client.frame() != (0x80 | TEXT, b'here'):
            pass
        return client

    def clients(self, count):
        """All of them have heard all of this."""
        clients = [self.client() for _ in range(count)]
        clients[-1].send('ready')
        for client in clients:
            while client.frame() != (0x80 | TEXT, b'ready'):
                pass
        return clients


class Messages(HubTest):
    flags = ('--threads', '3')

    def test_everybody_gets_it_as_it_was(self):
        contents = ['', 'é€\U0001f600', b'', b'\0\xff', 'x' * 126, bytes(range(256)) * 256]
        clients = self.clients(3)
        for sender in clients:
            sender.send(*contents)
            for client in clients:
                client.expect(*contents)
        for client in clients:
            client.leave()

    def test_fragments_arrive_as_one(self):
        clients = self.clients(3)
        for content in ('in parts', bytes(1000)):
            clients[0].deliver('fragmented', content)
            for client in clients:
                client.expect(content)

    def test_each_sender_is_heard_in_order(self):
        clients = self.clients(6)
        for number in range(200):
            for name, client in enumerate(clients):
                client.send(f'{name} {number}')
        for client in clients:
            heard = [client.text().split() for _ in range(6 * 200)]
            for name in range(6):
                self.assertEqual([int(number) for who, number in heard if who == str(name)],
                                 list(range(200)))

    def test_who_has_gone_is_not_missed(self):
        clients = self.clients(4)
        clients[0].leave()
        clients[1].sock.close()
        clients[2].send('still here')
        for client in clients[2:]:
            client.expect('still here')

    def test_the_last_word_before_the_close_comes_back(self):
        first, second = self.clients(2)
        first.send_raw(message('bye') + frame(CLOSE) + message('too late'))
        first.expect('bye')
        self.assertEqual(first.frame_bytes(), b'\x88\x00')
        second.expect('bye')
        second.leave()


class Limits(HubTest):
    def test_a_message_over_64_kib(self):
        client = self.client()
        client.send_raw(frame(BINARY, b'x' * 65537))
        client.expect_close(1009)

    def test_flag(self):
        self.server = self.enterContext(HubServer('--max-message', '3'))
        client = self.enterContext(Client(self.server.port, '/'))
        client.send('abc', 'abcd')
        client.expect('abc')
        client.expect_close(1009)

    def test_any_number_in_a_second_and_any_origin(self):
        client = self.client(fields='Origin: https://elsewhere.example\r\n')
        contents = [str(number) for number in range(5000)]
        client.send(*contents)
        self.assertEqual(client.read(sum(len(server_message(text)) for text in contents)),
                         b''.join(map(server_message, contents)))

    def test_who_does_not_read_is_closed_with_1013(self):
        """16 MiB are kept for it; the others hear everything."""
        slow = self.client(receive_buffer=4096)
        reader = self.client()
        content = b'x' * 65536
        for _ in range(400):
            reader.send(content)
            reader.expect(content)
        frames, close = 0, None
        # Who does not read the Close in time either is left in the middle of a frame.
        with contextlib.suppress(ConnectionResetError, AssertionError):
            while not close:
                first, payload = slow.frame()
                if first == 0x80 | CLOSE:
                    close = payload
                else:
                    frames += 1
        self.assertIn(close and close[:2], (None, b'\x03\xf5'))
        self.assertLess(frames, 400)
        reader.leave()


class Log(HubTest):
    def talk(self, server):
        with Client(server.port, '/') as client:
            client.send('Bonjour', b'\0\xff')
            client.expect('Bonjour', b'\0\xff')
            client.leave()

    def test_says_nothing_about_clients(self):
        self.talk(self.server)
        with Client(self.server.port, '/') as client:
            client.send_raw(b'\xff\xff')
            self.assertEqual(client.frame()[0], 0x80 | CLOSE)
        self.assertEqual(self.server.stop(), 0)
        self.server.output.all()
        self.assertEqual(self.server.log(), ['Arrêt du serveur...'])
        self.assertEqual(self.server.errors.all(), [])

    def test_says_all_with_log_messages(self):
        for mode in ('--hub', '--echo'):
            with self.subTest(mode):
                server = self.enterContext(Plain(mode, '--log-messages'))
                self.talk(server)
                server.wait_log('Nouveau client connecté !', 'Message reçu : Bonjour',
                                r'Message reçu : \x00\xff', 'Client déconnecté')
                with Client(server.port, '/') as client:
                    client.send_raw(b'\xff\xff')
                    client.frame()
                server.errors.wait(lambda lines: any('protocol' in line for line in lines),
                                   'the protocol error')

    def test_start_lines(self):
        port = self.server.port
        self.assertEqual([line.partition('] ')[2] for line in self.server.output.lines], [
            f'Serveur WebSocket démarré sur le port {port}',
            f'Connectez-vous sur : {WS}://localhost:{port}/',
            'Ctrl+C ou SIGTERM pour arrêter...'])


class Plain(Server):
    START_LINES = 3


class Web(HubTest):
    def get(self, request):
        with connect(self.server.port) as sock:
            sock.sendall(request)
            answer = b''
            with contextlib.suppress(ConnectionResetError):
                while more := sock.recv(65536):
                    answer += more
        head, _, body = answer.decode().partition('\r\n\r\n')
        return head.split('\r\n')[0], body

    def test_a_browser_gets_a_word(self):
        status, body = self.get(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertEqual(status, 'HTTP/1.1 200 OK')
        self.assertIn('everybody', body)
        self.assertIn(f'{WS}://', body)

    def test_the_chat_is_not_here(self):
        for path in ('/ws', '/chat'):
            self.assertIn(' 404 ', self.get(upgrade(path))[0])


if __name__ == '__main__':
    unittest.main()
