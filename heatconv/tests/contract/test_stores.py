"""The contract on the stores that need no server, and one against the other."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.storage.memory import MemoryStore
from heatconv.tests.contract.differential import compare
from heatconv.tests.contract.joined import JoinedContract
from heatconv.tests.contract.planned import PlannedContract
from heatconv.tests.contract.suite import StoreContract
from heatconv.tests.databases import SqliteDatabase
from heatconv.tests.quiet import Quiet


class MemoryStoreTest(PlannedContract, StoreContract, testtools.TestCase):
    def make_store(self, clock: Any, ids: Any) -> Any:
        return MemoryStore(clock, ids)


class SqliteStoreTest(JoinedContract, PlannedContract, StoreContract, testtools.TestCase):
    def make_store(self, clock: Any, ids: Any) -> Any:
        return self.useFixture(SqliteDatabase()).store(clock, ids)


class DifferentialTest(testtools.TestCase):
    def test_sqlite_answers_like_memory(self) -> None:
        self.useFixture(Quiet())
        calls: dict[str, int] = {}
        for seed in range(12):
            both = compare(self.useFixture(SqliteDatabase()).store, seed)
            for name, count in both.calls.items():
                calls[name] = calls.get(name, 0) + count
        for name in (
            'commit',
            'views',
            'serving',
            'prepare',
            'waiting_on',
            'dead_claims',
            'unsettled_rows',
        ):
            self.assertIn(name, calls)
