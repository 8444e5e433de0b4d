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

from heatconv.convergence.model import Event, Node, Resource
from heatconv.db import rows, tables
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


def insert(
    connection: sa.Connection, table: sa.Table, values: Iterable[Mapping[str, Any]]
) -> None:
    """Insert rows, streaming them in chunks."""
    for chunk in chunks(values):
        connection.execute(sa.insert(table), chunk)


def save_resources(
    connection: sa.Connection, saved: Mapping[str, Resource | None], now: float
) -> None:
    """Insert, overwrite or delete rows of resources."""
    gone = [row_id for row_id, row in saved.items() if row is None]
    kept = [row for row in saved.values() if row is not None]
    for chunk in chunks(gone):
        connection.execute(sa.delete(tables.resource).where(tables.resource.c.id.in_(chunk)))
    values = []
    for row in kept:
        value = rows.resource_row(row)
        if row.version:
            value['updated_at'] = now
        else:
            value['created_at'] = now
        values.append(value)
    upsert(connection, tables.resource, values, 'id')


def insert_nodes(connection: sa.Connection, nodes: Iterable[Node], now: float) -> None:
    """Insert nodes."""
    insert(connection, tables.node, (rows.node_row(node, now) for node in nodes))


def save_nodes(
    connection: sa.Connection, before: Mapping[str, Node], after: Iterable[Node], now: float
) -> None:
    """Overwrite nodes, one statement for all that change alike.

    :param before: the nodes as they are stored, by their primary keys.
    """
    added: list[Node] = []
    groups: dict[tuple[Any, ...], list[str]] = {}
    for node in after:
        node_id = rows.node_id(node.key)
        old = before.get(node_id)
        if old is None:
            added.append(node)
            continue
        moved = None if node.subject == old.subject else node.subject
        grown = None if node.successors == old.successors else node.successors
        change = (node.status.value, node.blockers, node.attempts, moved, grown)
        groups.setdefault(change, []).append(node_id)
    for (status, blockers, attempts, moved, grown), ids in groups.items():
        values: dict[str, Any] = {
            'status': status,
            'blockers': blockers,
            'attempts': attempts,
            'touched_at': now,
        }
        if moved is not None:
            values['subject'] = moved
        if grown is not None:
            values['successors'] = rows.dumps([kind.value + name for kind, name in grown])
        for chunk in chunks(ids):
            statement = sa.update(tables.node).where(tables.node.c.id.in_(chunk)).values(values)
            connection.execute(statement)
    insert_nodes(connection, added, now)


def add_events(connection: sa.Connection, events: Iterable[Event], ids: Ids, now: float) -> None:
    """Append events."""
    insert(connection, tables.event, (rows.event_row(one, ids.fresh(), now) for one in events))


def drop_nodes(connection: sa.Connection, traversal_id: str) -> None:
    """Delete the nodes of a traversal, those of commits under way included.

    The first DELETE waits for commits that hold some of the nodes; it does not
    see a node that such a commit inserted. The second one does.
    """
    statement = sa.delete(tables.node).where(tables.node.c.traversal_id == traversal_id)
    connection.execute(statement)
    connection.execute(statement)
