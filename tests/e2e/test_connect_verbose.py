# SPDX-License-Identifier: MIT
"""navette connect --verbose, what is told of a refusal, and redirects."""

import re
import signal
import unittest

from client_support import ScriptedServer, accepting, run_connect, started
from places import NAVETTE
from support import PATIENCE
from tls_support import SECURE

HIDDEN = ('Authorization', 'Cookie')


class Verbose(unittest.TestCase):
    def run_verbosely(self, *scripts, code=0, arguments=()):
        with ScriptedServer(*scripts) as server:
            result = run_connect('-v', *arguments, server.url)
        self.assertEqual((result.returncode, result.stdout), (code, b''), result.stderr.decode())
        return server, result.stderr.decode().splitlines()

    def test_an_opening(self):
        def script(peer):
            peer.accept('Sec-WebSocket-Protocol: b', 'Set-Cookie: id=s3cret',
                        'Sec-WebSocket-Extensions: permessage-deflate; '
                        'server_no_context_takeover; client_max_window_bits=10')
            peer.end()
        server, lines = self.run_verbosely(script, arguments=(
            '-s', 'a, b', '-u', 'me:s3cret', '-b', 'a=s3cret', '-H', 'proxy-authorization: s3cret',
            '-H', 'X-Mine: 1'))
        text = '\n'.join(lines)
        for line in (f'* addresses: 127.0.0.1:{server.port}',
                     f'* connected to 127.0.0.1:{server.port}',
                     '> GET /ws HTTP/1.1', f'> Host: 127.0.0.1:{server.port}', '> X-Mine: 1',
                     '> Authorization: (hidden)', '> Cookie: (hidden)',
                     '> proxy-authorization: (hidden)', '> ',
                     '< HTTP/1.1 101 Switching Protocols', '< Set-Cookie: (hidden)', '< ',
                     '* subprotocol: b',
                     '* permessage-deflate: sending with a window of 10 bits, receiving with '
                     '15 bits and no context takeover'):
            self.assertIn(line, lines)
        self.assertNotIn('s3cret', text)
        order = [lines.index(line) for line in lines if line.startswith(
            ('* addr', '* conn', '> GET', '< HTTP', '* subp', '* perm', '* time'))]
        self.assertEqual(len(order), 7)
        ms = r'\d+\.\d\d ms'
        tls = f'TLS {ms}, ' if SECURE else ''
        self.assertRegex(lines[-1], rf'^\* time: DNS {ms}, TCP {ms}, {tls}upgrade {ms}, '
                                    rf'together {ms}$')
        parts = [float(part) for part in re.findall(r'(\d+\.\d\d) ms', lines[-1])]
        self.assertAlmostEqual(sum(parts[:-1]), parts[-1], delta=0.05)

    def test_no_compression(self):
        _, lines = self.run_verbosely(accepting(lambda peer: peer.end()),
                                      arguments=['--no-compression'])
        self.assertIn('* no compression', lines)
        self.assertNotIn('permessage-deflate', ' '.join(lines))

    @unittest.skipUnless(SECURE, 'about TLS')
    def test_tls(self):
        _, lines = self.run_verbosely(accepting(lambda peer: peer.end()))
        self.assertRegex('\n'.join(lines), r'(?m)^\* TLS: TLSv1\.3 TLS_[A-Z0-9_]+$')

    def test_a_refusal(self):
        def script(peer):
            peer.read_head()
            peer.answer('HTTP/1.1 403 Forbidden', 'X-Why: because', 'Content-Length: 4',
                        body=b'body')
        _, lines = self.run_verbosely(script, code=6)
        for line in ('< HTTP/1.1 403 Forbidden', '< X-Why: because', '    body'):
            self.assertIn(line, lines)
        self.assertRegex(lines[-1], r'^\* time: .*TCP')

    def test_an_echo_loop(self):
        def script(peer):
            peer.accept('Sec-WebSocket-Protocol: b')
            peer.send_close(1000)
            peer.expect_close()
        _, lines = self.run_verbosely(script, arguments=['--echo-loop', '-s', 'b'])
        for line in ('< HTTP/1.1 101 Switching Protocols', '* subprotocol: b', '* no compression'):
            self.assertIn(line, lines)
        self.assertRegex(lines[-1], r'^\* time: .*upgrade')

    def test_an_echo_loop_that_is_refused(self):
        def script(peer):
            peer.read_head()
            peer.answer('HTTP/1.1 403 Forbidden', 'Content-Length: 0')
        _, lines = self.run_verbosely(script, code=6, arguments=['--echo-loop'])
        self.assertRegex(lines[-1], r'^\* time: .*upgrade')

    def test_what_is_no_head(self):
        begin = '< HTTP/1.1 101 Yes'
        hidden = ['< Set-Cookie: (hidden)'] * 2
        for data, shown in (
                (b'SSH-2.0-OpenSSH_9\r\n', ['< SSH-2.0-OpenSSH_9']),
                (b'HTTP/1.1 101 Yes\r\nA : b\r\nC: d\r\n\r\n', [begin, '< A : b', '< C: d', '< ']),
                (b'HTTP/1.1 101 Yes\r\nA: b\r\nC', [begin, '< A: b', '< C']),
                (b'HTTP/1.1 101 Yes\r\nSet-Cookie : s3cret\r\n  s3cret\r\n\r\n',
                 [begin, *hidden, '< ']),
                (b'HTTP/1.1 101 Yes\r\nSet-Cookie: a\r\n\ts3cret\r\nX: y\r\n\r\n',
                 [begin, *hidden, '< X: y', '< '])):
            def script(peer, data=data):
                peer.read_head()
                peer.send_raw(data)
            with self.subTest(data):
                _, lines = self.run_verbosely(script, code=7)
                self.assertEqual([line for line in lines if line.startswith('<')], shown)
                self.assertNotIn('s3cret', '\n'.join(lines))

    def test_a_head_that_breaks_off(self):
        def script(peer):
            peer.read_head()
            peer.send_raw(b'HTTP/1.1 101 Yes\r\nX: y\r\n')
            peer.reset()
        _, lines = self.run_verbosely(script, code=7)
        self.assertEqual(lines.count('< X: y'), 1)

    def test_a_head_that_takes_too_long(self):
        def script(peer):
            peer.read_head()
            peer.send_raw(b'HTTP/1.1 101 Yes\r\nX: y\r\n')
            peer.expect_end()
        _, lines = self.run_verbosely(script, code=7, arguments=['--connect-timeout', '3'])
        self.assertEqual(lines.count('< X: y'), 1)


class Refusal(unittest.TestCase):
    def refused(self, status, *fields):
        def script(peer):
            peer.read_head()
            peer.answer(f'HTTP/1.1 {status} No', *fields, 'X-Other: 1', 'Content-Length: 0')
        with ScriptedServer(script) as server:
            result = run_connect(server.url)
        self.assertEqual((result.returncode, result.stdout), (6, b''))
        return result.stderr.decode()

    def test_what_tells_the_way_out_is_shown(self):
        cases = (
            (301, 'Location: ws://b.example/\x1b', '(--location goes there, '),
            (401, 'WWW-Authenticate: Basic realm="a"', '(--user NAME:PASSWORD, or -H '),
            (426, 'Sec-WebSocket-Version: 8', 'another version of the protocol'),
            (429, 'Retry-After: 20', 'try again later'),
            (503, 'Retry-After: Wed, 21 Oct 2026 07:28:00 GMT', 'try again later'),
        )
        for status, field, said in cases:
            with self.subTest(status):
                errors = self.refused(status, field.replace('\x1b', ''))
                self.assertIn(f'\n    {field}'.replace('\x1b', ''), errors)
                self.assertIn(said, errors)
                self.assertNotIn('X-Other', errors)


class Again(unittest.TestCase):
    """With --reconnect the first failure in a row is told as without."""

    @staticmethod
    def refusing(status, *fields):
        def script(peer):
            peer.read_head()
            peer.answer(f'HTTP/1.1 {status} No', *fields, 'Content-Length: 3', body=b'why')
        return script

    def test_a_refusal(self):
        later = self.refusing(503, 'Retry-After: 0')
        with ScriptedServer(later, later, self.refusing(401, 'WWW-Authenticate: Basic')) as server:
            result = run_connect('--reconnect', server.url)
        self.assertEqual(result.returncode, 6)
        name = 'navette connect: '
        again = r'trying again in \d\.\d s\n'
        port = server.port
        self.assertRegex(result.stderr.decode(), (
            rf'^{name}127.0.0.1 port {port} refused the upgrade, the server answered 503 No: try '
            rf'again later\n    Retry-After: 0\n    why\n{name}see [^\n]+#http-503\n{name}{again}'
            rf'{name}no connection \(the server answered 503 No\), {again}'
            rf'{name}127.0.0.1 port {port} refused the upgrade, the server answered 401 No: it '
            r'wants credentials [^\n]+\n    WWW-Authenticate: Basic\n    why\n'
            rf'{name}see [^\n]+#http-401\n$'))

    def test_advice(self):
        with started(NAVETTE, 'connect', '--reconnect', 'ws://127.0.0.1:1/') as process:
            lines = [process.stderr.readline().decode() for _ in range(4)]
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE), 130)
        self.assertIn('connection to 127.0.0.1 port 1 refused: is the server running', lines[0])
        self.assertIn('#connection-refused', lines[1])
        self.assertRegex(lines[2], r'^navette connect: trying again in ')
        self.assertRegex(lines[3], r'^navette connect: no connection \([^\n]*\), trying again in ')


class Redirects(unittest.TestCase):
    @staticmethod
    def redirecting(location):
        def script(peer):
            peer.read_head()
            peer.answer('HTTP/1.1 302 Found', f'Location: {location}', 'Content-Length: 0')
        return script

    def test_they_are_followed(self):
        def script(peer):
            peer.accept()
            self.assertTrue(peer.head.startswith('GET /there?x=1 '))
            peer.end()
        for option in (['-L'], ['--max-redirs', '2']):
            with ScriptedServer(self.redirecting('/here'), self.redirecting('/there?x=1'),
                                script) as server:
                result = run_connect('-v', *option, server.url)
            self.assertEqual(result.returncode, 0, result.stderr.decode())
            self.assertIn(f'* redirected to {server.url[:-3]}/there?x=1\n', result.stderr.decode())

    def test_6_too_many(self):
        with ScriptedServer(self.redirecting('/a'), self.redirecting('/b')) as server:
            result = run_connect('--max-redirs', '1', '-L', server.url)
        self.assertEqual(result.returncode, 6, result.stderr.decode())
        with ScriptedServer(*[self.redirecting('/a')] * 6) as server:
            result = run_connect('-L', server.url)
        self.assertEqual(result.returncode, 6, result.stderr.decode())

    def test_6_one_that_is_not_followed(self):
        with ScriptedServer(self.redirecting('ftp://a.example/')) as server:
            result = run_connect('-L', server.url)
        self.assertEqual(result.returncode, 6)
        self.assertIn("the server's redirect is not followed: ", result.stderr.decode())
        self.assertIn('\n    Location: ftp://a.example/\n', result.stderr.decode())
        self.assertNotIn('--location', result.stderr.decode())

    @unittest.skipIf(SECURE, 'the other server speaks no TLS')
    def test_a_failure_names_the_server_that_it_is_about(self):
        with ScriptedServer(self.redirecting('ws://127.0.0.2:1/')) as server:
            result = run_connect('-L', server.url)
        self.assertEqual(result.returncode, 4)
        self.assertIn('connection to 127.0.0.2 port 1 refused', result.stderr.decode())


if __name__ == '__main__':
    unittest.main()
