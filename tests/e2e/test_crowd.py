# SPDX-License-Identifier: MIT
"""1,000 clients chat at once; half of them die; the rest goes on, and the memory returns.

Half of the clients live in this process, the others in a child of it, which is this file again. All
text clients must see the same bytes from the first message of the round to the last.
"""

import hashlib
import json
import os
import resource
import selectors
import subprocess
import sys
import threading
import unittest

from load_support import anonymous_memory
from support import (PATIENCE, PONG, Client, Deadline, Server, connect, frame, is_sanitized,
                     message, poll, server_frame, upgrade)
from tls_support import SECURE

# TLS in Python takes longer than all the rest.
SIZE = 200 if is_sanitized() else 400 if SECURE else 1000
JSON_EVERY = 50
SLACK = 2 << 20  # bytes; the crowd takes three times as much and more
# The C library keeps some 200 KiB of freed pieces for each thread; they are not what is looked for.
OWN_MEMORY_ONLY = {'GLIBC_TUNABLES': 'glibc.malloc.tcache_count=0'}


def text_frame(text):
    return server_frame(0x81, text.encode())


class Listener:
    """A client: of text it keeps the bytes since the last mark, of JSON what was said."""

    def __init__(self, port, name, is_json):
        self.name, self.is_json = name, is_json
        self.sock = connect(port)
        self.sock.sendall(upgrade(f'/chat?pseudo={name}' + ('&format=json' if is_json else '')))
        self.data = bytearray()
        self.said, self.present = [], []

    def read_head(self):
        while b'\r\n\r\n' not in self.data:
            self.data += self.sock.recv(65536)
        del self.data[:self.data.index(b'\r\n\r\n') + 4]
        self._take_frames()

    def receive(self):
        more = self.sock.recv(1 << 18)
        if not more:
            raise AssertionError(f'{self.name} lost its connection')
        self.data += more
        self._take_frames()

    def _take_frames(self):
        while self.is_json and self._take_frame():
            pass

    def has_joined(self):
        if self.is_json:
            return self.name in self.present
        return text_frame(f'[SYSTÈME] {self.name} a rejoint le chat') in self.data

    def _take_frame(self):
        """Takes one frame of a JSON client from the data, if it is there whole."""
        data = self.data
        if len(data) < 2:
            return False
        start = {126: 4, 127: 10}.get(data[1], 2)
        length = data[1] if start == 2 else int.from_bytes(data[2:start], 'big')
        if len(data) < start or len(data) < start + length:
            return False
        if data[0] == 0x89:
            self.sock.sendall(frame(PONG, data[start:start + length]))
        else:
            self._take_json(json.loads(data[start:start + length]))
        del data[:start + length]
        return True

    def _take_json(self, told):
        if told['type'] == 'message':
            self.said.append(told['contenu'])
        elif told['type'] == 'presents':
            self.present = told['noms']


class Crowd:
    """Many clients, read by one thread."""

    def __init__(self, port, first, count):
        self.changed = threading.Condition()
        self.selector = selectors.DefaultSelector()
        self.failure = None
        self.stopped = False
        self.clients = [Listener(port, f'c{number}', number % JSON_EVERY == 0)
                        for number in range(first, first + count)]
        for client in self.clients:
            client.read_head()
            self.selector.register(client.sock, selectors.EVENT_READ, client)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        # The handshake is answered before the name is given: the joins come from other loops.
        self.wait(lambda: all(client.has_joined() for client in self.clients), 'all names')

    def _read(self):
        """In rounds: a client is woken for every line, and that many wake-ups are all that a test
        in Python would do."""
        gather = threading.Event()
        while not self.stopped:
            gather.wait(0.02)
            ready = self.selector.select(0.05)
            with self.changed:
                try:
                    for key, _ in ready:
                        key.data.receive()
                except (OSError, AssertionError) as error:
                    self.failure, self.stopped = error, True
                self.changed.notify_all()

    def wait(self, condition, what):
        deadline = Deadline()
        with self.changed:
            while not condition():
                if self.failure:
                    raise AssertionError(f'while waiting for {what}: {self.failure}')
                self.changed.wait(deadline.left())

    @property
    def texts(self):
        return [client for client in self.clients if not client.is_json]

    def forget_until(self, mark):
        """Waits until all text clients have seen the mark, and drops what came before."""
        self.wait(lambda: all(mark in client.data for client in self.texts), 'the mark')
        with self.changed:
            for client in self.texts:
                del client.data[:client.data.index(mark) + len(mark)]

    def say(self, word):
        for client in self.clients:
            text = f'{word} {client.name}'
            if client.is_json:
                text = json.dumps({'type': 'message', 'contenu': text})
            client.sock.sendall(message(text))

    def digests(self, size):
        """Waits until every text client has that many bytes; the different contents there are."""
        self.wait(lambda: all(len(client.data) >= size for client in self.texts), f'{size} bytes')
        with self.changed:
            found = {hashlib.sha256(client.data).hexdigest() for client in self.texts}
            for client in self.texts:
                client.data.clear()
        return found

    def close(self):
        self.stopped = True
        self.thread.join(PATIENCE)
        for client in self.clients:
            client.sock.close()
        self.selector.close()


def child(port, first, count):
    """The other half: obeys lines on its standard input, one answer each."""
    crowd = Crowd(port, first, count)
    print('ready', flush=True)
    for line in sys.stdin:
        command, _, value = line.strip().partition(' ')
        answer = None
        if command == 'forget':
            crowd.forget_until(text_frame(value))
        elif command == 'say':
            crowd.say(value)
        else:
            answer = ' '.join(crowd.digests(int(value)))
        print(answer, flush=True)


class Half:
    """The child, seen from here."""

    def __init__(self, port, first, count):
        self.process = subprocess.Popen(
            [sys.executable, __file__, 'child', str(port), str(first), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != 'ready\n':
            raise AssertionError('the child did not come up')

    def ask(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def few_descriptors():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))


def bytes_of(texts):
    return sum(len(text_frame(text)) for text in texts)


class CrowdTest(unittest.TestCase):
    def setUp(self):
        # The server has to raise its own limit.
        self.server = self.enterContext(
            Server('--ping-interval', '0', env=OWN_MEMORY_ONLY, preexec_fn=few_descriptors))
        self.idle = self.descriptors()
        for path in ('/ws', '/chat?pseudo=a', '/chat?pseudo=b&format=json'):
            with Client(self.server.port, path) as client:
                client.frame()
        for name in 'ab':
            self.server.wait_logged(f"{name} s'est déconnecté")

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.server.pid}/fd'))

    def test_half_of_1000_dies_and_the_rest_goes_on(self):
        half = SIZE // 2
        memory = anonymous_memory(self.server.pid)
        here = Crowd(self.server.port, 0, half)
        self.addCleanup(here.close)
        there = Half(self.server.port, half, half)
        self.addCleanup(there.kill)

        with Client(self.server.port, '/chat?pseudo=marker') as marker:
            marker.expect('[SYSTÈME] marker a rejoint le chat')
            marker.leave()
        last = '[SYSTÈME] marker a quitté le chat'
        here.forget_until(text_frame(last))
        there.ask(f'forget {last}')

        here.say('bonjour de')
        there.ask('say bonjour de')
        size = bytes_of(f'[c{i}] bonjour de c{i}' for i in range(SIZE))
        digests = here.digests(size)
        self.assertEqual(len(digests), 1)
        self.assertEqual(there.ask(f'digests {size}'), list(digests))

        there.process.kill()
        size = bytes_of(f'[SYSTÈME] c{i} a quitté le chat' for i in range(half, SIZE))
        self.assertEqual(len(here.digests(size)), 1)
        here.say('encore de')
        size = bytes_of(f'[c{i}] encore de c{i}' for i in range(half))
        self.assertEqual(len(here.digests(size)), 1)
        self.check_json(here, half)

        here.close()
        self.wait_until_empty()
        poll(lambda: self.descriptors() <= self.idle, f'{self.idle} descriptors')
        if not is_sanitized():
            poll(lambda: anonymous_memory(self.server.pid) <= memory + SLACK, f'{memory} bytes')

    def check_json(self, crowd, half):
        """JSON clients were told everything once, and in the end who is here."""
        said = sorted([f'bonjour de c{i}' for i in range(SIZE)] +
                      [f'encore de c{i}' for i in range(half)])
        present = {f'c{i}' for i in range(half)}
        for client in crowd.clients:
            if client.is_json:
                crowd.wait(lambda client=client: set(client.present) == present and
                           len(client.said) >= len(said), 'the last names and words')
                self.assertEqual(sorted(client.said), said)

    def wait_until_empty(self):
        """Until the last line of the log is that nobody is left."""
        self.server.output.wait(lambda lines: lines[-1].endswith('(Restants : 0)'), 'the last one')


if __name__ == '__main__':
    if sys.argv[1:2] == ['child']:
        child(*map(int, sys.argv[2:]))
    else:
        unittest.main()
