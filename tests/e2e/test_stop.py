# SPDX-License-Identifier: MIT
"""How the server ends: signals and the keyboard, Close 1001 to all, exit code 0 in time."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
import unittest
from functools import partial

from support import (CLOSE, PATIENCE, SERVE, SOON, Client, Server, ServerTest, connect, frame,
                     is_sanitized, poll)

STOPPING = 'Arrêt du serveur...'
HINT = 'Ctrl+C ou SIGTERM pour arrêter...'
ENTER = 'Appuyez sur Entrée pour arrêter...'


class Signals(ServerTest):
    def test_K_19_every_client_gets_1001_and_the_exit_code_is_0(self):
        for flags, number in (((), signal.SIGINT), (('--drain', '0'), signal.SIGTERM)):
            with self.subTest(number), Server(*flags) as server:
                clients = [Client(server.port, path) for path in
                           ('/ws', '/chat', '/chat?pseudo=Bob', '/chat?format=json') * 5]
                server.process.send_signal(number)
                for client in clients:
                    with client:
                        first, payload = client.frame()
                        while first == 0x81:
                            first, payload = client.frame()
                        self.assertEqual((first, payload), (0x88, b'\x03\xe9'))
                        client.send_raw(frame(CLOSE, payload))
                        client.expect_end()
                self.assertEqual(server.stop(), 0)
                server.output.all()
                self.assertEqual(server.log().count(STOPPING), 1)

    def test_K_19_in_time_when_nobody_answers(self):
        port = self.server.port
        silent = [self.client('/ws') for _ in range(20)]
        # Nothing at all, half a request, half a frame, and one that has never read anything.
        others = [connect(port) for _ in range(3)]
        others[1].sendall(b'GET /ws HTTP/1.1\r\nHost:')
        silent[0].send_raw(frame(1, b'x' * 100)[:50])
        flooded = self.client('/chat?pseudo=Bob', receive_buffer=4096)
        talker = self.client('/chat?pseudo=Alice')
        for _ in range(100):
            talker.send('x' * 10000)
            talker.frame()
        begun = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        if not is_sanitized():
            self.assertLess(time.monotonic() - begun, SOON)
        for client in silent:
            client.frame()
            client.expect_close(1001)
            client.sock.close()
        flooded.sock.close()
        for sock in others:
            sock.close()

    def test_second_signal_changes_nothing(self):
        client = self.client('/ws')
        client.frame()
        self.server.process.send_signal(signal.SIGINT)
        client.expect_close(1001)
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.stop(), 0)

    def test_new_clients_are_refused_at_once(self):
        with self.client('/ws') as client:
            client.frame()
            self.server.process.send_signal(signal.SIGINT)
            client.expect_close(1001)
            with self.assertRaises(ConnectionRefusedError):
                connect(self.server.port)

    def test_a_hangup_while_it_starts_does_not_end_it(self):
        """Seen with a process that stands still, as nobody takes what it prints."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b'x')
        os.set_blocking(writer, True)
        with subprocess.Popen([*SERVE, '--help'], stdout=writer) as process:
            os.close(writer)
            try:
                poll(lambda: blocks(process.pid, signal.SIGHUP), 'that it is prepared')
                process.send_signal(signal.SIGHUP)
            finally:
                while os.read(reader, 65536):
                    pass
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_input_that_is_no_terminal_does_not_stop_it(self):
        with Server(stdin=subprocess.PIPE) as server:
            self.assertEqual(server.output.lines[6][22:], HINT)
            server.process.stdin.write(b'\n\n')
            server.process.stdin.close()
            with Client(server.port, '/ws') as client:
                client.frame()
                client.leave()


def own_terminal(terminal=0):
    """In a new child: this, or its standard input, becomes the terminal of its session."""
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def outlive(terminal):
    """As nohup does."""
    own_terminal(terminal)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def told_of_hangup(lines):
    """What it does when it does not end."""
    return any('certificates' in line for line in lines)


def blocks(pid, number):
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        line = next(line for line in status if line.startswith('SigBlk:'))
    return int(line.split()[1], 16) >> (number - 1) & 1


# A shell with one job in the background, which it tells the result of.
SHELL = '''
import subprocess, sys
job = subprocess.Popen(sys.argv[1:], process_group=0)
print('job', job.pid, file=sys.stderr, flush=True)
sys.exit(job.wait())
'''


class Keyboard(unittest.TestCase):
    def setUp(self):
        self.keyboard, self.terminal = pty.openpty()
        self.addCleanup(os.close, self.keyboard)
        self.addCleanup(os.close, self.terminal)

    def press(self, keys):
        os.write(self.keyboard, keys)

    @contextlib.contextmanager
    def shell(self):
        """A shell and, as a descriptor, the server that is its job in the background."""
        shell = subprocess.Popen(
            [sys.executable, '-c', SHELL, *SERVE, '--port', '0'], stdin=self.terminal,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=own_terminal)
        with shell:
            job = os.pidfd_open(int(shell.stderr.readline().split()[1]))
            try:
                yield shell, job
            finally:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(job, signal.SIGKILL)
                os.close(job)

    def test_enter_stops_it(self):
        for session in (None, own_terminal):
            for keys in (b'\n', b'\r', b'quit\n', b'\x04'):
                with self.subTest(f'{session} {keys}'):
                    with Server(stdin=self.terminal, preexec_fn=session) as server:
                        self.assertEqual(server.output.lines[6][22:], ENTER)
                        with Client(server.port, '/ws') as client:
                            client.frame()
                            self.press(keys)
                            client.expect_close(1001)
                        self.assertEqual(server.process.wait(PATIENCE), 0)
                        server.output.all()
                        self.assertIn(STOPPING, server.log())

    def test_control_c_stops_it(self):
        with Server(stdin=self.terminal, preexec_fn=own_terminal) as server:
            self.press(b'\x03')
            self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_it_ends_with_its_terminal(self):
        for read in (True, False):
            keyboard, terminal = pty.openpty()
            with (self.subTest(read=read),
                  Server(stdin=terminal if read else subprocess.DEVNULL,
                         preexec_fn=partial(own_terminal, terminal)) as server):
                os.close(terminal)
                with Client(server.port, '/ws') as client:
                    client.frame()
                    os.close(keyboard)
                    client.expect_close(1001)
                self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_with_nohup_it_outlives_its_terminal(self):
        keyboard, terminal = pty.openpty()
        with Server(preexec_fn=partial(outlive, terminal)) as server:
            os.close(terminal)
            os.close(keyboard)
            server.errors.wait(told_of_hangup, 'what it does instead')

    def test_it_ends_when_its_terminal_goes_after_the_hangup(self):
        with self.shell() as (shell, job):
            port = int([shell.stdout.readline() for _ in range(7)][3].split()[-1])
            with Client(port, '/ws') as client:
                client.frame()
                signal.pidfd_send_signal(job, signal.SIGHUP)
                self.assertIn(b'certificates', shell.stderr.readline())
                shell.kill()
                client.expect_close(1001)
            self.assertTrue(select.select([job], [], [], PATIENCE)[0])

    def test_a_hangup_that_somebody_sends_does_not_end_it(self):
        for options in ({}, {'stdin': self.terminal, 'preexec_fn': own_terminal}):
            with Server(**options) as server:
                server.process.send_signal(signal.SIGHUP)
                server.errors.wait(told_of_hangup, 'what it does instead')
                with Client(server.port, '/ws') as client:
                    client.frame()
                    client.leave()

    def test_a_background_job_leaves_the_keyboard_to_the_shell(self):
        shell = subprocess.Popen(
            [sys.executable, '-c', SHELL, *SERVE, '--port', '0'], stdin=self.terminal,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=own_terminal)
        with shell:
            job = int(shell.stderr.readline().split()[1])
            try:
                self.check_job(job, [shell.stdout.readline().decode() for _ in range(7)])
                os.kill(job, signal.SIGTERM)
                self.assertEqual(shell.wait(PATIENCE), 0)
            finally:
                if shell.poll() is None:
                    os.kill(job, signal.SIGKILL)

    def check_job(self, job, lines):
        """It works, was not stopped, and has left what was typed."""
        self.assertIn(HINT, lines[6])
        self.press(b'for the shell\n')
        with Client(int(lines[3].split()[-1]), '/ws') as client:
            client.frame()
            client.leave()
        with open(f'/proc/{job}/stat', encoding='ascii') as stat:
            self.assertNotIn(stat.read().rsplit(') ')[1][0], 'TtZ')
        self.assertTrue(select.select([self.terminal], [], [], PATIENCE)[0])
        self.assertEqual(os.read(self.terminal, 100), b'for the shell\n')


if __name__ == '__main__':
    unittest.main()
