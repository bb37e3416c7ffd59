# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: a server of one's own, and a WebSocket client that shows bytes.

Every wait is for a condition and ends with a deadline. The client is plain sockets on purpose: it
hides nothing of the wire but TLS and sends whatever a test wants.
"""

import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

import tls_support
from places import NAVETTE
from tls_support import SECURE, TlsSocket

# A run is over ws or over wss as a whole.
HTTP, WS = ('https', 'wss') if SECURE else ('http', 'ws')
TLS_FLAGS = tls_support.serve_flags() if SECURE else []
CLIENT_CONTEXT = tls_support.client_context() if SECURE else None
TEXT_LOG = ['--log-format', 'text']  # off a terminal it would be JSON
SERVE = [NAVETTE, 'serve', *TLS_FLAGS, *TEXT_LOG]

# Far above what anything takes, also under sanitizers on a busy machine, which has stood still for more
# than a minute.
PATIENCE = 150
# A bound on what is measured: it lets the machine pause for some seconds, and fails what waits for a
# timeout that ought not to be waited for.
SOON = 20
STAMP = re.compile(r'\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\] (.*)', re.S)

# What a program that starts in the background of a script ignores, and so would all that it starts.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = bytes.fromhex('37fa213d')


def short(value, most=300):
    text = repr(value)
    return text if len(text) <= most else f'{text[:most]}... ({len(value)})'


def has_symbol(name):
    with open(NAVETTE, 'rb') as program:
        return name in program.read()


def is_sanitized():
    """True for a program whose memory and speed say nothing about the product."""
    return has_symbol(b'__asan_init') or watches_threads()


def watches_threads():
    return has_symbol(b'__tsan_init')


class Deadline:
    def __init__(self, seconds=PATIENCE):
        self.end = time.monotonic() + seconds

    def left(self):
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError('the deadline has passed')
        return left


def poll(condition, what, seconds=PATIENCE):
    """Waits until condition() is true, for what no event can be waited for; returns its value."""
    deadline = Deadline(seconds)
    while not (value := condition()):
        try:
            threading.Event().wait(min(0.01, deadline.left()))
        except TimeoutError:
            raise AssertionError(f'never came: {what}') from None
    return value


# --- The server ---

class Lines:
    """The lines of a pipe, read by a thread of its own so that the writer never waits."""

    def __init__(self, pipe):
        self.lines = []
        self.moments = []  # at which they came
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self.thread.start()

    def _read(self, pipe):
        with pipe:
            for line in pipe:
                with self.changed:
                    self.lines.append(line.decode('utf-8').rstrip('\n'))
                    self.moments.append(time.monotonic())
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, condition, what):
        """Waits until condition(lines) is true and returns its value."""
        deadline = Deadline()
        with self.changed:
            while not (value := condition(self.lines)):
                if self.ended:
                    raise AssertionError(f'ended without {what}: {self.lines[-20:]}')
                if not self.changed.wait(deadline.left()):
                    raise AssertionError(f'no {what} in {self.lines[-20:]}')
            return value

    def all(self):
        """All lines, once the writer has gone."""
        self.thread.join(PATIENCE)
        if not self.ended:
            raise AssertionError('somebody still holds the pipe')
        return list(self.lines)


def unstamped(line):
    match = STAMP.fullmatch(line)
    if not match:
        raise AssertionError(f'a log line without a timestamp: {line!r}')
    return match.group(2)


def memory_of(pid):
    """Resident bytes."""
    with open(f'/proc/{pid}/status', encoding='ascii') as status:
        line = next(line for line in status if line.startswith('VmRSS:'))
    return int(line.split()[1]) * 1024


class Server:
    """`navette serve` on a free port, behind the words `through`; stopped and checked when the with
    block ends. Without pings unless the flags ask for them: a test that was held up would get one among
    what it waits for."""

    START_LINES = 7

    def __init__(self, *flags, tls=TLS_FLAGS, env=None, stdin=subprocess.DEVNULL, through=(),
                 **popen):
        self.process = subprocess.Popen(
            [*through, NAVETTE, 'serve', *tls, '--port', '0', '--ping-interval', '0', *TEXT_LOG, *flags],
            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})}, **popen)
        self.output = Lines(self.process.stdout)
        self.errors = Lines(self.process.stderr)
        try:
            self.port = int(self._started()[0].split()[-1])
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _started(self):
        self.output.wait(lambda lines: len(lines) >= self.START_LINES, 'start lines')
        return [unstamped(line) for line in self.output.lines[:self.START_LINES]]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            code = self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = f'none within {PATIENCE} s'
        if error is None and code != 0:
            raise AssertionError(f'exit code {code}: {self.errors.all()}')

    @property
    def pid(self):
        return self.process.pid

    @property
    def url(self):
        return f'{WS}://localhost:{self.port}'

    def stop(self, number=signal.SIGINT):
        """Returns the exit code. A SIGTERM would have it wait for its clients."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def log(self):
        """What the log says behind the start lines, without the timestamps."""
        with self.output.changed:
            return [unstamped(line) for line in self.output.lines[self.START_LINES:]]

    def wait_log(self, *expected):
        """Waits until that is the whole log."""
        wanted = list(expected)
        try:
            self.output.wait(lambda lines: len(lines) >= self.START_LINES + len(wanted),
                             'log lines')
        except AssertionError as error:
            raise AssertionError(f'{self.log()} != {wanted}') from error
        if self.log() != wanted:
            raise AssertionError(f'{self.log()} != {wanted}')

    def wait_logged(self, text):
        self.output.wait(lambda lines: any(line.endswith('] ' + text)
                                           for line in lines[self.START_LINES:]), text)

    def memory(self):
        return memory_of(self.pid)


# --- Frames ---

def length_field(length, masked):
    bit = 0x80 if masked else 0
    if length < 126:
        return bytes([bit | length])
    if length < 65536:
        return bytes([bit | 126]) + struct.pack('!H', length)
    return bytes([bit | 127]) + struct.pack('!Q', length)


def server_frame(first, payload):
    """The bytes of a frame of the server: not masked, the length in its shortest form."""
    return bytes([first]) + length_field(len(payload), False) + payload


def server_message(content):
    """The bytes of one message of the server: text for a str, binary for bytes."""
    opcode, payload = (TEXT, content.encode()) if isinstance(content, str) else (BINARY, content)
    return server_frame(0x80 | opcode, payload)


def masked(payload, key=MASK):
    size = len(payload)
    keys = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, 'big') ^ int.from_bytes(keys, 'big')).to_bytes(size, 'big')


def frame(opcode, payload=b'', fin=True):
    """The bytes of a frame of a client."""
    first = bytes([(0x80 if fin else 0) | opcode])
    return first + length_field(len(payload), True) + MASK + masked(payload)


def message(content):
    """The bytes of one message: text for a str, binary for bytes."""
    if isinstance(content, str):
        return frame(TEXT, content.encode())
    return frame(BINARY, content)


def fragments(content):
    """The same in frames of 1, 2, 3, ... bytes, the last one empty."""
    opcode, payload = (TEXT, content.encode()) if isinstance(content, str) else (BINARY, content)
    frames = []
    while payload:
        size = len(frames) + 1
        frames.append(frame(opcode, payload[:size], fin=False))
        opcode, payload = 0, payload[size:]
    return b''.join(frames) + frame(opcode, b'')


# Ways to put messages on the wire, which must not make any difference: lists of what is sent.
DELIVERIES = {
    'whole': lambda messages: [message(content) for content in messages],
    'fragmented': lambda messages: [fragments(content) for content in messages],
    'one segment': lambda messages: [b''.join(message(content) for content in messages)],
    'fragmented in one segment': lambda messages: [b''.join(map(fragments, messages))],
    'byte by byte': lambda messages: [
        bytes([byte]) for content in messages for byte in message(content)],
}


# --- The client ---

def connect(port, host='127.0.0.1', receive_buffer=None, tls=CLIENT_CONTEXT, name='localhost'):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(PATIENCE)
    try:
        sock.connect((host, port))
        return TlsSocket(sock, tls, server_hostname=name) if tls else sock
    except OSError:
        sock.close()
        raise


def upgrade(path, fields=''):
    return (f'GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n'
            'Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
            f'Sec-WebSocket-Version: 13\r\n{fields}\r\n').encode()


@contextlib.contextmanager
def closed_port():
    """One at which nobody listens, and nobody will: it is taken."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        yield sock.getsockname()[1]


def refusal(port, path='/', **options):
    """How an answer begins. Over TLS, where to tell it would cost the handshake that a limit saves,
    who is one too many is left without: b''."""
    try:
        with connect(port, **options) as sock:
            sock.sendall(upgrade(path))
            return sock.recv(65536)[:13]
    except (BrokenPipeError, ConnectionResetError):
        return b''


class Client:
    """One WebSocket connection. Use it as a context manager: it hangs up at the end."""

    def __init__(self, port, path, fields='', **options):
        self.sock = connect(port, **options)
        self.buffer = b''
        try:
            self.send_raw(upgrade(path, fields))
            head = self._read_head()
            if not head.startswith(b'HTTP/1.1 101 '):
                raise AssertionError(f'no upgrade: {short(head)}')
        except BaseException:
            self.sock.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def _read_more(self):
        more = self.sock.recv(65536)
        self.buffer += more
        return bool(more)

    def _read_head(self):
        while b'\r\n\r\n' not in self.buffer and self._read_more():
            pass
        head, _, self.buffer = self.buffer.partition(b'\r\n\r\n')
        return head

    # Sending

    def send_raw(self, data):
        self.sock.sendall(data)

    def send(self, *contents):
        """Messages, each in a frame of its own, in one segment."""
        self.send_raw(b''.join(map(message, contents)))

    def deliver(self, how, *contents):
        for piece in DELIVERIES[how](contents):
            self.send_raw(piece)

    # Receiving

    def read(self, size):
        while len(self.buffer) < size:
            if not self._read_more():
                raise AssertionError(f'the end, behind {short(self.buffer)}')
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def frame(self):
        """The next frame: its first byte and its payload."""
        first, length = self.read(2)
        if length == 126:
            length, = struct.unpack('!H', self.read(2))
        elif length == 127:
            length, = struct.unpack('!Q', self.read(8))
        elif length > 127:
            raise AssertionError('a server may not mask')
        return first, self.read(length)

    def text(self):
        first, payload = self.frame()
        if first != 0x80 | TEXT:
            raise AssertionError(f'not a text: {first:02x} {short(payload)}')
        return payload.decode()

    def expect(self, *contents):
        """The next messages are these, byte for byte."""
        for content in contents:
            got = self.frame_bytes()
            if got != server_message(content):
                raise AssertionError(f'got {short(got)}, not the frame of {short(content)}')

    def frame_bytes(self):
        """The next frame as it came."""
        head = self.read(2)
        length = head[1]
        if length in (126, 127):
            extended = self.read(2 if length == 126 else 8)
            head, length = head + extended, int.from_bytes(extended, 'big')
        return head + self.read(length)

    def expect_close(self, status, reason=None):
        """The next frame is a Close with that status, and the connection ends."""
        first, payload = self.frame()
        if first != 0x80 | CLOSE or payload[:2] != struct.pack('!H', status):
            raise AssertionError(f'not a Close {status}: {first:02x} {short(payload)}')
        if reason is not None and payload[2:] != reason.encode():
            raise AssertionError(f'another reason: {short(payload)}')

    def expect_end(self):
        if self.buffer or self._read_more():
            raise AssertionError(f'not the end: {short(self.buffer)}')

    def leave(self):
        """The closing handshake, which shows that nothing else was on its way."""
        self.send_raw(frame(CLOSE, struct.pack('!H', 1000)))
        self.expect_close(1000, '')
        self.expect_end()
        self.sock.close()


class ServerTest(unittest.TestCase):
    """A test with a server of its own, self.server."""

    flags = ('--rate', '0')

    def setUp(self):
        self.server = self.start(*self.flags)

    def start(self, *flags, **options):
        return self.enterContext(Server(*flags, **options))

    def client(self, path, **options):
        return self.enterContext(Client(self.server.port, path, **options))
