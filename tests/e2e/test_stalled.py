# SPDX-License-Identifier: MIT
"""1 % of the subscribers stop reading while messages are published: they are closed or thinned, as
the policy says and by exact counts; the others get everything, in order and in time."""

import unittest

from load_support import (CLOSE, DROP_OLDEST, KEEP_NEWEST, OFF, Publisher, Readers, clients_for)
from support import SOON, is_sanitized, poll

SLOW = 'the peer did not read'
SIZE = 1000
QUEUE = 256 << 10
CHUNK = 48
BLOCK = 16 << 10  # of frames side by side; the last of them does not fit


class Run:
    """All have read what was published, some of them only afterwards if they `stall`."""

    def __init__(self, clients, stalled, stall, messages, rate, cores=(None, None), **options):
        with Publisher(core=cores[0], max_queue=QUEUE, write_timeout_ms=OFF,
                       close_timeout_ms=OFF, **options) as server:
            with Readers(server.port, core=cores[1], clients=clients, others=stalled,
                         stall=int(stall), messages=messages) as readers:
                before = server.stats()
                server.start_publishing(messages, rate, SIZE)
                self.times = readers.wait_read()
                server.wait_published()
                self.memory = server.stats()['live'] - before['live']
                self.ends = readers.read_stalled()
                self.stats = poll(lambda: self.settled(server.stats()), 'the last of its counts')

    def settled(self, stats):
        """The server counts behind what it sends, which the readers may see earlier."""
        has_told = stats['told_missed'] == stats['missed']
        return has_told and stats[SLOW] == self.ends['stalled_closed'] and stats


def memory_formula(threads, stalled, slow):
    """The payload once in each loop, in blocks; and of each queue its chunks, which are messages if
    any may be dropped, and else blocks; and a Close."""
    payload = threads * (QUEUE + QUEUE // 16 + 2 * BLOCK)
    pieces = QUEUE // (BLOCK if slow == CLOSE else SIZE) + 3
    return payload + stalled * (pieces * CHUNK + 600)


class StalledTest(unittest.TestCase):
    clients = clients_for(500)
    stalled = 5
    messages = 600
    rate = 200
    cores = (None, None)

    def run_with(self, stall, **options):
        return Run(self.clients, self.stalled, stall, self.messages, self.rate, self.cores,
                   **options)

    def check_closed(self, run):
        self.assertEqual(run.ends['stalled_closed'], self.stalled)
        self.assertEqual(run.ends['stalled_missed'], 0)
        self.assertLess(run.ends['stalled_received'], self.stalled * self.messages)
        self.assertEqual(run.stats[SLOW], self.stalled)
        self.assertEqual(run.stats['missed'], 0)

    def check_thinned(self, run):
        """Each has got the last message; what is missing was counted, and told before that settled."""
        self.assertEqual(run.ends['stalled_complete'], self.stalled)
        self.assertEqual(run.stats[SLOW], 0)
        self.assertGreater(run.stats['missed'], 0)
        self.assertEqual(run.stats['missed'], run.ends['stalled_missed'])
        self.assertEqual(run.ends['stalled_received'] + run.stats['missed'],
                         self.stalled * self.messages)

    def check(self, run, slow, threads):
        self.assertEqual(run.times['messages'], (self.clients - self.stalled) * self.messages)
        if slow == CLOSE:
            self.check_closed(run)
        else:
            self.check_thinned(run)
        self.assertEqual(run.stats['published'], threads * self.messages)

    def pair(self, slow, threads):
        """One run in which all read, one in which some stall."""
        smooth = self.run_with(False, slow=slow, threads=threads)
        self.assertEqual(smooth.stats['missed'], 0)
        stalled = self.run_with(True, slow=slow, threads=threads)
        self.check(stalled, slow, threads)
        self.assertLessEqual(stalled.memory - smooth.memory,
                             memory_formula(threads, self.stalled, slow))
        return smooth, stalled


class Stalled(StalledTest):
    def check_pair(self, slow, threads):
        """The bound is wide: it is for a server that waits for those who do not read."""
        smooth, stalled = self.pair(slow, threads)
        if not is_sanitized():
            self.assertLess(stalled.times['p99_us'], 5 * smooth.times['p99_us'] + SOON * 1000000)

    def test_closed_in_one_loop(self):
        self.check_pair(CLOSE, 1)

    def test_oldest_dropped_in_two_loops(self):
        self.check_pair(DROP_OLDEST, 2)

    def test_newest_kept(self):
        run = self.run_with(True, slow=KEEP_NEWEST, threads=2)
        self.check(run, KEEP_NEWEST, 2)


if __name__ == '__main__':
    unittest.main()
