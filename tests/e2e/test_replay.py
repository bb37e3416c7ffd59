# SPDX-License-Identifier: MIT
"""navette replay: what was sent comes again, at its times."""

import json
import os
import subprocess
import tempfile
import time
import unittest

from client_support import ScriptedServer, accepting, run_connect
from places import NAVETTE
from support import BINARY, PATIENCE, SOON


def sent(seconds, text):
    return {'time': seconds, 'direction': 'sent', 'type': 'text', 'data': text}


class Replay(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.path = os.path.join(folder, 's.ndjson')

    def fill(self, *lines):
        with open(self.path, 'w', encoding='utf-8') as file:
            for line in lines:
                file.write((line if isinstance(line, str) else json.dumps(line)) + '\n')

    def replay(self, *arguments):
        result = subprocess.run([NAVETTE, 'replay', *arguments], stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=PATIENCE, check=False)
        return result.returncode, result.stdout, result.stderr.decode()

    def play(self, script, *arguments):
        with ScriptedServer(accepting(script)) as server:
            return self.replay(self.path, server.url, *arguments)

    def test_a_recording_of_connect(self):
        def script(peer):
            peer.expect('é', 'b')
            peer.send('answer')
            peer.end()
        with ScriptedServer(accepting(script)) as server:
            result = run_connect('--record', self.path, server.url, stdin='é\nb\n'.encode())
        self.assertEqual((result.returncode, result.stdout), (0, b'answer\n'))
        self.assertEqual(self.play(script), (0, b'answer\n', ''))

    def timed(self, seconds, *arguments):
        """How long it takes until the second of two messages, which came then, is there again."""
        self.fill(sent(0, 'a'), {'time': 0.2, 'direction': 'received', 'data': 'not this'}, '',
                  sent(seconds, 'b'))

        def script(peer):
            begin = time.monotonic()
            peer.accept()
            peer.expect('a', 'b')
            times.append(time.monotonic() - begin)
            peer.end()
        times = []
        with ScriptedServer(script) as server:
            self.assertEqual(self.replay(self.path, server.url, *arguments), (0, b'', ''))
        return times[0]

    def test_at_its_times(self):
        self.assertGreaterEqual(self.timed(0.4), 0.39)

    def test_faster(self):
        self.assertLess(self.timed(1000, '--speed', '10000'), SOON)
        self.assertLess(self.timed(1000, '--speed', '0'), SOON)

    def test_slower(self):
        self.assertGreaterEqual(self.timed(0.4, '--speed', '0.5'), 0.79)

    def test_binary_and_a_quit_that_is_none(self):
        self.fill({'time': 0, 'direction': 'sent', 'type': 'binary', 'base64': 'AP8='},
                  sent(0, 'quit'), sent(0, 'two\nlines\0'))

        def script(peer):
            self.assertEqual(peer.frame(), (0x80 | BINARY, b'\x00\xff'))
            peer.expect('quit', 'two\nlines\0')
            peer.send(b'\x01')
            peer.end()
        self.assertEqual(self.play(script, '--base64'), (0, b'AQ==\n', ''))

    def test_an_empty_recording(self):
        self.fill()
        self.assertEqual(self.play(lambda peer: peer.end()), (0, b'', ''))

    def test_options_of_connect(self):
        self.fill(sent(0, 'a'))

        def script(peer):
            peer.expect('a')
            self.assertEqual(peer.field('X-A'), ['1'])
            peer.send('1', '2')
            peer.expect_close()
            peer.send_close(1000)
        self.assertEqual(self.play(script, '-H', 'X-A: 1', '--count', '2'), (0, b'1\n2\n', ''))

    def test_8_the_server_goes_before_the_end(self):
        self.fill(sent(0, 'a'), sent(1000, 'b'))

        def script(peer):
            peer.expect('a')
            peer.send_close(1000)
            peer.expect_close()
        code, _, errors = self.play(script)
        self.assertEqual((code, errors), (
            8, 'navette replay: ended before all of the input was sent; '
               'missing: the rest of the input\n'))

    def test_1_what_is_no_good_is_named(self):
        url = 'ws://127.0.0.1:1/'
        cases = (('non\x1bsense', 'it is not JSON:\n    '),
                 ('{"direction":"sent","direction":"sent"}', 'it is not JSON:\n    duplicate'),
                 ('{}', '"direction" is neither "sent" nor "received"'),
                 (sent(-1, 'a'), '"time" is not a number of seconds'),
                 ({'time': 0, 'direction': 'sent'}, '"type" is neither "text" nor "binary"'),
                 ({'time': 0, 'direction': 'sent', 'type': 'text', 'base64': ''},
                  'the text has no "data"'),
                 ({'time': 0, 'direction': 'sent', 'type': 'binary', 'base64': '-'},
                  '"base64" is not base64'))
        for line, said in cases:
            self.fill(sent(0, 'good'), line)
            code, output, errors = self.replay(self.path, url)
            with self.subTest(said):
                self.assertEqual((code, output), (1, b''))
                self.assertIn(f'navette replay: {self.path}: line 2: {said}', errors)
                self.assertNotIn('\x1b', errors)
        code, _, errors = self.replay('/nonexistent', url)
        self.assertEqual((code, errors),
                         (1, 'navette replay: /nonexistent: No such file or directory\n'))

    def test_a_recording_that_was_cut_off(self):
        whole = json.dumps(sent(0, 'a'))
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(f'{whole}\n{whole[:-5]}')

        def script(peer):
            peer.expect('a')
            peer.end()
        self.assertEqual(self.play(script), (
            0, b'', f'navette replay: {self.path}: line 2: the recording was cut off; '
                    'its last line is left out\n'))

    def test_2_usage(self):
        url = 'ws://127.0.0.1:1/'
        for arguments, said in (
                ([], "the recording is missing"), (['a'], 'the URL is missing'),
                (['a', url, '--echo-loop'], '--echo-loop and a recording exclude each other'),
                (['a', url, url], 'only one URL'), (['a', url, '--speed', '-1'], '--speed takes'),
                (['a', 'http://b/'], "try 'ws://b/'")):
            with self.subTest(arguments):
                code, _, errors = self.replay(*arguments)
                self.assertEqual(code, 2)
                self.assertRegex(errors, r'^navette replay: [^\n]+\n$')
                self.assertIn(said, errors)

    def test_help(self):
        code, output, _ = self.replay('--help')
        self.assertEqual(code, 0)
        self.assertIn(b'Usage: navette replay [OPTION]... FILE URL\n', output)
        self.assertLessEqual(max(map(len, output.decode().splitlines())), 80)


if __name__ == '__main__':
    unittest.main()
