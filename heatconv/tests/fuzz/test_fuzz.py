"""A few of the made-up requests, each time."""

from __future__ import annotations

from collections import Counter

import testtools

from heatconv.tests.fuzz.drawing import Drawing
from heatconv.tests.fuzz.trial import Trial


class FuzzTest(testtools.TestCase):
    def test_each_is_answered(self) -> None:
        trial = Trial()
        outcomes = Counter(trial.take(Drawing(seed).content()) for seed in range(2_000))
        # Some must get all the way, or little is tried.
        self.assertGreater(outcomes['resolved'], 50)
        self.assertGreater(outcomes['refused'], 500)
        self.assertGreater(outcomes['unresolved'], 0)
