# SPDX-License-Identifier: MIT
"""navette serve --echo: every message comes back as it was, whoever sends it and however slowly he
reads."""

import asyncio
import contextlib
import random
import select
import signal
import struct
import threading
import unittest
import zlib

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from support import (BINARY, CLOSE, DELIVERIES, PATIENCE, PING, PONG, TEXT, WS, Client, Server,
                     connect, frame, is_sanitized, message, server_message, short, upgrade)

MIB = 1 << 20


class EchoServer(Server):
    START_LINES = 3

    def __init__(self, *flags, **options):
        super().__init__('--echo', *flags, **options)


class EchoTest(unittest.TestCase):
    flags = ()

    def setUp(self):
        self.server = self.enterContext(EchoServer(*self.flags))

    def client(self, **options):
        return self.enterContext(Client(self.server.port, '/', **options))


def read_exactly(sock, size):
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = sock.recv_into(view)
        if count == 0:
            raise AssertionError(f'the end, {len(view)} of {size} bytes early')
        view = view[count:]
    return data


class Messages(EchoTest):
    def test_every_size_comes_back(self):
        client = self.client()
        for size in (0, 1, 125, 126, 127, 65535, 65536):
            for content in ('x' * size, bytes(i % 256 for i in range(size))):
                client.send(content)
                client.expect(content)
        client.leave()

    def test_however_they_are_cut(self):
        contents = ['', 'é€\U0001f600', b'', bytes(range(256)), 'x' * 1000]
        for how in DELIVERIES:
            with self.subTest(how):
                client = self.client()
                client.deliver(how, *contents)
                client.expect(*contents)
                client.leave()

    def test_a_burst_comes_back_whole_and_in_order(self):
        client = self.client()
        contents = [str(number) for number in range(20000)]
        client.send(*contents)
        wanted = b''.join(map(server_message, contents))
        self.assertEqual(short(read_exactly(client.sock, len(wanted))), short(bytearray(wanted)))
        client.leave()

    def test_pings_are_answered(self):
        client = self.client()
        client.send_raw(frame(TEXT, b'fr', fin=False) + frame(PING, b'p') + frame(0, b'ag'))
        self.assertEqual(client.frame(), (0x80 | PONG, b'p'))
        client.expect('frag')
        client.leave()

    def test_fifty_clients_at_once(self):
        clients = [self.client() for _ in range(50)]
        contents = [[f'{number} {turn}' * turn for turn in range(20)] for number in range(50)]
        for client, texts in zip(clients, contents):
            client.send(*texts)
        for client, texts in zip(clients, contents):
            client.expect(*texts)
        for client in clients:
            client.leave()


class Limits(EchoTest):
    def test_a_message_over_64_kib(self):
        for fin in (True, False):
            client = self.client()
            client.send('before')
            client.send_raw(frame(BINARY, b'x' * 65537, fin=fin))
            client.expect('before')
            client.expect_close(1009)

    def test_text_that_is_not_utf_8(self):
        client = self.client()
        client.send(b'\xff', 'é')
        client.send_raw(frame(TEXT, b'\xc3') + message('never seen'))
        client.expect(b'\xff', 'é')
        client.expect_close(1007)

    def test_nothing_is_said_about_clients(self):
        for wrong in (b'\xff\xff', frame(3), frame(TEXT, b'\xff'), frame(CLOSE, b'\x00')):
            client = self.client()
            client.send('hello')
            client.send_raw(wrong)
            client.expect('hello')
            self.assertEqual(client.frame()[0], 0x80 | CLOSE)
        with Client(self.server.port, '/') as client:
            client.send('one that just goes')
            client.expect('one that just goes')
        self.client().leave()
        self.assertEqual(self.server.stop(), 0)
        self.server.output.all()
        self.assertEqual(self.server.log(), ['Arrêt du serveur...'])
        self.assertEqual(self.server.errors.all(), [])


class Large(EchoTest):
    flags = ('--max-message', str(64 * MIB))

    def test_64_mib(self):
        client = self.client()
        content = bytes(range(256)) * (64 * MIB // 256)
        sender = threading.Thread(target=client.send, args=(content,))
        sender.start()
        wanted = server_message(content)
        self.assertTrue(read_exactly(client.sock, len(wanted)) == wanted)
        sender.join()
        client.send_raw(bytes([0x80 | BINARY, 0xff]) + struct.pack('!Q', 64 * MIB + 1))
        client.expect_close(1009)


    def test_pongs_leave_room_for_messages(self):
        """What is queued is just below the mark at which reading pauses; a pong takes it above."""
        client = self.client()
        for size in range(MIB - 140, MIB):
            if size % 20:
                continue
            contents = [bytes(size), 'hello']
            client.sock.sendall(message(contents[0]) + frame(PING, b'p' * 125) +
                                message(contents[1]))
            wanted = (server_message(contents[0]) + bytes([0x80 | PONG, 125]) + b'p' * 125 +
                      server_message(contents[1]))
            self.assertTrue(read_exactly(client.sock, len(wanted)) == wanted)
        client.leave()


class SlowReaders(EchoTest):
    """Who does not read is not read from."""

    flags = ('--context-takeover',)

    def send_until_it_waits(self, sock, data):
        """How much of it was sent until nothing more was taken for a second."""
        sent = 0
        sock.setblocking(False)
        while sent < len(data) and select.select([], [sock], [], 1)[1]:
            sent += sock.send(data[sent:sent + MIB])
        sock.settimeout(PATIENCE)
        return sent

    @contextlib.contextmanager
    def sending(self, sock, data):
        """Sends until the server waits, and then the rest while the block reads."""
        before = self.server.memory()
        sent = self.send_until_it_waits(sock, data)
        self.assertLess(sent, len(data), 'the server reads on')
        if not is_sanitized():
            self.assertLess(self.server.memory() - before, 8 * MIB)
        sender = threading.Thread(target=sock.sendall, args=(data[sent:],))
        sender.start()
        yield
        sender.join()

    def check(self, contents):
        client = self.client()
        client.send('first')
        client.expect('first')
        wanted = b''.join(map(server_message, contents))
        with self.sending(client.sock, memoryview(b''.join(map(message, contents)))):
            self.assertTrue(read_exactly(client.sock, len(wanted)) == wanted)
        client.leave()

    def test_long_messages(self):
        self.check([struct.pack('!I', number) * 15000 for number in range(1000)])

    def test_short_messages(self):
        self.check([f'{number:0>500}' for number in range(120000)])

    def test_compressed_messages(self):
        deflater, inflater = zlib.compressobj(1, wbits=-15), zlib.decompressobj(-15)
        contents = [random.Random(number).randbytes(15000) for number in range(2000)]
        frames = []
        for content in contents:
            payload = deflater.compress(content) + deflater.flush(zlib.Z_SYNC_FLUSH)
            frames.append(frame(0x40 | BINARY, payload[:-4]))
        client = self.client(fields='Sec-WebSocket-Extensions: permessage-deflate\r\n')
        with self.sending(client.sock, memoryview(b''.join(frames))):
            for content in contents:
                first, payload = client.frame()
                self.assertEqual(first, 0xc0 | BINARY)
                self.assertTrue(inflater.decompress(payload + b'\0\0\xff\xff') == content)
        client.leave()

    def test_others_are_served_meanwhile(self):
        client, other = self.client(), self.client()
        data = memoryview(message(b'x' * 65536) * 1000)
        self.assertLess(self.send_until_it_waits(client.sock, data), len(data))
        other.send('hello')
        other.expect('hello')
        other.leave()

    def test_the_server_stops_meanwhile(self):
        client = self.client()
        data = memoryview(message(b'x' * 65536) * 1000)
        self.assertLess(self.send_until_it_waits(client.sock, data), len(data))
        self.assertEqual(self.server.stop(signal.SIGTERM), 0)


class Web(EchoTest):
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
        self.assertIn(f'{WS}://', body)
        status, body = self.get(b'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
        self.assertEqual((status, body), ('HTTP/1.1 200 OK', ''))

    def test_the_chat_is_not_here(self):
        for path in ('/ws', '/chat'):
            self.assertIn(' 404 ', self.get(upgrade(path))[0])
        for path in ('/console', '/assets/chat.js', '/ws'):
            request = f'GET {path} HTTP/1.1\r\nHost: a\r\n\r\n'
            self.assertIn(' 404 ', self.get(request.encode())[0])

    def test_start_lines(self):
        port = self.server.port
        self.assertEqual([line.partition('] ')[2] for line in self.server.output.lines], [
            f'Serveur WebSocket démarré sur le port {port}',
            f'Connectez-vous sur : {WS}://localhost:{port}/',
            'Ctrl+C ou SIGTERM pour arrêter...'])

    def test_other_flags_work_with_it(self):
        with EchoServer('--listen', '[::1]', '--ping-interval', '1', '--rate', '0') as server:
            with Client(server.port, '/', host='::1') as client:
                self.assertEqual(client.frame(), (0x80 | PING, b''))
                client.leave()


class Libraries(unittest.IsolatedAsyncioTestCase):
    """python3-websockets, which offers compression unless it is told not to."""

    contents = ['', 'é' * 1000, b'', bytes(range(256)) * 200, 'short', 'x' * 65536]

    async def talk(self, server, **options):
        async with websockets.connect(server.url, **options) as client:
            for content in [*self.contents, *self.contents]:
                await client.send(content)
                got = await asyncio.wait_for(client.recv(), PATIENCE)
                self.assertEqual((type(got), short(got)), (type(content), short(content)))
            await client.send(['in ', 'three ', 'parts'])
            self.assertEqual(await asyncio.wait_for(client.recv(), PATIENCE), 'in three parts')
            await asyncio.wait_for(await client.ping(b'there?'), PATIENCE)
            return client.extensions, client.response_headers.get('Sec-WebSocket-Extensions')

    async def test_without_compression(self):
        with EchoServer() as server:
            self.assertEqual(await self.talk(server, compression=None), ([], None))

    async def test_with_compression(self):
        with EchoServer() as server:
            extensions, answer = await self.talk(server)
        self.assertEqual(len(extensions), 1)
        self.assertIn('server_no_context_takeover', answer)

    async def test_with_context_takeover(self):
        with EchoServer('--context-takeover') as server:
            _, answer = await self.talk(server)
        self.assertNotIn('no_context_takeover', answer)

    async def test_every_offer_is_taken(self):
        with EchoServer('--context-takeover') as server:
            for bits in range(9, 16):
                for takeover in (False, True):
                    offer = ClientPerMessageDeflateFactory(
                        server_max_window_bits=bits, client_max_window_bits=bits,
                        server_no_context_takeover=takeover, client_no_context_takeover=takeover)
                    with self.subTest(bits=bits, takeover=takeover):
                        extensions, _ = await self.talk(server, compression=None,
                                                        extensions=[offer])
                        self.assertEqual(len(extensions), 1)


class Chat(unittest.IsolatedAsyncioTestCase):
    """Without --echo compression is off unless it is asked for."""

    async def answer(self, *flags):
        with Server(*flags) as server:
            async with websockets.connect(server.url + '/chat') as client:
                self.assertIn('pseudo', await asyncio.wait_for(client.recv(), PATIENCE))
                await client.send('é' * 20)
                self.assertIn('a rejoint', await asyncio.wait_for(client.recv(), PATIENCE))
                await client.send('x' * 1000)
                self.assertIn('x' * 1000, await asyncio.wait_for(client.recv(), PATIENCE))
                return client.response_headers.get('Sec-WebSocket-Extensions')

    async def test_flags(self):
        self.assertIsNone(await self.answer())
        self.assertIn('server_no_context_takeover', await self.answer('--compression'))
        self.assertNotIn('no_context', await self.answer('--compression', '--context-takeover'))


if __name__ == '__main__':
    unittest.main()
