"""The migrations lead to the tables that the code expects."""

from __future__ import annotations

import threading

import testtools
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from heatconv.db import migration, tables
from heatconv.db.database import Database
from heatconv.tests.contract.upgrade import UpgradeContract
from heatconv.tests.databases import SqliteDatabase


class MigrationTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.fixture = self.useFixture(SqliteDatabase())

    def test_schema_is_that_of_the_tables(self) -> None:
        with self.fixture.database.read() as connection:
            context = MigrationContext.configure(connection, opts={'compare_type': True})
            self.assertEqual([], compare_metadata(context, tables.metadata))

    def test_version_is_known(self) -> None:
        self.assertEqual(migration.head(), migration.current(self.fixture.database))
        empty = Database('sqlite://', max_retries=0)
        self.addCleanup(empty.close)
        self.assertIsNone(migration.current(empty))

    def test_upgrade_twice_and_at_once(self) -> None:
        url = self.fixture.url.replace('heatconv.sqlite', 'other.sqlite')
        failed: list[Exception] = []

        def upgrade() -> None:
            database = Database(url, max_retries=0)
            try:
                migration.upgrade(database)
                migration.upgrade(database)
            except Exception as error:
                failed.append(error)
            finally:
                database.close()

        threads = [threading.Thread(target=upgrade) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failed)


class SqliteUpgradeTest(UpgradeContract, testtools.TestCase):
    def make_database(self) -> SqliteDatabase:
        return SqliteDatabase(migrated=False)


class SqliteTest(testtools.TestCase):
    def test_traps_of_sqlite_are_handled(self) -> None:
        database = self.useFixture(SqliteDatabase()).database
        with database.read() as connection:
            pragma = lambda name: connection.exec_driver_sql(f'PRAGMA {name}').scalar()  # noqa: E731
            self.assertEqual(('wal', 1), (pragma('journal_mode'), pragma('synchronous')))
            self.assertGreater(pragma('busy_timeout'), 0)
        self.assertEqual('QueuePool', type(database.engine.pool).__name__)

    def test_many_who_read_and_then_write_all_get_through(self) -> None:
        fixture = self.useFixture(SqliteDatabase())
        with fixture.database.write() as connection:
            connection.exec_driver_sql('CREATE TABLE counter (n INTEGER)')
            connection.exec_driver_sql('INSERT INTO counter VALUES (0)')

        def count() -> None:
            database = Database(fixture.url, max_retries=0)
            for _ in range(25):
                with database.write() as connection:
                    n = connection.exec_driver_sql('SELECT n FROM counter').scalar()
                    connection.exec_driver_sql('UPDATE counter SET n = ?', (n + 1,))
            database.close()

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with fixture.database.read() as connection:
            self.assertEqual(100, connection.exec_driver_sql('SELECT n FROM counter').scalar())
