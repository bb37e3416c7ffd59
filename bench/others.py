# SPDX-License-Identifier: MIT
"""How much of the processors other programs took meanwhile."""

import os
import time

NEGLIGIBLE = 0.05
BUSY = (0, 1, 2, 5, 6, 7)  # user nice system irq softirq steal, of the first line of /proc/stat


def busy_s():
    with open('/proc/stat', encoding='ascii') as stat:
        ticks = [int(field) for field in stat.readline().split()[1:]]
    return sum(ticks[i] for i in BUSY) / os.sysconf('SC_CLK_TCK')


def own_s():
    return sum(os.times()[:4])


class Others:
    def __init__(self):
        self.busy, self.own, self.began = busy_s(), own_s(), time.monotonic()

    def share(self):
        """From the start until now, of what all processors could have done."""
        others = busy_s() - self.busy - (own_s() - self.own)
        return max(0, others) / (time.monotonic() - self.began) / os.cpu_count()

    def __str__(self):
        share = self.share()
        note = '; measure again on a quiet machine' if share > NEGLIGIBLE else ''
        return f'Other programs took {100 * share:.0f} % of the processors meanwhile{note}.'
