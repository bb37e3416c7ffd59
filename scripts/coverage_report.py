# SPDX-License-Identifier: MIT
"""coverage_report: tell what was executed, from what llvm-cov exports.

usage: coverage_report.py KIND LEAST ROOT LCOV JSON

KIND is "tests" or "fuzz", which is only told about. An inline function is there once for each program
and file that has it: a branch is taken when it was taken in any of them."""

import collections
import json
import sys


def read_lines(path, root):
    """(file, line) -> how often."""
    counts = {}
    with open(path, encoding='utf-8') as report:
        for row in report:
            name, _, value = row.rstrip('\n').partition(':')
            if name == 'SF':
                file = value.removeprefix(root)
            elif name == 'DA':
                line, count = value.split(',')[:2]
                counts[file, int(line)] = int(count)
    return counts


def read_branches(path, root):
    """(file, line, column, side) -> how often."""
    counts = collections.Counter()
    with open(path, encoding='utf-8') as report:
        files = json.load(report)['data'][0]['files']
    for file in files:
        name = file['filename'].removeprefix(root)
        for line, column, _, _, true, false, *_ in file['branches']:
            counts[name, line, column, True] += true
            counts[name, line, column, False] += false
    return counts


def main():
    kind, least, root, lcov, exported = sys.argv[1:]
    lines = read_lines(lcov, root)
    branches = read_branches(exported, root)
    untaken = collections.Counter(place[:2] for place, count in branches.items() if count == 0)
    for (file, line), count in sorted(untaken.items()):
        print(f'          {file}:{line} {count} not taken')
    missed = sorted(place for place, count in lines.items() if count == 0)
    if missed:
        print('          lines that nothing reaches:')
    for file, line in missed:
        print(f'          {file}:{line}')
    taken = len(branches) - sum(untaken.values())
    share = 100 * taken / len(branches)
    print(f'  COVER   src/proto by {kind}: {len(lines) - len(missed)} of {len(lines)} lines, '
          f'{taken} of {len(branches)} branches ({share:.1f} %)')
    sys.exit(kind != 'fuzz' and (bool(missed) or share < float(least)))


main()
