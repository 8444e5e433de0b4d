"""Write many rows with few statements, on every database.

The transaction has locked the rows that it overwrites, so an upsert of whole rows is an update of
many rows by one statement.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Event, Node, NodeKey, NodeStatus, Resource, Stack
from heatconv.db import bulk, rows, stack_rows, tables
from heatconv.db.bulk import Script
from heatconv.runtime.ports import Ids

T = TypeVar('T')

#: Largest number of values in one statement: SQLite accepts 32,766 parameters, and longer lists
#: gain nothing.
CHUNK = 500


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut an iterable into lists."""
    source = iter(values)
    while chunk := list(itertools.islice(source, size)):
        yield chunk


def save_resources(
    script: Script,
    before: Mapping[str, Resource],
    saved: Mapping[str, Resource | None],
    now: float,
) -> None:
    """Insert, overwrite or delete resource rows.

    :param before: the rows as they were read: only changed columns are written.
    """
    gone = [row_id for row_id, row in saved.items() if row is None]
    script.listed('DELETE FROM resource WHERE id {}', gone)
    added: list[Resource] = []
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row in saved.values():
        if row is None:
            continue
        old = before.get(row.id)
        if old is None:
            added.append(row)
            continue
        columns = rows.changed_columns(old, row)
        more: tuple[Any, ...] = (now,)
        doubt = rows.in_doubt(row)
        if doubt != rows.in_doubt(old):
            columns, more = (*columns, 'doubt'), (doubt, now)
        values = groups.setdefault(columns, [])
        known = columns if len(more) == 1 else columns[:-1]
        values.append((row.id, *rows.some_values(row, known), *more))
    for columns, values in groups.items():
        script.update(tables.resource, ('id', *columns, 'updated_at'), values)
    script.insert(tables.resource, INSERTED, [_created(row, now) for row in added])
    save_claims(script, ((before.get(row_id), row) for row_id, row in saved.items()))


def save_claims(
    script: Script, written: Iterable[tuple[Resource | None, Resource | None]]
) -> None:
    """Update the table of claims after writes of rows.

    :param written: each row as it was, None if it is new, and as it is now, None if it is deleted.
    """
    freed: list[str] = []
    claimed: list[tuple[Any, ...]] = []
    for old, new in written:
        claim_before = None if old is None else old.claim
        claim_now = None if new is None else new.claim
        if claim_before == claim_now:
            continue
        if old is not None and claim_before is not None:
            freed.append(old.id)
        if new is not None and claim_now is not None:
            claimed.append((new.id, claim_now))
    script.listed('DELETE FROM claim WHERE row_id {}', sorted(freed))
    script.insert(tables.claim, ('row_id', 'lease_id'), claimed)


INSERTED = (*rows.RESOURCE, 'doubt')


def _created(row: Resource, now: float) -> tuple[Any, ...]:
    return (*rows.resource_values(evolve(row, created_at=now)), rows.in_doubt(row))


def save_stacks(script: Script, stacks: Iterable[Stack]) -> None:
    """Overwrite stacks that this transaction has locked."""
    values = []
    for stack in stacks:
        row = stack_rows.stack_row(stack)
        values.append(tuple(row[name] for name in stack_rows.STACK))
    script.update(tables.stack, stack_rows.STACK, values)


def insert_resources(script: Script, added: Iterable[Resource], now: float) -> None:
    """Insert resource rows, as a stream."""
    for chunk in chunks(added, bulk.ROWS):
        script.insert(tables.resource, INSERTED, [_created(row, now) for row in chunk])
        _run_if_full(script, chunk)


def insert_nodes(script: Script, nodes: Iterable[Node], now: float) -> None:
    """Insert nodes, as a stream."""
    for chunk in chunks(nodes, bulk.ROWS):
        script.insert(tables.node, rows.NODE, [*map(rows.node_values, chunk)])
        ready = [
            rows.ready_values(node.key, now) for node in chunk if node.status == NodeStatus.READY
        ]
        script.insert(tables.ready, rows.READY, ready)
        _run_if_full(script, chunk)


def _run_if_full(script: Script, chunk: list[Any]) -> None:
    """Send a script that grows large; the rest is sent with later statements."""
    if len(chunk) == bulk.ROWS:
        script.run()


def save_nodes(
    script: Script, before: Mapping[NodeKey, Node], after: Iterable[Node], now: float
) -> None:
    """Overwrite nodes, with one statement for each kind of change.

    :param before: the nodes as they are stored.
    """
    added: list[Node] = []
    begun: list[str] = []
    ready: list[tuple[Any, ...]] = []
    groups: dict[tuple[Any, ...], list[str]] = {}
    for node in after:
        old = before.get(node.key)
        if old is None:
            added.append(node)
            continue
        change: dict[str, Any] = {}
        for name in ('status', 'blockers', 'attempts', 'subject'):
            if getattr(node, name) != getattr(old, name):
                change[name] = getattr(node, name)
        if node.successors != old.successors:
            change['successors'] = rows.successors_text(node.successors)
        if node.hooks != old.hooks:
            change['hooks'] = rows.hooks_text(node.hooks)
        groups.setdefault(tuple(change.items()), []).append(rows.node_id(node.key))
        if NodeStatus.READY in (node.status, old.status):
            if old.status == NodeStatus.READY:
                begun.append(rows.node_id(node.key))
            if node.status == NodeStatus.READY:
                ready.append(rows.ready_values(node.key, now))
    for changed, ids in groups.items():
        if changed:
            sets = ', '.join(f'{name} = %s' for name, _ in changed)
            values = [value for _, value in changed]
            script.listed(f'UPDATE node SET {sets} WHERE id {{}}', ids, values)
    script.insert(tables.node, rows.NODE, [*map(rows.node_values, added)])
    script.listed('DELETE FROM ready WHERE id {}', sorted(begun))
    script.insert(tables.ready, rows.READY, ready)


#: Keys are visited in the given order, or two commits could deadlock; so do the bulk statements.
RELEASING = """
WITH released AS (
    UPDATE node SET
        blockers = node.blockers - given.b,
        status = CASE WHEN node.blockers = given.b THEN 'ready' ELSE node.status END
    FROM json_to_recordset(%s) AS given(a text, b bigint)
    WHERE node.id = given.a
    RETURNING node.id, node.traversal_id, node.kind, node.blockers
),
told AS (
    INSERT INTO ready (id, traversal_id, touched_at)
    SELECT id, traversal_id, %s FROM released WHERE blockers = 0
)
"""
RELEASE = f"""{RELEASING}
SELECT id FROM released WHERE blockers = 0
"""
#: The same, and the connection remembers the ready nodes for a statement after the commit: only
#: that sees what others have committed while this one waited for a lock.
RELEASE_AND_NOTE = f"""{RELEASING}
SELECT
    set_config('heatconv.ready',
        coalesce(array_agg(id) FILTER (WHERE kind <> 'c'), '{{}}')::text, false),
    set_config('heatconv.cleanups',
        coalesce(array_agg(id) FILTER (WHERE kind = 'c'), '{{}}')::text, false)
FROM released WHERE blockers = 0
"""
NOTED = "current_setting('heatconv.ready', true)::text[]"
NOTED_CLEANUPS = "current_setting('heatconv.cleanups', true)::text[]"

#: In steps: MariaDB has no UPDATE ... RETURNING, and detects deadlocks immediately.
RELEASE_LIKE = """
UPDATE node SET
    status = CASE WHEN blockers = %s THEN 'ready' ELSE status END,
    blockers = blockers - %s
WHERE id {}
"""
UNBLOCKED = 'SELECT id FROM node WHERE id {} AND blockers = 0'


def release(script: Script, released: Mapping[NodeKey, int], now: float) -> set[NodeKey]:
    """Decrement the blockers of nodes; return those that have none left and are ready now.

    The nodes are not read: only their counters change. Last in a transaction, because each waiting
    commit locks the common successors.
    """
    ready: set[NodeKey] = set()
    if script.dialect == 'postgresql':
        for keys in chunks(sorted(released), bulk.ROWS):
            by_id = {rows.node_id(key): key for key in keys}
            script.add(RELEASE, (_counted(by_id, released), now))
            ready.update(by_id[node_id] for (node_id,) in script.rows())
        return ready
    by_number: dict[int, list[NodeKey]] = {}
    for key in sorted(released):
        by_number.setdefault(released[key], []).append(key)
    for number, same_count in sorted(by_number.items()):
        for keys in chunks(same_count, bulk.ROWS):
            by_id = {rows.node_id(key): key for key in keys}
            script.listed(RELEASE_LIKE, list(by_id), [number, number])
            ready.update(by_id[node_id] for (node_id,) in script.fetch(UNBLOCKED, list(by_id)))
    for keys in chunks(sorted(ready), bulk.ROWS):
        script.insert(tables.ready, rows.READY, [rows.ready_values(key, now) for key in keys])
    return ready


def _counted(by_id: Mapping[str, NodeKey], released: Mapping[NodeKey, int]) -> str:
    return bulk.encode([{'a': node_id, 'b': released[key]} for node_id, key in by_id.items()])


def release_and_note(script: Script, released: Mapping[NodeKey, int], now: float) -> None:
    """Do the same on PostgreSQL, and let `NOTED` and `NOTED_CLEANUPS` name the ready nodes.

    :param released: no more than one statement takes.
    """
    by_id = {rows.node_id(key): key for key in sorted(released)}
    script.add(RELEASE_AND_NOTE, (_counted(by_id, released), now))


def add_events(script: Script, events: Iterable[Event], ids: Ids, now: float) -> None:
    """Append events."""
    values = [rows.event_values(event, ids.fresh(), now) for event in events]
    script.insert(tables.event, rows.EVENT, values)


def drop_nodes(script: Script, traversal_id: str) -> None:
    """Delete the nodes of a traversal, including those of concurrent commits.

    The first DELETE waits for commits that lock some of the nodes; it does not see a node that
    such a commit inserted. The second one does.
    """
    for _ in range(2):
        for table in ('node', 'ready'):
            script.listed(f'DELETE FROM {table} WHERE traversal_id {{}}', [traversal_id])
