# SPDX-License-Identifier: MIT
"""A thread of a program that stands still as under a debugger, while all others run."""

import contextlib
import ctypes
import os
import unittest

SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


@contextlib.contextmanager
def frozen_thread(pid, place=-1):
    """Which one: a place among all, in the order in which they began."""
    thread = sorted(int(name) for name in os.listdir(f'/proc/{pid}/task'))[place]
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    if ptrace(SEIZE, thread, None, None) < 0:
        raise unittest.SkipTest(f'no ptrace here: {os.strerror(ctypes.get_errno())}')
    ptrace(INTERRUPT, thread, None, None)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        ptrace(DETACH, thread, None, None)
