"""Leases, orphan checks and the queries of the sweep, in the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from heatconv.convergence import states
from heatconv.convergence.dead_claims import DeadClaim
from heatconv.convergence.model import NodeKey, OrphanCheck, Resource, Status
from heatconv.db import bulk, lease_rows, rows, tables
from heatconv.db.database import Database, repeated
from heatconv.runtime.ports import Clock
from heatconv.storage.values import Lease

#: Ids of the rows whose claim names a lease that does not exist: dead claims.
ORPHANED = sa.text("""
SELECT c.row_id FROM claim c LEFT JOIN lease l ON l.id = c.lease_id
WHERE l.id IS NULL ORDER BY c.row_id LIMIT :most
""")
ORPHANS = f'SELECT {rows.RESOURCE_LIST} FROM resource r WHERE r.id {{}} ORDER BY r.id'

#: Running nodes, by subject.
RUNNING = """
SELECT subject, traversal_id, kind, name FROM node WHERE subject {} AND status = 'running'
"""

#: Unsettled rows without an open node.
STRAYS = sa.text(f"""
SELECT {rows.RESOURCE_LIST} FROM resource r
WHERE r.doubt = true AND NOT EXISTS (
    SELECT 1 FROM node n WHERE n.subject = r.id AND n.status <> 'done'
)
ORDER BY r.id LIMIT :most
""")

#: Ready nodes that were not announced recently. The order has a single key, that of the index:
#: a million nodes may have been announced at the same time, and a second key would sort them all.
LOST = sa.text("""
SELECT n.id, n.traversal_id, n.kind, n.name, n.stack_id
FROM ready q JOIN node n ON n.id = q.id
WHERE q.touched_at < :before ORDER BY q.touched_at LIMIT :most
""")


#: Traversals of the stacks in progress. These stacks have a deadline, a column with an index.
UNDER_WAY = """
SELECT traversal_id FROM stack
WHERE deadline IS NOT NULL AND traversal_id IS NOT NULL AND status {}
"""
IN_PROGRESS = Status.IN_PROGRESS.value

#: The same as LOST for given traversals, in any order.
LOST_OF = """
SELECT n.id, n.traversal_id, n.kind, n.name, n.stack_id
FROM ready q JOIN node n ON n.id = q.id
WHERE q.traversal_id {} AND q.touched_at < %s
LIMIT 500
"""


class SweepRows:
    """The part of the store that keeps leases and orphan checks, and finds rows for the sweep."""

    database: Database
    _clock: Clock

    @repeated
    def grant_lease(self, lease: Lease) -> None:
        with self.database.write() as connection:
            table = tables.lease
            connection.execute(sa.delete(table).where(table.c.id == lease.id))
            connection.execute(sa.insert(table), lease_rows.lease_row(lease))

    @repeated
    def renew_lease(self, lease_id: str, expires_at: float, queued: int = 0) -> bool:
        table = tables.lease
        statement = (
            sa.update(table)
            .where(table.c.id == lease_id)
            .values(expires_at=expires_at, queued=queued)
        )
        with self.database.write() as connection:
            # SQLAlchemy configures MariaDB to count the rows that match, even if they do not
            # change.
            return connection.execute(statement).rowcount == 1

    @repeated
    def void_leases(self, before: float, ids: Sequence[str] = ()) -> list[str]:
        table = tables.lease
        void = sa.or_(table.c.expires_at < before, table.c.id.in_(ids))
        with self.database.read() as connection:
            if connection.execute(sa.select(table.c.id).where(void)).first() is None:
                return []
        with self.database.write() as connection:
            void_ids = sorted(
                connection.execute(
                    sa.select(table.c.id).where(void).order_by(table.c.id).with_for_update()
                ).scalars()
            )
            connection.execute(sa.delete(table).where(table.c.id.in_(void_ids)))
            return void_ids

    @repeated
    def leases(self) -> list[Lease]:
        statement = sa.select(tables.lease).order_by(tables.lease.c.id)
        with self.database.read() as connection:
            return [lease_rows.lease_of(row) for row in connection.execute(statement).mappings()]

    @repeated
    def claims(self) -> dict[str, int]:
        lease_id = tables.claim.c.lease_id
        statement = sa.select(lease_id, sa.func.count()).group_by(lease_id)
        with self.database.read() as connection:
            return dict(sorted((row[0], row[1]) for row in connection.execute(statement)))

    @repeated
    def dead_claims(self, limit: int) -> list[DeadClaim]:
        with self.database.read() as connection:
            ids = list(connection.execute(ORPHANED, {'most': limit}).scalars())
        if not ids:
            return []
        with self.database.read_driver() as driver:
            claimed_rows = list(map(rows.resource_of, bulk.fetch(driver, ORPHANS, ids)))
            running_nodes = {
                row[0]: rows.key_of(row[1:]) for row in bulk.fetch(driver, RUNNING, ids)
            }
        return [DeadClaim(row, running_nodes.get(row.id)) for row in claimed_rows]

    @repeated
    def unsettled_rows(self, limit: int) -> list[Resource]:
        with self.database.read() as connection:
            candidates = [
                rows.resource_of(row) for row in connection.execute(STRAYS, {'most': limit})
            ]
        return [row for row in candidates if states.unsettled(row)]

    @repeated
    def lost_nodes(
        self,
        before: float,
        limit: int,
        owned: Callable[[Iterable[str]], set[str]] = set,
        besides: Collection[str] = (),
    ) -> list[NodeKey]:
        fetched: list[Any]
        if besides:
            # Not in order of age: a million excluded nodes may be older, and would be read first.
            with self.database.read_driver() as driver:
                in_progress = [row[0] for row in bulk.fetch(driver, UNDER_WAY, [IN_PROGRESS])]
                traversal_ids = sorted(set(in_progress) - set(besides))
                fetched = bulk.fetch(driver, LOST_OF, traversal_ids, [before])[:limit]
        else:
            with self.database.read() as connection:
                fetched = list(connection.execute(LOST, {'before': before, 'most': limit}))
        owned_stacks = owned(row[4] for row in fetched)
        fetched = [row for row in fetched if row[4] in owned_stacks]
        if not fetched:
            return []
        with self.database.batch() as script:
            touch = 'UPDATE ready SET touched_at = %s WHERE id {} AND touched_at < %s'
            ids = sorted(row[0] for row in fetched)
            script.listed(touch, ids, [self._clock.now(), before])
        return sorted(rows.key_of(row[1:]) for row in fetched)

    @repeated
    def orphan_checks(self, now: float, limit: int) -> list[OrphanCheck]:
        table = tables.orphan_check
        statement = sa.select(table).where(table.c.due_at <= now).order_by(table.c.id)
        with self.database.read() as connection:
            fetched = connection.execute(statement.limit(limit)).mappings()
            return [lease_rows.orphan_check_of(row) for row in fetched]

    @repeated
    def postpone(self, orphan_check: OrphanCheck, due_at: float | None) -> bool:
        table = tables.orphan_check
        statement: Any = sa.delete(table)
        if due_at is not None:
            statement = sa.update(table).values(due_at=due_at, attempts=orphan_check.attempts + 1)
        with self.database.write() as connection:
            result = connection.execute(statement.where(table.c.id == orphan_check.id))
            return int(result.rowcount) == 1

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
