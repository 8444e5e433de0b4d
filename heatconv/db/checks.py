"""The reads and commits of checks in the database, in batches."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from oslo_db import exception as db_exception

from heatconv.convergence import commit as guards
from heatconv.convergence.check import View
from heatconv.convergence.model import Kind, Node, NodeKey, NodeStatus, Resource, Stack
from heatconv.convergence.step import Commit, Outcome
from heatconv.db import (
    additions,
    bulk,
    lease_rows,
    optimistic,
    records,
    rows,
    stack_rows,
    tables,
    writes,
)
from heatconv.db.bulk import Script
from heatconv.db.database import Database, repeated, retried
from heatconv.db.driver import BEGIN, COMMIT, DriverConnection, StaleRead
from heatconv.resources.records import Writes
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import DuplicateRecord
from heatconv.storage.memory import stamped

ROWS = f'SELECT {rows.RESOURCE_LIST} FROM resource r WHERE r.id {{}}'
#: The columns of a row that the guards of a commit read.
GUARDED = (
    'SELECT id, claim, deletion_policy, version, suspect, action, status '
    'FROM resource WHERE id {} ORDER BY id'
)

#: Locks stacks, nodes and rows, in this order, and each kind in the order of the parameters. The
#: lateral joins look up one row at a time. With an ORDER BY, PostgreSQL might read a whole index
#: for a few rows, if the table was empty when the statement was planned.
LOCK_ROWS = f"""
WITH stacked AS (
    SELECT s.* FROM unnest(%s::text[]) AS given(id) CROSS JOIN LATERAL (
        SELECT row_to_json(stack)::text AS body FROM stack WHERE stack.id = given.id FOR UPDATE
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
SELECT 's', body, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM stacked
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
#: The subjects of update nodes.
SERVING = f"""
SELECT n.traversal_id, n.kind, n.name, {', '.join(f'r.{name}' for name in rows.SERVING)}
FROM node n JOIN resource r ON r.id = n.subject WHERE n.id {{}}
"""
#: Largest number of requirements of a resource that VIEW_QUERY reads. If a resource has more, they
#: are read separately, in chunks; see `CheckRows.serving`.
REQUIRED = 1_000
#: The names that the definition of a node refers to. PostgreSQL converts all of a document to text
#: for it. One NUL, which it cannot convert, would fail the query for all nodes.
REFERENCES = r"""(CASE WHEN strpos(n.definition, '\u0000') = 0 THEN n.definition
    ELSE regexp_replace(n.definition, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g') END)::json -> 1"""
#: Reads everything that the views of nodes consist of. The parts of the union are, in this order:
#: update and root nodes with the rows of their name; cleanups with their subject and the row that
#: serves its name; the rows that serve the references of definitions; the stacks of the nodes. The
#: placeholders are lists of node ids: of nodes that are not cleanups, of cleanups, and of all.
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
    {', '.join(f'r.{name}' if name in rows.SERVING else 'NULL' for name in rows.RESOURCE)}
FROM node u JOIN resource r ON r.id = u.subject
WHERE u.id = ANY(ARRAY(
    SELECT DISTINCT n.traversal_id || 'u' || required.name
    FROM node n, json_array_elements_text({REFERENCES}) AS required(name)
    WHERE n.id = ANY({{others}}) AND n.status = 'ready'
        AND json_array_length({REFERENCES}) <= {REQUIRED}
))
UNION ALL
SELECT 's', row_to_json(s)::text{', NULL' * (len(rows.NODE_FIELDS) + 1 + len(rows.RESOURCE))}
FROM stack s WHERE s.id = ANY(ARRAY(SELECT DISTINCT stack_id FROM node WHERE id = ANY({{all}})))
"""
VIEWS = VIEW_QUERY.format(others='%s', cleanups='%s', all='%s')
#: The same for the ready nodes that the preceding transaction of the session has noted.
VIEWS_OF_READY = VIEW_QUERY.format(
    others=writes.NOTED,
    cleanups=writes.NOTED_CLEANUPS,
    all=f'{writes.NOTED} || {writes.NOTED_CLEANUPS}',
)
#: The positions of the columns rows.SERVING in the result of VIEW_QUERY.
SERVES = [len(rows.NODE_FIELDS) + 3 + rows.RESOURCE.index(name) for name in rows.SERVING]
#: Paused nodes of current traversals, by subject.
PAUSED = f"""
SELECT {rows.NODE_LIST}, n.definition
FROM node n JOIN stack s ON s.traversal_id = n.traversal_id
WHERE n.subject {{}} AND n.status = 'paused'
"""
#: Ready nodes of current traversals, by subject.
WAITING = """
SELECT n.traversal_id, n.kind, n.name
FROM node n JOIN stack s ON s.traversal_id = n.traversal_id
WHERE n.subject {} AND n.status = 'ready'
"""


#: The values of true in a boolean column, which LOCK_ROWS reads as text.
TRUE = (True, 1, 'true')


class CheckRows:
    """The part of the store that reads the views of checks and saves their commits."""

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
        resources: dict[NodeKey, Resource] = {}
        interner = rows.Interner()
        with self.database.read_driver() as driver:
            for chunk in writes.chunks(ids, bulk.ROWS):
                for row in bulk.fetch(driver, SERVING, chunk):
                    resources[rows.key_of(row)] = rows.serving(row[3:], interner)
        return resources

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
        # `retried`, not `repeated`: if the connection is lost during the commit, the commit may
        # stand, and its guards would refuse a repetition.
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
            # Several statements would return ready nodes, and only the rows of the last one are
            # available.
            raise StaleRead
        reads_views = len(released) <= most and any(key.kind != Kind.ROOT for key in released)
        builder = _ViewBuilder()
        with self.database.single_trip() as script:
            if reads_views:
                script.add(BEGIN)
            optimistic.add(script, commits, locked, now, self._ids)
            self._join(script, locked.plugin_writes, now)
            if reads_views:
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
        for key in sorted(unblocked) if reads_views else ():
            view = builder.view(key)
            # The view of a claimed row is not used: the row is read again after its claim ends.
            if view.row is not None and view.row.claim is None:
                views[key] = view
        return guards.with_ready_nodes(outcomes, locked, unblocked), views

    def _commit_locked(self, commits: Sequence[Commit]) -> list[Outcome]:
        now = self._clock.now()
        needs = guards.needs(commits)
        with self.database.batch() as script:
            locked = guards.LockedRows()
            _lock_rows(script, needs, locked)
            nodes_before = dict(locked.nodes)
            outcomes = guards.apply_all(commits, locked)
            stacks = [stamped(stack, now) for stack in locked.stacks_saved.values()]
            writes.save_stacks(script, stacks)
            writes.drop_nodes(script, sorted(locked.purged))
            writes.save_nodes(script, nodes_before, locked.nodes_saved.values(), now)
            writes.save_resources(script, locked.read, locked.rows_saved, now)
            writes.add_events(script, locked.events, self._ids, now)
            _save_orphan_checks(script, locked)
            self._join(script, locked.plugin_writes, now)
            unblocked = writes.release(script, locked.released, now)
        return guards.with_ready_nodes(outcomes, locked, unblocked)

    def _join(self, script: Script, plugin_writes: Sequence[Writes], now: float) -> None:
        """Add the statements for the writes of plugins."""
        added = [new for one in plugin_writes for new in one.stacks]
        additions.add_stacks(script, added, self._ids, now)
        records.join(script, [*plugin_writes, *(one for new in added for one in new.writes)])

    @repeated
    def rows_by_id(self, row_ids: Collection[str]) -> dict[str, Resource]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, ROWS, sorted(row_ids))
        found = map(rows.resource_of, fetched)
        return {row.id: row for row in found}

    def row(self, row_id: str) -> Resource | None:
        return self.rows_by_id([row_id]).get(row_id)

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
    """Reads nodes, rows and stacks, and combines them to views.

    :ivar nodes: the nodes, by key.
    :ivar stacks: their stacks, by id.
    :ivar rows: by id, the subjects of the nodes, and for updates all rows of the resource name.
    :ivar serving: ids of the rows that are the subject of the update node of their name.
    :ivar required: by traversal and name, the subjects of the update nodes that definitions refer
        to; None if they were not read.
    """

    def __init__(self) -> None:
        self.nodes: dict[NodeKey, Node] = {}
        self.stacks: dict[str, Stack] = {}
        self.rows: dict[str, Resource] = {}
        self.serving: set[str] = set()
        self.required: dict[str, dict[str, Resource]] | None = None
        self._rows_by_name: dict[tuple[str, str], list[Resource]] | None = None

    def in_several_queries(self, driver: DriverConnection, keys: Sequence[NodeKey]) -> None:
        """Read nodes, stacks and rows with a few statements, on SQLite and MariaDB."""
        self.nodes = _nodes(driver, keys)
        self.stacks = _stacks(driver, {node.stack_id for node in self.nodes.values()})
        self.rows = _rows_of_nodes(driver, self.nodes.values())
        updates = [
            NodeKey(node.key.traversal_id, Kind.UPDATE, self.rows[node.subject].name)
            for node in self.nodes.values()
            if node.key.kind == Kind.CLEANUP and node.subject in self.rows
        ]
        subjects = (node.subject for node in _nodes(driver, updates).values())
        self.serving = {subject for subject in subjects if subject is not None}

    def in_one_query(self, driver: DriverConnection, keys: Sequence[NodeKey]) -> None:
        """Read nodes, stacks and rows with one statement, on PostgreSQL, to save round trips."""
        is_cleanup = {rows.node_id(key): key.kind == Kind.CLEANUP for key in keys}
        cleanups = sorted(node_id for node_id, cleanup in is_cleanup.items() if cleanup)
        others = sorted(node_id for node_id, cleanup in is_cleanup.items() if not cleanup)
        self.take(driver.run(VIEWS, (others, cleanups, others, sorted(is_cleanup))).fetchall())

    def take(self, fetched: Iterable[rows.Row]) -> None:
        """Add the result of VIEW_QUERY."""
        width = len(rows.NODE_FIELDS) + 1
        self.required = {}
        interner = rows.Interner()
        for row in fetched:
            if row[0] == 's':
                stack = stack_rows.stack_of(json.loads(row[1]))
                self.stacks[stack.id] = stack
                continue
            if row[0] == 'r':
                required = self.required.setdefault(row[1], {})
                required[row[3]] = rows.serving([row[at] for at in SERVES], interner)
                continue
            key = NodeKey(row[1], rows.KINDS[row[2]], row[3])
            if key not in self.nodes:
                self.nodes[key] = rows.node_of(row[1 : width + 1])
            row_id = row[width + 2]
            if row_id is not None and row_id not in self.rows:
                self.rows[row_id] = rows.resource_of(row[width + 2 :])
            if row[width + 1] is not None:
                self.serving.add(row[width + 1])

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
            rows_of_name = self._same_name(node.stack_id, key.name)
            siblings = tuple(other for other in rows_of_name if other.id != node.subject)
            return View(node, stack, row, siblings, required=self._required_in(key.traversal_id))
        return View(node, stack, row, serving=row is not None and row.id in self.serving)

    def _required_in(self, traversal_id: str) -> Mapping[str, Resource] | None:
        """Return the required rows of a traversal by name; None if they were not read."""
        return None if self.required is None else self.required.get(traversal_id, {})

    def _same_name(self, stack_id: str, name: str) -> list[Resource]:
        """Return the rows of a resource name in a stack, by id."""
        if self._rows_by_name is None:
            self._rows_by_name = {}
            for row in sorted(self.rows.values(), key=lambda row: row.id):
                self._rows_by_name.setdefault((row.stack_id, row.name), []).append(row)
        return self._rows_by_name.get((stack_id, name), [])


def _nodes(driver: DriverConnection, keys: Iterable[NodeKey]) -> dict[NodeKey, Node]:
    """Return the nodes with some keys."""
    ids = sorted(rows.node_id(key) for key in keys)
    fetched = bulk.fetch(driver, NODES, ids)
    return {node.key: node for node in map(rows.node_of, fetched)}


def _stacks(driver: DriverConnection, ids: Iterable[str]) -> dict[str, Stack]:
    """Return stacks by id."""
    fetched = bulk.fetch(driver, STACKS, sorted(ids))
    return {
        row[0]: stack_rows.stack_of(dict(zip(stack_rows.STACK, row, strict=True)))
        for row in fetched
    }


def _lock_rows(script: Script, needs: guards.Needs, locked: guards.LockedRows) -> None:
    """Lock the stacks, nodes and rows that the guards read, and add them to the locked state."""
    ids = sorted(rows.node_id(key) for key in needs.nodes)
    if script.dialect == 'postgresql':
        script.add(LOCK_ROWS, (list(needs.stacks), ids, list(needs.rows)))
        tagged_rows = script.rows()
    else:
        locking = '' if script.dialect == 'sqlite' else ' FOR UPDATE'
        stacks = script.fetch(STACKS + locking, needs.stacks)
        tagged_rows = [('s', dict(zip(stack_rows.STACK, row, strict=True))) for row in stacks]
        tagged_rows += [('n', *row) for row in script.fetch(NODES + locking, ids)]
        guarded = script.fetch(GUARDED + locking, needs.rows)
        tagged_rows += [('r', *row[:6], None, row[6]) for row in guarded]
    for tag, *row in tagged_rows:
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
    """Save the orphan checks of a commit, and delete those of rows whose resource is retained."""
    values = [lease_rows.orphan_check_values(check) for check in locked.orphan_checks]
    script.listed('DELETE FROM orphan_check WHERE id {}', sorted(row[0] for row in values))
    script.insert(tables.orphan_check, lease_rows.ORPHAN_CHECK, values)
    for row_id in locked.retained:
        # The id of an orphan check begins with the id of its row.
        script.add('DELETE FROM orphan_check WHERE id LIKE %s', (f'{row_id}/%',))


def _rows_of_nodes(driver: DriverConnection, nodes: Iterable[Node]) -> dict[str, Resource]:
    """Return by id the subjects of nodes, and for updates all rows of the resource name."""
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
