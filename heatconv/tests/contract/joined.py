"""What databases do for a commit that brings what a plugin did, and look at what follows."""

from __future__ import annotations

from typing import Any

from heatconv.convergence import dead_claims
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, NodeKey
from heatconv.convergence.step import Commit, Step, Verdict
from heatconv.db.records import DatabaseRecords
from heatconv.resources.records import Record, Writes
from heatconv.storage.base import DuplicateRecord


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
