# SPDX-License-Identifier: MIT
"""Who is trusted: the certificates that navette connect takes and refuses, with the reason that it
gives, and those that navette serve asks its clients for."""

import os
import ssl
import subprocess
import unittest

os.environ['NVTEST_TLS'] = '1'

# pylint: disable=wrong-import-position
from client_support import ScriptedServer, accepting, run_connect
from places import NAVETTE
from support import PATIENCE, Client, Server
from tls_support import client_context, file, serve_flags, server_context

WELCOME = 'Bienvenue sur le serveur WebSocket !\n'.encode()
SYSTEM = {'SSL_CERT_FILE': os.devnull, 'SSL_CERT_DIR': os.devnull}

OTHER_HOST = ['the certificate is for another host', 'URL']
UNKNOWN = ["the certificate's authority is not known", '--cacert']

# Under which name a certificate is shown, and what is said about it.
REFUSED = {
    ('wrong_host', 'localhost'): OTHER_HOST,
    ('wrong_host', '127.0.0.1'): OTHER_HOST,
    ('second', 'localhost'): OTHER_HOST,
    ('ip', 'localhost'): OTHER_HOST,
    # The common name was never meant for this, and no client looks there any more.
    ('cn_only', 'localhost'): OTHER_HOST,
    ('expired', 'localhost'): ['the certificate has expired'],
    ('future', 'localhost'): ['the certificate is not yet valid', 'clock'],
    ('self_signed', 'localhost'): ['the certificate is self-signed', '--cacert'],
    ('unknown_ca', 'localhost'): UNKNOWN,
    ('no_intermediate', 'localhost'): UNKNOWN,
}
TRUSTED = (('server', 'localhost'), ('server', '127.0.0.1'), ('ip', '127.0.0.1'))


class TrustTest(unittest.TestCase):
    def talk(self, certificate, host, *arguments):
        """One run against a server that has this certificate."""
        script = accepting(lambda peer: peer.end())
        with ScriptedServer(script, tls=server_context(certificate)) as server:
            return run_connect(*arguments, server.url_of(host))

    def check_refused(self, result, *said):
        errors = result.stderr.decode()
        self.assertEqual((result.returncode, result.stdout), (5, b''), errors)
        self.assertRegex(errors, r'^[^\n]+\nnavette connect: see docs/[^\n]+\n$')
        for words in said:
            self.assertIn(words, errors)


class Servers(TrustTest):
    def test_CH_05_what_proves_nothing_is_refused_with_the_reason(self):
        """And the server, with an alert."""
        for (certificate, host), said in REFUSED.items():
            with self.subTest(f'{certificate} {host}'):
                with self.assertRaisesRegex(ssl.SSLError, 'ALERT'):
                    with ScriptedServer(lambda peer: peer.read_head(),
                                        tls=server_context(certificate)) as server:
                        result = run_connect('--cacert', file('ca.pem'), server.url_of(host))
                self.check_refused(result, f'navette connect: no trust in {host}', *said)

    def test_CH_05_what_proves_it_is_trusted(self):
        for certificate, host in TRUSTED:
            with self.subTest(f'{certificate} {host}'):
                result = self.talk(certificate, host, '--cacert', file('ca.pem'))
                self.assertEqual((result.returncode, result.stderr), (0, b''))

    def test_CH_05_names_are_told_and_addresses_not(self):
        """RFC 6066 3."""
        asked = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file('server.pem'), file('server.key'))
        context.sni_callback = lambda sock, name, context: asked.append(name)
        for host in ('localhost', '127.0.0.1'):
            with ScriptedServer(accepting(lambda peer: peer.end()), tls=context) as server:
                self.assertEqual(run_connect(server.url_of(host)).returncode, 0)
        self.assertEqual(asked, ['localhost', None])

    def test_the_system_is_asked_without_cacert(self):
        script = accepting(lambda peer: peer.end())
        with ScriptedServer(script, tls=server_context()) as server:
            self.assertEqual(run_connect(server.url).returncode, 0)
        with self.assertRaises(ssl.SSLError), \
                ScriptedServer(script, tls=server_context()) as server:
            result = run_connect(server.url, env={**os.environ, **SYSTEM})
        self.check_refused(result, *UNKNOWN)

    def test_cacert_takes_the_place_of_the_system(self):
        with self.assertRaises(ssl.SSLError), \
                ScriptedServer(lambda peer: peer.read_head(), tls=server_context()) as server:
            result = run_connect('--cacert', file('unknown_root.pem'), server.url)
        self.check_refused(result, *UNKNOWN)
        result = self.talk('unknown_ca', 'localhost', '--cacert', file('unknown_root.pem'))
        self.assertEqual(result.returncode, 0)

    def test_a_certificate_that_is_named_is_trusted(self):
        result = self.talk('self_signed', 'localhost', '--cacert', file('self_signed.pem'))
        self.assertEqual((result.returncode, result.stderr), (0, b''))

    def test_insecure_trusts_anybody_and_says_so(self):
        for certificate, host in REFUSED:
            with self.subTest(certificate):
                result = self.talk(certificate, host, '--insecure')
                self.assertEqual(result.returncode, 0)
                self.assertRegex(result.stderr.decode(), '^navette connect: warning: .*--insecure.*'
                                 'whoever is on the way can read and change everything\n$')

    def test_files_that_are_no_good(self):
        for name in ('none.pem', 'empty.pem', 'server.key'):
            with self.subTest(name):
                result = run_connect('--cacert', file(name), 'wss://localhost:1/')
                self.assertEqual((result.returncode, result.stdout), (1, b''))
                self.assertIn(name, result.stderr.decode())


class Clients(TrustTest):
    """Those that navette serve asks for."""

    def connect(self, server, certificate=None):
        shown = serve_flags(certificate) if certificate else []
        return subprocess.run(
            [NAVETTE, 'connect', '--cacert', file('ca.pem'), *shown, f'{server.url}/ws'],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)

    def check_let_in(self, server, certificate=None):
        result = self.connect(server, certificate)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, WELCOME, b''))

    def check_bad_ones(self, server):
        for certificate, told in (('client_expired', 'our certificate has expired'),
                                  ('client_unknown', 'the authority of our certificate')):
            with self.subTest(certificate):
                self.check_refused(self.connect(server, certificate), told)

    def test_one_is_wanted(self):
        with Server('--client-ca', file('ca.pem')) as server:
            self.check_let_in(server, 'client')
            self.check_refused(self.connect(server), 'wants a certificate of ours', '--cert')
            self.check_bad_ones(server)
            server.errors.wait(lambda lines: any('the peer has shown no certificate' in line
                                                 for line in lines), 'the reason')
            server.wait_log('Nouveau client connecté !', 'Client déconnecté')

    def test_one_is_welcome(self):
        with Server('--client-ca', file('ca.pem'), '--client-optional') as server:
            self.check_let_in(server, 'client')
            self.check_let_in(server)
            self.check_bad_ones(server)

    def test_none_is_asked_for(self):
        with Server() as server:
            self.check_let_in(server, 'client_unknown')

    def test_the_old_version_asks_too(self):
        """In TLS 1.2 it is refused inside of the handshake."""
        context = ssl.create_default_context(cafile=file('ca.pem'))
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with Server('--client-ca', file('ca.pem')) as server:
            with self.assertRaises(ssl.SSLError):
                Client(server.port, '/ws', tls=context)
            context.load_cert_chain(file('client.pem'), file('client.key'))
            with Client(server.port, '/ws', tls=context) as client:
                client.frame()
                client.leave()

    def test_nothing_is_answered_before_it_is_checked(self):
        """In TLS 1.3 a client may have sent its request by then."""
        with Server('--client-ca', file('ca.pem')) as server, \
                self.assertRaisesRegex(ssl.SSLError, 'CERTIFICATE_REQUIRED'):
            Client(server.port, '/ws', tls=client_context())
        server.output.all()
        self.assertEqual(server.log(), ['Arrêt du serveur...'])


class Mixed(TrustTest):
    """The wrong scheme for the port."""

    def test_wss_where_no_tls_is(self):
        def http(peer):
            peer.read(5)
            peer.answer('HTTP/1.1 400 Bad Request', 'Connection: close')

        for name, script, said in (
                ('HTTP', http, ['does not speak TLS', ' ws://']),
                ('SSH', lambda peer: peer.send_raw(b'SSH-2.0-OpenSSH_9.2\r\n'), ['TLS']),
                ('the end', lambda peer: peer.read(5), ['TLS handshake'])):
            with self.subTest(name), ScriptedServer(script, tls=None) as server:
                url = server.url.replace('ws:', 'wss:')
                self.check_refused(run_connect(url), '127.0.0.1', *said)
        with Server(tls=[]) as server:
            self.check_refused(run_connect(server.url), 'does not speak TLS')

    def test_silence_has_an_end(self):
        def silence(peer):
            while peer.sock.recv(4096):
                pass

        with ScriptedServer(silence, tls=None) as server:
            url = server.url.replace('ws:', 'wss:')
            self.check_refused(run_connect('--connect-timeout', '0.3', url),
                               'the TLS handshake')

    def test_ws_where_tls_is(self):
        with Server() as server:
            result = run_connect(server.url.replace('wss:', 'ws:') + '/ws')
        self.assertEqual((result.returncode, result.stdout), (7, b''))
        self.assertIn('wss://', result.stderr.decode())

    def test_ws_with_options_of_tls(self):
        for flag in (['--cacert', file('ca.pem')], ['--insecure'], serve_flags('client')):
            result = run_connect(*flag, 'ws://localhost:1/ws')
            self.assertEqual((result.returncode, result.stdout), (2, b''))
            self.assertIn("try 'wss://localhost:1/ws'", result.stderr.decode())


if __name__ == '__main__':
    unittest.main()
