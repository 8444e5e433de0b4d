"""Wishes that are prepared in the process that accepted them."""

from __future__ import annotations

import threading
from typing import Any

import fixtures
import testtools

from heatconv.engine.service import PreparePool

WAIT_SECONDS = 10


class WishesTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.go_on = threading.Event()
        self.prepared: list[str] = []

    def prepare(self, context: Any, stack_id: str) -> None:
        self.go_on.wait(WAIT_SECONDS)
        if stack_id == 'bad':
            raise ZeroDivisionError
        self.prepared.append(stack_id)

    def test_takes_so_many_and_leaves_the_rest_to_others(self) -> None:
        wishes = PreparePool(self.prepare, threads=1, most=2)
        self.assertEqual([True, True, False], [wishes.accept(one) for one in 'abc'])
        self.go_on.set()
        wishes.stop()
        self.assertEqual(['a', 'b'], self.prepared)

    def test_room_is_free_again_whatever_happens(self) -> None:
        self.go_on.set()
        wishes = PreparePool(self.prepare, threads=1, most=1)
        self.assertTrue(wishes.accept('bad'))
        for _ in range(1_000):
            if wishes.accept('a'):
                break
            threading.Event().wait(0.01)
        wishes.stop()
        self.assertEqual(['a'], self.prepared)
        self.assertIn('bad is left to the sweep', self.log.output)

    def test_takes_nothing_once_it_stops(self) -> None:
        wishes = PreparePool(self.prepare)
        wishes.stop()
        self.assertFalse(wishes.accept('a'))


class AgainTest(testtools.TestCase):
    """A wish that is announced while it is prepared is prepared once more, not at once."""

    def test_announced_meanwhile(self) -> None:
        from heatconv.engine.service import PrepareEndpoint

        begun, go_on = threading.Event(), threading.Event()
        looks: list[str] = []

        class Endpoint(PrepareEndpoint):
            def _prepare(self, stack_id: str) -> None:
                looks.append(stack_id)
                begun.set()
                go_on.wait(WAIT_SECONDS)
                if stack_id == 'bad':
                    raise ZeroDivisionError

        endpoint = Endpoint(None, None, None, None)  # type: ignore[arg-type]
        first = threading.Thread(target=endpoint.prepare, args=({}, 'a'))
        first.start()
        begun.wait(WAIT_SECONDS)
        for _ in range(5):
            endpoint.prepare({}, 'a')
        self.assertEqual(['a'], looks)
        go_on.set()
        first.join(WAIT_SECONDS)
        self.assertEqual(['a', 'a'], looks)
        self.assertRaises(ZeroDivisionError, endpoint.prepare, {}, 'bad')
        self.assertRaises(ZeroDivisionError, endpoint.prepare, {}, 'bad')
        endpoint.prepare({}, 'a')
        self.assertEqual(5, len(looks))
