"""Optimistic commit: write a batch of commits without reading or locking rows first.

So a transaction takes one round trip. Each write has a condition: the row is still in the state
that its commit was decided on. If a write matches fewer rows than expected, the whole transaction
fails (`StaleRead`). Only then are the rows read and locked, and the commits decided again.

The statements are for PostgreSQL only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatconv.convergence import commit as guards
from heatconv.convergence.model import NodeStatus
from heatconv.convergence.step import Commit, RowGuard
from heatconv.db import rows, tables, writes
from heatconv.db.bulk import Script, guarded_update

#: Updates all of the given nodes or fails: if it matches fewer of them, a division by zero aborts
#: the transaction. The conditions are in a CASE expression, which the planner assumes to be true
#: for most rows. It assumes that a plain condition on the status is true for few rows, and would
#: scan the table instead of using the primary key.
NODES = """
WITH done AS (
    UPDATE node n SET {sets} FROM json_to_recordset(%s) AS v(a text, b text, c text)
    WHERE n.id = v.a
        AND CASE WHEN n.status = v.b AND n.subject = v.c THEN 1 ELSE 0 END <> 0
    RETURNING 1
)
SELECT 1 / (count(*) = %s)::int FROM done
"""
#: The same for rows to delete.
GONE = """
WITH done AS (
    DELETE FROM resource r USING json_to_recordset(%s) AS v(a text, b bigint)
    WHERE r.id = v.a
        AND CASE WHEN r.version = v.b AND NOT r.suspect THEN 1 ELSE 0 END <> 0
    RETURNING 1
)
SELECT 1 / (count(*) = %s)::int FROM done
"""


def add_nodes(
    script: Script, commits: Sequence[Commit], locked: guards.LockedRows, now: float
) -> None:
    """Add statements that update the nodes of the commits.

    Their condition: the status and the subject of the node are those that were read.
    """
    groups: dict[tuple[NodeStatus, int], list[tuple[str, str, str | None]]] = {}
    was_ready: list[str] = []
    ready: list[tuple[Any, ...]] = []
    for commit in commits:
        write = commit.node
        assert write is not None
        node = locked.nodes[write.key]
        node_id = rows.node_id(write.key)
        condition = (node_id, write.was.value, write.subject)
        groups.setdefault((node.status, node.attempts), []).append(condition)
        if write.was == NodeStatus.READY:
            was_ready.append(node_id)
        if node.status == NodeStatus.READY:
            ready.append(rows.ready_values(write.key, now))
    for (status, attempts), conditions in groups.items():
        # Most nodes were tried once, so the number is not worth a column in the JSON.
        sets = 'status = %s, attempts = %s' if attempts else 'status = %s'
        new_values = (status.value, attempts) if attempts else (status.value,)
        conditions.sort()
        parameters = (*new_values, rows.records(conditions), len(conditions))
        script.add(NODES.format(sets=sets), parameters)
    script.listed('DELETE FROM ready WHERE id {}', sorted(was_ready))
    script.insert(tables.ready, rows.READY, ready)


def add_rows(script: Script, commits: Sequence[Commit], now: float) -> None:
    """Add statements that overwrite or delete the rows of the commits.

    Their condition: the row has the version that was read, is not suspect and, if the guard says
    so, is not claimed.
    """
    groups: dict[tuple[RowGuard, tuple[str, ...]], list[tuple[Any, ...]]] = {}
    deleted: list[tuple[Any, ...]] = []
    row_writes = [commit.row for commit in commits if commit.row is not None]
    for write in row_writes:
        before, after = write.read, write.saved
        if after is None:
            deleted.append((before.id, before.version))
            continue
        columns = rows.changed_columns(before, after)
        new_values = rows.some_values(after, columns)
        values = (before.id, before.version, *new_values, rows.in_doubt(after))
        columns = (*columns, 'doubt')
        if rows.is_update(columns):
            values, columns = (*values, now), (*columns, 'updated_at')
        groups.setdefault((write.guard, columns), []).append(values)
    for (guard, columns), values_of in groups.items():
        values_of.sort(key=lambda values: values[0])
        unclaimed = ' AND t.claim IS NULL' if guard == RowGuard.UNCLAIMED else ''
        sql = guarded_update(
            tables.resource,
            ('id', 'version', *columns),
            f't.version = v.b AND NOT t.suspect{unclaimed}',
        )
        script.add(sql, (rows.records(values_of), len(values_of)))
    if deleted:
        deleted.sort()
        script.add(GONE, (rows.records(deleted), len(deleted)))
    writes.save_claims(script, ((write.read, write.saved) for write in row_writes))


def add(
    script: Script, commits: Sequence[Commit], locked: guards.LockedRows, now: float, ids: Any
) -> None:
    """Add all writes of the commits to a script, except the release of successors.

    :param locked: the state after the commits, as they were decided without locks.
    """
    add_nodes(script, commits, locked, now)
    add_rows(script, commits, now)
    for row_id in locked.retained:
        script.add('DELETE FROM orphan_check WHERE id LIKE %s', (f'{row_id}/%',))
    writes.add_events(script, locked.events, ids, now)
