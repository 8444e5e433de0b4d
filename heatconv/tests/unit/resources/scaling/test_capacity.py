"""The new size of a group after an adjustment."""

from __future__ import annotations

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.resources.scaling.capacity import ADJUSTMENT_TYPES, CHANGE, EXACT, PERCENT, adjusted


class CapacityTest(testtools.TestCase):
    def test_each_type(self) -> None:
        for current, adjustment, kind, step, expected in (
            (2, 1, CHANGE, None, 3),
            (2, -1, CHANGE, None, 1),
            (2, 9, CHANGE, None, 8),
            (2, -9, CHANGE, None, 1),
            (2, 5, EXACT, None, 5),
            (5, 0, EXACT, None, 1),
            (4, 50, PERCENT, None, 6),
            (4, -50, PERCENT, None, 2),
            (4, 40, PERCENT, None, 5),  # 1.6 members
            (4, -40, PERCENT, None, 3),
            (4, 10, PERCENT, None, 5),  # 0.4 members, but never none
            (4, -10, PERCENT, None, 3),
            (4, 10, PERCENT, 3, 7),
            (4, -10, PERCENT, 2, 2),
            (4, 75, PERCENT, 2, 7),
            (0, 50, PERCENT, None, 1),  # the smallest size
            (4, 0, PERCENT, None, 4),
            (4, 1e308, PERCENT, None, 8),  # the product is infinite
            (4, -1e308, PERCENT, None, 1),
            (4, 2**255, PERCENT, None, 8),
            (0, 1e308, PERCENT, None, 1),
        ):
            size = adjusted(current, adjustment, kind, 1, 8, step)
            self.assertEqual(expected, size, (current, adjustment, kind, step))

    @given(
        st.integers(0, 30),
        st.integers(-300, 300),
        st.sampled_from(ADJUSTMENT_TYPES),
        st.integers(0, 10),
        st.integers(0, 20),
        st.none() | st.integers(0, 9),
    )
    def test_within_the_limits(
        self, current: int, adjustment: int, kind: str, least: int, more: int, step: int | None
    ) -> None:
        size = adjusted(current, adjustment, kind, least, least + more, step)
        self.assertTrue(least <= size <= least + more)
        if kind != EXACT and least <= current <= least + more:
            moved = (size > current) - (size < current)
            self.assertIn(moved, (0, (adjustment > 0) - (adjustment < 0)))
