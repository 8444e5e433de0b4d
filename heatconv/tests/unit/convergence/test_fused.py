"""A begin and its finish in one commit are what both are one after the other."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.convergence import check, cleanup, fused
from heatconv.convergence import commit as guards
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Kind, NodeStatus, Observation, Reality
from heatconv.convergence.step import Step, Verdict
from heatconv.tests.unit.convergence.rows import (
    CREATE_FAILED,
    CREATED,
    INIT,
    LEASE,
    cleanup_key,
    desired,
    locked,
    node,
    row,
    stack,
    update_key,
    view,
)

READY = Observation(Reality.READY, 'physical-a1', {'a': 1}, {'p': 2, 'r': 1})
ABSENT = Observation(Reality.ABSENT)
OTHER = Observation(Reality.READY, 'physical-a1', {'a': 1}, {'p': 9, 'r': 1})

SUCCESSORS = ((Kind.UPDATE, 'B'), (Kind.CLEANUP, 'a0'))


class FuseTest(testtools.TestCase):
    def steps(self, subject: Any, at: Any, seen: Observation) -> tuple[Step, Step]:
        """Begin and finish an operation on a row, at a node."""
        known = evolve(view(subject), node=at)
        if at.key.kind == Kind.CLEANUP:
            begin = cleanup.begin(known, LEASE)
            assert begin.call is not None
            return begin, cleanup.finish(at.key, begin.call.row, seen, 'w', 1.0, at)
        asked = desired(p=2, r=1)
        begin = check.begin(known, asked, LEASE, 'fresh')
        assert begin.call is not None
        call = begin.call
        return begin, check.finish(
            at.key, call.row, asked, call.verb, seen, at.attempts, 'w', 1.0, at
        )

    def cases(self) -> Any:
        update = node(update_key(), 'a1', successors=SUCCESSORS)
        clean = node(cleanup_key('a1'), 'a1', successors=SUCCESSORS)
        fresh = row('a1', INIT)
        yield from (
            (fresh, update, READY),
            (row('a1', CREATED, requires=('z1',)), update, READY),
            (row('a1', CREATED), update, OTHER),
            (fresh, update, ABSENT),
            (fresh, evolve(update, attempts=2), ABSENT),
            (row('a1', CREATE_FAILED, physical_id=None), update, READY),
            (row('a1'), clean, ABSENT),
            (row('a1', deletion_policy='Delete', suspect=False), clean, ABSENT),
            (fresh, evolve(update, hooks=('post-create',)), READY),
            (row('a1'), evolve(update, hooks=('post-update',)), READY),
            (row('a1'), evolve(clean, hooks=('post-delete',)), ABSENT),
            (row('a1'), evolve(update, hooks=('post-update',)), OTHER),
        )

    def test_leaves_what_both_leave(self) -> None:
        for subject, at, seen in self.cases():
            begin, finish = self.steps(subject, at, seen)
            step = fused.fuse(begin, finish)
            assert begin.commit and finish.commit and step.commit
            one, other = locked(subject, at, stack()), locked(subject, at, stack())
            first = guards.apply(begin.commit, one)
            self.assertEqual(Verdict.STANDS, first.verdict)
            last = guards.apply(finish.commit, one)
            told = guards.apply(step.commit, other)
            for name in ('rows', 'nodes', 'stacks', 'released', 'purged', 'events'):
                self.assertEqual(getattr(one, name), getattr(other, name), name)
            self.assertEqual(last, told)
            self.assertEqual(finish.casts, step.casts)
            self.assertIsNone(step.call)

    def test_stands_only_where_the_begin_does(self) -> None:
        for subject, at, seen in self.cases():
            begin, finish = self.steps(subject, at, seen)
            step = fused.fuse(begin, finish)
            assert step.commit is not None
            for kept in (
                (evolve(subject, claim='other'), at),
                (evolve(subject, version=9), at),
                (evolve(subject, suspect=True), at),
                (subject,),
                (at,),
                (subject, evolve(at, status=NodeStatus.RUNNING)),
                (subject, evolve(at, subject='a2')),
            ):
                holds = locked(*kept, stack())
                before = dict(holds.rows), dict(holds.nodes)
                outcome = guards.apply(step.commit, holds)
                self.assertEqual(Verdict.REFUSED, outcome.verdict)
                self.assertEqual(before, (holds.rows, holds.nodes))
                self.assertEqual(({}, {}, []), (holds.rows_saved, holds.nodes_saved, holds.events))

    def test_what_would_go_on_is_begun_as_ever(self) -> None:
        at = node(update_key(), 'a1')
        begin, finish = self.steps(row('a1', INIT), at, Observation(Reality.PENDING))
        self.assertIs(begin, fused.fuse(begin, finish))
