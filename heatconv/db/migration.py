"""Migrate a database to the schema of this release, and determine its revision."""

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

#: alembic keeps its state in a module: one upgrade at a time in this process.
_one = threading.Lock()

HERE = pathlib.Path(__file__).parent / 'migrations'


def _config() -> config.Config:
    result = config.Config()
    result.set_main_option('script_location', str(HERE).replace('%', '%%'))
    return result


def head() -> str:
    """Return the revision that this release needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(database: Database) -> str | None:
    """Return the revision of a database, None for an empty one."""
    with database.read() as connection:
        return migration.MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = 'head') -> None:
    """Migrate a database to a revision; safe to run concurrently."""
    settings = _config()
    with _one, database.write() as connection, _alone(connection):
        settings.attributes['connection'] = connection
        command.upgrade(settings, revision)


@contextlib.contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """Exclude other upgrades of this database."""
    if connection.dialect.name == 'postgresql':
        connection.execute(sa.text('SELECT pg_advisory_xact_lock(4839210)'))
    if connection.dialect.name != 'mysql':
        yield
        return
    # A lock of the whole server and of this session: it has the name of the database, and is
    # released because the connection returns to a pool.
    name = sa.func.concat('heatconv_upgrade_', sa.func.md5(sa.func.database()))
    if connection.execute(sa.select(sa.func.get_lock(name, 60))).scalar() != 1:
        raise TimeoutError('another upgrade of this database has been running for a minute')
    try:
        yield
    finally:
        connection.execute(sa.select(sa.func.release_lock(name)))
