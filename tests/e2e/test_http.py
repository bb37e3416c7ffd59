# SPDX-License-Identifier: MIT
"""Plain HTTP on the same port: the pages, what they load, and every refusal."""

import os
import re
import unittest
from urllib.parse import urljoin

from places import ROOT
from support import ServerTest, connect, upgrade

WEB = os.path.join(ROOT, 'web')
TYPES = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
         '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml; charset=utf-8'}


def content_of(name):
    with open(os.path.join(WEB, name), 'rb') as file:
        return file.read()


class HttpTest(ServerTest):
    def exchange(self, data):
        """Sends bytes and reads to the end: status, fields by lower-case name, body."""
        with connect(self.server.port) as sock:
            sock.sendall(data)
            answer = b''
            while more := sock.recv(65536):
                answer += more
        head, _, body = answer.partition(b'\r\n\r\n')
        start, *lines = head.decode('ascii').split('\r\n')
        fields = [line.split(': ', 1) for line in lines]
        named = {name.lower(): value for name, value in fields}
        self.assertEqual(len(named), len(fields), 'a field twice')
        self.assertNotIn('server', named)
        return int(re.match(r'HTTP/1\.1 (\d{3}) ', start).group(1)), named, body

    def request(self, target, method='GET', fields=''):
        return self.exchange(
            f'{method} {target} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n'.encode())


class Pages(HttpTest):
    def check(self, target, name):
        status, fields, body = self.request(target)
        self.assertEqual(status, 200)
        self.assertEqual(body, content_of(name))
        self.assertEqual(fields['content-type'], TYPES[os.path.splitext(name)[1]])
        self.assertEqual(fields['content-length'], str(len(body)))
        self.assertEqual(fields['connection'], 'close')
        self.assertEqual(fields['cache-control'], 'no-cache')
        self.assertEqual(fields['x-content-type-options'], 'nosniff')
        self.assertEqual(fields['referrer-policy'], 'no-referrer')
        policy = fields['content-security-policy']
        for part in ("default-src 'self'", "connect-src 'self' ws: wss:", "frame-ancestors 'none'"):
            self.assertIn(part, policy)
        return body

    def test_the_pages(self):
        for target, name in (('/', 'chat.html'), ('/console', 'console.html'),
                             ('/?lang=fr', 'chat.html'), ('/favicon.ico', 'favicon.svg')):
            with self.subTest(target):
                self.check(target, name)

    def test_everything_that_they_load(self):
        """Pages, scripts and styles name each other: all of it is here, none from elsewhere."""
        reference = re.compile(r'''(?:src|href)="([^"]+)"|from '([^']+)'|url\("?([^")]+)"?\)''')
        to_do, done = ['/', '/console'], set()
        while to_do:
            target = to_do.pop()
            done.add(target)
            status, fields, body = self.request(target)
            self.assertEqual(status, 200, target)
            if fields['content-type'].startswith('image/svg'):
                continue
            for groups in reference.findall(body.decode()):
                linked = urljoin(target, ''.join(groups))
                if not linked.startswith(('data:', '#')) and linked not in done:
                    self.assertTrue(linked.startswith('/'), linked)
                    to_do.append(linked)
        self.assertGreater(len(done), 5)

    def test_every_asset(self):
        for name in sorted(os.listdir(WEB)):
            with self.subTest(name):
                self.check(f'/assets/{name}', name)

    def test_head_has_no_body(self):
        for target in ('/', '/console', '/assets/chat.js', '/assets/none', '/none'):
            with self.subTest(target):
                get, head = self.request(target), self.request(target, 'HEAD')
                self.assertEqual(head[0], get[0])
                self.assertEqual(head[1]['content-length'], get[1]['content-length'])
                self.assertEqual(head[1].get('content-type'), get[1].get('content-type'))
                self.assertEqual(head[2], b'')


class Refusals(HttpTest):
    def check(self, answer, status):
        got, fields, body = answer
        self.assertEqual(got, status)
        self.assertNotIn(b'<', body)
        self.assertIn("default-src 'none'", fields['content-security-policy'])
        return fields

    def test_404(self):
        for target in ('/none', '/assets/', '/assets', '/assets/none.js', '/assets/../chat.html',
                       '/assets/%63hat.js', '/assets/chat.js/', '/console/', '/chat.html',
                       '/assets/..%2fmain.c', '//', '/ws/x', '/%3Cscript%3E'):
            with self.subTest(target):
                self.check(self.request(target), 404)

    def test_405(self):
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'get'):
            for data in (f'{method} / HTTP/1.1\r\nHost: a\r\n\r\n'.encode(),
                         upgrade('/ws').replace(b'GET', method.encode())):
                with self.subTest(data[:20]):
                    fields = self.check(self.exchange(data), 405)
                    self.assertIn('GET', fields['allow'])

    def test_426_without_an_upgrade(self):
        for target in ('/ws', '/chat', '/chat?format=json'):
            with self.subTest(target):
                fields = self.check(self.request(target), 426)
                self.assertEqual(fields['upgrade'], 'websocket')
                self.assertEqual(fields['sec-websocket-version'], '13')

    def test_upgrade_where_there_is_none(self):
        for target in ('/none', '/', '/console', '/ws/', '/chat/x'):
            with self.subTest(target):
                self.check(self.exchange(upgrade(target)), 404)

    def test_400(self):
        for data in (b'rubbish\r\n\r\n', b'GET / HTTP/1.1\r\n\r\n',
                     b'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n'
                     b'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n'):
            with self.subTest(data):
                self.check(self.exchange(data), 400)

    def test_what_follows_a_request_is_no_second_one(self):
        for target in ('/', '/none'):
            status, fields, body = self.exchange(
                f'GET {target} HTTP/1.1\r\nHost: a\r\n\r\n'.encode() * 2)
            self.assertEqual(len(body), int(fields['content-length']))


class Log(HttpTest):
    def test_pages_are_no_clients(self):
        self.request('/')
        with self.client('/ws') as client:
            client.frame()
            client.leave()
        self.server.wait_log('Nouveau client connecté !', 'Client déconnecté')


if __name__ == '__main__':
    unittest.main()
