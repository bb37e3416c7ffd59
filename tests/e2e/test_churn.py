# SPDX-License-Identifier: MIT
"""1,000 clients a second come and go, each in one of ten ways; then nothing is left of them.

Some say goodbye, some reset, leave in the middle of a request or of a message, break the rules,
never ask, never answer a ping, or never read (tests/load/visitor.c)."""

import unittest

from load_support import (KEEP_NEWEST, Publisher, Readers, anonymous_memory, churn, clients_for,
                          descriptors, wait_asleep)
from support import Client, Server, is_sanitized, poll

CROWD = 4000
BURST = 200
SLACK = 4 << 20  # what the C library keeps does not depend on how many have come


class EchoServer(Server):
    START_LINES = 3


class ChurnTest(unittest.TestCase):
    seconds = 3
    rate = clients_for(1000)
    tells = False

    def publisher(self, **options):
        return self.enterContext(Publisher(
            handshake_timeout_ms=10000, ping_interval_ms=1000, pong_timeout_ms=10000, **options))

    def churn(self, server, seconds):
        counted = churn(server.port, seconds, self.rate)
        if self.tells:
            print(counted, flush=True)

    def churn_publisher(self, server, seconds):
        """While 100 messages a second are published."""
        server.start_publishing(100 * seconds, 100, 200)
        self.churn(server, seconds)
        server.wait_published()
        server.wait_without_connections()

    def warm_up(self, server):
        """What stands for connections that have gone stays, and buffers keep their length from
        turn to turn: more of both are made here than the churn will need."""
        with Readers(server.port, clients=clients_for(CROWD), messages=BURST) as readers:
            server.start_publishing(BURST, 1000000, 20)
            server.wait_published()
            readers.wait_read()
        server.wait_without_connections()
        wait_asleep(server.pid)

    def check_publisher(self, **options):
        server = self.publisher(**options)
        self.warm_up(server)
        before, files = server.stats(), descriptors(server.pid)
        self.churn_publisher(server, self.seconds)
        wait_asleep(server.pid)
        self.assertGreater(server.stats()['opened'] - before['opened'], self.rate * self.seconds / 2)
        self.wait_descriptors(server, files)
        poll(lambda: server.stats()['live'] == before['live'], f'{before} of {server.stats()}')

    def wait_descriptors(self, server, files):
        poll(lambda: descriptors(server.pid) <= files, f'{files} descriptors')

    def check_serve(self, *flags):
        server = self.enterContext(EchoServer('--ping-interval', '1', *flags))
        files = descriptors(server.pid)
        with Client(server.port, '/') as client:
            client.leave()
        self.wait_descriptors(server, files)
        wait_asleep(server.pid)
        memory = anonymous_memory(server.pid)
        self.churn(server, self.seconds)
        self.wait_descriptors(server, files)
        wait_asleep(server.pid)
        if self.tells:
            print(f'memory {memory} and {anonymous_memory(server.pid)}', flush=True)
        if not is_sanitized():
            poll(lambda: anonymous_memory(server.pid) <= memory + SLACK, f'{memory} bytes')


class Churn(ChurnTest):
    def test_nothing_is_left_in_two_loops(self):
        self.check_publisher(threads=2, slow=KEEP_NEWEST)

    def test_nothing_is_left_in_serve(self):
        self.check_serve('--echo', '--threads', '2')


if __name__ == '__main__':
    unittest.main()
