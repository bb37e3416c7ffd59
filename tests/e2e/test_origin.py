# SPDX-License-Identifier: MIT
"""Which origins come in: without a credential all, with one the server's own, or those of a list."""

import os
import tempfile
import unittest

from support import HTTP, ServerTest, connect, upgrade

TOKEN = 'a-token-that-is-long-enough'
LISTED = ('--allow-origin', 'https://Good.com', '--allow-origin', 'https://xn--bcher-kva.example',
          '--allow-origin', 'http://localhost:3000')
OTHERS = ['http://good.com', 'https://good.com.evil', 'https://evilgood.com',
          'https://good.com:444', 'https://u@good.com', 'https://good.com/', 'null', '',
          'https://good.com https://good.com', 'https://good.com, https://good.com',
          'https://good.com.', 'https://good.com:', 'https://good.com:0443', '//good.com']
SAME = ['https://good.com', 'HTTPS://GOOD.COM', 'https://good.com:443',
        'https://XN--BCHER-KVA.example', 'http://localhost:3000']


class OriginTest(ServerTest):
    def status(self, *origins, path='/ws', host='localhost'):
        fields = ''.join(f'Origin: {origin}\r\n' for origin in origins)
        request = upgrade(path, fields).replace(b'Host: localhost', f'Host: {host}'.encode())
        with connect(self.server.port) as sock:
            sock.sendall(request)
            return int(sock.recv(65536).split()[1])

    def expect(self, status, origins, **options):
        for origin in origins:
            with self.subTest(origin=origin):
                self.assertEqual(self.status(origin, **options), status)


class NoCredentialTest(OriginTest):
    def test_every_origin_comes_in(self):
        self.expect(101, ['null', 'file://', 'https://evil.com', 'http://localhost'])
        self.expect(101, ['null'], path='/chat')
        self.assertEqual(self.status('https://a.example', 'https://b.example'), 101)


class ListTest(OriginTest):
    flags = ('--rate', '0', *LISTED)

    def test_HS_32_none_is_no_browser(self):
        self.assertEqual(self.status(), 101)

    def test_HS_33_others_are_refused(self):
        self.expect(403, OTHERS)
        self.expect(403, OTHERS, path='/chat')
        self.assertEqual(self.status('https://good.com', 'https://good.com'), 403)
        self.assertEqual(self.status('https://good.com', 'https://evil.com'), 403)

    def test_HS_34_the_listed_come_in_however_they_are_spelt(self):
        self.expect(101, SAME)

    def test_the_list_stands_for_all(self):
        self.expect(403, [f'{HTTP}://localhost'])


class SameOriginTest(OriginTest):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, 'tokens')
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='ascii') as file:
            file.write(f'{TOKEN}\n')
        self.flags = ('--rate', '0', '--tokens', path)
        super().setUp()

    def test_HS_33_only_its_own_comes_in(self):
        path = f'/ws?token={TOKEN}'
        host = f'localhost:{self.server.port}'
        self.expect(101, [f'{HTTP}://{host}', f'{HTTP}://LOCALHOST:{self.server.port}'],
                    path=path, host=host)
        self.expect(403, [f'{HTTP}://localhost:1', 'null', f'{HTTP}://{host}.evil',
                          f'{HTTP}://u@{host}', f'{HTTP}://{host}/', 'https://evil.com'],
                    path=path, host=host)
        self.assertEqual(self.status(path=path, host=host), 101)

    def test_a_proxy_with_tls_may_stand_before_it(self):
        status = self.status('https://good.com', path=f'/ws?token={TOKEN}', host='good.com')
        self.assertEqual(status, 101)


if __name__ == '__main__':
    unittest.main()
