# SPDX-License-Identifier: MIT
"""navette connect in a real terminal, while the server sends a hundred messages a second."""

import fcntl
import os
import pathlib
import re
import signal
import stat
import tempfile
import unittest

from client_support import ScriptedServer
from support import closed_port, poll
from terminal_support import CONNECT, Talker, Tmux

HELLO = 'Connecté ! Tapez vos messages (ou "quit" pour quitter) :'


class TerminalTest(unittest.TestCase):
    quiet = False
    victim = False

    def setUp(self):
        self.home = self.enterContext(tempfile.TemporaryDirectory(prefix='navette_home_'))

    @property
    def history(self):
        return pathlib.Path(self.home, 'navette', 'history')

    def open(self, *arguments, **options):
        self.talker = Talker(self.quiet, self.victim)
        server = self.enterContext(ScriptedServer(self.talker.script))
        terminal = self.enterContext(
            Tmux(*CONNECT, *arguments, server.url, home=self.home, **options))
        terminal.wait(lambda screen: screen[-1] == '>', 'the prompt')
        return terminal

    def leave(self, terminal):
        terminal.press('C-d')
        self.assertEqual(terminal.end(), 0)

    def wait_messages(self, terminal):
        before = len(terminal.everything())
        poll(lambda: len(terminal.everything()) > before + 50, 'fifty messages more')

    def assert_whole(self, terminal, *typed):
        """Everything on the screen and above it is a whole message, in order, or one of these."""
        lines = terminal.everything()
        self.assertEqual(lines[:2], ['Connexion au serveur...', HELLO])
        others = [line for line in lines[2:] if not re.fullmatch(r'Message du serveur : \d+', line)]
        self.assertEqual(others, list(typed))
        numbers = [int(line.split()[-1]) for line in lines[2:] if line not in others]
        self.assertEqual(numbers, list(range(len(numbers))))


class Editing(TerminalTest):
    def test_keys_while_messages_arrive(self):
        terminal = self.open()
        terminal.type('hello worxd')
        terminal.wait_line('> hello worxd', column=13)
        terminal.press('Left')
        terminal.press('BSpace')
        terminal.type('l')
        terminal.wait_line('> hello world', column=12)
        terminal.press('C-a')
        terminal.type('<')
        terminal.press('C-e')
        terminal.type('>')
        terminal.wait_line('> <hello world>', column=15)
        terminal.press('Home', 'Right', 'DC', 'End', 'C-b')
        terminal.wait_line('> <ello world>', column=13)
        terminal.press('C-w', 'C-a', 'C-f', 'C-y', 'C-d')
        self.wait_messages(terminal)
        terminal.wait_line('> <worldllo >', column=8)
        terminal.press('Enter')
        self.talker.wait('<worldllo >')
        self.leave(terminal)
        self.assert_whole(terminal, '> <worldllo >', 'Déconnexion...')

    def test_unicode_while_messages_arrive(self):
        terminal = self.open()
        terminal.type('é ü 漢字😀x')
        terminal.wait_line('> é ü 漢字😀x', column=13)
        terminal.press('Left', 'Left', 'Left')
        terminal.wait_line('> é ü 漢字😀x', column=8)
        terminal.press('BSpace')
        terminal.wait_line('> é ü 字😀x', column=6)
        terminal.press('Right', 'DC')
        terminal.wait_line('> é ü 字x', column=8)
        terminal.press('C-a', 'Right', 'BSpace')
        terminal.type('漢É')
        terminal.wait_line('> 漢É ü 字x', column=5)
        self.wait_messages(terminal)
        terminal.wait_line('> 漢É ü 字x', column=5)
        terminal.press('Enter')
        self.talker.wait('漢É ü 字x')
        self.leave(terminal)
        self.assert_whole(terminal, '> 漢É ü 字x', 'Déconnexion...')

    # Where no message has the line drawn anew.
    def test_unicode_in_silence(self):
        self.quiet = True
        terminal = self.open()
        terminal.type('é 漢字😀x')
        terminal.press('Left', 'Left', 'Left', 'BSpace')
        terminal.wait_line('> é 字😀x', column=4)
        terminal.type('e\u0301')
        terminal.wait(lambda screen: terminal.column() == 5, 'the cursor behind the accent')
        terminal.press('Enter')
        self.talker.wait('é e\u0301字😀x')
        self.leave(terminal)

    def test_a_line_of_several_rows_is_never_torn(self):
        terminal = self.open(columns=30)
        text = ' '.join(f'word{number:03}' for number in range(12))
        terminal.type(text)
        rows = [('> ' + text)[start:start + 30].rstrip() for start in (0, 30, 60, 90)]
        terminal.wait_line(*rows)
        terminal.press('C-a')
        terminal.type('é')
        rows = [('> é' + text)[start:start + 30].rstrip() for start in (0, 30, 60, 90)]
        terminal.wait_line(*rows, column=3)
        self.wait_messages(terminal)
        terminal.wait_line(*rows, column=3)
        terminal.press('Enter')
        self.talker.wait('é' + text)
        self.leave(terminal)
        self.assert_whole(terminal, '> é' + text, 'Déconnexion...')

    def resize(self, terminal, *widths):
        """Types a line in windows of these widths, and returns it."""
        text = ' '.join(f'word{number:03}' for number in range(12))
        terminal.type(text)
        for columns in widths:
            terminal.resize(columns)
            text += 'é'
            terminal.type('é')
            whole = '> ' + text
            rows = [whole[at:at + columns].rstrip() for at in range(0, len(whole), columns)]
            terminal.wait_line(*rows, column=len(whole) % columns)
        terminal.press('C-a', 'C-f', 'DC', 'Enter')
        text = text[:1] + text[2:]
        self.talker.wait(text)
        self.leave(terminal)
        return text

    def test_another_size_of_the_window(self):
        self.quiet = True
        terminal = self.open(columns=60)
        # What does not fit any more leaves at the top, which must not be the line.
        self.talker.send(*map(str, range(20)))
        terminal.wait_line('Message du serveur : 19', '>')
        text = self.resize(terminal, 35, 70, 40, 20, 60)
        wanted = ['Connexion au serveur...', HELLO,
                  *[f'Message du serveur : {number}' for number in range(20)],
                  f'> {text}', 'Déconnexion...']
        self.assertEqual(''.join(terminal.everything()).replace(' ', ''),
                         ''.join(wanted).replace(' ', ''))

    def go_left(self, terminal, count, length, columns):
        """From the end of a line of so many characters."""
        if count == 0:
            return
        rows = length // columns - (length - count) // columns
        wanted = (terminal.row() - rows, (length - count) % columns)
        terminal.press(*['Left'] * count)
        terminal.wait(lambda _: (terminal.row(), terminal.column()) == wanted, 'the cursor')

    def assert_nothing_stays(self, typed, left, *widths):
        """Of what was typed, once the window got narrower or wider and it is deleted."""
        self.quiet = True
        terminal = self.open(columns=60)
        self.talker.send(*map(str, range(10)))
        terminal.wait_line('Message du serveur : 9', '>')
        for before, columns in zip((60, *widths), widths):
            terminal.type(typed)
            terminal.wait(lambda screen: ''.join(screen).replace(' ', '').endswith(f'>{typed}'),
                          'what was typed')
            self.go_left(terminal, left, len(f'> {typed}'), before)
            terminal.resize(columns)
            terminal.press('C-e', 'C-u')
            terminal.wait(lambda screen: screen[-1] == '>' and screen[-2].endswith(' 9'),
                          'nothing else')
        self.leave(terminal)

    def test_another_size_with_wide_characters(self):
        for width in (17, 20, 33):
            with self.subTest(width=width):
                self.assert_nothing_stays('漢' * 40, 0, width, 60)

    def test_another_size_with_the_cursor_in_the_middle(self):
        for left in (1, 3, 20, 21, 22):
            with self.subTest(left=left):
                self.assert_nothing_stays('x' * 79, left, 20, 60)

    # Between the size and the signal the terminal may get a message, so no word on those before.
    def test_another_size_of_the_window_while_messages_arrive(self):
        terminal = self.open(columns=60)
        self.resize(terminal, 35, 70, 20)

    def test_a_message_longer_than_the_line_buffer_of_the_kernel(self):
        terminal = self.open()
        text = 'é' * 10000
        terminal.paste(text)
        terminal.paste('\n')
        self.talker.wait(text)
        self.leave(terminal)

    def test_stopped_and_continued(self):
        self.quiet = True
        terminal = self.open()
        terminal.type('before')
        terminal.wait_line('> before')
        terminal.press('C-z')
        self.assertEqual(terminal.read('stopped'), terminal.read('before'))
        terminal.go_on()
        terminal.wait_line('> before', column=8)
        terminal.enter(' and behind')
        self.talker.wait('before and behind')
        self.leave(terminal)

    def test_a_message_of_two_lines(self):
        terminal = self.open()
        terminal.type('one')
        terminal.press('C-v', 'C-j')
        terminal.type('two')
        terminal.wait_line('> one', 'two', column=3)
        self.wait_messages(terminal)
        terminal.wait_line('> one', 'two', column=3)
        terminal.press('Enter')
        self.talker.wait('one\ntwo')
        self.leave(terminal)
        self.assert_whole(terminal, '> one', 'two', 'Déconnexion...')


class Pasting(TerminalTest):
    def test_each_line_is_a_message(self):
        terminal = self.open()
        lines = [f'line {number} é漢😀 ' + 'x' * (number % 90) for number in range(300)]
        terminal.paste('\n'.join(lines) + '\nthe last one')
        self.talker.wait(*lines)
        terminal.wait_line('> the last one')
        terminal.press('Enter')
        self.talker.wait(*lines, 'the last one')
        self.leave(terminal)
        self.assert_whole(terminal, *[f'> {line}'.rstrip() for line in [*lines, 'the last one']],
                          'Déconnexion...')

    def test_tabs_are_text(self):
        terminal = self.open()
        terminal.paste('a\tb\n')
        self.talker.wait('a\tb')
        self.leave(terminal)

    def test_what_follows_quit_is_not_sent(self):
        terminal = self.open()
        terminal.paste('a\nquit\nb\n')
        self.assertEqual(terminal.end(), 0)
        self.talker.wait('a')


class History(TerminalTest):
    def test_looking_back(self):
        terminal = self.open()
        for text in ('one', 'two é', 'three'):
            terminal.enter(text)
        terminal.press('Up', 'Up')
        terminal.wait_line('> two é')
        terminal.press('Down')
        terminal.wait_line('> three')
        terminal.press('C-p', 'C-p', 'C-p', 'Enter')
        self.talker.wait('one', 'two é', 'three', 'one')
        terminal.press('Up', 'Up')
        terminal.wait_line('> three')
        terminal.press('C-u')
        self.leave(terminal)

    def test_searching(self):
        terminal = self.open()
        for text in ('first apple', 'second pear', 'third plum'):
            terminal.enter(text)
        terminal.press('C-r')
        terminal.type('app')
        terminal.wait_line('> first apple', 'bck:app')
        terminal.press('Enter')
        self.talker.wait('first apple', 'second pear', 'third plum', 'first apple')
        self.leave(terminal)
        self.assert_whole(terminal, '> first apple', '> second pear', '> third plum',
                          '> first apple', 'Déconnexion...')

    def test_the_next_run_has_it(self):
        terminal = self.open()
        for text in ('one', ' secret', 'two 漢', 'two 漢'):
            terminal.enter(text)
        self.talker.wait('one', ' secret', 'two 漢', 'two 漢')
        self.leave(terminal)
        self.assertEqual(self.history.read_text(encoding='utf-8'), 'one\ntwo 漢\n')
        self.assertEqual(stat.S_IMODE(self.history.stat().st_mode), 0o600)
        terminal = self.open()
        terminal.press('Up')
        terminal.wait_line('> two 漢')
        terminal.press('Up')
        terminal.wait_line('> one')
        terminal.press('Enter')
        self.talker.wait('one')
        self.leave(terminal)

    def test_a_killed_run_loses_no_line(self):
        self.victim = True
        terminal = self.open()
        terminal.enter('kept')
        self.talker.wait('kept')
        os.kill(terminal.pid(), signal.SIGKILL)
        terminal.read('code')
        self.assertEqual(self.history.read_text(encoding='utf-8'), 'kept\n')

    def test_a_file_that_somebody_has_locked(self):
        self.history.parent.mkdir()
        with open(self.history, 'w', encoding='utf-8') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            terminal = self.open()
            terminal.enter('one')
            self.talker.wait('one')
            terminal.press('Up')
            terminal.wait_line('> one')
            terminal.press('C-u')
            self.leave(terminal)
        self.assertTrue(terminal.everything()[0].startswith(
            'navette connect: the history is not kept: '))
        self.assertEqual(self.history.read_text(encoding='utf-8'), '')

    def test_a_file_that_is_locked_later(self):
        terminal = self.open()
        with open(self.history, 'r', encoding='utf-8') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            terminal.enter('one')
            self.talker.wait('one')
            self.leave(terminal)
        self.assertEqual(self.history.read_text(encoding='utf-8'), '')

    def test_nobody_has_a_home(self):
        terminal = self.open(XDG_STATE_HOME='', HOME='')
        self.leave(terminal)
        told = 'neither XDG_STATE_HOME nor HOME is set: the history is not kept'
        self.assertEqual(terminal.everything()[0], f'navette connect: {told}')

    def test_a_folder_that_nobody_may_write(self):
        pathlib.Path(self.home, 'navette').write_text('a file')
        terminal = self.open()
        terminal.enter('one')
        terminal.press('Up')
        terminal.wait_line('> one')
        terminal.press('C-u')
        self.leave(terminal)
        self.assertTrue(terminal.everything()[0].startswith(
            'navette connect: the history is not kept: '))


class Commands(TerminalTest):
    quiet = True

    def test_ping(self):
        terminal = self.open()
        terminal.enter('/ping')
        terminal.wait(lambda screen: re.fullmatch(r'navette connect: pong after \d+\.\d{3} ms',
                                                  screen[-2]), 'a pong')
        terminal.enter('/ping hé')
        terminal.wait(lambda screen: 'pong after' in screen[-2] and screen[-3] == '> /ping hé',
                      'another one')
        self.leave(terminal)
        self.assertEqual(self.talker.received, [])

    def test_close(self):
        terminal = self.open()
        terminal.enter('/close 4321 à bientôt')
        terminal.end()
        self.assertEqual(self.talker.close, b'\x10\xe1' + 'à bientôt'.encode())

    def test_close_with_1000(self):
        terminal = self.open()
        terminal.enter('/close')
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.talker.close, b'\x03\xe8')

    def test_a_status_that_cannot_be_sent(self):
        terminal = self.open()
        terminal.enter('/close 1005')
        terminal.wait_text('not closed')
        self.leave(terminal)

    def test_binary_and_slashes(self):
        terminal = self.open()
        for text in ('/binary 00 ff7f', '//help', '/binary', '/binary 1', '/binary xx', '/nope',
                     ''):
            terminal.enter(text)
        self.talker.wait(b'\x00\xff\x7f', '/help', b'', '')
        self.leave(terminal)
        screen = terminal.everything()
        self.assertEqual(sum('/binary takes hex digits' in line for line in screen), 2)
        self.assertEqual(sum('there is no such command' in line for line in screen), 1)

    def test_pasted_ones(self):
        terminal = self.open()
        terminal.paste('/nope\n/nope\none\n')
        self.talker.wait('one')
        self.leave(terminal)
        told = ('navette connect: nothing was sent: there is no such command, try /help; '
                '//text sends /text')
        self.assertEqual(terminal.everything()[2:],
                         ['> /nope', told, '> /nope', told, '> one', 'Déconnexion...'])

    def test_help(self):
        terminal = self.open()
        terminal.enter('/help')
        terminal.wait_text('quit                     leave, as Ctrl-D does')
        terminal.wait_line('>')
        self.leave(terminal)

    # A slash is one of its digits.
    def test_base64_has_no_commands(self):
        terminal = self.open('--base64')
        for text in ('//AA', '/AAA', 'quit'):
            terminal.enter(text)
        self.talker.wait(b'\xff\xf0\x00', b'\xfc\x00\x00', b'\xaa\xe8\xad')
        self.leave(terminal)

    def test_hex_has_commands_but_no_quit(self):
        terminal = self.open('--hex')
        for text in ('0aff', 'quit', '/binary 01', '/help'):
            terminal.enter(text)
        terminal.wait_text('/help                    print this')
        terminal.wait_line('>')
        self.talker.wait(b'\x0a\xff', b'\x01')
        terminal.press('C-d')
        self.assertEqual(terminal.end(), 1)
        screen = terminal.everything()
        self.assertEqual(sum('it is not pairs of hex digits' in line for line in screen), 1)
        self.assertFalse(any('leave, as Ctrl-D' in line for line in screen))


class Endings(TerminalTest):
    def test_quit(self):
        terminal = self.open()
        terminal.enter('quit')
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.talker.received, [])

    def test_control_d_deletes_or_ends(self):
        terminal = self.open()
        terminal.type('ab')
        terminal.press('C-a', 'C-d', 'C-e', 'C-d')
        terminal.wait_line('> b')
        terminal.press('BSpace')
        self.leave(terminal)

    def test_control_c(self):
        terminal = self.open()
        terminal.type('not sent')
        terminal.wait_line('> not sent')
        terminal.press('C-c')
        self.assertEqual(terminal.end(), 0)
        self.assertEqual(self.talker.received, [])

    def test_control_c_in_a_search(self):
        terminal = self.open()
        terminal.enter('one')
        terminal.press('C-r')
        terminal.type('on')
        terminal.wait_line('> one', 'bck:on')
        terminal.press('C-c')
        self.assertEqual(terminal.end(), 0)

    def test_sigterm(self):
        terminal = self.open()
        os.kill(terminal.pid(), signal.SIGTERM)
        self.assertEqual(terminal.end(), 0)

    def test_the_server_closes(self):
        terminal = self.open()
        terminal.type('typing')
        terminal.wait_line('> typing')
        self.talker.silence.set()
        self.talker._answer(8, b'\x03\xe8bye')  # pylint: disable=protected-access
        self.assertEqual(terminal.end(), 0)
        self.assertIn('navette connect: closed by the server: 1000 (normal closure)',
                      terminal.everything())

    def test_no_connection(self):
        with closed_port() as port:
            terminal = self.enterContext(Tmux(*CONNECT, f'ws://127.0.0.1:{port}/', home=self.home))
            self.assertEqual(terminal.end(), 4)


class Interrupted(TerminalTest):
    """Where the server gets no Close."""

    def open_silent(self):
        def script(peer):
            peer.accept()
            while peer.sock.recv(4096):
                pass
        server = self.enterContext(ScriptedServer(script))
        terminal = self.enterContext(Tmux(*CONNECT, server.url, home=self.home))
        terminal.wait_line('>')
        return terminal

    def test_control_c_twice(self):
        terminal = self.open_silent()
        terminal.press('C-c')
        terminal.wait_text('Déconnexion...')
        terminal.press('C-c')
        self.assertEqual(terminal.end(), 130)

    def test_killed_by_a_signal(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGHUP):
            with self.subTest(signal=number):
                terminal = self.open_silent()
                os.kill(terminal.pid(), number)
                self.assertNotEqual(terminal.end(), 0)


class Showing(TerminalTest):
    quiet = True

    def test_json(self):
        terminal = self.open()
        self.talker.send('{"b":0.10,"a":["é",{}]}', '[1', '12')
        terminal.wait_line('Message du serveur : {', '  "b": 0.10,', '  "a": [', '    "é",',
                           '    {}', '  ]', '}', 'Message du serveur : [1',
                           'Message du serveur : 12', '>')
        self.leave(terminal)

    def test_binary(self):
        for arguments, digits in ((), 'fbff'), (('--base64',), '+/8='), (('--binary',), 'fbff'):
            with self.subTest(arguments=arguments):
                terminal = self.open(*arguments)
                self.talker.send(b'\xfb\xff')
                terminal.wait_line(f'Message du serveur : <binary, 2 bytes> {digits}', '>')
                self.leave(terminal)

    def test_raw_with_time_stamps(self):
        terminal = self.open('--raw', '--timestamps')
        self.talker.send('{"a":1}')
        terminal.wait(lambda screen: re.fullmatch(
            r'\d\d:\d\d:\d\d\.\d{3} Message du serveur : {"a":1}', screen[-2]), 'a stamp')
        self.leave(terminal)

    def test_no_server_drives_the_terminal(self):
        terminal = self.open()
        self.talker.send('a\x1b[2J\x07\u202e\r\nb', '["\u009b1m"]')
        terminal.wait_line(r'Message du serveur : a\x1b[2J\x07\u202e\r\nb',
                           'Message du serveur : [', r'  "\u009b1m"', ']', '>')
        self.leave(terminal)

    def colored(self, *arguments, **env):
        terminal = self.open(*arguments, **env)
        self.talker.send('"a"')
        terminal.wait_line('Message du serveur : "a"', '>')
        text = terminal._tmux('capture-pane', '-p', '-e')  # pylint: disable=protected-access
        self.leave(terminal)
        return '\x1b[36mMessage du serveur' in text

    def test_colors(self):
        self.assertTrue(self.colored(NO_COLOR=''))
        self.assertFalse(self.colored(NO_COLOR='1'))
        self.assertTrue(self.colored('--color', 'always', NO_COLOR='1'))
        self.assertFalse(self.colored('--color', 'never', NO_COLOR=''))


class OtherPlaces(TerminalTest):
    quiet = True

    def test_messages_into_a_file(self):
        out = pathlib.Path(self.home, 'out')
        terminal = self.open(redirect=f'>{out}')
        terminal.type('xb')
        terminal.press('C-a', 'DC')
        self.talker.send('{"a":1}')
        terminal.wait_line('> b', column=2)
        terminal.press('Enter')
        self.talker.wait('b')
        self.leave(terminal)
        self.assertEqual(out.read_text(encoding='utf-8'), '{"a":1}\n')

    def test_a_terminal_that_can_do_nothing(self):
        for name in ('dumb', 'no-such-terminal'):
            with self.subTest(TERM=name):
                self.without_an_editor(name)

    def without_an_editor(self, name):
        self.talker = Talker(quiet=True)
        server = self.enterContext(ScriptedServer(self.talker.script))
        terminal = self.enterContext(
            Tmux(*CONNECT, server.url, home=self.home, columns=80, TERM=name))
        terminal.wait_line(HELLO)
        terminal.enter('/help é')
        self.talker.wait('/help é')
        terminal.enter('quit')
        self.assertEqual(terminal.end(), 0)
        self.assertFalse(self.history.exists())
        self.assertEqual(terminal.everything()[0], 'Connexion au serveur...')

    def test_errors_into_a_file(self):
        self.talker = Talker(quiet=True)
        server = self.enterContext(ScriptedServer(self.talker.script))
        terminal = self.enterContext(Tmux(*CONNECT, server.url, home=self.home, redirect='2>err'))
        poll(lambda: self.talker.peer, 'a connection')
        terminal.enter('plain é')
        self.talker.wait('plain é')
        terminal.press('C-d')
        self.assertEqual(terminal.end(), 0)

    def test_a_locale_that_is_not_utf8(self):
        terminal = self.open(LC_ALL='C')
        terminal.type('é漢')
        terminal.press('BSpace')
        terminal.wait_line('> é', column=3)
        terminal.press('Enter')
        self.talker.wait('é')
        self.leave(terminal)


if __name__ == '__main__':
    unittest.main()
