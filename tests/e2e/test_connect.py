# SPDX-License-Identifier: MIT
"""navette connect: what it sends and prints, on a terminal and in pipes, and each exit code."""

import contextlib
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
import zlib

from client_support import ScriptedServer, Terminal, accepting, run_connect, started
from places import NAVETTE, ROOT
from support import CLOSE, PATIENCE, PING, PONG, TEXT, closed_port, poll, server_frame, short
from tls_support import SECURE

MIB = 1 << 20


def sleeps(*pids):
    """True when there was a moment at which all threads of these processes slept: each has been asleep
    from its first look to its second."""
    def look():
        found = []
        for pid in pids:
            for path in sorted(pathlib.Path(f'/proc/{pid}/task').glob('*/status')):
                text = path.read_text(encoding='ascii', errors='replace')
                found.append((path, re.search(r'State:\t(\w)', text)[1],
                              re.findall(r'_ctxt_switches:\t(\d+)', text)))
        return found
    try:
        first = look()
        return all(state == 'S' for _, state, _ in first) and look() == first
    except (FileNotFoundError, ProcessLookupError):
        return False  # a thread has just ended


class ConnectTest(unittest.TestCase):
    def check(self, result, code, stdout=b'', stderr=()):
        """The exit code, all of standard output, and pieces of the lines of standard error."""
        errors = result.stderr.decode()
        self.assertEqual((result.returncode, short(result.stdout), errors if not stderr else ''),
                         (code, short(stdout), ''), errors)
        for piece in stderr:
            self.assertIn(piece, errors)

    def talk(self, script, *arguments, stdin=b''):
        """One run against a server that accepts the handshake and then follows the script."""
        with ScriptedServer(accepting(script)) as server:
            return run_connect(*arguments, server.url, stdin=stdin)


class Pipes(ConnectTest):
    def test_lines_are_sent_and_messages_printed(self):
        def script(peer):
            peer.expect('a', 'b')
            peer.send('A', 'B')
            peer.end()
        self.check(self.talk(script, stdin=b'a\nb\n'), 0, b'A\nB\n')

    def test_answers_are_awaited_at_the_end_of_the_input(self):
        def script(peer):
            peer.expect('a')
            first, payload = peer.frame()
            self.assertEqual((first, payload), (0x80 | PING, b'last'))
            peer.send('late', 'later')
            peer.send_raw(server_frame(0x80 | PONG, b'other') + server_frame(0x80 | PONG, b''))
            # Neither is the pong that is awaited.
            self.assertEqual(select.select([peer.sock], [], [], 0.2)[0], [])
            peer.send('last')
            peer.send_raw(server_frame(0x80 | PONG, b'last'))
            peer.expect_close()
            peer.send_close(1000)
        self.check(self.talk(script, stdin=b'a\n'), 0, b'late\nlater\nlast\n')

    def test_a_server_that_does_not_answer_pings(self):
        def script(peer):
            peer.expect('a')
            self.assertEqual(peer.frame(), (0x80 | PING, b'last'))
            peer.expect_close()
            peer.send_close(1000)
        self.check(self.talk(script, '--close-timeout', '3', stdin=b'a\n'), 0)

    def test_what_a_line_is(self):
        def script(peer):
            peer.expect('', 'crlf', 'a\rb', 'nul\0', '\u00e9\u20ac\U0001f600', ' quit', 'last')
            peer.end()
        lines = '\ncrlf\r\na\rb\nnul\0\n\u00e9\u20ac\U0001f600\n quit\nlast'
        self.check(self.talk(script, stdin=lines.encode()), 0)

    def test_time_stamps(self):
        def script(peer):
            peer.send('a\nb', b'\x01')
            peer.end()
        result = self.talk(script, '--timestamps')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        stamp = rb'\d\d:\d\d:\d\d\.\d\d\d '
        self.assertRegex(result.stdout, rb'^' + stamp + rb'a\nb\n' + stamp + rb'01\n$')

    def test_colors_for_a_pager(self):
        def script(peer):
            peer.send('a\x1b')
            peer.end()
        result = self.talk(script, '--color', 'always')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        self.assertRegex(result.stdout, rb'^\x1b\[\d+mMessage du serveur : '
                                        rb'\x1b\[0?ma\\x1b\n$')

    def test_no_input_at_all(self):
        self.check(self.talk(lambda peer: peer.end()), 0)

    def test_quit_ends_it(self):
        def script(peer):
            peer.expect('a')
            peer.end()
        for end in ('\n', '\r\n', ''):
            with self.subTest(end=end):
                self.check(self.talk(script, stdin=f'a\nquit{end}'.encode()), 0)
        self.check(self.talk(script, stdin=b'a\nquit\nnot this\n'), 0)

    def test_long_lines(self):
        lines = ['x' * MIB, 'é' * (3 * MIB // 2), 'short']

        def script(peer):
            peer.expect(*lines)
            peer.send(*lines)
            peer.end()
        data = '\n'.join(lines).encode()
        self.check(self.talk(script, stdin=data), 0, data + b'\n')

    def test_lines_that_arrive_in_pieces(self):
        received = threading.Event()

        def script(peer):
            peer.expect('first')
            received.set()
            peer.expect('second line')
            peer.end()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            process.stdin.write(b'first\nsec')
            process.stdin.flush()
            self.assertTrue(received.wait(PATIENCE))
            process.stdin.write(b'ond line\n')
            self.assertEqual(process.communicate(timeout=PATIENCE), (b'', b''))
            self.assertEqual(process.returncode, 0)

    def test_a_server_that_does_not_read_slows_the_input_down(self):
        read_now = threading.Event()
        line = b'x' * 65535 + b'\n'
        received = []

        def script(peer):
            read_now.wait(PATIENCE)
            while (text := peer.text()) != 'end':
                self.assertEqual(short(text), short('x' * 65535))
                received.append(len(text))
            peer.end()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            pipe = process.stdin.fileno()
            os.set_blocking(pipe, False)
            count, rest = 1, line
            # Until the pipe stays full: far more than sockets hold would mean that nobody waits.
            while select.select([], [pipe], [], 1)[1]:
                rest = rest[os.write(pipe, rest):]
                if not rest:
                    count, rest = count + 1, line
                self.assertLess(count * len(line), 64 * MIB, 'the input is not slowed down')
            os.set_blocking(pipe, True)
            read_now.set()
            self.assertEqual(process.communicate(rest + b'end', timeout=PATIENCE), (b'', b''))
            self.assertEqual(process.returncode, 0)
        self.assertEqual(len(received), count)

    def test_a_last_line_that_is_read_late_is_not_cut_by_the_close_timeout(self):
        text = 'y' * (16 * MIB)

        def script(peer):
            # A closing handshake that began before the queue is empty would end meanwhile.
            self.assertFalse(threading.Event().wait(4))
            peer.expect(text)
            peer.end()
        self.check(self.talk(script, '--close-timeout', '3', stdin=text.encode()), 0)

    def test_text_is_printed_as_it_is(self):
        def script(peer):
            peer.send('\x1b[31mred\x07', 'two\nlines', '', 'nul\0')
            peer.end()
        self.check(self.talk(script), 0, b'\x1b[31mred\x07\ntwo\nlines\n\nnul\0\n')

    def test_binary_is_printed_as_hex(self):
        def script(peer):
            peer.send(b'\x00\xff\x1b', b'')
            peer.end()
        self.check(self.talk(script), 0, b'00ff1b\n\n')

    def test_fragments_are_one_message(self):
        def script(peer):
            peer.send_raw(server_frame(TEXT, 'é'.encode()[:1]) + server_frame(0x80 | PING, b'p') +
                          server_frame(0x80, 'é'.encode()[1:]))
            self.assertEqual(peer.frame(), (0x80 | PONG, b'p'))
            peer.end()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            self.assertEqual(process.stdout.readline(), 'é\n'.encode())
            self.assertEqual(process.communicate(timeout=PATIENCE), (b'', b''))

    def test_closed_standard_input(self):
        with ScriptedServer(accepting(lambda peer: peer.end())) as server:
            result = subprocess.run(['sh', '-c', 'exec "$0" connect "$1" <&-', NAVETTE, server.url],
                                    capture_output=True, timeout=PATIENCE, check=False)
        self.check(result, 0)

    def test_a_reader_that_goes_ends_it_quietly(self):
        def script(peer):
            peer.send('one')
            peer.end()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            self.assertEqual(process.stdout.readline(), b'one\n')
            process.stdout.close()
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(process.stderr.read(), b'')

    def test_a_reader_that_goes_while_much_arrives(self):
        def script(peer):
            peer.send(*['x' * 65536] * 100)
            peer.end()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            process.stdout.close()
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(process.stderr.read(), b'')

    def test_standard_input_still_blocks(self):
        read_end, write_end = os.pipe()
        with ScriptedServer(accepting(lambda peer: peer.end())) as server, \
                started(NAVETTE, 'connect', server.url, stdin=read_end) as process:
            self.assertTrue(os.get_blocking(read_end))
            os.close(write_end)
            self.assertEqual(process.wait(PATIENCE), 0)
        self.assertTrue(os.get_blocking(read_end))
        os.close(read_end)


class Once(ConnectTest):
    def test_the_answer_is_awaited_after_the_input_has_ended(self):
        def script(peer):
            peer.expect('question')
            # Nothing else comes before the answer, no Close either.
            self.assertEqual(select.select([peer.sock], [], [], 0.2)[0], [])
            peer.send('answer', 'not this')
            peer.expect_close()
            peer.send_close(1000)
        self.check(self.talk(script, '--once', stdin=b'question\n'), 0, b'answer\n')

    def test_without_input(self):
        def script(peer):
            peer.send('news')
            peer.expect_close()
            peer.send_close(1000)
        self.check(self.talk(script, '--once'), 0, b'news\n')

    def test_a_greeting_counts_while_the_input_is_open(self):
        def script(peer):
            peer.send('welcome')
            peer.expect_close()
            peer.send_close(1000)
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', '--once', server.url) as process:
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertEqual(process.stdout.read(), b'welcome\n')

    def test_what_comes_behind_the_message_does_not_matter(self):
        ends = {
            'no Close': lambda peer: peer.expect_close(),
            'another code': lambda peer: peer.send_close(1011),
            'reset': lambda peer: (peer.expect_close(), peer.reset()),
        }
        for name, end in ends.items():
            def script(peer, end=end):
                peer.send('one')
                end(peer)
            with self.subTest(name):
                self.check(self.talk(script, '--once'), 0, b'one\n')

    def test_an_end_without_a_message(self):
        def script(peer):
            peer.send_close(1000)
            peer.expect_close()
        self.check(self.talk(script, '--once'), 8, stderr=['closed before a message came'])


class Request(ConnectTest):
    def request(self, *arguments):
        peers = []

        def script(peer):
            peers.append(peer)
            peer.accept()
            peer.end()
        with ScriptedServer(script) as server:
            self.check(run_connect(*arguments, server.url + '?a=1'), 0)
        return peers[0]

    def test_plain(self):
        peer = self.request()
        self.assertEqual(peer.head.splitlines()[0], 'GET /ws?a=1 HTTP/1.1')
        self.assertEqual(peer.field('Sec-WebSocket-Version'), ['13'])
        self.assertEqual(peer.field('Origin'), [])
        self.assertEqual(peer.field('Sec-WebSocket-Protocol'), [])

    def test_headers(self):
        peer = self.request('-H', 'Authorization: Bearer t', '--header', 'X-A: 1',
                            '--header=X-A: \u00e9', '--origin', 'https://a.example')
        self.assertEqual(peer.field('Authorization'), ['Bearer t'])
        self.assertEqual(peer.field('X-A'), ['1', '\u00e9'])
        self.assertEqual(peer.field('Origin'), ['https://a.example'])

    def test_subprotocols(self):
        def script(peer):
            peer.accept('Sec-WebSocket-Protocol: b')
            self.assertEqual(peer.field('Sec-WebSocket-Protocol'), ['a, b, c'])
            peer.end()
        with ScriptedServer(script) as server:
            self.check(run_connect('-s', 'a,b', server.url, '--subprotocol', 'c'), 0)

    def test_compression_is_offered(self):
        self.assertEqual(self.request().field('Sec-WebSocket-Extensions'),
                         ['permessage-deflate; client_max_window_bits'])
        self.assertEqual(self.request('--no-compression').field('Sec-WebSocket-Extensions'), [])

    def test_compressed_messages(self):
        hello = bytes.fromhex('f248cdc9c90700')

        def script(peer):
            peer.accept('Sec-WebSocket-Extensions: permessage-deflate')
            first, payload = peer.frame()
            inflated = zlib.decompressobj(-15).decompress(payload + b'\0\0\xff\xff')
            self.assertEqual((first, inflated), (0xc0 | TEXT, b'x' * 1000))
            peer.send_raw(server_frame(0xc0 | TEXT, hello) + server_frame(0x80 | TEXT, b'plain'))
            peer.end()
        with ScriptedServer(script) as server:
            self.check(run_connect(server.url, stdin=b'x' * 1000), 0, b'Hello\nplain\n')

    def test_ping_interval(self):
        def script(peer):
            self.assertEqual(peer.frame(), (0x80 | PING, b''))
            peer.send_close(1000)
            peer.expect_close()
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', '--ping-interval', '0.2', server.url) as process:
            self.assertEqual(process.wait(PATIENCE), 0)


class ExitCodes(ConnectTest):
    """Each code of --help, with what is said about it."""

    def against(self, script, *arguments):
        with ScriptedServer(script) as server:
            return run_connect(*arguments, server.url), server.port

    def test_help_lists_them(self):
        result = run_connect('--help')
        self.assertEqual((result.returncode, result.stderr), (0, b''))
        listed = result.stdout.decode().partition('Exit codes:\n')[2].splitlines()
        self.assertEqual([int(line.split()[0]) for line in listed], [*range(10), 130])
        self.assertLessEqual(max(len(line) for line in result.stdout.decode().splitlines()), 80)

    def test_the_man_page_lists_the_same(self):
        with open(os.path.join(ROOT, 'docs', 'navette.1'), encoding='utf-8') as file:
            page = file.read().replace('\\-', '-')
        codes = page.partition('.SH EXIT STATUS')[2].partition('.PP')[0]
        self.assertEqual([int(code) for code in re.findall(r'^\.B (\d+)$', codes, re.M)],
                         [*range(10), 130])
        for command in ('connect', 'replay'):
            text = subprocess.run([NAVETTE, command, '--help'], capture_output=True, check=True,
                                  timeout=PATIENCE).stdout.decode()
            options = set(re.findall(r'^  (?:-\w, )?(--[a-z0-9-]+)', text, re.M))
            self.assertGreater(len(options), 30)
            self.assertEqual([], [option for option in sorted(options)
                                  if not re.search(rf'^\.(B|BI|BR)\b.*{option}\b', page, re.M)])

    def test_0_when_the_server_closes_normally(self):
        for status in (1000, None):
            def script(peer, status=status):
                peer.send('bye')
                peer.send_close(status)
                peer.expect_close(status)
            with self.subTest(status=status), ScriptedServer(accepting(script)) as server, \
                    started(NAVETTE, 'connect', server.url) as process:
                self.assertEqual(process.wait(PATIENCE), 0)
                self.assertEqual(process.stdout.read(), b'bye\n')
                self.assertEqual(process.stderr.read(), b'')

    def test_1_a_line_that_is_not_utf_8(self):
        def script(peer):
            peer.expect('one', 'three')
            peer.end()
        self.check(self.talk(script, stdin=b'one\n\xff\xc3\xa9\nthree\n\xc3'), 1, stderr=[
            'navette connect: line 2 of the input was not sent: text is not valid UTF-8\n',
            'navette connect: line 4 of the input was not sent: text is not valid UTF-8\n'])

    def test_1_a_line_over_64_mib(self):
        def script(peer):
            peer.expect('one', 'two')
            peer.end()
        result = self.talk(script, stdin=b'one\ntwo\n' + b'x' * (64 * MIB + 1) + b'\nfour\n')
        self.check(result, 1, stderr=[
            'line 3 of the input and what follows were not sent: too big'])

    def test_1_input_that_cannot_be_read(self):
        with tempfile.TemporaryDirectory() as folder, \
                ScriptedServer(accepting(lambda peer: peer.end())) as server:
            directory = os.open(folder, os.O_RDONLY)
            result = subprocess.run([NAVETTE, 'connect', server.url], stdin=directory,
                                    capture_output=True, timeout=PATIENCE, check=False)
            os.close(directory)
        self.check(result, 1, stderr=['standard input: Is a directory'])

    def test_1_output_that_cannot_be_written(self):
        def script(peer):
            peer.send('x')
            peer.end()
        with ScriptedServer(accepting(script)) as server, open('/dev/full', 'wb') as full:
            with started(NAVETTE, 'connect', server.url, stdout=full) as process:
                self.assertEqual(process.wait(PATIENCE), 1)
                self.assertIn(b'standard output: No space left', process.stderr.read())

    def test_2_usage(self):
        url = 'ws://127.0.0.1:1/'
        cases = [
            ([], "the URL is missing; try 'navette connect ws://localhost:8080/ws'"),
            ([url, url], f"only one URL can be given, not '{url}'"),
            (['--nope', url], "no option '--nope'"),
            (['-q', url], "no option '-q'"),
            (['--help=1', url], '--help takes no value'),
            (['--no-compression=1', url], '--no-compression takes no value'),
            (['--once', '--echo-loop', url], '--once and --echo-loop exclude'),
            ([url, '--header'], "a value is missing behind '--header'"),
            ([url, '-H'], "a value is missing behind '-H'"),
            (['-H', 'no colon', url], "--header takes 'Name: value', without a space before "
             "the colon, as behind 'no';"),
            (['-H', 'A b: c', url], "as behind 'A';"),
            (['-H', 'A: b\r\nC: d', url], "no control characters, as behind 'A';"),
            (['-H', 'host: a', url], 'what the handshake writes itself'),
            (['-H', 'Sec-WebSocket-Protocol: a', url], '--subprotocol'),
            (['-o', 'a\nb', url], "--origin takes no control characters, as in 'a\\nb'"),
            (['-s', 'a b', url], "--subprotocol takes 'a' or 'a,b', not 'a b'"),
            (['-s', 'a,,b', url], "not 'a,,b'"),
            (['-s', '', url], "not ''"),
            (['--max-message', '0', url], "from 1 to 4294967294, not '0'"),
            (['--max-message', '4294967295', url], '--max-message takes a number from 1 to'),
            (['--max-message', '1k', url], "not '1k'"),
            (['--ping-interval', '-1', url], "--ping-interval takes a time up to 1000000 s"),
            (['--close-timeout', 'nan', url], "not 'nan'"),
            (['--connect-timeout', '1000001', url], "as 5s, 500ms, 2m or 0.5, not '1000001'"),
            (['localhost:8080/ws'], "has no scheme; try 'ws://localhost:8080/ws'"),
            ([':8080/ws'], "has no scheme; try 'ws://localhost:8080/ws'"),
            (['http://a.example/ws'], "is not one of a WebSocket; try 'ws://a.example/ws'"),
            (['https://a.example/ws'], "is not one of a WebSocket; try 'wss://a.example/ws'"),
            (['ftp://a.example/ws'], 'does not start with ws:// or wss://'),
            (['ws://a.example:99999/'], ": 'ws://a.example:99999/'; try"),
            (['ws://a.example/#x'], 'fragment'),
            (['ws://'], ": 'ws://'; try"),
        ]
        for arguments, said in cases:
            with self.subTest(arguments):
                result = run_connect(*arguments)
                self.check(result, 2, stderr=['navette connect: ', said])
                self.assertRegex(result.stderr.decode(),
                                 r"^navette connect: [^\n]+; try '[^\n]+'\n$")

    def test_2_a_password_is_not_shown(self):
        for arguments, shown in (
                (['ws://user:secret@a.example/ws'], "--user NAME:PASSWORD, not into the "
                 "URL: 'ws://***@a.example/ws'"),
                (['http://user:se/cret@a.example/'], "'http://***@a.example/'"),
                (['user:secret@a.example'], "'***@a.example'"),
                (['ws://u@a.example/'], "'ws://*@a.example/'"),
                (['ws://a.example/', 'ws://user:se@cret@b.example/'], "'ws://***@b.example/'")):
            with self.subTest(arguments):
                result = run_connect(*arguments)
                self.check(result, 2, stderr=[shown])
                for secret in (b'user:', b'u@', b'cret'):
                    self.assertNotIn(secret, result.stderr)

    def test_2_a_subprotocol_twice(self):
        self.check(run_connect('-s', 'a,a', 'ws://127.0.0.1:1/'), 2, stderr=["'a' twice"])

    def test_3_name_not_found(self):
        self.check(run_connect('ws://a..b/'), 3, stderr=['host a..b not found'])

    def test_4_refused(self):
        with closed_port() as port:
            result = run_connect(f'ws://127.0.0.1:{port}/', stdin=b'not taken\n')
        self.check(result, 4, stderr=[
            f'connection to 127.0.0.1 port {port} refused: is the server running there?',
            'navette serve'])
        self.assertRegex(result.stderr.decode(), r'^[^\n]+\nnavette connect: '
                         r'see docs/troubleshooting\.md#connection-refused\n$')

    def test_4_no_answer(self):
        # A listener whose queue is full drops what asks for a connection.
        with socket.create_server(('127.0.0.1', 0), backlog=0) as listener:
            port = listener.getsockname()[1]
            waiting = [socket.create_connection(('127.0.0.1', port))]
            result = run_connect('--connect-timeout', '0.5', f'ws://127.0.0.1:{port}/')
            for sock in waiting:
                sock.close()
        self.check(result, 4, stderr=[f'no answer from 127.0.0.1 port {port}', 'firewall',
                                      '--connect-timeout'])

    def test_6_refused_with_a_status(self):
        cases = {
            200: 'it took this for a plain HTTP request',
            301: 'the URL is another one',
            401: "-H 'Authorization: ...'",
            403: '--origin',
            404: 'is the path right?',
            418: 'the server answered 418 What \\x09 ever\n',
            426: 'another version of the protocol',
            503: 'try again later',
        }
        body = b'first\r\n\x1b[31msecond\xff\nlast'
        for status, said in cases.items():
            def script(peer, status=status):
                peer.read_head()
                peer.answer(f'HTTP/1.1 {status} What \t ever', f'Content-Length: {len(body)}',
                            'Connection: close', body=body)
            with self.subTest(status):
                result, port = self.against(script)
                self.check(result, 6, stderr=[
                    f'127.0.0.1 port {port} refused the upgrade, the server answered {status} What',
                    said, '    first\n    \\x1b[31msecond\\xff\n    last\n'])

    def test_7_no_handshake(self):
        wrong = ('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
                 'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=')

        def banner(peer):
            peer.send_raw(b'SSH-2.0-OpenSSH_9.2\r\n')
            peer.read_head()

        def wrong_key(peer):
            peer.read_head()
            peer.answer(*wrong)

        def extension(peer):
            peer.accept('Sec-WebSocket-Extensions: x-other')
        cases = {
            'banner': (banner, 'gave no valid WebSocket handshake'),
            'wrong key': (wrong_key, 'Sec-WebSocket-Accept'),
            'an extension': (extension, 'extension that was not offered'),
            'the end': (lambda peer: peer.read_head(), 'gave no valid WebSocket handshake'),
            'a reset': (lambda peer: (peer.read_head(), peer.reset()), 'no valid WebSocket'),
        }
        for name, (script, said) in cases.items():
            with self.subTest(name):
                result, port = self.against(script)
                self.check(result, 7, stderr=[f'127.0.0.1 port {port} ', said,
                                              'is it a WebSocket server?'])

    def test_7_silence(self):
        def script(peer):
            peer.read_head()
            peer.expect_end()
        result, port = self.against(script, '--connect-timeout', '3')
        self.check(result, 7, stderr=[
            f'127.0.0.1 port {port} accepted the connection and then did not answer'])

    def closed_with(self, status, reason=''):
        def script(peer):
            peer.send_close(status, reason)
            peer.expect_close(status)
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            code = process.wait(PATIENCE)
            return subprocess.CompletedProcess((), code, process.stdout.read(),
                                               process.stderr.read())

    def test_8_another_code(self):
        names = {
            1001: 'going away', 1003: 'unsupported data', 1007: 'invalid data',
            1008: 'policy violation', 1009: 'message too big', 1011: 'internal error',
            1012: 'service restart', 1013: 'try again later', 1014: 'bad gateway',
            3000: 'registered by a library or framework', 4999: 'private to the application',
        }
        for status, name in names.items():
            with self.subTest(status):
                self.check(self.closed_with(status), 8,
                           stderr=[f'closed by the server: {status} ({name})\n'])

    def test_8_reason(self):
        self.check(self.closed_with(1008, 'no \x1b[1m token \u00e9'), 8, stderr=[
            'closed by the server: 1008 (policy violation)\n    no \\x1b[1m token \u00e9\n'])

    def test_8_another_code_in_answer_to_our_close(self):
        def script(peer):
            peer.expect('a')
            peer.answer_last_ping()
            peer.expect_close()
            peer.send_close(1011)
        self.check(self.talk(script, stdin=b'a\n'), 8, stderr=['1011 (internal error)'])

    def test_0_both_sides_leave(self):
        def script(peer):
            peer.answer_last_ping()
            peer.expect_close()
            peer.send_close(1001)
        self.check(self.talk(script), 0)

    def broken(self, script, *arguments):
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', *arguments, server.url) as process:
            code = process.wait(PATIENCE)
            return subprocess.CompletedProcess((), code, process.stdout.read(),
                                               process.stderr.read())

    def test_8_broken(self):
        def protocol_error(peer):
            peer.send_raw(b'\xc1\x00')
            peer.expect_close(1002)

        def too_big(peer):
            peer.send('12345678901')
            peer.expect_close(1009)

        def not_utf_8(peer):
            peer.send_raw(server_frame(0x80 | TEXT, b'\xff'))
            peer.expect_close(1007)
        cases = {
            'the end': (lambda peer: None, '1006 (abnormal closure), the peer ended'),
            'a reset': (lambda peer: peer.reset(), '1006 (abnormal closure), the peer reset'),
            'a protocol error': (protocol_error, '1002 (protocol error), protocol error of'),
            'a limit': (too_big, '1009 (message too big)'),
            'bad text': (not_utf_8, '1007 (invalid data)'),
        }
        for name, (script, said) in cases.items():
            with self.subTest(name):
                self.check(self.broken(script, '--max-message', '10'), 8,
                           stderr=['the connection broke: ', said])

    def test_8_no_answer_to_our_close(self):
        def script(peer):
            peer.answer_last_ping()
            peer.expect_close()
            peer.expect_end()
        self.check(self.talk(script, '--close-timeout', '3'), 8,
                   stderr=['the connection broke: ', 'no answer to a Close'])

    def test_8_closed_before_all_was_sent(self):
        for data in (b'x' * (32 * MIB), (b'x' * 99 + b'\n') * 500000):
            gone = threading.Event()

            def script(peer, gone=gone):
                peer.read(1000)
                peer.send_close(1000)
                gone.wait(PATIENCE)
            with self.subTest(len(data)), ScriptedServer(accepting(script)) as server, \
                    started(NAVETTE, 'connect', server.url) as process:
                errors = process.communicate(data, timeout=PATIENCE)[1]
                gone.set()
                self.assertEqual(process.returncode, 8)
                self.assertRegex(errors.decode(), r'^navette connect: ended before all of the '
                                 r'input was sent; missing: (at least )?\S+ [^\n]+\n$')

    def test_0_the_last_line_makes_the_server_close(self):
        def script(peer):
            peer.expect('one', 'bye')
            peer.send_close(1000)
            while peer.frame()[0] != 0x80 | CLOSE:
                pass
        self.check(self.talk(script, stdin=b'one\nbye\n'), 0)

    def interrupted(self, number, end):
        """One that is interrupted when it is open, and what it says."""
        opened = threading.Event()

        def script(peer):
            peer.expect('a')
            opened.set()
            peer.expect_close()
            end(peer, process)
        with ScriptedServer(accepting(script)) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            self.assertTrue(opened.wait(PATIENCE))
            process.send_signal(number)
            return process.wait(PATIENCE), process.stderr.read()

    def test_0_interrupted(self):
        def end(peer, _):
            peer.send_close(1000)
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.assertEqual(self.interrupted(number, end), (0, b''))

    def test_130_interrupted_twice(self):
        def end(peer, process):
            process.send_signal(signal.SIGINT)
            peer.expect_end()
        self.assertEqual(self.interrupted(signal.SIGINT, end), (130, b''))

    def test_what_was_ignored_stays_ignored(self):
        """As a shell has it for the background jobs of a script."""
        def script(peer):
            peer.expect('a')
            process.send_signal(signal.SIGINT)
            process.stdin.write(b'b\n')
            process.stdin.close()
            peer.expect('b')
            peer.end()
        with ScriptedServer(accepting(script)) as server, \
                started('sh', '-c', "trap '' INT; exec \"$@\"", 'sh', NAVETTE, 'connect',
                        server.url) as process:
            process.stdin.write(b'a\n')
            process.stdin.flush()
            self.assertEqual(process.wait(PATIENCE), 0)

    @contextlib.contextmanager
    def endless(self, script, *arguments, source=('yes', 'x' * 1000)):
        """One whose input has no end, and the program that it comes from."""
        with ScriptedServer(accepting(script)) as server, \
                started(*source) as writer, \
                started(NAVETTE, 'connect', *arguments, server.url, stdin=writer.stdout) as process:
            yield process, writer

    def test_0_the_rest_is_given_up_on_purpose(self):
        sending = threading.Event()

        def script(peer):
            peer.text()
            sending.set()
            # Until the last eight bytes are a Close: far faster than frame by frame.
            end = b''
            while end[:2] != bytes([0x80 | CLOSE, 0x82]):
                end = (end + peer.sock.recv(1 << 20))[-8:]
            peer.send_close(1000)
        with self.endless(script, '--close-timeout', '60') as (process, _):
            self.assertTrue(sending.wait(PATIENCE))
            process.send_signal(signal.SIGINT)
            self.assertEqual((process.wait(PATIENCE), process.stderr.read()), (0, b''))

    def interrupted_when_nobody_reads(self, *arguments, **options):
        """The exit code, and what is said."""
        opened, done = threading.Event(), threading.Event()

        def deaf(peer):
            # Its request is behind it, so it sleeps only for want of input or of somebody who reads.
            self.assertEqual(len(peer.sock.recv(1)), 1)
            opened.set()
            done.wait(PATIENCE)
        with self.endless(deaf, *arguments, '--close-timeout', '0.5', **options) as (process, writer):
            self.assertTrue(opened.wait(PATIENCE))
            # The writer sleeps because the pipe is full, which who sleeps beside it does not read.
            poll(lambda: sleeps(writer.pid, process.pid), 'a standstill')
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE)
            done.set()
            return code, process.stderr.read().decode()

    def test_8_interrupted_when_the_server_does_not_read(self):
        code, said = self.interrupted_when_nobody_reads()
        self.assertEqual(code, 8)
        self.assertRegex(said, r'missing: (at least )?\d+ messages? and the rest of the '
                               r'input\n$')

    def test_empty_messages_take_room_too(self):
        """Else they would be read without end, for a server that does not."""
        code, said = self.interrupted_when_nobody_reads('--null', source=('cat', '/dev/zero'))
        self.assertEqual(code, 8)
        count = re.search(r'missing: (?:(?:at least )?(\d+) messages? and )?the rest of the '
                          r'input\n$', said)
        self.assertLess(int(count[1] or 0), 10000)

    def test_130_interrupted_before_it_was_open(self):
        asked = threading.Event()

        def script(peer):
            peer.read_head()
            asked.set()
            peer.expect_end()
        with ScriptedServer(script) as server, \
                started(NAVETTE, 'connect', server.url) as process:
            self.assertTrue(asked.wait(PATIENCE))
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE), 130)


class OnATerminal(ConnectTest):
    def open(self, script, *arguments):
        server = self.enterContext(ScriptedServer(accepting(script)))
        # Without the editor, which has tests of its own.
        dumb = {**os.environ, 'TERM': 'dumb'}
        terminal = self.enterContext(
            Terminal(NAVETTE, 'connect', *arguments, server.url, env=dumb))
        terminal.expect(r'^Connexion au serveur\.\.\.\r\n'
                        r'Connecté ! Tapez vos messages \(ou "quit" pour quitter\) :\r\n')
        return terminal

    def test_a_conversation(self):
        def script(peer):
            peer.send('Bienvenue')
            peer.expect('élève')
            peer.send('reçu')
            peer.end()
        terminal = self.open(script)
        terminal.expect(r'^Message du serveur : Bienvenue\r\n')
        terminal.type('élève\n')
        terminal.expect(r'Message du serveur : reçu\r\n')
        terminal.type('quit\n')
        terminal.expect(r'Déconnexion\.\.\.\r\n$')
        self.assertEqual(terminal.rest(), 0)
        self.assertEqual(terminal.text, '')
        self.assertTrue(terminal.is_unchanged())

    def test_end_of_file_key(self):
        terminal = self.open(lambda peer: peer.end())
        terminal.type('\x04')
        terminal.expect(r'Déconnexion\.\.\.\r\n')
        self.assertEqual(terminal.rest(), 0)

    def test_control_c(self):
        def script(peer):
            peer.expect_close()
            peer.send_close(1000)
        terminal = self.open(script)
        terminal.interrupt()
        terminal.expect(r'Déconnexion\.\.\.\r\n')
        self.assertEqual(terminal.rest(), 0)
        self.assertTrue(terminal.is_unchanged())

    def test_control_c_twice(self):
        asked = threading.Event()

        def script(peer):
            peer.expect_close()
            asked.set()
            peer.expect_end()
        terminal = self.open(script)
        terminal.interrupt()
        terminal.expect(r'Déconnexion\.\.\.\r\n')
        self.assertTrue(asked.wait(PATIENCE))
        terminal.interrupt()
        self.assertEqual(terminal.rest(), 130)
        self.assertTrue(terminal.is_unchanged())

    def test_the_server_cannot_drive_the_terminal(self):
        nasty = 'a\x1b[2Jb\x07\r\nc\x7f\x9b1m\u202ed\u2066\te\\'

        def script(peer):
            peer.send(nasty, b'\x1b\xff', b'', b'x' * 300)
            peer.send_close(4000, 'r\x1b\u0085')
            peer.expect_close(4000)
        terminal = self.open(script)
        self.assertEqual(terminal.rest(), 8)
        self.assertEqual(terminal.text.split('\r\n'), [
            r'Message du serveur : a\x1b[2Jb\x07\r\nc\x7f\u009b1m\u202ed\u2066' + '\te\\',
            'Message du serveur : <binary, 2 bytes> 1bff',
            'Message du serveur : <binary, 0 bytes> ',
            'Message du serveur : <binary, 300 bytes> ' + '78' * 255 + '...',
            'navette connect: closed by the server: 4000 (private to the application)',
            r'    r\x1b\u0085', ''])

    def test_the_server_closes(self):
        def script(peer):
            peer.send_close(1000, 'bye')
            peer.expect_close(1000)
        terminal = self.open(script)
        self.assertEqual(terminal.rest(), 0)
        self.assertEqual(terminal.text, 'navette connect: closed by the server: '
                                        '1000 (normal closure)\r\n    bye\r\n')


if __name__ == '__main__':
    unittest.main()
