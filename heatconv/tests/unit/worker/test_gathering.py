"""Calls that wait for each other share bulk calls; others are made at once."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Sequence
from typing import Any

import testtools

from heatconv.convergence.model import Observation, Reality, Verb
from heatconv.convergence.step import Call
from heatconv.runtime import effects
from heatconv.tests.unit.convergence.rows import row
from heatconv.worker.call_batches import GATHERING, CallBatches
from heatconv.worker.lanes import SWEEP, Entry

LIMIT = 10
WAIT_SECONDS = 10


class Slow:
    """Makes bulk calls that end when they may."""

    def __init__(self, gathers: bool) -> None:
        self.gathers = lambda effect: gathers
        self.batches: list[int] = []
        self.may_end = threading.Semaphore(0)
        self.fails = False

    def bulk(self, effect: Any) -> int:
        return LIMIT

    def perform_many(self, calls: Sequence[Any]) -> list[Observation]:
        self.batches.append(len(calls))
        self.may_end.acquire(timeout=WAIT_SECONDS)
        if self.fails:
            raise SystemExit
        return [Observation(Reality.READY, call.call.row.id) for call in calls]


class GatheringTest(testtools.TestCase):
    def batches(self, caller: Any) -> CallBatches:
        self.delivered: list[Entry] = []
        made = CallBatches(caller, 8, self.delivered.append, lambda: None)
        self.addCleanup(made.pool.close)
        return made

    def submit(self, calls: CallBatches, *names: str, verb: Verb = Verb.CREATE) -> None:
        task: Any = None
        for name in names:
            entry = Entry(('project', 'stack'), task, None)
            call = Call(verb, row(name), {})
            calls.submit([(entry, effects.CallPlugin(call, 'project', 'stack'))])

    def occupy(self, calls: CallBatches, caller: Slow) -> None:
        """Have as many bulk calls in progress as may be while others wait."""
        for number in range(GATHERING):
            self.submit(calls, f'first{number}')
            self.wait(lambda number=number: len(caller.batches) == number + 1)

    def wait(self, condition: Any) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.002)

    def test_calls_share_what_comes_after_the_calls_in_progress(self) -> None:
        caller = Slow(True)
        calls = self.batches(caller)
        self.occupy(calls, caller)
        names = [f'n{number}' for number in range(2 * LIMIT + 3)]
        self.submit(calls, *names)
        self.assertEqual([1] * GATHERING, caller.batches)
        caller.may_end.release(100)
        self.wait(lambda: len(self.delivered) == GATHERING + len(names))
        self.assertEqual(
            sorted([LIMIT, LIMIT, 3]), sorted(caller.batches[GATHERING:]), 'in full batches'
        )
        first = [f'first{number}' for number in range(GATHERING)]
        seen = [entry.answer.physical_id for entry in self.delivered]
        self.assertEqual(sorted([*first, *names]), sorted(seen), 'each once')
        self.wait(lambda: not calls._gathering)
        self.assertEqual({}, calls._waiting)
        self.submit(calls, 'later')
        self.wait(lambda: len(self.delivered) == GATHERING + len(names) + 1)

    def test_another_verb_does_not_wait(self) -> None:
        caller = Slow(True)
        calls = self.batches(caller)
        self.occupy(calls, caller)
        self.submit(calls, 'waits')
        self.submit(calls, 'e', verb=Verb.DELETE)
        self.wait(lambda: len(caller.batches) == GATHERING + 1)
        caller.may_end.release(100)

    def test_tasks_of_the_sweep_share_no_calls_between_stacks_and_projects(self) -> None:
        caller = Slow(True)
        caller.may_end.release(100)
        calls = self.batches(caller)
        task: Any = None
        questions = [
            (
                Entry(SWEEP, task, None),
                effects.CallPlugin(
                    Call(Verb.OBSERVE, dataclasses.replace(row('A'), stack_id=stack), {}),
                    project,
                    'name',
                ),
            )
            for project, stack in (('p1', 's1'), ('p1', 's2'), ('p2', 's1'), ('p1', 's1'))
        ]
        calls.submit(questions)
        self.wait(lambda: len(self.delivered) == len(questions))
        self.assertEqual([1, 1, 2], sorted(caller.batches))

    def test_calls_of_other_types_are_made_at_once(self) -> None:
        caller = Slow(False)
        calls = self.batches(caller)
        self.submit(calls, *'abcdef')
        self.wait(lambda: caller.batches == [1] * 6)
        caller.may_end.release(100)

    def test_thread_that_ends_lets_the_others_go_on(self) -> None:
        caller = Slow(True)
        calls = self.batches(caller)
        self.occupy(calls, caller)
        self.submit(calls, 'waits')
        caller.fails = True
        caller.may_end.release()
        self.wait(lambda: sum(caller.batches) == 3)
        caller.fails = False
        caller.may_end.release(100)
        self.wait(lambda: len(self.delivered) >= 2)
