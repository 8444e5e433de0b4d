"""Conversion of stacks to rows of their table, and back."""

from __future__ import annotations

import json
from typing import Any

from heatconv.convergence.model import Action, Stack, Status
from heatconv.db import tables
from heatconv.db.bulk import encode as dumps
from heatconv.db.rows import REASON_LIMIT, Row

#: The columns of the table ``stack``, in order.
STACK = tuple(column.name for column in tables.stack.c)


def stack_row(stack: Stack) -> dict[str, Any]:
    """Return the row of a stack: its column values by name."""
    return {
        'id': stack.id,
        'project_id': stack.project_id,
        'name': stack.name,
        'action': stack.action.value,
        'status': stack.status.value,
        'reason': stack.reason[:REASON_LIMIT],
        'version': stack.version,
        'traversal_id': stack.traversal_id,
        'template_id': stack.template_id,
        'previous_template_id': stack.previous_template_id,
        'last_good_id': stack.last_good_id,
        'wish_id': stack.wish_id,
        'wish_template_id': stack.wish_template_id,
        'disable_rollback': stack.disable_rollback,
        'gives_up': stack.gives_up,
        'timeout_mins': stack.timeout_mins,
        'deadline': stack.deadline,
        'tags': dumps(stack.tags),
        'username': stack.username,
        'request_id': stack.request_id,
        'created_at': stack.created_at,
        'updated_at': stack.updated_at,
        'deleted_at': stack.deleted_at,
        'deleted': '' if stack.deleted_at is None else stack.id,
        'owner_id': stack.owner_id,
        'owner_resource': stack.owner_resource,
    }


def stack_of(row: Row) -> Stack:
    """Return a stack from a row, a mapping of all columns."""
    return Stack(
        id=row['id'],
        project_id=row['project_id'],
        name=row['name'],
        action=Action(row['action']),
        status=Status(row['status']),
        reason=row['reason'],
        version=row['version'],
        traversal_id=row['traversal_id'],
        template_id=row['template_id'],
        previous_template_id=row['previous_template_id'],
        last_good_id=row['last_good_id'],
        wish_id=row['wish_id'],
        wish_template_id=row['wish_template_id'],
        disable_rollback=bool(row['disable_rollback']),
        gives_up=bool(row['gives_up']),
        timeout_mins=row['timeout_mins'],
        deadline=row['deadline'],
        tags=tuple(json.loads(row['tags'])),
        username=row['username'],
        request_id=row['request_id'],
        created_at=row['created_at'],
        updated_at=row['updated_at'],
        deleted_at=row['deleted_at'],
        owner_id=row['owner_id'],
        owner_resource=row['owner_resource'],
    )
