"""Writes of many rows with few statements, on every database.

These functions add statements to a script. They have no conditions: the transaction has locked the
rows that it overwrites. For writes without locks see `heatconv.db.optimistic`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Event, Node, NodeKey, NodeStatus, Resource, Stack
from heatconv.db import bulk, rows, stack_rows, tables
from heatconv.db.bulk import Script
from heatconv.runtime.ports import Ids

T = TypeVar('T')

#: Default number of values in one statement. SQLite accepts 32,766 parameters, but longer lists
#: gain nothing.
CHUNK = 500


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Split an iterable into lists of at most ``size`` values."""
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

    :param before: by id, the rows as they were read: only changed columns are written. A row to
        insert is missing.
    :param saved: by id, the rows as they are to be; None for a row to delete.
    """
    deleted_ids = [row_id for row_id, row in saved.items() if row is None]
    script.listed('DELETE FROM resource WHERE id {}', deleted_ids)
    added: list[Resource] = []
    groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row in saved.values():
        if row is None:
            continue
        old = before.get(row.id)
        if old is None:
            added.append(row)
            continue
        fields = rows.changed_columns(old, row)
        # The columns that are not fields of a resource, but derived.
        derived: dict[str, Any] = {}
        doubt = rows.in_doubt(row)
        if doubt != rows.in_doubt(old):
            derived['doubt'] = doubt
        if rows.is_update(fields):
            derived['updated_at'] = now
        if not fields and not derived:
            continue
        values = groups.setdefault((*fields, *derived), [])
        values.append((row.id, *rows.some_values(row, fields), *derived.values()))
    for columns, values in groups.items():
        script.update(tables.resource, ('id', *columns), values)
    script.insert(tables.resource, INSERTED, [_inserted_values(row, now) for row in added])
    save_claims(script, ((before.get(row_id), row) for row_id, row in saved.items()))


def save_claims(
    script: Script, written: Iterable[tuple[Resource | None, Resource | None]]
) -> None:
    """Update the table ``claim`` after writes of rows.

    :param written: pairs of the state of a row before the write, None if the row is new, and the
        state after it, None if the row is deleted.
    """
    unclaimed: list[str] = []
    claimed: list[tuple[Any, ...]] = []
    for old, new in written:
        claim_before = None if old is None else old.claim
        claim_now = None if new is None else new.claim
        if claim_before == claim_now:
            continue
        if old is not None and claim_before is not None:
            unclaimed.append(old.id)
        if new is not None and claim_now is not None:
            claimed.append((new.id, claim_now))
    script.listed('DELETE FROM claim WHERE row_id {}', sorted(unclaimed))
    script.insert(tables.claim, ('row_id', 'lease_id'), claimed)


#: The columns of a new resource row.
INSERTED = (*rows.RESOURCE, 'doubt')


def _inserted_values(row: Resource, now: float) -> tuple[Any, ...]:
    """Return the values of the columns INSERTED."""
    return (*rows.resource_values(evolve(row, created_at=now)), rows.in_doubt(row))


def save_stacks(script: Script, stacks: Iterable[Stack]) -> None:
    """Overwrite stacks that this transaction has locked."""
    values = []
    for stack in stacks:
        row = stack_rows.stack_row(stack)
        values.append(tuple(row[name] for name in stack_rows.STACK))
    script.update(tables.stack, stack_rows.STACK, values)


def insert_resources(script: Script, added: Iterable[Resource], now: float) -> None:
    """Insert resource rows; they are sent while the iterable is consumed."""
    for chunk in chunks(added, bulk.ROWS):
        script.insert(tables.resource, INSERTED, [_inserted_values(row, now) for row in chunk])
        _run_if_full(script, chunk)


def insert_nodes(script: Script, nodes: Iterable[Node], now: float) -> None:
    """Insert nodes; they are sent while the iterable is consumed."""
    for chunk in chunks(nodes, bulk.ROWS):
        script.insert(tables.node, rows.NODE, [*map(rows.node_values, chunk)])
        ready = [
            rows.ready_values(node.key, now) for node in chunk if node.status == NodeStatus.READY
        ]
        script.insert(tables.ready, rows.READY, ready)
        _run_if_full(script, chunk)


def _run_if_full(script: Script, chunk: list[Any]) -> None:
    """Send a full chunk immediately; a shorter one is sent with later statements."""
    if len(chunk) == bulk.ROWS:
        script.run()


def save_nodes(
    script: Script, before: Mapping[NodeKey, Node], after: Iterable[Node], now: float
) -> None:
    """Insert or overwrite nodes, with one statement for each distinct change.

    :param before: the nodes as they are stored. A node to insert is missing.
    """
    added: list[Node] = []
    was_ready: list[str] = []
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
                was_ready.append(rows.node_id(node.key))
            if node.status == NodeStatus.READY:
                ready.append(rows.ready_values(node.key, now))
    for change_items, ids in groups.items():
        if change_items:
            sets = ', '.join(f'{name} = %s' for name, _ in change_items)
            values = [value for _, value in change_items]
            script.listed(f'UPDATE node SET {sets} WHERE id {{}}', ids, values)
    script.insert(tables.node, rows.NODE, [*map(rows.node_values, added)])
    script.listed('DELETE FROM ready WHERE id {}', sorted(was_ready))
    script.insert(tables.ready, rows.READY, ready)


#: Decrements the blockers of nodes, and announces the nodes that have none left. The nodes are
#: locked in the given order, since two commits could deadlock otherwise. The same holds for all
#: bulk statements.
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
#: The same, and saves the ids of the ready nodes in settings of the session, for a statement after
#: the commit. Only a later statement sees what other transactions have committed while this one
#: waited for a lock.
RELEASE_AND_NOTE = f"""{RELEASING}
SELECT
    set_config('heatconv.ready',
        coalesce(array_agg(id) FILTER (WHERE kind <> 'c'), '{{}}')::text, false),
    set_config('heatconv.cleanups',
        coalesce(array_agg(id) FILTER (WHERE kind = 'c'), '{{}}')::text, false)
FROM released WHERE blockers = 0
"""
#: SQL expressions for the ids that RELEASE_AND_NOTE has saved: those of ready nodes that are not
#: cleanups, and those of ready cleanups.
NOTED = "current_setting('heatconv.ready', true)::text[]"
NOTED_CLEANUPS = "current_setting('heatconv.cleanups', true)::text[]"

#: RELEASE in two steps, for the other databases: MariaDB has no UPDATE ... RETURNING. It detects
#: deadlocks immediately, so the order of locks matters less.
RELEASE_LIKE = """
UPDATE node SET
    status = CASE WHEN blockers = %s THEN 'ready' ELSE status END,
    blockers = blockers - %s
WHERE id {}
"""
UNBLOCKED = 'SELECT id FROM node WHERE id {} AND blockers = 0'


def release(script: Script, released: Mapping[NodeKey, int], now: float) -> set[NodeKey]:
    """Decrement the blockers of nodes.

    The nodes are not read: only their counters change. This is the last write of a transaction,
    because concurrent commits wait for the locks of their common successors.

    :param released: by how much to decrement the blockers of each node.
    :return: the nodes that have no blockers left and are ready now.
    """
    ready: set[NodeKey] = set()
    if script.dialect == 'postgresql':
        for keys in chunks(sorted(released), bulk.ROWS):
            by_id = {rows.node_id(key): key for key in keys}
            script.add(RELEASE, (_release_json(by_id, released), now))
            ready.update(by_id[node_id] for (node_id,) in script.rows())
        return ready
    by_count: dict[int, list[NodeKey]] = {}
    for key in sorted(released):
        by_count.setdefault(released[key], []).append(key)
    for count, same_count in sorted(by_count.items()):
        for keys in chunks(same_count, bulk.ROWS):
            by_id = {rows.node_id(key): key for key in keys}
            script.listed(RELEASE_LIKE, list(by_id), [count, count])
            ready.update(by_id[node_id] for (node_id,) in script.fetch(UNBLOCKED, list(by_id)))
    for keys in chunks(sorted(ready), bulk.ROWS):
        script.insert(tables.ready, rows.READY, [rows.ready_values(key, now) for key in keys])
    return ready


def _release_json(by_id: Mapping[str, NodeKey], released: Mapping[NodeKey, int]) -> str:
    """Return the JSON parameter of a release: the id of each node, and its decrement."""
    return bulk.encode([{'a': node_id, 'b': released[key]} for node_id, key in by_id.items()])


def release_and_note(script: Script, released: Mapping[NodeKey, int], now: float) -> None:
    """Decrement the blockers of nodes on PostgreSQL, and note the ready nodes in the session.

    A statement after the commit refers to them by `NOTED` and `NOTED_CLEANUPS`.

    :param released: by how much to decrement the blockers of each node; at most `bulk.ROWS` nodes.
    """
    by_id = {rows.node_id(key): key for key in sorted(released)}
    script.add(RELEASE_AND_NOTE, (_release_json(by_id, released), now))


def add_events(script: Script, events: Iterable[Event], ids: Ids, now: float) -> None:
    """Insert events, in order."""
    values = [rows.event_values(event, ids.fresh(), now) for event in events]
    script.insert(tables.event, rows.EVENT, values)


def drop_nodes(script: Script, traversal_ids: Sequence[str]) -> None:
    """Delete the nodes of traversals, including those of concurrent commits.

    The first DELETE waits for commits that lock some of the nodes. It does not see a node that one
    of these commits has inserted. The second DELETE does.
    """
    for _ in range(2):
        for table in ('node', 'ready'):
            script.listed(f'DELETE FROM {table} WHERE traversal_id {{}}', traversal_ids)
