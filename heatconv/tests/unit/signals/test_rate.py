"""The rate of signals to each resource is limited."""

from __future__ import annotations

import testtools

from heatconv.signals import rate
from heatconv.signals.rate import RateLimit


class RateTest(testtools.TestCase):
    def test_burst_then_average(self) -> None:
        limit = RateLimit(2.0, 3)
        self.assertEqual([0.0] * 3, [limit.admit('a', 10.0) for _ in range(3)])
        self.assertEqual(0.5, limit.admit('a', 10.0))
        self.assertEqual(0.25, limit.admit('a', 10.25))
        self.assertEqual(0.0, limit.admit('a', 10.5))
        self.assertEqual(0.5, limit.admit('a', 10.5))
        # No more than the burst is saved up.
        self.assertEqual(3, sum(limit.admit('a', 100.0) == 0 for _ in range(9)))

    def test_each_resource_has_its_own(self) -> None:
        limit = RateLimit(1.0, 1)
        self.assertEqual(0.0, limit.admit('a', 1.0))
        self.assertEqual(0.0, limit.admit('b', 1.0))
        self.assertEqual(1.0, limit.admit('a', 1.0))

    def test_no_limit(self) -> None:
        limit = RateLimit(0, 0)
        self.assertEqual({0.0}, {limit.admit('a', 1.0) for _ in range(100)})

    def test_memory_is_bounded(self) -> None:
        limit = RateLimit(1.0, 1)
        for number in range(rate.KNOWN + 10):
            limit.admit(str(number), 1.0)
        self.assertEqual(rate.KNOWN, len(limit._buckets))
