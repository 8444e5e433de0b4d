"""Leases, and what the sweep looks for, in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from heatconv.convergence import states
from heatconv.convergence.model import Action, Aftermath, NodeKey, NodeStatus, Resource, Status
from heatconv.convergence.recovery import Orphan
from heatconv.db import rows, tables, writes
from heatconv.db.database import Database, repeated
from heatconv.ports import Clock
from heatconv.storage.base import Lease


class SweepRows:
    """The part of the store that knows the living and the dead."""

    database: Database
    _clock: Clock

    @repeated
    def grant_lease(self, lease: Lease) -> None:
        with self.database.write() as connection:
            writes.upsert(connection, tables.lease, [rows.lease_row(lease)], 'id')

    @repeated
    def renew_lease(self, lease_id: str, expires_at: float, queued: int = 0) -> bool:
        table = tables.lease
        statement = (
            sa.update(table)
            .where(table.c.id == lease_id)
            .values(expires_at=expires_at, queued=queued)
        )
        with self.database.write() as connection:
            # MariaDB counts a row that is found even if it does not change:
            # SQLAlchemy asks it to.
            return connection.execute(statement).rowcount == 1

    @repeated
    def void_leases(self, before: float, ids: Sequence[str] = ()) -> list[str]:
        table = tables.lease
        expired = sa.or_(table.c.expires_at < before, table.c.id.in_(ids))
        with self.database.read() as connection:
            if connection.execute(sa.select(table.c.id).where(expired)).first() is None:
                return []
        with self.database.write() as connection:
            void = sorted(
                connection.execute(
                    sa.select(table.c.id).where(expired).order_by(table.c.id).with_for_update()
                ).scalars()
            )
            connection.execute(sa.delete(table).where(table.c.id.in_(void)))
            return void

    @repeated
    def leases(self) -> list[Lease]:
        statement = sa.select(tables.lease).order_by(tables.lease.c.id)
        with self.database.read() as connection:
            return [rows.lease_of(row) for row in connection.execute(statement).mappings()]

    @repeated
    def claims(self) -> dict[str, int]:
        claim = tables.resource.c.claim
        statement = sa.select(claim, sa.func.count()).where(claim.is_not(None)).group_by(claim)
        with self.database.read() as connection:
            return dict(sorted((row[0], row[1]) for row in connection.execute(statement)))

    @repeated
    def orphans(self, limit: int) -> list[Orphan]:
        resource, node = tables.resource, tables.node
        void = (
            sa.select(resource)
            .outerjoin(tables.lease, tables.lease.c.id == resource.c.claim)
            .where(resource.c.claim.is_not(None), tables.lease.c.id.is_(None))
            .order_by(resource.c.id)
            .limit(limit)
        )
        with self.database.read() as connection:
            found = [rows.resource_of(row) for row in connection.execute(void)]
            running: dict[str, NodeKey] = {}
            for chunk in writes.chunks([row.id for row in found]):
                statement = sa.select(node).where(
                    node.c.subject.in_(chunk), node.c.status == NodeStatus.RUNNING.value
                )
                for row in connection.execute(statement).mappings():
                    running[row['subject']] = _key_of(row)
        return [Orphan(row, running.get(row.id)) for row in found]

    @repeated
    def strays(self, limit: int) -> list[Resource]:
        resource, node = tables.resource, tables.node
        in_doubt = sa.union(
            sa.select(resource.c.id).where(resource.c.suspect.is_(True)),
            sa.select(resource.c.id).where(
                resource.c.status == Status.IN_PROGRESS.value,
                resource.c.action != Action.DELETE.value,
            ),
        ).subquery()
        looked_after = (
            sa.select(node.c.id)
            .where(node.c.subject == resource.c.id, node.c.status != NodeStatus.DONE.value)
            .exists()
        )
        statement = (
            sa.select(resource)
            .join(in_doubt, in_doubt.c.id == resource.c.id)
            .where(resource.c.claim.is_(None), ~looked_after)
            .order_by(resource.c.id)
            .limit(limit)
        )
        with self.database.read() as connection:
            found = [rows.resource_of(row) for row in connection.execute(statement)]
        return [row for row in found if states.unsettled(row)]

    @repeated
    def lost_nodes(
        self, before: float, limit: int, mine: Callable[[Iterable[str]], set[str]] = set
    ) -> list[NodeKey]:
        table = tables.node
        lost = (table.c.status == NodeStatus.READY.value, table.c.touched_at < before)
        statement = sa.select(table).where(*lost).order_by(table.c.id).limit(limit)
        with self.database.read() as connection:
            found = list(connection.execute(statement).mappings())
        stacks = mine(row['stack_id'] for row in found)
        found = [row for row in found if row['stack_id'] in stacks]
        if not found:
            return []
        ids = [row['id'] for row in found]
        with self.database.write() as connection:
            for chunk in writes.chunks(ids):
                connection.execute(
                    sa.update(table)
                    .where(table.c.id.in_(chunk), *lost)
                    .values(touched_at=self._clock.now())
                )
        return sorted(map(_key_of, found))

    @repeated
    def aftermaths(self, now: float, limit: int) -> list[Aftermath]:
        table = tables.aftermath
        statement = sa.select(table).where(table.c.due_at <= now).order_by(table.c.id)
        with self.database.read() as connection:
            found = connection.execute(statement.limit(limit)).mappings()
            return [rows.aftermath_of(row) for row in found]

    @repeated
    def put_off(self, aftermath: Aftermath, due_at: float | None) -> bool:
        table = tables.aftermath
        statement: Any = sa.delete(table)
        if due_at is not None:
            statement = sa.update(table).values(due_at=due_at, looks=aftermath.looks + 1)
        with self.database.write() as connection:
            done = connection.execute(statement.where(table.c.id == aftermath.id))
            return int(done.rowcount) == 1

    @repeated
    def overdue(self, now: float) -> list[str]:
        table = tables.stack
        statement = (
            sa.select(table.c.id)
            .where(table.c.deadline <= now, table.c.status == Status.IN_PROGRESS.value)
            .order_by(table.c.id)
        )
        with self.database.read() as connection:
            return list(connection.execute(statement).scalars())

    @repeated
    def lost_wishes(self) -> list[str]:
        table = tables.stack
        statement = sa.select(table.c.id).where(table.c.wish_id.is_not(None)).order_by(table.c.id)
        with self.database.read() as connection:
            return list(connection.execute(statement).scalars())


def _key_of(row: Any) -> NodeKey:
    return rows.key_of((row['traversal_id'], row['kind'], row['name']))
