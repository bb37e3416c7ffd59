# SPDX-License-Identifier: MIT
"""The command line of navette and of navette serve: help, flags, exit codes, start lines, log."""

import os
import re
import socket
import subprocess
import unittest

from places import NAVETTE
from support import HTTP, PATIENCE, SERVE, WS, Client, Lines, Server, poll, unstamped
from tls_support import SECURE


def run(*arguments, **options):
    done = subprocess.run([NAVETTE, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE, check=False, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Usage(unittest.TestCase):
    def test_without_arguments(self):
        code, output, errors = run()
        self.assertEqual((code, output), (2, ''))
        for text in ('Usage: navette ', 'navette serve --port 8080',
                     'navette connect ws://localhost:8080/ws'):
            self.assertIn(text, errors)

    def test_help_and_version(self):
        for arguments in (['--help'], ['-h'], ['help']):
            code, output, errors = run(*arguments)
            self.assertEqual((code, errors), (0, ''))
            self.assertTrue(output.startswith('Usage: navette COMMAND'))
        code, output, errors = run('--version')
        self.assertEqual((code, errors), (0, ''))
        self.assertRegex(output, r'^navette \d+\.\d+\.\d+\n$')

    def test_help_of_a_command(self):
        for command in ('serve', 'connect'):
            code, output, errors = run('help', command)
            self.assertEqual((code, errors), (0, ''))
            self.assertTrue(output.startswith(f'Usage: navette {command} [OPTION]...'))
            for flag in ('--help', '-h'):
                self.assertEqual(run(command, flag), (0, output, ''))

    def test_help_of_serve_shows_every_flag_and_default(self):
        code, output, errors = run('serve', '--help')
        self.assertEqual((code, errors), (0, ''))
        for flag, default in (('--listen ADDRESS', 'localhost'), ('--port PORT', '(8080)'),
                              ('--max-message BYTES', '(10240)'), ('--rate MESSAGES', '(5)'),
                              ('--ping-interval SECONDS', '(30)'), ('--compression', ''),
                              ('--context-takeover', ''), ('--echo ', ''), ('--hub ', ''),
                              ('--log-messages', ''), ('--threads THREADS', 'cores'),
                              ('--max-connections COUNT', ''),
                              ('--max-connections-per-ip COUNT', '(256'),
                              ('-h, --help', '')):
            line = next(line for line in output.splitlines() if flag in line)
            self.assertIn(default, line)
        for line in output.splitlines():
            self.assertLessEqual(len(line), 90)

    def test_wrong_usage_is_one_line_and_exit_code_2(self):
        for arguments, words in (
                (['serv'], ["'serv'", 'navette --help']),
                (['--port'], ["'--port'", 'navette --help']),
                (['help', 'serv'], ["'serv'", 'navette --help']),
                (['help', 'serve', 'me'], ["'me'", 'navette --help']),
                (['serve', '--port', '65536'], ['--port', '0 to 65535', "'65536'"]),
                (['serve', '--port', '-1'], ['--port', "'-1'"]),
                (['serve', '--port', '80x'], ['--port', "'80x'"]),
                (['serve', '--port='], ['--port', "''"]),
                (['serve', '--port', '99999999999999999999'], ['--port', '0 to 65535']),
                (['serve', '--port'], ['--port', 'value']),
                (['serve', '--max-message', '0'], ['--max-message', '1 to 268435456']),
                (['serve', '--max-message', '268435457'], ['--max-message', '1 to 268435456']),
                (['serve', '--rate', '1000001'], ['--rate', '0 to 1000000']),
                (['serve', '--rate', '1.5'], ['--rate', "'1.5'"]),
                (['serve', '--ping-interval', '86401'], ['--ping-interval', '0 to 86400']),
                (['serve', '--listen', ''], ['--listen', 'address']),
                (['serve', '--prot', '1'], ["'--prot'"]),
                (['serve', '-p', '1'], ["'-p'"]),
                (['serve', '--help=x'], ['--help', 'no value']),
                (['serve', '--echo=x'], ['--echo', 'no value']),
                (['serve', '--echo', '--rate', '5'], ['--echo', '--rate']),
                (['serve', '--hub', '--rate', '5'], ['--hub', '--rate']),
                (['serve', '--hub', '--echo'], ['--echo and --hub exclude each other']),
                (['serve', '--threads', '0'], ['--threads', '1 to 255', "'0'"]),
                (['serve', '--threads', '256'], ['--threads', '1 to 255']),
                (['serve', '--threads', '-1'], ['--threads', "'-1'"]),
                (['serve', '--threads', 'two'], ['--threads', "'two'"]),
                (['serve', '--threads'], ['--threads', 'value']),
                (['serve', '--max-connections', '1000001'], ['--max-connections', '0 to 1000000']),
                (['serve', '--max-connections-per-ip', 'x'], ['--max-connections-per-ip', "'x'"]),
                (['serve', '--handshakes-per-ip', '1.5'], ['--handshakes-per-ip', "'1.5'"]),
                (['serve', '--context-takeover'], ['--context-takeover', '--compression']),
                (['serve', '--port', '\x1b[31m'], ["'\\x1b[31m'"]),
                (['serve', '8080'], ["'8080'"])):
            with self.subTest(' '.join(arguments)):
                code, output, errors = run(*arguments)
                self.assertEqual((code, output), (2, ''))
                self.assertRegex(errors, r"^navette( serve)?: [^\n]+; try 'navette[^\n]*'\n$")
                for word in [*words, 'try ', '--help']:
                    self.assertIn(word, errors)


class Refusals(unittest.TestCase):
    """Why it can't listen: one line, perhaps where to read on, and exit code 1."""

    def expect(self, words, *arguments, **options):
        code, output, errors = run('serve', *arguments, **options)
        self.assertEqual((code, output), (1, ''))
        self.assertRegex(errors, r'^navette serve: cannot listen on .*\n'
                         r'(navette serve: see docs/.*\n)?$')
        for word in words:
            self.assertIn(word, errors)

    def test_port_in_use(self):
        for host in ('127.0.0.1', '::1'):
            family = socket.AF_INET6 if ':' in host else socket.AF_INET
            with self.subTest(host), socket.socket(family) as other:
                other.bind((host, 0))
                other.listen()
                port = str(other.getsockname()[1])
                self.expect([port, 'localhost', 'in use', '--port', '#port-in-use'],
                            '--port', port)

    def test_a_second_server(self):
        with Server() as server:
            port = str(server.port)
            self.expect([port, 'in use'], '--port', port)
            self.expect([port, '127.0.0.1', 'in use'], '--port', port, '--listen', '127.0.0.1')

    def test_not_an_address_of_this_machine(self):
        for address in ('192.0.2.1', '2001:db8::1', 'example.invalid', '127.0.0.1:80', '1.2.3'):
            with self.subTest(address):
                self.expect([address, '--listen'], '--port', '0', '--listen', address)

    @unittest.skipIf(os.getuid() != 0, 'only root can lose the permission')
    def test_no_permission(self):
        with open('/proc/sys/net/ipv4/ip_unprivileged_port_start', encoding='ascii') as limit:
            if int(limit.read()) <= 1:
                self.skipTest('every port is free for all here')
        self.expect(['port 1 ', 'permission', '--port', '#ports-below-1024'], '--port', '1',
                    user=65534, group=65534, extra_groups=())


class Start(unittest.TestCase):
    def lines(self, host, port):
        return [f'Serveur WebSocket démarré sur le port {port}',
                f'Connectez-vous sur : {WS}://{host}:{port}/ws',
                '=== Serveur de Chat WebSocket ===',
                f'Port : {port}',
                f'URL : {WS}://{host}:{port}/chat',
                f'Page : {HTTP}://{host}:{port}/',
                'Ctrl+C ou SIGTERM pour arrêter...']

    def check(self, host, *flags, connect_to, warning=None):
        with Server(*flags) as server:
            self.assertEqual([unstamped(line) for line in server.output.lines],
                             self.lines(host, server.port))
            for address in connect_to:
                with Client(server.port, '/ws', host=address) as client:
                    client.frame()
                    client.leave()
            server.wait_log(*['Nouveau client connecté !', 'Client déconnecté'] * len(connect_to))
        errors = server.errors.all()
        self.assertEqual(len(errors), 1 if warning else 0, errors)
        if warning:
            self.assertTrue(errors[0].startswith(f'navette serve: warning: {warning} is open'))
            self.assertIn('TLS', errors[0])

    def test_localhost_is_both_loopback_addresses(self):
        self.check('localhost', connect_to=['127.0.0.1', '::1'])

    def test_one_loopback_address(self):
        self.check('127.0.0.2', '--listen', '127.0.0.2', connect_to=['127.0.0.2'])
        for address in ('::1', '[::1]'):
            self.check('[::1]', '--listen', address, connect_to=['::1'])

    def test_open_to_others_is_warned_of(self):
        for address, ways in (('0.0.0.0', ['127.0.0.1', '127.0.0.3']), ('::', ['::1'])):
            self.check('localhost', '--listen', address, connect_to=ways,
                       warning=None if SECURE else address)

    def test_nobody_else_is_let_in_by_default(self):
        with Server() as server:
            with self.assertRaises(ConnectionRefusedError):
                Client(server.port, '/ws', host='127.0.0.2')

    def test_silence_is_pinged(self):
        with Server('--ping-interval', '1') as server:
            with Client(server.port, '/ws') as client:
                client.frame()
                self.assertEqual(client.frame_bytes(), b'\x89\x00')


class Output(unittest.TestCase):
    """Whoever reads the log, or does not, the server goes on."""

    def start(self):
        """A server, and the pipe of its log behind the start lines."""
        reader, writer = os.pipe()
        process = subprocess.Popen([*SERVE, '--port', '0', '--rate', '0'],
                                   stdin=subprocess.DEVNULL, stdout=writer,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        os.close(writer)
        log = os.fdopen(reader, 'rb', buffering=0)
        self.addCleanup(log.close)
        lines = [log.readline() for _ in range(7)]
        return process, int(lines[3].split()[-1]), log

    def talk(self, port, count, text='x' * 1000):
        with Client(port, '/ws') as client:
            client.frame()
            for _ in range(count):
                client.send(text)
                client.frame()
            client.leave()

    def test_the_reader_has_gone(self):
        process, port, log = self.start()
        log.close()
        self.talk(port, 10)
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_the_reader_does_not_read(self):
        process, port, log = self.start()
        self.talk(port, 1000)
        lines = Lines(log)
        # Each try is logged, or counted as lost; the note comes with the first line that fits.
        poll(lambda: self.talk(port, 1) or any('lignes perdues' in line for line in lines.lines),
             'the note on what was lost')
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), 0)
        texts = [unstamped(line) for line in lines.all()]
        note = next(i for i, text in enumerate(texts) if 'lignes perdues' in text)
        lost = int(re.fullmatch(r'(\d+) lignes perdues', texts[note]).group(1))
        self.assertGreater(lost, 100)
        self.assertEqual(texts[0], 'Nouveau client connecté !')
        self.assertEqual(texts[-1], 'Arrêt du serveur...')


if __name__ == '__main__':
    unittest.main()
