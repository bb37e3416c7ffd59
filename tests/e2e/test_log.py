# SPDX-License-Identifier: MIT
"""The log of navette serve as JSON lines: every line parses, every end has its reason, and nobody
waits for who reads it."""

import contextlib
import itertools
import json
import os
import re
import signal
import statistics
import struct
import subprocess
import tempfile
import time
import unittest

from places import NAVETTE, ROOT
from support import (CLOSE, Client, Lines, PATIENCE, SOON, Server, TLS_FLAGS, connect, frame, message,
                     poll, upgrade)

START_LINES = 4
UTC = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z')


class Log(unittest.TestCase):
    def start(self, *flags, read=True):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(
            [NAVETTE, 'serve', *TLS_FLAGS, '--port', '0', '--rate', '0', *flags],
            stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.pipe = os.fdopen(reader, 'rb', buffering=0)
        if read:
            self.lines = Lines(self.pipe)
            # Who comes before they have all been written is in their midst.
            self.lines.wait(lambda lines: len(lines) >= START_LINES, 'start lines')
            self.port = self.wait('started')['port']
        else:
            self.addCleanup(self.pipe.close)
            self.port = json.loads(self.pipe.readline())['port']

    def wait(self, event, **fields):
        """The first line of this event with these fields."""
        def find(lines):
            for line in map(json.loads, lines):
                if line['event'] == event and fields.items() <= line.items():
                    return line
            return None
        return self.lines.wait(find, f'{event} {fields}')

    def end(self):
        """All lines of a server that ends well."""
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(PATIENCE), 0)
        lines = self.lines.all()
        self.assertTrue(all(lines))
        return [json.loads(line) for line in lines]

    def of(self, lines, event):
        return [line for line in lines if line['event'] == event]

    def test_every_line_has_what_it_needs(self):
        self.start()
        with Client(self.port, '/chat') as client:
            client.text()
            client.send('Zoé')
            client.text()
            client.send('é')
            client.text()
            client.leave()
        self.wait('disconnected')
        lines = self.end()
        for line in lines:
            self.assertTrue(UTC.fullmatch(line['time']), line)
            self.assertEqual(line['level'], 'info')
        self.assertEqual([line['event'] for line in lines],
                         ['started', 'listening', 'listening', 'listening', 'connected', 'named',
                          'message', 'left', 'disconnected', 'stopping'])
        peer = lines[4]['peer']
        self.assertEqual({key: value for key, value in lines[6].items() if key != 'time'},
                         {'level': 'info', 'event': 'message', 'message': 'Message de Zoé : é',
                          'path': '/chat', 'name': 'Zoé', 'bytes': 2})
        end = lines[8]
        self.assertGreaterEqual(end.pop('open_ms'), 0)
        self.assertEqual({key: value for key, value in end.items() if key != 'time'},
                         {'level': 'info', 'event': 'disconnected', 'name': 'Zoé', 'peer': peer,
                          'message': 'Client déconnecté (Restants : 0)', 'path': '/chat',
                          'status': 1000, 'cause': 'closing handshake', 'clients': 0})
        self.assertEqual(self.process.stderr.read(), b'')

    def test_every_end_has_its_reason_once(self):
        self.start()
        ways = {
            'closing handshake': (frame(CLOSE, struct.pack('!H', 4000)), 4000),
            'protocol error of the peer': (b'\xff\x80', 1002),
            'a limit was exceeded': (b'\x82\xff' + b'\x00\x00\x00\x00\x7f\x00\x00\x00', 1009),
            'the peer ended the connection without a Close': (b'', 1006),
        }
        for path in ('/ws', '/chat'):
            for cause, (data, status) in ways.items():
                with Client(self.port, path) as client:
                    client.text()
                    client.send_raw(data)
                    if data:
                        client.frame()
                self.wait('disconnected', path=path, cause=cause, status=status)
        self.assertEqual(len(self.of(self.end(), 'disconnected')), 2 * len(ways))
        self.assertFalse([line for line in self.lines.lines if 'ended with' in line])

    def test_what_is_hostile_stays_in_its_line(self):
        self.start()
        texts = ['"', '\\', '{"event":"forged"}', 'a\r\n{"event":"forged"}', '\x1b[2J\0\x7f\x9b',
                 '\u202e\u2028', '\U0001f600' * 1000, '\\' * 5000, '\ufeff\ufffe\uffff']
        for path in ('/ws', '/chat'):
            with Client(self.port, path) as client:
                client.text()
                client.send('"\\{}')
                client.text()
                for text in texts:
                    client.send(text)
                    client.text()
                client.leave()
            self.wait('disconnected', path=path)
        with connect(self.port) as sock:
            sock.sendall(upgrade('/\xff"\\x?token=SECRET').replace(b'\xc3\xbf', b'\xff'))
            sock.recv(1000)
        lines = self.end()
        self.assertEqual(len(self.of(lines, 'message')), 2 * len(texts) + 1)
        self.assertFalse(self.of(lines, 'forged'))
        for line in self.lines.lines:
            self.assertFalse(re.search('[\x00-\x1f\x7f-\x9f\u2028\u202e]', line), line)
            self.assertLess(len(line.encode()), 4096)
            self.assertNotIn('SECRET', line)

    def test_who_does_not_read_the_log_holds_nobody_up(self):
        """Its pipe and the lines that wait are full, and the others are served at once."""
        self.start(read=False)
        times = []
        with Client(self.port, '/ws') as chatty, Client(self.port, '/ws') as other:
            chatty.text()
            other.text()
            for _ in range(200):
                chatty.send(*['x' * 1000] * 10)
                begin = time.monotonic()
                other.send('?')
                other.text()
                times.append(time.monotonic() - begin)
                for _ in range(10):
                    chatty.text()
        self.lines = Lines(self.pipe)
        self.wait('lines_lost')
        lines = self.end()
        lost = sum(line['lines'] for line in self.of(lines, 'lines_lost'))
        self.assertGreater(lost, 100)
        self.assertEqual(lines[-1]['event'], 'stopping')
        told = len(self.of(lines, 'message')) + len(self.of(lines, 'disconnected'))
        self.assertEqual(told + lost, 200 * 11 + 2)
        # The machine may have been busy with something else for a part of the time.
        self.assertLess(statistics.median(times), 0.15)

    def test_it_ends_although_nobody_reads_the_log(self):
        self.start(read=False)
        with Client(self.port, '/ws') as client:
            client.text()
            for _ in range(200):
                client.send('x' * 1000)
                client.text()
        begin = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - begin, SOON)

    def test_what_is_left_out_is_an_event(self):
        self.start('--handshakes-per-ip', '0', '--max-connections-per-ip', '0')
        for _ in range(100):
            with connect(self.port) as sock:
                sock.sendall(b'GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n')
                sock.recv(4096)
        lines = self.end()
        left_out = self.of(lines, 'left_out')
        self.assertTrue(left_out)
        self.assertEqual({line['kind'] for line in left_out}, {'request'})
        self.assertEqual(sum(line['lines'] for line in left_out) + len(self.of(lines, 'server')),
                         100)

    def test_level(self):
        self.start('--log-level', 'info', '--log-format', 'json')
        self.end()
        process = subprocess.Popen([NAVETTE, 'serve', '--port', '0', '--log-level', 'warning'],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        with process:
            poll(lambda: len(os.listdir(f'/proc/{process.pid}/task')) > 2, 'its threads')
            process.terminate()
            self.assertEqual(process.stdout.read(), b'')
        self.assertEqual(process.returncode, 0)


class Quota(unittest.TestCase):
    """A-44: what a peer can repeat at will fills no disk, and what is left out is counted."""

    REQUESTS = 300

    def flood(self, server, request):
        for _ in range(self.REQUESTS):
            with connect(server.port) as sock:
                sock.sendall(request)
                self.assertTrue(sock.recv(4096))

    def check(self, lines, kind, more):
        """All are told or counted, and no more than ten lines a second."""
        left_out = [int(match.group(1)) for line in lines
                    if (match := re.search(r'(\d+) ' + more, line))]
        told = [line for line in lines if kind in line and more not in line]
        self.assertEqual(len(told) + sum(left_out), self.REQUESTS)
        self.assertGreater(sum(left_out), 0)
        seconds = {line[:21] for line in told}
        self.assertLessEqual(len(told), 10 * (len(seconds) + 1))

    def test_refused_requests(self):
        with Server('--handshakes-per-ip', '0', '--max-connections-per-ip', '0') as server:
            self.flood(server, b'GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n')
        self.check(server.errors.all(), 'refused with 404', 'more requests were refused')

    def test_refused_origins(self):
        with Server('--handshakes-per-ip', '0', '--max-connections-per-ip', '0',
                    '--allow-origin', 'https://a.example') as server:
            self.flood(server, upgrade('/ws', 'Origin: https://b.example\r\n'))
        self.check(server.output.all(), 'refusé', 'autres clients refusés : origine')

    def test_refused_tokens(self):
        with tempfile.NamedTemporaryFile('w') as tokens:
            tokens.write('0123456789abcdef zoe\n')
            tokens.flush()
            with Server('--handshakes-per-ip', '0', '--max-connections-per-ip', '0', '--tokens',
                        tokens.name, '--auth-before-upgrade') as server:
                self.flood(server, upgrade('/ws'))
        self.check(server.output.all(), 'refusé', 'autres clients refusés : token')

    def test_it_is_told_when_the_second_is_over(self):
        with Server('--handshakes-per-ip', '0', '--max-connections-per-ip', '0') as server:
            self.flood(server, b'GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n')
            server.errors.wait(lambda lines: 'more requests' in lines[-1], 'the count')

    def test_messages_and_the_operator_have_none(self):
        with Server('--rate', '0') as server, Client(server.port, '/ws') as client:
            client.text()
            for number in range(100):
                client.send(str(number))
                client.text()
            for number in range(20):
                server.process.send_signal(signal.SIGHUP)
                server.errors.wait(lambda lines, n=number: len(lines) > n, 'an answer')
            client.leave()
        self.assertEqual(len([line for line in server.log() if 'Message reçu' in line]), 100)


class Unread(Server):
    """One whose log may have any form."""

    def _started(self):
        return [self.output.wait(lambda lines: next(
            (match.group(1) for line in lines
             if (match := re.search(r'démarré sur le port (\d+)', line))), None), 'the port')]


class Secrecy(unittest.TestCase):
    """A-21: a token that stands where it does not belong is nowhere to be read."""

    SECRET = 'SECRETSECRET0123'
    TARGETS = ('/ws?token={}', '/ws%3Ftoken={}', '/ws%3ftoken%3d{}', '/ws%253Ftoken={}',
               '/ws;token={}', '/ws&token={}', '/ws#token={}', '/token={}', '/ws/?token={}',
               '/x%26access_token%3D{}', '/none?a=%0A&token={}', '/ws?token={} x', '/chat%3F{}',
               '//user:{}@localhost/ws', 'http://user:{}@localhost/none', 'ws?token={}',
               'http://localhost/none?token={}', '/\\?token={}', '/token:{}', '/%E9?token={}')
    ORIGINS = ('http://x/?token={}', 'http://user:{}@x', 'https://x#{}', 'http://x/{}', '{}',
               'token={}', 'null?{}', 'http://x:{}', 'http://x\\{}')
    FIELDS = ('Authorization: Bearer {}', 'Authorization: {}', 'Cookie: token={}',
              'Referer: http://x/?token={}', 'User-Agent: {}', 'Host: {}', 'Host: {}@x',
              'Sec-WebSocket-Protocol: bearer, {}', 'Sec-WebSocket-Key: {}',
              'Sec-WebSocket-Version: {}', 'Sec-WebSocket-Extensions: {}', 'X-{}: 1', '{}',
              'Content-Length: {}', 'Transfer-Encoding: {}', 'Upgrade: {}', 'Connection: {}')

    def requests(self):
        for target in self.TARGETS:
            yield upgrade(target.format(self.SECRET))
            yield f'GET {target.format(self.SECRET)} HTTP/1.1\r\nHost: x\r\n\r\n'.encode()
        for origin in self.ORIGINS:
            yield upgrade('/ws', f'Origin: {origin.format(self.SECRET)}\r\n')
        for field in self.FIELDS:
            for path in ('/ws', '/none'):
                yield upgrade(path, field.format(self.SECRET) + '\r\n')
        for method in (self.SECRET, f'GET-{self.SECRET}', f'POST\r\n{self.SECRET}'):
            yield f'{method} / HTTP/1.1\r\nHost: x\r\n\r\n'.encode()

    def ask(self, server, request):
        with connect(server.port) as sock:
            sock.sendall(request)
            self.assertNotIn(self.SECRET.encode(), sock.recv(65536))

    def metrics(self, server):
        line = server.output.wait(lambda lines: next(
            (line for line in lines if '/metrics' in line), None), 'where they are')
        port = int(re.search(r'127\.0\.0\.1:(\d+)/metrics', line).group(1))
        with connect(port, tls=None) as sock:
            sock.sendall(f'GET /metrics?token={self.SECRET} HTTP/1.1\r\nHost: localhost\r\n\r\n'
                         .encode())
            with sock.makefile('rb') as answer:
                return answer.read().decode()

    def shown(self, requests, *flags):
        """All that a server lets others see of these requests."""
        with Unread(*flags) as server:
            for request in requests:
                self.ask(server, request)
            shown = [self.metrics(server)]
            for process in filter(str.isdigit, os.listdir('/proc')):
                with contextlib.suppress(OSError), open(f'/proc/{process}/cmdline', 'rb') as line:
                    shown.append(line.read().decode(errors='replace'))
        return shown + server.output.all() + server.errors.all()

    def test_in_every_place(self):
        requests = list(self.requests())
        with tempfile.NamedTemporaryFile('w') as tokens:
            tokens.write(f'{self.SECRET} zoe\n')
            tokens.flush()
            flags = ('--tokens', tokens.name, '--metrics-port', '0', '--log-format')
            for log, when in itertools.product(('text', 'json'), ((), ('--auth-before-upgrade',))):
                # Few enough for one server that its log leaves none of them out.
                for first in range(0, len(requests), 8):
                    with self.subTest(log, when=when):
                        shown = self.shown(requests[first:first + 8], *flags, log, *when)
                        self.assertEqual([line for line in shown if self.SECRET in line], [])


class Documents(unittest.TestCase):
    def test_every_event_is_in_the_table(self):
        with open(f'{ROOT}/apps/navette/serve/log_event.h', encoding='utf-8') as header:
            events = re.findall(r'X\(NV_LOGGED_\w+, "(\w+)"', header.read())
        with open(f'{ROOT}/docs/logs.md', encoding='utf-8') as page:
            table = re.findall(r'^\| `(\w+)` \| (?:info|warning|error|any) \|', page.read(), re.M)
        self.assertEqual(table, events)


if __name__ == '__main__':
    unittest.main()
