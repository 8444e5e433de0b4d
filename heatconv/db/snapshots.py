"""Stack snapshots in the database."""

from __future__ import annotations

import json

import sqlalchemy as sa

from heatconv.db import rows, tables
from heatconv.db.database import Database, repeated, retried
from heatconv.storage.values import Snapshot

TABLE = tables.snapshot


class SnapshotRows:
    """The part of the store that keeps snapshots."""

    database: Database

    @retried
    def save_snapshot(self, snapshot: Snapshot) -> None:
        values = {
            'id': snapshot.id,
            'stack_id': snapshot.stack_id,
            'name': snapshot.name,
            'template_id': snapshot.template_id,
            'resources': rows.dumps(dict(snapshot.resources)),
            'created_at': snapshot.created_at,
        }
        with self.database.write() as connection:
            connection.execute(sa.insert(TABLE), values)

    @repeated
    def snapshots(self, stack_id: str) -> list[Snapshot]:
        statement = sa.select(TABLE).where(TABLE.c.stack_id == stack_id).order_by(TABLE.c.id)
        with self.database.read() as connection:
            return [
                Snapshot(
                    row['id'],
                    row['stack_id'],
                    row['name'],
                    row['template_id'],
                    json.loads(row['resources']),
                    row['created_at'],
                )
                for row in connection.execute(statement).mappings()
            ]

    @repeated
    def drop_snapshot(self, stack_id: str, snapshot_id: str) -> bool:
        statement = sa.delete(TABLE).where(TABLE.c.id == snapshot_id, TABLE.c.stack_id == stack_id)
        with self.database.write() as connection:
            return bool(connection.execute(statement).rowcount)
