"""Rows whose operation was interrupted, and that no node is about, are settled."""

from __future__ import annotations

from typing import Any

from heatconv import effects
from heatconv.convergence import states
from heatconv.convergence.recovery import Orphan
from heatconv.tests.unit.engine.parts import thing
from heatconv.tests.unit.worker.checking import A, CheckTestCase


class SettleTest(CheckTestCase):
    def interrupted(self, resources: Any = A, performed: bool = True) -> dict[str, str]:
        """Have a create interrupted whose stack has failed meanwhile."""
        identity, task = self.begun({**resources, 'B': thing(properties={'fail': True})})
        task.until(effects.Perform)
        if performed:
            task.step()
        self.checking(self.key('B')).go_on()
        self.parts.crash()
        row = self.rows(identity)['A']
        self.parts.run(self.parts.checker().void(Orphan(row)))
        return identity

    def settled(self, identity: Any) -> Any:
        row = self.store.strays(10)[0]
        self.parts.run(self.parts.checker().settle(row))
        self.assertEqual(self.rows(identity)['A'].id, row.id)
        return self.rows(identity)['A']

    def test_what_is_real_is_saved(self) -> None:
        row = self.settled(self.interrupted())
        self.assertEqual((states.CREATED, None), (states.state(row), row.claim))
        self.assertRegex(row.physical_id, '^stack-A-0+')

    def test_what_is_not_there_has_failed(self) -> None:
        row = self.settled(self.interrupted(performed=False))
        self.assertEqual(
            (states.CREATE_FAILED, None, None), (states.state(row), row.claim, row.physical_id)
        )

    def test_what_is_still_under_way_is_left_to_the_next_sweep(self) -> None:
        identity = self.interrupted({'A': thing(properties={'wait_secs': 5})})
        row = self.settled(identity)
        self.assertEqual((states.CREATING, None), (states.state(row), row.claim))
        self.parts.elapse(5)
        self.assertEqual(states.CREATED, states.state(self.settled(identity)))

    def test_what_never_ends_is_given_up_when_the_time_of_the_stack_is_over(self) -> None:
        identity = self.interrupted({'A': thing(properties={'wait_secs': -1})})
        self.assertEqual(states.CREATING, states.state(self.settled(identity)))
        self.parts.elapse(3_600)
        self.assertEqual(states.CREATE_FAILED, states.state(self.settled(identity)))
        self.assertEqual([], self.store.strays(10))

    def test_of_two_that_settle_one_does(self) -> None:
        self.interrupted()
        row = self.store.strays(10)[0]
        first = self.parts.start(self.parts.checker().settle(row))
        second = self.parts.start(self.parts.checker().settle(row))
        first.until(effects.Perform)
        self.assertTrue(second.go_on())
        self.assertEqual(2, second.answered)
        first.go_on()
        self.assertEqual([], self.store.strays(10))

    def test_lease_that_runs_out_leaves_it_to_others(self) -> None:
        identity = self.interrupted()
        task = self.parts.start(self.parts.checker().settle(self.store.strays(10)[0]))
        task.until(effects.Perform)
        self.parts.clock.time += 7
        self.assertTrue(task.go_on())
        self.assertIsNotNone(self.rows(identity)['A'].claim)
        self.parts.recover()
        self.assertEqual(states.CREATED, states.state(self.rows(identity)['A']))
