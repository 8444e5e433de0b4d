"""What must hold after every commit, whatever the history.

Each predicate names what is wrong; an empty list means that it holds. They are
cheap enough to run after every step of a simulation, and on a live database.
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
    """Return everything that is wrong with a stack, in a fixed order.

    :param edges: look for cycles too; False where no edge is new.
    """
    rows = sorted(rows, key=lambda row: row.id)
    by_key = {node.key: node for node in sorted(nodes, key=lambda node: node.key)}
    found: list[str] = []
    found.extend(_nodes_are_current(stack, by_key))
    if stack.status == Status.IN_PROGRESS and not stack.wish_id:
        found.extend(_every_row_is_looked_after(rows, by_key))
    found.extend(_running_means_claimed(rows, by_key))
    found.extend(_blockers_are_right(by_key))
    if edges:
        found.extend(_acyclic(by_key))
    found.extend(_deleted_leaves_nothing(stack, rows))
    return found


def _nodes_are_current(stack: Stack, nodes: dict[NodeKey, Node]) -> list[str]:
    """Nodes exist exactly while IN_PROGRESS, and only of the current traversal."""
    current = stack.traversal_id
    found = [f'{key} is not of the current traversal' for key in nodes if key[0] != current]
    running = stack.status == Status.IN_PROGRESS
    if nodes and not running:
        found.append(f'a stack {stack.action} {stack.status} has nodes')
    if running and not nodes and not stack.wish_id:
        found.append('a stack IN_PROGRESS has neither nodes nor a wish')
    return found


def _every_row_is_looked_after(rows: list[Resource], nodes: dict[NodeKey, Node]) -> list[str]:
    """Every row is the subject of an update node or has a cleanup node.

    But for those that were found to be as wanted when the traversal was prepared.
    """
    subjects = {node.subject for node in nodes.values()}
    return [
        f'nothing looks after row {row.id} of {row.name}'
        for row in rows
        if row.id not in subjects and not (row.fingerprint and states.healthy(row))
    ]


def _running_means_claimed(rows: list[Resource], nodes: dict[NodeKey, Node]) -> list[str]:
    """A running node's subject is claimed."""
    claimed = {row.id for row in rows if row.claim is not None}
    return [
        f'{node.key} is running and nobody claims {node.subject}'
        for node in nodes.values()
        if node.status is NodeStatus.RUNNING and node.subject not in claimed
    ]


def _blockers_are_right(nodes: dict[NodeKey, Node]) -> list[str]:
    """Blockers count the predecessors not done; waiting means some are left."""
    # Plain tuples are equal to keys, and made faster: this runs after each step of
    # a simulation.
    left: dict[tuple[str, str, str], int] = {}
    done, waiting = NodeStatus.DONE, NodeStatus.WAITING
    for key, node in nodes.items():
        if node.status is not done:
            for kind, name in node.successors:
                other = (key[0], kind, name)
                left[other] = left.get(other, 0) + 1
    found: list[str] = []
    for key, node in nodes.items():
        blockers = left.pop(key, 0)
        if node.blockers != blockers:
            found.append(f'{key} has {node.blockers} blockers, not {blockers}')
        if (node.status is waiting) != (node.blockers > 0):
            found.append(f'{key} is {node.status} with {node.blockers} blockers')
    found.extend(f'there is no node {kind} {name} to go on with' for _, kind, name in left)
    return found


def _acyclic(nodes: dict[NodeKey, Node]) -> Iterator[str]:
    """The graph has an order."""
    edges = {
        key: [NodeKey(key.traversal_id, kind, name) for kind, name in node.successors]
        for key, node in nodes.items()
    }
    try:
        graph.order(edges)
    except graph.Cycle as cycle:
        yield f'cycle: {cycle}'


def _deleted_leaves_nothing(stack: Stack, rows: list[Resource]) -> Iterator[str]:
    if (stack.action, stack.status) == (Action.DELETE, Status.COMPLETE) and rows:
        yield f'a deleted stack has rows: {[row.id for row in rows]}'


def at_rest(stack: Stack, rows: Iterable[Resource], nodes: Iterable[Node]) -> list[str]:
    """Return what is wrong with a stack when nothing is left to do."""
    rows, nodes = list(rows), list(nodes)
    found = violations(stack, rows, nodes)
    if stack.status == Status.IN_PROGRESS:
        found.append(f'{stack.action} is IN_PROGRESS')
    for row in rows:
        if row.claim is not None:
            found.append(f'row {row.id} of {row.name} is claimed')
        if states.unsettled(row):
            found.append(f'row {row.id} of {row.name} is {row.action} {row.status}, unsettled')
    return found
