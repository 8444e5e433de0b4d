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

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from heatconv.convergence import replacement
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import (
    ALL,
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


@dataclass(frozen=True, slots=True)
class Plan:
    """What the preparation of a traversal saves.

    :ivar leaves: the nodes to announce, in graph order.
    """

    stack: Stack
    rows: tuple[Resource, ...] = ()
    nodes: tuple[Node, ...] = ()
    leaves: tuple[NodeKey, ...] = ()
    events: tuple[Event, ...] = ()


def plan(
    stack: Stack,
    definitions: Mapping[str, Definition],
    rows: Iterable[Resource],
    traversal_id: str,
    fresh_ids: Iterator[str],
) -> Plan:
    """Turn the wish of a stack into a traversal.

    :param definitions: of the wished template, in template order; none for a
        delete.
    :param rows: all rows of the stack, read after the nodes of the previous
        traversal were deleted.
    :param fresh_ids: ids for the rows to add.
    """
    stack = stack_rules.prepared(stack, traversal_id)
    existing = sorted(rows, key=lambda row: row.id)
    by_name: dict[str, list[Resource]] = {}
    for row in existing:
        by_name.setdefault(row.name, []).append(row)
    subjects, added = _subjects(stack, definitions, by_name, fresh_ids)

    before = _update_edges(definitions)
    dependents: dict[str, list[Successor]] = {name: [] for name in definitions}
    for name, required in before.items():
        for one in required:
            dependents[one].append((Kind.UPDATE, name))

    cleanup_after = _cleanup_edges(existing, definitions)
    nodes: list[Node] = []
    updates_open = closing_open = 0
    for name in definitions:
        successors = tuple(dependents[name])
        if not successors:
            updates_open += 1
            successors = ((Kind.ROOT, UPDATES),)
        successors += tuple((Kind.CLEANUP, row.id) for row in by_name.get(name, ()))
        nodes.append(
            _node(
                NodeKey(traversal_id, Kind.UPDATE, name),
                stack.id,
                subjects[name].id,
                len(before[name]),
                successors,
            )
        )
    for row in existing:
        successors = tuple(
            (Kind.CLEANUP, required) for required in row.requires if required in cleanup_after
        )
        if not successors:
            closing_open += 1
            successors = ((Kind.ROOT, ALL),)
        nodes.append(
            _node(
                NodeKey(traversal_id, Kind.CLEANUP, row.id),
                stack.id,
                row.id,
                cleanup_after[row.id],
                successors,
            )
        )
    leaves = tuple(node.key for node in nodes if node.status == NodeStatus.READY)
    if definitions:
        closing_open += 1
        root = NodeKey(traversal_id, Kind.ROOT, UPDATES)
        nodes.append(_node(root, stack.id, None, updates_open, ((Kind.ROOT, ALL),)))
    else:
        stack = stack_rules.template_is_good(stack)
    if not nodes:
        stack, events = stack_rules.traversal_ends(stack)
        return Plan(stack=stack, events=events)
    nodes.append(_node(NodeKey(traversal_id, Kind.ROOT, ALL), stack.id, None, closing_open, ()))
    return Plan(stack=stack, rows=tuple(added), nodes=tuple(nodes), leaves=leaves)


def _node(
    key: NodeKey,
    stack_id: str,
    subject: str | None,
    blockers: int,
    successors: tuple[Successor, ...],
) -> Node:
    status = NodeStatus.WAITING if blockers else NodeStatus.READY
    return Node(key, stack_id, subject, status, blockers, successors)


def _subjects(
    stack: Stack,
    definitions: Mapping[str, Definition],
    by_name: Mapping[str, list[Resource]],
    fresh_ids: Iterator[str],
) -> tuple[dict[str, Resource], list[Resource]]:
    """Choose a row for each name, or add one."""
    subjects: dict[str, Resource] = {}
    added: list[Resource] = []
    for name, definition in definitions.items():
        row = replacement.choose(
            by_name.get(name, ()), stack.template_id, stack.previous_template_id
        )
        if row is None:
            row = Resource(
                id=next(fresh_ids),
                stack_id=stack.id,
                name=name,
                type=definition.type,
                template_id=stack.template_id,
                deletion_policy=definition.deletion_policy,
            )
            added.append(row)
        subjects[name] = row
    return subjects, added


def _update_edges(definitions: Mapping[str, Definition]) -> dict[str, tuple[str, ...]]:
    """Rule 1: name the updates that each update comes after, each once."""
    return {
        name: tuple(dict.fromkeys(one for one in definition.requires if one in definitions))
        for name, definition in definitions.items()
    }


def _cleanup_edges(
    existing: Iterable[Resource], definitions: Mapping[str, Definition]
) -> dict[str, int]:
    """Rules 2 and 3: count what the cleanup of each row comes after."""
    existing = tuple(existing)
    blockers = {row.id: int(row.name in definitions) for row in existing}
    for row in existing:
        for required in row.requires:
            if required in blockers:
                blockers[required] += 1
    return blockers
