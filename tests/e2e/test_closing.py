# SPDX-License-Identifier: MIT
"""The end of a connection on real sockets: which side ends first, and no reset on the way, which would
destroy the Close frame that the other side has not read yet."""

import os
import socket
import struct
import time
import unittest

from client_support import ScriptedServer, accepting, run_connect
from support import BINARY, CLOSE, PING, TEXT, ServerTest, frame, server_frame

NORMAL = struct.pack('!H', 1000)
LINGERS = 2  # seconds, at least


def expect_close(peer, status):
    """Behind the question whether all was answered, which a client asks that has nothing to say."""
    first, payload = peer.frame()
    if first == 0x80 | PING:
        first, payload = peer.frame()
    if (first, payload[:2]) != (0x80 | CLOSE, struct.pack('!H', status)):
        raise AssertionError(f'not a Close {status}: {first:02x} {payload}')


def was_reset(sock):
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


class OfTheServer(ServerTest):
    def client(self, path='/ws', **options):
        client = super().client(path, **options)
        client.frame()
        return client

    def expect_order(self, client, status):
        """The Close, the end, and no reset, although the server has not read all."""
        client.expect_close(status)
        client.expect_end()
        self.assertFalse(was_reset(client.sock))

    def test_K_14_it_ends_first_and_resets_nothing(self):
        for behind in (b'', frame(TEXT, b'too late'), frame(BINARY, bytes(30000)), os.urandom(60000)):
            with self.subTest(len(behind)):
                client = self.client()
                begun = time.monotonic()
                client.send_raw(frame(CLOSE, NORMAL) + behind)
                self.expect_order(client, 1000)
                # It still takes what was on its way, for so long.
                client.send_raw(b'and more')
                self.assertFalse(was_reset(client.sock) and time.monotonic() < begun + LINGERS)
                client.sock.close()

    def test_K_14_the_close_arrives_though_nobody_has_read_yet(self):
        """The server has closed its socket before its last words are looked at."""
        client = self.client()
        client.send_raw(frame(CLOSE, NORMAL) + bytes(60000))
        client.sock.shutdown(socket.SHUT_WR)
        self.server.wait_logged('Client déconnecté')
        self.expect_order(client, 1000)

    def test_K_13_K_14_an_error_is_told_before_the_end(self):
        for data, status in ((frame(3), 1002), (b'\x81\x01x', 1002), (b'\xf1', 1002),
                             (frame(TEXT, b'\xff'), 1007), (frame(CLOSE, b'\x03'), 1002),
                             (b'\x82\xff' + struct.pack('!Q', 65537), 1009)):
            with self.subTest(data):
                client = self.client()
                client.send_raw(data + frame(BINARY, bytes(50000)))
                self.expect_order(client, status)
                client.sock.close()

    def test_K_15_an_end_or_a_reset_without_a_close(self):
        for reset in (False, True):
            for half in (b'', frame(TEXT, b'half', fin=False), frame(TEXT, b'half')[:7]):
                with self.subTest(f'{reset} {half}'):
                    client = self.client()
                    client.send_raw(half)
                    if reset:
                        linger = struct.pack('ii', 1, 0)
                        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        client.sock.close()
                    else:
                        client.sock.shutdown(socket.SHUT_WR)
                        client.expect_end()
        with self.client() as other:
            other.leave()


class OfTheClient(unittest.TestCase):
    def connect(self, script, *options):
        with ScriptedServer(accepting(script)) as server:
            return run_connect(server.url, *options)

    def test_K_14_it_lets_the_server_end_first(self):
        def script(peer):
            peer.send_raw(server_frame(0x80 | CLOSE, NORMAL) + bytes(20000))
            expect_close(peer, 1000)
            # Whoever has left by now resets the connection.
            peer.send_raw(bytes(20000))
            peer.sock.shutdown(socket.SHUT_WR)
            peer.expect_end()
            self.assertFalse(was_reset(peer.sock))

        for options in ((), ('--reconnect',), ('--echo-loop',)):
            with self.subTest(options):
                self.connect(script, *options)

    def test_K_13_it_tells_an_error_before_the_end(self):
        def script(peer):
            peer.send_raw(data)
            expect_close(peer, status)
            peer.sock.shutdown(socket.SHUT_WR)
            peer.expect_end()
            self.assertFalse(was_reset(peer.sock))

        for data, status in ((b'\x83\x00', 1002), (b'\x81\x81\0\0\0\0x', 1002),
                             (b'\x81\x01\xff', 1007), (b'\x88\x01\x03', 1002)):
            with self.subTest(data):
                self.assertNotEqual(self.connect(script).returncode, 0)

    def test_K_15_an_end_without_a_close_is_a_failure(self):
        self.assertNotEqual(self.connect(lambda peer: peer.sock.close()).returncode, 0)
        self.assertNotEqual(self.connect(lambda peer: peer.reset()).returncode, 0)


if __name__ == '__main__':
    unittest.main()
