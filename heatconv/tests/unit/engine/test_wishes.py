"""Wishes that are prepared in the process that accepted them."""

from __future__ import annotations

import threading
from typing import Any

import fixtures
import testtools

from heatconv.engine.service import Wishes

PATIENCE = 10


class WishesTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.go_on = threading.Event()
        self.prepared: list[str] = []

    def prepare(self, context: Any, stack_id: str) -> None:
        self.go_on.wait(PATIENCE)
        if stack_id == 'bad':
            raise ZeroDivisionError
        self.prepared.append(stack_id)

    def test_takes_so_many_and_leaves_the_rest_to_others(self) -> None:
        wishes = Wishes(self.prepare, threads=1, most=2)
        self.assertEqual([True, True, False], [wishes.keep(one) for one in 'abc'])
        self.go_on.set()
        wishes.stop()
        self.assertEqual(['a', 'b'], self.prepared)

    def test_room_is_free_again_whatever_happens(self) -> None:
        self.go_on.set()
        wishes = Wishes(self.prepare, threads=1, most=1)
        self.assertTrue(wishes.keep('bad'))
        for _ in range(1_000):
            if wishes.keep('a'):
                break
            threading.Event().wait(0.01)
        wishes.stop()
        self.assertEqual(['a'], self.prepared)
        self.assertIn('bad is left to the sweep', self.log.output)

    def test_takes_nothing_once_it_stops(self) -> None:
        wishes = Wishes(self.prepare)
        wishes.stop()
        self.assertFalse(wishes.keep('a'))
