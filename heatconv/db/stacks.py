"""Stacks, templates and events in the database; requests, and the preparation of traversals."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, Event, Node, Resource, Stack
from heatconv.convergence.traversal import Plan
from heatconv.db import additions, bulk, records, rows, stack_rows, tables, writes
from heatconv.db.bulk import Script
from heatconv.db.database import Database, repeated, retried
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.content import EncodedTemplate, head_of
from heatconv.storage.memory import stamped
from heatconv.storage.stack_query import StackQuery
from heatconv.storage.values import Completed, NewStack, PlannedRequest, Request, StoredEvent

CONTENTS = 'SELECT id, content FROM template WHERE id {}'
HEADS = 'SELECT id, head FROM template WHERE id {}'


NODES = f"""
SELECT {rows.NODE_LIST}, n.definition FROM node n JOIN stack s ON s.traversal_id = n.traversal_id
WHERE s.id {{}}
"""


#: The name is a plain parameter. With a list of one name, PostgreSQL would scan all stacks of the
#: project.
LIVE = f"""
SELECT {', '.join(stack_rows.STACK)} FROM stack
WHERE project_id = %s AND name = %s AND deleted = ''
"""
STACKS = f'SELECT {", ".join(stack_rows.STACK)} FROM stack WHERE id {{}}'
RESOURCES = f'SELECT {rows.RESOURCE_LIST} FROM resource r WHERE r.stack_id {{}}'


#: One page of the rows of a stack, because it may have a million of them. The order is that of an
#: index that begins with the stack. In the order of ids, the rows of all stacks would be scanned.
PLANNED = f"""
SELECT {', '.join(rows.PLANNED)} FROM resource
WHERE stack_id = %s AND name >= %s AND (name > %s OR id > %s)
ORDER BY stack_id, name, id LIMIT {10 * bulk.ROWS}
"""


PLANNED_OF = f'SELECT stack_id, {", ".join(rows.PLANNED)} FROM resource WHERE stack_id {{}}'
LARGE = 'SELECT stack_id FROM resource WHERE stack_id {} GROUP BY stack_id HAVING count(*) > %s'


WITH_PHYSICAL_ID = f"""
SELECT {rows.RESOURCE_LIST} FROM stack s JOIN resource r ON r.stack_id = s.id
WHERE s.project_id = %s AND s.deleted = '' AND r.physical_id = %s
"""
LOCKED_ROWS = 'SELECT id FROM resource WHERE stack_id = %s ORDER BY id'
CLAIMED = 'SELECT id FROM resource WHERE stack_id = %s AND claim IS NOT NULL LIMIT 1'
RETAIN = (
    "UPDATE resource SET deletion_policy = 'Retain', version = version + 1 WHERE stack_id = %s"
)


class StackRows:
    """The part of the store that keeps stacks."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self.database = database
        self._clock = clock
        self._ids = ids

    def session(self) -> contextlib.AbstractContextManager[None]:
        return self.database.session()

    @repeated
    def save_template(self, content: Mapping[str, Any]) -> str:
        template = EncodedTemplate.of(content)
        with self.database.read_driver() as driver:
            if bulk.fetch(driver, 'SELECT id FROM template WHERE id {}', [template.id]):
                return template.id
        with self.database.batch() as script:
            additions.add_templates(script, [template], self._clock.now())
        return template.id

    def template(self, template_id: str) -> Mapping[str, Any] | None:
        return self.templates([template_id]).get(template_id)

    @repeated
    def templates(self, template_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, CONTENTS, list(template_ids))
        return {template_id: dict(json.loads(text)) for template_id, text in fetched}

    @repeated
    def template_heads(self, template_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, HEADS, list(template_ids))
        heads = {template_id: json.loads(text) for template_id, text in fetched if text}
        # The others were saved by a release that did not save heads.
        contents = self.templates([template_id for template_id, text in fetched if not text])
        return {**heads, **{key: head_of(content) for key, content in contents.items()}}

    @retried
    def insert_stacks(self, added: Sequence[NewStack]) -> list[bool]:
        try:
            self._insert_stacks(added)
        except db_exception.DBDuplicateEntry:
            if len(added) == 1:
                return [False]
            # One of them is refused: insert one by one.
            return [inserted for new in added for inserted in self.insert_stacks([new])]
        return [True] * len(added)

    def _insert_stacks(self, added: Sequence[NewStack]) -> None:
        now = self._clock.now()
        with self.database.batch() as script:
            additions.add_stacks(script, added, self._ids, now)
            records.join(script, [one for new in added for one in new.writes])

    @retried
    def request(
        self, stack_id: str, decide: Callable[[Stack], Request | None]
    ) -> tuple[Stack, bool] | None:
        now = self._clock.now()
        with self.database.batch() as script:
            stack = _locked_stack(script, stack_id)
            if stack is None or stack.deleted_at is not None:
                return None
            request = decide(stack)
            if request is None:
                return stack, False
            if request.drops_nodes and stack.traversal_id is not None:
                writes.drop_nodes(script, [stack.traversal_id])
            if request.retains:
                # The rows are locked first. So a claim is either visible here, or it is refused
                # later, because the row has a new version.
                script.select(LOCKED_ROWS + _locking(script), [stack_id])
                if script.select(CLAIMED, [stack_id]):
                    return stack, False
                script.add(RETAIN, (stack_id,))
            saved = stamped(request.stack, now)
            writes.save_stacks(script, [saved])
            writes.add_events(script, request.events, self._ids, now)
        return saved, True

    @repeated
    def prepare(
        self,
        stack_id: str,
        wish_id: str,
        plan: Callable[[Stack, list[Resource]], Plan],
        size: int = 0,
    ) -> Plan | None:
        now = self._clock.now()
        with self.database.batch() as script:
            stack = _locked_stack(script, stack_id)
            if stack is None or stack.wish_id != wish_id:
                return None
            existing: list[Resource] = []
            if stack.traversal_id is not None:
                writes.drop_nodes(script, [stack.traversal_id])
                script.run()
            # A stack without a traversal has no rows yet, except those to adopt.
            if stack.traversal_id is not None or stack.action == Action.ADOPT:
                # The rows are read after the nodes are deleted. The deletion waits for concurrent
                # commits, so the rows that these insert for replacements are visible here.
                existing = sorted(_plan_rows(script, stack_id), key=lambda row: row.id)
            # The transaction is idle while the plan is computed.
            with self.database.standing_still(script, max(size, len(existing))):
                planned = plan(stack, existing)
            writes.save_stacks(script, [stamped(planned.stack, now)])
            additions.add_plans(script, [planned], (), self._ids, now)
        return planned

    @retried
    def request_all(
        self, requests: Mapping[str, PlannedRequest]
    ) -> dict[str, tuple[Stack, Plan | None]]:
        now = self._clock.now()
        answers: dict[str, tuple[Stack, Plan | None]] = {}
        wished: dict[str, Stack] = {}
        events: list[Event] = []
        with self.database.batch() as script:
            templates = [request.template for request in requests.values()]
            additions.add_templates(script, [one for one in templates if one is not None], now)
            locked = script.fetch(f'{STACKS} ORDER BY id{_locking(script)}', sorted(requests))
            old_traversals: list[str] = []
            for stack in map(_stack_from, locked):
                if stack.deleted_at is not None:
                    continue
                answers[stack.id] = stack, None
                request = requests[stack.id].decide(stack)
                if request is not None:
                    wished[stack.id] = stamped(request.stack, now)
                    events.extend(request.events)
                    if stack.traversal_id is not None:
                        old_traversals.append(stack.traversal_id)
            # The rows are read after the nodes are deleted; see `prepare`.
            writes.drop_nodes(script, old_traversals)
            rows_of: dict[str, list[Resource]] = {stack_id: [] for stack_id in wished}
            at_once = [stack_id for stack_id in wished if requests[stack_id].at_once]
            others = [stack_id for stack_id in wished if not requests[stack_id].at_once]
            for stack_id, *planned in script.fetch(PLANNED_OF, others):
                rows_of[stack_id].extend(rows.planned(stack_id, [planned]))
            # They are locked, because they may be deleted here.
            whole = f'{RESOURCES} ORDER BY r.id{_locking(script)}'
            for row in map(rows.resource_of, script.fetch(whole, at_once)):
                rows_of[row.stack_id].append(row)
            plans: list[Plan] = []
            completed: list[Completed] = []
            for stack_id, stack in wished.items():
                plan, done = _planned(requests[stack_id], stack, rows_of[stack_id])
                saved = stamped(plan.stack, now)
                answers[stack_id] = saved, plan
                plans.append(evolve(plan, stack=saved))
                completed.extend(done)
            deleted = sorted(row_id for one in completed for row_id in one.deleted)
            script.listed('DELETE FROM resource WHERE id {}', deleted)
            records.join(script, [write for one in completed for write in one.writes])
            writes.save_stacks(script, [plan.stack for plan in plans])
            additions.add_plans(script, plans, events, self._ids, now)
        return answers

    @repeated
    def small_stacks(self, stack_ids: Collection[str], most: int) -> set[str]:
        with self.database.read_driver() as driver:
            large = bulk.fetch(driver, LARGE, list(stack_ids), [most])
        return set(stack_ids).difference(stack_id for (stack_id,) in large)

    @repeated
    def stack(self, stack_id: str) -> Stack | None:
        with self.database.read_driver() as driver:
            return _stack_of(bulk.fetch(driver, STACKS, [stack_id]))

    @repeated
    def stack_by_name(self, project_id: str, name: str) -> Stack | None:
        with self.database.read_driver() as driver:
            return _stack_of(bulk.select(driver, LIVE, [project_id, name]))

    @repeated
    def stacks_by_id(self, stack_ids: Collection[str]) -> dict[str, Stack]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, STACKS, list(stack_ids))
        return {stack.id: stack for stack in map(_stack_from, fetched)}

    @repeated
    def stacks_by_name(self, project_id: str, names: Collection[str]) -> dict[str, Stack]:
        live = [(project_id, name, '') for name in names]
        columns = ', '.join(f'r.{name}' for name in stack_rows.STACK)
        key = ('project_id', 'name', 'deleted')
        with self.database.read_driver() as driver:
            fetched = bulk.fetch_joined(driver, columns, tables.stack, key, live)
        return {stack.name: stack for stack in map(_stack_from, fetched)}

    @repeated
    def stacks(self, query: StackQuery) -> list[Stack]:
        table = tables.stack
        statement = _filtered(sa.select(table), query)
        for key, descends in query.sort:
            # Databases sort NULL differently, but they agree on 0.
            column = sa.func.coalesce(table.c[key], 0) if key.endswith('_at') else table.c[key]
            statement = statement.order_by(column.desc() if descends else column.asc())
        statement = statement.order_by(table.c.id.desc())
        with self.database.read() as connection:
            if query.marker is None and query.limit is not None:
                statement = statement.limit(query.limit)
            stacks = [stack_rows.stack_of(row) for row in connection.execute(statement).mappings()]
        if query.marker is not None:
            ids = [stack.id for stack in stacks]
            stacks = stacks[ids.index(query.marker) + 1 :] if query.marker in ids else []
        return stacks if query.limit is None else stacks[: query.limit]

    @repeated
    def count_stacks(self, query: StackQuery) -> int:
        statement = _filtered(sa.select(sa.func.count()).select_from(tables.stack), query)
        with self.database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    @repeated
    def resources_with(self, project_id: str, physical_id: str) -> list[Resource]:
        with self.database.read_driver() as driver:
            fetched = bulk.select(driver, WITH_PHYSICAL_ID, [project_id, physical_id])
        return sorted(map(rows.resource_of, fetched), key=lambda row: row.id)

    def resources(self, stack_id: str) -> list[Resource]:
        return self.resources_of([stack_id])[stack_id]

    @repeated
    def resources_of(self, stack_ids: Collection[str]) -> dict[str, list[Resource]]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, RESOURCES, list(stack_ids))
        found: dict[str, list[Resource]] = {stack_id: [] for stack_id in stack_ids}
        for row in sorted(map(rows.resource_of, fetched), key=lambda row: row.id):
            found[row.stack_id].append(row)
        return found

    @repeated
    def nodes(self, stack_id: str) -> list[Node]:
        with self.database.read_driver() as driver:
            fetched = bulk.fetch(driver, NODES, [stack_id])
        return sorted(map(rows.node_of, fetched), key=lambda node: node.key)

    @repeated
    def events(
        self,
        stack_id: str,
        marker: str | None = None,
        limit: int | None = None,
        descending: bool = False,
    ) -> list[StoredEvent]:
        table = tables.event
        statement = sa.select(table).where(table.c.stack_id == stack_id)
        statement = statement.order_by(table.c.seq.desc() if descending else table.c.seq)
        if marker is not None:
            after = sa.select(table.c.seq).where(table.c.id == marker).scalar_subquery()
            statement = statement.where(table.c.seq < after if descending else table.c.seq > after)
        if limit is not None:
            statement = statement.limit(limit)
        with self.database.read() as connection:
            return [rows.event_of(row) for row in connection.execute(statement).mappings()]

    @repeated
    def purge_deleted(self, before: float) -> int:
        table, template = tables.stack, tables.template
        with self.database.write() as connection:
            stack_ids = list(
                connection.execute(
                    sa.select(table.c.id).where(table.c.deleted_at < before)
                ).scalars()
            )
            for chunk in writes.chunks(stack_ids):
                event = tables.event
                connection.execute(sa.delete(event).where(event.c.stack_id.in_(chunk)))
                snapshot = tables.snapshot
                connection.execute(sa.delete(snapshot).where(snapshot.c.stack_id.in_(chunk)))
                connection.execute(sa.delete(table).where(table.c.id.in_(chunk)))
            used_templates = sa.union(
                *(
                    sa.select(column).where(column.is_not(None))
                    for column in (
                        table.c.template_id,
                        table.c.previous_template_id,
                        table.c.last_good_id,
                        table.c.wish_template_id,
                        tables.snapshot.c.template_id,
                    )
                )
            )
            # A template is saved before the stack that refers to it, so new templates without a
            # stack are kept.
            connection.execute(
                sa.delete(template).where(
                    template.c.created_at < before, template.c.id.not_in(used_templates)
                )
            )
            return len(stack_ids)


def _planned(
    request: PlannedRequest, stack: Stack, existing: Sequence[Resource]
) -> tuple[Plan, tuple[Completed, ...]]:
    """Plan a request; return the plan, and what it completes in memory."""
    plan = request.plan(stack, existing)
    completed = request.at_once(plan, existing) if request.at_once else None
    return (plan, ()) if completed is None else (completed.plan, (completed,))


def _filtered(statement: sa.Select[Any], query: StackQuery) -> sa.Select[Any]:
    """Add the conditions of a query to a SELECT statement."""
    table = tables.stack
    if query.project_id is not None:
        statement = statement.where(table.c.project_id == query.project_id)
    if query.owners:
        statement = statement.where(table.c.owner_id.in_(query.owners))
    elif not query.nested:
        statement = statement.where(table.c.owner_id.is_(None))
    if not query.show_deleted:
        statement = statement.where(table.c.deleted == '')
    for column, accepted in (
        (table.c.name, query.names),
        (table.c.id, query.ids),
        (table.c.action, query.actions),
        (table.c.username, query.usernames),
        (table.c.project_id, query.projects),
    ):
        if accepted:
            statement = statement.where(column.in_(accepted))
    for tag in query.hidden_tags:
        # The tags are a list in JSON.
        statement = statement.where(~table.c.tags.contains(json.dumps(tag), autoescape=True))
    if query.statuses or query.states:
        pairs = (
            sa.and_(table.c.action == action, table.c.status == status)
            for action, status in query.states
        )
        statement = statement.where(sa.or_(sa.false(), table.c.status.in_(query.statuses), *pairs))
    return statement


def _plan_rows(script: Script, stack_id: str) -> Iterator[Resource]:
    """Yield the rows of a stack by name, page by page, with the columns that a plan needs."""
    # The name and the id of the last row of the previous page.
    name = row_id = ''
    while True:
        fetched = script.select(PLANNED, [stack_id, name, name, row_id])
        yield from rows.planned(stack_id, fetched)
        if len(fetched) < 10 * bulk.ROWS:
            return
        row_id, name = fetched[-1][:2]


def _locked_stack(script: Script, stack_id: str) -> Stack | None:
    """Lock a stack and return it; None if it does not exist."""
    return _stack_of(script.fetch(STACKS + _locking(script), [stack_id]))


def _locking(script: Script) -> str:
    """Return the clause that locks the rows of a query; SQLite has locked the whole database."""
    return '' if script.dialect == 'sqlite' else ' FOR UPDATE'


def _stack_of(fetched: Sequence[tuple[Any, ...]]) -> Stack | None:
    """Return the stack in the first row; None if there are no rows."""
    return _stack_from(fetched[0]) if fetched else None


def _stack_from(row: tuple[Any, ...]) -> Stack:
    return stack_rows.stack_of(dict(zip(stack_rows.STACK, row, strict=True)))
