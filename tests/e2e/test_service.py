# SPDX-License-Identifier: MIT
"""As a service: what a manager is told, the sockets it hands over, and leaving without haste."""

import contextlib
import os
import re
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import tls_support
from frozen import frozen_thread
from places import NAVETTE, ROOT
from support import (CLOSE, PATIENCE, SOON, Client, Deadline, Lines, Server, ServerTest, connect, frame,
                     is_sanitized, poll, upgrade)

UNIT = os.path.join(ROOT, 'packaging', 'systemd', 'navette.service.in')
PYTHON = '/usr/bin/python3'
CROWD = 2000 if not is_sanitized() else 300

# Puts sockets where a manager does, and says whose they are.
HAND_OVER = '''
import os, sys
for place, fd in enumerate([os.dup(int(fd)) for fd in sys.argv[1].split(',')]):
    spare = os.dup2(fd, 100 + place)
for place in range(len(sys.argv[1].split(','))):
    os.dup2(100 + place, 3 + place)
    os.close(100 + place)
os.environ['LISTEN_PID'] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
'''


def listening():
    sock = socket.create_server(('127.0.0.1', 0), backlog=4096)
    return sock, sock.getsockname()[1]


def inodes_of(pid):
    """What a process has open, but for what it closes meanwhile."""
    found = set()
    for fd in os.listdir(f'/proc/{pid}/fd'):
        with contextlib.suppress(FileNotFoundError):
            found.add(os.stat(f'/proc/{pid}/fd/{fd}').st_ino)
    return found


def hand_over(*socks, names=''):
    """Options of a Server that gets these sockets."""
    fds = [sock.fileno() for sock in socks]
    return {'through': (PYTHON, '-c', HAND_OVER, ','.join(map(str, fds))), 'pass_fds': fds,
            'env': {'LISTEN_FDS': str(len(fds)), 'LISTEN_FDNAMES': names}}


class Manager:
    """The socket that a service talks to."""

    def __init__(self, name, watchdog_us=10_000_000):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(name.replace('@', '\0', 1))
        self.env = {'NOTIFY_SOCKET': name, 'WATCHDOG_USEC': str(watchdog_us)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def next(self, seconds=PATIENCE):
        self.sock.settimeout(seconds)
        return self.sock.recv(4096).decode()

    def until(self, text, seconds=PATIENCE):
        deadline = Deadline(seconds)
        while not (told := self.next(deadline.left())).startswith(text):
            pass
        return told


class Notification(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.names = (os.path.join(folder.name, 'notify'), f'@navette-test-{os.getpid()}')

    def test_ready_when_it_accepts_then_stopping(self):
        for name in self.names:
            with self.subTest(name), Manager(name) as manager:
                with Server(env=manager.env) as server:
                    told = manager.until('READY=1')
                    connect(server.port).close()
                    self.assertEqual(told.split('\n')[1:], [f'MAINPID={server.pid}'])
                    manager.until('WATCHDOG=1')
                    server.process.send_signal(signal.SIGTERM)
                    manager.until('STOPPING=1')
                    self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_a_status_says_where(self):
        with Manager(self.names[1]) as manager, Server(env=manager.env) as server:
            self.assertEqual(manager.next(), f'STATUS=Listening on port {server.port}')

    def test_no_watchdog_unless_asked_for(self):
        with Manager(self.names[1]) as manager:
            for env in ({'NOTIFY_SOCKET': self.names[1]},
                        {**manager.env, 'WATCHDOG_PID': '1'}):
                with Server(env=env):
                    manager.until('READY=1')
                    with self.assertRaises(TimeoutError):
                        manager.until('WATCHDOG', 2.5)
                manager.until('STOPPING=1')

    def test_a_short_watchdog_is_told_at_half_its_time(self):
        with Manager(self.names[1], 400_000) as manager, Server(env=manager.env):
            manager.until('WATCHDOG=1')
            begun = time.monotonic()
            for _ in range(10):
                manager.until('WATCHDOG=1')
            if not is_sanitized():
                self.assertLess(time.monotonic() - begun, 4)

    def test_the_watchdog_is_told_in_a_drain(self):
        with Manager(self.names[1], 400_000) as manager, \
                Server('--drain', '2', env=manager.env) as server, \
                Client(server.port, '/ws') as client:
            client.frame()
            server.process.send_signal(signal.SIGTERM)
            manager.until('STOPPING=1')
            for _ in range(4):
                manager.until('WATCHDOG=1', 2 if not is_sanitized() else PATIENCE)
            client.sock.close()
            self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_a_watchdog_that_is_too_short_is_told_of(self):
        for interval, told in ((100_000, True), (199_999, True), (200_000, False)):
            with self.subTest(interval), Manager(self.names[1], interval) as manager, \
                    Server(env=manager.env) as server:
                manager.until('WATCHDOG=1')
                server.stop()
                self.assertEqual('WATCHDOG_USEC' in ''.join(server.errors.all()), told)

    def test_a_socket_that_is_none_does_not_matter(self):
        for name in ('', '/', '@', 'relative', '/no/such/socket', '/' + 'x' * 200):
            with self.subTest(name), Server(env={'NOTIFY_SOCKET': name}):
                pass

    def test_the_watchdog_is_silent_while_a_loop_is_stuck(self):
        with Manager(self.names[1]) as manager, \
                Server('--threads', '2', env=manager.env) as server:
            manager.until('WATCHDOG=1')
            with frozen_thread(server.pid):
                with self.assertRaises(TimeoutError):
                    for _ in range(12):
                        manager.until('WATCHDOG=1', 3)
            manager.until('WATCHDOG=1')


@contextlib.contextmanager
def hangups(server):
    """SIGHUPs that come closer together than any tick, all the time."""
    stop = threading.Event()

    def send():
        while not stop.wait(0.002):
            server.process.send_signal(signal.SIGHUP)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        stop.set()
        sender.join()


class Hangups(unittest.TestCase):
    def test_time_passes_however_many_come(self):
        with Manager(f'@navette-test-{os.getpid()}') as manager, \
                Server('--drain', '1', env=manager.env) as server, \
                Client(server.port, '/ws') as client:
            client.frame()
            manager.until('READY=1')
            for _ in range(1000):
                server.process.send_signal(signal.SIGHUP)
            with hangups(server):
                for _ in range(3):
                    manager.until('WATCHDOG=1', 20)
                server.process.send_signal(signal.SIGTERM)
                manager.until('STOPPING=1', 20)
                client.expect_close(1012)
                self.assertEqual(server.process.wait(20), 0)


class Successor(Server):
    """One that clients wait for: they may be in the log before its first line."""

    def _started(self):
        return [self.output.wait(lambda lines: next(
            (line for line in lines if 'démarré sur le port' in line), None), 'the port')]


class Activation(unittest.TestCase):
    def test_it_serves_on_the_sockets_that_it_gets(self):
        (first, one), (second, two) = listening(), listening()
        with first, second, Server(**hand_over(first, second)) as server:
            self.assertEqual(server.port, one)
            for port in (one, two):
                with Client(port, '/ws') as client:
                    client.frame()
                    client.leave()
            with open(f'/proc/{server.pid}/net/tcp', encoding='ascii') as table:
                mine = inodes_of(server.pid)
                ports = {int(row.split()[1].split(':')[1], 16) for row in list(table)[1:]
                         if int(row.split()[9]) in mine and row.split()[3] == '0A'}
            self.assertEqual(ports, {one, two})

    def test_one_that_is_called_plain_stands_beside_tls(self):
        for names in (('web', 'plain'), ('plain', 'web'), ('plain', '')):
            socks = [listening() for _ in names]
            ports = {name == 'plain': port for name, (_, port) in zip(names, socks)}
            with self.subTest(names), socks[0][0] as first, socks[1][0] as second, \
                    Server(tls=tls_support.serve_flags(),
                           **hand_over(first, second, names=':'.join(names))) as server:
                self.assertEqual(server.port, ports[False])
                for plain, context in ((False, tls_support.client_context()), (True, None)):
                    with Client(ports[plain], '/ws', tls=context) as client:
                        client.frame()
                        client.leave()
                line = server.output.wait(lambda lines: next(
                    (line for line in lines if 'Sans TLS' in line), None), 'the plain port')
                self.assertIn(f':{ports[True]}/', line)
                with connect(ports[False], tls=None) as sock:
                    sock.sendall(upgrade('/ws'))
                    self.assertNotIn(b' 101 ', sock.recv(4096))

    def test_without_tls_all_are_plain(self):
        (first, one), (second, two) = listening(), listening()
        with first, second, Server(**hand_over(first, second, names='plain:x')) as server:
            self.assertEqual(server.port, one)
            for port in (one, two):
                with Client(port, '/ws') as client:
                    client.frame()

    def test_a_reload_has_nothing_against_them(self):
        with listening()[0] as sock, Manager(f'@navette-test-{os.getpid()}') as manager:
            options = hand_over(sock)
            options['env'].update(manager.env)
            with Server(**options) as server:
                manager.until('READY=1')
                server.process.send_signal(signal.SIGHUP)
                self.assertRegex(manager.until('RELOADING=1'), r'\nMONOTONIC_USEC=\d+$')
                manager.until('READY=1')
            self.assertFalse([line for line in server.errors.all() if 'restart' in line])

    def test_those_of_another_process_are_none(self):
        with listening()[0] as sock, Server(
                pass_fds=[sock.fileno()],
                env={'LISTEN_FDS': '1', 'LISTEN_PID': str(os.getpid())}) as server:
            self.assertNotEqual(server.port, sock.getsockname()[1])

    def test_what_does_not_listen_is_refused(self):
        ours, theirs = socket.socketpair()
        options = hand_over(ours)
        with ours, theirs, subprocess.Popen(
                [*options['through'], NAVETTE, 'serve', '--port', '0'],
                pass_fds=options['pass_fds'], env={**os.environ, **options['env']},
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            self.assertIn(b'LISTEN_FDS', process.stderr.read())
            self.assertEqual(process.wait(PATIENCE), 1)

    def test_nobody_is_refused_over_a_restart(self):
        sock, port = listening()
        stop, visits, failures = threading.Event(), [], []

        def visit():
            while not stop.is_set():
                try:
                    with Client(port, '/ws') as client:
                        client.frame()
                    visits.append(time.monotonic())
                except (OSError, AssertionError) as error:
                    failures.append(error)

        visitors = [threading.Thread(target=visit) for _ in range(4)]
        with sock:
            with Server(**hand_over(sock)) as server:
                for visitor in visitors:
                    visitor.start()
                for _ in range(3):
                    before = len(visits)
                    poll(lambda: len(visits) > before + 50, 'visits')
                    self.assertEqual(server.stop(signal.SIGTERM), 0)
                    server = Successor(**hand_over(sock))
                before = len(visits)
                poll(lambda: len(visits) > before + 50, 'visits')
                stop.set()
                for visitor in visitors:
                    visitor.join(PATIENCE)
                self.assertEqual(server.stop(), 0)
        self.assertEqual(failures, [])


class Drain(ServerTest):
    def test_K_19_a_crowd_gets_1012_and_when_to_come_back(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < CROWD + 200:
            self.skipTest(f'{hard} open files are too few')
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        clients = [Client(self.server.port, '/ws') for _ in range(CROWD)]
        begun = time.monotonic()
        self.server.process.send_signal(signal.SIGTERM)
        reasons = closes(clients)
        self.assertEqual(self.server.process.wait(PATIENCE), 0)
        if not is_sanitized():
            self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(len(reasons), CROWD)
        for reason in reasons:
            self.assertRegex(reason, rb'^\x03\xf4retry_after=\d+\.\d{3}$')
        self.assertGreater(len(set(reasons)), CROWD // 4)

    def test_newcomers_are_told_to_wait(self):
        with self.client('/ws') as client:
            client.frame()
            self.server.process.send_signal(signal.SIGTERM)
            client.expect_close(1012)
            with connect(self.server.port) as sock:
                sock.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
                self.assertIn(b' 503 ', sock.recv(65536).split(b'\r\n')[0])
            client.send_raw(frame(CLOSE, b'\x03\xf4'))
            client.expect_end()
        self.assertEqual(self.server.process.wait(PATIENCE), 0)

    def test_a_second_signal_stops_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Server() as server, Client(server.port, '/ws') as client:
                client.frame()
                server.process.send_signal(signal.SIGTERM)
                client.expect_close(1012)
                begun = time.monotonic()
                server.process.send_signal(number)
                self.assertEqual(server.process.wait(PATIENCE), 0)
                if not is_sanitized():
                    self.assertLess(time.monotonic() - begun, SOON)

    def test_the_deadline_is_that_of_the_option(self):
        with Server('--drain', '1') as server, Client(server.port, '/ws') as client:
            client.frame()
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(PATIENCE), 0)
            if not is_sanitized():
                self.assertLess(time.monotonic() - begun, SOON)


def closes(clients):
    """Answers each Close; what was in it, of those who got one."""
    waiting = selectors.DefaultSelector()
    payloads = []
    for client in clients:
        waiting.register(client.sock, selectors.EVENT_READ, client)
    while waiting.get_map():
        for key, _ in waiting.select(PATIENCE):
            with key.data as client:
                waiting.unregister(client.sock)
                first, payload = client.frame()
                while first != 0x80 | CLOSE:
                    first, payload = client.frame()
                payloads.append(payload)
                client.send_raw(frame(CLOSE, payload[:2]))
    return payloads


class Descriptors(unittest.TestCase):
    """With few of them it says what it lacks, and with those that it asks for it serves."""

    SETTINGS = ((), ('--metrics-port', '0'), ('--threads', '1'), ('--threads', '9'))

    def limited(self, count, *flags):
        return subprocess.Popen(
            ['prlimit', f'--nofile={count}', NAVETTE, 'serve', '--port', '0', *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def test_what_it_needs(self):
        for flags in self.SETTINGS:
            with self.subTest(flags), self.limited(6, *flags) as process:
                errors = process.stderr.read().decode()
                self.assertEqual(process.wait(PATIENCE), 1)
                self.assertIn('it may have 6 open files', errors)
                count = int(re.search(r'needs (\d+) at least', errors).group(1))
            with self.subTest(flags), self.limited(count - 1, *flags) as process:
                self.assertIn(f'it may have {count - 1} open files'.encode(),
                              process.stderr.read())
                self.assertEqual(process.wait(PATIENCE), 1)
            with self.subTest(flags), self.limited(6, '--check-config', *flags) as process:
                self.assertIn(b'it may have 6 open files', process.stderr.read())
                self.assertEqual(process.wait(PATIENCE), 2)
            with self.subTest(flags), Server(*flags, through=('prlimit', f'--nofile={count}')) \
                    as server, Client(server.port, '/ws') as client:
                client.frame()
                client.leave()


class Sandbox(unittest.TestCase):
    """What the unit asks for and can be had without systemd."""

    @unittest.skipUnless(os.getuid() == 0, 'only root can become somebody else')
    def test_the_unit_runs_as_nobody_on_a_read_only_system(self):
        with open(UNIT, encoding='utf-8') as unit:
            line = re.search('^ExecStart=(.*)$', unit.read(), re.M).group(1)
        config = tempfile.NamedTemporaryFile('w', suffix='.conf', delete=False)
        self.addCleanup(os.unlink, config.name)
        with config:
            config.write('port = 0\nlog-format = "text"\n')
        os.chmod(config.name, 0o644)
        command = (line.replace('@bindir@/navette', NAVETTE)
                   .replace('/etc/navette/navette.conf', config.name).split())
        sandbox = ['prlimit', '--nofile=4096', '--core=0', 'unshare', '--mount', 'sh', '-c',
                   'mount -o remount,ro,bind / && umask 0077 && exec "$@"', 'sh',
                   'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups',
                   '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all']
        if subprocess.run([*sandbox, 'true'], stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest('no mount namespaces here')
        with subprocess.Popen([*sandbox, *command], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            output, errors = Lines(process.stdout), Lines(process.stderr)
            try:
                output.wait(lambda lines: len(lines) >= 7, f'start lines: {errors.lines}')
                self.check(process.pid, int(output.lines[0].split()[-1]))
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(PATIENCE), 0)
            finally:
                process.kill()

    def check(self, pid, port):
        with open(f'/proc/{pid}/status', encoding='ascii') as file:
            status = dict(line.rstrip('\n').split(':\t', 1) for line in file)
        self.assertEqual(status['Uid'].split(), ['65534'] * 4)
        self.assertEqual(status['NoNewPrivs'], '1')
        self.assertEqual(int(status['CapEff'], 16) | int(status['CapBnd'], 16), 0)
        with Client(port, '/ws', tls=None) as client:
            client.frame()
            client.leave()

    def test_the_unit_is_as_closed_as_it_says(self):
        if not shutil.which('systemd-analyze'):
            self.skipTest('there is no systemd-analyze')
        with tempfile.TemporaryDirectory() as folder:
            with open(UNIT, encoding='utf-8') as unit:
                text = unit.read().replace('@bindir@/navette', NAVETTE)
            path = os.path.join(folder, 'navette.service')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            verdict = subprocess.run(
                ['systemd-analyze', 'security', '--offline=yes', '--threshold=25', path],
                capture_output=True, text=True, check=False)
            self.assertEqual(verdict.returncode, 0, verdict.stdout[-300:] + verdict.stderr)
            sockets = shutil.copy(os.path.join(os.path.dirname(UNIT), 'navette.socket'), folder)
            verdict = subprocess.run(
                ['systemd-analyze', 'verify', '--man=no', path, sockets],
                capture_output=True, text=True, check=False)
            self.assertEqual((verdict.returncode, verdict.stderr), (0, ''))


class Secrets(unittest.TestCase):
    @unittest.skipUnless(os.getuid() == 0, 'needs another user')
    def test_only_who_has_a_secret_cannot_be_looked_into(self):
        as_nobody = {'user': 65534, 'group': 65534, 'extra_groups': []}
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        flags = tls_support.serve_flags()
        for place in (1, 3):
            flags[place] = shutil.copy(flags[place], folder.name)
            os.chown(flags[place], 65534, 65534)
        os.chown(folder.name, 65534, 65534)
        for tls, owner in ((flags, 0), ([], 65534)):
            with Server(tls=tls, **as_nobody) as server:
                self.assertEqual(os.stat(f'/proc/{server.pid}/mem').st_uid, owner)


if __name__ == '__main__':
    unittest.main()
