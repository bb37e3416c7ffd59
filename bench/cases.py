# SPDX-License-Identifier: MIT
"""What is measured: for each case two servers, what the load client does to them, and the marks."""

from collections import namedtuple

# In the folder where all programs run.
CERTIFICATE = 'certificate.pem'
KEY = 'key.pem'

# `better` is the sign of an improvement; `mark` bounds the ratio, or the value itself if `absolute`.
Measure = namedtuple('Measure', 'what value better mark absolute', defaults=(None, False))

# `sides` are two command lines without their programs: what is measured, and what it is held against.
Case = namedtuple('Case', 'name title sides mode load measures')


def cpu_of(count):
    return lambda numbers: numbers['cpu_ns'] / numbers[count]


def per_second(count):
    return lambda numbers: numbers[count] * 1e9 / numbers['wall_ns']


def per_connection(numbers):
    return numbers['resident'] / numbers['connections']


def serve(*arguments, threads=1, tls=False):
    identity = ('--cert', CERTIFICATE, '--key', KEY) if tls else ()
    return ('navette', 'serve', '--port', '0', '--threads', str(threads), *arguments, *identity)


def limit(kind, size, tls=False):
    return ('limit', kind, str(size), *((CERTIFICATE, KEY) if tls else ()))


def wss(name, title, kind, mode, measures, size=20, **load):
    """The client is told to speak TLS, and both servers have the same certificate."""
    return Case(f'wss-{name}', f'wss {title}',
                (serve(f'--{kind}', tls=True), limit(kind, size, tls=True)), mode,
                {'size': size, 'tls': 1, **load}, measures)


def message_measures(noun, nouns, mark=None):
    return (Measure(f'CPU ns per {noun}', cpu_of('messages'), -1, mark),
            Measure(f'{nouns} per second', per_second('messages'), 1))


def memory_measures(mark):
    return (Measure('resident B per connection', per_connection, -1, mark, absolute=True),)


def echo(name, title, size, mark=None, **load):
    return Case(name, title, (serve('--echo'), limit('echo', size)), 'echo',
                {'size': size, **load}, message_measures('message', 'messages', mark))


def chat(clients):
    return Case(f'chat-{clients}', f'all to all, {clients} clients',
                (serve('--hub'), limit('hub', 20)), 'rounds',
                {'size': 20, 'clients': clients, 'senders': clients},
                (Measure('rounds per second', per_second('rounds'), 1, 0.8),
                 Measure('CPU ns per delivery', cpu_of('messages'), -1)))


def two_loops(name, title, kind, mode, measures, **load):
    return Case(name, f'two loops against one, {title}', (serve(kind, threads=2), serve(kind)), mode,
                {'size': 20, **load}, measures)


CASES = (
    echo('echo-20', 'echo 20 B', 20, mark=1.10, clients=200),
    echo('echo-1024', 'echo 1 KiB', 1024, clients=200),
    echo('pipelined', 'echo 20 B, 64 in flight', 20, mark=1.25, clients=50, depth=64),
    chat(100),
    chat(500),
    Case('one-to-many', 'one to 1,000, 100 B', (serve('--hub'), limit('hub', 100)), 'rounds',
         {'size': 100, 'clients': 1001, 'senders': 1},
         message_measures('delivery', 'deliveries', 1.15)),
    Case('idle', 'idle connections, 15,000', (serve('--echo'), limit('echo', 20)), 'idle',
         {'clients': 15000}, memory_measures(256)),
    Case('handshakes', 'handshakes', (serve('--echo'), limit('echo', 20)), 'handshakes',
         {'clients': 64}, message_measures('handshake', 'handshakes')),
    wss('echo-20', 'echo 20 B', 'echo', 'echo',
        message_measures('message', 'messages', 1.15), clients=200),
    wss('echo-1024', 'echo 1 KiB', 'echo', 'echo',
        message_measures('message', 'messages', 1.15), size=1024, clients=200),
    wss('one-to-many', 'one to 1,000, 100 B', 'hub', 'rounds',
        message_measures('delivery', 'deliveries'), size=100, clients=1001, senders=1),
    wss('idle', 'idle connections, 3,000', 'echo', 'idle', memory_measures(18 << 10), clients=3000),
    wss('handshakes', 'handshakes, full', 'echo', 'handshakes',
        message_measures('handshake', 'handshakes'), clients=64),
    wss('resumed', 'handshakes, resumed', 'echo', 'handshakes',
        message_measures('handshake', 'handshakes'), clients=64, resume=1),
    two_loops('two-loops', 'echo 20 B', '--echo', 'echo',
              message_measures('message', 'messages', 1.10), clients=200),
    two_loops('two-loops-chat', '100 clients', '--hub', 'rounds',
              message_measures('delivery', 'deliveries'), clients=100, senders=100),
)


def shrink(case):
    """The same with next to no work: it still has to come out right."""
    load = {name: min(value, 20) if name in ('clients', 'senders') else value
            for name, value in case.load.items()}
    return case._replace(load={**load, 'ms': 20})
