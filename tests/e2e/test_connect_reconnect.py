# SPDX-License-Identifier: MIT
"""navette connect --reconnect: what is tried again, what is said about it, and what becomes of the
messages. What the library decides is in test_retry.py."""

import os
import re
import signal
import socket
import tempfile
import unittest

from client_support import ScriptedServer, Terminal, accepting, run_connect, started
from places import NAVETTE
from support import CLOSE, PATIENCE, PING, PONG, TEXT, server_frame

AGAIN = r'trying again in \d\.\d s\n'


def texts(peer, count):
    """So many texts, and answers to the pings that come between."""
    found = []
    while len(found) < count:
        first, payload = peer.frame()
        if first == 0x80 | PING:
            peer.send_raw(server_frame(0x80 | PONG, payload))
        elif first == 0x80 | TEXT:
            found.append(payload.decode())
    return found


def close_with(peer, status, reason=''):
    """A Close of the server, and the client's."""
    peer.send_close(status, reason)
    while peer.frame()[0] != 0x80 | CLOSE:
        pass


def finish(peer):
    """Answers all pings until the client closes."""
    while (frame := peer.frame())[0] == 0x80 | PING:
        peer.send_raw(server_frame(0x80 | PONG, frame[1]))
    if frame[0] != 0x80 | CLOSE:
        raise AssertionError(f'not a Close: {frame}')
    peer.send_close(1000)


class Reconnect(unittest.TestCase):
    def run_again(self, *scripts, arguments=(), stdin=b''):
        with ScriptedServer(*scripts) as server:
            result = run_connect('--reconnect', *arguments, server.url, stdin=stdin)
        return result.returncode, result.stdout, result.stderr.decode()

    def test_a_lost_connection(self):
        def first(peer):
            peer.accept()
            peer.send('1')
            close_with(peer, 1012, 'retry_after=0.1')

        def second(peer):
            peer.accept()
            peer.send('2')
            finish(peer)
        with ScriptedServer(first, second) as server, \
                started(NAVETTE, 'connect', '--reconnect', server.url) as process:
            self.assertEqual(process.stdout.readline(), b'1\n')
            self.assertEqual(process.stdout.readline(), b'2\n')
            self.assertEqual(process.communicate(timeout=PATIENCE)[0], b'')
            self.assertEqual(process.returncode, 0)

    def test_what_is_said(self):
        def first(peer):
            peer.read_head()
            peer.answer('HTTP/1.1 503 Later', 'Retry-After: 0', 'Content-Length: 0')

        def second(peer):
            peer.accept()
            peer.reset()

        def third(peer):
            peer.accept()
            peer.send('1')
            finish(peer)
        code, output, errors = self.run_again(
            lambda peer: None, first, second, third, arguments=['--once'])
        self.assertEqual((code, output), (0, b'1\n'))
        self.assertRegex(errors, (
            r'^navette connect: [^\n]+ gave no valid WebSocket handshake \([^\n]+\): is it a '
            r'WebSocket server\?[^\n]*\n'
            r'navette connect: see [^\n]+#no-valid-handshake\n'
            r'navette connect: ' + AGAIN +
            r'navette connect: no connection \(the server answered 503 Later\), ' + AGAIN +
            r'navette connect: lost \(1006 abnormal closure, the peer reset [^\n]+\), ' + AGAIN +
            r'navette connect: connected again\n$'))

    def test_a_name_that_is_not_found(self):
        with started(NAVETTE, 'connect', '--reconnect', 'ws://a..b/') as process:
            self.assertRegex(process.stderr.readline().decode(),
                             r'^navette connect: host a\.\.b not found \([^\n]+\): is the name ')
            self.assertIn(b'#host-not-found', process.stderr.readline())
            self.assertRegex(process.stderr.readline().decode(), '^navette connect: ' + AGAIN)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE), 130)

    def test_0_what_ends_it(self):
        for status in (1000, None):
            def script(peer, status=status):
                peer.accept()
                close_with(peer, status)
            with self.subTest(status):
                self.assertEqual(self.run_again(script, stdin=b''), (0, b'', ''))

    def test_what_cannot_be_mended(self):
        def refused(peer):
            peer.read_head()
            peer.answer('HTTP/1.1 403 No', 'Content-Length: 0')

        def policy(peer):
            peer.accept()
            close_with(peer, 1008, 'go')
        for script, wanted, said in ((refused, 6, 'refused the upgrade, the server answered 403'),
                                     (policy, 8, 'closed by the server: 1008 (policy violation)')):
            with self.subTest(said):
                code, output, errors = self.run_again(script)
                self.assertEqual((code, output), (wanted, b''), errors)
                self.assertIn(said, errors)
                self.assertNotIn('trying again', errors)

    def test_input_waits_for_the_next_connection(self):
        def first(peer):
            peer.accept()
            self.assertEqual(texts(peer, 1), ['one'])
            close_with(peer, 1012, 'retry_after=0.3')

        def second(peer):
            peer.accept()
            self.assertEqual(texts(peer, 2), ['two', 'three'])
            finish(peer)
        with ScriptedServer(first, second) as server, \
                started(NAVETTE, 'connect', '--reconnect', server.url) as process:
            process.stdin.write(b'one\n')
            process.stdin.flush()
            self.assertIn(b'lost (1012 service restart, closing handshake), trying again',
                          process.stderr.readline())
            output, errors = process.communicate(b'two\nthree\n', timeout=PATIENCE)
            self.assertIn(process.returncode, (0, 8))
            self.assertEqual(output, b'')
            # Of "one" nobody but the server knows that it was read.
            self.assertRegex(errors.decode(), r'^navette connect: connected again\n'
                             r'(navette connect: 1 message went into a connection that broke: '
                             r'the server has read it, or not\n)?$')
            self.assertEqual(process.returncode, 8 if b'broke' in errors else 0)

    def test_8_messages_that_nobody_knows_about(self):
        def first(peer):
            peer.accept()
            peer.expect('one', 'two')
            peer.reset()

        def second(peer):
            peer.accept()
            finish(peer)
        code, _, errors = self.run_again(first, second, stdin=b'one\ntwo\n')
        self.assertEqual(code, 8, errors)
        self.assertIn('2 messages went into a connection that broke: '
                      'the server has read them, or not\n', errors)

    def test_a_count_goes_on(self):
        def first(peer):
            peer.accept()
            peer.send('1')
            close_with(peer, 1012, 'retry_after=0.1')

        def second(peer):
            peer.accept()
            peer.send('2', '3')
            finish(peer)
        code, output, errors = self.run_again(first, second, arguments=['--count', '2'])
        self.assertEqual((code, output), (0, b'1\n2\n'), errors)

    def test_the_last_ping_is_sent_again(self):
        def first(peer):
            peer.accept()
            # None of its pings is answered, so nobody knows that it was read.
            peer.expect('one')
            while peer.frame() != (0x80 | PING, b'last'):
                pass
            peer.reset()

        def second(peer):
            peer.accept()
            peer.end()
        code, _, errors = self.run_again(first, second, stdin=b'one\n')
        self.assertEqual(code, 8, errors)

    def test_a_count_that_is_reached_ends_it(self):
        def script(peer):
            peer.accept()
            # At once, so that the connection has ended before the client begins to close it.
            peer.send_raw(server_frame(0x80 | TEXT, b'1') +
                          server_frame(0x80 | CLOSE, b'\x03\xf4'))
            while peer.frame()[0] != 0x80 | CLOSE:
                pass
        self.assertEqual(self.run_again(script, arguments=['--once']), (0, b'1\n', ''))

    def test_130_interrupted_while_it_waits(self):
        def script(peer):
            peer.accept()
            peer.expect('a')
            close_with(peer, 1012, 'retry_after=60')
        with ScriptedServer(script) as server, \
                started(NAVETTE, 'connect', '--reconnect', server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            seconds = re.search(rb'again in (\d+)\.', process.stderr.readline())
            self.assertGreaterEqual(int(seconds[1]), 60)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE), 130)

    def test_the_clock_of_a_recording_goes_on(self):
        def first(peer):
            peer.accept()
            peer.send('1')
            close_with(peer, 1012, 'retry_after=0.3')

        def second(peer):
            peer.accept()
            peer.send('2')
            finish(peer)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 's')
            code, _, errors = self.run_again(first, second,
                                             arguments=['--count', '2', '--record', path])
            with open(path, encoding='utf-8') as file:
                times = [float(re.search(r'"time":([0-9.]+)', line)[1]) for line in file]
        self.assertEqual((code, len(times)), (0, 2), errors)
        self.assertGreaterEqual(times[1] - times[0], 0.25)


class Leaving(unittest.TestCase):
    """The server is away, and nothing is left to do."""

    def away(self, *arguments, read='', stdin=b''):
        """A run whose server goes for good when it has read so much; and what it says then."""
        def script(peer):
            server.listener.shutdown(socket.SHUT_RDWR)
            peer.accept()
            if read:
                peer.expect(read)
            peer.send('hello')
            peer.reset()
        with ScriptedServer(script) as server:
            result = run_connect('--reconnect', *arguments, server.url, stdin=stdin)
        self.assertEqual(result.stdout, b'hello\n')
        return result.returncode, result.stderr.decode()

    def test_0_nothing_is_left(self):
        self.assertEqual(self.away(), (0, ''))

    def test_0_the_wait_is_over(self):
        code, errors = self.away('--wait', '2')
        self.assertEqual(code, 0)
        self.assertIn('trying again', errors)

    def test_8_the_wait_is_over_without_an_answer(self):
        code, errors = self.away('--count', '2', '--wait', '2')
        self.assertEqual(code, 8)
        self.assertIn('closed after 1 message, and not 2\n', errors)

    def test_8_the_wait_is_over_and_messages_are_lost(self):
        code, errors = self.away('--wait', '2', read='a', stdin=b'a\n')
        self.assertEqual(code, 8)
        self.assertIn('1 message went into a connection that broke', errors)

    def tries_again(self, process):
        while b'trying again' not in (line := process.stderr.readline()):
            self.assertTrue(line)

    def lost(self, server, **options):
        """A process whose server is gone, as it has said."""
        process = self.enterContext(
            started(NAVETTE, 'connect', '--reconnect', server.url, **options))
        self.tries_again(process)
        return process

    def test_messages_that_wait_are_worth_other_tries(self):
        with ScriptedServer() as server:
            server.listener.shutdown(socket.SHUT_RDWR)
            process = self.lost(server)
            process.stdin.write(b'a\n')
            process.stdin.close()
            for _ in range(2):
                self.tries_again(process)
            self.assertIsNone(process.poll())

    def test_quit_in_a_pipe(self):
        with ScriptedServer() as server:
            server.listener.shutdown(socket.SHUT_RDWR)
            process = self.lost(server)
            process.stdin.write(b'quit\n')
            process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_the_reader_of_the_output_goes(self):
        with ScriptedServer() as server:
            server.listener.shutdown(socket.SHUT_RDWR)
            process = self.lost(server)
            process.stdout.close()
            self.assertEqual(process.wait(PATIENCE), 0)

    def typed(self, *keys, term='dumb'):
        """On a terminal, without a server; the exit code and what was said."""
        with ScriptedServer() as server:
            server.listener.shutdown(socket.SHUT_RDWR)
            with tempfile.TemporaryDirectory() as folder, \
                    Terminal(NAVETTE, 'connect', '--reconnect', server.url,
                             env={**os.environ, 'TERM': term, 'XDG_STATE_HOME': folder,
                                  'LC_ALL': 'C.UTF-8'}) as terminal:
                terminal.expect('trying again' if term == 'dumb' else '> ')
                for key in keys:
                    terminal.type(key)
                return terminal.rest(), terminal.text

    def test_a_person_who_leaves_leaves_at_once(self):
        for term, line_end in (('dumb', '\n'), ('xterm', '\r')):
            for keys in (['\x04'], ['quit' + line_end]):
                with self.subTest((term, keys)):
                    code, text = self.typed(*keys, term=term)
                    self.assertEqual(code, 0)
                    self.assertIn('Déconnexion...\r\n', text)
            with self.subTest(term):
                code, text = self.typed('lost' + line_end, 'quit' + line_end, term=term)
                self.assertEqual(code, 8)
                self.assertIn('missing: 1 message\r\n', text)


if __name__ == '__main__':
    unittest.main()
