"""The guards of commits, each with what happens without it."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools

from heatconv.convergence import commit as guards
from heatconv.convergence.model import (
    ALL,
    UPDATES,
    Action,
    Kind,
    NodeKey,
    NodeStatus,
    Status,
)
from heatconv.convergence.step import (
    Commit,
    Failure,
    NodeWrite,
    RootDone,
    RowGuard,
    RowWrite,
    Verdict,
)
from heatconv.tests.unit.convergence.rows import (
    CREATING,
    INIT,
    TRAVERSAL,
    cleanup_key,
    locked,
    node,
    row,
    stack,
    update_key,
)

ROOT_ALL = NodeKey(TRAVERSAL, Kind.ROOT, ALL)
ROOT_UPDATES = NodeKey(TRAVERSAL, Kind.ROOT, UPDATES)


def write(guard: RowGuard, read: Any, **changes: Any) -> RowWrite:
    return RowWrite(guard, read, dataclasses.replace(read, version=read.version + 1, **changes))


def done(key: NodeKey, subject: str | None, was: NodeStatus = NodeStatus.RUNNING) -> NodeWrite:
    return NodeWrite(key, was, subject, NodeStatus.DONE)


class RowGuardTest(testtools.TestCase):
    def verdict(self, guard: RowGuard, read: Any, stored: Any) -> Verdict:
        holds = locked() if stored is None else locked(stored)
        before = dict(holds.rows)
        verdict = guards.apply(Commit(row=write(guard, read)), holds).verdict
        if verdict == Verdict.REFUSED:
            self.assertEqual((before, {}), (holds.rows, holds.rows_saved))
        return verdict

    def test_two_operations_at_once(self) -> None:
        read = row('a1', INIT)
        for stored in (
            row('a1', INIT, claim='other'),
            row('a1', INIT, version=9),
            None,
            row('a1', INIT, suspect=True),
        ):
            self.assertEqual(Verdict.REFUSED, self.verdict(RowGuard.UNCLAIMED, read, stored))
        self.assertEqual(Verdict.STANDS, self.verdict(RowGuard.UNCLAIMED, read, read))

    def test_zombie_overwrites(self) -> None:
        read = row('a1', CREATING, claim='me', version=2)
        for stored in (row('a1', CREATING, version=3), None):
            self.assertEqual(Verdict.REFUSED, self.verdict(RowGuard.MINE, read, stored))
        self.assertEqual(Verdict.STANDS, self.verdict(RowGuard.MINE, read, read))

    def test_claim_of_the_living_is_taken(self) -> None:
        read = row('a1', CREATING, claim='dead', version=2)
        for stored in (
            row('a1', CREATING, claim='other', version=2),
            row('a1', CREATING, version=2),
            row('a1', CREATING, claim='dead', version=4),
        ):
            self.assertEqual(Verdict.REFUSED, self.verdict(RowGuard.DEAD_CLAIM, read, stored))
        self.assertEqual(Verdict.STANDS, self.verdict(RowGuard.DEAD_CLAIM, read, read))


class NodeGuardTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.row = row('a1', CREATING, claim='me')
        self.row_write = write(RowGuard.MINE, self.row, claim=None)

    def apply(self, late_stands: bool, *nodes: Any) -> Any:
        holds = locked(self.row, *nodes)
        commit = Commit(self.row_write, done(update_key(), 'a1'), late_stands=late_stands)
        return guards.apply(commit, holds), holds

    def test_node_that_is_not_as_read_refuses_a_begin(self) -> None:
        for nodes in (
            (),
            (node(update_key(), 'other', status=NodeStatus.RUNNING),),
            (node(update_key(), 'a1', status=NodeStatus.DONE),),
        ):
            outcome, holds = self.apply(False, *nodes)
            self.assertEqual(Verdict.REFUSED, outcome.verdict)
            self.assertEqual({}, holds.rows_saved)

    def test_late_finish_saves_what_is_real_and_touches_no_node(self) -> None:
        for nodes in ((), (node(update_key(), 'a2', status=NodeStatus.RUNNING),)):
            outcome, holds = self.apply(True, *nodes)
            self.assertEqual(Verdict.LATE, outcome.verdict)
            self.assertIsNone(holds.rows_saved['a1'].claim)
            self.assertEqual({}, holds.nodes_saved)

    def test_last_predecessor_makes_ready_once(self) -> None:
        successor = node(update_key('B'), 'b1', status=NodeStatus.WAITING, blockers=2)
        first = node(
            update_key(), 'a1', status=NodeStatus.RUNNING, successors=((Kind.UPDATE, 'B'),)
        )
        outcome, holds = self.apply(True, first, successor)
        self.assertEqual(
            ((), 1, NodeStatus.WAITING),
            (
                outcome.ready,
                holds.nodes[update_key('B')].blockers,
                holds.nodes[update_key('B')].status,
            ),
        )
        outcome, holds = self.apply(True, first, dataclasses.replace(successor, blockers=1))
        self.assertEqual(
            ((update_key('B'),), NodeStatus.READY),
            (outcome.ready, holds.nodes[update_key('B')].status),
        )

    def test_row_in_doubt_is_not_done(self) -> None:
        self.row = dataclasses.replace(self.row, suspect=True)
        successor = node(update_key('B'), 'b1', status=NodeStatus.WAITING, blockers=1)
        first = node(
            update_key(), 'a1', status=NodeStatus.RUNNING, successors=((Kind.UPDATE, 'B'),)
        )
        outcome, holds = self.apply(True, first, successor)
        self.assertEqual((update_key(),), outcome.ready)
        self.assertEqual(NodeStatus.READY, holds.nodes[update_key()].status)
        self.assertTrue(holds.rows['a1'].suspect)
        self.assertEqual(1, holds.nodes[update_key('B')].blockers)

    def test_failure_counts_attempts(self) -> None:
        holds = locked(self.row, node(update_key(), 'a1', status=NodeStatus.RUNNING, attempts=1))
        again = NodeWrite(update_key(), NodeStatus.RUNNING, 'a1', NodeStatus.READY, retry=True)
        guards.apply(Commit(self.row_write, again, late_stands=True), holds)
        self.assertEqual(2, holds.nodes[update_key()].attempts)


class RepointTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.row = row('a1')
        self.root = node(ROOT_ALL, None, status=NodeStatus.WAITING, blockers=3)
        self.commit = Commit(
            row=write(RowGuard.UNCLAIMED, self.row),
            node=NodeWrite(update_key(), NodeStatus.READY, 'a1', NodeStatus.READY, 'a2'),
            inserts=(row('a2', INIT),),
            abandons='a1',
        )

    def test_row_that_no_cleanup_is_about_would_leak(self) -> None:
        holds = locked(self.row, self.root, node(update_key(), 'a1'))
        guards.apply(self.commit, holds)
        cleans = holds.nodes[cleanup_key('a1')]
        self.assertEqual(
            (1, NodeStatus.WAITING, 'a1', ((Kind.ROOT, ALL),)),
            (cleans.blockers, cleans.status, cleans.subject, cleans.successors),
        )
        self.assertEqual((), cleans.hooks)
        self.assertIn((Kind.CLEANUP, 'a1'), holds.nodes[update_key()].successors)
        self.assertEqual(4, holds.nodes[ROOT_ALL].blockers)
        self.assertEqual('a2', holds.nodes[update_key()].subject)
        self.assertEqual(INIT, (holds.rows['a2'].action, holds.rows['a2'].status))

    def test_cleanup_that_is_there_is_not_doubled(self) -> None:
        cleans = node(cleanup_key('a1'), 'a1', status=NodeStatus.WAITING, blockers=1)
        holds = locked(self.row, self.root, node(update_key(), 'a1'), cleans)
        guards.apply(self.commit, holds)
        self.assertEqual(
            (cleans, 3), (holds.nodes[cleanup_key('a1')], holds.nodes[ROOT_ALL].blockers)
        )

    def test_two_replacements_of_one_row(self) -> None:
        holds = locked(self.row, self.root, node(update_key(), 'a1'))
        verdicts = [guards.apply(self.commit, holds).verdict for _ in range(2)]
        self.assertEqual([Verdict.STANDS, Verdict.REFUSED], verdicts)


class FailureTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.row = row('a1', CREATING, claim='me')
        self.commit = Commit(
            row=write(RowGuard.MINE, self.row, claim=None),
            node=done(update_key(), 'a1'),
            late_stands=True,
            failure=Failure('s', 'why', 'w', 1.0),
        )
        self.node = node(update_key(), 'a1', status=NodeStatus.RUNNING)

    def root(self, blockers: int) -> Any:
        return node(ROOT_UPDATES, None, status=NodeStatus.WAITING, blockers=blockers)

    def test_stack_fails_wishes_to_roll_back_and_loses_its_nodes_at_once(self) -> None:
        holds = locked(self.row, self.node, self.root(1), stack())
        outcome = guards.apply(self.commit, holds)
        after = holds.stacks['s']
        self.assertEqual(
            ('s', Action.ROLLBACK, 'old', 'w'),
            (outcome.wish, after.action, after.wish_template_id, after.wish_id),
        )
        self.assertEqual(({}, [TRAVERSAL]), (holds.nodes, list(holds.purged)))
        self.assertEqual(
            [Status.FAILED, Status.IN_PROGRESS], [event.status for event in holds.events]
        )

    def test_old_traversal_does_not_fail_the_new_one(self) -> None:
        holds = locked(self.row, self.root(1), stack(traversal_id='t2'))
        outcome = guards.apply(self.commit, holds)
        self.assertEqual((Verdict.LATE, {}), (outcome.verdict, holds.stacks_saved))
        self.assertIsNone(holds.rows['a1'].claim)

    def test_rollback_disabled(self) -> None:
        holds = locked(self.row, self.node, self.root(1), stack(disable_rollback=True))
        self.assertIsNone(guards.apply(self.commit, holds).wish)
        self.assertEqual(
            (Status.FAILED, 'why'), (holds.stacks['s'].status, holds.stacks['s'].reason)
        )

    def test_failed_rollback_is_not_rolled_back(self) -> None:
        holds = locked(self.row, self.node, self.root(1), stack(action=Action.ROLLBACK))
        self.assertIsNone(guards.apply(self.commit, holds).wish)

    def test_cleanup_that_fails_after_all_updates_does_not_roll_back(self) -> None:
        holds = locked(self.row, self.node, self.root(0), stack())
        self.assertIsNone(guards.apply(self.commit, holds).wish)
        after = holds.stacks['s']
        self.assertEqual((Status.FAILED, 'new'), (after.status, after.last_good_id))

    def test_newer_wish_of_a_user_stays(self) -> None:
        holds = locked(self.row, self.node, self.root(1), stack(wish_id='x', wish_template_id='y'))
        guards.apply(self.commit, holds)
        after = holds.stacks['s']
        self.assertEqual(
            ('x', 'y', Status.IN_PROGRESS), (after.wish_id, after.wish_template_id, after.status)
        )
        self.assertEqual({}, holds.nodes)

    def test_one_loser_does_not_abort_the_others(self) -> None:
        other = row('b1', CREATING, claim='me', name='B')
        holds = locked(
            self.row,
            self.node,
            self.root(1),
            stack(),
            other,
            node(update_key('B'), 'b1', status=NodeStatus.RUNNING),
        )
        late = Commit(
            write(RowGuard.MINE, other, claim=None), done(update_key('B'), 'b1'), late_stands=True
        )
        verdicts = [guards.apply(one, holds).verdict for one in (self.commit, late, late)]
        self.assertEqual([Verdict.STANDS, Verdict.LATE, Verdict.REFUSED], verdicts)


class ClosingTest(testtools.TestCase):
    def close(self, ends: bool, before: Any, cleanups: int = 1) -> Any:
        key = ROOT_ALL if ends else ROOT_UPDATES
        root = node(key, None, successors=() if ends else ((Kind.ROOT, ALL),))
        holds = locked(root, before)
        if not ends:
            holds.nodes[ROOT_ALL] = node(
                ROOT_ALL, None, status=NodeStatus.WAITING, blockers=1 + cleanups
            )
        commit = Commit(node=done(key, None, NodeStatus.READY), root=RootDone('s', ends))
        return guards.apply(commit, holds), holds.stacks['s'], holds

    def test_template_is_good_when_all_updates_are_done(self) -> None:
        outcome, after, holds = self.close(False, stack())
        self.assertEqual(('new', Status.IN_PROGRESS), (after.last_good_id, after.status))
        self.assertEqual(((), 1), (outcome.ready, holds.nodes[ROOT_ALL].blockers))

    def test_updates_that_leave_nothing_to_clean_up_are_the_end(self) -> None:
        outcome, after, holds = self.close(False, stack(), cleanups=0)
        self.assertEqual(('new', Status.COMPLETE), (after.last_good_id, after.status))
        self.assertEqual(((), [TRAVERSAL]), (outcome.ready, list(holds.purged)))

    def test_stack_is_complete_when_everything_is(self) -> None:
        _, after, holds = self.close(True, stack(deadline=1.0))
        self.assertEqual((Status.COMPLETE, None), (after.status, after.deadline))
        self.assertEqual([TRAVERSAL], list(holds.purged))

    def test_end_of_a_traversal_does_not_complete_a_newer_wish(self) -> None:
        _, after, holds = self.close(True, stack(wish_id='x'))
        self.assertEqual((Status.IN_PROGRESS, 'x'), (after.status, after.wish_id))
        self.assertEqual([], holds.events)


class HookedRepointTest(testtools.TestCase):
    def test_row_that_is_left_comes_to_the_hooks_of_its_name(self) -> None:
        left = row('a1')
        root = node(ROOT_ALL, None, status=NodeStatus.WAITING, blockers=3)
        known = ('pre-update', 'pre-delete', 'post-delete')
        holds = locked(left, root, node(update_key(), 'a1', hooks=known))
        commit = Commit(
            row=write(RowGuard.UNCLAIMED, left),
            node=NodeWrite(update_key(), NodeStatus.READY, 'a1', NodeStatus.READY, 'a2'),
            abandons='a1',
        )
        guards.apply(commit, holds)
        self.assertEqual(('pre-delete', 'post-delete'), holds.nodes[cleanup_key('a1')].hooks)
        self.assertEqual(known, holds.nodes[update_key()].hooks)


class NeedsTest(testtools.TestCase):
    def test_everything_is_named_in_key_order(self) -> None:
        read = row('a1')
        commits = [
            Commit(
                row=write(RowGuard.MINE, row('b1')),
                node=done(update_key('B'), 'b1'),
                failure=Failure('s', 'why', 'w', 1.0),
            ),
            Commit(
                row=write(RowGuard.UNCLAIMED, read), node=done(update_key(), 'a1'), abandons='a1'
            ),
            Commit(suspects='c1'),
            Commit(node=done(ROOT_ALL, None), root=RootDone('r', True)),
        ]
        needs = guards.needs(commits)
        self.assertEqual((('r', 's'), ('a1', 'b1', 'c1')), (needs.stacks, needs.rows))
        self.assertEqual(
            tuple(
                sorted([update_key('B'), update_key(), cleanup_key('a1'), ROOT_ALL, ROOT_UPDATES])
            ),
            needs.nodes,
        )


class ReleaseTest(testtools.TestCase):
    """Successors that are not locked are counted down by the store."""

    def setUp(self) -> None:
        super().setUp()
        running = NodeStatus.RUNNING
        successors = ((Kind.UPDATE, 'B'), (Kind.UPDATE, 'C'))
        self.first = node(update_key(), 'a1', status=running, successors=successors)
        self.second = node(update_key('Z'), 'z1', status=running, successors=successors[:1])
        self.locked = locked(self.first, self.second)
        self.commits = [
            Commit(node=done(update_key(), 'a1')),
            Commit(node=done(update_key('Y'), 'y1')),
            Commit(node=done(update_key('Z'), 'z1')),
        ]

    def test_only_nodes_that_end_release(self) -> None:
        begins = NodeWrite(update_key(), NodeStatus.RUNNING, 'a1', NodeStatus.READY)
        guards.apply_all([Commit(node=begins)], self.locked)
        self.assertEqual({}, self.locked.released)

    def test_each_commit_that_stands_counts(self) -> None:
        outcomes = guards.apply_all(self.commits, self.locked)
        self.assertEqual(Verdict.REFUSED, outcomes[1].verdict)
        self.assertEqual({update_key('B'): 2, update_key('C'): 1}, self.locked.released)

    def test_the_last_that_released_a_node_announces_it_alone(self) -> None:
        outcomes = guards.apply_all(self.commits, self.locked)
        told = guards.with_ready_nodes(outcomes, self.locked, {update_key('B'), update_key('C')})
        self.assertEqual([(update_key('C'),), (), (update_key('B'),)], [one.ready for one in told])

    def test_who_still_waits_is_not_announced(self) -> None:
        outcomes = guards.apply_all(self.commits, self.locked)
        told = guards.with_ready_nodes(outcomes, self.locked, ())
        self.assertEqual([()] * 3, [one.ready for one in told])

    def test_nodes_that_are_dropped_are_not_counted_down(self) -> None:
        guards.apply_all(self.commits, self.locked)
        self.locked.purge(update_key().traversal_id)
        self.assertEqual({}, self.locked.released)


class SuspectTest(testtools.TestCase):
    def test_holder_of_the_claim_can_still_finish(self) -> None:
        claimed = row('a1', CREATING, claim='other', version=5)
        holds = locked(claimed)
        guards.apply(Commit(suspects='a1'), holds)
        self.assertEqual(
            (True, 5, 'other'),
            (holds.rows['a1'].suspect, holds.rows['a1'].version, holds.rows['a1'].claim),
        )

    def test_row_that_is_gone_is_in_no_doubt(self) -> None:
        self.assertEqual(Verdict.REFUSED, guards.apply(Commit(suspects='a1'), locked()).verdict)
