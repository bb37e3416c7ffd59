# SPDX-License-Identifier: MIT
"""navette connect: what a message is (--null, --binary, --hex, --base64), when it leaves (--once,
--count, --wait), and what --record writes."""

import json
import os
import select
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from client_support import ScriptedServer, accepting, run_connect, started
from places import NAVETTE
from support import BINARY, CLOSE, PATIENCE, PING, PONG, closed_port, server_frame


class MessageTest(unittest.TestCase):
    def check(self, result, code, stdout=b'', stderr=''):
        self.assertEqual((result.returncode, result.stdout, result.stderr.decode()),
                         (code, stdout, stderr))

    def talk(self, script, *arguments, stdin=b''):
        with ScriptedServer(accepting(script)) as server:
            return run_connect(*arguments, server.url, stdin=stdin)


def expect_binary(peer, *contents):
    for content in contents:
        frame = peer.frame()
        if frame != (0x80 | BINARY, content):
            raise AssertionError(f'got {frame}, not {content}')


class Encodings(MessageTest):
    def test_null(self):
        def script(peer):
            peer.expect('two\nlines', '', 'cr\r', 'quit', 'last')
            peer.send('a\nb', '', b'\x01\xff')
            peer.end()
        self.check(self.talk(script, '--null', stdin=b'two\nlines\0\0cr\r\0quit\0last'), 0,
                   b'a\nb\0\x0001ff\0')

    def test_null_by_its_letter(self):
        def script(peer):
            peer.expect('a\n', 'b')
            peer.end()
        self.check(self.talk(script, '-0', stdin=b'a\n\0b\0'), 0)

    def test_binary(self):
        def script(peer):
            expect_binary(peer, b'\xff\x00', b'', b'cr\r', b'quit')
            peer.send(b'\x00\n\xff', b'', b'next', 'text')
            peer.end()
        self.check(self.talk(script, '--binary', stdin=b'\xff\0\n\ncr\r\nquit\n'), 0,
                   b'\x00\n\xffnexttext\n')

    def test_binary_and_null(self):
        def script(peer):
            expect_binary(peer, b'a\nb', b'c')
            peer.send(b'1', b'2', '3')
            peer.end()
        self.check(self.talk(script, '--binary', '-0', stdin=b'a\nb\0c'), 0, b'1\x002\x003\0')

    def test_hex(self):
        def script(peer):
            expect_binary(peer, b'hello', b'', b'\xab\xcd')
            peer.send(b'\x00\xff', 'text')
            peer.end()
        self.check(self.talk(script, '--hex', stdin=b'68 65 6c6c6f\n\r\nABcd\r\n'), 0,
                   b'00ff\ntext\n')

    def test_base64(self):
        def script(peer):
            expect_binary(peer, b'hello', b'', b'\xfb\xff')
            peer.send(b'hello', b'\xfb\xff', b'', 'text')
            peer.end()
        self.check(self.talk(script, '--base64', stdin=b'aGVsbG8=\n\n+/8\n'), 0,
                   b'aGVsbG8=\n+/8=\n\ntext\n')

    def test_a_line_that_is_neither(self):
        for option, line, said in (('--hex', b'123', 'it is not pairs of hex digits'),
                                   ('--base64', b'a-b=', 'it is not base64')):
            def script(peer):
                expect_binary(peer, b'', b'')
                peer.end()
            with self.subTest(option):
                self.check(self.talk(script, option, stdin=b'\n' + line + b'\n\n'), 1,
                           stderr=f'navette connect: line 2 of the input was not sent: {said}\n')


class TheRuleOfTheEnd(MessageTest):
    """Each wait is measured from before it begins: a test that was held up finds it longer, not shorter."""

    @staticmethod
    def is_silent(peer, seconds=0.2):
        if select.select([peer.sock], [], [], seconds)[0]:
            raise AssertionError(f'it speaks: {peer.frame()}')

    def test_count_outlives_the_input(self):
        def script(peer):
            peer.expect('a')
            peer.send('1', '2')
            self.is_silent(peer)
            peer.send('3', 'not this')
            peer.expect_close()
            peer.send_close(1000)
        self.check(self.talk(script, '--count', '3', stdin=b'a\n'), 0, b'1\n2\n3\n')

    def test_count_that_is_not_reached(self):
        def script(peer):
            peer.send('1', '2')
            peer.send_close(1000)
            peer.expect_close()
        self.check(self.talk(script, '--count', '3'), 8, b'1\n2\n',
                   'navette connect: closed after 2 messages, and not 3\n')

    def test_quit_ends_a_count(self):
        def script(peer):
            peer.end()
        self.check(self.talk(script, '--once', stdin=b'quit\n'), 8,
                   stderr='navette connect: closed before a message came\n')

    def test_wait_after_the_end_of_the_input(self):
        def script(peer):
            peer.expect('a')
            peer.send('late')
            peer.answer_last_ping()
            self.assertGreaterEqual(time.monotonic() - begin, 0.49)
            peer.expect_close()
            peer.send_close(1000)
        begin = time.monotonic()
        self.check(self.talk(script, '--wait', '500ms', stdin=b'a\n'), 0, b'late\n')

    def test_wait_counts_from_the_opening(self):
        def script(peer):
            # The input has ended long before.
            threading.Event().wait(0.4)
            begin = time.monotonic()
            peer.accept()
            peer.answer_last_ping()
            self.assertGreaterEqual(time.monotonic() - begin, 0.29)
            peer.expect_close()
            peer.send_close(1000)
        # Only with --reconnect is the input read before the connection is open.
        for options in ([], ['--reconnect']):
            with self.subTest(options), ScriptedServer(script) as server:
                self.check(run_connect('--wait', '0.3', *options, server.url), 0)

    def test_wait_counts_from_the_end_of_the_input(self):
        def script(peer):
            peer.expect('a')
            self.is_silent(peer, 0.4)
            begin = time.monotonic()
            process.stdin.close()
            peer.answer_last_ping()
            self.assertGreaterEqual(time.monotonic() - begin, 0.29)
            peer.expect_close()
            peer.send_close(1000)
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', '--wait', '300ms', server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE), 0)

    def test_wait_bounds_a_count(self):
        def script(peer):
            peer.send('1')
            peer.end()
        self.check(self.talk(script, '--count', '2', '--wait', '0.1'), 8, b'1\n',
                   'navette connect: closed after 1 message, and not 2\n')

    def test_a_count_ends_a_wait(self):
        def script(peer):
            peer.send('1')
            peer.expect_close()
            peer.send_close(1000)
        self.check(self.talk(script, '--once', '--wait', '1h'), 0, b'1\n')

    def test_quit_does_not_wait(self):
        self.check(self.talk(lambda peer: peer.end(), '--wait', '1h', stdin=b'quit\n'), 0)


class Record(MessageTest):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.path = os.path.join(folder, 's.ndjson')

    def lines(self):
        with open(self.path, encoding='utf-8') as file:
            return [json.loads(line) for line in file]

    def test_every_message(self):
        def script(peer):
            peer.expect('é\x07', 'b')
            peer.send('A"\n', b'\x00\xff')
            peer.end()
        self.check(self.talk(script, '--record', self.path, stdin='é\x07\nb\n'.encode()), 0,
                   b'A"\n\n00ff\n')
        lines = self.lines()
        times = [line.pop('time') for line in lines]
        self.assertEqual(times, sorted(times))
        self.assertTrue(0 <= times[0] < times[-1] < PATIENCE)
        self.assertEqual(lines, [
            {'direction': 'sent', 'type': 'text', 'data': 'é\x07'},
            {'direction': 'sent', 'type': 'text', 'data': 'b'},
            {'direction': 'received', 'type': 'text', 'data': 'A"\n'},
            {'direction': 'received', 'type': 'binary', 'base64': 'AP8='}])
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    def test_nothing_is_lost_when_it_is_interrupted_twice(self):
        def script(peer):
            peer.expect('a')
            process.send_signal(signal.SIGINT)
            peer.expect_close()
            process.send_signal(signal.SIGINT)
            peer.expect_end()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', '--record', self.path, server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE), 130)
        self.assertEqual([line['data'] for line in self.lines()], ['a'])

    def test_1_a_file_that_cannot_be_made(self):
        self.check(run_connect('--record', '/nonexistent/s', 'ws://127.0.0.1:1/'), 1,
                   stderr='navette connect: /nonexistent/s: No such file or directory\n')

    def test_1_a_full_disk(self):
        def script(peer):
            peer.expect('a', 'b')
            peer.end()
        said = b'navette connect: /dev/full: No space left on device\n'
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', '--record', '/dev/full', server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            # At once, and once; the run goes on.
            self.assertEqual(process.stderr.readline(), said)
            self.assertEqual(process.communicate(b'b\n', timeout=PATIENCE), (b'', b''))
            self.assertEqual(process.returncode, 1)

    def test_an_earlier_recording_stays_until_it_is_open(self):
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write('earlier\n')
        os.chmod(self.path, 0o644)
        self.assertEqual(run_connect('--record', self.path, 'ws://127.0.0.1:1/').returncode, 4)
        with open(self.path, encoding='utf-8') as file:
            self.assertEqual(file.read(), 'earlier\n')
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o644)

    def test_standard_output_is_no_file_to_be_emptied(self):
        def script(peer):
            peer.send('A')
            peer.end()
        with open(self.path, 'w+b') as file:
            file.write(b'before\n')
            file.flush()
            with ScriptedServer(accepting(script)) as server:
                code = subprocess.run([NAVETTE, 'connect', '--record', '/dev/stdout', server.url],
                                      stdin=subprocess.DEVNULL, stdout=file, timeout=PATIENCE,
                                      check=False).returncode
            file.seek(0)
            lines = file.read().splitlines()
        self.assertEqual((code, lines[:2], len(lines)), (0, [b'before', b'A'], 3))
        self.assertEqual(json.loads(lines[2])['data'], 'A')
        self.assertNotEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)


class Loss(MessageTest):
    """What was not sent is told, and is an exit code."""

    def test_8_lines_that_were_not_sent(self):
        gone = threading.Event()

        def script(peer):
            peer.expect('first')
            peer.send_close(1000)
            gone.wait(PATIENCE)
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            # Half a line stays behind.
            process.stdin.write(b'first\nhalf')
            process.stdin.flush()
            code = process.wait(PATIENCE)
            errors = process.stderr.read()
            gone.set()
        self.assertEqual((code, errors), (
            8, b'navette connect: ended before all of the input was sent; '
               b'missing: the rest of the input\n'))

    def test_0_a_pong_behind_the_close_is_no_loss(self):
        def script(peer):
            peer.expect('a')
            peer.send_raw(server_frame(0x80 | PING, b'p') +
                          server_frame(0x80 | CLOSE, b'\x03\xe8'))
            self.assertEqual(peer.frame()[0] & 0xF, PONG)
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE), 0)


class Secrets(MessageTest):
    """None of them stays where others can read it: in the list of processes."""

    def test_the_command_line_is_overwritten(self):
        shown = []

        def script(peer):
            with open(f'/proc/{process.pid}/cmdline', 'rb') as file:
                shown.extend(file.read().split(b'\0'))
            peer.accept()
            self.assertEqual(peer.field('Authorization'), ['Basic dXNlcjpzM2NyZXQ='])
            self.assertEqual(peer.field('Cookie'), ['id=s3cret; b=2'])
            self.assertEqual(peer.field('X-Key'), ['s3cret'])
            peer.end()
        with ScriptedServer(script) as server, \
                started(NAVETTE, 'connect', '-u', 'user:s3cret', '--cookie=id=s3cret', '-bb=2',
                        '-H', 'X-Key: s3cret', '--proxy', '', server.url) as process:
            process.stdin.close()
            self.assertEqual(process.wait(PATIENCE), 0)
        self.assertNotIn(b's3cret', b' '.join(shown))
        self.assertIn(server.url.encode(), shown)

    def credentials_file(self, text, mode=0o600):
        with tempfile.NamedTemporaryFile('w', delete=False) as file:
            file.write(text)
        self.addCleanup(os.unlink, file.name)
        os.chmod(file.name, mode)
        return file.name

    def test_credentials_in_a_file(self):
        def script(peer):
            peer.accept()
            self.assertEqual(peer.field('Authorization'), ['Basic dXNlcjpzM2M6cmV0'])
            peer.end()
        for text in ('user:s3c:ret\n', 'user:s3c:ret\r\nmore', 'user:s3c:ret'):
            with ScriptedServer(script) as server:
                self.check(run_connect('--user-file', self.credentials_file(text), server.url), 0)

    def test_1_a_file_that_is_no_good(self):
        for text, mode, said in (('a:b', 0o644, 'others can read or change it; say chmod 600'),
                                 ('a:b', 0o660, 'others can read or change it; say chmod 600'),
                                 ('', 0o600, 'it is empty'),
                                 ('s3cret', 0o600, "its first line is not 'name:password'")):
            path = self.credentials_file(text, mode)
            with self.subTest(said):
                self.check(run_connect('--user-file', path, 'ws://127.0.0.1:1/'), 1,
                           stderr=f'navette connect: {path}: {said}\n')
        self.check(run_connect('--user-file', '/nonexistent', 'ws://127.0.0.1:1/'), 1,
                   stderr='navette connect: /nonexistent: No such file or directory\n')

    def test_2_usage(self):
        url = 'ws://127.0.0.1:1/'
        cases = (
            (['-u', 's3cret', url], "--user takes 'name:password'"),
            (['-u', 'a:s3cret\n', url], "--user takes 'name:password'"),
            (['-b', 's3cret', url], "--cookie takes 'name=value; name=value'"),
            (['-b', 'a=s3cret\r\nB: c', url], "--cookie takes 'name=value; name=value'"),
            (['--hex', '--base64', url], '--binary, --hex and --base64 exclude each other'),
            (['--count', '0', url], "--count takes a number from 1 to 4294967294, not '0'"),
            (['--wait', '5d', url], "--wait takes a time up to 1000000 s, as 5s, 500ms, 2m or"),
            (['--max-redirs', 'x', url], '--max-redirs takes a number from 0 to'),
            (['--record', '', url], "--record takes a file, not ''"),
            (['--speed', '2', url], "no option '--speed'"),
            (['--color', 'red', url], "--color takes auto, always or never, not 'red'"),
            (['-H', 'X: 1', '-H', 'authorization: s3cret', '-u', 'a:b', url],
             "--user and --header 'Authorization: ...' exclude each other"),
            (['-b', 'a=s3cret', '-H', 'Cookie: b=1', url],
             "--cookie and --header 'Cookie: ...' exclude each other"),
            (['--echo-loop', '--reconnect', url], '--reconnect and --echo-loop exclude'),
            (['--echo-loop', '--wait', '1', url], '--wait and --echo-loop exclude'),
            (['--echo-loop', '--record', 'x', url], '--record and --echo-loop exclude'),
        )
        for arguments, said in cases:
            with self.subTest(arguments):
                result = run_connect(*arguments)
                errors = result.stderr.decode()
                self.assertEqual((result.returncode, result.stdout), (2, b''))
                self.assertIn(said, errors)
                self.assertNotIn('s3cret', errors)

    def test_2_a_proxy_url_that_is_none(self):
        result = run_connect('-x', 'ftp://a:s3cret@b', 'ws://127.0.0.1:1/')
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"the proxy's URL, of --proxy or the environment, is no good", result.stderr)
        self.assertNotIn(b's3cret', result.stderr)

    def test_9_a_proxy_that_is_not_there(self):
        with closed_port() as port:
            result = run_connect('-x', f'http://a:s3cret@127.0.0.1:{port}', 'ws://a.example/')
        self.assertEqual(result.returncode, 9)
        self.assertIn(f'no way to a.example port 80 through the proxy: the proxy 127.0.0.1:{port}: '
                      'connection refused', result.stderr.decode())
        self.assertNotIn(b's3cret', result.stderr)


if __name__ == '__main__':
    unittest.main()
