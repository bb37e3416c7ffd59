# SPDX-License-Identifier: MIT
"""One configuration from flags, variables and a file: what is checked, printed, and read again."""

import os
import signal
import subprocess
import tempfile
import unittest

from places import NAVETTE, ROOT
from support import PATIENCE, Client, Server, connect, poll
from tls_support import file

EXAMPLE = os.path.join(ROOT, 'packaging', 'navette.conf.example')


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, 'navette.conf')

    def write(self, text, name='navette.conf', mode=0o644):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def run_serve(self, *flags, env=None):
        done = subprocess.run([NAVETTE, 'serve', *flags], env={**os.environ, **(env or {})},
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        return done.returncode, done.stdout, done.stderr


class Check(Case):
    def good(self, *flags):
        self.assertEqual(self.run_serve('--check-config', *flags),
                         (0, 'configuration is good\n', ''))

    def bad(self, *words, flags=(), code=2):
        got, output, errors = self.run_serve('--config', self.path, '--check-config', *flags)
        self.assertEqual((got, output), (code, ''))
        for word in words:
            self.assertIn(word, errors)
        return errors

    def test_good_ones(self):
        self.good('--config', EXAMPLE)
        self.good('--cert', file('server.pem'), '--key', file('server.key'))
        self.good('--tokens', self.write('SECRETSECRET zoe\n', 'tokens', 0o600))

    def test_all_problems_at_once_with_their_lines(self):
        self.write('rate = x\n\nport = 70000\n')
        errors = self.bad(f'{self.path}:1: rate takes', f'{self.path}:3: port takes')
        self.assertEqual(len(errors.splitlines()), 2)

    def test_what_has_no_end_is_refused_where_it_begins(self):
        for line in ('/* allow-origin', 'listen = "open', "listen = 'open", 'listen = "${HOME"'):
            with self.subTest(line):
                self.write(f'rate = 1\n\n{line}\nport = 0\n')
                self.bad(f'{self.path}:3: the ')

    def test_nothing_is_left_out_in_silence(self):
        for text in ('tokens = /etc/a*', 'rate + = 1', '# a\rrate = 1\r'):
            with self.subTest(text):
                self.write(text)
                self.bad(f'{self.path}:1: a ')

    def test_lines_are_counted_over_comments_and_strings(self):
        self.write('/* one\ntwo */ rate /* three */ = /**/ 1 # four\n'
                   '/* */ // five\nlisten = "a\nb\\\nc"\n\nthreads = x\n')
        self.bad(f'{self.path}:8: threads takes')

    def test_a_byte_order_mark_is_skipped(self):
        self.write('\ufeffrate = 1\n')
        self.good('--config', self.path)
        self.write('\ufeffrate = x\n')
        self.bad(f'{self.path}:1: rate takes')

    def test_the_start_is_refused_as_well(self):
        self.write('max-mesage = 5\n')
        code, output, errors = self.run_serve('--config', self.path)
        self.assertEqual((code, output), (2, ''))
        self.assertIn(f'{self.path}:1: max-mesage is no setting; is it max-message?', errors)

    def test_variables_that_kubernetes_has_set_lead_to_the_page(self):
        services = {'NAVETTE_PORT': 'tcp://10.0.0.1:8080', 'NAVETTE_SERVICE_HOST': '10.0.0.1'}
        place = 'see docs/troubleshooting.md#a-kubernetes-service-named-navette\n'
        for env, led in ((services, True), ({'NAVETTE_PORT': '80x'}, False)):
            code, output, errors = self.run_serve(env=env)
            self.assertEqual((code, output), (2, ''))
            self.assertEqual(errors.endswith(place), led, errors)

    def test_files_that_are_not_there(self):
        self.bad(self.path)
        self.write(f'cert = "{self.folder}/no.pem"\ntokens = "{self.folder}/no.tokens"\n')
        self.bad('no.pem', 'no.tokens')

    def test_secrets_that_everybody_can_read(self):
        tokens = self.write('SECRETSECRET zoe\n', 'tokens', 0o644)
        with open(file('server.key'), encoding='ascii') as key:
            key = self.write(key.read(), 'server.key', 0o644)
        self.write(f'cert = "{file("server.pem")}"\nkey = "{key}"\ntokens = "{tokens}"\n')
        errors = self.bad(key, tokens)
        self.assertNotIn('SECRETSECRET', errors)
        for flags in (['--tokens', tokens], ['--cert', file('server.pem'), '--key', key]):
            code, _, errors = self.run_serve('--port', '0', *flags)
            self.assertEqual(code, 1)
            self.assertIn(flags[-1], errors)
            self.assertEqual('#files-the-server-refuses\n' in errors, '--key' in flags)

    def test_what_a_signal_changes_is_checked_before(self):
        tokens = self.write('SECRETSECRET zoe\n', 'tokens', 0o600)
        short = self.write('short\n', 'short', 0o600)
        for good in ('log-level = error', 'log-level = info', 'drain = 0', 'drain = 3600',
                     f'tokens = "{tokens}"', 'max-message = 1', 'rate = 0'):
            with self.subTest(good):
                self.write(good + '\n')
                self.good('--config', self.path)
        for bad, word in (('log-level = loud', 'log-level takes'), ('drain = 3601', 'drain takes'),
                          ('drain = -1', 'drain takes'), ('drain = 1s', 'drain takes'),
                          (f'tokens = "{short}"', 'short: line 1'), ('rate = ""', 'rate takes'),
                          (f'tokens = "{self.folder}"', 'no regular file')):
            with self.subTest(bad):
                self.write(bad + '\n')
                self.bad(word)

    def test_a_folder_is_no_file(self):
        code, _, errors = self.run_serve('--config', self.folder)
        self.assertEqual(code, 2)
        self.assertIn(self.folder, errors)


class Print(Case):
    def test_what_is_printed_can_be_read_again(self):
        self.write('rate = 7\nlisten = \'a"b$\\\\{HOME}\'\ncert = { "a", "b" }\n'
                   'key = { "", "k" }\nallow-origin = { "https://a.example" }\n')
        env = {'NAVETTE_MAX_MESSAGE': '123', 'NAVETTE_CONFIG': self.path}
        code, first, errors = self.run_serve('--print-config', '--max-connections', '0', env=env)
        self.assertEqual((code, errors), (0, ''))
        for line in ('rate = 7 # ' + self.path + ':1', 'max-message = 123 # NAVETTE_MAX_MESSAGE',
                     'max-connections = 0 # --max-connections', '# port = 8080 # default',
                     'key = { "", "k" } # ' + self.path + ':4'):
            self.assertIn(line, first.splitlines())
        again = self.write(first, 'again.conf')
        _, second, errors = self.run_serve('--config', again, '--print-config')
        self.assertEqual(errors, '')
        self.assertEqual([line.rsplit(' # ', 1)[0] for line in second.splitlines()],
                         [line.rsplit(' # ', 1)[0] for line in first.splitlines()])

    def test_a_secret_is_not_printed(self):
        tokens = self.write('SECRETSECRET zoe\n', 'tokens', 0o600)
        code, output, errors = self.run_serve('--tokens', tokens, '--print-config')
        self.assertEqual(code, 0)
        self.assertNotIn('SECRETSECRET', output + errors)
        self.assertIn(f'tokens = "{tokens}" # --tokens', output)


class Hangup(Case):
    def hang_up(self, server, text):
        before = len(server.errors.lines)
        server.process.send_signal(signal.SIGHUP)
        server.errors.wait(lambda lines: any(text in line for line in lines[before:]), text)

    def test_limits_change_for_clients_that_are_there(self):
        self.write('max-message = 100\nrate = 0\n')
        with Server('--config', self.path) as server, Client(server.port, '/ws') as client:
            client.frame()
            client.send('x' * 50)
            self.assertIn(b'x' * 50, client.frame()[1])
            self.write('max-message = 10\nrate = 0\nthreads = 3\nlog-level = "warning"\n')
            self.hang_up(server, 'SIGHUP: max-message is 10 now, it was 100')
            self.hang_up(server, '3 needs a restart')
            client.send('x' * 50)
            self.assertIn('Message trop grand'.encode(), client.frame()[1])

    def test_a_broken_file_changes_nothing(self):
        self.write('max-message = 100\nrate = 0\n')
        with Server('--config', self.path) as server, Client(server.port, '/ws') as client:
            client.frame()
            for broken in ('max-message = 10\nrate = x\n', 'max-message = 10\nlisten = "open'):
                self.write(broken)
                self.hang_up(server, 'the old one stays')
                client.send('x' * 50)
                self.assertIn(b'x' * 50, client.frame()[1])
            self.write('max-message = 20\nrate = 0\n')
            self.hang_up(server, 'max-message is 20 now')

    def test_a_change_of_the_level_is_told_at_any_level(self):
        self.write('')
        with Server('--config', self.path) as server:
            for new, old in (('error', 'info'), ('warning', 'error'), ('info', 'warning'),
                             ('warning', 'info'), ('error', 'warning'), ('info', 'error')):
                self.write(f'log-level = {new}\n')
                self.hang_up(server, f'SIGHUP: log-level is "{new}" now, it was "{old}"')

    def test_the_level_counts_from_then_on(self):
        self.write('')
        with Server('--config', self.path) as server:
            for level in ('warning', 'info', 'error'):
                self.write(f'log-level = {level}\n')
                self.hang_up(server, f'SIGHUP: log-level is "{level}" now')
                with connect(server.port) as sock:
                    sock.sendall(f'GET /{level} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode())
                    self.assertIn(b' 404 ', sock.recv(4096))
        told = [line for line in server.errors.all() if 'refused with 404' in line]
        self.assertEqual([line.split()[4] for line in told], ['/info:'])

    def test_a_drain_takes_as_long_as_was_said_last(self):
        self.write('drain = 3600\n')
        with Server('--config', self.path) as server, Client(server.port, '/ws') as client:
            client.frame()
            self.write('drain = 1\n')
            self.hang_up(server, 'SIGHUP: drain is 1 now, it was 3600')
            server.process.send_signal(signal.SIGTERM)
            client.expect_close(1012)
            self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_above_what_the_library_takes_it_needs_a_restart(self):
        self.write('max-message = 100\n')
        with Server('--config', self.path) as server:
            self.write('max-message = 65537\n')
            self.hang_up(server, 'max-message stays 100, 65537 needs a restart')


class Tokens(Case):
    def setUp(self):
        super().setUp()
        self.old, self.new = 'old-token-0123456789', 'new-token-0123456789'
        self.tokens = self.write(f'{self.old} zoe\n', 'tokens', 0o600)
        self.server = self.enterContext(Server('--tokens', self.tokens))

    def takes(self, token):
        with Client(self.server.port, f'/ws?token={token}') as client:
            return 'Bienvenue' in client.text()

    def hang_up(self, *words):
        before = len(self.server.errors.lines)
        self.server.process.send_signal(signal.SIGHUP)
        self.server.errors.wait(
            lambda lines: any(all(word in line for word in ('SIGHUP', *words))
                              for line in lines[before:]), words)

    def test_old_ones_stay_until_there_are_good_new_ones(self):
        ways = {'No such file': lambda: os.unlink(self.tokens),
                'mode 0644': lambda: os.chmod(self.tokens, 0o644),
                'line 1': lambda: self.write('short\n', 'tokens', 0o600),
                'no regular file': lambda: (os.unlink(self.tokens), os.mkdir(self.tokens))}
        for problem, spoil in ways.items():
            with self.subTest(problem):
                spoil()
                for _ in range(2):
                    self.hang_up(f'the old tokens stay in use: {self.tokens}', problem)
                    self.assertTrue(self.takes(self.old))
                if os.path.isdir(self.tokens):
                    os.rmdir(self.tokens)
                self.write(f'{self.new} zoe\n', 'tokens', 0o600)
                self.hang_up('tokens read again')
                self.assertTrue(self.takes(self.new))
                self.assertFalse(self.takes(self.old))
                self.old, self.new = self.new, self.old

    def test_a_file_of_the_same_size_in_the_same_second_is_another(self):
        for _ in range(2):
            self.write(f'{self.new} zoe\n', 'tokens', 0o600)
            poll(lambda: self.takes(self.new), 'the new token')
            self.assertFalse(self.takes(self.old))
            self.old, self.new = self.new, self.old


if __name__ == '__main__':
    unittest.main()
