"""The contract on database servers, and each against the store in memory."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.tests import databases
from heatconv.tests.contract.differential import compare
from heatconv.tests.contract.suite import StoreContract


class PostgresqlStoreTest(StoreContract, testtools.TestCase):
    def make_store(self, clock: Any, ids: Any) -> Any:
        return self.useFixture(databases.postgresql()).store(clock, ids)


class MysqlStoreTest(StoreContract, testtools.TestCase):
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
