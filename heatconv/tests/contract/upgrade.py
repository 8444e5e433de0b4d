"""What holds for an upgrade of the schema that stops after any of its statements."""

from __future__ import annotations

import itertools
from typing import Any

import sqlalchemy as sa
from oslo_db.exception import DBError

from heatconv.db import migration
from heatconv.tests.quiet import Quiet

_CHANGES = ('ALTER', 'CREATE', 'DROP', 'INSERT', 'RENAME', 'UPDATE')
#: A claimed row and a ready node in the schema of revision 0002, by table; the other columns are
#: empty. Revision 0003 copies data of both.
_ROWS: dict[str, dict[str, Any]] = {
    'resource': {'id': 'r', 'claim': 'lease', 'status': 'IN_PROGRESS', 'suspect': False},
    'node': {'id': 'n', 'status': 'ready', 'touched_at': 1.0},
}


class Stopped(Exception):
    """The upgrade has stopped here."""


def stop_after(engine: Any, position: int) -> Any:
    """Make the engine fail after so many changes; return a function that ends this."""
    counter = itertools.count(1)

    def after(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(_CHANGES) and next(counter) == position:
            raise Stopped(statement)

    sa.event.listen(engine, 'after_cursor_execute', after)
    return lambda: sa.event.remove(engine, 'after_cursor_execute', after)


class UpgradeContract:
    """An upgrade that stops after any statement is continued by the next one."""

    #: Fewest changes that an upgrade of an empty database makes.
    LEAST = 40
    #: Positions from one stop to the next that is tried.
    STEP = 1

    def make_database(self) -> Any:
        """Return a fixture with an empty database."""
        raise NotImplementedError

    def test_upgrade_that_stops_anywhere_is_continued(self: Any) -> None:
        self.useFixture(Quiet())
        whole = self.useFixture(self.make_database())
        migration.upgrade(whole.database)
        expected = self.schema(whole.database)
        stops = 0
        for position in itertools.count(1, self.STEP):
            fixture = self.make_database()
            with fixture:
                if not self.stopped(fixture.database, position):
                    break
                migration.upgrade(fixture.database)
                self.assertEqual(expected, self.schema(fixture.database), position)
            stops = position
        self.assertGreaterEqual(stops, self.LEAST)

    def test_rows_are_moved_once_though_the_upgrade_stops(self: Any) -> None:
        self.useFixture(Quiet())
        for position in itertools.count(1, self.STEP):
            fixture = self.make_database()
            with fixture:
                migration.upgrade(fixture.database, '0002')
                self.insert(fixture.database)
                if not self.stopped(fixture.database, position):
                    break
                migration.upgrade(fixture.database)
                with fixture.database.read() as connection:
                    for table, column, value in (
                        ('claim', 'row_id', 'r'),
                        ('ready', 'id', 'n'),
                    ):
                        found = connection.execute(
                            sa.select(sa.column(column)).select_from(sa.table(table))
                        )
                        self.assertEqual([(value,)], list(map(tuple, found)), position)

    def stopped(self, database: Any, position: int) -> bool:
        """Upgrade, and stop after a change; say whether there was one more than that."""
        resume = stop_after(database.engine, position)
        try:
            migration.upgrade(database)
        except Stopped:
            return True
        except DBError as error:
            # For some drivers oslo.db wraps what the listener raises.
            if not isinstance(error.inner_exception, Stopped):
                raise
            return True
        finally:
            resume()
        return False

    def insert(self, database: Any) -> None:
        """Insert one claimed row and one ready node."""
        with database.write() as connection:
            for table, given in _ROWS.items():
                empty = {
                    column['name']: '' if isinstance(column['type'], sa.String) else 0
                    for column in sa.inspect(connection).get_columns(table)
                    if not column['nullable']
                }
                values = {**empty, **given}
                rows = sa.table(table, *map(sa.column, values))
                connection.execute(sa.insert(rows).values(values))

    def schema(self, database: Any) -> dict[str, Any]:
        """Return the columns and indexes of each table, by name."""
        with database.read() as connection:
            inspector = sa.inspect(connection)
            return {
                table: (
                    {
                        column['name']: str(column['type'])
                        for column in inspector.get_columns(table)
                    },
                    sorted(index['name'] or '' for index in inspector.get_indexes(table)),
                )
                for table in inspector.get_table_names()
            }
