# SPDX-License-Identifier: MIT
"""The same as test_churn.py for ten minutes, of a server with topics and of navette serve."""

import unittest

from load_support import DROP_OLDEST
from test_churn import ChurnTest


class LongChurn(ChurnTest):
    seconds = 600
    tells = True

    def test_nothing_is_left_in_two_loops(self):
        self.check_publisher(threads=2, slow=DROP_OLDEST)

    def test_nothing_is_left_in_serve(self):
        self.check_serve('--echo', '--threads', '2')


if __name__ == '__main__':
    unittest.main()
