"""Preparation of a traversal: compute its graph and the rows to add.

There are three edge rules and no others (an edge between a replaced row and its replacement
would gain nothing and close cycles):

1. an update comes after the updates it requires;
2. the cleanup of a row comes after the update of its name;
3. the cleanup of a row comes after the cleanup of every row that requires it.

Updates never wait for cleanups. The template has no cycle. A row gains a requirement only
after the update of the required row is done in the same traversal. So no history can make the
graph cyclic.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

from heatconv.convergence import fingerprint, graph, hooks, replacement, states
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import (
    ALL,
    INSPECTIONS,
    UPDATES,
    Action,
    Definition,
    Event,
    Kind,
    Node,
    NodeKey,
    NodeStatus,
    Resource,
    Stack,
    Successor,
    Verb,
)

T = TypeVar('T')


class LazySequence(Sequence[T]):
    """A sequence whose items are created again at each iteration.

    A plan of a million nodes is saved in pieces, so that they never need to be in memory
    together.

    :param length: number of items.
    :param make: returns an iterator over the items, which are the same each time.
    """

    def __init__(self, length: int, make: Callable[[], Iterator[T]]) -> None:
        self._length = length
        self._make = make

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return self._make()

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return tuple(self)[index]


#: A plan with more nodes than this creates its nodes and rows lazily.
LAZY_ABOVE = 20_000

#: Maximum number of leaves that are announced at preparation; the sweep announces the others
#: later.
ANNOUNCED = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The result of a preparation: what it saves and announces.

    :ivar stack: the stack to save.
    :ivar rows: the rows to add, never begun.
    :ivar nodes: the nodes of the traversal.
    :ivar leaves: keys of the nodes to announce, in graph order.
    :ivar events: the events to add.
    """

    stack: Stack
    rows: Sequence[Resource] = ()
    nodes: Sequence[Node] = ()
    leaves: tuple[NodeKey, ...] = ()
    events: tuple[Event, ...] = ()


def plan(
    stack: Stack,
    definitions: Mapping[str, Definition],
    rows: Iterable[Resource],
    traversal_id: str,
    fresh_ids: Iterator[str],
    settles: bool = False,
    source_of: Callable[[str], str | None] = lambda name: None,
    hooked: Callable[[str], tuple[str, ...]] | None = None,
) -> Plan:
    """Turn the wish of a stack into a traversal.

    :param definitions: the definitions of the wished template by name, in template order;
        empty for a delete.
    :param rows: all rows of the stack, read after the nodes of the previous traversal were
        deleted.
    :param traversal_id: id of the new traversal.
    :param fresh_ids: ids for the rows to add.
    :param settles: leave out the resources whose check would find nothing to do; see
        `heatconv.convergence.fingerprint`. They count as done from the start.
    :param source_of: returns the serialized definition for the update node of a name.
    :param hooked: returns the hooks of a name; None if no resource has any.
    """
    stack = stack_rules.prepared(stack, traversal_id)
    existing = sorted(rows, key=lambda row: row.id)
    by_name: dict[str, list[Resource]] = {}
    for row in existing:
        by_name.setdefault(row.name, []).append(row)
    inspects = stack.action in INSPECTIONS
    if inspects:
        # An inspection observes the existing resources: it creates and deletes nothing.
        definitions = {
            name: definition
            for name, definition in definitions.items()
            if any(not states.doomed(row) for row in by_name.get(name, ()))
        }
        settles, existing = False, []
    subjects, fresh = _subjects(stack, definitions, by_name, fresh_ids)

    before = _update_edges(definitions)
    if stack.action == Action.SUSPEND:
        # A resource is suspended after those that require it, as in Heat.
        before = _reversed(before)
    settled: dict[str, Resource] = {}
    if settles:
        settled = _unchanged(definitions, before, by_name, hooked)
        settled_ids = {row.id for row in settled.values()}
        existing = [row for row in existing if row.id not in settled_ids]
    referenced: dict[str, None] = {}
    dependents: dict[str, list[Successor]] = {}
    blockers: dict[str, int] = {}
    for name, required in before.items():
        if name in settled:
            continue
        predecessors = 0
        for other in required:
            if other in settled:
                referenced[other] = None
            else:
                dependents.setdefault(other, []).append((Kind.UPDATE, name))
                predecessors += 1
        blockers[name] = predecessors
    cleanup_after = _cleanup_edges(existing, blockers)

    def update_nodes() -> Iterator[Node]:
        for name in definitions:
            key = NodeKey(traversal_id, Kind.UPDATE, name)
            if name in settled:
                if name in referenced:
                    # No node waits for it; the checks that refer to it find its row here.
                    yield Node(key, stack.id, settled[name].id, NodeStatus.DONE, 0)
                continue
            successors = tuple(dependents.get(name, ())) or ((Kind.ROOT, UPDATES),)
            if not inspects:
                successors += tuple((Kind.CLEANUP, row.id) for row in by_name.get(name, ()))
            yield _node(
                key,
                stack.id,
                subjects[name],
                blockers[name],
                successors,
                source_of(name),
                () if hooked is None or inspects else hooked(name),
            )

    def cleanup_nodes() -> Iterator[Node]:
        for row in existing:
            successors = tuple(
                (Kind.CLEANUP, required) for required in row.requires if required in cleanup_after
            )
            yield _node(
                NodeKey(traversal_id, Kind.CLEANUP, row.id),
                stack.id,
                row.id,
                cleanup_after[row.id],
                successors or ((Kind.ROOT, ALL),),
                hooks=() if hooked is None else hooks.of_delete(hooked(row.name)),
            )

    # A node that blocks no other node blocks its root.
    updates_root_blockers = sum(name not in dependents for name in blockers)
    all_root_blockers = int(bool(blockers)) + sum(
        not any(required in cleanup_after for required in row.requires) for row in existing
    )
    all_key = NodeKey(traversal_id, Kind.ROOT, ALL)

    def roots() -> Iterator[Node]:
        if blockers:
            key = NodeKey(traversal_id, Kind.ROOT, UPDATES)
            yield _node(key, stack.id, None, updates_root_blockers, ((Kind.ROOT, ALL),))
        yield _node(all_key, stack.id, None, all_root_blockers, ())

    def nodes() -> Iterator[Node]:
        return itertools.chain(update_nodes(), cleanup_nodes(), roots())

    def rows_to_add() -> Iterator[Resource]:
        for name, row_id in fresh.items():
            yield Resource(
                id=row_id,
                stack_id=stack.id,
                name=name,
                type=definitions[name].type,
                declared_type=definitions[name].declared_type,
                template_id=stack.template_id,
                deletion_policy=definitions[name].deletion_policy,
            )

    if not blockers:
        stack = stack_rules.record_last_good(stack)
    if not blockers and not existing:
        stack, events = stack_rules.end_traversal(stack)
        return Plan(stack=stack, events=events)
    ready = (
        NodeKey(traversal_id, Kind.UPDATE, name) for name, number in blockers.items() if not number
    )
    to_clean = (
        NodeKey(traversal_id, Kind.CLEANUP, row.id)
        for row in existing
        if not cleanup_after[row.id]
    )
    leaves = tuple(itertools.islice(itertools.chain(ready, to_clean), ANNOUNCED))
    count = len(blockers) + len(referenced) + len(existing) + int(bool(blockers)) + 1
    if count <= LAZY_ABOVE:
        return Plan(stack, tuple(rows_to_add()), tuple(nodes()), leaves)
    return Plan(stack, LazySequence(len(fresh), rows_to_add), LazySequence(count, nodes), leaves)


def _unchanged(
    definitions: Mapping[str, Definition],
    before: Mapping[str, tuple[str, ...]],
    by_name: Mapping[str, list[Resource]],
    hooked: Callable[[str], tuple[str, ...]] | None,
) -> dict[str, Resource]:
    """Return by name the rows whose check would find nothing to do.

    Everything that such a row requires is also among them. A row with a hook before updates is
    not, because its check pauses there.
    """
    settled: dict[str, Resource] = {}
    lines: dict[str, str] = {}
    for name in graph.order(before) if by_name else ():
        rows = by_name.get(name, ())
        if len(rows) != 1 or not all(map(settled.__contains__, before[name])):
            continue
        row = rows[0]
        if row.claim is not None or row.suspect or not states.healthy(row):
            continue
        if hooked is not None and hooks.BEFORE[Verb.UPDATE] in hooked(name):
            continue
        required = [lines[other] for other in before[name]]
        desired = fingerprint.desired(definitions[name].fingerprint, (), required)
        if fingerprint.holds(row, desired):
            settled[name] = row
            lines[name] = fingerprint.line(row)
    return settled


def _node(
    key: NodeKey,
    stack_id: str,
    subject: str | None,
    blockers: int,
    successors: tuple[Successor, ...],
    definition: str | None = None,
    hooks: tuple[str, ...] = (),
) -> Node:
    status = NodeStatus.WAITING if blockers else NodeStatus.READY
    return Node(
        key, stack_id, subject, status, blockers, successors, definition=definition, hooks=hooks
    )


def _subjects(
    stack: Stack,
    definitions: Mapping[str, Definition],
    by_name: Mapping[str, list[Resource]],
    fresh_ids: Iterator[str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Choose the row of each name, or an id for a row to add.

    :return: by name, the row ids of all names, and those of the rows to add.
    """
    subjects: dict[str, str] = {}
    fresh: dict[str, str] = {}
    for name in definitions:
        row = replacement.choose(
            by_name.get(name, ()), stack.template_id, stack.previous_template_id
        )
        if row is None:
            fresh[name] = subjects[name] = next(fresh_ids)
        else:
            subjects[name] = row.id
    return subjects, fresh


def _update_edges(definitions: Mapping[str, Definition]) -> dict[str, tuple[str, ...]]:
    """Rule 1: return for each update the names of the updates before it, without duplicates."""
    return {
        name: tuple(dict.fromkeys(other for other in definition.requires if other in definitions))
        for name, definition in definitions.items()
    }


def _reversed(before: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return for each update the names of the updates that come after it."""
    after: dict[str, list[str]] = {name: [] for name in before}
    for name, required in before.items():
        for other in required:
            after[other].append(name)
    return {name: tuple(names) for name, names in after.items()}


def _cleanup_edges(existing: Iterable[Resource], checked: Container[str]) -> dict[str, int]:
    """Rules 2 and 3: count the blockers of the cleanup of each row.

    :param checked: the names whose update is not done yet.
    """
    existing = tuple(existing)
    blockers = {row.id: int(row.name in checked) for row in existing}
    for row in existing:
        for required in row.requires:
            if required in blockers:
                blockers[required] += 1
    return blockers
