# SPDX-License-Identifier: MIT
"""What the tests of clients share: a server that follows a script, programs run to their end, and
terminals."""

import base64
import codecs
import contextlib
import fcntl
import hashlib
import os
import pty
import re
import select
import socket
import struct
import subprocess
import termios
import threading

import tls_support
from places import NAVETTE
from support import (BINARY, CLOSE, PATIENCE, PING, PONG, TEXT, Deadline, masked, server_frame,
                     short)
from tls_support import SECURE, TlsSocket

SERVER_CONTEXT = tls_support.server_context() if SECURE else None
LAST = b'\x1c(the end)\x1c'
GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'


# --- A server that does what a test says ---

class Peer:
    """The server's end of one connection."""

    def __init__(self, sock):
        sock.settimeout(PATIENCE)
        self.sock = sock
        self.buffer = bytearray()
        self.head = ''

    def read_head(self):
        while b'\r\n\r\n' not in self.buffer:
            self._read_more('a request')
        size = self.buffer.index(b'\r\n\r\n') + 4
        self.head = self.read(size)[:-2].decode()

    def field(self, name):
        """The values of the fields of that name, in their order."""
        return re.findall(rf'^{name}: (.*)\r$', self.head, re.M | re.I)

    def accept(self, *fields):
        self.read_head()
        key = self.field('Sec-WebSocket-Key')[0].encode()
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        self.answer('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket',
                    'Connection: Upgrade', f'Sec-WebSocket-Accept: {accept}', *fields)

    def answer(self, *lines, body=b''):
        self.send_raw('\r\n'.join([*lines, '', '']).encode() + body)

    def send_raw(self, data):
        self.sock.sendall(data)

    def send(self, *contents):
        """Messages: text for a str, binary for bytes."""
        for content in contents:
            opcode = TEXT if isinstance(content, str) else BINARY
            payload = content.encode() if isinstance(content, str) else content
            self.send_raw(server_frame(0x80 | opcode, payload))

    def send_close(self, status=None, reason=''):
        payload = b'' if status is None else struct.pack('!H', status) + reason.encode()
        self.send_raw(server_frame(0x80 | CLOSE, payload))

    def _read_more(self, what):
        more = self.sock.recv(1 << 20)
        if not more:
            raise AssertionError(f'the end instead of {what}, behind {short(self.buffer)}')
        self.buffer += more

    def read(self, size):
        while len(self.buffer) < size:
            self._read_more(f'{size} bytes')
        data = bytes(self.buffer[:size])
        del self.buffer[:size]
        return data

    def frame(self):
        """The client's next frame: its first byte and its payload."""
        first, length = self.read(2)
        if not length & 0x80:
            raise AssertionError('a client has to mask')
        length &= 0x7F
        if length > 125:
            length = int.from_bytes(self.read(2 if length == 126 else 8), 'big')
        key = self.read(4)
        return first, masked(self.read(length), key)

    def text(self):
        first, payload = self.frame()
        if first != 0x80 | TEXT:
            raise AssertionError(f'not a text: {first:02x} {short(payload)}')
        return payload.decode()

    def expect(self, *texts):
        for text in texts:
            if (got := self.text()) != text:
                raise AssertionError(f'got {short(got)}, not {short(text)}')

    def expect_close(self, status=1000):
        first, payload = self.frame()
        wanted = b'' if status is None else struct.pack('!H', status)
        if first != 0x80 | CLOSE or payload[:2] != wanted:
            raise AssertionError(f'not a Close {status}: {first:02x} {short(payload)}')

    def expect_end(self):
        if self.buffer or self.sock.recv(1):
            raise AssertionError('more bytes instead of the end')

    def answer_last_ping(self):
        """`navette connect` asks before it closes whether all has been answered."""
        if (frame := self.frame()) != (0x80 | PING, b'last'):
            raise AssertionError(f'not the last ping: {frame}')
        self.send_raw(server_frame(0x80 | PONG, b'last'))

    def end(self):
        """Takes part when the client leaves."""
        self.answer_last_ping()
        self.expect_close()
        self.send_close(1000)

    def reset(self):
        """Ends the connection with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.sock.close()


class ScriptedServer:
    """Takes a connection for each script, one behind the other, and runs script(peer) on it, in a
    thread. What goes wrong there is raised when the with block ends."""

    def __init__(self, *scripts, tls=SERVER_CONTEXT, host='127.0.0.1'):
        self.scripts = scripts
        self.tls = tls
        self.error = None
        self.listener = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ':' in host else socket.AF_INET)
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.url = self.url_of(f'[{host}]' if ':' in host else host)
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def url_of(self, host):
        return f'{"wss" if self.tls else "ws"}://{host}:{self.port}/ws'

    def _secured(self, sock):
        sock.settimeout(PATIENCE)
        # What waits for an acknowledgement would be lost when a script resets.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return TlsSocket(sock, self.tls, server_side=True) if self.tls else sock

    def _serve(self):
        try:
            for script in self.scripts:
                sock, _ = self.listener.accept()
                with sock:
                    script(Peer(self._secured(sock)))
        except (Exception, AssertionError) as error:  # pylint: disable=broad-except
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        # A client that came and went may still wait to be accepted, which a shutdown would undo.
        if not select.select([self.listener], [], [], 0)[0]:
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(PATIENCE)
        self.listener.close()
        if self.thread.is_alive():
            raise AssertionError('the script did not end')
        if self.error and not error:
            raise self.error


def accepting(script):
    """A script that begins with the opening handshake."""
    def whole(peer):
        peer.accept()
        script(peer)
    return whole


# --- Programs ---

def run_connect(*arguments, stdin=b'', **options):
    """`navette connect` to its end, fed with bytes."""
    return subprocess.run([NAVETTE, 'connect', *arguments], input=stdin, capture_output=True,
                          timeout=PATIENCE, check=False, **options)


@contextlib.contextmanager
def started(*command, **options):
    """A program with pipes, which is gone when the block ends."""
    pipes = {name: subprocess.PIPE for name in ('stdin', 'stdout', 'stderr')}
    with subprocess.Popen(command, **{**pipes, **options}) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, *command, **options):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 500, 0, 0))
        self.settings = termios.tcgetattr(slave)
        self.slave = slave
        self.text = ''
        self.decoder = codecs.getincrementaldecoder('utf-8')('replace')  # a read may end in a character
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.master)
        os.close(self.slave)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def interrupt(self):
        self.type('\x03')

    def _read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.text += self.decoder.decode(os.read(self.master, 65536))
        return bool(ready)

    def expect(self, pattern):
        """Waits for what the pattern matches behind the last match; the match."""
        deadline = Deadline()
        while not (match := re.search(pattern, self.text)):
            try:
                self._read(deadline.left())
            except TimeoutError:
                raise AssertionError(f'no {pattern!r} in {short(self.text, 2000)}') from None
        self.text = self.text[match.end():]
        return match

    def rest(self):
        """Waits for the end of the program: the exit code. What it still said is in self.text."""
        deadline = Deadline()
        while self.process.poll() is None:
            deadline.left()
            self._read(0.01)
        # The system carries what was written from one end to the other in its own time, and in order.
        os.write(self.slave, LAST)
        while LAST.decode() not in self.text:
            self._read(deadline.left())
        self.text = self.text.replace(LAST.decode(), '')
        return self.process.returncode

    def is_unchanged(self):
        """The settings of the terminal are those of before, and it still blocks."""
        return termios.tcgetattr(self.slave) == self.settings and os.get_blocking(self.slave)
