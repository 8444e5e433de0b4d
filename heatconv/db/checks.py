"""What checks read and commit in the database, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from heatconv.convergence import commit as guards
from heatconv.convergence.check import View
from heatconv.convergence.model import Kind, Node, NodeKey, Resource, Stack
from heatconv.convergence.step import Commit, Outcome
from heatconv.db import bulk, rows, tables, writes
from heatconv.db.database import Database, repeated, retried
from heatconv.db.stacks import update_stack
from heatconv.ports import Clock, Ids
from heatconv.storage.memory import stamped

ROWS = f'SELECT {rows.RESOURCE_LIST} FROM resource r WHERE r.id {{}}'
GUARDED = (
    'SELECT id, version, claim, suspect, deletion_policy FROM resource WHERE id {} ORDER BY id'
)
NODES = f'SELECT {rows.NODE_LIST} FROM node n WHERE n.id {{}} ORDER BY n.id'
SERVING = f"""
SELECT n.traversal_id, n.kind, n.name, {rows.RESOURCE_LIST}
FROM node n JOIN resource r ON r.id = n.subject WHERE n.id {{}}
"""
WAITING = """
SELECT n.traversal_id, n.kind, n.name
FROM node n JOIN stack s ON s.traversal_id = n.traversal_id
WHERE n.subject {} AND n.status = 'ready'
"""


class CheckRows:
    """The part of the store that knows checks."""

    database: Database
    _clock: Clock
    _ids: Ids

    @repeated
    def views(self, keys: Sequence[NodeKey]) -> list[View]:
        with self.database.read() as connection:
            nodes = _by_key(connection, keys)
            stacks = _stacks(connection, {node.stack_id for node in nodes.values()})
            named = _rows_named_alike(connection, nodes.values())
            updates = [
                NodeKey(node.key.traversal_id, Kind.UPDATE, named[node.subject].name)
                for node in nodes.values()
                if node.key.kind == Kind.CLEANUP and node.subject in named
            ]
            subjects = {node.subject: node for node in _by_key(connection, updates).values()}
        by_name: dict[tuple[str, str], list[Resource]] = {}
        for row in named.values():
            by_name.setdefault((row.stack_id, row.name), []).append(row)
        return [_view(nodes.get(key), stacks, named, by_name, subjects) for key in keys]

    @repeated
    def serving(self, keys: Iterable[NodeKey]) -> dict[NodeKey, Resource]:
        ids = sorted(rows.node_id(key) for key in keys)
        with self.database.read() as connection:
            found = bulk.fetch(connection, SERVING, ids)
        return {rows.key_of(row): rows.resource_of(row[3:]) for row in found}

    @retried
    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        # Not repeated when the connection is lost: whether the commit stands is
        # not known then, and its guards would refuse it the second time.
        now = self._clock.now()
        needs = guards.needs(commits)
        with self.database.write() as connection:
            held = guards.Held(
                stacks=_stacks(connection, needs.stacks, lock=True),
                nodes=_by_key(connection, needs.nodes, lock=True),
                rows=_guarded_rows(connection, needs.rows),
            )
            before = dict(held.nodes)
            outcomes = guards.apply_all(commits, held)
            for stack in held.stacks_saved.values():
                update_stack(connection, stamped(stack, now))
            for traversal_id in held.purged:
                writes.drop_nodes(connection, traversal_id)
            writes.save_nodes(connection, before, held.nodes_saved.values(), now)
            writes.save_resources(connection, held.read, held.rows_saved, now)
            writes.add_events(connection, held.events, self._ids, now)
            self._save_aftermaths(connection, held)
            unblocked = writes.release(connection, held.released, now)
        return guards.announced(outcomes, held, unblocked)

    def _save_aftermaths(self, connection: sa.Connection, held: guards.Held) -> None:
        left = [rows.aftermath_row(one) for one in held.aftermaths]
        writes.upsert(connection, tables.aftermath, left, 'id')
        for row_id in held.retained:
            # Their ids begin with that of the row.
            mine = tables.aftermath.c.id.startswith(f'{row_id}/', autoescape=True)
            connection.execute(sa.delete(tables.aftermath).where(mine))

    @repeated
    def row(self, row_id: str) -> Resource | None:
        with self.database.read() as connection:
            found = bulk.fetch(connection, ROWS, [row_id])
        return rows.resource_of(found[0]) if found else None

    @repeated
    def waiting_on(self, row_ids: Sequence[str]) -> list[NodeKey]:
        with self.database.read() as connection:
            found = bulk.fetch(connection, WAITING, row_ids)
        return sorted(rows.key_of(row) for row in found)


def _view(
    node: Node | None,
    stacks: dict[str, Stack],
    named: dict[str, Resource],
    by_name: dict[tuple[str, str], list[Resource]],
    subjects: dict[str | None, Node],
) -> View:
    if node is None or node.stack_id not in stacks:
        return View(None)
    stack = stacks[node.stack_id]
    if stack.traversal_id != node.key.traversal_id:
        return View(None)
    row = named.get(node.subject) if node.subject is not None else None
    siblings: tuple[Resource, ...] = ()
    serving = False
    if node.key.kind == Kind.UPDATE:
        alike = by_name.get((node.stack_id, node.key.name), ())
        siblings = tuple(other for other in alike if other.id != node.subject)
    elif node.key.kind == Kind.CLEANUP and row is not None:
        serving = row.id in subjects
    return View(node, stack, row, siblings, serving)


def _by_key(
    connection: sa.Connection, keys: Iterable[NodeKey], lock: bool = False
) -> dict[NodeKey, Node]:
    ids = sorted(rows.node_id(key) for key in keys)
    found = bulk.fetch(connection, _locking(NODES, connection, lock), ids)
    return {node.key: node for node in map(rows.node_of, found)}


def _stacks(connection: sa.Connection, ids: Iterable[str], lock: bool = False) -> dict[str, Stack]:
    table = tables.stack
    found: dict[str, Stack] = {}
    for chunk in writes.chunks(sorted(ids)):
        statement = sa.select(table).where(table.c.id.in_(chunk)).order_by(table.c.id)
        if lock:
            statement = statement.with_for_update()
        for row in connection.execute(statement).mappings():
            found[row['id']] = rows.stack_of(row)
    return found


def _guarded_rows(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Resource]:
    """Lock rows and return as much of them as guards look at."""
    found = bulk.fetch(connection, _locking(GUARDED, connection, True), ids)
    return {
        row_id: Resource(
            row_id,
            '',
            '',
            '',
            version=version,
            claim=claim,
            suspect=bool(suspect),
            deletion_policy=policy,
        )
        for row_id, version, claim, suspect, policy in found
    }


def _locking(sql: str, connection: sa.Connection, lock: bool) -> str:
    # SQLite has one writer at a time, and locked everything when it began.
    return sql + ' FOR UPDATE' if lock and connection.dialect.name != 'sqlite' else sql


def _rows_named_alike(connection: sa.Connection, nodes: Iterable[Node]) -> dict[str, Resource]:
    """Return the subjects of nodes, and for updates all rows of the name, by id."""
    names: list[tuple[str, ...]] = []
    subjects: list[str] = []
    for node in nodes:
        if node.key.kind == Kind.UPDATE:
            names.append((node.stack_id, node.key.name))
        elif node.subject is not None:
            subjects.append(node.subject)
    found = bulk.fetch_joined(
        connection, rows.RESOURCE_LIST, tables.resource, ('stack_id', 'name'), sorted(names)
    )
    found += bulk.fetch(connection, ROWS, sorted(subjects))
    return {row.id: row for row in sorted(map(rows.resource_of, found), key=lambda row: row.id)}
