# SPDX-License-Identifier: MIT
"""How the server ends: signals and the keyboard, Close 1001 to all, exit code 0 in time."""

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

from support import (CLOSE, NAVETTE, PATIENCE, Client, Server, ServerTest, connect, frame,
                     is_sanitized)

STOPPING = 'Arrêt du serveur...'
HINT = 'Ctrl+C ou SIGTERM pour arrêter...'
ENTER = 'Appuyez sur Entrée pour arrêter...'


class Signals(ServerTest):
    def test_K_19_every_client_gets_1001_and_the_exit_code_is_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Server() as server:
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
            self.assertLess(time.monotonic() - begun, 8)
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
        self.server.process.send_signal(signal.SIGTERM)
        client.expect_close(1001)
        self.server.process.send_signal(signal.SIGINT)
        self.assertEqual(self.server.stop(), 0)

    def test_new_clients_are_refused_at_once(self):
        with self.client('/ws') as client:
            client.frame()
            self.server.process.send_signal(signal.SIGTERM)
            client.expect_close(1001)
            with self.assertRaises(ConnectionRefusedError):
                connect(self.server.port)

    def test_input_that_is_no_terminal_does_not_stop_it(self):
        with Server(stdin=subprocess.PIPE) as server:
            self.assertEqual(server.output.lines[6][22:], HINT)
            server.process.stdin.write(b'\n\n')
            server.process.stdin.close()
            with Client(server.port, '/ws') as client:
                client.frame()
                client.leave()


def own_terminal():
    """In a new child: its standard input becomes the terminal of its session."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


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

    def test_a_background_job_leaves_the_keyboard_to_the_shell(self):
        shell = subprocess.Popen(
            [sys.executable, '-c', SHELL, NAVETTE, 'serve', '--port', '0'], stdin=self.terminal,
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
            self.assertIn(stat.read().rsplit(') ')[1][0], 'SR')
        self.assertTrue(select.select([self.terminal], [], [], 0)[0])
        self.assertEqual(os.read(self.terminal, 100), b'for the shell\n')


if __name__ == '__main__':
    unittest.main()
