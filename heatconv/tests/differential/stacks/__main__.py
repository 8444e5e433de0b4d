"""Compare the stacks of some seeds, and show the differences.

For example: ``python -m heatconv.tests.differential.stacks 0-200 --shrink 60``
"""

from __future__ import annotations

import argparse
import logging
import time

from heatconv.tests.differential.stacks.comparing import Comparison, Difference, report
from heatconv.tests.differential.stacks.generator import history
from heatconv.tests.differential.stacks.history import History
from heatconv.tests.differential.stacks.shrinking import shrunk


def main() -> int:
    """Return 1 if anything differs that is not meant to."""
    arguments = _arguments()
    logging.getLogger('heatconv').setLevel(logging.CRITICAL + 1)
    comparison = Comparison()
    started = time.monotonic()
    first, _, last = arguments.seeds.rpartition('-')
    seeds = range(int(first or last), int(last) + 1)
    wrong = 0
    for seed in seeds:
        made = history(seed)
        found = comparison.differences(made)
        if not found:
            continue
        wrong += 1
        if arguments.brief:
            print(f'seed {seed}')
            print('\n'.join(map(str, found)), flush=True)
            continue
        if arguments.shrink:
            made, found = _shrunk(comparison, made, found, arguments.shrink)
        print(report(made, found), '\n', flush=True)
    seconds = time.monotonic() - started
    print(f'{wrong} of {len(seeds)} differ; {seconds:.0f} seconds; {dict(comparison.seen)}')
    return 1 if wrong else 0


def _shrunk(
    comparison: Comparison, made: History, found: list[Difference], seconds: float
) -> tuple[History, list[Difference]]:
    """Shrink a history while it shows a difference as its first one was."""
    wanted = found[0]

    def shows(smaller: History) -> bool:
        return any(_alike(one, wanted) for one in comparison.differences(smaller))

    made = History(made.name, made.steps[: found[0].step + 1])
    made = shrunk(made, shows, seconds)
    return made, comparison.differences(made)


def _alike(one: Difference, other: Difference) -> bool:
    if one.kind in ('output', 'attribute'):
        return one.kind == other.kind
    return (one.kind, one.heat, one.ours) == (other.kind, other.heat, other.ours)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='python -m heatconv.tests.differential.stacks')
    parser.add_argument('seeds', help='a seed, or the first and the last: 0-200')
    parser.add_argument(
        '--shrink', type=float, default=0.0, metavar='SECONDS', help='for each that differs'
    )
    parser.add_argument('--brief', action='store_true', help='without the requests')
    return parser.parse_args()


if __name__ == '__main__':
    raise SystemExit(main())
