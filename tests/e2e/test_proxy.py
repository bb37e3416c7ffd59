# SPDX-License-Identifier: MIT
"""navette connect through proxies, of HTTP (CONNECT) and SOCKS5: which one it takes, what it says
to it, what it makes of the answers, and that the server behind it never learns the proxy's secrets.

The servers have a name that only the proxies know. Through a tunnel there is TLS with the server as
without one, so both ws and wss are looked at here.
"""

import base64
import contextlib
import itertools
import os
import re
import select
import socket
import unittest

from client_support import ScriptedServer, run_connect, started
from places import NAVETTE
from support import PATIENCE, is_sanitized, short
from tls_support import file, server_context

NAME = 'other.example'  # what the certificate `second` is for
# Nothing asks the network for this one: it is no name.
UNKNOWN = 'a..b'
# Who asks the wrong one gets no answer.
SOON = '5' if not is_sanitized() else '30'
VARIABLES = re.compile(r'(http|https|all|no)_proxy', re.I)
CLEAN = {name: value for name, value in os.environ.items() if not VARIABLES.fullmatch(name)}
CLEAN['SSL_CERT_FILE'] = file('ca.pem')

SECRETS = ('s3cret', base64.b64encode(b'nomen:s3cret').decode())


# --- Proxies ---

def relay(peer, port):
    """Carries bytes both ways until both have ended; what went to the server."""
    sent = bytearray()
    with socket.create_connection(('127.0.0.1', port)) as server:
        other = {peer.sock: server, server: peer.sock}
        while other:
            ready = select.select(list(other), [], [], PATIENCE)[0]
            if not ready:
                raise AssertionError('nobody says anything any more')
            for sock in ready:
                data = b''
                # Who has ended resets what still comes.
                with contextlib.suppress(ConnectionError):
                    data = sock.recv(65536)
                    other[sock].sendall(data)
                if sock is peer.sock:
                    sent += data
                if not data:
                    with contextlib.suppress(OSError):
                        other[sock].shutdown(socket.SHUT_WR)
                    del other[sock]
    return bytes(sent)


class Proxy(ScriptedServer):
    """What it was asked is in `asked`, and what it passed on to the server in `passed`."""

    scheme = 'http'

    def __init__(self, *scripts, **options):
        super().__init__(*[self._script(script) for script in scripts], tls=None, **options)
        self.asked, self.passed = [], []

    def _script(self, script):
        return lambda peer: script(self, peer)

    def at(self, user=''):
        return f'{self.scheme}://{user}{self.url[len("ws://"):-len("/ws")]}'

    def pass_on(self, peer, port):
        if peer.buffer:
            raise AssertionError(f'sent before the answer came: {short(peer.buffer)}')
        self.passed.append(relay(peer, port))


class HttpProxy(Proxy):
    def read_request(self, peer):
        peer.read_head()
        self.asked.append(peer.head)


def http_tunnel(port, answer=b'HTTP/1.1 200 Connection established\r\n\r\n', at_once=65536):
    def script(proxy, peer):
        proxy.read_request(peer)
        for begin in range(0, len(answer), at_once):
            peer.send_raw(answer[begin:begin + at_once])
        proxy.pass_on(peer, port)
    return script


def http_answer(data):
    """This, and then the end."""
    def script(proxy, peer):
        proxy.read_request(peer)
        peer.send_raw(data)
    return script


def http_refuse(status, *fields, body=b''):
    lines = [f'HTTP/1.1 {status} No', *fields, f'Content-Length: {len(body)}', '', '']
    return http_answer('\r\n'.join(lines).encode() + body)


def silence(_, peer):
    while peer.sock.recv(65536):
        pass


class SocksProxy(Proxy):
    """RFC 1928."""

    scheme = 'socks5'

    def read_methods(self, peer):
        version, count = peer.read(2)
        if version != 5:
            raise AssertionError(f'SOCKS {version}')
        return set(peer.read(count))

    def read_request(self, peer):
        """RFC 1928 4: the type of the address, the address and the port."""
        head, kind = peer.read(3), peer.read(1)[0]
        if head != b'\5\1\0':
            raise AssertionError(f'not a CONNECT: {head}')
        size = {1: 4, 4: 16}.get(kind) or peer.read(1)[0]
        address, port = peer.read(size), int.from_bytes(peer.read(2), 'big')
        self.asked.append((kind, address, port))


REPLIES = {
    'IPv4': b'\5\0\0\1\x7f\0\0\1\x12\x34',
    'IPv6': b'\5\0\0\4' + b'\0' * 15 + b'\1\x12\x34',
    'a name': b'\5\0\0\3\x05proxy\x12\x34',
    'a name of no length': b'\5\0\0\3\0\x12\x34',
}


def socks_say(peer, data, at_once):
    for begin in range(0, len(data), at_once):
        peer.send_raw(data[begin:begin + at_once])


def socks_tunnel(port, reply=REPLIES['IPv4'], password=None, at_once=65536):
    """With user and password (RFC 1929), or without."""
    def script(proxy, peer):
        method = 0 if password is None else 2
        if method not in proxy.read_methods(peer):
            raise AssertionError('the method is not offered')
        socks_say(peer, bytes([5, method]), at_once)
        if password is not None:
            wanted = b'\1' + b''.join(bytes([len(text)]) + text for text in password)
            if (got := peer.read(len(wanted))) != wanted:
                raise AssertionError(f'{got} is not {wanted}')
            socks_say(peer, b'\1\0', at_once)
        proxy.read_request(peer)
        socks_say(peer, reply, at_once)
        proxy.pass_on(peer, port)
    return script


def socks_answer(*answers):
    """To the methods, the request, ..., and then the end."""
    def script(proxy, peer):
        proxy.read_methods(peer)
        peer.send_raw(answers[0])
        for data in answers[1:]:
            proxy.read_request(peer)
            peer.send_raw(data)
    return script


def socks_wrong_password(proxy, peer):
    proxy.read_methods(peer)
    peer.send_raw(b'\5\2')
    peer.read(1)
    peer.read(peer.read(1)[0])
    peer.read(peer.read(1)[0])
    peer.send_raw(b'\1\1')


# --- A server, which only a proxy finds ---

class Origin(ScriptedServer):
    def __init__(self, secure, times=1, certificate='second', **options):
        self.heads = []
        super().__init__(*[self.serve] * times,
                         tls=server_context(certificate) if secure else None, **options)

    def serve(self, peer):
        peer.accept()
        self.heads.append(peer.head)
        peer.expect('question')
        peer.send('answer')
        peer.end()


class ProxyTest(unittest.TestCase):
    def connect(self, *arguments, stdin=b'question\n', **environment):
        result = run_connect('--connect-timeout', SOON, *arguments, stdin=stdin,
                             env={**CLEAN, **environment})
        result.errors = result.stderr.decode()
        for secret in SECRETS:
            self.assertNotIn(secret, result.errors)
        return result

    def check_answered(self, result):
        self.assertEqual((result.returncode, result.stdout), (0, b'answer\n'), result.errors)

    def check(self, result, code, *said):
        self.assertEqual((result.returncode, result.stdout), (code, b''), result.errors)
        for words in said:
            self.assertIn(words, result.errors)

    def untouched(self):
        """A port to which nobody comes."""
        listener = self.enterContext(socket.create_server(('127.0.0.1', 0)))
        listener.setblocking(False)
        self.addCleanup(lambda: self.assertRaises(BlockingIOError, listener.accept))
        return listener.getsockname()[1]

    def talk(self, kind, tunnel, secure=False, user='', name=NAME, **options):
        """A conversation through a proxy; the origin and the proxy."""
        with Origin(secure) as origin, kind(tunnel(origin.port, **options)) as proxy:
            self.check_answered(self.connect('--proxy', proxy.at(user), origin.url_of(name)))
        return origin, proxy

    def check_no_secrets(self, origin, proxy):
        for secret in (*SECRETS, 'nomen', 'Proxy-'):
            self.assertNotIn(secret, origin.heads[0])
            self.assertNotIn(secret.encode(), proxy.passed[0])

    def refused(self, kind, script, *flags, secure=False, user=''):
        """One run against a proxy that does not connect."""
        with kind(script) as proxy:
            url = f'{"wss" if secure else "ws"}://{NAME}:81/'
            return self.connect('-x', proxy.at(user), *flags, url)

    def check_tried_again(self, kind, script, tunnel):
        """It refuses once, and then connects with a server that only closes."""
        def close(peer):
            peer.accept()
            peer.send_close(1000)
            peer.expect_close()
        with ScriptedServer(close, tls=None) as origin, \
                kind(script, tunnel(origin.port)) as proxy, \
                started(NAVETTE, 'connect', '--reconnect', '-x', proxy.at(),
                        origin.url_of(NAME)) as process:
            self.assertEqual(process.wait(PATIENCE), 0)
            self.assertIn(b'trying again', process.stderr.read())


class Http(ProxyTest):
    def test_CH_19_connect(self):
        for secure in (False, True):
            with self.subTest(secure=secure):
                origin, proxy = self.talk(HttpProxy, http_tunnel, secure)
                target = f'{NAME}:{origin.port}'
                head = proxy.asked[0].splitlines()
                self.assertEqual(head[0], f'CONNECT {target} HTTP/1.1')
                self.assertEqual([line for line in head if re.match('host:', line, re.I)],
                                 [f'Host: {target}'])
                self.assertNotIn('Sec-WebSocket', proxy.asked[0])
                self.assertNotIn('Authorization', proxy.asked[0])
                self.assertIn(f'Host: {target}\r\n', origin.heads[0])

    def test_CH_19_credentials_are_for_the_proxy_alone(self):
        for secure in (False, True):
            with self.subTest(secure=secure):
                origin, proxy = self.talk(HttpProxy, http_tunnel, secure, 'nomen:s3cret@')
                self.assertIn(f'Proxy-Authorization: Basic {SECRETS[1]}\r\n', proxy.asked[0])
                self.check_no_secrets(origin, proxy)

    def test_CH_19_those_for_the_server_are_not_for_the_proxy(self):
        for secure in (False, True):
            with self.subTest(secure=secure), Origin(secure) as origin, \
                    HttpProxy(http_tunnel(origin.port)) as proxy:
                self.check_answered(self.connect(
                    '-x', proxy.at(), '-u', 'nomen:s3cret', '-b', 'a=1', '-H', 'X-Mine: 2',
                    origin.url_of(NAME)))
                self.assertIn(f'Authorization: Basic {SECRETS[1]}\r\n', origin.heads[0])
                for field in ('Authorization', 'Cookie', 'X-Mine'):
                    self.assertIn(f'{field}: ', origin.heads[0])
                    self.assertNotIn(f'{field}: ', proxy.asked[0])

    def test_percent_signs_in_credentials(self):
        _, proxy = self.talk(HttpProxy, http_tunnel, user='n%40me:p%3a%25@')
        basic = base64.b64encode(b'n@me:p:%').decode()
        self.assertIn(f'Proxy-Authorization: Basic {basic}\r\n', proxy.asked[0])

    def test_an_address_of_ipv6(self):
        origin, proxy = self.talk(HttpProxy, http_tunnel, name='[2001:db8::1]')
        self.assertEqual(proxy.asked[0].splitlines()[0],
                         f'CONNECT [2001:db8::1]:{origin.port} HTTP/1.1')

    def test_answers_that_connect(self):
        answers = {
            'with fields': b'HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\nDate: now\r\n\r\n',
            # RFC 9110 9.3.6: there is no body, whatever is said.
            'with the length of a body': b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n',
            'with a chunked body':
                b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
            'of HTTP/1.0': b'HTTP/1.0 200 Connection established\r\n\r\n',
            'another 2xx': b'HTTP/1.1 201 Created\r\n\r\n',
            'behind an interim one':
                b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n'
                b'HTTP/1.1 200 OK\r\n\r\n',
        }
        for (name, answer), at_once in itertools.product(answers.items(), (65536, 1)):
            with self.subTest(name, at_once=at_once):
                self.talk(HttpProxy, http_tunnel, answer=answer, at_once=at_once)

    def test_answers_that_are_none(self):
        ok = b'HTTP/1.1 200 OK\r\n\r\n'
        answers = {
            'nothing': b'', 'half a head': ok[:-2], 'another protocol': b'SSH-2.0-OpenSSH_9\r\n',
            'an upgrade': b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n',
            # Nobody has been asked yet: it is not the server that says this.
            'more than a head': ok + b'HTTP/1.1 101 Switching Protocols\r\n',
            'too much': b'HTTP/1.1 200 OK\r\nA: ' + b'a' * 70000 + b'\r\n\r\n',
        }
        for (name, answer), secure in itertools.product(answers.items(), (False, True)):
            with self.subTest(name, secure=secure):
                with contextlib.suppress(ConnectionError):
                    self.check(self.refused(HttpProxy, http_answer(answer), secure=secure), 9,
                               'proxy')

    def test_CH_19_refusals_are_told_with_their_body(self):
        for status in (301, 400, 403, 404, 407, 429, 500, 502, 503, 504):
            with self.subTest(status):
                script = http_refuse(status, 'Proxy-Authenticate: Basic realm="r"',
                                     body=b'first\n\x1b[1msecond\n')
                self.check(self.refused(HttpProxy, script, user='nomen:s3cret@'), 9, str(status),
                           '    first\n    \\x1b[1msecond\n')

    def test_CH_19_CH_21_which_refusals_are_tried_again(self):
        for status in (400, 403, 404, 407):
            with self.subTest(status):
                self.check(self.refused(HttpProxy, http_refuse(status), '--reconnect'), 9)
        self.check_tried_again(HttpProxy, http_refuse(502), http_tunnel)
        self.check_tried_again(HttpProxy, http_answer(b''), http_tunnel)

    def test_CH_19_silence(self):
        for kind, secure in itertools.product((HttpProxy, SocksProxy), (False, True)):
            with self.subTest(kind.scheme, secure=secure):
                self.check(self.refused(kind, silence, '--connect-timeout', '0.3', secure=secure),
                           9, 'proxy')

    def test_nobody_is_there(self):
        with socket.socket() as closed:
            closed.bind(('127.0.0.1', 0))
            for scheme in ('http', 'socks5'):
                proxy = f'{scheme}://127.0.0.1:{closed.getsockname()[1]}'
                self.check(self.connect('-x', proxy, f'ws://{NAME}/'), 9, 'proxy')
        self.check(self.connect('-x', f'http://{UNKNOWN}:1', f'ws://{NAME}/'), 9, 'proxy')

    def test_the_certificate_is_that_of_the_server(self):
        with contextlib.suppress(ConnectionError), \
                self.assertRaises(OSError), Origin(True, certificate='wrong_host') as origin, \
                HttpProxy(http_tunnel(origin.port)) as proxy:
            self.check(self.connect('-x', proxy.at(), origin.url_of(NAME)), 5, NAME)

    def test_redirects_go_through_the_proxy_too(self):
        def redirect(peer):
            peer.read_head()
            peer.answer('HTTP/1.1 302 Found', 'Location: //second.example:82/there',
                        'Content-Length: 0')
            peer.expect_end()
        with ScriptedServer(redirect, tls=None) as first, Origin(False) as second, \
                HttpProxy(http_tunnel(first.port), http_tunnel(second.port)) as proxy:
            self.check_answered(self.connect('-L', '-x', proxy.at('nomen:s3cret@'),
                                             f'ws://{NAME}:81/'))
        self.assertEqual([head.split()[1] for head in proxy.asked],
                         [f'{NAME}:81', 'second.example:82'])
        self.assertTrue(all(SECRETS[1] in head for head in proxy.asked))
        self.check_no_secrets(second, proxy)


class Socks(ProxyTest):
    def test_CH_19_names_are_resolved_by_the_proxy(self):
        for secure in (False, True):
            with self.subTest(secure=secure):
                origin, proxy = self.talk(SocksProxy, socks_tunnel, secure)
                self.assertEqual(proxy.asked, [(3, NAME.encode(), origin.port)])

    def test_addresses(self):
        for name, (kind, address) in {
                '127.0.0.1': (1, b'\x7f\0\0\1'),
                '[2001:db8::1]': (4, bytes.fromhex('20010db8') + b'\0' * 11 + b'\1')}.items():
            with self.subTest(name):
                origin, proxy = self.talk(SocksProxy, socks_tunnel, name=name)
                self.assertEqual(proxy.asked, [(kind, address, origin.port)])

    def test_CH_19_user_and_password(self):
        for secure, at_once in itertools.product((False, True), (65536, 1)):
            with self.subTest(secure=secure, at_once=at_once):
                origin, proxy = self.talk(SocksProxy, socks_tunnel, secure, 'nomen:s3cret@',
                                          password=(b'nomen', b's3cret'), at_once=at_once)
                self.check_no_secrets(origin, proxy)

    def test_a_proxy_that_does_not_want_them(self):
        _, proxy = self.talk(SocksProxy, socks_tunnel, user='nomen:s3cret@')
        self.assertNotIn(b's3cret', proxy.passed[0])

    def test_replies(self):
        for (name, reply), at_once in itertools.product(REPLIES.items(), (65536, 1)):
            with self.subTest(name, at_once=at_once):
                self.talk(SocksProxy, socks_tunnel, reply=reply, at_once=at_once)

    def test_CH_19_refusals(self):
        said = {1: 'failed', 2: 'not allow', 3: 'reach the network', 4: 'reach the host',
                5: 'refused', 6: 'live long', 7: 'command', 8: 'address', 9: 'failed',
                255: 'failed'}
        for code, words in said.items():
            with self.subTest(code):
                reply = bytes([5, code]) + REPLIES['IPv4'][2:]
                self.check(self.refused(SocksProxy, socks_answer(b'\5\0', reply)), 9, words)
        self.check(self.refused(SocksProxy, socks_answer(b'\5\xff')), 9, 'user')
        self.check(self.refused(SocksProxy, socks_wrong_password, user='nomen:s3cret@'), 9,
                   'user and password')

    def test_CH_19_CH_21_which_refusals_are_tried_again(self):
        for code in (2, 7, 8):
            reply = bytes([5, code]) + REPLIES['IPv4'][2:]
            self.check(self.refused(SocksProxy, socks_answer(b'\5\0', reply), '--reconnect'), 9)
        self.check(self.refused(SocksProxy, socks_wrong_password, '--reconnect',
                                user='nomen:s3cret@'), 9)
        refused = socks_answer(b'\5\0', b'\5\5' + REPLIES['IPv4'][2:])
        self.check_tried_again(SocksProxy, refused, socks_tunnel)

    def test_answers_that_are_none(self):
        answers = {
            'nothing': [b''], 'half of one': [b'\5'], 'SOCKS 4': [b'\4\0'], 'HTTP': [b'HTTP/1.1 '],
            'a method that was not offered': [b'\5\2'], 'no reply': [b'\5\0', b''],
            'half a reply': [b'\5\0', REPLIES['IPv4'][:-1]],
            'a reply of SOCKS 4': [b'\5\0', b'\4' + REPLIES['IPv4'][1:]],
            'an address of no type': [b'\5\0', b'\5\0\0\2\0\0\0\0\0\0'],
            # Nobody has been asked yet: it is not the server that says this.
            'more than a reply': [b'\5\0', REPLIES['IPv4'] + b'x'],
        }
        for name, answer in answers.items():
            with self.subTest(name):
                self.check(self.refused(SocksProxy, socks_answer(*answer)), 9, 'proxy')


class Choice(ProxyTest):
    """--proxy, or what the environment says."""

    def check_through(self, secure, *flags, name=NAME, **environment):
        """Where the value of a variable or a flag is PROXY, a proxy is."""
        with Origin(secure) as origin, HttpProxy(http_tunnel(origin.port)) as proxy:
            flags = [proxy.at() if flag == 'PROXY' else flag for flag in flags]
            environment = {variable: proxy.at() if value == 'PROXY' else value
                           for variable, value in environment.items()}
            self.check_answered(self.connect(*flags, origin.url_of(name), **environment))
        self.assertEqual(len(proxy.asked), 1)

    def check_without(self, *flags, scheme='ws', **environment):
        """It looks for the server itself, and there is none of that name."""
        nobody = f'http://127.0.0.1:{self.untouched()}'
        environment = {variable: nobody if value == 'NOBODY' else value
                       for variable, value in environment.items()}
        self.check(self.connect(*flags, f'{scheme}://{UNKNOWN}:81/', **environment), 3, UNKNOWN)

    def test_CH_19_variables(self):
        nobody = f'http://127.0.0.1:{self.untouched()}'
        cases = [
            (False, {'http_proxy': 'PROXY'}), (True, {'https_proxy': 'PROXY'}),
            (True, {'HTTPS_PROXY': 'PROXY'}),
            (False, {'all_proxy': 'PROXY'}), (True, {'all_proxy': 'PROXY'}),
            (False, {'ALL_PROXY': 'PROXY'}), (True, {'ALL_PROXY': 'PROXY'}),
            (False, {'http_proxy': 'PROXY', 'all_proxy': nobody, 'https_proxy': nobody}),
            (True, {'https_proxy': 'PROXY', 'all_proxy': nobody, 'http_proxy': nobody}),
            (True, {'https_proxy': 'PROXY', 'HTTPS_PROXY': nobody}),
            # What a client of a CGI program says as "Proxy:".
            (False, {'HTTP_PROXY': nobody, 'all_proxy': 'PROXY'}),
        ]
        for secure, environment in cases:
            with self.subTest(environment):
                self.check_through(secure, **environment)

    def test_variables_that_are_not_for_this_scheme(self):
        for scheme, environment in (
                ('ws', {'https_proxy': 'NOBODY'}), ('wss', {'http_proxy': 'NOBODY'}),
                ('ws', {'HTTP_PROXY': 'NOBODY'}),
                ('ws', {'http_proxy': '', 'all_proxy': 'NOBODY'})):
            with self.subTest(environment):
                self.check_without(scheme=scheme, **environment)

    def test_CH_19_exceptions(self):
        for exception in (UNKNOWN, UNKNOWN.upper(), '.b', 'b', '*', f'x,{UNKNOWN}', ' b , c',
                          f'{UNKNOWN}:81'):
            for variable in ('no_proxy', 'NO_PROXY'):
                with self.subTest(exception, variable=variable):
                    self.check_without(all_proxy='NOBODY', **{variable: exception})

    def test_what_is_no_exception(self):
        for exception in ('', 'example.org', 'er.example', f'x{NAME}', f'{NAME}:82', f'x.{NAME}'):
            with self.subTest(exception):
                self.check_through(False, all_proxy='PROXY', no_proxy=exception)

    def test_CH_19_this_machine_needs_no_proxy(self):
        nobody = f'http://127.0.0.1:{self.untouched()}'
        for name in ('localhost', 'LOCALHOST', '127.0.0.1'):
            with self.subTest(name), Origin(False) as origin:
                self.check_answered(self.connect(origin.url_of(name), all_proxy=nobody,
                                                 http_proxy=nobody))
        with Origin(False, host='::1') as origin:
            self.check_answered(self.connect(origin.url, all_proxy=nobody))

    def test_CH_19_the_option_wins(self):
        nobody = f'http://127.0.0.1:{self.untouched()}'
        everything = {'all_proxy': nobody, 'http_proxy': nobody, 'https_proxy': nobody}
        for secure in (False, True):
            with self.subTest(secure=secure):
                self.check_through(secure, '--proxy', 'PROXY', **everything)
        self.check_through(False, '-x', 'PROXY', no_proxy='*')
        self.check_through(False, '-x', 'PROXY', name='localhost')

    def test_an_empty_option_means_none(self):
        self.check_without('--proxy', '', all_proxy='NOBODY', http_proxy='NOBODY')

    def test_urls_of_proxies(self):
        """Without a scheme it is http; a name with SOCKS5 is the proxy's in any case."""
        with Origin(False, times=2) as origin, HttpProxy(http_tunnel(origin.port)) as http, \
                SocksProxy(socks_tunnel(origin.port)) as socks:
            for proxy in (f'127.0.0.1:{http.port}', f'socks5h://127.0.0.1:{socks.port}/'):
                self.check_answered(self.connect('-x', proxy, origin.url_of(NAME)))

    def test_urls_that_are_no_good(self):
        for proxy in ('ftp://127.0.0.1', 'socks4://127.0.0.1', 'https://127.0.0.1', 'http://',
                      'http://127.0.0.1:99999', 'http://127.0.0.1/path',
                      'http://nomen:s3cret@127.0.0.1:x', 'http://nomen:s3cret%zz@127.0.0.1'):
            with self.subTest(proxy):
                self.check(self.connect('-x', proxy, f'ws://{NAME}/'), 2, 'proxy')
                self.check(self.connect('--reconnect', f'ws://{NAME}/', all_proxy=proxy), 2,
                           'proxy')


if __name__ == '__main__':
    unittest.main()
