"""Write many rows with few statements, alike on every database.

Rows that a transaction overwrites are locked by it, so an upsert of whole rows
is an update of many rows in one statement.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Event, Node, NodeKey, Resource
from heatconv.db import bulk, rows, tables
from heatconv.db.bulk import Script
from heatconv.ports import Ids

T = TypeVar('T')

#: How many values one statement names: SQLite takes 32,766 parameters, and
#: lists longer than this gain nothing.
CHUNK = 500


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut an iterable into lists."""
    source = iter(values)
    while chunk := list(itertools.islice(source, size)):
        yield chunk


def upsert(
    connection: sa.Connection, table: sa.Table, values: Sequence[Mapping[str, Any]], key: str
) -> None:
    """Insert rows, or overwrite those with the same key."""
    for chunk in chunks(values):
        statement: Any
        if connection.dialect.name == 'mysql':
            statement = mysql.insert(table)
            changed = {c.name: statement.inserted[c.name] for c in table.c if c.name != key}
            statement = statement.on_duplicate_key_update(changed)
        else:
            insert = sqlite.insert if connection.dialect.name == 'sqlite' else postgresql.insert
            statement = insert(table)
            changed = {c.name: statement.excluded[c.name] for c in table.c if c.name != key}
            statement = statement.on_conflict_do_update(index_elements=[key], set_=changed)
        connection.execute(statement, chunk)


def save_resources(
    script: Script,
    before: Mapping[str, Resource],
    saved: Mapping[str, Resource | None],
    now: float,
) -> None:
    """Insert, overwrite or delete rows of resources.

    :param before: what those that are overwritten were made from: only what differs is
        written.
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
        values = groups.setdefault(columns, [])
        values.append((row.id, *rows.some_values(row, columns), now))
    for columns, values in groups.items():
        script.update(tables.resource, ('id', *columns, 'updated_at'), values)
    script.insert(tables.resource, rows.RESOURCE, [_created(row, now) for row in added])


def _created(row: Resource, now: float) -> tuple[Any, ...]:
    return rows.resource_values(evolve(row, created_at=now))


def insert_resources(connection: sa.Connection, added: Iterable[Resource], now: float) -> None:
    """Insert rows of resources, streaming them."""
    for chunk in chunks(added, bulk.ROWS):
        values = [_created(row, now) for row in chunk]
        bulk.insert(connection, tables.resource, rows.RESOURCE, values)


def insert_nodes(connection: sa.Connection, nodes: Iterable[Node], now: float) -> None:
    """Insert nodes, streaming them."""
    for chunk in chunks(nodes, bulk.ROWS):
        values = [rows.node_values(node, now) for node in chunk]
        bulk.insert(connection, tables.node, rows.NODE, values)


def save_nodes(
    script: Script, before: Mapping[NodeKey, Node], after: Iterable[Node], now: float
) -> None:
    """Overwrite nodes, one statement for all that change alike.

    :param before: the nodes as they are stored.
    """
    added: list[Node] = []
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
        groups.setdefault(tuple(change.items()), []).append(rows.node_id(node.key))
    for changed, ids in groups.items():
        names = [*(name for name, _ in changed), 'touched_at']
        values = [*(value for _, value in changed), now]
        sets = ', '.join(f'{name} = %s' for name in names)
        script.listed(f'UPDATE node SET {sets} WHERE id {{}}', ids, values)
    script.insert(tables.node, rows.NODE, [rows.node_values(node, now) for node in added])


#: One statement that locks in the order of keys, or two commits could wait for each other.
RELEASE = """
WITH given AS (SELECT a AS id, b AS number FROM json_to_recordset(%s) AS v(a text, b bigint)),
locked AS (
    SELECT node.id, given.number FROM given JOIN node ON node.id = given.id
    ORDER BY node.id FOR UPDATE OF node
)
UPDATE node SET
    blockers = node.blockers - locked.number,
    status = CASE WHEN node.blockers = locked.number THEN 'ready' ELSE node.status END,
    touched_at = %s
FROM locked WHERE node.id = locked.id
RETURNING node.traversal_id, node.kind, node.name, node.blockers
"""

#: In steps: MariaDB tells no rows that it updates, and notices at once who waits for whom.
RELEASE_LIKE = """
UPDATE node SET
    status = CASE WHEN blockers = %s THEN 'ready' ELSE status END,
    blockers = blockers - %s,
    touched_at = %s
WHERE id {}
"""
UNBLOCKED = 'SELECT traversal_id, kind, name FROM node WHERE id {} AND blockers = 0'


def release(script: Script, released: Mapping[NodeKey, int], now: float) -> set[NodeKey]:
    """Take blockers from nodes; return those that have none left and are ready now.

    Nobody reads the nodes: only their counters move. Last in a transaction: what many
    wait for is locked by each of them.
    """
    ids = [(rows.node_id(key), number) for key, number in sorted(released.items())]
    if not ids:
        return set()
    found: set[NodeKey] = set()
    if script.dialect == 'postgresql':
        for chunk in chunks(ids, bulk.ROWS):
            given = bulk.encode([{'a': node_id, 'b': number} for node_id, number in chunk])
            script.add(RELEASE, (given, now))
            found.update(rows.key_of(row) for row in script.rows() if not row[3])
        return found
    by_number: dict[int, list[str]] = {}
    for node_id, number in ids:
        by_number.setdefault(number, []).append(node_id)
    for number, alike in sorted(by_number.items()):
        script.listed(RELEASE_LIKE, alike, [number, number, now])
        found.update(rows.key_of(row) for row in script.fetch(UNBLOCKED, alike))
    return found


def add_events(script: Script, events: Iterable[Event], ids: Ids, now: float) -> None:
    """Append events."""
    values = [rows.event_values(one, ids.fresh(), now) for one in events]
    script.insert(tables.event, rows.EVENT, values)


def insert_events(
    connection: sa.Connection, events: Iterable[Event], ids: Ids, now: float
) -> None:
    """Append events at once."""
    script = Script(connection)
    add_events(script, events, ids, now)
    script.run()


def drop_nodes(connection: sa.Connection, traversal_id: str) -> None:
    """Delete the nodes of a traversal, those of commits under way included.

    The first DELETE waits for commits that hold some of the nodes; it does not
    see a node that such a commit inserted. The second one does.
    """
    statement = sa.delete(tables.node).where(tables.node.c.traversal_id == traversal_id)
    connection.execute(statement)
    connection.execute(statement)
