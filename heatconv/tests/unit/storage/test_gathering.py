"""Concurrent calls share one call of the function; each gets its own answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import testtools

from heatconv.storage.base import StoreUnavailable
from heatconv.storage.gathering import Gathering
from heatconv.tests.together import together


class GatheringTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.groups: list[list[int]] = []

    def double(self, items: list[int]) -> list[int | Exception | None]:
        """Return the doubles; an error for 13, and None for 0."""
        self.groups.append(items)
        special: dict[int, Exception | None] = {13: ValueError('13'), 0: None}
        return [special.get(item, 2 * item) for item in items]

    def together(self, function: Callable[..., Any], *items: int, limit: int = 100) -> list[Any]:
        """Return the results of items that wait at the same time, in the order of the items."""
        gathering: Gathering[int, Any] = Gathering(function, limit)
        return together(gathering, [functools.partial(gathering, item) for item in items])

    def test_those_that_wait_share_a_call(self) -> None:
        self.assertEqual([2, 4, 6], self.together(self.double, 1, 2, 3))
        self.assertEqual([[1, 2, 3]], self.groups)

    def test_calls_are_bounded(self) -> None:
        self.assertEqual([2, 4, 6, 8, 10], self.together(self.double, 1, 2, 3, 4, 5, limit=2))
        self.assertEqual([[1, 2], [3, 4], [5]], self.groups)

    def test_error_of_one(self) -> None:
        one, error, nothing = self.together(self.double, 1, 13, 0)
        self.assertEqual((2, '13', None), (one, str(error), nothing))
        self.assertEqual(1, len(self.groups))

    def test_error_of_the_call_is_that_of_all(self) -> None:
        def broken(items: list[int]) -> list[int]:
            raise KeyError(len(items))

        self.assertEqual(['2', '2'], [str(one) for one in self.together(broken, 1, 2)])

    def test_end_of_the_process_leaves_nobody_waiting(self) -> None:
        def ends(items: list[int]) -> list[int]:
            raise SystemExit

        kinds = sorted(type(one).__name__ for one in self.together(ends, 1, 2, 3))
        self.assertEqual([StoreUnavailable.__name__] * 2 + ['SystemExit'], sorted(kinds))

    def test_calls_one_after_the_other(self) -> None:
        gathering: Gathering[int, Any] = Gathering(self.double, 100)
        self.assertEqual([2, 4], [gathering(1), gathering(2)])
        self.assertEqual([[1], [2]], self.groups)
