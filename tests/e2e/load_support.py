# SPDX-License-Identifier: MIT
"""The programs of tests/load, and what is left in a server when its clients have gone."""

import json
import os
import subprocess
import threading

from places import LOAD
from support import PATIENCE, is_sanitized, poll, watches_threads

OFF = 0xffffffff
CLOSE, DROP_OLDEST, KEEP_NEWEST = range(3)
QUIET = 2


def arguments(options):
    return [f'{name}={value}' for name, value in options.items()]


def reserve(core):
    """That core alone, and before everybody else on it if that is allowed: what is measured then is not
    the machine's other work."""
    os.sched_setaffinity(0, {core})
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        pass


def start(program, core=None, **options):
    """With pipes; on that core, see reserve."""
    return subprocess.Popen([os.path.join(LOAD, program), *arguments(options)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            preexec_fn=None if core is None else lambda: reserve(core))


class Program:
    """One that is asked line by line, and has to end well when its input ends."""

    def __init__(self, name, **options):
        self.process = start(name, **options)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is not None:
            self.process.kill()
        self.process.stdin.close()
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = f'{self.process.wait()}, being busy'
        self.process.stdout.close()
        if error is None and code != 0:
            raise AssertionError(f'{self.process.args[0]} ended with {code}')

    @property
    def pid(self):
        return self.process.pid

    def tell(self, line=''):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f'{self.process.args[0]} ended with {self.process.wait(PATIENCE)}')
        return line.rstrip('\n')


class Publisher(Program):
    """The server of publisher.c."""

    def __init__(self, **options):
        super().__init__('publisher', **options)
        self.port = int(self.line().split()[1])

    def stats(self):
        self.tell('stats')
        return json.loads(self.line())

    def start_publishing(self, count, rate, size):
        self.tell(f'publish {count} {rate} {size}')

    def wait_published(self):
        """Everything since the start."""
        return int(self.line().split()[1])

    def wait_without_connections(self):
        poll(lambda: self.stats()['connections'] == 0, 'the last one')


class Readers(Program):
    """The clients of readers.c, all connected."""

    def __init__(self, port, **options):
        super().__init__('readers', port=port, **options)
        if self.line() != 'ready':
            raise AssertionError('they are not ready')

    def wait_read(self):
        """What is counted when all have read everything, but those who stall."""
        numbers = {}
        while (line := self.line()) != 'read':
            name, number = line.split()
            numbers[name] = int(number)
        return numbers

    def read_stalled(self):
        self.tell()
        pairs = [self.line().split() for _ in range(4)]
        return {name: int(number) for name, number in pairs}


def churn(port, seconds, rate=1000):
    """Visitors come and go: what was counted of them. Fails unless each ended as it should."""
    run = subprocess.run([os.path.join(LOAD, 'churn'),
                          *arguments({'port': port, 'seconds': seconds, 'rate': rate})],
                         stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode != 0:
        raise AssertionError(f'not all ended as they should:\n{run.stdout}')
    return run.stdout


# --- What is left ---

def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


def anonymous_memory(pid):
    """Resident bytes but those of files, which come and go as the system likes."""
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        line = next(line for line in status if line.startswith('RssAnon:'))
    return int(line.split()[1]) * 1024


def switches(pid):
    """How often each of its loops has gone to sleep or was sent to; its main thread has no loop."""
    counts = {}
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/status', encoding='ascii') as status:
            counts[task] = [line.split()[1] for line in status if '_ctxt_switches' in line]
    del counts[str(pid)]
    return counts


def sleeps(pid):
    before = switches(pid)
    threading.Event().wait(QUIET)
    return switches(pid) == before


def wait_asleep(pid):
    """Until no loop wakes up any more: a timer that is left would wake it. ThreadSanitizer has a thread
    of its own that never rests."""
    if not watches_threads():
        poll(lambda: sleeps(pid), 'a quiet moment')


def clients_for(count):
    return count if not is_sanitized() else count // 5
