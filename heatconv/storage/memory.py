"""The reference store: dictionaries and one lock, in memory only.

Its methods are documented in `heatconv.storage.base`. The tests compare the other stores with it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from heatconv.convergence import commit as guards
from heatconv.convergence.check import View
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    Action,
    Event,
    Kind,
    Node,
    NodeKey,
    NodeStatus,
    OrphanCheck,
    Resource,
    Stack,
    Status,
)
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.memory_snapshots import MemorySnapshots
from heatconv.storage.memory_software import MemorySoftware
from heatconv.storage.memory_stacks import MemoryStacks
from heatconv.storage.memory_sweep import Swept
from heatconv.storage.values import (
    Completed,
    Lease,
    NewStack,
    PlannedRequest,
    Request,
    Snapshot,
    Software,
    StoredEvent,
)


def served(row: Resource) -> Resource:
    """Return a row with only the fields that dependents need."""
    return Resource(
        row.id,
        row.stack_id,
        row.name,
        row.type,
        row.action,
        row.status,
        version=row.version,
        physical_id=row.physical_id,
        attributes=row.attributes,
        fingerprint=row.fingerprint,
    )


def stamped(stack: Stack, now: float) -> Stack:
    """Return a stack with its times set for a write now.

    The time of deletion is set by the write that completes the delete, and stays.
    """
    deleted = (stack.action, stack.status) == (Action.DELETE, Status.COMPLETE)
    return evolve(stack, updated_at=now, deleted_at=stack.deleted_at or (now if deleted else None))


class MemoryStore(MemoryStacks, MemorySnapshots, MemorySoftware, Swept):
    """Keeps all rows in dictionaries; thread-safe.

    A method holds the lock for its whole transaction; a single lookup needs no lock.
    """

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._lock = threading.RLock()
        self._templates: dict[str, str] = {}
        self._stacks: dict[str, Stack] = {}
        self._rows: dict[str, Resource] = {}
        self._rows_of: dict[str, dict[str, None]] = {}
        self._nodes: dict[NodeKey, Node] = {}
        self._nodes_of: dict[str, dict[NodeKey, None]] = {}
        self._touched: dict[NodeKey, float] = {}
        self._events: dict[str, list[StoredEvent]] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._software: dict[str, Software] = {}
        self._leases: dict[str, Lease] = {}
        self._orphan_checks: dict[str, OrphanCheck] = {}

    def session(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    # Stacks

    def insert_stacks(self, added: Sequence[NewStack]) -> list[bool]:
        return [self._insert_stack(new) for new in added]

    def _insert_stack(self, new: NewStack) -> bool:
        with self._lock:
            self._templates[new.template.id] = new.template.text
            if self.stack_by_name(new.stack.project_id, new.stack.name) is not None:
                return False
            self._stacks[new.stack.id] = new.created(self._clock.now())
            for row in new.adopts:
                self._save_row(row)
            self._add_events(new.events)
            plan = new.planned(self._clock.now())
            if plan is not None:
                self._add_plan(plan)
            return True

    def _add_plan(self, plan: Plan) -> None:
        """Add the rows, the nodes and the events of a plan."""
        for row in plan.rows:
            self._save_row(row)
        for node in plan.nodes:
            self._save_node(node)
        self._add_events(plan.events)

    def request(
        self, stack_id: str, decide: Callable[[Stack], Request | None]
    ) -> tuple[Stack, bool] | None:
        with self._lock:
            stack = self._stacks.get(stack_id)
            if stack is None or stack.deleted_at is not None:
                return None
            request = decide(stack)
            if request is None:
                return stack, False
            if request.drops_nodes and stack.traversal_id is not None:
                self._drop_nodes(stack.traversal_id)
            if request.retains:
                rows = [self._rows[row_id] for row_id in sorted(self._rows_of.get(stack_id, ()))]
                if any(row.claim is not None for row in rows):
                    return stack, False
                for row in rows:
                    self._rows[row.id] = evolve(
                        row, deletion_policy='Retain', version=row.version + 1
                    )
            self._save_stack(request.stack)
            self._add_events(request.events)
            return self._stacks[stack_id], True

    def prepare(
        self,
        stack_id: str,
        wish_id: str,
        plan: Callable[[Stack, list[Resource]], Plan],
        size: int = 0,
        at_once: Callable[[Plan, Sequence[Resource]], Completed | None] | None = None,
    ) -> Plan | None:
        with self._lock:
            stack = self._stacks.get(stack_id)
            if stack is None or stack.wish_id != wish_id:
                return None
            if stack.traversal_id is not None:
                self._drop_nodes(stack.traversal_id)
            existing = self.resources(stack_id)
            planned = plan(stack, [_for_a_plan(row) for row in existing])
            completed = at_once(planned, existing) if at_once else None
            if completed is not None:
                planned = completed.plan
                for row_id in completed.deleted:
                    self._drop_row(row_id)
            self._save_stack(planned.stack)
            self._add_plan(planned)
            return planned

    def request_all(
        self, requests: Mapping[str, PlannedRequest]
    ) -> dict[str, tuple[Stack, Plan | None]]:
        answers: dict[str, tuple[Stack, Plan | None]] = {}
        with self._lock:
            for stack_id, request in requests.items():
                if request.template is not None:
                    self._templates[request.template.id] = request.template.text
                requested = self.request(stack_id, request.decide)
                if requested is None:
                    continue
                stack, changed = requested
                plan = None
                if changed and stack.wish_id is not None:
                    plan = self.prepare(
                        stack_id, stack.wish_id, request.plan, at_once=request.at_once
                    )
                answers[stack_id] = self._stacks[stack_id], plan
        return answers

    def small_stacks(self, stack_ids: Collection[str], most: int) -> set[str]:
        with self._lock:
            return {key for key in stack_ids if len(self._rows_of.get(key, ())) <= most}

    def nodes(self, stack_id: str) -> list[Node]:
        with self._lock:
            stack = self._stacks.get(stack_id)
            if stack is None or stack.traversal_id is None:
                return []
            return [self._nodes[key] for key in sorted(self._nodes_of.get(stack.traversal_id, ()))]

    def events(
        self,
        stack_id: str,
        marker: str | None = None,
        limit: int | None = None,
        descending: bool = False,
    ) -> list[StoredEvent]:
        with self._lock:
            events = list(self._events.get(stack_id, ()))
        if descending:
            events.reverse()
        if marker is not None:
            ids = [event.id for event in events]
            events = events[ids.index(marker) + 1 :] if marker in ids else []
        return events if limit is None else events[:limit]

    def purge_deleted(self, before: float) -> int:
        with self._lock:
            purged = [
                stack.id
                for stack in self._stacks.values()
                if stack.deleted_at is not None and stack.deleted_at < before
            ]
            for stack_id in purged:
                del self._stacks[stack_id]
                self._events.pop(stack_id, None)
                self._snapshots = {
                    key: snapshot
                    for key, snapshot in self._snapshots.items()
                    if snapshot.stack_id != stack_id
                }
            used: set[str | None] = {
                template_id
                for stack in self._stacks.values()
                for template_id in (
                    stack.template_id,
                    stack.previous_template_id,
                    stack.last_good_id,
                    stack.wish_template_id,
                )
            }
            used.update(snapshot.template_id for snapshot in self._snapshots.values())
            for template_id in [
                stored_id for stored_id in self._templates if stored_id not in used
            ]:
                del self._templates[template_id]
            return len(purged)

    # Checks

    def views(self, keys: Sequence[NodeKey]) -> list[View]:
        with self._lock:
            return [self._view(key) for key in keys]

    def _view(self, key: NodeKey) -> View:
        node = self._nodes.get(key)
        if node is None:
            return View(None)
        stack = self._stacks[node.stack_id]
        row = self._rows.get(node.subject) if node.subject is not None else None
        siblings: tuple[Resource, ...] = ()
        serving = False
        if key.kind == Kind.UPDATE:
            siblings = tuple(
                sibling
                for sibling in self.resources(node.stack_id)
                if sibling.name == key.name and sibling.id != node.subject
            )
        elif key.kind == Kind.CLEANUP and row is not None:
            update = self._nodes.get(NodeKey(key.traversal_id, Kind.UPDATE, row.name))
            serving = update is not None and update.subject == row.id
        return View(node, stack, row, siblings, serving)

    def serving(self, keys: Iterable[NodeKey]) -> dict[NodeKey, Resource]:
        subjects: dict[NodeKey, Resource] = {}
        with self._lock:
            for key in keys:
                node = self._nodes.get(key)
                row = self._rows.get(node.subject) if node and node.subject else None
                if row is not None:
                    subjects[key] = served(row)
        return subjects

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        with self._lock:
            needs = guards.needs(commits)
            locked = guards.LockedRows(
                rows={key: self._rows[key] for key in needs.rows if key in self._rows},
                nodes={key: self._nodes[key] for key in needs.nodes if key in self._nodes},
                stacks={key: self._stacks[key] for key in needs.stacks if key in self._stacks},
            )
            outcomes = guards.apply_all(commits, locked)
            self._write(locked)
            return guards.with_ready_nodes(outcomes, locked, self._release(locked.released))

    def commit_and_view(
        self, commits: Sequence[Commit], most: int
    ) -> tuple[list[Outcome], Mapping[NodeKey, View]]:
        return self.commit(commits), {}

    def _release(self, released: Mapping[NodeKey, int]) -> set[NodeKey]:
        """Decrement the blockers of nodes; return the nodes that became ready."""
        unblocked = set()
        for key, count in released.items():
            node = self._nodes[key]
            blockers = node.blockers - count
            status = node.status if blockers else NodeStatus.READY
            self._save_node(evolve(node, blockers=blockers, status=status))
            if not blockers:
                unblocked.add(key)
        return unblocked

    def _write(self, locked: guards.LockedRows) -> None:
        """Make the writes of commits.

        Plugin writes are left out: this store has no records of plugins.
        """
        for row_id, row in locked.rows_saved.items():
            if row is None:
                self._drop_row(row_id)
            else:
                self._save_row(row)
        for node in locked.nodes_saved.values():
            self._save_node(node)
        for stack in locked.stacks_saved.values():
            self._save_stack(stack)
        for traversal_id in locked.purged:
            self._drop_nodes(traversal_id)
        self._add_events(locked.events)
        self._orphan_checks.update(
            (orphan_check.id, orphan_check) for orphan_check in locked.orphan_checks
        )
        for orphan_check in list(self._orphan_checks.values()):
            if orphan_check.row.id in locked.retained:
                del self._orphan_checks[orphan_check.id]

    def row(self, row_id: str) -> Resource | None:
        return self._rows.get(row_id)

    def rows_by_id(self, row_ids: Collection[str]) -> dict[str, Resource]:
        with self._lock:
            return {row_id: self._rows[row_id] for row_id in row_ids if row_id in self._rows}

    def waiting_on(self, row_ids: Sequence[str]) -> list[NodeKey]:
        with self._lock:
            return sorted(
                node.key
                for node in self._nodes.values()
                if node.subject in row_ids and node.status == NodeStatus.READY
            )

    def paused_on(self, row_id: str) -> list[Node]:
        with self._lock:
            return sorted(
                (
                    node
                    for node in self._nodes.values()
                    if node.subject == row_id and node.status == NodeStatus.PAUSED
                ),
                key=lambda node: node.key,
            )

    # Writing

    def _save_stack(self, stack: Stack) -> None:
        self._stacks[stack.id] = stamped(stack, self._clock.now())

    def _save_row(self, row: Resource) -> None:
        """Insert or overwrite a row, and set its time of creation or update."""
        now = self._clock.now()
        before = self._rows.get(row.id)
        if before is not None:
            # Only a change of state or properties is an update that users see the time of.
            same_state = (before.action, before.status) == (row.action, row.status)
            if not same_state or before.properties != row.properties:
                row = evolve(row, updated_at=now)
            else:
                row = evolve(row, updated_at=before.updated_at)
        else:
            row = evolve(row, created_at=now)
        self._rows[row.id] = row
        self._rows_of.setdefault(row.stack_id, {})[row.id] = None

    def _drop_row(self, row_id: str) -> None:
        row = self._rows.pop(row_id, None)
        if row is not None:
            del self._rows_of[row.stack_id][row_id]

    def _save_node(self, node: Node) -> None:
        """Insert or overwrite a node; this counts as its announcement."""
        self._nodes[node.key] = node
        self._nodes_of.setdefault(node.key.traversal_id, {})[node.key] = None
        self._touched[node.key] = self._clock.now()

    def _drop_nodes(self, traversal_id: str) -> None:
        for key in self._nodes_of.pop(traversal_id, ()):
            del self._nodes[key]
            del self._touched[key]

    def _add_events(self, events: Iterable[Event]) -> None:
        now = self._clock.now()
        for event in events:
            stored = StoredEvent(self._ids.fresh(), now, event)
            self._events.setdefault(event.stack_id, []).append(stored)


def _for_a_plan(row: Resource) -> Resource:
    """Return a row with only the fields that a preparation needs."""
    return evolve(
        row,
        reason='',
        physical_id=None,
        properties=None,
        attributes={},
        replaces=None,
        replaced_by=None,
        created_at=0.0,
        updated_at=None,
        declared_type='',
        tainted=False,
        external=False,
        frozen=None,
    )
