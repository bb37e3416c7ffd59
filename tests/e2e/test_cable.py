# SPDX-License-Identifier: MIT
"""Cables that are cut: a server and clients, each on a host of its own, at a switch that says
nothing when a cable is pulled. Both sides notice within 46 s: 30 s of silence and a fifth, and 10 s
without a pong.

The hosts are network namespaces that belong to nobody but a process each, whose input is a pipe of
this one, and what runs there dies with the thread that has started it: whatever becomes of the
test, nothing of them stays.
"""

import contextlib
import itertools
import os
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from places import NAVETTE
from support import PATIENCE, Lines, Server

LIMIT = 46
# The rest is for a machine that stands still: without a ping TCP would take a quarter of an hour.
PAUSES = 60
SILENT = 'no answer to a ping'
# What is unsent: the kernel gives up after 30 s, unless the ping has told before.
LOST = (SILENT, 'the network lost the peer')
STUCK = ('the peer did not read',)
GONE = ['the peer reset the connection', 'the peer ended the connection without a Close']
WELCOME = 'Bienvenue sur le serveur WebSocket !'
MUCH = (b'x' * 60000 + b'\n') * 200  # more than the buffers of sockets hold

# Root needs no namespace of users, which not every system gives to everybody.
IS_ROOT = os.geteuid() == 0
UNSHARE = ['unshare', '-n'] if IS_ROOT else ['unshare', '-rn']
ENTER = ['nsenter', '-n'] if IS_ROOT else ['nsenter', '-n', '-U', '--preserve-credentials']


# --- The network ---

class Place:
    """A network namespace. Commands behind `inside` run there."""

    def __init__(self, *command):
        holder = [*command, 'sh', '-c', 'ip link set lo up && echo && exec cat']
        self.process = subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        if not self.process.stdout.readline():
            problem = self.process.communicate()[1].decode().strip()
            raise unittest.SkipTest(f'this system lets nobody make networks here: {problem}')
        self.inside = [*ENTER, '-t', str(self.process.pid), 'setpriv', '--pdeathsig', 'KILL']

    def close(self):
        """The kernel takes the namespace away when nobody is in it any more."""
        self.process.communicate(timeout=PATIENCE)

    def ip(self, *arguments):
        subprocess.run([*self.inside, 'ip', *arguments], check=True)


class Switch(Place):
    def __init__(self):
        super().__init__(*UNSHARE)
        self.ip('link', 'add', 'switch', 'type', 'bridge')
        self.ip('link', 'set', 'switch', 'up')
        self.numbers = itertools.count(1)


class Host(Place):
    """One at the switch, by a cable."""

    def __init__(self, switch):
        super().__init__(*switch.inside, 'unshare', '-n')
        number = next(switch.numbers)
        self.switch = switch
        self.port = f'port{number}'
        self.address = f'10.0.0.{number}'
        switch.ip('link', 'add', self.port, 'type', 'veth', 'peer', 'name', 'cable',
                  'netns', str(self.process.pid))
        switch.ip('link', 'set', self.port, 'up')
        self.ip('address', 'add', f'{self.address}/24', 'dev', 'cable')
        self.ip('link', 'set', 'cable', 'up')
        self.plug()

    def plug(self):
        self.switch.ip('link', 'set', self.port, 'master', 'switch')

    def unplug(self):
        """Neither side is told: a link that is down would be an error to the host. When."""
        self.switch.ip('link', 'set', self.port, 'nomaster')
        return time.monotonic()


# --- The programs ---

class Hub(Server):
    START_LINES = 3


class Connect:
    """`navette connect` on a host; gone when the with block ends."""

    def __init__(self, host, *arguments):
        self.process = subprocess.Popen([*host.inside, NAVETTE, 'connect', *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.output = Lines(self.process.stdout)
        self.errors = Lines(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def send(self, data):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def wait_message(self, text, times=1):
        self.output.wait(lambda lines: lines.count(text) >= times, f'{times} times {text}')


def noticed(lines, *texts):
    """When a line came that has all of these in it, and the line."""
    def find(all_lines):
        for number, line in enumerate(all_lines):
            if all(text in line for text in texts):
                return lines.moments[number], line
        return None
    return lines.wait(find, ' '.join(texts))


class Network:
    def __init__(self, stack):
        self.stack = stack
        self.switch = self._stay(Switch())
        self.server_host = self.host()
        self.server = self._serve(Server, '--rate', '0')
        self.hub = self._serve(Hub, '--hub', '--log-messages')

    def _stay(self, place):
        self.stack.callback(place.close)
        return place

    def _serve(self, kind, *flags):
        host = self.server_host
        return self.stack.enter_context(
            kind('--listen', host.address, '--ping-interval', '30', *flags, tls=(), through=host.inside))

    def host(self):
        return self._stay(Host(self.switch))

    def url(self, server, path):
        return f'ws://{self.server_host.address}:{server.port}{path}'

    def speak(self, server, path, data):
        """Somebody beside the server sends these lines and leaves."""
        subprocess.run([*self.server_host.inside, NAVETTE, 'connect', self.url(server, path)],
                       input=data, stdout=subprocess.DEVNULL, timeout=PATIENCE, check=True)


def noticed(lines, *texts):
    """When a line came that has all of these in it, and the line."""
    def find(all_lines):
        for line, moment in zip(all_lines, lines.moments):
            if all(text in line for text in texts):
                return moment, line
        return None
    return lines.wait(find, ' '.join(texts))


# --- What happens, on a cable each and all at the same time ---

class Case:
    """Somebody on a host of his own whose cable is cut. How each side was told: seconds after that,
    and a line."""

    path = '/ws'
    flags = ()
    words = 'the connection broke: 1006 '

    def __init__(self, network):
        self.network = network
        self.server = network.server
        self.host = network.host()

    def greet(self, client):
        """Returns when it is open."""
        client.wait_message(WELCOME)

    def act(self, client):
        """Behind the cut."""

    def run(self):
        with Connect(self.host, *self.flags, self.network.url(self.server, self.path)) as client:
            self.greet(client)
            cut = self.host.unplug()
            self.act(client)
            self.told = {
                'client': noticed(client.errors, self.words),
                'server': self.wait_server(client),
            }
            self.took = {side: moment - cut for side, (moment, _) in self.told.items()}
            self.code = client.process.wait(PATIENCE)
        return self

    def wait_server(self, client):
        return noticed(self.server.errors, f' {self.host.address}:', ': ended with ')


class Idle(Case):
    """Nobody says anything."""


class ClientSends(Case):
    """The client has a line that does not arrive."""

    def act(self, client):
        client.send(b'x\n')


class ClientSendsMuch(Case):
    def act(self, client):
        client.send(MUCH)


class ServerSends(Case):
    path = '/chat?pseudo=cut'

    def greet(self, client):
        client.wait_message('[SYSTÈME] cut a rejoint le chat')

    def act(self, client):
        self.network.speak(self.server, '/chat', b'speaker\nx\n')


class ServerSendsMuch(Case):
    path = '/'
    flags = ('--no-compression',)

    def __init__(self, network):
        super().__init__(network)
        self.server = network.hub

    def greet(self, client):
        client.send(b'here\n')
        client.wait_message('here')

    def act(self, client):
        self.network.speak(self.server, '/', MUCH)


class Reconnect(Case):
    """The cable is plugged in again when the client has noticed, and has tried once more."""

    flags = ('--reconnect', '--ping-interval', '10', '--connect-timeout', '2')
    words = 'lost (1006 '

    def wait_server(self, client):
        noticed(client.errors, 'no connection (')
        self.host.plug()
        client.wait_message(WELCOME, times=2)
        client.send(b'again\n')
        client.wait_message('Serveur dit : J\'ai reçu votre message "again"')
        client.process.stdin.close()
        return super().wait_server(client)


class Cable(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        network = Network(stack := cls.enterClassContext(contextlib.ExitStack()))
        cases = (Idle, Idle, ClientSends, ClientSendsMuch, ServerSends, ServerSendsMuch, Reconnect)
        pool = stack.enter_context(ThreadPoolExecutor(len(cases)))
        cls.running = [(case, pool.submit(case(network).run)) for case in cases]

    def check(self, kind, client, server, code=8):
        for case in [running.result() for case, running in self.running if case is kind]:
            for side, reasons in (('client', client), ('server', server)):
                self.assertLessEqual(case.took[side], LIMIT + PAUSES, case.told[side])
                self.assertTrue(any(reason in case.told[side][1] for reason in reasons),
                                case.told[side])
            self.assertEqual(case.code, code)

    def test_idle(self):
        self.check(Idle, client=[SILENT], server=[SILENT])

    def test_the_client_has_something_to_send(self):
        self.check(ClientSends, client=LOST, server=[SILENT])

    def test_the_client_has_much_to_send(self):
        self.check(ClientSendsMuch, client=STUCK, server=[SILENT])

    def test_the_server_has_something_to_send(self):
        self.check(ServerSends, client=[SILENT], server=LOST)

    def test_the_server_has_much_to_send(self):
        self.check(ServerSendsMuch, client=[SILENT], server=STUCK)

    def test_it_comes_back(self):
        """The server may learn from the client's own host that the first connection is gone."""
        self.check(Reconnect, client=[SILENT], server=[SILENT, *GONE], code=0)


if __name__ == '__main__':
    unittest.main()
