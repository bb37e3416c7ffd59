# SPDX-License-Identifier: MIT
"""TLS for the tests: certificates that each process makes for itself, and a socket that shows what
TLS hides.

With NVTEST_TLS=1 every server of these tests speaks TLS and every client asks for it; whatever
looks for the system's authorities (navette connect, Python, Node) finds the one that signed for
them.
"""

import atexit
import contextlib
import functools
import os
import shutil
import ssl
import subprocess
import tempfile
import threading

from places import LOAD

SECURE = os.environ.get('NVTEST_TLS') == '1'
AT_ONCE = 65536


# --- Certificates ---

def make_folder():
    """Gone when the process ends, whose children find it."""
    path = tempfile.mkdtemp(prefix='navette-')
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    subprocess.run([os.path.join(LOAD, 'make_certs'), path], check=True)
    os.environ['NVTEST_CERTIFICATES'] = path
    return path


def file(name):
    return os.path.join(os.environ.get('NVTEST_CERTIFICATES') or make_folder(), name)


def serve_flags(name='server'):
    return ['--cert', file(f'{name}.pem'), '--key', file(f'{name}.key')]


@functools.cache
def client_context():
    return ssl.create_default_context(cafile=file('ca.pem'))


@functools.cache
def server_context(name='server'):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A client that ends before it has read its tickets would reset the connection.
    context.num_tickets = 0
    context.load_cert_chain(file(f'{name}.pem'), file(f'{name}.key'))
    return context


if SECURE:
    os.environ.update(SSL_CERT_FILE=file('ca.pem'), NODE_EXTRA_CA_CERTS=file('ca.pem'))


def hello():
    """The first that an honest client sends."""
    outgoing = ssl.MemoryBIO()
    tls = client_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname='localhost')
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


# --- A socket ---

class TlsSocket:
    """As a socket: close and shutdown are those of TCP, without a word of TLS. One thread may send
    while another receives, which ssl.SSLSocket does not allow."""

    def __init__(self, sock, context, **options):
        self.sock = sock
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, **options)
        self.using = threading.Lock()
        self.sending = threading.Lock()
        self.unsent = b''
        self.end = None
        self._handshake()

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _handshake(self):
        while True:
            try:
                self.tls.do_handshake()
                return self._push(self.outgoing.read())
            except ssl.SSLWantReadError:
                self._push(self.outgoing.read())
                self._fetch(AT_ONCE)
                if self.end:
                    raise ConnectionResetError('an end in the handshake') from None
            except ssl.SSLError:
                # Tells the other side why, if that is still there.
                with contextlib.suppress(OSError):
                    self._push(self.outgoing.read())
                raise

    def _push(self, data):
        """Sends these records, or as much of them as a socket takes that does not block."""
        self.unsent += data
        while self.unsent:
            try:
                self.unsent = self.unsent[self.sock.send(self.unsent):]
            except BlockingIOError:
                return

    def send(self, data):
        """How much of the data; in one segment, if that is small."""
        with self.sending:
            self._push(b'')
            if self.unsent:
                return 0
            with self.using:
                count = self.tls.write(data[:AT_ONCE])
                records = self.outgoing.read()
            self._push(records)
            return count

    def sendall(self, data):
        data = memoryview(data)
        while data:
            data = data[self.send(data):]

    def send_end(self):
        """Sends close_notify."""
        with self.sending, self.using:
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.unwrap()
            self._push(self.outgoing.read())

    def _fetch(self, size):
        data = self.sock.recv(size)
        self.end = None if data else 'FIN'
        with self.using:
            self.incoming.write(data)

    def _read(self, size):
        """b'' with close_notify, which is told differently when our own has been sent."""
        try:
            return self.tls.read(size)
        except ssl.SSLZeroReturnError:
            return b''

    def _take(self, size):
        """What has arrived, or as much as that of it."""
        data = bytearray()
        with self.using, contextlib.suppress(ssl.SSLWantReadError):
            while len(data) < size and not self.end:
                data += (more := self._read(size - len(data)))
                self.end = None if more else 'close_notify'
        return bytes(data)

    def recv(self, size):
        """b'' at the end, whichever; `end` tells which."""
        while not (data := self._take(size)) and not self.end:
            self._fetch(min(max(size, AT_ONCE), 1 << 20))
        return data

    def recv_into(self, view):
        data = self.recv(len(view))
        view[:len(data)] = data
        return len(data)
