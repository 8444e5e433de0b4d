"""Bring a database to the schema of this release, and tell which it has."""

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

#: alembic keeps what it works on in a module: one upgrade at a time here.
_one = threading.Lock()

HERE = pathlib.Path(__file__).parent / 'migrations'


def _config() -> config.Config:
    made = config.Config()
    made.set_main_option('script_location', str(HERE).replace('%', '%%'))
    return made


def head() -> str:
    """Return the revision that this release expects."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(database: Database) -> str | None:
    """Return the revision that a database has, None for an empty one."""
    with database.read() as connection:
        return migration.MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = 'head') -> None:
    """Bring a database to a revision; safe to run by several at once."""
    made = _config()
    with _one, database.write() as connection, _alone(connection):
        made.attributes['connection'] = connection
        command.upgrade(made, revision)


@contextlib.contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """Keep other upgrades of this database out."""
    if connection.dialect.name == 'postgresql':
        connection.execute(sa.text('SELECT pg_advisory_xact_lock(4839210)'))
    if connection.dialect.name != 'mysql':
        yield
        return
    # A lock of the whole server and of this session: named after the database,
    # and given back, since the connection goes back to a pool.
    name = sa.func.concat('heatconv_upgrade_', sa.func.md5(sa.func.database()))
    if connection.execute(sa.select(sa.func.get_lock(name, 60))).scalar() != 1:
        raise TimeoutError('another upgrade of this database has been running for a minute')
    try:
        yield
    finally:
        connection.execute(sa.select(sa.func.release_lock(name)))
