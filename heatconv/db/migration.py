"""Migrations: bring a database to the schema of this release, and determine its revision."""

from __future__ import annotations

import contextlib
import pathlib
import threading
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import command, config
from alembic.runtime import migration
from alembic.script import ScriptDirectory

from heatconv.db.database import Database

#: alembic keeps its state in global variables, so this process runs one upgrade at a time.
_upgrade_lock = threading.Lock()

HERE = pathlib.Path(__file__).parent / 'migrations'


def _config() -> config.Config:
    settings = config.Config()
    settings.set_main_option('script_location', str(HERE).replace('%', '%%'))
    return settings


def head() -> str:
    """Return the revision of the schema that this release needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(database: Database) -> str | None:
    """Return the revision of a database; None if it is empty."""
    with database.read() as connection:
        return migration.MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = 'head') -> None:
    """Migrate a database to a revision. Concurrent upgrades wait for each other."""
    settings = _config()
    with _upgrade_lock, database.write() as connection, _exclusive(connection):
        settings.attributes['connection'] = connection
        command.upgrade(settings, revision)


@contextlib.contextmanager
def _exclusive(connection: sa.Connection) -> Iterator[None]:
    """Exclude upgrades of this database by other processes.

    :raises TimeoutError: on MariaDB, if another upgrade holds the lock for 60 seconds.
    """
    if connection.dialect.name == 'postgresql':
        connection.execute(sa.text('SELECT pg_advisory_xact_lock(4839210)'))
    if connection.dialect.name != 'mysql':
        yield
        return
    # The lock is global to the server, so its name contains the name of the database. It belongs
    # to the session, not to the transaction. It must be released explicitly, because the
    # connection returns to a pool and stays open.
    name = sa.func.concat('heatconv_upgrade_', sa.func.md5(sa.func.database()))
    if connection.execute(sa.select(sa.func.get_lock(name, 60))).scalar() != 1:
        raise TimeoutError('another upgrade of this database has been running for a minute')
    try:
        yield
    finally:
        connection.execute(sa.select(sa.func.release_lock(name)))
