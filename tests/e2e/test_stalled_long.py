# SPDX-License-Identifier: MIT
"""1 % of 1,000 subscribers stop reading while 100 messages a second are published. Against runs in
which all read, the others' p99 grows by a quarter at most, as the median of seven pairs."""

import os
import statistics
import unittest

from load_support import CLOSE, DROP_OLDEST
from test_stalled import StalledTest

PAIRS = 7


class LongStalled(StalledTest):
    clients = 1000
    stalled = 10
    messages = 800
    rate = 100
    cores = tuple(sorted(os.sched_getaffinity(0)))[:2] * 2

    def ratio(self, slow):
        smooth, stalled = self.pair(slow, 1)
        print(f'p99 {smooth.times["p99_us"]} us, {stalled.times["p99_us"]} us while some stall; '
              f'memory {smooth.memory} and {stalled.memory}', flush=True)
        return stalled.times['p99_us'] / smooth.times['p99_us']

    def check_ratio(self, slow):
        ratios = [self.ratio(slow) for _ in range(PAIRS)]
        print(f'ratios {sorted(ratios)}', flush=True)
        self.assertLessEqual(statistics.median(ratios), 1.25)

    def test_while_they_are_closed(self):
        self.check_ratio(CLOSE)

    def test_while_the_oldest_are_dropped(self):
        self.check_ratio(DROP_OLDEST)


if __name__ == '__main__':
    unittest.main()
