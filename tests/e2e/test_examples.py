# SPDX-License-Identifier: MIT
"""The examples: each is started, talked to byte for byte, and stopped as a person would."""

import glob
import json
import os
import re
import socket
import subprocess
import threading
import time
import unittest

from client_support import ScriptedServer, Terminal, accepting, started
from places import EXAMPLES, ROOT
from support import CLOSE, PATIENCE, PING, PONG, TEXT, Client, frame, server_frame

WELCOME = 'Bienvenue sur le serveur WebSocket !'
ASK = 'Bienvenue ! Quel est votre pseudo ?'


def path_of(name):
    return os.path.join(EXAMPLES, name)


class ServerExample(unittest.TestCase):
    def start(self, name, banner):
        """Starts it on a free port and a terminal, where the banner has to appear."""
        self.terminal = self.enterContext(Terminal(path_of(name), '0'))
        self.port = int(self.terminal.expect(banner).group(1))

    def connect(self, path, **options):
        return self.enterContext(Client(self.port, path, **options))

    def says(self, text):
        self.terminal.expect('^' + re.escape(text) + '\r\n')

    def stop(self):
        """Enter stops it; what it says then."""
        self.terminal.type('\n')
        self.assertEqual(self.terminal.rest(), 0)
        return self.terminal.text


class SimpleServer(ServerExample):
    banner = (r'^Serveur WebSocket démarré sur le port (\d+)\r\n'
              r'Connectez-vous sur : ws://localhost:\1/ws\r\n'
              r'Appuyez sur Entrée pour arrêter\.\.\.\r\n')

    def setUp(self):
        self.start('simple_server', self.banner)

    def test_it(self):
        client = self.connect('/ws')
        self.says('Nouveau client connecté !')
        client.expect(WELCOME)
        client.send('é "x"')
        self.assertEqual(client.frame_bytes(), server_frame(
            0x80 | TEXT, 'Serveur dit : J\'ai reçu votre message "é "x""'.encode()))
        self.says('Message reçu : é "x"')
        client.send('x' * 65536)
        self.terminal.expect('Message reçu : x+\r\n')
        client.expect(f'Serveur dit : J\'ai reçu votre message "{"x" * 65536}"')
        client.leave()
        self.says('Client déconnecté')
        self.assertEqual(self.stop(), '\r\nArrêt du serveur...\r\n')

    def test_it_says_goodbye(self):
        clients = [self.connect('/ws'), self.connect('/ws', host='::1')]
        for client in clients:
            client.expect(WELCOME)
        self.terminal.type('\n')
        for client in clients:
            client.expect_close(1001)
            client.sock.close()
        self.assertEqual(self.terminal.rest(), 0)

    def test_the_port_is_taken(self):
        result = subprocess.run([path_of('simple_server'), str(self.port)], capture_output=True,
                                stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        self.assertEqual((result.returncode, result.stdout, result.stderr),
                         (1, b'', b'simple_server: address already in use\n'))

    def test_the_end_of_the_input_stops_it(self):
        result = subprocess.run([path_of('simple_server'), '0'], capture_output=True,
                                stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout.decode().replace('\n', '\r\n'),
                         self.banner + r'Arrêt du serveur\.\.\.\r\n$')


class SimpleClient(unittest.TestCase):
    def run_with(self, script, stdin):
        with ScriptedServer(accepting(script)) as server:
            return subprocess.run([path_of('simple_client'), server.url], input=stdin,
                                  capture_output=True, timeout=PATIENCE, check=False)

    def test_on_a_terminal(self):
        def script(peer):
            peer.send(WELCOME)
            peer.expect('Bonjour')
            peer.send('Serveur dit : J\'ai reçu votre message "Bonjour"')
            peer.expect_close()
            peer.send_close(1000)
        with ScriptedServer(accepting(script)) as server, \
                Terminal(path_of('simple_client'), server.url) as terminal:
            terminal.expect(r'^Connexion au serveur\.\.\.\r\n'
                            r'Connecté ! Tapez vos messages \(ou "quit" pour quitter\) :\r\n'
                            rf'Message du serveur : {WELCOME}\r\n')
            terminal.type('Bonjour\n')
            terminal.expect('Message du serveur : Serveur dit : J\'ai reçu votre message '
                            '"Bonjour"\r\n')
            terminal.type('quit\n')
            terminal.expect(r'Déconnexion\.\.\.\r\n')
            self.assertEqual((terminal.rest(), terminal.text), (0, ''))

    def test_the_end_of_the_input(self):
        def script(peer):
            peer.expect('a', '', 'b')
            peer.expect_close()
            peer.send_close(1000)
        result = self.run_with(script, b'a\n\nb')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        self.assertTrue(result.stdout.endswith('Déconnexion...\n'.encode()))

    def test_the_server_goes(self):
        def script(peer):
            peer.expect('a')
        with ScriptedServer(accepting(script)) as server, \
                started(path_of('simple_client'), server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE), 1)
            self.assertIn(b'without a Close', process.stderr.read())

    def test_no_server(self):
        for url in ('ws://127.0.0.1:1/', 'ftp://a.example'):
            result = subprocess.run([path_of('simple_client'), url], capture_output=True,
                                    stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, b'^simple_client: .+\n$')


class ReturningClient(unittest.TestCase):
    """The first connection breaks; the second takes the rest."""

    @staticmethod
    def texts_until_close(peer):
        texts = []
        while (got := peer.frame())[0] != 0x80 | CLOSE:
            if got[0] == 0x80 | PING:
                peer.send_raw(server_frame(0x80 | PONG, got[1]))
            else:
                texts.append(got[1].decode())
        peer.send_close(1000)
        return texts

    def test_it_comes_back(self):
        heard = []

        def first(peer):
            heard.append(peer.text())
            peer.send('Bonjour')
            # A close() would send a reset, were there a ping that nobody has read.
            peer.sock.shutdown(socket.SHUT_WR)
            while peer.sock.recv(4096):
                pass

        def second(peer):
            heard.extend(self.texts_until_close(peer))
        with ScriptedServer(accepting(first), accepting(second)) as server, \
                started(path_of('returning_client'), server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            self.assertEqual(process.stderr.readline(), b'returning_client: connected\n')
            self.assertRegex(process.stderr.readline(), b'without a Close; try 2 in [0-9]+ ms\n$')
            process.stdin.write(b'b\n')
            process.stdin.flush()
            self.assertEqual(process.stderr.readline(), b'returning_client: connected\n')
            process.stdin.close()
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(process.stderr.read(), b'2 confirmed, 0 uncertain, 0 dropped\n')
            self.assertEqual(process.stdout.read(), b'Bonjour\n')
        # Nobody has confirmed the first one, so it came again.
        self.assertEqual(heard, ['a', 'a', 'b'])


def behind_ticks(peer):
    while (frame := peer.frame()) == (0x80 | TEXT, b'tick'):
        pass
    return frame


class OtherLoops(unittest.TestCase):
    """A client inside a loop that is not the library's."""

    def run_with(self, name, script, stdin=b''):
        with ScriptedServer(accepting(script)) as server:
            return subprocess.run([path_of(name), server.url], input=stdin, capture_output=True,
                                  timeout=PATIENCE, check=False)

    def test_poll(self):
        def script(peer):
            peer.send('Bonjour')
            heard = [peer.text()]
            while heard.count('tick') < 2 or len(heard) < 5:
                heard.append(peer.text())
            self.assertEqual([text for text in heard if text != 'tick'], ['a', '', 'b'])
            peer.send('é')
            # Data behind its Close would be dropped: with the answer it has read what came before.
            peer.send_raw(server_frame(0x80 | PING, b'heard'))
            self.assertEqual(behind_ticks(peer), (0x80 | PONG, b'heard'))
            said.set()
            self.assertEqual(behind_ticks(peer), (0x80 | CLOSE, b'\x03\xe8'))
            peer.send_close(1000)
        said = threading.Event()
        with ScriptedServer(accepting(script)) as server, \
                started(path_of('poll_loop'), server.url) as process:
            process.stdin.write(b'a\n\nb\n')
            process.stdin.flush()
            self.assertTrue(said.wait(PATIENCE))
            process.stdin.close()
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(process.stdout.read().decode(), 'Bonjour\né\n')

    def test_libuv(self):
        def script(peer):
            peer.send('Bonjour')
            peer.expect('tick', 'tick')
            peer.send('é')
            peer.send_close(1000)
            self.assertEqual(behind_ticks(peer), (0x80 | CLOSE, b'\x03\xe8'))
        result = self.run_with('libuv_loop', script)
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        self.assertEqual(result.stdout.decode(), 'Bonjour\né\n')

    def test_the_server_goes(self):
        for name in ('poll_loop', 'libuv_loop'):
            result = self.run_with(name, lambda peer: peer.send('Adieu'))
            self.assertEqual(result.returncode, 1, name)

    def test_no_server(self):
        for name in ('poll_loop', 'libuv_loop'):
            result = subprocess.run([path_of(name), 'ws://127.0.0.1:1/'], capture_output=True,
                                    stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, f'^{name}: .+\n$'.encode())


class ChatServer(ServerExample):
    def setUp(self):
        self.start('chat_server', r'^=== Serveur de Chat WebSocket ===\r\n'
                   r'Port : (\d+)\r\n'
                   r'URL : ws://localhost:\1/chat\r\n'
                   r'Appuyez sur Entrée pour arrêter\.\.\.\r\n\r\n')

    def test_it(self):
        anna = self.connect('/chat')
        self.says('Nouveau client connecté (Total : 1)')
        anna.expect(ASK)
        anna.send('Anna')
        anna.expect('[SYSTÈME] Anna a rejoint le chat')
        self.says('Nouveau pseudo : Anna')
        zoe = self.connect('/chat')
        self.says('Nouveau client connecté (Total : 2)')
        zoe.expect(ASK)
        zoe.send('Zoé')
        for client in (anna, zoe):
            client.expect('[SYSTÈME] Zoé a rejoint le chat')
        self.says('Nouveau pseudo : Zoé')
        zoe.send('Salut à tous')
        for client in (anna, zoe):
            client.expect('[Zoé] Salut à tous')
        self.says('[Zoé] Salut à tous')
        zoe.leave()
        anna.expect('[SYSTÈME] Zoé a quitté le chat')
        self.says("Zoé s'est déconnecté")
        self.says('Client déconnecté (Restants : 1)')
        self.connect('/chat')
        self.says('Nouveau client connecté (Total : 2)')
        self.terminal.type('\n')
        anna.expect_close(1001)
        self.assertEqual(self.terminal.rest(), 0)

    def test_many_come_and_go(self):
        clients = [self.connect('/chat') for _ in range(50)]
        for client in clients:
            client.expect(ASK)
        for number, client in enumerate(clients):
            client.send(f'n{number}')
            for other in clients:
                other.expect(f'[SYSTÈME] n{number} a rejoint le chat')
        self.terminal.expect(r'\(Total : 50\)\r\n')
        for client in clients[1:]:
            client.sock.close()
        left = {clients[0].text() for _ in clients[1:]}
        self.assertEqual(left, {f'[SYSTÈME] n{n} a quitté le chat' for n in range(1, 50)})
        self.terminal.expect(r'\(Restants : 1\)\r\n')
        clients[0].send('x')
        clients[0].expect('[n0] x')


class JsonHandler(ServerExample):
    def setUp(self):
        self.start('json_handler', r'^URL : ws://localhost:(\d+)/chat \(Entrée pour arrêter\)\r\n')

    def test_it(self):
        anna, nobody = self.connect('/chat?pseudo=Zo%C3%A9'), self.connect('/chat')
        before = time.strftime('%Y-%m-%d %H:%M:%S')
        anna.send('{"type":"message","contenu":"Bonjour \\"x\\""}')
        text = nobody.text()
        anna.expect(text)
        stamp = json.loads(text)['timestamp']
        self.assertEqual(text, '{"type":"message","expediteur":"Zo\u00e9",'
                               f'"contenu":"Bonjour \\"x\\"","timestamp":"{stamp}"}}')
        self.assertTrue(before <= stamp <= time.strftime('%Y-%m-%d %H:%M:%S'), stamp)
        nobody.send('{"type":"message"}')
        self.assertEqual({**json.loads(anna.text()), 'timestamp': ''}, {
            'type': 'message', 'expediteur': None, 'contenu': '', 'timestamp': ''})
        anna.send('{"type":"ping"}')
        anna.expect('{"type":"pong"}')

    def test_what_it_does_not_understand(self):
        client = self.connect('/chat')
        for text in ('{"type":"nothing"}', '[]', '{"type":1}', '{}'):
            client.send(text)
        client.send('{"type":')
        self.terminal.expect(r'^Erreur parsing JSON : .+\r\n')
        client.send('{"type":"ping"}')
        client.expect('{"type":"pong"}')
        self.terminal.type('\n')
        client.expect_close(1001)
        self.assertEqual(self.terminal.rest(), 0)


class Ticker(ServerExample):
    def setUp(self):
        self.start('ticker', r'^ws://localhost:(\d+)/ticker/NAME; .*\r\n')

    def test_it(self):
        gold, also_gold = self.connect('/ticker/gold'), self.connect('/ticker/gold')
        silver = self.connect('/ticker/silver')
        # Who is subscribed has been by the time a ping is answered.
        for client in (gold, also_gold, silver):
            client.send_raw(frame(PING, b'?'))
            self.assertEqual(client.frame(), (0x80 | PONG, b'?'))
        self.terminal.type('gold 1234.5\nsilver 15 and a half\nnobody listens\n')
        gold.expect('1234.5')
        also_gold.expect('1234.5')
        silver.expect('15 and a half')
        self.terminal.type('gold* 1\n')
        self.terminal.expect('ticker: invalid argument\r\n')
        self.stop()
        for client in (gold, also_gold, silver):
            client.expect_close(1001)

    def test_a_name_that_is_none(self):
        client = self.connect('/ticker/' + 'x' * 256)
        client.expect_close(1008, 'no such topic')


class Sizes(unittest.TestCase):
    def test_each_is_under_80_lines(self):
        for path in glob.glob(os.path.join(ROOT, 'examples', '*.c')):
            with open(path, encoding='utf-8') as source:
                self.assertLess(len(source.readlines()), 80, path)


if __name__ == '__main__':
    unittest.main()
