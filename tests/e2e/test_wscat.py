# SPDX-License-Identifier: MIT
"""npm's wscat, unmodified and on a terminal, as the tutorial uses it: wscat -c ws://.../ws."""

import os
import signal
import unittest

from client_support import Terminal
from places import NODE_MODULES
from support import Server

WSCAT = os.path.join(NODE_MODULES, 'wscat', 'bin', 'wscat')


class Wscat(unittest.TestCase):
    def open(self, path, *arguments):
        terminal = self.enterContext(Terminal('node', WSCAT, '--no-color', '-c',
                                              self.server.url + path, *arguments))
        terminal.expect(r'Connected \(press CTRL\+C to quit\)')
        return terminal

    def setUp(self):
        self.assertTrue(os.path.exists(WSCAT), f'{WSCAT} is missing: npm install')
        self.server = self.enterContext(Server('--rate', '0'))

    def test_ws(self):
        terminal = self.open('/ws')
        terminal.expect('< Bienvenue sur le serveur WebSocket !')
        terminal.type('élève\r')
        terminal.expect('< Serveur dit : J\'ai reçu votre message "élève"')
        terminal.interrupt()
        self.assertEqual(terminal.rest(), 0)

    def test_chat(self):
        anna = self.open('/chat')
        zoe = self.open('/chat')
        for terminal in (anna, zoe):
            terminal.expect(r'< Bienvenue ! Quel est votre pseudo \?')
        anna.type('Anna\r')
        for terminal in (anna, zoe):
            terminal.expect(r'< \[SYSTÈME\] Anna a rejoint le chat')
        zoe.type('Zoé\r')
        anna.expect(r'< \[SYSTÈME\] Zoé a rejoint le chat')
        anna.type('Bonjour\r')
        for terminal in (anna, zoe):
            terminal.expect(r'< \[Anna\] Bonjour')
        anna.interrupt()
        zoe.expect(r'< \[SYSTÈME\] Anna a quitté le chat')

    def test_pings_and_close(self):
        terminal = self.open('/ws', '--slash', '-P')
        terminal.expect('< Bienvenue')
        terminal.type('/ping\r')
        terminal.expect('< Received pong')
        terminal.type('/close 1000 done\r')
        terminal.expect(r'Disconnected \(code: 1000, reason: ""\)')

    def test_the_server_stops(self):
        terminal = self.open('/ws')
        terminal.expect('< Bienvenue')
        self.server.process.send_signal(signal.SIGINT)
        terminal.expect(r'Disconnected \(code: 1001, reason: ""\)')
        terminal.rest()


if __name__ == '__main__':
    unittest.main()
