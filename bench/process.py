# SPDX-License-Identifier: MIT
"""The programs of a run, each on a core of its own, in the folder that has the certificate. The kernel
ends them when this one ends."""

import contextlib
import os
import re
import resource
import signal
import subprocess

CORES = sorted(os.sched_getaffinity(0))
PATIENCE_S = 200


class Failed(Exception):
    """A case could not run, or what was counted is wrong."""


def raise_file_limit():
    """As far as it goes; what it is not enough for fails with its own message."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def path_of(build, program):
    return os.path.join(build, program if program == 'navette' else f'bench/{program}')


def make_identity(build, certificate, key):
    subprocess.run([path_of(build, 'identity'), certificate, key], check=True)


def pinned(core, build, command):
    return ['setpriv', '--pdeathsig', 'KILL', 'taskset', '-c', str(core),
            path_of(build, command[0]), *command[1:]]


def read_port(process):
    for line in process.stdout:
        if found := re.search(r'port (\d+)', line):
            return int(found[1])
    raise Failed(f'the server did not start, exit code {process.wait()}')


@contextlib.contextmanager
def server(build, command):
    """Gives its process id and its port."""
    process = subprocess.Popen(pinned(CORES[-1], build, command), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, encoding='utf-8')
    with process:
        try:
            yield process.pid, read_port(process)
            process.terminate()
            if process.wait(PATIENCE_S) not in (0, -signal.SIGTERM):
                raise Failed(f'the server ended with exit code {process.returncode}')
        except subprocess.TimeoutExpired:
            raise Failed('the server does not stop') from None
        finally:
            process.kill()


def load(build, mode, arguments):
    """What the load client counted, by name."""
    command = ['load', mode, *(f'{name}={value}' for name, value in arguments.items())]
    try:
        done = subprocess.run(pinned(CORES[0], build, command), stdout=subprocess.PIPE,
                              encoding='utf-8', timeout=PATIENCE_S, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Failed('the load client failed') from error
    return {name: int(value) for name, value in map(str.split, done.stdout.splitlines())}


def measure(build, case, side):
    with server(build, case.sides[side]) as (pid, port):
        return load(build, case.mode, {'port': port, 'server': pid, **case.load})
