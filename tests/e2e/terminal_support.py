# SPDX-License-Identifier: MIT
"""What the tests of the terminal share: a real one (tmux), and a server that talks all the time."""

import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading

from client_support import accepting
from places import NAVETTE
from support import BINARY, CLOSE, PATIENCE, PING, PONG, TEXT, poll, server_frame, server_message

# Job control, so that the program is stopped and the shell is not; both sets of settings on file.
SHELL = '''
set -m
trap : INT
stty -g >before
"$@"
code=$?
if [ $code = 148 ]; then
	stty -g >stopped
	read -r line <go
	fg >/dev/null
	code=$?
fi
stty -g >after
echo $code >code.new
mv code.new code
'''

CONF = '''
set -g remain-on-exit on
set -g remain-on-exit-format ""
set -g history-limit 50000
'''


class Tmux:
    """A program in a window of its own terminal, with a home of its own."""

    def __init__(self, *command, columns=60, rows=16, home=None, redirect='', **env):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='navette_tmux_'))
        self.home = home or self.folder
        os.mkfifo(self.folder / 'go')
        self._write('shell', SHELL.replace('"$@"', f'"$@" {redirect}'))
        self._write('conf', CONF)
        self.env = {**os.environ, 'LC_ALL': 'C.UTF-8', 'XDG_STATE_HOME': str(self.home), **env}
        settings = [f'{name}={self.env[name]}' for name in ('XDG_STATE_HOME', *env)]
        program = shlex.join(['env', *settings, 'sh', 'shell', *command])
        self._tmux('-f', 'conf', 'new-session', '-d', '-x', str(columns), '-y', str(rows), program)

    def _write(self, name, text):
        (self.folder / name).write_text(text, encoding='utf-8')

    def _tmux(self, *arguments):
        done = subprocess.run(['tmux', '-u', '-S', 'socket', *arguments], cwd=self.folder,
                              env=self.env, capture_output=True, timeout=PATIENCE, check=True)
        return done.stdout.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._tmux('kill-server')
        shutil.rmtree(self.folder)

    # Keys

    def type(self, text):
        self._tmux('send-keys', '-l', '--', text)

    def press(self, *keys):
        """Keys by their tmux names: Left, C-a, Enter."""
        self._tmux('send-keys', *keys)

    def enter(self, text):
        self.type(text)
        self.press('Enter')

    def paste(self, text):
        self._write('pasted', text)
        self._tmux('load-buffer', 'pasted')
        self._tmux('paste-buffer')

    def resize(self, columns):
        """Until the program can know; tmux tells it some time later."""
        self._tmux('resize-window', '-x', str(columns))
        with open(self._tmux('display-message', '-p', '#{pane_tty}').strip(), 'rb') as tty:
            poll(lambda: os.get_terminal_size(tty.fileno()).columns == columns, 'another size')

    # The screen

    def screen(self):
        """The rows that are not empty."""
        return [row.rstrip() for row in self._tmux('capture-pane', '-p').rstrip('\n').split('\n')]

    def everything(self):
        """All that was ever printed, and the screen, with rows that were wrapped joined."""
        text = self._tmux('capture-pane', '-p', '-J', '-S', '-')
        return [line.rstrip() for line in text.rstrip('\n').split('\n')]

    def column(self):
        return int(self._tmux('display-message', '-p', '#{cursor_x}'))

    def row(self):
        return int(self._tmux('display-message', '-p', '#{cursor_y}'))

    def wait(self, condition, what):
        try:
            return poll(lambda: condition(self.screen()), what)
        except AssertionError as error:
            raise AssertionError(f'{error}\n' + '\n'.join(self.screen())) from None

    def wait_line(self, *rows, column=None):
        """Waits until these are the last rows, and the cursor is in that column."""
        wanted = list(rows)
        self.wait(lambda screen: screen[-len(wanted):] == wanted and
                  (column is None or self.column() == column), f'{rows} {column}')

    def wait_text(self, text):
        self.wait(lambda screen: any(text in row for row in screen), text)

    # The end

    def read(self, name):
        path = self.folder / name
        return poll(lambda: path.exists() and path.read_text(encoding='utf-8').strip(), name)

    def end(self):
        """Waits for the end of the program: its exit code, once the settings are as before."""
        code = int(self.read('code'))
        if self.read('after') != self.read('before'):
            raise AssertionError('the settings of the terminal are others')
        return code

    def go_on(self):
        self._write('go', '\n')

    def pid(self):
        """Of the program, which is the one child of the shell."""
        shell = self._tmux('display-message', '-p', '#{pane_pid}').strip()
        children = pathlib.Path(f'/proc/{shell}/task/{shell}/children')
        return int(poll(lambda: children.read_text(encoding='ascii').strip(), 'a child'))


class Talker:
    """A script for a server: sends "0", "1", ... a hundred times a second until it is quiet, and
    notes what comes."""

    def __init__(self, quiet=False, victim=False):
        self.received = []
        self.close = None
        self.victim = victim  # the client is going to be killed
        self.silence = threading.Event()
        self.opened = threading.Event()
        self.lock = threading.Lock()
        self.peer = None
        if quiet:
            self.silence.set()
        self.script = accepting(self._run)

    def send(self, *contents):
        # The client may know before the thread here that it is open.
        if not self.opened.wait(PATIENCE):
            raise AssertionError('nobody came')
        with self.lock:
            self.peer.send_raw(b''.join(map(server_message, contents)))

    def _talk(self):
        number = 0
        while not self.silence.wait(0.01):
            self.send(str(number))
            number += 1

    def _answer(self, opcode, payload):
        with self.lock:
            self.peer.send_raw(server_frame(0x80 | opcode, payload))

    def _note(self, opcode, payload):
        if opcode == PING:
            self._answer(PONG, payload)
        elif opcode == CLOSE:
            self.close = payload
        else:
            self.received.append(payload.decode() if opcode == TEXT else payload)

    def _has_ended(self):
        try:
            return not self.peer.sock.recv(1, socket.MSG_PEEK)
        except ConnectionResetError:
            return True

    def _listen(self):
        while self.close is None:
            if self.victim and self._has_ended():
                return
            first, payload = self.peer.frame()
            if first not in (0x80 | TEXT, 0x80 | BINARY, 0x80 | PING, 0x80 | CLOSE):
                raise AssertionError(f'an unexpected frame: {first:02x}')
            self._note(first & 0x0F, payload)

    def _run(self, peer):
        self.peer = peer
        self.opened.set()
        talking = threading.Thread(target=self._talk)
        talking.start()
        try:
            self._listen()
        finally:
            self.silence.set()
            talking.join(PATIENCE)
        if self.close is not None:
            self._answer(CLOSE, self.close)

    def wait(self, *contents):
        """Waits until exactly these messages have come."""
        wanted = list(contents)
        try:
            poll(lambda: len(self.received) >= len(wanted), f'{len(wanted)} messages')
        except AssertionError as error:
            raise AssertionError(f'{error}, but {self.received[-20:]}') from None
        if self.received != wanted:
            raise AssertionError(f'{self.received[-20:]} != {wanted[-20:]}')


CONNECT = (NAVETTE, 'connect')
