"""Upgrades of the schema on database servers."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.tests import databases
from heatconv.tests.contract.upgrade import UpgradeContract


class PostgresqlUpgradeTest(UpgradeContract, testtools.TestCase):
    # An upgrade is one transaction here, so a sample is enough.
    STEP = 10

    def make_database(self) -> Any:
        return databases.postgresql(migrated=False)


class MysqlUpgradeTest(UpgradeContract, testtools.TestCase):
    def make_database(self) -> Any:
        return databases.mysql(migrated=False)
