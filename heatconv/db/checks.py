"""The reads and commits of checks, in bulk."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterable, Mapping, Sequence

from oslo_db import exception as db_exception

from heatconv.convergence import commit as guards
from heatconv.convergence.check import View
from heatconv.convergence.model import Kind, Node, NodeKey, NodeStatus, Resource, Stack
from heatconv.convergence.step import Commit, Outcome
from heatconv.db import bulk, lease_rows, optimistic, records, rows, stack_rows, tables, writes
from heatconv.db.bulk import Script
from heatconv.db.database import Database, repeated, retried
from heatconv.db.driver import BEGIN, COMMIT, DriverConnection, StaleRead
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import DuplicateRecord
from heatconv.storage.memory import stamped

ROWS = f'SELECT {rows.RESOURCE_LIST} FROM resource r WHERE r.id {{}}'
GUARDED = (
    'SELECT id, claim, deletion_policy, version, suspect, action, status '
    'FROM resource WHERE id {} ORDER BY id'
)

#: Locks stacks, nodes and rows, in this order, and within each in the given order. Row by row:
#: with a sort, PostgreSQL may read a whole index for a few rows if the table was empty when it was
#: planned.
LOCK_ROWS = f"""
WITH stacked AS (
    SELECT s.* FROM unnest(%s::text[]) AS given(id) CROSS JOIN LATERAL (
        SELECT row_to_json(stack)::text AS said FROM stack WHERE stack.id = given.id FOR UPDATE
    ) s
),
held AS (
    SELECT n.* FROM unnest(%s::text[]) AS given(id) CROSS JOIN LATERAL (
        SELECT {rows.NODE_LIST} FROM node n WHERE n.id = given.id FOR UPDATE
    ) n
),
guarded AS (
    SELECT r.* FROM unnest(%s::text[]) AS given(id) CROSS JOIN LATERAL (
        SELECT id, claim, deletion_policy, version, suspect, action, status
        FROM resource WHERE resource.id = given.id FOR UPDATE
    ) r
)
SELECT 's', said, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM stacked
UNION ALL
SELECT 'n', held.traversal_id, held.kind, held.name, held.stack_id, held.subject, held.status,
    held.blockers::text, held.successors, held.attempts::text, held.hooks
FROM held
UNION ALL
SELECT 'r', id, claim, deletion_policy, version::text, suspect::text, action, NULL, status,
    NULL, NULL
FROM guarded
"""
STACKS = f'SELECT {", ".join(stack_rows.STACK)} FROM stack WHERE id {{}} ORDER BY id'
NODES = f'SELECT {rows.NODE_LIST}, n.definition FROM node n WHERE n.id {{}} ORDER BY n.id'
SERVING = f"""
SELECT n.traversal_id, n.kind, n.name, {', '.join(f'r.{one}' for one in rows.SERVING)}
FROM node n JOIN resource r ON r.id = n.subject WHERE n.id {{}}
"""
#: The requirements of a resource with more of them are read separately, in pieces.
REQUIRED = 1_000
#: Nodes with the rows of their name, or, for cleanups, with their subject and the row that serves
#: its name; the rows that serve the references of definitions; and at the end the stacks of the
#: nodes. It takes three lists of nodes: those that are no cleanups, cleanups, and all.
VIEW_QUERY = f"""
SELECT 'n', {rows.NODE_LIST}, n.definition, NULL, {rows.RESOURCE_LIST}
FROM node n LEFT JOIN resource r
    ON n.kind = 'u' AND r.stack_id = n.stack_id AND r.name = n.name
WHERE n.id = ANY({{others}})
UNION ALL
SELECT 'n', {rows.NODE_LIST}, n.definition, u.subject, {rows.RESOURCE_LIST}
FROM node n LEFT JOIN resource r ON r.id = n.subject
    LEFT JOIN node u ON u.id = n.traversal_id || 'u' || r.name
WHERE n.id = ANY({{cleanups}})
UNION ALL
SELECT 'r', u.traversal_id, u.kind, u.name{', NULL' * (len(rows.NODE_FIELDS) - 1)},
    {', '.join(f'r.{one}' if one in rows.SERVING else 'NULL' for one in rows.RESOURCE)}
FROM node u JOIN resource r ON r.id = u.subject
WHERE u.id = ANY(ARRAY(
    SELECT DISTINCT n.traversal_id || 'u' || required.name
    FROM node n, json_array_elements_text(n.definition::json -> 1) AS required(name)
    WHERE n.id = ANY({{others}}) AND n.status = 'ready'
        AND json_array_length(n.definition::json -> 1) <= {REQUIRED}
))
UNION ALL
SELECT 's', row_to_json(s)::text{', NULL' * (len(rows.NODE_FIELDS) + 1 + len(rows.RESOURCE))}
FROM stack s WHERE s.id = ANY(ARRAY(SELECT DISTINCT stack_id FROM node WHERE id = ANY({{all}})))
"""
VIEWS = VIEW_QUERY.format(others='%s', cleanups='%s', all='%s')
#: The same for the nodes that the preceding transaction has noted.
VIEWS_OF_READY = VIEW_QUERY.format(
    others=writes.NOTED,
    cleanups=writes.NOTED_CLEANUPS,
    all=f'{writes.NOTED} || {writes.NOTED_CLEANUPS}',
)
#: The positions of the fields of required rows in the result.
SERVES = [len(rows.NODE_FIELDS) + 3 + rows.RESOURCE.index(one) for one in rows.SERVING]
PAUSED = f"""
SELECT {rows.NODE_LIST}, n.definition
FROM node n JOIN stack s ON s.traversal_id = n.traversal_id
WHERE n.subject {{}} AND n.status = 'paused'
"""
WAITING = """
SELECT n.traversal_id, n.kind, n.name
FROM node n JOIN stack s ON s.traversal_id = n.traversal_id
WHERE n.subject {} AND n.status = 'ready'
"""


#: The values of a boolean that was read as text, by database.
TRUE = (True, 1, 'true')


class CheckRows:
    """The part of the store for checks."""

    database: Database
    _clock: Clock
    _ids: Ids

    @repeated
    def views(self, keys: Sequence[NodeKey]) -> list[View]:
        builder = _ViewBuilder()
        with self.database.read_driver() as driver:
            if driver.dialect == 'postgresql':
                builder.in_one_query(driver, keys)
            else:
                builder.in_several_queries(driver, keys)
        return [builder.view(key) for key in keys]

    @repeated
    def serving(self, keys: Iterable[NodeKey]) -> dict[NodeKey, Resource]:
        ids = sorted(rows.node_id(key) for key in keys)
        subjects: dict[NodeKey, Resource] = {}
        interner = rows.Interner()
        with self.database.read_driver() as driver:
            for chunk in writes.chunks(ids, bulk.ROWS):
                for row in bulk.fetch(driver, SERVING, chunk):
                    subjects[rows.key_of(row)] = rows.serving(row[3:], interner)
        return subjects

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        return self.commit_and_view(commits, 0)[0]

    def commit_and_view(
        self, commits: Sequence[Commit], most: int
    ) -> tuple[list[Outcome], Mapping[NodeKey, View]]:
        try:
            return self._commit(commits, most)
        except db_exception.DBDuplicateEntry as error:
            if any(commit.plugin_writes is not None for commit in commits):
                raise DuplicateRecord(str(error)) from error
            raise

    @retried
    def _commit(
        self, commits: Sequence[Commit], most: int
    ) -> tuple[list[Outcome], Mapping[NodeKey, View]]:
        # Not repeated after a lost connection: the commit may stand, and its guards would refuse
        # it then.
        if self._is_postgresql and guards.max_successors(commits) <= bulk.ROWS:
            locked = guards.optimistic_state(commits)
            if locked is not None:
                with contextlib.suppress(StaleRead):
                    return self._commit_optimistic(commits, locked, most)
        return self._commit_locked(commits), {}

    @functools.cached_property
    def _is_postgresql(self) -> bool:
        return self.database.dialect == 'postgresql'

    def _commit_optimistic(
        self, commits: Sequence[Commit], locked: guards.LockedRows, most: int
    ) -> tuple[list[Outcome], Mapping[NodeKey, View]]:
        now = self._clock.now()
        outcomes = guards.apply_all(commits, locked)
        released = locked.released
        if len(released) > bulk.ROWS:
            # Several statements would report ready nodes, and only the last one is read.
            raise StaleRead
        looks = len(released) <= most and any(key.kind != Kind.ROOT for key in released)
        builder = _ViewBuilder()
        with self.database.single_trip() as script:
            if looks:
                script.add(BEGIN)
            optimistic.add(script, commits, locked, now, self._ids)
            records.join(script, locked.plugin_writes)
            if looks:
                writes.release_and_note(script, released, now)
                script.add(COMMIT)
                script.add(VIEWS_OF_READY)
                builder.take(script.rows())
                ready = (key for key, node in builder.nodes.items() if key in released)
                unblocked = {key for key in ready if builder.nodes[key].status == NodeStatus.READY}
            else:
                unblocked = writes.release(script, released, now)
                script.run()
        views = {}
        for key in sorted(unblocked) if looks else ():
            view = builder.view(key)
            # A claimed row is read again when the claim is gone.
            if view.row is not None and view.row.claim is None:
                views[key] = view
        return guards.with_ready_nodes(outcomes, locked, unblocked), views

    def _commit_locked(self, commits: Sequence[Commit]) -> list[Outcome]:
        now = self._clock.now()
        needs = guards.needs(commits)
        with self.database.batch() as script:
            locked = guards.LockedRows()
            _lock_rows(script, needs, locked)
            before = dict(locked.nodes)
            outcomes = guards.apply_all(commits, locked)
            stacks = [stamped(stack, now) for stack in locked.stacks_saved.values()]
            writes.save_stacks(script, stacks)
            for traversal_id in locked.purged:
                writes.drop_nodes(script, traversal_id)
            writes.save_nodes(script, before, locked.nodes_saved.values(), now)
            writes.save_resources(script, locked.read, locked.rows_saved, now)
            writes.add_events(script, locked.events, self._ids, now)
            _save_orphan_checks(script, locked)
            records.join(script, locked.plugin_writes)
            unblocked = writes.release(script, locked.released, now)
        return guards.with_ready_nodes(outcomes, locked, unblocked)

    @repeated
    def row(self, row_id: str) -> Resource | None:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, ROWS, [row_id])
        return rows.resource_of(fetched[0]) if fetched else None

    @repeated
    def waiting_on(self, row_ids: Sequence[str]) -> list[NodeKey]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, WAITING, row_ids)
        return sorted(rows.key_of(row) for row in fetched)

    @repeated
    def paused_on(self, row_id: str) -> list[Node]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, PAUSED, [row_id])
        return sorted(map(rows.node_of, fetched), key=lambda node: node.key)


class _ViewBuilder:
    """Rows and nodes that were read, combined to views.

    :ivar rows: by id: the subjects of nodes, and for updates all rows of the name.
    :ivar serving: ids of rows that the update of their name ended on.
    :ivar required: by traversal and name: the subjects of update nodes that definitions refer to,
        if they were read with them.
    """

    def __init__(self) -> None:
        self.nodes: dict[NodeKey, Node] = {}
        self.stacks: dict[str, Stack] = {}
        self.rows: dict[str, Resource] = {}
        self.serving: set[str] = set()
        self.required: dict[str, dict[str, Resource]] | None = None
        self._alike: dict[tuple[str, str], list[Resource]] | None = None

    def in_several_queries(self, driver: DriverConnection, keys: Sequence[NodeKey]) -> None:
        """Read with one statement for each table."""
        self.nodes = _by_key(driver, keys)
        self.stacks = _stacks(driver, {node.stack_id for node in self.nodes.values()})
        self.rows = _rows_named_alike(driver, self.nodes.values())
        updates = [
            NodeKey(node.key.traversal_id, Kind.UPDATE, self.rows[node.subject].name)
            for node in self.nodes.values()
            if node.key.kind == Kind.CLEANUP and node.subject in self.rows
        ]
        subjects = (node.subject for node in _by_key(driver, updates).values())
        self.serving = {subject for subject in subjects if subject is not None}

    def in_one_query(self, driver: DriverConnection, keys: Sequence[NodeKey]) -> None:
        """Read with one statement, to save round trips."""
        ids = {rows.node_id(key): key.kind == Kind.CLEANUP for key in keys}
        cleanups = sorted(node_id for node_id, cleans in ids.items() if cleans)
        others = sorted(node_id for node_id, cleans in ids.items() if not cleans)
        self.take(driver.run(VIEWS, (others, cleanups, others, sorted(ids))).fetchall())

    def take(self, fetched: Iterable[rows.Row]) -> None:
        """Add the result of such a statement."""
        width = len(rows.NODE_FIELDS) + 1
        self.required = {}
        interner = rows.Interner()
        for record in fetched:
            if record[0] == 's':
                stack = stack_rows.stack_of(json.loads(record[1]))
                self.stacks[stack.id] = stack
                continue
            if record[0] == 'r':
                required = self.required.setdefault(record[1], {})
                required[record[3]] = rows.serving([record[place] for place in SERVES], interner)
                continue
            key = NodeKey(record[1], rows.KINDS[record[2]], record[3])
            if key not in self.nodes:
                self.nodes[key] = rows.node_of(record[1 : width + 1])
            row_id = record[width + 2]
            if row_id is not None and row_id not in self.rows:
                self.rows[row_id] = rows.resource_of(record[width + 2 :])
            if record[width + 1] is not None:
                self.serving.add(record[width + 1])

    def view(self, key: NodeKey) -> View:
        """Return the view of a node."""
        node = self.nodes.get(key)
        if node is None or node.stack_id not in self.stacks:
            return View(None)
        stack = self.stacks[node.stack_id]
        if stack.traversal_id != key.traversal_id:
            return View(None)
        row = self.rows.get(node.subject) if node.subject is not None else None
        if key.kind == Kind.UPDATE:
            same_name = self._named_alike(node.stack_id, key.name)
            siblings = tuple(other for other in same_name if other.id != node.subject)
            return View(node, stack, row, siblings, required=self._required_in(key.traversal_id))
        return View(node, stack, row, serving=row is not None and row.id in self.serving)

    def _required_in(self, traversal_id: str) -> Mapping[str, Resource] | None:
        return None if self.required is None else self.required.get(traversal_id, {})

    def _named_alike(self, stack_id: str, name: str) -> list[Resource]:
        if self._alike is None:
            self._alike = {}
            for row in sorted(self.rows.values(), key=lambda row: row.id):
                self._alike.setdefault((row.stack_id, row.name), []).append(row)
        return self._alike.get((stack_id, name), [])


def _by_key(driver: DriverConnection, keys: Iterable[NodeKey]) -> dict[NodeKey, Node]:
    ids = sorted(rows.node_id(key) for key in keys)
    fetched = bulk.fetch(driver, NODES, ids)
    return {node.key: node for node in map(rows.node_of, fetched)}


def _stacks(driver: DriverConnection, ids: Iterable[str]) -> dict[str, Stack]:
    fetched = bulk.fetch(driver, STACKS, sorted(ids))
    return {
        row[0]: stack_rows.stack_of(dict(zip(stack_rows.STACK, row, strict=True)))
        for row in fetched
    }


def _lock_rows(script: Script, needs: guards.Needs, locked: guards.LockedRows) -> None:
    """Lock the rows that guards check, and read what they need."""
    ids = sorted(rows.node_id(key) for key in needs.nodes)
    if script.dialect == 'postgresql':
        script.add(LOCK_ROWS, (list(needs.stacks), ids, list(needs.rows)))
        records = script.rows()
    else:
        lock = '' if script.dialect == 'sqlite' else ' FOR UPDATE'
        stacks = script.fetch(STACKS + lock, needs.stacks)
        records = [('s', dict(zip(stack_rows.STACK, row, strict=True))) for row in stacks]
        records += [('n', *row) for row in script.fetch(NODES + lock, ids)]
        guarded = script.fetch(GUARDED + lock, needs.rows)
        records += [('r', *row[:6], None, row[6]) for row in guarded]
    for tag, *row in records:
        if tag == 's':
            stack = stack_rows.stack_of(row[0] if isinstance(row[0], dict) else json.loads(row[0]))
            locked.stacks[stack.id] = stack
        elif tag == 'n':
            node = rows.node_of(row)
            locked.nodes[node.key] = node
        else:
            row_id, claim, policy, version, suspect, action, *_, status = row[:8]
            locked.rows[row_id] = Resource(
                row_id,
                '',
                '',
                '',
                rows.ACTIONS[action],
                rows.STATUSES[status],
                version=int(version),
                claim=claim,
                suspect=suspect in TRUE,
                deletion_policy=policy,
            )


def _save_orphan_checks(script: Script, locked: guards.LockedRows) -> None:
    values = [lease_rows.orphan_check_values(value) for value in locked.orphan_checks]
    script.listed('DELETE FROM orphan_check WHERE id {}', sorted(value[0] for value in values))
    script.insert(tables.orphan_check, lease_rows.ORPHAN_CHECK, values)
    for row_id in locked.retained:
        # The ids of its orphan checks begin with the id of the row.
        script.add('DELETE FROM orphan_check WHERE id LIKE %s', (f'{row_id}/%',))


def _rows_named_alike(driver: DriverConnection, nodes: Iterable[Node]) -> dict[str, Resource]:
    """Return the subjects of nodes, and for updates all rows of the name, by id."""
    names: list[tuple[str, ...]] = []
    subjects: list[str] = []
    for node in nodes:
        if node.key.kind == Kind.UPDATE:
            names.append((node.stack_id, node.key.name))
        elif node.subject is not None:
            subjects.append(node.subject)
    fetched = bulk.fetch_joined(
        driver, rows.RESOURCE_LIST, tables.resource, ('stack_id', 'name'), sorted(names)
    )
    fetched += bulk.fetch(driver, ROWS, sorted(subjects))
    return {row.id: row for row in sorted(map(rows.resource_of, fetched), key=lambda row: row.id)}
