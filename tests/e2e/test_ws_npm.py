# SPDX-License-Identifier: MIT
"""npm's ws, unmodified, as a client of `navette serve` and as a server of `navette connect`."""

import os
import subprocess
import unittest

import tls_support
from client_support import run_connect, started
from places import NODE_MODULES
from support import PATIENCE, WS, Server
from tls_support import SECURE

# Each script gets WebSocket, and `url` where there is a server already.
PRELUDE = "const WebSocket = require('ws'); const assert = require('assert');" \
          "const url = process.argv[1];\n"

ECHO = r"""
const socket = new WebSocket(url + '/ws');
const big = Buffer.alloc(10240, 7);
const steps = [
    [(data, binary) => assert.deepEqual([String(data), binary],
        ['Bienvenue sur le serveur WebSocket !', false]), () => socket.send('élève')],
    [(data, binary) => assert.deepEqual([String(data), binary],
        ['Serveur dit : J\'ai reçu votre message "élève"', false]), () => socket.send(big)],
    [(data, binary) => { assert(binary); assert(data.equals(big)); }, () => socket.ping('there?')],
];
socket.on('message', (data, binary) => {
    const [check, next] = steps.shift();
    check(data, binary);
    next();
});
socket.on('pong', (data) => {
    assert.equal(String(data), 'there?');
    assert.equal(steps.length, 0);
    socket.close(4000, 'à bientôt');
});
socket.on('close', (code, reason) => {
    assert.deepEqual([code, String(reason)], [4000, '']);
    console.log('done');
});
"""

# Fragments, and the extension that ws offers by itself.
FRAGMENTS = r"""
const socket = new WebSocket(url + '/ws', { perMessageDeflate: true });
socket.once('message', () => {
    assert.equal(socket.extensions, '');
    socket.send('un ', { fin: false });
    socket.send('deux', { fin: true });
    socket.once('message', (data) => {
        assert.equal(String(data), 'Serveur dit : J\'ai reçu votre message "un deux"');
        socket.close();
        socket.on('close', (code) => {
            assert.equal(code, 1005);
            console.log('done');
        });
    });
});
"""

CHAT = r"""
const clients = 20;
let joined = 0, got = 0, closed = 0;
const sockets = Array.from({ length: clients }, (_, n) => {
    const socket = new WebSocket(url + '/chat');
    socket.on('message', (data) => {
        const text = String(data);
        if (text === 'Bienvenue ! Quel est votre pseudo ?') socket.send('n' + n);
        else if (text === `[SYSTÈME] n${n} a rejoint le chat` && ++joined === clients)
            sockets.forEach((each, m) => each.send('bonjour de ' + m));
        const match = /^\[n(\d+)\] bonjour de (\d+)$/.exec(text);
        if (match) {
            assert.equal(match[1], match[2]);
            if (++got === clients * clients) sockets.forEach((each) => each.close(1000));
        }
    });
    socket.on('close', (code) => {
        assert.equal(code, 1000);
        if (++closed === clients) console.log('done');
    });
    return socket;
});
"""

REFUSED = r"""
const socket = new WebSocket(url + '/nope');
socket.on('unexpected-response', (request, response) => {
    assert.equal(response.statusCode, 404);
    request.destroy();
    console.log('done');
});
socket.on('error', () => {});
"""

SERVER = r"""
const read = require('fs').readFileSync;
const [cert, key] = process.argv.slice(1);
const http = cert ? require('https').createServer({ cert: read(cert), key: read(key) })
    : require('http').createServer();
const server = new WebSocket.Server({ server: http, perMessageDeflate: true });
http.listen(0, '127.0.0.1', () => console.log(http.address().port));
server.on('connection', (socket) => {
    socket.on('message', (data, binary) => {
        if (String(data) === 'binary') socket.send(Buffer.from([0, 255]));
        else if (String(data) === 'parts') {
            socket.send('un ', { fin: false });
            socket.ping();
            socket.send('deux');
        } else socket.send(data, { binary });
    });
    socket.on('close', (code) => console.log('closed ' + code));
});
"""


class Ws(unittest.TestCase):
    def setUp(self):
        module = os.path.join(NODE_MODULES, 'ws')
        self.assertTrue(os.path.exists(module), f'{module} is missing: npm install')
        self.environment = {**os.environ, 'NODE_PATH': NODE_MODULES}

    def command(self, script):
        return ['node', '-e', PRELUDE + script]


class Clients(Ws):
    def run_script(self, script):
        with Server('--rate', '0') as server:
            result = subprocess.run(
                [*self.command(script), server.url], env=self.environment,
                capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, b'done\n'), result.stderr.decode())

    def test_echo(self):
        self.run_script(ECHO)

    def test_fragments(self):
        self.run_script(FRAGMENTS)

    def test_chat_of_twenty(self):
        self.run_script(CHAT)

    def test_refused(self):
        self.run_script(REFUSED)


class Servers(Ws):
    def test_connect(self):
        files = [tls_support.file(name) for name in ('server.pem', 'server.key')] if SECURE else []
        lines = ['a', 'élève', '', 'x' * 200000, 'binary', 'parts', 'b']
        with started(*self.command(SERVER), *files, env=self.environment) as server:
            port = int(server.stdout.readline())
            result = run_connect(f'{WS}://127.0.0.1:{port}/', stdin='\n'.join(lines).encode())
            self.assertEqual(server.stdout.readline(), b'closed 1000\n')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        self.assertEqual(result.stdout.decode().split('\n'),
                         ['a', 'élève', '', 'x' * 200000, '00ff', 'un deux', 'b', ''])


if __name__ == '__main__':
    unittest.main()
