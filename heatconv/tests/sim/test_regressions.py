"""What exploration has found, each as small as it got, and mended since."""

from __future__ import annotations

import pathlib

import testtools

from heatconv.sim import case
from heatconv.tests.quiet import Quiet

CASES = sorted((pathlib.Path(__file__).parent / 'regressions').glob('*.json'))


class RegressionTest(testtools.TestCase):
    """One test for each file: a history, a schedule, and what was wrong once."""


def _add(path: pathlib.Path) -> None:
    found = case.load(path.read_text())

    def test(self: RegressionTest) -> None:
        self.useFixture(Quiet())
        self.assertEqual([], found.replay().wrong, f'was once: {found.wrong}')

    setattr(RegressionTest, f'test_{path.stem}', test)


for _path in CASES:
    _add(_path)
