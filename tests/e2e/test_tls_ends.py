# SPDX-License-Identifier: MIT
"""The end of TLS connections, in order and by what a hostile peer puts on the wire: each costs that
connection only, and the log says what it was."""

import contextlib
import errno
import os
import signal
import socket
import ssl
import struct
import subprocess
import unittest

os.environ['NVTEST_TLS'] = '1'

# pylint: disable=wrong-import-position
from client_support import ScriptedServer, accepting, run_connect
from support import CLOSE, PATIENCE, Lines, ServerTest, connect, frame, upgrade
from tls_support import file, hello, server_context

ABNORMAL = '1006'
DATA, ALERT, HANDSHAKE = 23, 21, 22


def record(kind, payload):
    return struct.pack('!BHH', kind, 0x0303, len(payload)) + payload


class EndsTest(ServerTest):
    def client(self, path='/ws', **options):
        client = super().client(path, **options)
        client.frame()
        return client

    def expect_told(self, *words):
        """The next line of the log of problems has all of these."""
        line = self.server.errors.wait(
            lambda lines: lines[self.told] if len(lines) > self.told else None, 'a reason')
        self.told += 1
        for word in words:
            self.assertIn(word, line)

    def setUp(self):
        super().setUp()
        self.told = 0
        self.honest = self.client()

    def check_others(self):
        self.honest.send('x')
        self.assertIn('x', self.honest.text())
        self.client().leave()


class InOrder(EndsTest):
    def test_K_18_our_close_comes_before_our_end_of_tls_before_that_of_tcp(self):
        client = self.client()
        client.send_raw(frame(CLOSE, b'\x03\xe8'))
        client.expect_close(1000)
        client.expect_end()
        self.assertEqual(client.sock.end, 'close_notify')
        self.assertEqual(client.sock.sock.recv(1), b'')

    def test_K_18_so_it_is_when_the_server_stops(self):
        self.server.process.send_signal(signal.SIGINT)
        self.honest.expect_close(1001)
        self.honest.send_raw(frame(CLOSE, b'\x03\xe9'))
        self.honest.expect_end()
        self.assertEqual(self.honest.sock.end, 'close_notify')

    def test_K_18_and_behind_a_page(self):
        with connect(self.server.port) as sock:
            sock.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            while sock.recv(65536):
                pass
            self.assertEqual(sock.end, 'close_notify')

    def test_K_18_an_end_of_tls_without_a_close_is_no_clean_one(self):
        client = self.client()
        client.sock.send_end()
        client.expect_end()
        self.assertEqual(client.sock.end, 'close_notify')
        self.expect_told('/ws', ABNORMAL, 'without a Close')

    def test_K_18_an_end_of_tcp_without_one_of_tls_is_no_clean_one(self):
        for half in (b'', frame(1, b'half', fin=False)):
            client = self.client()
            client.send_raw(half)
            client.sock.shutdown(socket.SHUT_WR)
            client.expect_end()
            self.expect_told('/ws', ABNORMAL, 'without a Close')

    def test_half_a_record_at_the_end(self):
        client = self.client()
        client.sock.sock.sendall(record(DATA, bytes(100))[:50])
        client.sock.shutdown(socket.SHUT_WR)
        client.expect_end()
        self.expect_told('/ws', ABNORMAL)
        self.check_others()

    def test_what_came_before_the_end_counts(self):
        client = self.client()
        client.send('last')
        client.sock.send_end()
        client.expect('Serveur dit : J\'ai reçu votre message "last"')
        client.expect_end()


class OfTheClient(unittest.TestCase):
    def connect(self, script):
        with ScriptedServer(accepting(script), tls=server_context()) as server:
            return run_connect(server.url)

    def test_K_18_an_end_of_tls_without_a_close_is_a_failure(self):
        def script(peer):
            peer.sock.send_end()
            while peer.sock.sock.recv(4096):
                pass
        result = self.connect(script)
        self.assertEqual(result.returncode, 8, result.stderr)
        self.assertIn(ABNORMAL, result.stderr.decode())

    def test_K_18_an_end_of_tcp_without_one_of_tls_is_a_failure(self):
        result = self.connect(lambda peer: None)
        self.assertEqual(result.returncode, 8, result.stderr)
        self.assertIn(ABNORMAL, result.stderr.decode())

    def test_K_18_a_close_needs_no_end_of_tls(self):
        """Many servers send none."""
        def script(peer):
            peer.end()
            peer.sock.shutdown(socket.SHUT_WR)
        self.assertEqual(self.connect(script).returncode, 0)


class Hostile(EndsTest):
    def check_broken(self, data):
        """Behind an honest opening this gets an alert, and the reason is TLS."""
        client = self.client()
        client.sock.sock.sendall(data)
        with self.assertRaisesRegex(ssl.SSLError, '(?i)alert'):
            client.read(1)
        self.expect_told('/ws', 'TLS')

    def send_until_the_end(self, data):
        """Without TLS. The server may end it at any byte, and each call then fails in its own way
        (shutdown with ENOTCONN, after a reset)."""
        with connect(self.server.port, tls=None) as sock:
            with contextlib.suppress(ConnectionError):
                sock.sendall(data)
                try:
                    sock.shutdown(socket.SHUT_WR)
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOTCONN)
                while sock.recv(65536):
                    pass

    def test_records_that_are_no_good(self):
        for name, data in (('too long', struct.pack('!BHH', DATA, 0x0303, 16384 + 257)),
                           ('as long as can be said', struct.pack('!BHH', DATA, 0x0303, 65535)),
                           ('not encrypted', record(DATA, upgrade('/ws'))),
                           ('garbage of the right form', record(DATA, bytes(range(256)))),
                           ('garbage', bytes(range(255, -1, -1))),
                           ('an empty one', record(DATA, b'')),
                           ('HTTP', upgrade('/ws'))):
            with self.subTest(name):
                self.check_broken(data)
        self.check_others()

    def test_no_hello(self):
        """Before the handshake."""
        good = hello()
        for name, data in (('garbage', bytes(range(255, -1, -1))), ('zeros', bytes(1000)),
                           ('too long', struct.pack('!BHH', HANDSHAKE, 0x0301, 65535)),
                           ('an alert', record(ALERT, b'\x02\x28')),
                           ('a hello cut in its middle, and garbage', good[:100] + bytes(1000)),
                           ('two hellos', good + good),
                           ('data', record(DATA, upgrade('/ws'))),
                           ('a hello of 16 MiB',
                            record(HANDSHAKE, b'\1\xff\xff\xff' + bytes(16000))),
                           ('a name of 64 KiB', good[:-2] + b'\xff\xff')):
            with self.subTest(name):
                self.send_until_the_end(data)
        self.check_others()

    def test_a_hello_byte_by_byte(self):
        with connect(self.server.port, tls=None) as sock:
            for byte in hello():
                sock.sendall(bytes([byte]))
            self.assertEqual(sock.recv(1), bytes([HANDSHAKE]))
        self.check_others()

    def test_records_of_one_byte(self):
        client = self.client()
        for byte in frame(1, b'slow'):
            client.sock.sendall(bytes([byte]))
        client.expect('Serveur dit : J\'ai reçu votre message "slow"')
        client.leave()

    def test_alerts_without_end(self):
        """Warnings, which do not end a connection by themselves."""
        for begun in (b'', hello()):
            self.send_until_the_end(begun + record(ALERT, b'\x01\x5a') * 5000)
        self.check_others()

    def test_half_close_inside_the_handshake(self):
        for data in (b'', hello(), hello()[:50]):
            self.send_until_the_end(data)
        self.check_others()


class Chores(EndsTest):
    """What costs the server work and the peer nothing, sent by the tool of OpenSSL, which takes
    letters as orders."""

    def start(self, *flags, **options):
        self.server = super().start(*flags, **options)
        return self.server

    def tool(self, version):
        process = self.enterContext(subprocess.Popen(
            ['openssl', 's_client', '-connect', f'127.0.0.1:{self.server.port}', version,
             '-CAfile', file('ca.pem')], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0))
        lines = Lines(process.stdout)
        self.addCleanup(lines.all)
        self.addCleanup(process.kill)
        lines.wait(lambda lines: any('Verify return code: 0' in line for line in lines), 'trust')
        return process, lines

    def order(self, tool, letter, told):
        """Gives the order once more, and waits until it was carried out."""
        process, lines = tool
        before = lines.lines.count(told)
        process.stdin.write(f'{letter}\n'.encode())
        lines.wait(lambda lines: lines.count(told) > before, told)

    def test_renegotiation_is_refused(self):
        tool = self.tool('-tls1_2')
        self.order(tool, 'R', 'RENEGOTIATING')
        tool[1].wait(lambda lines: any('no renegotiation' in line for line in lines), 'refusal')
        self.assertNotEqual(tool[0].wait(PATIENCE), 0)
        self.check_others()

    def test_new_keys_are_taken_and_too_many_of_them_are_not(self):
        for letter in 'kK':
            process, lines = tool = self.tool('-tls1_3')
            for _ in range(30):
                self.order(tool, letter, 'KEYUPDATE')
            self.assertIsNone(process.poll())
            with contextlib.suppress(AssertionError, BrokenPipeError):
                for _ in range(30):
                    self.order(tool, letter, 'KEYUPDATE')
            self.assertNotEqual(process.wait(PATIENCE), 0)
            self.check_others()
        self.server.errors.wait(
            lambda lines: any('changes its keys too often' in line for line in lines), 'the reason')


if __name__ == '__main__':
    unittest.main()
