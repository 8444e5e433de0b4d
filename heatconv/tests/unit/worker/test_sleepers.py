"""Sleeping tasks: in the order of their times, or woken by what they await."""

from __future__ import annotations

from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.worker.lanes import Entry
from heatconv.worker.sleepers import Sleepers


def entry(name: str) -> Entry:
    task: Any = None
    return Entry(('project', 'stack'), task, name)


class SleepersTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.sleepers = Sleepers()

    def due(self, now: float) -> list[Any]:
        return [one.answer for one in self.sleepers.due(now)]

    def test_each_continues_when_its_time_has_come(self) -> None:
        for due in (3.0, 1.0, 2.0, 1.0):
            self.sleepers.add(due, entry(f'{due}'))
        self.assertEqual(1.0, self.sleepers.next_due)
        self.assertEqual([], self.due(0.9))
        self.assertEqual(['1.0', '1.0', '2.0'], self.due(2.0))
        self.assertEqual(1, len(self.sleepers))
        self.assertEqual(['3.0'], self.due(9.0))
        self.assertIsNone(self.sleepers.next_due)

    def test_woken_once_and_never_again(self) -> None:
        self.sleepers.add(5.0, entry('a'), 'child')
        self.sleepers.add(4.0, entry('b'), 'child')
        self.sleepers.add(6.0, entry('c'), 'other')
        self.sleepers.add(7.0, entry('d'))
        self.assertEqual(['a', 'b'], [one.answer for one in self.sleepers.wake('child')])
        self.assertEqual([], self.sleepers.wake('child'))
        self.assertEqual(2, len(self.sleepers))
        self.assertEqual(['c', 'd'], self.due(9.0))
        self.assertEqual([], self.sleepers.wake('other'), 'its time came first')
        self.assertEqual([], self.sleepers.wake(''))

    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just('add'), st.integers(0, 9), st.sampled_from(['', 'x', 'y'])),
                st.tuples(st.just('due'), st.integers(0, 9), st.just('')),
                st.tuples(st.just('wake'), st.just(0), st.sampled_from(['x', 'y'])),
            )
        )
    )
    def test_as_a_list(self, steps: list[tuple[str, int, str]]) -> None:
        sleepers, kept = Sleepers(), []
        for number, (step, time, awaited) in enumerate(steps):
            if step == 'add':
                sleepers.add(time, entry(str(number)), awaited)
                kept.append((time, number, awaited))
                continue
            if step == 'due':
                gone = sorted(one for one in kept if one[0] <= time)
                seen = [one.answer for one in sleepers.due(time)]
            else:
                gone = [one for one in kept if one[2] == awaited]
                seen = [one.answer for one in sleepers.wake(awaited)]
            self.assertEqual([str(one[1]) for one in gone], seen)
            kept = [one for one in kept if one not in gone]
            self.assertEqual(len(kept), len(sleepers))
