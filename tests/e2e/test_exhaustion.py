# SPDX-License-Identifier: MIT
"""navette serve --echo without descriptors: it rests instead of spinning, serves whom it has, tells it
once, and lets others in as soon as it can."""

import os
import resource
import socket
import threading
import unittest

from support import SOON, Client, Server, poll, refusal

CLIENTS = 1000
LIMIT = 256
STRETCH = 3
FULL = 'cannot accept connections for now: '


def limit_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def cpu_seconds(pid):
    with open(f'/proc/{pid}/stat', encoding='ascii') as stat:
        fields = stat.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def setUpModule():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class EchoServer(Server):
    START_LINES = 3

    def complaints(self):
        """Errors go to the standard error."""
        with self.errors.changed:
            return [line for line in self.errors.lines if FULL in line]


class ExhaustionTest(unittest.TestCase):
    def start(self, **options):
        self.server = self.enterContext(EchoServer('--echo', **options))

    def client(self):
        return self.enterContext(Client(self.server.port, '/'))

    def knock(self):
        """A connect that nobody waits for: it may stay in the system's queue."""
        sock = self.enterContext(socket.socket())
        sock.setblocking(False)
        sock.connect_ex(('127.0.0.1', self.server.port))
        return sock

    def assert_echoes(self, clients):
        for client in clients:
            client.send('x')
        for client in clients:
            client.expect('x')

    def assert_refused(self):
        """Told so, or just closed when too many are being told."""
        self.assertIn(refusal(self.server.port), (b'HTTP/1.1 503 ', b''))

    def assert_rests(self):
        before = cpu_seconds(self.server.pid)
        threading.Event().wait(STRETCH)
        used = cpu_seconds(self.server.pid) - before
        self.assertLess(used, STRETCH * 0.2)

    def try_client(self):
        """None when it is refused, for the server counts whom it has not yet seen off."""
        try:
            return self.client()
        except (AssertionError, ConnectionError):
            return None

    def assert_lets_in(self):
        self.assert_echoes([poll(self.try_client, 'a place', SOON)])


class Exhaustion(ExhaustionTest):
    def test_without_descriptors_it_rests_and_recovers(self):
        """A limit that falls while the server runs takes away what it counts on."""
        self.start()
        resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
        free = LIMIT - len(os.listdir(f'/proc/{self.server.pid}/fd'))
        served = [self.client() for _ in range(free)]
        waiting = [self.knock() for _ in range(CLIENTS - len(served))]
        poll(self.server.complaints, FULL)
        self.assert_rests()
        self.assert_echoes(served)
        self.assertEqual(len(self.server.complaints()), 1)
        for sock in waiting:
            sock.close()
        for client in served[:10]:
            client.sock.close()
        self.assert_lets_in()
        self.assert_echoes(served[10:])

    def test_a_small_limit_from_the_beginning_refuses_the_rest(self):
        self.start(preexec_fn=limit_descriptors)
        served = [self.client() for _ in range(LIMIT // 2)]
        for _ in range(CLIENTS - len(served)):
            self.assert_refused()
        self.assert_rests()
        self.assert_echoes(served)
        self.assertEqual(self.server.complaints(), [])
        served[0].leave()
        self.assert_lets_in()


if __name__ == '__main__':
    unittest.main()
