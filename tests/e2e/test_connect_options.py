# SPDX-License-Identifier: MIT
"""The command line of navette connect and replay: what is refused and why, without a secret, and what
becomes of the URL. More of what is refused is in test_connect.py and test_connect_messages.py."""

import os
import subprocess
import tempfile
import unittest

from client_support import ScriptedServer, accepting, run_connect
from places import NAVETTE
from support import PATIENCE

URL = 'ws://127.0.0.1:1/'


class Refused(unittest.TestCase):
    def refuse(self, *arguments, said, command='connect'):
        with self.subTest(arguments):
            result = subprocess.run([NAVETTE, command, *arguments], stdin=subprocess.DEVNULL,
                                    capture_output=True, timeout=PATIENCE, check=False)
            errors = result.stderr.decode()
            self.assertEqual((result.returncode, result.stdout), (2, b''), errors)
            self.assertIn(f'navette {command}: {said}', errors)
            self.assertEqual(errors.count('\n'), 1, errors)
            self.assertNotIn('s3cret', errors)

    def test_2_echo_loop_takes_nothing_of_talking(self):
        for option in (['--once'], ['--count', '2'], ['--wait', '1'], ['--null'], ['--binary'],
                       ['--hex'], ['--base64'], ['--record', 'x'], ['--reconnect'],
                       ['--color', 'auto'], ['--timestamps'], ['--raw']):
            self.refuse('--echo-loop', *option, URL,
                        said=f'{option[0]} and --echo-loop exclude each other')

    def test_2_times_between_raw_bytes(self):
        self.refuse('--binary', '--timestamps', URL,
                    said="--timestamps and --binary exclude each other: the output would be the "
                         "messages' own bytes")
        for more in ('--null', '--color=always'):
            result = run_connect('--binary', '--timestamps', more, URL)
            self.assertEqual(result.returncode, 4, result.stderr.decode())

    def test_2_subprotocols_twice(self):
        for names in (['a,b,a'], ['a', 'b', 'a'], ['a, a']):
            self.refuse(*(f'-s{name}' for name in names), URL,
                        said="--subprotocol offers 'a' twice;")

    def test_2_origins(self):
        self.refuse('-o', 'http://a', '-o', 'http://b', URL, said='only one Origin can be given')
        self.refuse('-o', 'http://a', '-H', 'origin: x', URL, said='only one Origin can be given')
        self.refuse('-o', '', URL, said="--origin takes one as https://example.org, not ''")

    def test_2_no_secret_is_shown(self):
        self.refuse('--usr=me:s3cret', URL, said="no option '--usr';")
        self.refuse('--c=me:s3cret', URL, said='--c may be --count, ')
        self.refuse('--verbose=s3cret', URL, said='--verbose takes no value')
        self.refuse('-H', 'Authorization s3cret', URL, said="--header takes 'Name: value', ")
        self.refuse('-H', 'Authorization : s3cret', URL, said="--header takes 'Name: value', ")
        self.refuse('-H', 'Authorization: s3cret\n', URL, said='--header takes no control')
        self.refuse('-H', 'Host: s3cret', URL, said='--header takes none of what')
        self.refuse('-H', 'Authorization:', 'Bearer', 's3cret', URL,
                    said='only one URL can be given, and there is more')
        self.refuse('ws://me:s3cret@a.example/', said='user and password go into --user '
                    "NAME:PASSWORD, not into the URL: 'ws://***@a.example/'")
        self.refuse('ws://me:s3/cret@a.example/', said='')

    def test_2_more_than_one_option_begins_so(self):
        self.refuse('--re', URL, said='--re may be --record, --reconnect;')
        self.refuse('--re', 'x', URL, said='--re may be --record, --reconnect;', command='replay')

    def test_2_numbers(self):
        for text in ('0x10', '1e3', '1.2.3', '.5', 'inf', '', '-1', '1 ', '1000001'):
            self.refuse('--speed', text, 'f', URL, command='replay',
                        said=f"--speed takes a number from 0 to 1000000, not '{text}'")
        for text in ('1e3', '0x1', '1.2.3s', '.5'):
            self.refuse('--wait', text, URL, said='--wait takes a time')

    def test_2_urls(self):
        self.refuse('', said="the URL is empty; try 'ws://localhost:8080/ws'")
        self.refuse('ws://zo\u00e9.example/', said='a host name outside ASCII is written in '
                    "Punycode, xn--...: 'ws://zo\u00e9.example/'")
        self.refuse('ws://a.example/a b', said='')
        self.refuse(URL, 'f', command='replay', said='the recording comes first, then the URL: ')


class Taken(unittest.TestCase):
    @staticmethod
    def redirecting(peer):
        peer.read_head()
        peer.answer('HTTP/1.1 302 Found', 'Location: /b', 'Content-Length: 0')

    def test_no_redirects_is_none_in_any_order(self):
        for options in (['--max-redirs', '0', '-L'], ['-L', '--max-redirs', '0']):
            with ScriptedServer(self.redirecting) as server:
                result = run_connect(*options, server.url)
            self.assertEqual(result.returncode, 6, result.stderr.decode())

    def test_subprotocols_are_joined(self):
        heads = []

        def script(peer):
            heads.append(peer.head)
            peer.end()
        with ScriptedServer(accepting(script)) as server:
            result = run_connect('-s', 'a ,b', '-s', 'ab', server.url)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        self.assertIn('\nSec-WebSocket-Protocol: a, b, ab\r\n', heads[0])

    def test_a_url_in_any_language(self):
        heads = []

        def script(peer):
            heads.append(peer.head)
            peer.end()
        with ScriptedServer(accepting(script)) as server:
            url = server.url[:-3] + '/\u00e9%C3%A9?pseudo=Zo\u00e9\U0001f600'
            result = run_connect('-v', url)
        target = '/%C3%A9%C3%A9?pseudo=Zo%C3%A9%F0%9F%98%80'
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        self.assertTrue(heads[0].startswith(f'GET {target} HTTP/1.1\r\n'), heads[0])
        self.assertIn(f'> GET {target} HTTP/1.1\n', result.stderr.decode())

    def test_a_query_behind_a_host(self):
        heads = []

        def script(peer):
            heads.append(peer.head)
            peer.end()
        with ScriptedServer(accepting(script)) as server:
            run_connect(server.url[:-3] + '?a=\u00e9')
        self.assertTrue(heads[0].startswith('GET /?a=%C3%A9 HTTP/1.1\r\n'), heads[0])


class Help(unittest.TestCase):
    def test_1_help_that_nobody_gets(self):
        for arguments in (['--help'], ['--version'], ['connect', '--help'], ['help', 'replay'],
                          ['serve', '--help']):
            with self.subTest(arguments), open('/dev/full', 'wb') as full:
                result = subprocess.run([NAVETTE, *arguments], stdout=full, stderr=subprocess.PIPE,
                                        timeout=PATIENCE, check=False)
                self.assertEqual((result.returncode, result.stderr),
                                 (1, b'navette: standard output: No space left on device\n'))

    def test_1_a_file_of_credentials_is_named(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'a:b\n')
            file.flush()
            os.chmod(file.name, 0o644)
            result = run_connect('--user-file', file.name, URL)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f'{file.name}: others can read', result.stderr.decode())


if __name__ == '__main__':
    unittest.main()
