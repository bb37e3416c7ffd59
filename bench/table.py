# SPDX-License-Identifier: MIT
"""The table of medians and ratios."""

import statistics

HEAD = ('case', 'measured', 'Navette', 'limit', 'ratio', 'mark', 'met')


def number(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}'


def mark_text(measure):
    if measure.mark is None:
        return ''
    sign = '≤' if measure.better < 0 else '≥'
    return f'{sign} {measure.mark:,}' if measure.absolute else f'{sign} {measure.mark:.2f}'


def is_met(measure, value, ratio):
    if measure.mark is None:
        return ''
    reached = value if measure.absolute else ratio
    return 'yes' if (reached - measure.mark) * measure.better >= 0 else 'no'


def row(case, measure, rounds):
    """`rounds` holds pairs of what both sides counted. The ratio is the median of each round's own:
    what slows the machine down for a while slows down both sides of a round."""
    pairs = [(measure.value(one), measure.value(other)) for one, other in rounds]
    value, against = (statistics.median(side) for side in zip(*pairs))
    ratio = statistics.median(one / other if other else 0 for one, other in pairs)
    shown = '' if measure.absolute else f'{ratio:.2f}'
    return (case.title, measure.what, number(value), number(against), shown, mark_text(measure),
            is_met(measure, value, ratio))


def rows(case, rounds):
    return [row(case, measure, rounds) for measure in case.measures]


def format_table(body):
    lines = [HEAD, *body]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    lines.insert(1, tuple('-' * width for width in widths))
    return '\n'.join('| ' + ' | '.join(cell.ljust(width) for cell, width in zip(line, widths)) + ' |'
                     for line in lines)
