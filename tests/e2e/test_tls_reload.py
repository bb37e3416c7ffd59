# SPDX-License-Identifier: MIT
"""New certificates while the server works: good ones are taken, bad ones refused with a reason, and
neither costs anybody a connection."""

import itertools
import os
import shutil
import signal
import ssl
import tempfile
import threading
import time
import unittest

os.environ['NVTEST_TLS'] = '1'

# pylint: disable=wrong-import-position
from support import PATIENCE, Client, Server, connect, is_sanitized
from tls_support import file

RELOADS = 100
RATE = 200
BETWEEN = 10  # handshakes at least between two reloads
TAKEN = 'new connections get the certificates read now'
KEPT = 'the old certificates stay in use'


def context():
    """Trusts whatever the authority has signed, and shows the name."""
    loose = ssl.create_default_context(cafile=file('ca.pem'))
    loose.check_hostname = False
    return loose


class Visitors:
    """They come at a rate, from threads; each has to be welcome."""

    def __init__(self, port, threads=4):
        self.port = port
        self.context = context()
        self.tickets = itertools.count()
        self.come = 0
        self.failures = []
        self.over = threading.Event()
        self.changed = threading.Condition()
        self.begun = time.monotonic()
        self.threads = [threading.Thread(target=self._visit) for _ in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    def _visit(self):
        while not self.over.wait(max(0, self.begun + next(self.tickets) / RATE - time.monotonic())):
            try:
                with Client(self.port, '/ws', tls=self.context) as client:
                    client.frame()
                    client.leave()
            except (OSError, AssertionError) as failure:
                self.failures.append(failure)
            with self.changed:
                self.come += 1
                self.changed.notify_all()

    def wait_for(self, count):
        """Until so many more have come."""
        with self.changed:
            last = self.come + count
            self.changed.wait_for(lambda: self.come >= last, PATIENCE)


class Files:
    """The certificate and the key that a server looks at."""

    def __init__(self, folder):
        self.cert = os.path.join(folder, 'cert.pem')
        self.key = os.path.join(folder, 'key.pem')

    def put(self, cert, key):
        for name, place in ((cert, self.cert), (key, self.key)):
            shutil.copyfile(file(name), place)
            os.chmod(place, 0o600)

    def good(self, number):
        name = ('server', 'second')[number % 2]
        self.put(f'{name}.pem', f'{name}.key')
        return TAKEN

    def missing(self, _):
        os.remove(self.cert)
        return 'there is no such file'

    def half(self, _):
        self.put('half.pem', 'server.key')
        return 'cut off'

    def mismatched(self, _):
        self.put('server.pem', 'mismatched.key')
        return 'not the key'

    def expired(self, _):
        self.put('expired.pem', 'expired.key')
        return 'has expired'


class ReloadTest(unittest.TestCase):
    def setUp(self):
        self.files = Files(self.enterContext(tempfile.TemporaryDirectory()))
        self.files.put('server.pem', 'server.key')
        self.server = self.enterContext(Server(
            tls=['--cert', self.files.cert, '--key', self.files.key]))

    def name(self):
        """Of the certificate that who comes now gets."""
        with connect(self.server.port, tls=context()) as sock:
            return sock.tls.getpeercert()['subjectAltName'][0][1]

    def reload(self, change, number, hangup=True):
        """Changes the files, and waits until the log says what became of it."""
        before = len(self.server.errors.lines)
        said = change(number)
        if hangup:
            self.server.process.send_signal(signal.SIGHUP)
        line = self.server.errors.wait(
            lambda lines: next((line for line in lines[before:] if said in line), None), said)
        self.assertEqual(KEPT in line, said != TAKEN, line)


class Reload(ReloadTest):
    def test_new_certificates_are_for_new_connections(self):
        with Client(self.server.port, '/ws') as old:
            old.frame()
            self.assertEqual(self.name(), 'localhost')
            self.reload(self.files.good, 1)
            self.assertEqual(self.name(), 'other.example')
            old.send('x')
            old.frame()
            old.leave()

    def test_a_change_of_the_files_is_enough(self):
        self.reload(self.files.good, 1, hangup=False)
        self.assertEqual(self.name(), 'other.example')
        self.reload(self.files.expired, 2, hangup=False)
        self.assertEqual(self.name(), 'other.example')

    def test_what_stays_bad_is_told_once(self):
        self.reload(self.files.missing, 0, hangup=False)
        before = len(self.server.errors.lines)
        # It looks once a second.
        threading.Event().wait(2.5)
        self.assertEqual(len(self.server.errors.lines), before)
        self.reload(self.files.half, 0, hangup=False)

    def test_100_reloads_under_200_handshakes_a_second(self):
        """Five in a hundred are noticed, which takes up to a second each, the others are told."""
        files = self.files
        changes = (files.good, files.missing, files.half, files.mismatched, files.expired)
        reloads = RELOADS if not is_sanitized() else RELOADS // 5
        old, names = [], []
        with Visitors(self.server.port) as visitors:
            for number in range(reloads):
                self.reload(changes[number % 5], number, hangup=number % 20 != number // 20)
                visitors.wait_for(BETWEEN)
                if number % 5 == 0:
                    old.append(self.enterContext(Client(self.server.port, '/ws', tls=context())))
                    names.append(self.name())
        self.assertEqual(visitors.failures, [])
        self.assertGreaterEqual(visitors.come, reloads * BETWEEN)
        self.assertEqual(names, ['localhost', 'other.example'] * (reloads // 10))
        for client in old:
            client.frame()
            client.send('still here')
            client.expect('Serveur dit : J\'ai reçu votre message "still here"')
            client.leave()


if __name__ == '__main__':
    unittest.main()
