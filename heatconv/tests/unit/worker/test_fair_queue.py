"""Turns: among projects, stacks and nodes."""

from __future__ import annotations

import threading
from collections import Counter

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.convergence.model import Kind, NodeKey
from heatconv.worker.fair_queue import FairPool, FairQueue, Inbox

WAIT_SECONDS = 10

ITEMS = st.lists(st.tuples(st.sampled_from('pq'), st.sampled_from('stu')), max_size=40)


def key(traversal: str, number: int) -> NodeKey:
    return NodeKey(traversal, Kind.UPDATE, f'A{number}')


def taken(queue: FairQueue[str]) -> list[str]:
    found = []
    while queue:
        item = queue.take()
        assert item is not None
        found.append(item)
    return found


class FairQueueTest(testtools.TestCase):
    def test_a_small_stack_does_not_wait_for_a_large_one(self) -> None:
        queue: FairQueue[str] = FairQueue()
        for number in range(1_000):
            queue.put('p', 'large', f'large {number}')
        for number in range(2):
            queue.put('p', 'small', f'small {number}')
        first = [queue.take() for _ in range(4)]
        self.assertEqual(['large 0', 'small 0', 'large 1', 'small 1'], first)

    def test_a_project_with_many_stacks_has_no_more_turns_than_one_with_one(self) -> None:
        queue: FairQueue[str] = FairQueue()
        for number in range(20):
            queue.put('many', f's{number}', 'many')
            queue.put('one', 'single', 'one')
        self.assertEqual({'many': 10, 'one': 10}, Counter(queue.take() for _ in range(20)))

    @given(ITEMS)
    def test_everything_comes_once_and_each_stack_in_its_order(
        self, items: list[tuple[str, str]]
    ) -> None:
        queue: FairQueue[tuple[str, str, int]] = FairQueue()
        put = []
        for number, (project, stack) in enumerate(items):
            queue.put(project, stack, (project, stack, number))
            put.append((project, stack, number))
        self.assertEqual(len(items), len(queue))
        found = []
        while (item := queue.take()) is not None:
            found.append(item)
        self.assertEqual(put, sorted(found, key=lambda one: one[2]))
        for stack in set(items):
            of_stack = [one[2] for one in found if one[:2] == stack]
            self.assertEqual(sorted(of_stack), of_stack)

    @given(ITEMS)
    def test_nobody_is_served_twice_while_another_waits(
        self, items: list[tuple[str, str]]
    ) -> None:
        queue: FairQueue[str] = FairQueue()
        for project, stack in items:
            queue.put(project, stack, project)
        left = Counter(project for project, _ in items)
        before = None
        for project in taken(queue):
            if project == before:
                self.assertEqual([project], [one for one, count in left.items() if count])
            left[project] -= 1
            before = project

    def test_who_may_not_have_a_turn_is_passed_over(self) -> None:
        queue: FairQueue[str] = FairQueue()
        for stack in ('s', 't'):
            queue.put('p', stack, stack)
        self.assertEqual('t', queue.take(lambda stack: stack == 't'))
        self.assertIsNone(queue.take(lambda stack: stack == 't'))
        self.assertEqual((1, 1, 's'), (len(queue), queue.lanes, queue.take()))

    def test_what_waits_moves_to_its_project(self) -> None:
        queue: FairQueue[str] = FairQueue()
        for name in ('a', 'b'):
            queue.put('', 's', name)
        queue.put('', 't', 'other')
        queue.move('s', '', 'p')
        queue.move('s', '', 'p')
        queue.put('p', 's', 'c')
        self.assertEqual(['other', 'a', 'b', 'c'], taken(queue))


class IntakeTest(testtools.TestCase):
    def test_each_node_once(self) -> None:
        intake = Inbox(10)
        for _ in range(3):
            self.assertTrue(intake.put(key('t', 1)))
        self.assertEqual(1, len(intake))
        self.assertEqual(('', key('t', 1)), intake.take())
        self.assertTrue(intake.put(key('t', 1)))
        self.assertEqual(('', key('t', 1)), intake.take())
        self.assertIsNone(intake.take())

    def test_of_which_traversals_much_waits(self) -> None:
        intake = Inbox(10)
        for traversal, count in (('large', 4), ('small', 2)):
            for number in range(count):
                intake.put(key(traversal, number))
        self.assertEqual(
            (['large', 'small'], ['large'], []), tuple(map(intake.backlog, (1, 2, 4)))
        )

    def test_so_many_and_no_more(self) -> None:
        intake = Inbox(2)
        self.assertEqual([True, True, False], [intake.put(key('t', one)) for one in range(3)])
        self.assertTrue(intake.put(key('t', 0)))
        intake.take()
        self.assertTrue(intake.put(key('t', 2)))

    def test_turns_among_projects_once_they_are_known(self) -> None:
        intake = Inbox(100)
        for number in range(10):
            for traversal in ('t1', 't2', 't3'):
                intake.put(key(traversal, number))
        for traversal, project in (('t1', 'p'), ('t2', 'p'), ('t3', 'q')):
            intake.learn(traversal, project)
            intake.learn(traversal, project)
        found = Counter(intake.take()[1].traversal_id for _ in range(8))  # type: ignore[index]
        self.assertEqual({'t1': 2, 't2': 2, 't3': 4}, found)

    def test_not_everything_is_remembered(self) -> None:
        intake = Inbox(1)
        for number in range(intake.KNOWN + 5):
            intake.learn(f't{number}', 'p')
        self.assertEqual(intake.KNOWN, len(intake._project_of))


class FairPoolTest(testtools.TestCase):
    def test_small_stack_is_next(self) -> None:
        pool = FairPool(1, 'test')
        gate, order = threading.Event(), []
        pool.submit('p', 'large', gate.wait, WAIT_SECONDS)
        for number in range(3):
            pool.submit('p', 'large', order.append, f'large {number}')
        pool.submit('p', 'small', order.append, 'small')
        gate.set()
        pool.close()
        self.assertIn('small', order[:2])
        self.assertEqual(4, len(order))
