# SPDX-License-Identifier: MIT
"""Whether navette connect comes back, and when: what a server can do to a client, with the exit
code without --reconnect, and with it what follows. The rules are those of struct nv_retry in
include/navette/client.h."""

import contextlib
import email.utils
import itertools
import os
import re
import select
import socket
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from client_support import SERVER_CONTEXT, Peer, run_connect, started
from places import NAVETTE
from support import PATIENCE, TEXT, WS, server_frame
from tls_support import SECURE, TlsSocket, server_context

AT_ONCE = 24  # clients, most of which wait
FIRST = (0.5, 1)  # seconds: between d/2 and d
SECOND = (1, 2)
# What a timer may be early. How late it is depends on the machine: that it is not too late is what the
# client says, which is rounded.
EARLY = 0.005
ROUNDED = 0.051


# --- What servers do ---

def close_with(status, reason=''):
    def script(peer):
        peer.accept()
        peer.send_close(status, reason)
        peer.expect_close(status)
    return script


def answer(status, *fields):
    def script(peer):
        peer.read_head()
        peer.answer(f'HTTP/1.1 {status} Whatever', 'Content-Length: 3', *fields, body=b'no\n')
        peer.expect_end()
    return script


def answer_later(status, date):
    """Retry-After with a date, three seconds from now, in one of the three forms."""
    def script(peer):
        when = time.time() + 3
        answer(status, f'Retry-After: {date(when)}')(peer)
    return script


def imf_date(when):
    return email.utils.formatdate(when, usegmt=True)


def rfc850_date(when):
    return time.strftime('%A, %d-%b-%y %H:%M:%S GMT', time.gmtime(when))


def asctime_date(when):
    return time.asctime(time.gmtime(when))


def raw(data):
    """An answer, and then the end."""
    def script(peer):
        peer.read_head()
        peer.send_raw(data)
    return script


def accept_and_send(data, status):
    """The client finds fault with it."""
    def script(peer):
        peer.accept()
        peer.send_raw(data)
        peer.expect_close(status)
    return script


def accept_wrongly(*fields):
    def script(peer):
        peer.accept(*fields)
        peer.expect_end()
    return script


def drop(peer):
    """Before a byte."""


def reset(peer):
    peer.read_head()
    peer.reset()


def stall(peer):
    peer.read_head()
    peer.expect_end()


def stall_in_the_head(peer):
    peer.read_head()
    peer.send_raw(b'HTTP/1.1 101 Switching Proto')
    peer.expect_end()


def reset_when_open(peer):
    peer.accept()
    peer.reset()


def fragment_and_drop(peer):
    peer.accept()
    peer.send_raw(server_frame(TEXT, b'half'))


finish = close_with(1000)


# --- And what follows ---

@dataclass
class Row:
    name: str
    code: int
    script: object
    waits: tuple = ()  # between which seconds after the end it comes back; empty: it does not
    flags: tuple = ()
    tls: object = field(default=SERVER_CONTEXT)

    @property
    def url(self):
        return ('wss' if self.tls else 'ws') + '://127.0.0.1:{}/'


SHORT = ('--connect-timeout', '5')

NEVER_OPEN = [
    Row('dropped before a byte', 7, drop, FIRST),
    Row('dropped behind the request', 7, raw(b''), FIRST),
    Row('reset behind the request', 7, reset, FIRST),
    Row('dropped in the head', 7, raw(b'HTTP/1.1 101 Switching Pro'), FIRST),
    Row('dropped in the head of a refusal', 7, raw(b'HTTP/1.1 404 Not Found\r\nA: b'), FIRST),
    Row('stalled', 7, stall, FIRST, SHORT),
    Row('stalled in the head', 7, stall_in_the_head, FIRST, SHORT),
    Row('no HTTP', 7, raw(b'SSH-2.0-OpenSSH_9.2\r\n')),
    Row('HTTP/1.0', 7, raw(b'HTTP/1.0 101 Switching Protocols\r\n\r\n')),
    Row('a wrong accept value', 7, raw(
        b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
        b'Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n')),
    Row('an extension that was not offered', 7,
        accept_wrongly('Sec-WebSocket-Extensions: x-other')),
    Row('a subprotocol that was not offered', 7, accept_wrongly('Sec-WebSocket-Protocol: other')),
]

STATUSES = [
    Row(str(status), 6, answer(status, 'Location: /elsewhere'))
    for status in (200, 204, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406,
                   407, 409, 410, 411, 413, 418, 421, 426, 428, 431, 451, 501, 505)
] + [
    Row(str(status), 6, answer(status), FIRST)
    for status in (408, 425, 429, 500, 502, 503, 504, 507, 511, 599)
]

RETRY_AFTER = [
    Row('429 for 2 s', 6, answer(429, 'Retry-After: 2'), (2, 2.5)),
    Row('500 for 1 s', 6, answer(500, 'Retry-After:1'), (1, 1.5)),
    Row('503 for 2 s', 6, answer(503, 'retry-after:  2 '), (2, 2.5)),
    Row('503 until a date', 6, answer_later(503, imf_date), (2, 3.5)),
    Row('503 until an RFC 850 date', 6, answer_later(503, rfc850_date), (2, 3.5)),
    Row('503 until an asctime date', 6, answer_later(503, asctime_date), (2, 3.5)),
    Row('503 for 0 s', 6, answer(503, 'Retry-After: 0'), FIRST),
    Row('503 until a date that has passed', 6,
        answer(503, 'Retry-After: Sun, 06 Nov 1994 08:49:37 GMT'), FIRST),
    Row('503 for nonsense', 6, answer(503, 'Retry-After: a while'), FIRST),
    Row('503 for less than nothing', 6, answer(503, 'Retry-After: -2'), FIRST),
    Row('404 for 1 s', 6, answer(404, 'Retry-After: 1')),
    Row('301 for 1 s', 6, answer(301, 'Retry-After: 1', 'Location: /elsewhere')),
]

CLOSES = [
    Row('1000', 0, finish),
    Row('no status', 0, close_with(None)),
] + [
    Row(str(status), 8, close_with(status), FIRST)
    for status in (1001, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
] + [
    Row(str(status), 8, close_with(status)) for status in (1002, 1003, 1007, 1008, 1009, 1010)
] + [
    Row(f'{status}, which is not valid', 8,
        accept_and_send(server_frame(0x88, status.to_bytes(2, 'big')), 1002))
    for status in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
]

HINTS = [
    Row('1013 for 1.5 s', 8, close_with(1013, 'retry_after=1.500'), (1.5, 2)),
    Row('1001 for 1.5 s, among words', 8, close_with(1001, 'restart retry_after=1.500 please'),
        (1.5, 2)),
    Row('4000 for 1.2 s', 8, close_with(4000, 'retry_after=1.2'), (1.2, 1.7)),
    Row('1012 for nonsense', 8, close_with(1012, 'retry_after=soon'), FIRST),
    Row('1013 for 0 s', 8, close_with(1013, 'retry_after=0.000'), FIRST),
    Row('1013 within another word', 8, close_with(1013, 'no_retry_after=5.000'), FIRST),
    Row('1000 for 1 s', 0, close_with(1000, 'retry_after=1.000')),
    Row('1008 for 1 s', 8, close_with(1008, 'retry_after=1.000')),
]

OPEN = [
    Row('dropped behind the 101', 8, Peer.accept, FIRST),
    Row('reset behind the 101', 8, reset_when_open, FIRST),
    Row('dropped within a message', 8, fragment_and_drop, FIRST),
    Row('a protocol error', 8, accept_and_send(b'\xc1\x00', 1002)),
    Row('a masked frame', 8, accept_and_send(b'\x81\x81abcde', 1002)),
    Row('bad text', 8, accept_and_send(server_frame(0x80 | TEXT, b'\xff'), 1007)),
    Row('too much', 8, accept_and_send(server_frame(0x80 | TEXT, b'x' * 11), 1009),
        flags=('--max-message', '10')),
]

TRUST = [
    Row(f'the certificate {name}', 5, None, tls=server_context(name))
    for name in ('expired', 'wrong_host', 'self_signed', 'unknown_ca')
]

TABLE = [*NEVER_OPEN, *STATUSES, *RETRY_AFTER, *CLOSES, *HINTS, *OPEN, *TRUST]


class Run:
    """One client, and a server that follows these scripts, one for each connection, and then one
    that ends in order."""

    def __init__(self, row, scripts, *flags):
        self.row = row
        self.came = []
        with socket.create_server(('127.0.0.1', 0)) as self.listener, \
                self._start(*flags, *row.flags) as self.process:
            try:
                self._serve(itertools.chain(scripts, itertools.repeat(finish)))
                self.errors = self.process.communicate(timeout=PATIENCE)[1].decode()
            finally:
                if self.process.poll() is None:
                    self.process.kill()
        self.code = self.process.returncode

    def _start(self, *flags):
        url = self.row.url.format(self.listener.getsockname()[1])
        return subprocess.Popen([NAVETTE, 'connect', *flags, url], stdin=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def _serve(self, scripts):
        """Until the client has ended."""
        ended = os.pidfd_open(self.process.pid)
        try:
            while self.listener in select.select([self.listener, ended], [], [], PATIENCE)[0]:
                sock = self.listener.accept()[0]
                self.came.append(time.monotonic())
                with sock:
                    self._follow(next(scripts), sock)
        finally:
            os.close(ended)

    def _follow(self, script, sock):
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if script:
            script(Peer(self._secured(sock)))
        else:
            # Who does not trust ends it in the handshake.
            with contextlib.suppress(OSError):
                self._secured(sock)

    def _secured(self, sock):
        return TlsSocket(sock, self.row.tls, server_side=True) if self.row.tls else sock

    def waits(self):
        """How long it was until it came back, at most, and how long it has said that it would be."""
        said = [float(text) for text in re.findall(r'trying again in (\d+\.\d) s\n', self.errors)]
        return [(next_came - came, delay)
                for came, next_came, delay in zip(self.came, self.came[1:], said)]


def is_within(wait, limits):
    most, said = wait
    return most >= limits[0] - EARLY and said <= limits[1] + ROUNDED


def problems_without(row):
    run = Run(row, [row.script])
    if (run.code, len(run.came)) != (row.code, 1):
        yield f'exit code {run.code}, not {row.code}; {len(run.came)} tries; {run.errors!r}'


def problems_with(row, delays):
    run = Run(row, [row.script], '--reconnect')
    tries, code = (2, 0) if row.waits else (1, row.code)
    if (run.code, len(run.came)) != (code, tries):
        yield (f'--reconnect: exit code {run.code}, not {code}; {len(run.came)} tries, '
               f'not {tries}; {run.errors!r}')
        return
    if row.waits == FIRST:
        delays.append(run.waits()[0][1])
    if row.waits and not is_within(run.waits()[0], row.waits):
        yield f'--reconnect: came back after and said {run.waits()[0]} s, not between {row.waits}'


class Retry(unittest.TestCase):
    def test_CH_20_CH_21_each_decision_is_as_documented(self):
        delays = []

        def problems(row):
            try:
                return [f'{row.name}: {problem}' for problem in
                        itertools.chain(problems_without(row), problems_with(row, delays))]
            except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
                return [f'{row.name}: {error!r}']
        with ThreadPoolExecutor(AT_ONCE) as pool:
            wrong = [line for lines in pool.map(problems, TABLE) for line in lines]
        self.assertEqual(wrong, [], '\n' + '\n'.join(wrong))
        # Drawn by lot: so many of them are not all in one half.
        self.assertGreater(len(delays), 30)
        self.assertGreater(max(delays), 0.75)
        self.assertLess(min(delays), 0.75)

    def test_CH_20_the_delay_grows(self):
        run = Run(Row('dropped', 7, None), [raw(b'')] * 3, '--reconnect')
        self.assertEqual((run.code, len(run.came)), (0, 4), run.errors)
        for wait, limits in zip(run.waits(), ((0.5, 1), (1, 2), (2, 4))):
            self.assertTrue(is_within(wait, limits), run.waits())

    def test_CH_21_a_port_that_is_closed(self):
        """And open when the client comes again."""
        with socket.socket() as sock:
            sock.bind(('127.0.0.1', 0))
            url = f'{WS}://127.0.0.1:{sock.getsockname()[1]}/'
            self.assertEqual(run_connect(url).returncode, 4)
            with started(NAVETTE, 'connect', '--reconnect', url) as process:
                self.assertIn(b'refused', process.stderr.readline())
                sock.settimeout(PATIENCE)
                sock.listen()
                peer = sock.accept()[0]
                with peer:
                    finish(Peer(TlsSocket(peer, SERVER_CONTEXT, server_side=True)
                                if SECURE else peer))
                self.assertEqual(process.wait(PATIENCE), 0)

    def test_CH_21_what_is_no_good_here(self):
        """Nobody can mend it elsewhere."""
        for code, arguments in ((1, ('--cacert', '/nonexistent', 'wss://127.0.0.1:1/')),
                                (2, ('ws://127.0.0.1:1/#part',)),
                                (2, ('--proxy', 'ftp://127.0.0.1', 'ws://127.0.0.1:1/'))):
            with self.subTest(arguments):
                result = run_connect('--reconnect', *arguments)
                self.assertEqual(result.returncode, code, result.stderr)


if __name__ == '__main__':
    unittest.main()
