# SPDX-License-Identifier: MIT
"""A server is stopped and started ten times, in order and by SIGKILL in turn, while four threads send through
one client. What the server has seen stands in a file that outlives it; the client's account has to agree."""

import json
import os
import signal
import subprocess
import tempfile
import unittest

from load_support import Program
from places import LOAD
from support import PATIENCE, is_sanitized, poll

BREAKS = 10
THREADS = 4
NUMBERS = 4000000  # of each thread at most; as in tests/load/tally.h
AT_MOST_ONCE, CONFIRMED, AT_LEAST_ONCE = range(3)
REFUSE, DROP_OLDEST, DROP_NEWEST = range(3)
UNDER_WAY = 200 if is_sanitized() else 2000  # messages between two breaks, at least


class Collector:
    """The server of collector.c."""

    def __init__(self, path, burst, port=0):
        self.process = subprocess.Popen(
            [os.path.join(LOAD, 'collector'), path, f'port={port}', f'burst={burst}'],
            stdout=subprocess.PIPE, text=True)
        self.burst = burst
        self.port = int(self.process.stdout.readline().split()[1])

    def end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code


class Sender(Program):
    def account(self, command='account'):
        self.tell(command)
        return json.loads(self.line())


class Tally:
    """How often each message came: one byte a number, as tests/load/tally.h lays it out."""

    def __init__(self, path, numbers):
        with open(path, 'rb') as file:
            self.disorder = int.from_bytes(file.read(8), 'little')
            times = [file.read(NUMBERS) for _ in range(THREADS)]
        self.times = b''.join(part[:count] for part, count in zip(times, numbers))
        self.strangers = sum(len(part[count:].strip(b'\0'))
                             for part, count in zip(times, numbers))
        self.received = len(self.times) - self.times.count(0)
        self.most = max(self.times)


class ReconnectRun(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, 'tally')
        self.collector = None

    def tearDown(self):
        if self.collector and self.collector.process.poll() is None:
            self.collector.end(signal.SIGKILL)
        self.folder.cleanup()

    def wait_under_way(self, sender, opened, what):
        """The connection of that number is open, and so many are sent or confirmed on it."""
        before = poll(lambda: (now := sender.account())['opened'] >= opened and now, 'the client')
        poll(lambda: sender.account()[what] >= before[what] + UNDER_WAY, 'messages')

    def break_off(self, number):
        code = self.collector.end(number)
        self.assertEqual(code, -number if number == signal.SIGKILL else 0)
        self.collector = Collector(self.path, self.collector.burst, self.collector.port)

    def run_through(self, delivery, burst=NUMBERS, **options):
        """The account at the end, and what has come."""
        self.collector = Collector(self.path, burst)
        what = 'sent' if delivery == AT_MOST_ONCE else 'confirmed'
        with Sender('sender', port=self.collector.port, delivery=delivery, **options) as sender:
            for i in range(BREAKS):
                self.wait_under_way(sender, i + 1, what)
                self.break_off(signal.SIGKILL if i % 2 else signal.SIGTERM)
            self.wait_under_way(sender, BREAKS + 1, what)
            account = sender.account('finish')
        self.assertEqual(self.collector.end(signal.SIGTERM), 0)
        tally = Tally(self.path, account['numbers'])
        self.assertEqual(account['opened'], BREAKS + 1)
        self.assertEqual(account['taken'], sum(account['numbers']))
        self.assertEqual(account['taken'],
                         account['waiting'] + account['sent'] + account['dropped'])
        self.assertEqual(account['waiting'], 0)
        self.assertEqual((tally.disorder, tally.strangers), (0, 0))
        return account, tally

    def test_at_most_once(self):
        """The server is slower than the client, which is made to wait all the time."""
        account, tally = self.run_through(AT_MOST_ONCE, burst=20, size=4000)
        self.assertEqual(account['dropped'], 0)
        self.assertEqual(tally.most, 1)
        self.assertLessEqual(tally.received, account['sent'])

    def test_confirmed(self):
        account, tally = self.run_through(CONFIRMED, max_waiting=20000)
        self.assertEqual(account['sent'], account['confirmed'] + account['uncertain'])
        self.assertEqual(account['dropped'], 0)
        self.assertEqual(tally.most, 1)
        self.assertLessEqual(account['confirmed'], tally.received)
        self.assertLessEqual(tally.received, account['sent'])

    def test_at_least_once(self):
        account, tally = self.run_through(AT_LEAST_ONCE, max_waiting=20000)
        self.assertEqual(account['taken'], account['confirmed'])
        self.assertEqual(tally.received, account['taken'])

    def test_dropping(self):
        """Nothing is refused, and what came is what was not dropped, but for the uncertain."""
        account, tally = self.run_through(CONFIRMED, overflow=DROP_OLDEST)
        self.assertGreater(account['dropped'], 0)
        self.assertEqual(account['sent'], account['confirmed'] + account['uncertain'])
        self.assertEqual(tally.most, 1)
        self.assertLessEqual(account['confirmed'], tally.received)
        self.assertLessEqual(tally.received, account['sent'])


if __name__ == '__main__':
    unittest.main()
