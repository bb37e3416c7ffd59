# SPDX-License-Identifier: MIT
"""Debian's python3-websockets, unmodified, as a client of `navette serve` and as a server of
`navette connect`."""

import asyncio
import http
import signal
import unittest

import websockets

from client_support import SERVER_CONTEXT
from places import NAVETTE
from support import PATIENCE, WS, Server

WELCOME = 'Bienvenue sur le serveur WebSocket !'
ASK = 'Bienvenue ! Quel est votre pseudo ?'


class Clients(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.server = self.enterContext(Server('--rate', '0'))

    def connect(self, path, **options):
        return websockets.connect(self.server.url + path, **options)

    async def wait(self, awaitable):
        return await asyncio.wait_for(awaitable, PATIENCE)

    async def expect(self, client, *messages):
        for message in messages:
            self.assertEqual(await self.wait(client.recv()), message)

    async def test_ws(self):
        async with self.connect('/ws') as client:
            await self.expect(client, WELCOME)
            await client.send('Bonjour')
            await self.expect(client, 'Serveur dit : J\'ai reçu votre message "Bonjour"')
            await client.send(['en ', 'trois ', 'morceaux'])
            await self.expect(client, 'Serveur dit : J\'ai reçu votre message '
                                      '"en trois morceaux"')
            await client.send(bytes(range(256)))
            await self.expect(client, bytes(range(256)))
            await self.wait(await client.ping(b'are you there'))
            await self.wait(client.close(1000, 'à bientôt'))
        self.assertEqual((client.close_code, client.close_reason), (1000, ''))

    async def test_chat(self):
        async with self.connect('/chat') as anna, self.connect('/chat') as zoe:
            await self.expect(anna, ASK)
            await self.expect(zoe, ASK)
            await anna.send('Anna')
            for client in (anna, zoe):
                await self.expect(client, '[SYSTÈME] Anna a rejoint le chat')
            await anna.send('Bonjour')
            for client in (anna, zoe):
                await self.expect(client, '[Anna] Bonjour')
            await self.wait(await zoe.ping())
            await self.wait(anna.close())
            await self.expect(zoe, '[SYSTÈME] Anna a quitté le chat')
        self.assertEqual((anna.close_code, zoe.close_code), (1000, 1000))

    async def test_without_the_compression_that_it_offers(self):
        async with self.connect('/ws', compression=None) as client:
            await self.expect(client, WELCOME)
        async with self.connect('/ws', compression='deflate') as client:
            await self.expect(client, WELCOME)

    async def test_the_server_stops(self):
        async with self.connect('/ws') as client:
            await self.expect(client, WELCOME)
            self.server.process.send_signal(signal.SIGINT)
            with self.assertRaises(websockets.ConnectionClosed):
                await self.wait(client.recv())
            self.assertEqual(client.close_code, 1001)

    async def test_no_such_path(self):
        with self.assertRaises(websockets.InvalidStatusCode) as caught:
            async with self.connect('/nope'):
                pass
        self.assertEqual(caught.exception.status_code, 404)


class Servers(unittest.IsolatedAsyncioTestCase):
    async def run_connect(self, handler, *arguments, stdin=b'', **options):
        """`navette connect` against a server with that handler: its code, output and errors."""
        async with websockets.serve(handler, '127.0.0.1', 0, ssl=SERVER_CONTEXT,
                                    **options) as server:
            port = server.sockets[0].getsockname()[1]
            process = await asyncio.create_subprocess_exec(
                NAVETTE, 'connect', *arguments, f'{WS}://127.0.0.1:{port}/a?b=c',
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE)
            out, errors = await asyncio.wait_for(process.communicate(stdin), PATIENCE)
            return process.returncode, out.decode(), errors.decode()

    async def test_a_conversation(self):
        seen = []
        done = asyncio.Event()

        async def handler(peer):
            seen.extend([peer.path, peer.request_headers['X-A'], peer.subprotocol])
            async for message in peer:
                seen.append(message)
                await asyncio.wait_for(await peer.ping(), PATIENCE)
                await peer.send(message.upper())
            seen.append(peer.close_code)
            done.set()
        result = await self.run_connect(handler, '-H', 'X-A: 1', '-s', 'x,chat', '--once',
                                        stdin=b'question\n', subprotocols=['chat'])
        await asyncio.wait_for(done.wait(), PATIENCE)
        self.assertEqual(result, (0, 'QUESTION\n', ''))
        self.assertEqual(seen, ['/a?b=c', '1', 'chat', 'question', 1000])

    async def test_all_lines_arrive(self):
        seen = []
        done = asyncio.Event()

        async def handler(peer):
            async for message in peer:
                seen.append(message)
            done.set()
        lines = [f'{number} ' + 'é' * (number % 1000) for number in range(3000)]
        result = await self.run_connect(handler, stdin='\n'.join(lines).encode())
        await asyncio.wait_for(done.wait(), PATIENCE)
        self.assertEqual(result, (0, '', ''))
        self.assertEqual(seen, lines)

    async def test_closed_by_it(self):
        async def handler(peer):
            await peer.send('go away')
            await peer.close(4001, 'because')
        process = await self.run_connect(handler)
        self.assertEqual(process, (
            8, 'go away\n',
            'navette connect: closed by the server: 4001 (private to the application)\n'
            '    because\n'))

    async def test_refused_by_it(self):
        async def handler(peer):
            await peer.wait_closed()

        async def forbid(path, fields):
            return http.HTTPStatus.FORBIDDEN, [], b'not you\n'
        code, out, errors = await self.run_connect(handler, process_request=forbid)
        self.assertEqual((code, out), (6, ''))
        self.assertIn('answered 403 Forbidden', errors)
        self.assertIn('    not you\n', errors)


if __name__ == '__main__':
    unittest.main()
