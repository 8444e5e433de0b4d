"""Records in the database.

They are the physical resources of the built-in types, which need no cloud. The signals to
resources are saved here too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa
from oslo_db import exception as db_exception

from heatconv.db import bulk, rows, tables
from heatconv.db.bulk import Script
from heatconv.db.database import Database, repeated
from heatconv.db.signals import SignalRows
from heatconv.resources.records import Record, Writes
from heatconv.runtime.ports import Clock, Ids, SystemClock, SystemIds

TABLE = tables.virtual_resource

COLUMNS = ('token', 'type', 'physical_id', 'properties', 'state')
SOME = f'SELECT {", ".join(COLUMNS)} FROM virtual_resource WHERE token {{}}'


def join(script: Script, several: Sequence[Writes]) -> None:
    """Add writes of plugins to the script of a transaction.

    If a record with the token of an added record exists, the whole transaction fails with
    DBDuplicateEntry.
    """
    if not several:
        return
    replaced = [_values(record) for writes in several for record in writes.replaced]
    script.update(TABLE, COLUMNS, replaced)
    removed = [token for writes in several for token in writes.removed]
    script.listed('DELETE FROM virtual_resource WHERE token {}', removed)
    added = [_values(record) for writes in several for record in writes.added]
    script.insert(TABLE, COLUMNS, added)


class DatabaseRecords(SignalRows):
    """Keeps records in the table ``virtual_resource``, and signals."""

    writes_events = True

    def __init__(
        self, database: Database, clock: Clock | None = None, ids: Ids | None = None
    ) -> None:
        super().__init__()
        self.database = database
        self._clock = clock or SystemClock()
        self._ids = ids or SystemIds()

    @repeated
    def get(self, token: str) -> Record | None:
        with self.database.read() as connection:
            statement = sa.select(TABLE).where(TABLE.c.token == token)
            row = connection.execute(statement).mappings().first()
        return None if row is None else _record(row)

    @repeated
    def add(self, record: Record) -> None:
        try:
            with self.database.write() as connection:
                connection.execute(sa.insert(TABLE), _row(record))
        except db_exception.DBDuplicateEntry:
            pass  # already created: the token identifies the record

    @repeated
    def replace(self, record: Record) -> None:
        with self.database.write() as connection:
            connection.execute(
                sa.update(TABLE).where(TABLE.c.token == record.token).values(_row(record))
            )

    @repeated
    def remove(self, token: str) -> None:
        with self.database.write() as connection:
            connection.execute(sa.delete(TABLE).where(TABLE.c.token == token))

    @repeated
    def some(self, tokens: Sequence[str]) -> dict[str, Record]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, SOME, tokens)
        return {
            row[0]: Record(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]))
            for row in fetched
        }

    @repeated
    def save(
        self, added: Sequence[Record], replaced: Sequence[Record], removed: Sequence[str]
    ) -> bool:
        with self.database.single_trip() as script:
            script.update(TABLE, COLUMNS, [_values(record) for record in replaced])
            script.listed('DELETE FROM virtual_resource WHERE token {}', removed)
            # The insert is last: `run` returns the answer of the last statement.
            script.insert(TABLE, COLUMNS, [_values(record) for record in added], ignore=True)
            answer = script.run()
        return not added or (answer is not None and answer.rowcount == len(added))

    @repeated
    def all(self) -> list[Record]:
        with self.database.read() as connection:
            fetched = connection.execute(sa.select(TABLE).order_by(TABLE.c.token)).mappings()
            return [_record(row) for row in fetched]


def _values(record: Record) -> tuple[str, ...]:
    """Return the column values of a record, in the order of COLUMNS."""
    return (
        record.token,
        record.type,
        record.physical_id,
        rows.dumps(dict(record.properties)),
        rows.dumps(dict(record.state)),
    )


def _row(record: Record) -> dict[str, str]:
    """Return the row of a record: its column values by name."""
    return dict(zip(COLUMNS, _values(record), strict=True))


def _record(row: rows.Row) -> Record:
    """Return a record from a row, a mapping of all columns."""
    return Record(
        token=row['token'],
        type=row['type'],
        physical_id=row['physical_id'],
        properties=json.loads(row['properties']),
        state=json.loads(row['state']),
    )
