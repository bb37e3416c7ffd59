# SPDX-License-Identifier: MIT
"""Clients that begin a TLS handshake and say no more: an honest one beside them notices nothing."""

import os
import statistics
import time
import unittest

os.environ['NVTEST_TLS'] = '1'

# pylint: disable=wrong-import-position
from support import Client, Server, connect, is_sanitized, poll
from tls_support import hello

SILENT = 200
# A handshake takes 2 ms. The machine may pause in some of them.
PATIENT = 1 if not is_sanitized() else 20


class Silent(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server('--threads', '1'))
        self.files = self.descriptors()
        self.took = []

    def tearDown(self):
        self.assertLess(statistics.median(self.took), PATIENT)

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.server.pid}/fd'))

    def check_honest(self):
        begun = time.monotonic()
        with Client(self.server.port, '/ws') as client:
            client.frame()
            client.send('x')
            client.frame()
            client.leave()
        self.took.append(time.monotonic() - begun)

    def check(self, *beginnings):
        """All of these, again and again, each of a client of its own."""
        socks = []
        for number in range(SILENT):
            socks.append(self.enterContext(connect(self.server.port, tls=None)))
            socks[-1].sendall(beginnings[number % len(beginnings)])
            if number % 20 == 0:
                self.check_honest()
        self.check_honest()
        for sock in socks:
            sock.close()
        poll(lambda: self.descriptors() <= self.files, f'{self.files} descriptors')

    def test_after_their_hello(self):
        self.check(hello())

    def test_within_their_hello(self):
        whole = hello()
        self.check(b'', whole[:1], whole[:5], whole[:-1])

    def test_many_hellos_at_once(self):
        """They wait for each other, but not the honest one for all of them."""
        socks = [self.enterContext(connect(self.server.port, tls=None)) for _ in range(SILENT)]
        data = hello()
        for sock in socks:
            sock.sendall(data)
        for _ in range(5):
            self.check_honest()
        for sock in socks:
            self.assertNotEqual(sock.recv(1), b'')

    def test_a_byte_now_and_then(self):
        socks = [self.enterContext(connect(self.server.port, tls=None)) for _ in range(SILENT)]
        for byte in hello()[:20]:
            for sock in socks:
                sock.sendall(bytes([byte]))
            self.check_honest()


if __name__ == '__main__':
    unittest.main()
