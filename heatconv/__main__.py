"""``python -m heatconv``: run scenarios with full logs."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any
from unittest import TestCase

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging
from heatconv.sim import library
from heatconv.sim.play import Wrong, make_world, play

LOG = logging.getLogger('heatconv.scenario')


class LoggedAsserts:
    """A substitute for a TestCase: failed assertions are logged, not raised."""

    def __init__(self) -> None:
        self.failed = 0
        self._test = TestCase()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith('assert'):
            raise AttributeError(name)
        check = getattr(self._test, name)

        def logged(*args: Any, **kwargs: Any) -> None:
            try:
                check(*args, **kwargs)
            except AssertionError as error:
                self.failed += 1
                LOG.error('Ignoring %s: %s', name, error)

        return logged


class LoggedTrace(list[str]):
    """A trace whose lines are logged instead of kept."""

    def append(self, line: str) -> None:
        LOG.debug(line)


def _stop_in_debugger(name: str) -> None:
    LOG.info('Stopped before: %s', name)
    breakpoint()


def main(argv: Sequence[str] | None = None) -> int:
    """Run scenarios; return 1 if any assertion failed, 2 for bad usage."""
    parser = argparse.ArgumentParser(
        prog='python -m heatconv',
        description='Run scenarios in the order of the convergence prototype, with full logs. '
        'For everyday use there is "heatconv scenario run".',
    )
    parser.add_argument('-d', '--directory', default='scenarios', metavar='DIR')
    parser.add_argument(
        '-p',
        '--pdb',
        action='store_true',
        help='Stop in the debugger before each message is handled.',
    )
    parser.add_argument('scenarios', nargs='*', metavar='SCENARIO', help='All if omitted.')
    args = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG, stream=sys.stderr, format='%(levelname)-7s %(name)s: %(message)s'
    )
    logging.getLogger('stevedore').setLevel(logging.WARNING)
    try:
        scenarios = library.find(args.directory, args.scenarios)
    except library.NoSuchScenario as error:
        parser.error(str(error))
    failed = 0
    for scenario in scenarios:
        LOG.info('*** Beginning scenario %r', scenario.name)
        asserts = LoggedAsserts()
        world = make_world(workers=1, sweeps=False, tracing=True)
        world.trace = LoggedTrace()
        try:
            play(scenario, asserts, world, _stop_in_debugger if args.pdb else lambda name: None)
        except Wrong as error:
            LOG.error('%s', error)
            failed += 1
        failed += asserts.failed
        LOG.info('*** End of scenario %r', scenario.name)
    return 1 if failed else 0


if __name__ == '__main__':
    raise SystemExit(main())
