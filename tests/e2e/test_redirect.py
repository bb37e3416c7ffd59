# SPDX-License-Identifier: MIT
"""Redirects: navette connect follows them with --location only, so many at most, never from wss to
ws, and takes no secrets to another host."""

import contextlib
import os
import socket
import ssl
import unittest

from client_support import ScriptedServer, started
from places import NAVETTE
from support import PATIENCE, is_sanitized
from tls_support import SECURE, file, server_context

# Who comes once too often gets no answer.
SOON = '5' if not is_sanitized() else '30'
FOLLOWED = (301, 302, 303, 307, 308)
SECRETS = ('-H', 'Authorization: Bearer aaa', '-H', 'cookie: bbb=1', '-H', 'X-Other: 2')
TRUSTING = {**os.environ, 'SSL_CERT_FILE': file('ca.pem')}
OTHER_SECRETS = ('--cookie', 'ccc=3', '--user', 'name:ddd', '-H', 'X-Other: 2')


class Visits:
    """The requests that came to servers, in their order."""

    def __init__(self):
        self.peers = []

    def targets(self):
        return [peer.head.split()[1] for peer in self.peers]

    def redirect(self, location, status=302):
        def script(peer):
            peer.read_head()
            self.peers.append(peer)
            fields = [] if location is None else [f'Location: {location}']
            peer.answer(f'HTTP/1.1 {status} Elsewhere', *fields, 'Content-Length: 0')
            peer.expect_end()
        return script

    def finish(self, status=1000):
        def script(peer):
            self.peers.append(peer)
            peer.accept()
            peer.send_close(status)
            peer.expect_close(status)
        return script


def run_client(url, *flags, **options):
    """Its exit code and what it said; its input stays open."""
    with started(NAVETTE, 'connect', '--connect-timeout', SOON, *flags, url,
                 **options) as process:
        code = process.wait(PATIENCE)
        return code, process.stderr.read().decode()


class RedirectTest(unittest.TestCase):
    def setUp(self):
        self.visits = Visits()

    def untouched(self, host='127.0.0.1'):
        """A port to which nobody may come; its server."""
        listener = self.enterContext(socket.create_server((host, 0)))
        listener.setblocking(False)
        self.addCleanup(lambda: self.assertRaises(BlockingIOError, listener.accept))
        return listener.getsockname()[1]

    def check(self, result, code, *said):
        self.assertEqual(result[0], code, result[1])
        for words in said:
            self.assertIn(words, result[1])


class Following(RedirectTest):
    def test_CH_08_none_is_followed_unless_asked_for(self):
        for status in FOLLOWED:
            with self.subTest(status):
                port = self.untouched()
                location = f'http://127.0.0.1:{port}/there'
                with ScriptedServer(self.visits.redirect(location, status)) as server:
                    self.check(run_client(server.url), 6, str(status), location)

    def test_CH_08_those_that_are_followed(self):
        for status in FOLLOWED:
            with self.subTest(status):
                self.visits = Visits()
                scripts = [self.visits.redirect('/there?a=1', status), self.visits.finish()]
                with ScriptedServer(*scripts) as server:
                    self.check(run_client(server.url, '--location'), 0)
                first, second = self.visits.peers
                self.assertEqual(self.visits.targets(), ['/ws', '/there?a=1'])
                self.assertTrue(second.head.startswith('GET '))
                self.assertEqual(first.field('Host'), second.field('Host'))
                self.assertNotEqual(first.field('Sec-WebSocket-Key'),
                                    second.field('Sec-WebSocket-Key'))

    def test_those_that_are_not(self):
        for status in (300, 304, 305, 306, 399, 401, 503):
            with self.subTest(status), \
                    ScriptedServer(self.visits.redirect('/there', status)) as server:
                self.check(run_client(server.url, '-L'), 6, str(status))

    def test_places(self):
        """Relative to /ws, as RFC 3986 5.2 has it; http and https mean ws and wss."""
        http = 'https' if SECURE else 'http'
        places = {
            'there': '/there', '/a/b?c': '/a/b?c', '?q=1': '/ws?q=1', './x/../y': '/y',
            '//127.0.0.1:{port}/n': '/n', f'{http}://127.0.0.1:{{port}}': '/',
            http.upper() + '://127.0.0.1:{port}/up': '/up', '/there#part': '/there',
        }
        for place, target in places.items():
            with self.subTest(place):
                self.visits = Visits()
                server = ScriptedServer()
                server.scripts = [self.visits.redirect(place.format(port=server.port)),
                                  self.visits.finish()]
                with server:
                    self.check(run_client(server.url, '-L'), 0)
                self.assertEqual(self.visits.targets(), ['/ws', target])

    def test_places_that_are_none(self):
        places = (None, 'ftp://127.0.0.1/', 'ws://user@127.0.0.1:{port}/', 'ws://',
                  'ws://127.0.0.1:99999/', 'mailto:a@b.example', '/a b')
        for place in places:
            with self.subTest(place):
                location = place and place.format(port=self.untouched())
                with ScriptedServer(self.visits.redirect(location)) as server:
                    self.check(run_client(server.url, '-L'), 6)


class Limits(RedirectTest):
    def hops(self, count, most, *flags):
        """How it ends when so many redirects lead to a server, and `most` are followed."""
        self.visits = Visits()
        scripts = [self.visits.redirect(f'/{number}') for number in range(count)]
        with ScriptedServer(*[*scripts, self.visits.finish()][:most + 1]) as server:
            return run_client(server.url, *flags)

    def test_CH_08_not_more_than_that(self):
        for most, flags in ((1, ('--max-redirs', '1')), (3, ('-L', '--max-redirs', '3')),
                            (5, ['-L'])):
            with self.subTest(most):
                self.check(self.hops(most, most, *flags), 0)
                self.check(self.hops(most + 1, most, *flags), 6)

    def test_a_loop_is_not_tried_again(self):
        with ScriptedServer(*[self.visits.redirect('/ws')] * 3) as server:
            self.check(run_client(server.url, '-L', '--max-redirs', '2', '--reconnect'), 6)
        self.assertEqual(self.visits.targets(), ['/ws'] * 3)


class Secrets(RedirectTest):
    def elsewhere(self, *flags):
        """Requests that were redirected to another host, and to another port."""
        server = ScriptedServer()
        server.scripts = [self.visits.redirect(server.url_of('localhost')), self.visits.finish()]
        with server:
            self.check(run_client(server.url, '-L', *flags), 0)
        with ScriptedServer(self.visits.finish()) as second, \
                ScriptedServer(self.visits.redirect(second.url)) as first:
            self.check(run_client(first.url, '-L', *flags), 0)
        return [peer.head for peer in self.visits.peers]

    def check_secrets(self, flags, secrets):
        heads = self.elsewhere(*flags)
        for first, second in (heads[:2], heads[2:]):
            for secret in secrets:
                self.assertIn(secret, first)
            self.assertIn('X-Other: 2\r\n', second)
            for name in ('authorization:', 'cookie:'):
                self.assertNotIn(name, second.lower())

    def test_CH_08_fields_of_the_user(self):
        self.check_secrets(SECRETS, ['Authorization: Bearer aaa\r\n', 'cookie: bbb=1\r\n'])

    def test_CH_08_cookie_and_credentials(self):
        self.check_secrets(OTHER_SECRETS,
                           ['Cookie: ccc=3\r\n', 'Authorization: Basic bmFtZTpkZGQ=\r\n'])

    def test_they_stay_on_their_host(self):
        for flags in (SECRETS, OTHER_SECRETS):
            with self.subTest(flags):
                self.visits = Visits()
                with ScriptedServer(self.visits.redirect('/there'),
                                    self.visits.finish()) as server:
                    self.check(run_client(server.url, '-L', *flags), 0)
                first, second = self.visits.peers
                for name in ('Authorization', 'Cookie', 'X-Other'):
                    self.assertNotEqual(first.field(name), [])
                    self.assertEqual(first.field(name), second.field(name))

    def test_CH_08_they_do_not_come_back_on_the_way(self):
        """The other host sends the client on, to itself and then to where it came from."""
        visits = self.visits
        first = ScriptedServer()
        second = ScriptedServer(visits.redirect('/again'), visits.redirect(first.url))
        first.scripts = [visits.redirect(second.url), visits.finish()]
        with first, second:
            self.check(run_client(first.url, '-L', *SECRETS), 0)
        self.assertEqual([peer.field('Authorization') for peer in visits.peers],
                         [['Bearer aaa'], [], [], []])

    def test_a_new_connection_begins_where_the_first_one_did(self):
        """With its secrets, which do not go farther than the first time."""
        visits = self.visits
        with ScriptedServer(visits.finish(1001), visits.finish()) as second, \
                ScriptedServer(*[visits.redirect(second.url_of('localhost'))] * 2) as first:
            self.check(run_client(first.url, '-L', '--reconnect', *SECRETS), 0)
        self.assertEqual([peer.field('Authorization') for peer in visits.peers],
                         [['Bearer aaa'], [], ['Bearer aaa'], []])


class Schemes(RedirectTest):
    def test_CH_08_never_from_wss_to_ws(self):
        for scheme in ('ws', 'http', 'HTTP'):
            with self.subTest(scheme):
                location = f'{scheme}://127.0.0.1:{self.untouched()}/'
                with ScriptedServer(self.visits.redirect(location),
                                    tls=server_context()) as server:
                    self.check(run_client(server.url, '-L', env=TRUSTING), 6, 'from wss to ws')

    def test_from_ws_to_wss(self):
        """The certificate counts there, too."""
        for certificate, code in (('server', 0), ('expired', 5)):
            with self.subTest(certificate), contextlib.ExitStack() as stack:
                if code:
                    stack.enter_context(self.assertRaises(ssl.SSLError))
                second = stack.enter_context(
                    ScriptedServer(self.visits.finish(), tls=server_context(certificate)))
                first = stack.enter_context(
                    ScriptedServer(self.visits.redirect(second.url), tls=None))
                self.check(run_client(first.url, '-L', env=TRUSTING), code)


if __name__ == '__main__':
    unittest.main()
