"""What requests do to a stack; and that the invariants see what is wrong."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import testtools

from heatconv.convergence import invariants
from heatconv.convergence import stack as rules
from heatconv.convergence.model import (
    ALL,
    INSPECTIONS,
    Action,
    Kind,
    NodeKey,
    NodeStatus,
    Stack,
    Status,
)
from heatconv.convergence.step import Failure
from heatconv.tests.unit.convergence.rows import (
    CREATING,
    TRAVERSAL,
    cleanup_key,
    node,
    row,
    stack,
    update_key,
)


class TimeoutTest(testtools.TestCase):
    def test_stack_past_its_deadline_fails_and_wishes_nothing(self) -> None:
        late = stack(status=Status.IN_PROGRESS, deadline=10.0, disable_rollback=True, wish_id='w')
        made = rules.time_out(late, 10.0, 'w2')
        assert made is not None
        failed, events = made
        self.assertEqual(
            (Status.FAILED, None, 10.0), (failed.status, failed.wish_id, failed.deadline)
        )
        self.assertIn('timed out', failed.reason)
        self.assertEqual(['FAILED'], [event.status for event in events])

    def test_rollback_after_it_has_a_deadline_of_its_own(self) -> None:
        late = stack(
            status=Status.IN_PROGRESS, deadline=10.0, timeout_mins=1, disable_rollback=False
        )
        made = rules.time_out(late, 11.0, 'w2')
        assert made is not None
        rolling = made[0]
        self.assertEqual(
            (Action.ROLLBACK, 'w2', 71.0), (rolling.action, rolling.wish_id, rolling.deadline)
        )

    def test_stack_with_time_left_or_at_rest_goes_on(self) -> None:
        late = stack(status=Status.IN_PROGRESS, deadline=10.0)
        self.assertIsNone(rules.time_out(late, 9.9, 'w'))
        rests = dataclasses.replace(late, status=Status.COMPLETE)
        self.assertIsNone(rules.time_out(rests, 11.0, 'w'))
        endless = dataclasses.replace(late, deadline=None)
        self.assertIsNone(rules.time_out(endless, 11.0, 'w'))


class RollbackTest(testtools.TestCase):
    def test_complete_stack_has_nothing_to_roll_back(self) -> None:
        self.assertIsNone(rules.rollback(stack(status=Status.COMPLETE), 'w'))

    def test_stack_on_its_way_to_the_last_good_template_goes_on(self) -> None:
        self.assertIsNone(rules.rollback(stack(template_id='old'), 'w'))
        wished = stack(wish_id='x', wish_template_id='old')
        self.assertIsNone(rules.rollback(wished, 'w'))

    def test_goes_to_the_last_good_template_not_to_the_previous(self) -> None:
        failed = stack(status=Status.FAILED, previous_template_id='failed too')
        rolling, events = rules.rollback(failed, 'w')
        self.assertEqual(
            (Action.ROLLBACK, 'old', 'w'),
            (rolling.action, rolling.wish_template_id, rolling.wish_id),
        )
        self.assertEqual(Status.IN_PROGRESS, events[0].status)

    def test_failed_rollback_can_be_rolled_back_again(self) -> None:
        failed = stack(action=Action.ROLLBACK, status=Status.FAILED, template_id='old')
        self.assertIsNotNone(rules.rollback(failed, 'w'))

    def test_failed_create_goes_to_nothing(self) -> None:
        rolling, _ = rules.rollback(stack(status=Status.FAILED, last_good_id=None), 'w')
        self.assertIsNone(rolling.wish_template_id)


class RequestTest(testtools.TestCase):
    def test_later_wish_wins(self) -> None:
        first, _ = rules.wish(stack(), Action.UPDATE, 'x', 'w1')
        second, events = rules.wish(first, Action.DELETE, None, 'w2')
        self.assertEqual(
            (Action.DELETE, 'w2', None, None),
            (second.action, second.wish_id, second.wish_template_id, second.newest_template_id),
        )
        self.assertEqual(('new', TRAVERSAL), (second.template_id, second.traversal_id))
        self.assertEqual(
            (None, 'OS::Heat::Stack'), (events[0].resource_name, events[0].resource_type)
        )

    def test_cancelled_stack_has_failed_and_wishes_nothing(self) -> None:
        after, _ = rules.cancel(stack(wish_id='w', deadline=9.0))
        self.assertEqual((Status.FAILED, None, 9.0), (after.status, after.wish_id, after.deadline))


class LooksTest(testtools.TestCase):
    def test_a_look_changes_no_template_that_is_remembered(self) -> None:
        for action in INSPECTIONS:
            before = stack(template_id='now', previous_template_id='before', last_good_id='good')
            wished, _ = rules.wish(before, action, 'now', 'w')
            after = rules.record_last_good(rules.prepared(wished, 't'))
            self.assertEqual(
                ('now', 'before', 'good'),
                (after.template_id, after.previous_template_id, after.last_good_id),
            )


class InvariantsTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.rows = [row('a1', CREATING, claim='me')]
        root = NodeKey(TRAVERSAL, Kind.ROOT, ALL)
        self.nodes = {
            'update': node(
                update_key(), 'a1', status=NodeStatus.RUNNING, successors=((Kind.CLEANUP, 'a1'),)
            ),
            'cleanup': node(
                cleanup_key('a1'),
                'a1',
                status=NodeStatus.WAITING,
                blockers=1,
                successors=((Kind.ROOT, ALL),),
            ),
            'root': node(root, None, status=NodeStatus.WAITING, blockers=1),
        }

    def wrong(self, **changes: Any) -> str:
        found = invariants.violations(stack(**changes), self.rows, self.nodes.values())
        return '; '.join(found)

    def test_nothing_is_wrong(self) -> None:
        self.assertEqual('', self.wrong())

    def test_row_nobody_looks_after(self) -> None:
        self.rows.append(row('x1'))
        self.assertIn('no node is about row x1', self.wrong())

    def test_running_without_a_claim(self) -> None:
        self.rows = [row('a1')]
        self.assertIn('no lease claims a1', self.wrong())

    def test_wrong_count(self) -> None:
        self.nodes['cleanup'] = node(
            cleanup_key('a1'),
            'a1',
            status=NodeStatus.WAITING,
            blockers=2,
            successors=((Kind.ROOT, ALL),),
        )
        self.assertIn('has 2 blockers, not 1', self.wrong())

    def test_waiting_for_nothing(self) -> None:
        self.nodes['cleanup'] = node(
            cleanup_key('a1'), 'a1', blockers=1, successors=((Kind.ROOT, ALL),)
        )
        self.assertIn('is ready with 1 blockers', self.wrong())

    def test_node_of_an_old_traversal(self) -> None:
        self.assertIn('not of the current traversal', self.wrong(traversal_id='t2'))

    def test_nodes_of_a_stack_at_rest(self) -> None:
        self.assertIn('UPDATE FAILED has nodes', self.wrong(status=Status.FAILED))

    def test_in_progress_with_nothing_to_do(self) -> None:
        self.nodes = {}
        self.assertIn('neither nodes nor a wish', self.wrong())
        self.assertEqual('', self.wrong(wish_id='w'))

    def test_cycle(self) -> None:
        self.nodes = {
            'update': node(
                update_key(),
                'a1',
                status=NodeStatus.RUNNING,
                blockers=1,
                successors=((Kind.UPDATE, 'A'),),
            )
        }
        self.assertIn('cycle', self.wrong())

    def test_successor_that_is_not_there(self) -> None:
        del self.nodes['root']
        self.assertIn('the successor r all does not exist', self.wrong())

    def test_deleted_stack_with_rows(self) -> None:
        self.nodes = {}
        self.assertIn('has rows', self.wrong(action=Action.DELETE, status=Status.COMPLETE))

    def test_at_rest(self) -> None:
        found = '; '.join(invariants.at_rest(stack(), self.rows, self.nodes.values()))
        for wrong in ('UPDATE is IN_PROGRESS', 'is claimed', 'unsettled'):
            self.assertIn(wrong, found)
        self.assertEqual([], invariants.at_rest(stack(status=Status.COMPLETE), [row('a1')], []))


class GivesUpTest(testtools.TestCase):
    def wish(self, action: Action, **changes: Any) -> Stack:
        return rules.wish(stack(**changes), action, 'template', 'w')[0]

    def test_what_was_cancelled_or_came_too_late_is_waited_for_by_nobody(self) -> None:
        cancelled, _ = rules.cancel(stack())
        made = rules.time_out(stack(deadline=10.0, disable_rollback=True), 10.0, 'w')
        assert made is not None
        for failed in (cancelled, made[0]):
            self.assertTrue(failed.gives_up)
            again, _ = rules.wish(failed, Action.UPDATE, 'template', 'w')
            self.assertTrue(again.gives_up)
            once_more, _ = rules.wish(again, Action.UPDATE, 'template', 'w')
            self.assertTrue(once_more.gives_up)
            self.assertFalse(rules.end_traversal(replace(again, wish_id=None))[0].gives_up)

    def test_rollback_waits_for_nothing_and_what_follows_it_does(self) -> None:
        rolling = self.wish(Action.ROLLBACK)
        self.assertTrue(rolling.gives_up)
        self.assertFalse(rules.wish(rolling, Action.UPDATE, 'template', 'w')[0].gives_up)

    def test_ordinary_requests_wait(self) -> None:
        for action in (Action.CREATE, Action.UPDATE, Action.DELETE):
            self.assertFalse(self.wish(action).gives_up)
        failed, _ = rules.fail(stack(disable_rollback=True), Failure('s', 'why', 'w', 1.0), False)
        self.assertFalse(failed.gives_up)
