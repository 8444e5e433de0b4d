"""What databases do for a commit that brings what a plugin did, and look at what follows."""

from __future__ import annotations

from typing import Any

from heatconv.convergence import dead_claims
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, NodeKey, NodeStatus, Stack, Status
from heatconv.convergence.step import Commit, Step, Verdict
from heatconv.convergence.traversal import Plan
from heatconv.db.records import DatabaseRecords
from heatconv.resources.records import Record, Writes
from heatconv.storage.base import DuplicateRecord
from heatconv.storage.content import EncodedTemplate
from heatconv.storage.values import NewStack


def record(token: str, value: str = 'one') -> Record:
    return Record(token, 'Type', f'physical-{token}', {'value': value}, {'s': 1})


class JoinedContract:
    """Mixed into a test case of the contract of stores, of one that has a database."""

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        self.records = DatabaseRecords(self.store.database)  # type: ignore[attr-defined]

    def begun(self: Any, *names: str) -> tuple[list[NodeKey], list[Step], Any]:
        made = self.prepare(self.stack(), *names)
        keys = [self.update_key(made, name) for name in names]
        steps = [self.begin(key, x=1) for key in keys]
        self.store.commit([step.commit for step in steps])
        return keys, steps, made

    def ends(self: Any, key: NodeKey, step: Step, plugin_writes: Writes) -> Commit:
        commit = self.finish(key, step).commit
        return evolve(self.read(key, commit), plugin_writes=plugin_writes)

    def test_what_a_plugin_did_is_written_with_the_commit(self: Any) -> None:
        for one in ('b', 'c'):
            self.records.add(record(one))
        keys, steps, _ = self.begun('A', 'B', 'C')
        what = (
            Writes(added=(record('a'),)),
            Writes(replaced=(record('b', 'two'),)),
            Writes(removed=('c', 'nobody')),
        )
        commits = [self.ends(*one) for one in zip(keys, steps, what, strict=True)]
        outcomes = self.store.commit(commits)
        self.assertEqual([Verdict.STANDS] * 3, [one.verdict for one in outcomes])
        self.assertEqual([record('a'), record('b', 'two')], self.records.all())

    def nested(self: Any, name: str) -> NewStack:
        """Return a complete stack with the record of a resource."""
        stack, _ = stack_rules.wish(
            Stack(self.ids.fresh(), 'project', name), Action.CREATE, 'nested', self.ids.fresh()
        )
        plan = self.plan_of('A')(stack, ())
        complete, events = stack_rules.end_traversal(plan.stack)
        return NewStack(
            EncodedTemplate.of({'template': {'resources': {'A': {}}}}),
            stack,
            plan=Plan(complete, plan.rows, events=events),
            writes=(Writes(added=(record(plan.rows[0].id),)),),
        )

    def test_nested_stack_is_added_with_the_commit(self: Any) -> None:
        keys, steps, _ = self.begun('A', 'B')
        added = [self.nested('one'), self.nested('two')]
        commits = [
            self.ends(key, step, Writes(stacks=(new,)))
            for key, step, new in zip(keys, steps, added, strict=True)
        ]
        outcomes = self.store.commit(commits)
        self.assertEqual([Verdict.STANDS] * 2, [one.verdict for one in outcomes])
        for new in added:
            stack = self.store.stack(new.stack.id)
            self.assertEqual(Status.COMPLETE, stack.status)
            (row,) = self.store.resources(stack.id)
            self.assertEqual(record(row.id), self.records.get(row.id))
            self.assertEqual(1, len(self.store.events(stack.id)))
            self.assertIsNotNone(self.store.template(new.template.id))

    def test_nested_stack_of_a_refused_commit_is_not_added(self: Any) -> None:
        (key,), (step,), _ = self.begun('A')
        new = self.nested('one')
        commit = self.ends(key, step, Writes(stacks=(new,)))
        self.one(commit)
        again = evolve(commit, plugin_writes=Writes(stacks=(self.nested('two'),)))
        self.assertEqual(Verdict.REFUSED, self.one(again).verdict)
        self.assertIsNone(self.store.stack_by_name('project', 'two'))

    def test_name_of_a_nested_stack_that_is_taken(self: Any) -> None:
        taken = self.nested('one')
        self.store.insert_stacks([taken])
        self.assertIsNotNone(self.records.get(taken.plan.rows[0].id))
        (key,), (step,), _ = self.begun('A')
        new = self.nested('one')
        commit = self.ends(key, step, Writes(stacks=(new,)))
        self.assertRaises(DuplicateRecord, self.store.commit, [commit])
        self.assertIsNone(self.store.stack(new.stack.id))
        self.assertIsNone(self.records.get(new.plan.rows[0].id))
        (view,) = self.store.views([key])
        self.assertEqual(NodeStatus.RUNNING, view.node.status)

    def test_late_one_is_written_too(self: Any) -> None:
        (key,), (step,), made = self.begun('A')
        self.wish(made.stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        self.prepare(made.stack, 'A')
        outcome = self.one(self.ends(key, step, Writes(added=(record('a'),))))
        self.assertEqual(Verdict.LATE, outcome.verdict)
        self.assertEqual([record('a')], self.records.all())

    def test_what_is_refused_has_never_been_done(self: Any) -> None:
        keys, steps, _ = self.begun('A', 'B')
        dead_claim = next(one for one in self.store.dead_claims(10) if one.node == keys[0])
        self.one(dead_claims.void(dead_claim, 99.0).commit)
        outcomes = self.store.commit(
            [
                self.ends(keys[0], steps[0], Writes(added=(record('a'),))),
                self.ends(keys[1], steps[1], Writes(added=(record('b'),))),
            ]
        )
        verdicts = [one.verdict for one in outcomes]
        self.assertEqual([Verdict.REFUSED, Verdict.STANDS], verdicts)
        self.assertEqual([record('b')], self.records.all())

    def test_what_is_there_already_fails_the_commit_and_all_with_it(self: Any) -> None:
        self.records.add(record('a', 'of somebody else'))
        keys, steps, made = self.begun('A', 'B')
        before = self.store.resources(made.stack.id), self.store.nodes(made.stack.id)
        commits = [
            self.ends(keys[0], steps[0], Writes(added=(record('a'),))),
            self.ends(keys[1], steps[1], Writes(added=(record('b'),), removed=('a',))),
        ]
        self.assertRaises(DuplicateRecord, self.store.commit, commits[:1])
        self.assertRaises(DuplicateRecord, self.store.commit_and_view, commits[:1], 10)
        self.assertEqual([record('a', 'of somebody else')], self.records.all())
        after = self.store.resources(made.stack.id), self.store.nodes(made.stack.id)
        self.assertEqual(before, after)
