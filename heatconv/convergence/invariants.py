"""Invariants of a stack, its rows and its nodes: they hold after every commit.

Each function returns descriptions of the violations; an empty list means that the invariant
holds. The checks are cheap enough to run after every step of a simulation, and on a live
database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heatconv.convergence import graph, states
from heatconv.convergence.model import (
    Action,
    Node,
    NodeKey,
    NodeStatus,
    Resource,
    Stack,
    Status,
)


def violations(
    stack: Stack, rows: Iterable[Resource], nodes: Iterable[Node], edges: bool = True
) -> list[str]:
    """Return all violations of the invariants of a stack, in a deterministic order.

    :param rows: all rows of the stack.
    :param nodes: all nodes of the stack.
    :param edges: search for cycles too; False if no edge was added.
    """
    rows = sorted(rows, key=lambda row: row.id)
    by_key = {node.key: node for node in sorted(nodes, key=lambda node: node.key)}
    problems: list[str] = []
    problems.extend(_nodes_are_current(stack, by_key))
    if stack.status == Status.IN_PROGRESS and not stack.wish_id:
        problems.extend(_every_row_is_looked_after(rows, by_key))
    problems.extend(_running_means_claimed(rows, by_key))
    problems.extend(_blockers_are_right(by_key))
    if edges:
        problems.extend(_acyclic(by_key))
    problems.extend(_deleted_leaves_nothing(stack, rows))
    return problems


def _nodes_are_current(stack: Stack, nodes: dict[NodeKey, Node]) -> list[str]:
    """Nodes exist exactly while IN_PROGRESS, and only of the current traversal."""
    current = stack.traversal_id
    problems = [f'{key} is not of the current traversal' for key in nodes if key[0] != current]
    running = stack.status == Status.IN_PROGRESS
    if nodes and not running:
        problems.append(f'a stack {stack.action} {stack.status} has nodes')
    if running and not nodes and not stack.wish_id:
        problems.append('a stack IN_PROGRESS has neither nodes nor a wish')
    return problems


def _every_row_is_looked_after(rows: list[Resource], nodes: dict[NodeKey, Node]) -> list[str]:
    """Every row is the subject of an update node or has a cleanup node.

    The exception is a row whose fingerprint held when the traversal was prepared: it has no
    node. A healthy row with a fingerprint is taken for one.
    """
    subjects = {node.subject for node in nodes.values()}
    return [
        f'no node is about row {row.id} of {row.name}'
        for row in rows
        if row.id not in subjects and not (row.fingerprint and states.healthy(row))
    ]


def _running_means_claimed(rows: list[Resource], nodes: dict[NodeKey, Node]) -> list[str]:
    """The subject of a running node is claimed."""
    claimed = {row.id for row in rows if row.claim is not None}
    return [
        f'{node.key} is running, but no lease claims {node.subject}'
        for node in nodes.values()
        if node.status is NodeStatus.RUNNING and node.subject not in claimed
    ]


def _blockers_are_right(nodes: dict[NodeKey, Node]) -> list[str]:
    """Blockers count the predecessors that are not done; a node waits while it has any."""
    # A plain tuple is equal to a NodeKey and faster to create: this runs after each step of
    # a simulation.
    counts: dict[tuple[str, str, str], int] = {}
    done, waiting = NodeStatus.DONE, NodeStatus.WAITING
    for key, node in nodes.items():
        if node.status is not done:
            for kind, name in node.successors:
                successor = (key[0], kind, name)
                counts[successor] = counts.get(successor, 0) + 1
    problems: list[str] = []
    for key, node in nodes.items():
        blockers = counts.pop(key, 0)
        if node.blockers != blockers:
            problems.append(f'{key} has {node.blockers} blockers, not {blockers}')
        if (node.status is waiting) != (node.blockers > 0):
            problems.append(f'{key} is {node.status} with {node.blockers} blockers')
    problems.extend(f'the successor {kind} {name} does not exist' for _, kind, name in counts)
    return problems


def _acyclic(nodes: dict[NodeKey, Node]) -> Iterator[str]:
    """The graph has no cycle."""
    edges = {
        key: [NodeKey(key.traversal_id, kind, name) for kind, name in node.successors]
        for key, node in nodes.items()
    }
    try:
        graph.order(edges)
    except graph.Cycle as cycle:
        yield f'cycle: {cycle}'


def _deleted_leaves_nothing(stack: Stack, rows: list[Resource]) -> Iterator[str]:
    """A deleted stack has no rows."""
    if (stack.action, stack.status) == (Action.DELETE, Status.COMPLETE) and rows:
        yield f'a deleted stack has rows: {[row.id for row in rows]}'


def at_rest(stack: Stack, rows: Iterable[Resource], nodes: Iterable[Node]) -> list[str]:
    """Return all violations when no work is left: no row may be claimed or unsettled either."""
    rows, nodes = list(rows), list(nodes)
    problems = violations(stack, rows, nodes)
    if stack.status == Status.IN_PROGRESS:
        problems.append(f'{stack.action} is IN_PROGRESS')
    for row in rows:
        if row.claim is not None:
            problems.append(f'row {row.id} of {row.name} is claimed')
        if states.unsettled(row):
            problems.append(f'row {row.id} of {row.name} is {row.action} {row.status}, unsettled')
    return problems
