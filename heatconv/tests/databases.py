"""A database of its own for each test, on any of the three servers."""

from __future__ import annotations

import os
import uuid
from typing import Any

import fixtures
import sqlalchemy as sa

from heatconv.db import migration
from heatconv.db.database import Database
from heatconv.db.store import DatabaseStore
from heatconv.runtime.ports import Clock, Ids

POSTGRESQL_URL = os.environ.get(
    'HEATCONV_TEST_POSTGRESQL_URL', 'postgresql+psycopg2://postgres@127.0.0.1/postgres'
)
MYSQL_URL = os.environ.get('HEATCONV_TEST_MYSQL_URL', 'mysql+pymysql://root@127.0.0.1/')


class SqliteDatabase(fixtures.Fixture):
    """A new SQLite file with the schema of this release.

    :param migrated: False for an empty database.
    """

    url: str
    database: Database

    def __init__(self, migrated: bool = True) -> None:
        super().__init__()
        self._migrated = migrated

    def _setUp(self) -> None:
        directory = self.useFixture(fixtures.TempDir()).path
        self.url = f'sqlite:///{directory}/heatconv.sqlite'
        self._open()

    def _open(self) -> None:
        self.database = Database(self.url, max_retries=1, retry_interval=1)
        self.addCleanup(self.database.close)
        if self._migrated:
            migration.upgrade(self.database)

    def store(self, clock: Clock, ids: Ids) -> DatabaseStore:
        return DatabaseStore(self.database, clock, ids)


class ServerDatabase(SqliteDatabase):
    """A new database on a server; a server that does not answer is an error."""

    def __init__(self, admin_url: str, migrated: bool = True) -> None:
        super().__init__(migrated)
        self._admin_url = admin_url

    def _setUp(self) -> None:
        name = 'heatconv_test_' + uuid.uuid4().hex[:16]
        admin = sa.create_engine(
            self._admin_url, isolation_level='AUTOCOMMIT', poolclass=sa.NullPool
        )
        with admin.connect() as connection:
            connection.execute(sa.text(f'CREATE DATABASE {name}'))
        self.addCleanup(self._drop, admin, name)
        url = sa.make_url(self._admin_url).set(database=name)
        self.url = url.render_as_string(hide_password=False)
        self._open()

    def _drop(self, admin: sa.Engine, name: str) -> None:
        force = ' WITH (FORCE)' if admin.dialect.name == 'postgresql' else ''
        with admin.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE {name}{force}'))


def postgresql(migrated: bool = True) -> Any:
    return ServerDatabase(POSTGRESQL_URL, migrated)


def mysql(migrated: bool = True) -> Any:
    return ServerDatabase(MYSQL_URL, migrated)
