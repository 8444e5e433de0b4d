"""The contract on database servers, and each against the store in memory."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.convergence.model import UPDATES, Action
from heatconv.tests import databases
from heatconv.tests.contract.differential import compare
from heatconv.tests.contract.joined import JoinedContract
from heatconv.tests.contract.planned import PlannedContract
from heatconv.tests.contract.suite import StoreContract


class PostgresqlStoreTest(JoinedContract, PlannedContract, StoreContract, testtools.TestCase):
    def make_store(self, clock: Any, ids: Any) -> Any:
        return self.useFixture(databases.postgresql()).store(clock, ids)

    def test_commit_looks_ahead_in_the_same_trip(self) -> None:
        """What is ready is told, once: neither too much of it nor what only a root is."""
        made = self.prepare(self.stack(), 'A', 'B', 'D', C=('A', 'B'), E=('A',), F=('D',))
        keys = {name: self.update_key(made, name) for name in 'ABCDEF'}
        steps = {name: self.begin(keys[name], x=1) for name in 'ABD'}
        self.store.commit([step.commit for step in steps.values()])

        def end(name: str, most: int) -> tuple[list[str], list[str]]:
            commit = self.read(keys[name], self.finish(keys[name], steps[name]).commit)
            (outcome,), views = self.store.commit_and_view([commit], most)
            return [key.name for key in outcome.ready], [key.name for key in views]

        self.assertEqual((['E'], ['E']), end('A', 10))
        self.assertEqual((['C'], ['C']), end('B', 1))
        self.assertEqual((['F'], []), end('D', 0))
        for name in 'CEF':
            steps[name] = self.begin(keys[name], x=1)
            self.one(steps[name].commit)
        self.assertEqual(([], []), end('C', 10))
        self.assertEqual(([], []), end('E', 10))
        self.assertEqual(([UPDATES], []), end('F', 10))

    def test_what_somebody_claims_is_not_looked_at_ahead(self) -> None:
        stack = self.stack()
        made = self.prepare(stack, 'B')
        step = self.begin(self.update_key(made, 'B'), x=1)
        self.one(step.commit)
        self.wish(stack.id, Action.UPDATE, self.store.save_template({'new': 1}))
        made = self.prepare(stack, 'A', B=('A',))
        keys = [self.update_key(made, name) for name in 'AB']
        first = self.begin(keys[0], x=1)
        self.one(first.commit)
        commit = self.read(keys[0], self.finish(keys[0], first).commit)
        (outcome,), views = self.store.commit_and_view([commit], 10)
        self.assertEqual(((keys[1],), {}), (outcome.ready, views))


class MysqlStoreTest(JoinedContract, PlannedContract, StoreContract, testtools.TestCase):
    def make_store(self, clock: Any, ids: Any) -> Any:
        return self.useFixture(databases.mysql()).store(clock, ids)


class DifferentialTest(testtools.TestCase):
    def _compare(self, database: Any) -> None:
        for seed in range(6):
            compare(self.useFixture(database()).store, seed)

    def test_postgresql_answers_like_memory(self) -> None:
        self._compare(databases.postgresql)

    def test_mysql_answers_like_memory(self) -> None:
        self._compare(databases.mysql)
