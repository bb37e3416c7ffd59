#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""/metrics and /healthz of `navette serve`, read as somebody who has only the specification."""

import http.client
import os
import re
import signal
import unittest

from frozen import frozen_thread
from support import PATIENCE, SECURE, Client, Server, poll

SUFFIX = {'counter': '_total', 'gauge': '', 'info': '_info'}
SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{([a-z_]+)="([^"\\\n]*)"\})? (-?[0-9]+(?:\.[0-9]+)?)')
UPGRADE = {'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Version': '13',
           'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='}


def parse(text):
    """The samples of an exposition, {(name, label value or None): number}; every family is whole,
    described before its samples and in one place."""
    lines = text.split('\n')
    assert lines[-2:] == ['# EOF', ''], lines[-2:]
    samples, described, family, kind = {}, {}, None, None
    for line in lines[:-2]:
        if line.startswith('# '):
            word, name, value = line[2:].split(' ', 2)
            if word == 'TYPE':
                assert name not in described, line
                family, kind = name, value
                described[name] = {'TYPE'}
                continue
            assert name == family and word in ('UNIT', 'HELP') and value, line
            assert word not in described[name], line
            described[name].add(word)
            assert word != 'UNIT' or name.endswith('_' + value), line
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, _, label, number = match.groups()
        assert name == family + SUFFIX[kind], line
        assert (name, label) not in samples, line
        samples[name, label] = float(number)
        assert kind != 'counter' or float(number) >= 0, line
    assert all('HELP' in words for words in described.values())
    return samples


class Measured(Server):
    START_LINES = 8

    def __init__(self, *flags):
        super().__init__('--metrics-port', '0', *flags)
        line = next(line for line in self.output.lines if 'Mesures' in line)
        self.metrics_port = int(re.search(r'http://127\.0\.0\.1:(\d+)/metrics$', line).group(1))

    def ask(self, path, method='GET', headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.metrics_port, timeout=60)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.getheader('Content-Type'), answer.read().decode()
        finally:
            connection.close()

    def metrics(self):
        status, _, text = self.ask('/metrics')
        assert status == 200, status
        return parse(text)


class MeasuredEcho(Measured):
    START_LINES = 4

    def __init__(self):
        super().__init__('--echo')


class MetricsTest(unittest.TestCase):
    def test_the_answer_is_open_metrics(self):
        with Measured() as server:
            status, kind, text = server.ask('/metrics')
            self.assertEqual(status, 200)
            self.assertEqual(kind, 'application/openmetrics-text; version=1.0.0; charset=utf-8')
            parse(text)
            self.assertEqual(server.ask('/metrics', 'HEAD')[::2], (200, ''))

    def test_the_documentation_lists_all_of_it(self):
        with open(os.path.join('docs', 'metrics.md'), encoding='utf-8') as page:
            listed = set(re.findall(r'^\| `(navette_\w+)`', page.read(), re.M))
        if not SECURE:
            listed.remove('navette_certificate_expiry_seconds')
        with Measured() as server:
            self.assertEqual({name for name, _ in server.metrics()}, listed)

    def test_numbers_add_up(self):
        with MeasuredEcho() as server:
            before = server.metrics()
            client = Client(server.port, '/')
            for _ in range(5):
                client.send('bonjour')
                self.assertEqual(client.text(), 'bonjour')
            during = poll(lambda: self.after(server, 'navette_messages_sent_total', 5), 'messages')
            self.assertEqual(during['navette_connections', None], 1)
            self.assertEqual(during['navette_connections_opened_total', None], 1)
            self.assertEqual(during['navette_messages_received_total', None], 5)
            client.leave()
            closed = poll(lambda: self.after(server, 'navette_connections_closed_total', 1,
                                             'closed'), 'the end')
            self.assertEqual(closed['navette_connections', None], 0)
            for key, value in before.items():
                if key[0].endswith('_total'):
                    self.assertLessEqual(value, during[key])
                    self.assertLessEqual(during[key], closed[key])
            grown = during['navette_sent_bytes_total', None] - before['navette_sent_bytes_total',
                                                                      None]
            self.assertGreaterEqual(grown, 5 * (2 + len('bonjour')))

    def after(self, server, name, value, label=None):
        metrics = server.metrics()
        return metrics if metrics[name, label] == value else None

    def test_it_tells_nobody_else(self):
        with Measured() as server:
            self.assertEqual(server.ask('/healthz')[::2], (200, 'ok\n'))
            self.assertEqual(server.ask('/')[0], 404)
            self.assertEqual(server.ask('/metrics/')[0], 404)
            self.assertIn(server.ask('/metrics', headers=UPGRADE)[0] // 100, (4,))
            self.assertIn(server.ask('/chat', headers=UPGRADE)[0] // 100, (4,))
            for host in 'localhost', 'LOCALHOST:1', '[::1]:9464', '127.0.0.1':
                self.assertEqual(server.ask('/metrics', headers={'Host': host})[0], 200, host)
            for host in 'example.org', 'localhost.example.org', '127.0.0.1.example.org', '[::2]':
                for path in '/metrics', '/healthz', '/':
                    status, _, text = server.ask(path, headers={'Host': host})
                    self.assertEqual((status, text), (403, '403 Forbidden\n'), (host, path))

    def test_with_a_loop_that_is_stuck_it_is_not_healthy(self):
        with Measured('--threads', '2') as server:
            self.assertEqual(server.ask('/healthz')[0], 200)
            # The last of all is that of the metrics.
            with frozen_thread(server.pid, place=-2):
                poll(lambda: server.ask('/healthz')[::2] == (503, 'unavailable\n'), '503')
                self.assertEqual(server.ask('/metrics')[0], 200)
            poll(lambda: server.ask('/healthz')[0] == 200, '200 again')

    def test_who_leaves_is_not_healthy(self):
        with Measured('--drain', '60') as server, Client(server.port, '/ws') as client:
            self.assertEqual(server.ask('/healthz')[0], 200)
            server.process.send_signal(signal.SIGTERM)
            poll(lambda: server.ask('/healthz')[0] == 503, '503')
            self.assertEqual(server.metrics()['navette_connections', None], 1)
            client.sock.close()
            server.process.wait(PATIENCE)


if __name__ == '__main__':
    unittest.main()
