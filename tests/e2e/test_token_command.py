# SPDX-License-Identifier: MIT
"""navette token from outside: what it prints, what it writes, what it never shows, and its exit codes."""

import base64
import json
import os
import re
import stat
import subprocess
import tempfile
import time
import unittest

from places import NAVETTE, ROOT

PATIENCE = 150
RANDOM = re.compile(r'[A-Za-z0-9_-]{43}\n')
GOOD, LOCAL, USAGE, EXPIRED, BAD, EARLY = range(6)


def encode(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data, mode=0o600):
        with open(self.path(name), 'wb') as file:
            file.write(data.encode() if isinstance(data, str) else data)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as file:
            return file.read()

    def token(self, *arguments, given='', code=GOOD):
        """Runs it and returns both outputs, after a look at the exit code."""
        result = subprocess.run([NAVETTE, 'token', *arguments], input=given.encode(),
                                capture_output=True, timeout=PATIENCE, cwd=self.folder, check=False)
        out, err = result.stdout.decode(), result.stderr.decode()
        self.assertEqual(result.returncode, code, (arguments, out, err))
        return out, err

    def openssl(self, *arguments):
        subprocess.run(['openssl', *arguments], check=True, capture_output=True, timeout=PATIENCE,
                       cwd=self.folder)


class New(Folder):
    def test_random(self):
        tokens = set()
        for _ in range(20):
            out, err = self.token('new')
            self.assertRegex(out, RANDOM)
            self.assertEqual(err, '')
            tokens.add(out)
        self.assertEqual(len(tokens), 20)
        self.assertEqual(os.listdir(self.folder), [])

    def test_into_a_file(self):
        first, _ = self.token('new', '--tokens', 'tokens', '--name', 'Chéri du 14')
        self.assertEqual(stat.S_IMODE(os.stat(self.path('tokens')).st_mode), 0o600)
        second, _ = self.token('new', '--tokens', 'tokens')
        self.assertEqual(self.read('tokens'), f'{first.strip()} Chéri du 14\n{second}')
        self.assertEqual(os.listdir(self.folder), ['tokens'])

    def test_keeps_what_is_there(self):
        self.write('tokens', '# ours\n\nalpha-12345678 A', 0o640)
        token, _ = self.token('new', '--tokens', 'tokens', '--name', 'B')
        self.assertEqual(self.read('tokens'), f'# ours\n\nalpha-12345678 A\n{token.strip()} B\n')
        self.assertEqual(stat.S_IMODE(os.stat(self.path('tokens')).st_mode), 0o640)

    def test_a_link_stays_one(self):
        self.write('there', '')
        os.symlink('there', self.path('tokens'))
        token, _ = self.token('new', '--tokens', 'tokens')
        self.assertTrue(os.path.islink(self.path('tokens')))
        self.assertEqual(self.read('there'), token)

    def test_many_at_once(self):
        running = [subprocess.Popen([NAVETTE, 'token', 'new', '--tokens', self.path('tokens')],
                                    stdout=subprocess.PIPE) for _ in range(20)]
        printed = {process.communicate(timeout=PATIENCE)[0].decode() for process in running}
        self.assertEqual({process.returncode for process in running}, {0})
        self.assertEqual(set(self.read('tokens').splitlines(True)), printed)
        self.assertEqual(len(printed), 20)
        self.assertEqual(os.listdir(self.folder), ['tokens'])

    def test_refuses_a_file_that_is_no_good(self):
        for text, mode, problem in (('alpha-12345678\n', 0o644, '0640 at most is allowed'),
                                    ('alpha-12345678\nshort\n', 0o600, 'tokens: line 2: a token has'),
                                    ('x' * (1 << 20) + '\n', 0o600, 'at most are allowed')):
            self.write('tokens', text, mode)
            out, err = self.token('new', '--tokens', 'tokens', code=LOCAL)
            self.assertEqual(out, '')
            self.assertIn(problem, err)
            self.assertEqual(self.read('tokens'), text)
            self.assertEqual(os.listdir(self.folder), ['tokens'])

    def test_refuses_names_that_none_may_have(self):
        for name in ('', '  ', 'Système', 'x' * 33, 'a\x1bb', ' a', 'a '):
            out, err = self.token('new', '--tokens', 'tokens', '--name', name, code=USAGE)
            self.assertEqual(out, '')
            self.assertIn('--name', err)
            self.assertNotIn('\x1b', err)
        self.assertEqual(os.listdir(self.folder), [])

    def test_nobody_to_print_for(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            result = subprocess.run([NAVETTE, 'token', 'new'], stdout=full, timeout=PATIENCE,
                                    stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, LOCAL)
        self.assertIn(b'standard output', result.stderr)


class CheckFile(Folder):
    def test_good_and_bad(self):
        alice, _ = self.token('new', '--tokens', 'tokens', '--name', 'Alice')
        other, _ = self.token('new', '--tokens', 'tokens')
        for token, said, code in ((alice, 'good, Alice\n', GOOD), (other, 'good\n', GOOD),
                                  (alice.strip(), 'good, Alice\n', GOOD),
                                  (alice.strip() + '\r\n', 'good, Alice\n', GOOD),
                                  (alice[1:], 'bad\n', BAD), ('', 'bad\n', BAD), ('\n', 'bad\n', BAD),
                                  (alice + '\n', 'bad\n', BAD), (alice + alice, 'bad\n', BAD),
                                  ('x' * 100000, 'bad\n', BAD)):
            out, err = self.token('check', '--tokens', 'tokens', given=token, code=code)
            self.assertEqual((out, err), (said, ''))

    def test_never_shows_the_token(self):
        self.write('tokens', 'hush-12345678\nhush-12345678\n')
        _, err = self.token('check', '--tokens', 'tokens', given='hush-12345678', code=LOCAL)
        self.assertIn('line 2: the token of line 1 again', err)
        self.assertNotIn('hush', err)
        for arguments in (['check', '--tokens', 'tokens', 'hush-12345678'],
                          ['check', 'hush-12345678'], ['hush-12345678'],
                          ['new', 'hush-12345678'], ['show', 'a', 'hush-12345678']):
            out, err = self.token(*arguments, code=USAGE)
            self.assertNotIn('hush', out + err)


class Jwt(Folder):
    def setUp(self):
        super().setUp()
        self.openssl('rand', '-out', 'secret', '32')
        self.openssl('genpkey', '-algorithm', 'RSA', '-out', 'rsa', '-pkeyopt', 'rsa_keygen_bits:2048')
        self.openssl('genpkey', '-algorithm', 'EC', '-out', 'ec', '-pkeyopt',
                     'ec_paramgen_curve:P-256')
        for name in ('rsa', 'ec'):
            self.openssl('pkey', '-in', name, '-pubout', '-out', f'{name}.pub')
        for name in ('secret', 'rsa', 'ec'):
            os.chmod(self.path(name), 0o600)

    def new(self, algorithm, key, *more):
        out, err = self.token('new', '--jwt-algorithm', algorithm, '--jwt-key', key, *more)
        self.assertEqual(err, '')
        return out

    def check(self, token, algorithm, key, code):
        return self.token('check', '--jwt-algorithm', algorithm, '--jwt-key', key, given=token,
                          code=code)[0]

    def test_every_token_with_every_key(self):
        keys = {'HS256': ('secret', 'secret'), 'RS256': ('rsa', 'rsa.pub'), 'ES256': ('ec', 'ec.pub')}
        for made, (private, _) in keys.items():
            token = self.new(made, private, '--name', 'Chéri', '--expires', '2h')
            for asked, (_, public) in keys.items():
                said = self.check(token, asked, public, GOOD if made == asked else BAD)
                self.assertRegex(said, r'^good, Chéri, until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n$'
                                 if made == asked else r'^bad\n$')

    def test_show(self):
        before = int(time.time())
        token = self.new('ES256', 'ec', '--name', 'Chéri', '--expires', '30m')
        path = self.write('token', token)
        for arguments, given in ((['show', path], ''), (['show'], token), (['show', '-'], token)):
            out, err = self.token(*arguments, given=given)
            said = json.loads(out)
            self.assertEqual(said['header']['alg'], 'ES256')
            self.assertEqual(said['claims']['name'], 'Chéri')
            self.assertEqual(said['claims']['exp'] - said['claims']['iat'], 1800)
            self.assertGreaterEqual(said['claims']['iat'], before)
            self.assertIn('not checked', err)
            self.assertIn('expires 20', err)
            self.assertNotIn(token.strip().split('.')[2], out + err)

    def test_show_of_anything(self):
        forged = '.'.join([encode({'alg': 'none'}), encode({'name': '\u202e\x9b', 'exp': 9 ** 30 % 2 ** 63}),
                           'AAAA'])
        out, _ = self.token('show', given=forged)
        self.assertNotIn('\u202e', out)
        self.assertNotIn('\x9b', out)
        for text in ('', 'hush', 'a.b.c', 'hush' * 20000, 'e30.e30.'):
            out, err = self.token('show', given=text, code=BAD)
            self.assertEqual(out, '')
            self.assertIn('this is no JWT', err)
            self.assertNotIn('hush', err)
        _, err = self.token('show', 'missing', code=LOCAL)
        self.assertIn('missing: No such file', err)

    def test_expired_and_early(self):
        """Signed here, since new makes neither."""
        import hashlib
        import hmac
        key = b'0' * 32
        self.write('key', key)
        now = int(time.time())
        for claims, said, code in (({'exp': now - 3600}, 'expired\n', EXPIRED),
                                   ({'exp': now + 7200, 'nbf': now + 3600}, 'early\n', EARLY),
                                   ({'exp': now + 3600, 'name': 'SYSTÈME'}, 'bad\n', BAD),
                                   ({'exp': 'never'}, 'bad\n', BAD)):
            body = encode({'alg': 'HS256'}) + '.' + encode(claims)
            signature = encode(hmac.new(key, body.encode(), hashlib.sha256).digest())
            self.assertEqual(self.check(f'{body}.{signature}', 'HS256', 'key', code), said)

    def test_both_ways_at_once(self):
        listed, _ = self.token('new', '--tokens', 'tokens', '--name', 'Alice')
        signed = self.new('HS256', 'secret', '--name', 'Bob')
        for token, name in ((listed, 'Alice'), (signed, 'Bob')):
            out, _ = self.token('check', '--tokens', 'tokens', '--jwt-algorithm', 'HS256', '--jwt-key',
                                'secret', given=token)
            self.assertTrue(out.startswith(f'good, {name}'), out)

    def test_keys_that_are_no_good(self):
        self.openssl('pkey', '-in', 'ec', '-aes128', '-passout', 'pass:secret', '-out', 'locked')
        self.write('short', 'x' * 31)
        os.chmod(self.path('locked'), 0o600)
        self.write('open', 'x' * 32, 0o644)
        for action, algorithm, key, problem in (
                ('new', 'HS256', 'short', '32 bytes at least'), ('new', 'HS256', 'open', '0640'),
                ('new', 'HS256', 'rsa', 'takes a secret'), ('new', 'RS256', 'ec', 'RSA key'),
                ('new', 'ES256', 'ec.pub', '0640'), ('new', 'ES256', 'locked', 'not encrypted'),
                ('check', 'RS256', 'rsa', 'private key'), ('check', 'ES256', 'rsa.pub', 'P-256'),
                ('check', 'HS256', 'missing', 'No such file')):
            out, err = self.token(action, '--jwt-algorithm', algorithm, '--jwt-key', key, code=LOCAL)
            self.assertEqual(out, '')
            self.assertIn(f'navette token {action}: {key}: ', err)
            self.assertIn(problem, err)


class Usage(Folder):
    def test_refuses(self):
        for arguments, problem in (
                ([], 'say new, show or check first'), (['make'], 'say new'),
                (['new', '--name', 'A'], '--name needs'), (['new', '--expires', '1h'], '--expires needs'),
                (['new', '--jwt-key', 'k'], 'belong together'),
                (['new', '--jwt-algorithm', 'HS256'], 'belong together'),
                (['new', '--jwt-algorithm', 'none', '--jwt-key', 'k'], 'HS256, RS256 or ES256'),
                (['new', '--jwt-algorithm', 'hs256', '--jwt-key', 'k'], 'HS256, RS256 or ES256'),
                (['new', '--jwt-algorithm', 'HS256', '--jwt-key', 'k', '--tokens', 't'], 'not both'),
                (['new', '--jwt-algorithm', 'HS256', '--jwt-key', 'k', '--expires', '0'], '--expires takes'),
                (['new', '--jwt-algorithm', 'HS256', '--jwt-key', 'k', '--expires', '-1'], '--expires takes'),
                (['new', '--tokens', ''], '--tokens takes'), (['new', '--tokens'], 'a value is missing'),
                (['check'], 'check needs'), (['check', '--tokens', 't', '--name', 'A'], 'are for new'),
                (['show', '--tokens', 't'], 'takes no options'), (['new', '--what'], 'no option')):
            out, err = self.token(*arguments, code=USAGE)
            self.assertEqual(out, '', arguments)
            self.assertIn(problem, err)
            self.assertEqual(err.count('\n'), 1)

    def test_help(self):
        text, _ = self.token('--help')
        for arguments in (['new', '--help'], ['check', '-h'], ['show', '--help']):
            self.assertEqual(self.token(*arguments)[0], text)
        self.assertTrue(all(len(line) <= 88 for line in text.splitlines()))
        with open(os.path.join(ROOT, 'docs', 'navette.1'), encoding='utf-8') as file:
            page = file.read().replace('\\', '')
        manual = page.partition('.SH OPTIONS OF TOKEN')[2].partition('.SH')[0]
        codes = page.partition('.B navette token\nexits with\n')[2].partition('.SH')[0]
        for option in re.findall(r'--[a-z-]+', text):
            self.assertIn(option, manual)
        for code, meaning in re.findall(r'^ +(\d)  (.*)$', text, re.M):
            self.assertIn(f'.B {code}\n{meaning}\n', codes)


if __name__ == '__main__':
    unittest.main()
