# SPDX-License-Identifier: MIT
"""navette serve with TLS: certificates by name, what it agrees on, and the ports beside."""

import os
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest

os.environ['NVTEST_TLS'] = '1'

# pylint: disable=wrong-import-position
from places import NAVETTE
from support import PATIENCE, Client, Server, connect, unstamped, upgrade
from tls_support import TlsSocket, client_context, file, serve_flags


def names(server, name):
    """Of the certificate that a client gets who asks for that one."""
    context = ssl.create_default_context(cafile=file('ca.pem'))
    context.check_hostname = False
    with connect(server.port, tls=context, name=name) as sock:
        return {value for kind, value in sock.tls.getpeercert()['subjectAltName'] if kind == 'DNS'}


class Names(unittest.TestCase):
    def start(self, *flags):
        return self.enterContext(Server(*serve_flags('second'), *flags))

    def test_each_client_gets_the_certificate_that_it_asks_for(self):
        server = self.start()
        for name in ('other.example', 'OTHER.Example', 'x.a.example'):
            self.assertEqual(names(server, name), {'other.example', '*.a.example'}, name)
        for name in ('localhost', 'nobody.example', 'a.example', 'x.y.a.example', None):
            self.assertEqual(names(server, name), {'localhost'}, name)

    def test_HS_50_a_name_of_no_certificate_is_refused_when_strict(self):
        server = self.start('--strict-names')
        for name in ('nobody.example', 'a.example', 'x.y.a.example', '.'.join(['x' * 60] * 4)):
            with self.subTest(name), self.assertRaisesRegex(ssl.SSLError, 'UNRECOGNIZED_NAME'):
                names(server, name)
        server.errors.wait(lambda lines: any('a name that no certificate has' in line
                                             for line in lines), 'the reason')
        self.assertEqual(names(server, 'localhost'), {'localhost'})
        self.assertEqual(names(server, 'x.a.example'), {'other.example', '*.a.example'})
        self.assertEqual(names(server, None), {'localhost'})


def context_of(version=None, ciphers=None, protocols=None):
    context = ssl.create_default_context(cafile=file('ca.pem'))
    if version:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


class Agreement(unittest.TestCase):
    def agreed(self, server, **options):
        """A client comes, and is welcome."""
        with Client(server.port, '/ws', tls=context_of(**options)) as client:
            client.frame()
            client.leave()
            tls = client.sock.tls
            return tls.version(), tls.cipher()[0], tls.selected_alpn_protocol(), tls.compression()

    def test_versions(self):
        with Server() as server:
            for version, name in ((ssl.TLSVersion.TLSv1_3, 'TLSv1.3'),
                                  (ssl.TLSVersion.TLSv1_2, 'TLSv1.2'), (None, 'TLSv1.3')):
                agreed = self.agreed(server, version=version)
                self.assertEqual((agreed[0], agreed[3]), (name, None))
            for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1):
                with self.subTest(version), self.assertRaisesRegex(ssl.SSLError, 'ALERT'):
                    self.agreed(server, version=version, ciphers='ALL:@SECLEVEL=0')

    def test_ciphers_of_tls_1_2(self):
        old = ssl.TLSVersion.TLSv1_2
        with Server() as server:
            for cipher in ('ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384',
                           'ECDHE-ECDSA-CHACHA20-POLY1305'):
                self.assertEqual(self.agreed(server, version=old, ciphers=cipher)[1], cipher)
            for cipher in ('ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES128-SHA'):
                with self.subTest(cipher), self.assertRaisesRegex(ssl.SSLError, 'ALERT'):
                    self.agreed(server, version=old, ciphers=cipher)

    def test_application_protocols(self):
        with Server() as server:
            for offer, chosen in ((None, None), (['http/1.1'], 'http/1.1'),
                                  (['h2', 'http/1.1'], 'http/1.1')):
                self.assertEqual(self.agreed(server, protocols=offer)[2], chosen)
            with self.assertRaisesRegex(ssl.SSLError, 'no application protocol'):
                self.agreed(server, protocols=['h2'])


class Resumption(unittest.TestCase):
    def visit(self, server, context, session=None):
        """The session for the next time, and whether this one was resumed."""
        sock = socket.create_connection(('127.0.0.1', server.port), PATIENCE)
        with TlsSocket(sock, context, server_hostname='localhost', session=session) as tls:
            tls.sendall(upgrade('/ws'))
            self.assertTrue(tls.recv(65536).startswith(b'HTTP/1.1 101 '))
            return tls.tls.session, tls.tls.session_reused

    def test_who_comes_again_is_known(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = context_of(version=version)
            with self.subTest(version), Server('--threads', '2') as server:
                session, resumed = self.visit(server, context)
                self.assertFalse(resumed)
                for _ in range(20):
                    session, resumed = self.visit(server, context, session)
                    self.assertTrue(resumed)

    def test_also_after_the_certificates_were_read_again(self):
        context = context_of()
        with Server() as server:
            session, _ = self.visit(server, context)
            server.process.send_signal(signal.SIGHUP)
            server.errors.wait(lambda lines: any('read now' in line for line in lines), 'a reload')
            self.assertTrue(self.visit(server, context, session)[1])

    def test_another_server_knows_nobody(self):
        context = context_of()
        with Server() as server:
            session, _ = self.visit(server, context)
        with Server() as server:
            self.assertFalse(self.visit(server, context, session)[1])


class Files(unittest.TestCase):
    def test_good_ones(self):
        for tls in (['--cert', file('both.pem')],
                    ['--cert', file('server.pem'), '--key', file('encrypted.key'),
                     '--key-passphrase-file', file('passphrase.txt')]):
            with self.subTest(tls), Server(tls=tls) as server, \
                    Client(server.port, '/ws') as client:
                client.frame()
                client.leave()

    def refused(self, cert, key, *more):
        result = subprocess.run(
            [NAVETTE, 'serve', '--port', '0', '--cert', file(cert), '--key', file(key), *more],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, b''), result.stderr.decode())
        return result.stderr.decode()

    def test_bad_ones(self):
        os.chmod(file('wrong_host.key'), 0o644)
        for cert, key, wrong, words in (
                ('none.pem', 'server.key', 'none.pem', 'no such file'),
                ('server.pem', 'none.key', 'none.key', 'no such file'),
                ('half.pem', 'server.key', 'half.pem', ''),
                ('empty.pem', 'server.key', 'empty.pem', ''),
                ('server.key', 'server.key', 'server.key', ''),
                ('server.pem', 'server.pem', 'server.pem', ''),
                ('server.pem', 'mismatched.key', 'mismatched.key', 'not the key'),
                ('server.pem', 'encrypted.key', 'encrypted.key', 'passphrase'),
                ('wrong_host.pem', 'wrong_host.key', 'wrong_host.key', '0644'),
                ('expired.pem', 'expired.key', 'expired.pem', 'expired'),
                ('future.pem', 'future.key', 'future.pem', 'not valid before')):
            with self.subTest(f'{cert} {key}'):
                said = self.refused(cert, key)
                self.assertIn(wrong, said)
                self.assertIn(words, said)

    def test_a_wrong_passphrase(self):
        with tempfile.NamedTemporaryFile(mode='w', suffix='.txt') as wrong:
            wrong.write('wrong\n')
            wrong.flush()
            self.assertIn('passphrase', self.refused('server.pem', 'encrypted.key',
                                                     '--key-passphrase-file', wrong.name))


def ask(sock, host='localhost'):
    """The answer to a plain request, to its end."""
    sock.sendall(f'GET / HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())
    answer = b''
    while more := sock.recv(65536):
        answer += more
    return answer


class Ports(unittest.TestCase):
    def test_both_at_once(self):
        server = Server('--plain-port', '0')
        server.START_LINES += 1
        with server:
            line = unstamped(server.output.lines[6])
            plain = int(re.fullmatch(r'Sans TLS : http://localhost:(\d+)/', line).group(1))
            with Client(server.port, '/chat?pseudo=Anna') as anna:
                anna.expect('[SYSTÈME] Anna a rejoint le chat')
                with Client(plain, '/chat?pseudo=Bob', tls=None) as bob:
                    bob.send('Bonjour')
                    for client in (anna, bob):
                        client.expect('[SYSTÈME] Bob a rejoint le chat', '[Bob] Bonjour')
            with connect(plain, tls=None) as sock:
                self.assertTrue(ask(sock, 'chat.example').startswith(b'HTTP/1.1 200 '))

    def test_without_tls_on_its_port(self):
        """The end at once, and a line in the log."""
        with Server() as server:
            for data in (b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', upgrade('/ws')):
                with connect(server.port, tls=None) as sock:
                    sock.sendall(data)
                    self.assertEqual(sock.recv(1), b'')
            server.errors.wait(lambda lines: any('plain HTTP' in line for line in lines),
                               'the reason')

    def test_browsers_are_told_to_come_back_by_tls(self):
        with Server() as server:
            for host, told in (('chat.example', True), ('localhost', False), ('127.0.0.1', False)):
                with connect(server.port) as sock:
                    self.assertEqual(b'\r\nStrict-Transport-Security: ' in ask(sock, host), told)


class DevTls(unittest.TestCase):
    """A certificate of its own making, kept for the next time."""

    def start(self, folder):
        server = Server(tls=['--dev-tls'], env={'XDG_STATE_HOME': folder})
        return self.enterContext(server)

    def made(self, folder):
        return [os.path.join(place, name) for place, _, found in os.walk(folder) for name in found]

    def test_who_is_told_to_trust_it_does(self):
        with tempfile.TemporaryDirectory() as folder:
            server = self.start(folder)
            made = self.made(folder)
            found = server.errors.wait(
                lambda lines: next((name for name in made if name in '\n'.join(lines)), None),
                'the file to trust')
            for url in (f'wss://localhost:{server.port}/ws', f'wss://127.0.0.1:{server.port}/ws'):
                result = subprocess.run(
                    [NAVETTE, 'connect', '--cacert', found, '--once', url], input=b'',
                    capture_output=True, timeout=PATIENCE, check=False)
                self.assertEqual((result.returncode, result.stdout, result.stderr), (
                    0, 'Bienvenue sur le serveur WebSocket !\n'.encode(), b''))
            with self.assertRaises(ssl.SSLCertVerificationError):
                connect(server.port, tls=client_context())

    def test_it_is_kept_to_itself_and_for_the_next_time(self):
        with tempfile.TemporaryDirectory() as folder:
            certificates = []
            for _ in range(2):
                server = self.start(folder)
                with TlsSocket(socket.create_connection(('127.0.0.1', server.port)),
                               ssl._create_unverified_context()) as sock:  # pylint: disable=W0212
                    certificates.append(sock.tls.getpeercert(binary_form=True))
                self.assertEqual(server.stop(), 0)
            self.assertEqual(certificates[0], certificates[1])
            for name in self.made(folder):
                self.assertFalse(os.stat(name).st_mode & 0o022, name)
                with open(name, encoding='ascii') as content:
                    if 'PRIVATE KEY' in content.read():
                        self.assertFalse(os.stat(name).st_mode & 0o077, name)


if __name__ == '__main__':
    unittest.main()
