"""Rows whose operation was interrupted, and that no node is about, are settled."""

from __future__ import annotations

import dataclasses
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.dead_claims import DeadClaim
from heatconv.convergence.step import Commit, RowGuard, RowWrite
from heatconv.resources.plugin import Resource
from heatconv.resources.test_resource import TestResource
from heatconv.runtime import effects
from heatconv.tests.unit.engine.parts import thing
from heatconv.tests.unit.worker.checking import A, CheckTestCase


class SettleTest(CheckTestCase):
    def interrupted(self, resources: Any = A, performed: bool = True) -> dict[str, str]:
        """Have a create interrupted whose stack has failed meanwhile."""
        identity, task = self.begun({**resources, 'B': thing(properties={'fail': True})})
        task.until(effects.CallPlugin)
        if performed:
            task.step()
        self.checking(self.key('B')).go_on()
        self.parts.crash()
        row = self.rows(identity)['A']
        self.parts.run(self.parts.checker().recovery.void(DeadClaim(row)))
        return identity

    def settled(self, identity: Any) -> Any:
        row = self.store.unsettled_rows(10)[0]
        self.parts.run(self.parts.checker().recovery.settle(row))
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
        self.assertEqual([], self.store.unsettled_rows(10))

    def test_of_two_that_settle_one_does(self) -> None:
        self.interrupted()
        row = self.store.unsettled_rows(10)[0]
        first = self.parts.start(self.parts.checker().recovery.settle(row))
        second = self.parts.start(self.parts.checker().recovery.settle(row))
        first.until(effects.CallPlugin)
        self.assertTrue(second.go_on())
        self.assertEqual(2, second.answered)
        first.go_on()
        self.assertEqual([], self.store.unsettled_rows(10))

    def test_lease_that_runs_out_leaves_it_to_others(self) -> None:
        identity = self.interrupted()
        task = self.parts.start(
            self.parts.checker().recovery.settle(self.store.unsettled_rows(10)[0])
        )
        task.until(effects.CallPlugin)
        self.parts.clock.time += 7
        self.assertTrue(task.go_on())
        self.assertIsNotNone(self.rows(identity)['A'].claim)
        self.parts.recover()
        self.assertEqual(states.CREATED, states.state(self.rows(identity)['A']))


class AftermathTest(CheckTestCase):
    """What the holder of a void claim does after all, and dies before it says so."""

    def late(self) -> tuple[dict[str, str], Any]:
        """Have a create that a zombie is about to begin, and its claim voided."""
        identity, task = self.begun()
        task.until(effects.CallPlugin)
        self.parts.crash()
        self.parts.run(self.parts.checker().recovery.void(self.store.dead_claims(1)[0]))
        return identity, task

    def follow_up(self, seconds: float) -> None:
        self.parts.elapse(seconds)
        for left in self.store.orphan_checks(self.parts.clock.time, 10):
            self.parts.run(self.parts.checker().recovery.follow_up(left))

    def test_what_was_made_for_a_row_that_is_gone_is_deleted(self) -> None:
        identity, zombie = self.late()
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        zombie.act()  # and dies
        self.assertEqual(1, len(self.parts.records.all()))
        self.follow_up(59)
        self.assertEqual(1, len(self.parts.records.all()))
        self.follow_up(1)
        self.assertEqual([], self.parts.records.all())

    def test_it_is_looked_for_several_times_and_then_forgotten(self) -> None:
        identity, zombie = self.late()
        self.call('delete_stack', identity)
        self.parts.rest()
        for seconds in (60, 600):
            self.follow_up(seconds)
        zombie.act()
        self.follow_up(3_600)
        self.assertEqual([], self.parts.records.all())
        self.follow_up(3_600)
        self.assertEqual([], self.store.orphan_checks(1e12, 10))

    def test_what_cannot_be_deleted_yet_is_not_forgotten(self) -> None:
        slow = {'A': thing(properties={'action_wait_secs': {'delete': 5_000}})}
        identity, zombie = self.begun(slow)
        zombie.until(effects.CallPlugin)
        self.parts.crash()
        self.parts.run(self.parts.checker().recovery.void(self.store.dead_claims(1)[0]))
        self.call('delete_stack', identity)
        self.parts.rest()
        zombie.act()
        for seconds in (60, 600, 3_600):
            self.follow_up(seconds)
        self.assertEqual(1, len(self.parts.records.all()))
        self.follow_up(3_600)
        self.assertEqual([], self.parts.records.all())
        self.assertEqual([], self.store.orphan_checks(1e12, 10))

    def test_row_that_is_there_is_looked_at_again(self) -> None:
        identity, _ = self.late()
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        token = self.rows(identity)['A'].token
        record = self.parts.records.get(token)
        assert record is not None
        changed = {**record.properties, 'value': 'of a zombie'}
        self.parts.records.replace(dataclasses.replace(record, properties=changed))
        self.follow_up(600)
        self.assertTrue(self.rows(identity)['A'].suspect)
        self.parts.sweep()
        row = self.rows(identity)['A']
        self.assertEqual((False, changed), (row.suspect, row.properties))

    def test_what_is_retained_is_no_leftover(self) -> None:
        resources = {'A': thing(deletion_policy='Retain')}
        identity, _ = self.begun(resources)
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.update(identity, resources)
        self.prepared(identity)
        self.parts.rest()
        zombie = self.parts.records.all()[0].token
        self.store.commit([self.claimed(identity)])
        self.parts.recover()
        self.assertNotEqual([], self.store.orphan_checks(1e12, 10))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        for seconds in (600, 3_600, 3_600):
            self.follow_up(seconds)
        self.assertEqual([zombie], [one.token for one in self.parts.records.all()])

    def test_who_read_of_it_before_it_was_retained_leaves_it_alone(self) -> None:
        identity = self.made({'A': thing(deletion_policy='Retain')})
        self.store.commit([self.claimed(identity)])
        self.parts.recover()
        (left,) = self.store.orphan_checks(1e12, 10)
        self.call('delete_stack', identity)
        self.parts.rest()
        self.parts.run(self.parts.checker().recovery.follow_up(left))
        self.assertEqual(1, len(self.parts.records.all()))

    def claimed(self, identity: Any) -> Commit:
        """Have the row claimed by a process that is no more."""
        row = self.rows(identity)['A']
        claimed = dataclasses.replace(row, claim='dead', version=row.version + 1)
        return Commit(RowWrite(RowGuard.UNCLAIMED, row, claimed))

    def test_row_that_is_going_is_left_to_its_delete(self) -> None:
        identity, _ = self.late()
        self.parts.recover()
        self.serve(Undying)
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_FAILED', self.state(identity))
        self.follow_up(600)
        self.assertFalse(self.rows(identity)['A'].suspect)


class Undying(TestResource):
    def delete(self, resource: Resource) -> None:
        raise RuntimeError('never')
