"""``python -m heatconv.tests.fuzz``: a great many made-up requests, within limits."""

from __future__ import annotations

import argparse
import copy
import json
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence

from heatconv.tests.fuzz.drawing import Drawing
from heatconv.tests.fuzz.trial import Trial

#: What one request may take at most.
SECONDS = 2.0
MEGABYTES = 200


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 1 if any request did harm."""
    parser = argparse.ArgumentParser(prog='python -m heatconv.tests.fuzz', description=__doc__)
    parser.add_argument('--inputs', type=int, default=20_000, help='how many (20000)')
    parser.add_argument('--seed', type=int, default=1, help='the first of them (1)')
    arguments = parser.parse_args(argv)
    trial, outcomes, harm, slowest = Trial(), Counter[str](), 0, 0.0
    for seed in range(100):
        trial.take(Drawing(-1 - seed).content())  # loads what is loaded once
    _bound_memory()
    for seed in range(arguments.seed, arguments.seed + arguments.inputs):
        made = Drawing(seed).content()
        given = copy.deepcopy(made)
        began = time.process_time()
        try:
            outcomes[trial.take(made)] += 1
        except Exception:
            harm += 1
            sys.stderr.write(
                f'seed {seed}: {json.dumps(given)[:2000]}\n{traceback.format_exc()}\n'
            )
        took = time.process_time() - began
        slowest = max(slowest, took)
        if took > SECONDS:
            harm += 1
            sys.stderr.write(f'seed {seed} took {took:.1f} s: {json.dumps(given)[:2000]}\n')
        if harm > 20:
            break
    print(f'{dict(sorted(outcomes.items()))}, {harm} did harm, the slowest took {slowest:.3f} s')
    return int(harm > 0)


def _bound_memory() -> None:
    with open('/proc/self/statm') as statm:
        size = int(statm.read().split()[0]) * resource.getpagesize()
    most = size + MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == '__main__':
    raise SystemExit(main())
