# SPDX-License-Identifier: MIT
"""navette connect --echo-loop: sends back whatever the server sends, until that closes."""

import asyncio
import contextlib
import select
import signal
import struct
import subprocess
import threading
import unittest

import websockets
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from client_support import SERVER_CONTEXT, ScriptedServer, accepting, run_connect, started
from places import NAVETTE
from support import (BINARY, PATIENCE, PING, PONG, TEXT, WS, closed_port, is_sanitized, memory_of,
                     server_frame, server_message, short)

MIB = 1 << 20


class EchoLoopTest(unittest.TestCase):
    def check(self, result, code, *said):
        """The exit code; nothing on standard output; pieces of standard error, or nothing."""
        errors = result.stderr.decode()
        self.assertEqual((result.returncode, result.stdout), (code, b''), errors)
        for piece in said:
            self.assertIn(piece, errors)
        if not said:
            self.assertEqual(errors, '')

    def talk(self, script, *arguments):
        with ScriptedServer(accepting(script)) as server:
            return run_connect('--echo-loop', *arguments, server.url)

    def expect(self, peer, *contents):
        for content in contents:
            opcode = TEXT if isinstance(content, str) else BINARY
            payload = content.encode() if isinstance(content, str) else content
            first, got = peer.frame()
            self.assertEqual((first, short(got)), (0x80 | opcode, short(payload)))


class Messages(EchoLoopTest):
    def test_text_as_text_and_binary_as_binary(self):
        contents = ['', 'é€\U0001f600', b'', bytes(range(256)), 'x' * 65535, b'y' * 65536]

        def script(peer):
            for content in contents:
                peer.send(content)
                self.expect(peer, content)
            peer.send(*contents)
            self.expect(peer, *contents)
            peer.send_close(1000)
            peer.expect_close()
        self.check(self.talk(script, '--no-compression'), 0)

    def test_fragments_and_pings(self):
        def script(peer):
            peer.send_raw(server_frame(TEXT, b'fr') + server_frame(0x80 | PING, b'p') +
                          server_frame(0, b'') + server_frame(0x80, b'ag'))
            self.assertEqual(peer.frame(), (0x80 | PONG, b'p'))
            self.expect(peer, 'frag')
            peer.send_close(1000)
            peer.expect_close()
        self.check(self.talk(script), 0)

    def test_16_mib(self):
        content = bytes(range(256)) * (16 * MIB // 256)

        def script(peer):
            peer.send(content)
            self.expect(peer, content)
            peer.send_close(1000)
            peer.expect_close()
        self.check(self.talk(script, '--no-compression'), 0)

    def test_standard_input_is_not_read(self):
        def script(peer):
            peer.send('a')
            self.expect(peer, 'a')
            self.assertEqual(select.select([peer.sock], [], [], 0.2)[0], [])
            peer.send_close(1000)
            peer.expect_close()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', '--echo-loop', server.url) as process:
            process.stdin.write(b'quit\n')
            process.stdin.close()
            self.assertEqual(process.wait(PATIENCE), 0)


class SlowServers(EchoLoopTest):
    """A server that does not read is not read from."""

    contents = [struct.pack('!I', number) * 15000 for number in range(1000)]

    def send_until_it_waits(self, peer, data):
        sent = 0
        peer.sock.setblocking(False)
        while sent < len(data) and select.select([], [peer.sock], [], 1)[1]:
            sent += peer.sock.send(data[sent:sent + MIB])
        peer.sock.settimeout(PATIENCE)
        self.assertLess(sent, len(data), 'the client reads on')
        return data[sent:]

    def run_against(self, end, tail=b''):
        """The result of a run in which the server sends everything before it reads."""
        data = memoryview(b''.join(map(server_message, self.contents)) + tail)
        started_it = threading.Event()
        process = None

        def script(peer):
            started_it.wait(PATIENCE)
            rest = self.send_until_it_waits(peer, data)
            if not is_sanitized():
                self.assertLess(memory_of(process.pid), 24 * MIB)
            sender = threading.Thread(target=peer.send_raw, args=(rest,))
            sender.start()
            self.expect(peer, *self.contents)
            sender.join()
            end(peer)
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', '--echo-loop', '--no-compression',
                        server.url) as process:
            started_it.set()
            code = process.wait(PATIENCE)
            return subprocess.CompletedProcess((), code, process.stdout.read(),
                                               process.stderr.read())

    def test_nothing_is_lost(self):
        def end(peer):
            peer.send_close(1000)
            peer.expect_close()
        self.check(self.run_against(end), 0)

    def test_a_wrong_frame_behind_all_that(self):
        def end(peer):
            peer.expect_close(1002)
        self.check(self.run_against(end, b'\xff\x00'), 8, '1002')


class Ends(EchoLoopTest):
    def closed_with(self, status):
        def script(peer):
            peer.send('bye')
            self.expect(peer, 'bye')
            peer.send_close(status)
            peer.expect_close(status)
        return self.talk(script)

    def test_in_order(self):
        for status in (1000, 1001, None):
            with self.subTest(status):
                self.check(self.closed_with(status), 0)

    def test_with_another_code(self):
        for status in (1002, 1011, 3000, 4999):
            with self.subTest(status):
                self.check(self.closed_with(status), 8, f'closed by the server: {status}')

    def test_what_was_sent_before_the_close_comes_back(self):
        def script(peer):
            peer.send('one', b'two')
            peer.send_close(1000)
            self.expect(peer, 'one', b'two')
            peer.expect_close()
        self.check(self.talk(script), 0)

    def test_abruptly(self):
        cases = {
            'the end': (lambda peer: None, 'the peer ended'),
            'a reset': (lambda peer: peer.reset(), 'the peer reset'),
        }
        for name, (end, said) in cases.items():
            def script(peer, end=end):
                peer.send('a')
                self.expect(peer, 'a')
                end(peer)
            with self.subTest(name):
                self.check(self.talk(script), 8, '1006 (abnormal closure)', said)

    def end_after(self, status, wrong, end):
        """A server that does wrong, reads the Close, and ends it somehow."""
        def script(peer):
            peer.send_raw(server_message('before') + wrong + server_message('behind'))
            self.expect(peer, 'before')
            peer.expect_close(status)
            end(peer)
        self.check(self.talk(script, '--max-message', '1000'), 8, f'the connection broke: {status}')

    def test_by_a_mistake_of_the_server(self):
        for status, wrong in ((1002, b'\xc3\x00'),
                              (1007, server_frame(0x80 | TEXT, b'\xff')),
                              (1009, server_frame(0x80 | BINARY, b'x' * 1001))):
            with self.subTest(status):
                self.end_after(status, wrong, lambda peer: peer.sock.close())

    def test_by_a_mistake_that_the_server_does_not_see(self):
        def answers(peer):
            peer.send_close(1000)
            peer.expect_end()

        def goes_on(peer):
            # The client does not wait for ever, and who still sends then is reset.
            with contextlib.suppress(ConnectionError):
                peer.send(*['more'] * 1000)
                peer.expect_end()
        for end in (answers, goes_on):
            with self.subTest(end.__name__):
                self.end_after(1002, b'\xc3\x00', end)

    def test_a_connection_that_never_opens(self):
        def refuse(peer):
            peer.read_head()
            peer.answer('HTTP/1.1 403 Forbidden', 'Content-Length: 0')
        with ScriptedServer(refuse) as server:
            self.check(run_connect('--echo-loop', server.url), 6, '403 Forbidden')
        with closed_port() as port:
            self.check(run_connect('--echo-loop', f'ws://127.0.0.1:{port}/'), 4, 'refused')

    def interrupted(self, script):
        ready = threading.Event()

        def whole(peer):
            peer.send('a')
            self.expect(peer, 'a')
            ready.set()
            peer.expect_close()
            script(peer, process)
        with ScriptedServer(accepting(whole)) as server, \
                started(NAVETTE, 'connect', '--echo-loop', server.url) as process:
            self.assertTrue(ready.wait(PATIENCE))
            process.send_signal(signal.SIGINT)
            return process.wait(PATIENCE), process.stderr.read()

    def test_interrupted(self):
        self.assertEqual(self.interrupted(lambda peer, _: peer.send_close(1000)), (0, b''))

    def test_interrupted_twice(self):
        def script(peer, process):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(ConnectionResetError):
                peer.expect_end()
        self.assertEqual(self.interrupted(script), (130, b''))

    def test_interrupted_before_it_is_open(self):
        asked = threading.Event()

        def script(peer):
            peer.read_head()
            asked.set()
            peer.expect_end()
        with ScriptedServer(script) as server, \
                started(NAVETTE, 'connect', '--echo-loop', server.url) as process:
            self.assertTrue(asked.wait(PATIENCE))
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE), 130)


class Libraries(unittest.IsolatedAsyncioTestCase):
    """python3-websockets as the server, with and without compression."""

    contents = ['', 'é' * 1000, b'', bytes(range(256)) * 200, 'short', 'x' * 65536]

    async def talk(self, *arguments, **options):
        """The result of the run, and the extensions that were agreed on."""
        agreed = []

        async def serve(socket):
            agreed.extend(socket.extensions)
            for content in [*self.contents, *self.contents]:
                await socket.send(content)
                got = await asyncio.wait_for(socket.recv(), PATIENCE)
                self.assertEqual((type(got), short(got)), (type(content), short(content)))
            await socket.send(['in ', 'three ', 'parts'])
            self.assertEqual(await asyncio.wait_for(socket.recv(), PATIENCE), 'in three parts')
            await socket.close(1000)
        async with websockets.serve(serve, '127.0.0.1', 0, ssl=SERVER_CONTEXT,
                                    **options) as server:
            port = server.sockets[0].getsockname()[1]
            result = await asyncio.to_thread(run_connect, '--echo-loop', *arguments,
                                             f'{WS}://127.0.0.1:{port}/')
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b'', b''))
        return agreed

    async def test_with_and_without_compression(self):
        self.assertEqual(len(await self.talk()), 1)
        self.assertEqual(await self.talk('--no-compression'), [])
        self.assertEqual(await self.talk(compression=None), [])

    async def test_whatever_the_server_asks_for(self):
        for bits in range(9, 16):
            for takeover in (False, True):
                extension = ServerPerMessageDeflateFactory(
                    server_max_window_bits=bits, client_max_window_bits=bits,
                    server_no_context_takeover=takeover, client_no_context_takeover=takeover)
                with self.subTest(bits=bits, takeover=takeover):
                    self.assertEqual(len(await self.talk(compression=None,
                                                         extensions=[extension])), 1)


if __name__ == '__main__':
    unittest.main()
