"""Software configurations and deployments in the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception

from heatconv.convergence.model import Event
from heatconv.db import rows, tables
from heatconv.db.database import Database, repeated, retried
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.values import Software, SoftwareChange

TABLE = tables.software


class SoftwareRows:
    """The part of the store that keeps software configurations and deployments."""

    database: Database
    _clock: Clock
    _ids: Ids

    @repeated
    def save_software(self, software: Software) -> None:
        try:
            with self.database.write() as connection:
                connection.execute(sa.insert(TABLE), _row(software))
        except db_exception.DBDuplicateEntry:
            pass  # already saved: the id identifies it

    @repeated
    def software(self, project_id: str, kind: str, software_id: str) -> Software | None:
        statement = sa.select(TABLE).where(_matches(project_id, kind, software_id))
        with self.database.read() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else _software(row)

    @repeated
    def all_software(self, project_id: str, kind: str) -> list[Software]:
        statement = (
            sa.select(TABLE)
            .where(TABLE.c.project_id == project_id, TABLE.c.kind == kind)
            .order_by(TABLE.c.id)
        )
        with self.database.read() as connection:
            return [_software(row) for row in connection.execute(statement).mappings()]

    @retried
    def change_software(
        self,
        project_id: str,
        kind: str,
        software_id: str,
        change: Callable[[Mapping[str, Any]], SoftwareChange | None],
    ) -> Software | None:
        condition = _matches(project_id, kind, software_id)
        with self.database.write() as connection:
            result = connection.execute(sa.select(TABLE).where(condition).with_for_update())
            row = result.mappings().first()
            if row is None:
                return None
            changed = change(json.loads(row['content']))
            if changed is None:
                return _software(row)
            content, now = dict(changed.content), self._clock.now()
            values = {'content': rows.dumps(content), 'updated_at': now}
            connection.execute(sa.update(TABLE).where(condition).values(values))
            self._add_events(connection, changed.events)
            return Software(software_id, project_id, kind, content, row['created_at'], now)

    @repeated
    def drop_software(
        self, project_id: str, kind: str, software_id: str, events: Sequence[Event] = ()
    ) -> bool:
        with self.database.write() as connection:
            statement = sa.delete(TABLE).where(_matches(project_id, kind, software_id))
            existed = bool(connection.execute(statement).rowcount)
            self._add_events(connection, events if existed else ())
            return existed

    def _add_events(self, connection: sa.Connection, events: Sequence[Event]) -> None:
        now = self._clock.now()
        inserted = [rows.event_row(event, self._ids.fresh(), now) for event in events]
        if inserted:
            connection.execute(sa.insert(tables.event), inserted)


def _matches(project_id: str, kind: str, software_id: str) -> Any:
    """Return the condition that selects one row."""
    return sa.and_(
        TABLE.c.id == software_id, TABLE.c.project_id == project_id, TABLE.c.kind == kind
    )


def _row(software: Software) -> dict[str, Any]:
    return {
        'id': software.id,
        'project_id': software.project_id,
        'kind': software.kind,
        'content': rows.dumps(dict(software.content)),
        'created_at': software.created_at,
        'updated_at': software.updated_at,
    }


def _software(row: Any) -> Software:
    return Software(
        row['id'],
        row['project_id'],
        row['kind'],
        json.loads(row['content']),
        row['created_at'],
        row['updated_at'],
    )
