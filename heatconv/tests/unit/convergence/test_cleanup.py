"""What a cleanup decides, and how interrupted operations are settled."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from heatconv.convergence import cleanup, dead_claims, roots, settle, states
from heatconv.convergence.check import View
from heatconv.convergence.model import (
    ALL,
    UPDATES,
    Action,
    Kind,
    NodeKey,
    NodeStatus,
    Reality,
    Status,
    Verb,
)
from heatconv.convergence.step import RowGuard, Step
from heatconv.tests.unit.convergence.rows import (
    CHECK_FAILED,
    CREATE_FAILED,
    CREATED,
    CREATING,
    DELETE_FAILED,
    DELETING,
    INIT,
    LEASE,
    UPDATE_FAILED,
    UPDATED,
    UPDATING,
    cleanup_key,
    node,
    row,
    seen,
    stack,
    update_key,
)


def begin(subject: Any, **changes: Any) -> Step:
    known = node(cleanup_key('a1'), 'a1')
    view = View(known, stack(), subject)
    return cleanup.begin(dataclasses.replace(view, **changes), LEASE)


class CleanupTest(testtools.TestCase):
    def test_row_that_the_update_ended_on_stays(self) -> None:
        step = begin(row('a1'), serving=True)
        self.assertEqual((None, None), (step.commit.row, step.call))
        self.assertEqual(NodeStatus.DONE, step.commit.node.now)

    def test_row_that_is_gone_is_done(self) -> None:
        step = begin(None)
        self.assertEqual(NodeStatus.DONE, step.commit.node.now)
        self.assertIsNone(step.commit.row)

    def test_row_never_begun_goes_without_a_call(self) -> None:
        step = begin(row('a1', INIT))
        self.assertEqual((None, None), (step.commit.row.saved, step.call))
        self.assertEqual(RowGuard.UNCLAIMED, step.commit.row.guard)

    def test_whatever_was_begun_is_deleted_by_token(self) -> None:
        for state in (CREATED, UPDATED, CREATING, CREATE_FAILED, DELETING, DELETE_FAILED):
            step = begin(row('a1', state, physical_id=None, suspect=True))
            self.assertEqual((Verb.DELETE, 'a1'), (step.call.verb, step.call.row.token))
            saved = step.commit.row.saved
            self.assertEqual(
                (states.DELETING, LEASE, False), (states.state(saved), saved.claim, saved.suspect)
            )
            self.assertEqual(NodeStatus.RUNNING, step.commit.node.now)

    def test_retained_resource_loses_its_row_only(self) -> None:
        step = begin(row('a1', deletion_policy='Retain'))
        self.assertEqual((None, None), (step.commit.row.saved, step.call))
        self.assertEqual(
            [(Status.IN_PROGRESS, 'state changed'), (Status.COMPLETE, 'retained')],
            [(event.status, event.reason) for event in step.commit.events],
        )

    def test_claimed_row_is_left_to_whoever_finishes(self) -> None:
        self.assertIsNone(begin(row('a1', UPDATING, claim='other')).commit)

    def test_node_that_is_not_ready_is_left_alone(self) -> None:
        self.assertIsNone(begin(row('a1'), node=None).commit)
        waiting = node(cleanup_key('a1'), 'a1', status=NodeStatus.WAITING)
        self.assertIsNone(begin(row('a1'), node=waiting).commit)

    def finish(self, reality: Reality, **changes: Any) -> Step:
        claimed = row('a1', DELETING, claim=LEASE)
        return cleanup.finish(cleanup_key('a1'), claimed, seen(reality, **changes), 'wish', 1.0)

    def test_row_goes_when_the_resource_is_gone(self) -> None:
        step = self.finish(Reality.ABSENT)
        self.assertEqual((RowGuard.MINE, None), (step.commit.row.guard, step.commit.row.saved))
        self.assertTrue(step.commit.late_stands)
        self.assertEqual(
            (Action.DELETE, Status.COMPLETE),
            (step.commit.events[0].action, step.commit.events[0].status),
        )

    def test_resource_still_there_is_looked_at_again(self) -> None:
        self.assertTrue(self.finish(Reality.PENDING).wait)
        self.assertTrue(self.finish(Reality.READY).wait)

    def test_failed_delete_fails_the_stack(self) -> None:
        step = self.finish(Reality.FAILED, reason='busy')
        self.assertEqual(states.DELETE_FAILED, states.state(step.commit.row.saved))
        self.assertIn('resources.A: busy', step.commit.failure.reason)
        self.assertIsNone(step.commit.row.saved.claim)


class SettleTest(testtools.TestCase):
    def settled(self, before: Any, reality: Reality = Reality.READY, **changes: Any) -> Any:
        step = settle.finish(update_key(), before, seen(reality, **changes))
        saved = step.commit.row.saved
        self.assertEqual((None, before.version + 1), (saved.claim, saved.version))
        self.assertEqual(NodeStatus.READY, step.commit.node.now)
        self.assertEqual('a1', step.wakes)
        self.assertTrue(step.commit.late_stands)
        return saved

    def test_create_that_came_through_is_found_again(self) -> None:
        saved = self.settled(row('a1', CREATING), properties=None)
        self.assertEqual(
            (states.CREATED, 'physical', {'p': 1, 'r': 1}),
            (states.state(saved), saved.physical_id, saved.properties),
        )

    def test_create_that_never_happened_has_no_physical_id(self) -> None:
        saved = self.settled(row('a1', CREATING, physical_id='x'), Reality.ABSENT)
        self.assertEqual((states.CREATE_FAILED, None), (states.state(saved), saved.physical_id))

    def test_what_yields_is_not_waited_for(self) -> None:
        step = settle.finish(update_key(), row('a1', UPDATING), seen(Reality.PENDING))
        self.assertTrue(step.wait)
        saved = self.settled(row('a1', UPDATING), Reality.PENDING, yields=True)
        self.assertEqual(states.UPDATE_FAILED, states.state(saved))
        saved = self.settled(row('a1', CREATING), Reality.PENDING, yields=True)
        self.assertEqual(
            (states.CREATE_FAILED, 'physical'), (states.state(saved), saved.physical_id)
        )

    def test_create_that_failed_is_to_be_replaced(self) -> None:
        saved = self.settled(row('a1', CREATING), Reality.FAILED, reason='why')
        self.assertEqual(
            (states.CREATE_FAILED, 'physical', 'why'),
            (states.state(saved), saved.physical_id, saved.reason),
        )

    def test_update_is_compared_with_what_is_observed(self) -> None:
        saved = self.settled(row('a1', UPDATING), properties={'p': 3})
        self.assertEqual((states.UPDATED, {'p': 3}), (states.state(saved), saved.properties))

    def test_update_of_which_nothing_is_known_is_done_again(self) -> None:
        saved = self.settled(row('a1', UPDATING), properties=None)
        self.assertEqual(states.UPDATE_FAILED, states.state(saved))

    def test_update_that_failed(self) -> None:
        saved = self.settled(row('a1', UPDATING), Reality.FAILED, reason='')
        self.assertEqual(states.UPDATE_FAILED, states.state(saved))

    def test_suspect_row_takes_what_is_real(self) -> None:
        for state in (CREATED, UPDATED, UPDATE_FAILED, CHECK_FAILED):
            saved = self.settled(row('a1', state), properties={'p': 4})
            self.assertEqual((state, {'p': 4}), (states.state(saved), saved.properties))
        self.assertEqual(
            CHECK_FAILED, states.state(self.settled(row('a1', CHECK_FAILED), properties=None))
        )
        saved = self.settled(row('a1'), properties=None)
        self.assertEqual(states.UPDATE_FAILED, states.state(saved))

    def test_operation_under_way_is_waited_for(self) -> None:
        self.assertTrue(settle.finish(None, row('a1', CREATING), seen(Reality.PENDING)).wait)

    def test_every_settlement_is_a_transition(self) -> None:
        for state in (
            CREATING,
            CREATED,
            CREATE_FAILED,
            UPDATING,
            UPDATED,
            UPDATE_FAILED,
            CHECK_FAILED,
        ):
            for reality in (Reality.READY, Reality.FAILED, Reality.ABSENT):
                for properties in (None, {'p': 1}):
                    saved = self.settled(row('a1', state), reality, properties=properties)
                    self.assertTrue(
                        states.allowed(state, states.state(saved)),
                        (state, reality, states.state(saved)),
                    )

    def test_stray_is_settled_without_a_node(self) -> None:
        step = settle.begin(row('a1', CREATING), LEASE, None)
        self.assertIsNone(step.commit.node)
        self.assertIsNone(settle.finish(None, row('a1', CREATING), seen()).commit.node)


class RecoveryTest(testtools.TestCase):
    def test_claim_of_the_dead_is_void_and_the_doubt_stays(self) -> None:
        dead_claim = dead_claims.DeadClaim(row('a1', CREATING, claim='dead'), update_key())
        step = dead_claims.void(dead_claim, 99.0)
        saved = step.commit.row.saved
        self.assertEqual((None, 2, True), (saved.claim, saved.version, saved.suspect))
        self.assertEqual(RowGuard.DEAD_CLAIM, step.commit.row.guard)
        self.assertEqual(
            (NodeStatus.RUNNING, NodeStatus.READY), (step.commit.node.was, step.commit.node.now)
        )
        self.assertEqual('a1', step.wakes)

    def test_doomed_row_is_simply_deleted_again(self) -> None:
        step = dead_claims.void(dead_claims.DeadClaim(row('a1', DELETING, claim='dead')), 99.0)
        self.assertFalse(step.commit.row.saved.suspect)
        self.assertIsNone(step.commit.node)


class ClosingTest(testtools.TestCase):
    def test_roots_close_the_updates_and_the_traversal(self) -> None:
        for name, ends in ((UPDATES, False), (ALL, True)):
            key = NodeKey('t1', Kind.ROOT, name)
            step = roots.begin(View(node(key, None), stack()))
            self.assertEqual(('s', ends), (step.commit.root.stack_id, step.commit.root.ends))

    def test_root_closes_once(self) -> None:
        key = NodeKey('t1', Kind.ROOT, ALL)
        done = node(key, None, status=NodeStatus.DONE)
        self.assertIsNone(roots.begin(View(done, stack())).commit)
        self.assertIsNone(roots.begin(View(None)).commit)


class StatesTest(testtools.TestCase):
    def test_nothing_returns_to_init(self) -> None:
        for after in states.TRANSITIONS.values():
            self.assertNotIn(states.INIT, after)

    def test_the_doomed_stay_doomed(self) -> None:
        for before in (DELETING, DELETE_FAILED):
            for after in states.TRANSITIONS[before]:
                self.assertIn(after, (DELETING, DELETE_FAILED))

    def test_every_state_has_its_transitions(self) -> None:
        known = set(states.TRANSITIONS)
        self.assertEqual(14, len(known))
        for after in states.TRANSITIONS.values():
            self.assertLessEqual(set(after), known)
