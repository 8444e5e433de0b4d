"""Optimistic commit: write without reading first, in one round trip.

Each write has the state that its commit was decided on as its condition. A write that finds fewer
rows than it should fails all of them; only then the commits are decided again, on rows that are
read and locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatconv.convergence import commit as guards
from heatconv.convergence.model import NodeStatus
from heatconv.convergence.step import Commit, RowGuard
from heatconv.db import rows, tables, writes
from heatconv.db.bulk import Script, guarded_update

#: All or nothing: a division by zero aborts the transaction. The conditions are in a CASE, which
#: the planner takes for usually true. A plain condition on the status looks so rare to it that it
#: would scan the table instead of using the key.
NODES = """
WITH done AS (
    UPDATE node n SET {sets} FROM json_to_recordset(%s) AS v(a text, b text, c text)
    WHERE n.id = v.a
        AND CASE WHEN n.status = v.b AND n.subject = v.c THEN 1 ELSE 0 END <> 0
    RETURNING 1
)
SELECT 1 / (count(*) = %s)::int FROM done
"""
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
    """Update nodes that are still as they were read."""
    groups: dict[tuple[NodeStatus, int], list[tuple[str, str, str | None]]] = {}
    begun: list[str] = []
    ready: list[tuple[Any, ...]] = []
    for commit in commits:
        write = commit.node
        assert write is not None
        node = locked.nodes[write.key]
        node_id = rows.node_id(write.key)
        same = (node_id, write.was.value, write.subject)
        groups.setdefault((node.status, node.attempts), []).append(same)
        if write.was == NodeStatus.READY:
            begun.append(node_id)
        if node.status == NodeStatus.READY:
            ready.append(rows.ready_values(write.key, now))
    for (status, attempts), values in groups.items():
        # Most nodes were tried once: the number is not worth a column in the JSON.
        sets = 'status = %s, attempts = %s' if attempts else 'status = %s'
        changed = (status.value, attempts) if attempts else (status.value,)
        values.sort()
        parameters = (*changed, rows.records(values), len(values))
        script.add(NODES.format(sets=sets), parameters)
    script.listed('DELETE FROM ready WHERE id {}', sorted(begun))
    script.insert(tables.ready, rows.READY, ready)


def add_rows(script: Script, commits: Sequence[Commit], now: float) -> None:
    """Overwrite or delete rows that are still as they were read."""
    groups: dict[tuple[RowGuard, tuple[str, ...]], list[tuple[Any, ...]]] = {}
    gone: list[tuple[Any, ...]] = []
    written = [commit.row for commit in commits if commit.row is not None]
    for write in written:
        before, after = write.read, write.saved
        if after is None:
            gone.append((before.id, before.version))
            continue
        columns = rows.changed_columns(before, after)
        changed = rows.some_values(after, columns)
        values = (before.id, before.version, *changed, rows.in_doubt(after), now)
        groups.setdefault((write.guard, columns), []).append(values)
    for (guard, columns), values_of in groups.items():
        values_of.sort(key=lambda values: values[0])
        unclaimed = ' AND t.claim IS NULL' if guard == RowGuard.UNCLAIMED else ''
        sql = guarded_update(
            tables.resource,
            ('id', 'version', *columns, 'doubt', 'updated_at'),
            f't.version = v.b AND NOT t.suspect{unclaimed}',
        )
        script.add(sql, (rows.records(values_of), len(values_of)))
    if gone:
        gone.sort()
        script.add(GONE, (rows.records(gone), len(gone)))
    writes.save_claims(script, ((write.read, write.saved) for write in written))


def add(
    script: Script, commits: Sequence[Commit], locked: guards.LockedRows, now: float, ids: Any
) -> None:
    """Add everything to a script except the release of successors."""
    add_nodes(script, commits, locked, now)
    add_rows(script, commits, now)
    for row_id in locked.retained:
        script.add('DELETE FROM orphan_check WHERE id LIKE %s', (f'{row_id}/%',))
    writes.add_events(script, locked.events, ids, now)
