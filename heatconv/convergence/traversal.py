"""Compute the graph of a traversal: which nodes, which edges, which rows.

Three edge rules and no others (an edge between a replaced row and its
replacement would buy nothing and close cycles):

1. an update comes after the updates it requires;
2. the cleanup of a row comes after the update of its name;
3. the cleanup of a row comes after the cleanup of every row that requires it.

Updates never wait for cleanups; the template has no cycle; and a row gains a
requirement only after the required row is done in the same traversal. So no
history can make the graph cyclic.
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
    Definition,
    Event,
    Kind,
    Node,
    NodeKey,
    NodeStatus,
    Resource,
    Stack,
    Successor,
)

T = TypeVar('T')


class LazySequence(Sequence[T]):
    """A tuple whose items are made each time it is gone through.

    A plan of a million nodes is saved in pieces; nobody has room for all of them at once.

    :param make: gives the items, always the same.
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


#: A plan for more resources than that is made in a stream.
LAZY_ABOVE = 20_000

#: So many leaves are announced at once; the sweep announces the rest as there is time.
ANNOUNCED = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What the preparation of a traversal saves.

    :ivar leaves: the nodes to announce, in graph order.
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

    :param definitions: of the wished template, in template order; none for a
        delete.
    :param rows: all rows of the stack, read after the nodes of the previous
        traversal were deleted.
    :param fresh_ids: ids for the rows to add.
    :param settles: leave out what a check could find nothing to do for; see
        `heatconv.convergence.fingerprint`. It is done from the start.
    :param source_of: gives the definition that an update node brings with it, by name.
    :param hooked: gives the hooks of a name; None if there are none at all.
    """
    stack = stack_rules.prepared(stack, traversal_id)
    existing = sorted(rows, key=lambda row: row.id)
    by_name: dict[str, list[Resource]] = {}
    for row in existing:
        by_name.setdefault(row.name, []).append(row)
    inspects = stack.action in INSPECTIONS
    if inspects:
        # What is there is looked at; nothing is made, and nothing goes.
        definitions = {
            name: one
            for name, one in definitions.items()
            if any(not states.doomed(row) for row in by_name.get(name, ()))
        }
        settles, existing = False, []
    subjects, fresh = _subjects(stack, definitions, by_name, fresh_ids)

    before = _update_edges(definitions)
    settled: dict[str, Resource] = {}
    if settles:
        settled = _settled(definitions, before, by_name)
        kept = {row.id for row in settled.values()}
        existing = [row for row in existing if row.id not in kept]
    read: dict[str, None] = {}
    dependents: dict[str, list[Successor]] = {}
    blockers: dict[str, int] = {}
    for name, required in before.items():
        if name in settled:
            continue
        awaited = 0
        for one in required:
            if one in settled:
                read[one] = None
            else:
                dependents.setdefault(one, []).append((Kind.UPDATE, name))
                awaited += 1
        blockers[name] = awaited
    cleanup_after = _cleanup_edges(existing, blockers)

    def update_nodes() -> Iterator[Node]:
        for name in definitions:
            key = NodeKey(traversal_id, Kind.UPDATE, name)
            if name in settled:
                if name in read:
                    # Nobody waits for it; those that refer to it look here for its row.
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

    updates_open = sum(name not in dependents for name in blockers)
    closing_open = int(bool(blockers)) + sum(
        not any(required in cleanup_after for required in row.requires) for row in existing
    )
    all_key = NodeKey(traversal_id, Kind.ROOT, ALL)

    def roots() -> Iterator[Node]:
        if blockers:
            key = NodeKey(traversal_id, Kind.ROOT, UPDATES)
            yield _node(key, stack.id, None, updates_open, ((Kind.ROOT, ALL),))
        yield _node(all_key, stack.id, None, closing_open, ())

    def nodes() -> Iterator[Node]:
        return itertools.chain(update_nodes(), cleanup_nodes(), roots())

    def rows_to_add() -> Iterator[Resource]:
        for name, row_id in fresh.items():
            yield Resource(
                id=row_id,
                stack_id=stack.id,
                name=name,
                type=definitions[name].type,
                template_id=stack.template_id,
                deletion_policy=definitions[name].deletion_policy,
            )

    if not blockers:
        stack = stack_rules.template_is_good(stack)
    if not blockers and not existing:
        stack, events = stack_rules.traversal_ends(stack)
        return Plan(stack=stack, events=events)
    ready = (
        NodeKey(traversal_id, Kind.UPDATE, name) for name, left in blockers.items() if not left
    )
    to_clean = (
        NodeKey(traversal_id, Kind.CLEANUP, row.id)
        for row in existing
        if not cleanup_after[row.id]
    )
    leaves = tuple(itertools.islice(itertools.chain(ready, to_clean), ANNOUNCED))
    count = len(blockers) + len(read) + len(existing) + int(bool(blockers)) + 1
    if count <= LAZY_ABOVE:
        return Plan(stack, tuple(rows_to_add()), tuple(nodes()), leaves)
    return Plan(stack, LazySequence(len(fresh), rows_to_add), LazySequence(count, nodes), leaves)


def _settled(
    definitions: Mapping[str, Definition],
    before: Mapping[str, tuple[str, ...]],
    by_name: Mapping[str, list[Resource]],
) -> dict[str, Resource]:
    """Find the rows that no check could find anything to do for, all they require included."""
    settled: dict[str, Resource] = {}
    lines: dict[str, str] = {}
    for name in graph.order(before) if by_name else ():
        alike = by_name.get(name, ())
        if len(alike) != 1 or not all(map(settled.__contains__, before[name])):
            continue
        row = alike[0]
        if row.claim is not None or row.suspect or not states.healthy(row):
            continue
        required = [lines[one] for one in before[name]]
        made = fingerprint.desired(definitions[name].fingerprint, (), required)
        if fingerprint.holds(row, made):
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
    """Choose a row for each name, or an id for one to add.

    :return: the ids of all, and of those to add, by name.
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
    """Rule 1: name the updates that each update comes after, each once."""
    return {
        name: tuple(dict.fromkeys(one for one in definition.requires if one in definitions))
        for name, definition in definitions.items()
    }


def _cleanup_edges(existing: Iterable[Resource], checked: Container[str]) -> dict[str, int]:
    """Rules 2 and 3: count what the cleanup of each row comes after.

    :param checked: the names that have an update to come.
    """
    existing = tuple(existing)
    blockers = {row.id: int(row.name in checked) for row in existing}
    for row in existing:
        for required in row.requires:
            if required in blockers:
                blockers[required] += 1
    return blockers
