"""Signals on the servers: those that come at once are told apart."""

from __future__ import annotations

import testtools

from heatconv.db.records import DatabaseRecords
from heatconv.tests import databases
from heatconv.tests.unit.resources import test_signals


class PostgresqlSignalsTest(test_signals.SignalsContract, testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.records = DatabaseRecords(self.useFixture(databases.postgresql()).database)


class MysqlSignalsTest(test_signals.SignalsContract, testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.records = DatabaseRecords(self.useFixture(databases.mysql()).database)
