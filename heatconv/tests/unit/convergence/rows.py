"""Short ways to make rows, nodes and views."""

from __future__ import annotations

import dataclasses
from typing import Any

from heatconv.convergence.check import View
from heatconv.convergence.commit import LockedRows
from heatconv.convergence.model import (
    Action,
    Definition,
    DesiredState,
    Kind,
    Node,
    NodeKey,
    NodeStatus,
    Observation,
    Reality,
    Resource,
    Stack,
    Status,
)
from heatconv.convergence.states import (
    CHECK_FAILED,
    CREATE_FAILED,
    CREATED,
    CREATING,
    DELETE_FAILED,
    DELETING,
    INIT,
    UPDATE_FAILED,
    UPDATED,
    UPDATING,
    State,
)

__all__ = [
    'CHECK_FAILED',
    'CREATED',
    'CREATE_FAILED',
    'CREATING',
    'DELETE_FAILED',
    'DELETING',
    'INIT',
    'UPDATED',
    'UPDATE_FAILED',
    'UPDATING',
    'cleanup_key',
    'definitions',
    'desired',
    'locked',
    'node',
    'row',
    'seen',
    'stack',
    'update_key',
    'view',
]

TRAVERSAL = 't1'
LEASE = 'lease'


def row(row_id: str, state: State = CREATED, name: str = 'A', **changes: Any) -> Resource:
    """Return a row; it has a physical id and properties unless it is new."""
    begun = state != INIT
    made = Resource(
        id=row_id,
        stack_id='s',
        name=name,
        type='Type',
        action=state[0],
        status=state[1],
        version=1,
        template_id='old',
        physical_id=f'physical-{row_id}' if begun and state != CREATING else None,
        properties={'p': 1, 'r': 1} if begun else None,
    )
    return dataclasses.replace(made, **changes)


def stack(**changes: Any) -> Stack:
    made = Stack(
        's',
        'project',
        'stack',
        Action.UPDATE,
        Status.IN_PROGRESS,
        traversal_id=TRAVERSAL,
        template_id='new',
        previous_template_id='old',
        last_good_id='old',
    )
    return dataclasses.replace(made, **changes)


def update_key(name: str = 'A') -> NodeKey:
    return NodeKey(TRAVERSAL, Kind.UPDATE, name)


def cleanup_key(row_id: str) -> NodeKey:
    return NodeKey(TRAVERSAL, Kind.CLEANUP, row_id)


def node(key: NodeKey, subject: str | None, **changes: Any) -> Node:
    return dataclasses.replace(Node(key, 's', subject, NodeStatus.READY, 0), **changes)


def view(subject: Resource | None, *siblings: Resource, **changes: Any) -> View:
    """Return the view of an update node of A."""
    made = View(node(update_key(), subject.id if subject else 'gone'), stack(), subject, siblings)
    return dataclasses.replace(made, **changes)


def desired(requires: tuple[str, ...] = (), **properties: Any) -> DesiredState:
    """Return what is wanted; a change of the property r replaces."""
    return DesiredState(
        'Type', {'p': 1, 'r': 1} | properties, 'new', requires, replace_on_change=frozenset('r')
    )


def seen(reality: Reality = Reality.READY, **changes: Any) -> Observation:
    made = Observation(reality, 'physical', {'a': 1}, {'p': 1, 'r': 1})
    return dataclasses.replace(made, **changes)


def locked(*things: Any) -> LockedRows:
    """Return what a transaction holds."""
    made = LockedRows()
    for one in things:
        if isinstance(one, Resource):
            made.rows[one.id] = one
        elif isinstance(one, Node):
            made.nodes[one.key] = one
        else:
            made.stacks[one.id] = one
    return made


def definitions(**requires: tuple[str, ...]) -> dict[str, Definition]:
    """Return definitions: names, and what each requires."""
    return {name: Definition(name, 'Type', required) for name, required in requires.items()}
