"""What checks read and commit in the database, many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from heatconv.convergence import commit as guards
from heatconv.convergence.check import View
from heatconv.convergence.model import Kind, Node, NodeKey, NodeStatus, Resource, Stack
from heatconv.convergence.step import Commit, Outcome
from heatconv.db import rows, tables, writes
from heatconv.db.database import Database, repeated, retried
from heatconv.db.stacks import update_stack
from heatconv.ports import Clock, Ids
from heatconv.storage.memory import stamped


class CheckRows:
    """The part of the store that knows checks."""

    database: Database
    _clock: Clock
    _ids: Ids

    @repeated
    def views(self, keys: Sequence[NodeKey]) -> list[View]:
        with self.database.read() as connection:
            nodes = _by_key(connection, keys, lock=False)
            stacks = _stacks(connection, {node.stack_id for node in nodes.values()})
            named = _rows_named_alike(connection, nodes.values())
            updates = [
                NodeKey(node.key.traversal_id, Kind.UPDATE, named[node.subject].name)
                for node in nodes.values()
                if node.key.kind == Kind.CLEANUP and node.subject in named
            ]
            subjects = {
                node.subject: node for node in _by_key(connection, updates, lock=False).values()
            }
        by_name: dict[tuple[str, str], list[Resource]] = {}
        for row in named.values():
            by_name.setdefault((row.stack_id, row.name), []).append(row)
        return [_view(nodes.get(key), stacks, named, by_name, subjects) for key in keys]

    @repeated
    def serving(self, keys: Iterable[NodeKey]) -> dict[NodeKey, Resource]:
        node, resource = tables.node, tables.resource
        found: dict[NodeKey, Resource] = {}
        with self.database.read() as connection:
            for chunk in writes.chunks(sorted(keys)):
                statement = (
                    sa.select(
                        resource,
                        node.c.traversal_id.label('node_traversal_id'),
                        node.c.name.label('node_name'),
                    )
                    .join(node, node.c.subject == resource.c.id)
                    .where(node.c.id.in_([rows.node_id(key) for key in chunk]))
                )
                for row in connection.execute(statement).mappings():
                    key = NodeKey(row['node_traversal_id'], Kind.UPDATE, row['node_name'])
                    found[key] = rows.resource_of(row)
        return found

    @retried
    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        # Not repeated when the connection is lost: whether the commit stands is
        # not known then, and its guards would refuse it the second time.
        now = self._clock.now()
        with self.database.write() as connection:
            needs = guards.needs(commits)
            held = guards.Held(
                stacks=_stacks(connection, needs.stacks, lock=True),
                nodes=_by_key(connection, needs.nodes, lock=True),
                rows=_locked_rows(connection, needs.rows),
            )
            held.nodes.update(_by_key(connection, guards.successors(commits, held), lock=True))
            stored = {rows.node_id(key): node for key, node in held.nodes.items()}
            outcomes = [guards.apply(commit, held) for commit in commits]
            for stack in held.stacks_saved.values():
                update_stack(connection, stamped(stack, now))
            for traversal_id in held.purged:
                writes.drop_nodes(connection, traversal_id)
            writes.save_nodes(connection, stored, held.nodes_saved.values(), now)
            writes.save_resources(connection, held.rows_saved, now)
            writes.add_events(connection, held.events, self._ids, now)
            left = [rows.aftermath_row(one) for one in held.aftermaths]
            writes.upsert(connection, tables.aftermath, left, 'id')
            for row_id in held.retained:
                # Their ids begin with that of the row.
                mine = tables.aftermath.c.id.startswith(f'{row_id}/', autoescape=True)
                connection.execute(sa.delete(tables.aftermath).where(mine))
            return outcomes

    @repeated
    def row(self, row_id: str) -> Resource | None:
        table = tables.resource
        with self.database.read() as connection:
            row = connection.execute(sa.select(table).where(table.c.id == row_id)).mappings()
            found = row.first()
        return None if found is None else rows.resource_of(found)

    @repeated
    def waiting_on(self, row_ids: Sequence[str]) -> list[NodeKey]:
        node, stack = tables.node, tables.stack
        found: list[NodeKey] = []
        with self.database.read() as connection:
            for chunk in writes.chunks(row_ids):
                statement = (
                    sa.select(node.c.traversal_id, node.c.kind, node.c.name)
                    .join(stack, stack.c.traversal_id == node.c.traversal_id)
                    .where(node.c.subject.in_(chunk), node.c.status == NodeStatus.READY.value)
                )
                found.extend(rows.key_of(row) for row in connection.execute(statement).mappings())
        return sorted(found)


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


def _by_key(connection: sa.Connection, keys: Iterable[NodeKey], lock: bool) -> dict[NodeKey, Node]:
    table = tables.node
    found: dict[NodeKey, Node] = {}
    for chunk in writes.chunks(keys):
        ids = sorted(rows.node_id(key) for key in chunk)
        statement = sa.select(table).where(table.c.id.in_(ids)).order_by(table.c.id)
        if lock:
            statement = statement.with_for_update()
        for row in connection.execute(statement).mappings():
            node = rows.node_of(row)
            found[node.key] = node
    return found


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


def _locked_rows(connection: sa.Connection, ids: Sequence[str]) -> dict[str, Resource]:
    table = tables.resource
    found: dict[str, Resource] = {}
    for chunk in writes.chunks(ids):
        statement = sa.select(table).where(table.c.id.in_(chunk)).order_by(table.c.id)
        for row in connection.execute(statement.with_for_update()).mappings():
            found[row['id']] = rows.resource_of(row)
    return found


def _rows_named_alike(connection: sa.Connection, nodes: Iterable[Node]) -> dict[str, Resource]:
    """Return the subjects of nodes, and for updates all rows of the name, by id."""
    table = tables.resource
    wheres: list[Any] = []
    names: dict[str, list[str]] = {}
    subjects: list[str] = []
    for node in nodes:
        if node.key.kind == Kind.UPDATE:
            names.setdefault(node.stack_id, []).append(node.key.name)
        if node.subject is not None:
            subjects.append(node.subject)
    for stack_id, of_stack in sorted(names.items()):
        for chunk in writes.chunks(sorted(of_stack)):
            wheres.append(sa.and_(table.c.stack_id == stack_id, table.c.name.in_(chunk)))
    for chunk in writes.chunks(sorted(subjects)):
        wheres.append(table.c.id.in_(chunk))
    if not wheres:
        return {}
    # UNION rather than OR: each part then walks its own index. A row found
    # twice is one row all the same.
    statement = sa.union_all(*(sa.select(table).where(where) for where in wheres))
    found = [rows.resource_of(row) for row in connection.execute(statement).mappings()]
    return {row.id: row for row in sorted(found, key=lambda row: row.id)}
