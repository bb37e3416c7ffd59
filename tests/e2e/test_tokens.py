# SPDX-License-Identifier: MIT
"""Every route with every kind of credential, wherever it stands; and none of them is ever printed."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import time
import unittest
from urllib.parse import quote

from places import NAVETTE
from support import PATIENCE, Client, Server, connect, message, poll, upgrade

REFUSED = '{"type":"erreur","message":"Token invalide"}'
WELCOMES = {'/ws': 'Bienvenue sur le serveur WebSocket !',
            '/chat': 'Bienvenue ! Quel est votre pseudo ?'}
KINDS = ('bad', 'expired', 'early', 'other algorithm', 'no algorithm', 'public key', 'good')
PLACES = {
    'header': lambda token: ('', f'Authorization: Bearer {token}\r\n'),
    'query': lambda token: (f'?token={quote(token)}', ''),
    'subprotocol': lambda token: ('', f'Sec-WebSocket-Protocol: bearer.{token}, chat.v1\r\n'),
}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def jwt(claims, sign, algorithm):
    head = json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode()
    body = f'{encode(head)}.{encode(json.dumps(claims).encode())}'
    return f'{body}.{encode(sign(body.encode()))}'


def hs256(key):
    return lambda body: hmac.digest(key, body, hashlib.sha256)


class Secrets:
    """A list of tokens and a key pair, and a JWT of each kind."""

    def __init__(self, folder):
        self.tokens = os.path.join(folder, 'tokens')
        self.private = os.path.join(folder, 'private.pem')
        self.public = os.path.join(folder, 'public.pem')
        self.listed = 'listed-token-0123456789'
        self.write('# who may come\n' f'{self.listed} Zoé\nnameless-token-987654321\n')
        subprocess.run(['openssl', 'genrsa', '-out', self.private, '2048'], check=True,
                       capture_output=True)
        subprocess.run(['openssl', 'rsa', '-in', self.private, '-pubout', '-out', self.public],
                       check=True, capture_output=True)
        now = int(time.time())
        good = {'exp': now + 3600}
        with open(self.public, 'rb') as file:
            public = file.read()
        self.kinds = {
            'bad': self.rs256(good)[:-8] + 'AAAAAAAA',
            'expired': self.rs256({'exp': now - 60}),
            'early': self.rs256({**good, 'nbf': now + 600}),
            'other algorithm': jwt(good, hs256(b'k' * 32), 'HS256'),
            'no algorithm': jwt(good, lambda body: b'', 'none'),
            'public key': jwt(good, hs256(public), 'HS256'),
            'good': self.rs256(good),
        }

    def rs256(self, claims):
        return jwt(claims, self.sign, 'RS256')

    def sign(self, body):
        return subprocess.run(['openssl', 'dgst', '-sha256', '-sign', self.private], input=body,
                              check=True, capture_output=True).stdout

    def write(self, text):
        new = self.tokens + '.new'
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w',
                  encoding='utf-8') as file:
            file.write(text)
        os.rename(new, self.tokens)

    def flags(self):
        return ('--rate', '0', '--tokens', self.tokens, '--jwt-algorithm', 'RS256',
                '--jwt-key', self.public)

    def all(self):
        return [*self.kinds.values(), self.listed]


class TokensTest(unittest.TestCase):
    flags = ()

    def setUp(self):
        self.secrets = Secrets(self.enterContext(tempfile.TemporaryDirectory()))
        self.server = Server(*self.secrets.flags(), *self.flags)
        self.addCleanup(self.end)

    def end(self):
        """No secret is in what it printed, nor where other processes see it."""
        shown = self.proc('cmdline') + self.proc('environ')
        with self.server:
            pass
        shown += '\n'.join(self.server.output.all() + self.server.errors.all())
        for secret in self.secrets.all():
            self.assertNotIn(secret, shown)
            self.assertNotIn(quote(secret), shown)

    def proc(self, what):
        with open(f'/proc/{self.server.pid}/{what}', encoding='utf-8', errors='replace') as file:
            return file.read()

    def open(self, path, fields=''):
        return self.enterContext(Client(self.server.port, path, fields))

    def head(self, path, fields=''):
        with connect(self.server.port) as sock:
            sock.sendall(upgrade(path, fields))
            return sock.recv(65536).partition(b'\r\n\r\n')[0].decode() + '\r\n'

    def expect_refused(self, path, fields=''):
        client = self.open(path, fields)
        client.send('{"type":"message","contenu":"hello"}')
        client.expect(REFUSED)
        client.expect_close(1008)

    def rows(self):
        """(route, kind, target, fields)"""
        for route in WELCOMES:
            yield route, 'none', route, ''
            for kind in KINDS:
                for place, make in PLACES.items():
                    query, fields = make(self.secrets.kinds[kind])
                    yield route, f'{kind} in the {place}', route + query, fields

    def play_table(self):
        for route, kind, target, fields in self.rows():
            with self.subTest(route=route, kind=kind):
                if kind.startswith('good'):
                    self.open(target, fields).expect(WELCOMES[route])
                else:
                    self.expect_refused(target, fields)
        self.assertNotIn('rejoint', '\n'.join(self.server.log()))


class AfterTest(TokensTest):
    def test_each_route_with_each_kind_of_credential(self):
        self.play_table()

    def test_the_name_of_the_token_is_the_name(self):
        path = f'/chat?token={self.secrets.listed}&pseudo=Mallory&format=json'
        client = self.open(path)
        client.expect('{"type":"systeme","contenu":"Zoé a rejoint le chat"}')
        client.text()  # who is there
        client.send('{"type":"pseudo","pseudo":"Mallory"}')
        client.expect('{"type":"erreur","message":"Votre pseudo est celui de votre token"}')
        client.send('{"type":"message","contenu":"x"}')
        self.assertEqual(json.loads(client.text())['expediteur'], 'Zoé')
        twin = self.open(path)
        twin.expect('{"type":"erreur","message":"Ce pseudo est déjà pris"}')
        twin.expect_close(1013)

    def test_two_tokens_that_differ_are_none(self):
        good, listed = self.secrets.kinds['good'], self.secrets.listed
        self.expect_refused(f'/ws?token={good}', f'Authorization: Bearer {listed}\r\n')
        self.expect_refused(f'/ws?token={good}&token={listed}')
        self.open(f'/ws?token={good}', f'Authorization: bearer  {good}\r\n').expect(
            WELCOMES['/ws'])

    def test_a_token_is_never_sent_back(self):
        token = self.secrets.kinds['good']
        head = self.head('/ws', f'Sec-WebSocket-Protocol: bearer.{token}, chat.v1\r\n')
        self.assertIn('\r\nSec-WebSocket-Protocol: chat.v1\r\n', head)
        self.assertNotIn(token, head)
        head = self.head('/ws', f'Sec-WebSocket-Protocol: bearer.{token}\r\n')
        self.assertTrue(head.startswith('HTTP/1.1 101 '))
        self.assertNotIn('Sec-WebSocket-Protocol', head)

    def test_a_token_that_is_taken_out_is_refused(self):
        path = f'/ws?token={self.secrets.listed}'
        old = self.open(path)
        old.expect(WELCOMES['/ws'])
        self.secrets.write('another-token-0123456789\n')

        def is_refused():
            with Client(self.server.port, path) as client:
                return client.text() == REFUSED
        poll(is_refused, 'the end of the token')
        old.send_raw(message('still here'))
        old.expect('Serveur dit : J\'ai reçu votre message "still here"')

    def test_a_connection_ends_25_s_after_its_token(self):
        left = 6
        token = self.secrets.rs256({'exp': int(time.time()) - 25 + left})
        client = self.open(f'/ws?token={token}')
        client.expect(WELCOMES['/ws'])
        client.expect_close(1008, 'Token expiré')

    def test_connect_hides_a_token(self):
        token = self.secrets.listed
        done = subprocess.run(
            [NAVETTE, 'connect', '-v', '--subprotocol', f'bearer.{token}', '--subprotocol', 'x',
             f'{self.server.url}/ws?a=1&token={token}&access_token={token}'],
            input=b'', capture_output=True, timeout=PATIENCE, check=False)
        shown = (done.stdout + done.stderr).decode()
        self.assertIn('?a=1&token=(hidden)&access_token=(hidden)', shown)
        self.assertIn('bearer.(hidden), x', shown)
        self.assertNotIn(token, shown)

    def test_pages_need_no_token(self):
        with connect(self.server.port) as sock:
            sock.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            self.assertTrue(sock.recv(4096).startswith(b'HTTP/1.1 200 '))


class BeforeTest(TokensTest):
    flags = ('--auth-before-upgrade',)

    def expect_refused(self, path, fields=''):
        head = self.head(path, fields)
        self.assertTrue(head.startswith('HTTP/1.1 401 '), head)
        self.assertIn('\r\nWWW-Authenticate: Bearer\r\n', head)

    def test_HS_31_each_route_with_each_kind_of_credential(self):
        self.play_table()


if __name__ == '__main__':
    unittest.main()
