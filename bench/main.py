# SPDX-License-Identifier: MIT
"""Runs the cases, both sides in turn, and prints one table. See docs/bench.md."""

import os
import signal
import sys
import tempfile

import cases
import process
import table
from others import Others

ROUNDS = 7
HELP = f"""\
usage: scripts/bench [CASE [ROUNDS]]
       scripts/bench --smoke

Measures Navette's own servers against a program that does the same socket work and nothing else,
in turn, ROUNDS times each ({ROUNDS}), and prints medians and ratios; all cases take about seven minutes.
--smoke runs all of them with next to no work and prints no numbers.

Exit code: 0 whatever the ratios, 1 when a case could not run or a client did not get exactly what it
had to, 2 wrong usage.

Cases:
""" + ''.join(f'  {case.name:16} {case.title}\n' for case in cases.CASES)


def show_progress(text):
    """On a terminal, where somebody waits for it."""
    if sys.stderr.isatty():
        print(f'\r\033[K{text}', end='', file=sys.stderr, flush=True)


def run_case(build, case, rounds):
    """A pair of what the two sides counted for each round."""
    pairs = []
    for i in range(rounds):
        show_progress(f'  BENCH   {case.name} {i + 1}/{rounds}')
        pairs.append(tuple(process.measure(build, case, side) for side in (0, 1)))
    return pairs


def run_all(build, chosen, rounds):
    """The rows of the table, and how many cases failed."""
    body, failed = [], 0
    for case in chosen:
        try:
            body += table.rows(case, run_case(build, case, rounds))
        except process.Failed as error:
            print(f'  FAILED  {case.name}: {error}', file=sys.stderr)
            failed += 1
    show_progress('')
    return body, failed


def run_all_in_folder(build, chosen, rounds):
    """One of this run alone, with a certificate in it."""
    with tempfile.TemporaryDirectory(prefix='navette-bench-') as folder:
        os.chdir(folder)
        process.make_identity(build, cases.CERTIFICATE, cases.KEY)
        return run_all(build, chosen, rounds)


def read_arguments(arguments):
    """Which cases, and how often; None if they are wrong."""
    if not arguments:
        return cases.CASES, ROUNDS
    if arguments == ['--smoke']:
        return [cases.shrink(case) for case in cases.CASES], 1
    chosen = [case for case in cases.CASES if case.name == arguments[0]]
    rounds = arguments[1] if len(arguments) == 2 else str(ROUNDS)
    if not chosen or len(arguments) > 2 or not rounds.isdecimal() or int(rounds) == 0:
        return None
    return chosen, int(rounds)


def main(build, *arguments):
    wanted = read_arguments(list(arguments))
    if not wanted:
        print(HELP, end='', file=sys.stderr)
        return 2
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    process.raise_file_limit()
    others = Others()
    body, failed = run_all_in_folder(os.path.abspath(build), *wanted)
    if arguments == ('--smoke',):
        print(f'bench: {len(wanted[0]) - failed} cases ran, {failed} failed')
    elif body:
        print(f'{table.format_table(body)}\n\n{others}')
    return 1 if failed else 0


if __name__ == '__main__':
    if sys.argv[2:] in (['-h'], ['--help']):
        print(HELP, end='')
        sys.exit(0)
    sys.exit(main(*sys.argv[1:]))
