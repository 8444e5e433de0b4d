"""What stacks are, in the shape in which Heat exports them and snapshots show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.engine.redaction import hidden_names, without_hidden
from heatconv.storage.base import Snapshot


def exported(
    stack: Stack, content: Mapping[str, Any], resources: Mapping[str, Any]
) -> dict[str, Any]:
    """Show all of a stack (heat/engine/stack.py, prepare_abandon), but hidden values.

    :param content: its template, environment and files.
    :param resources: as `resources_of` gives them.
    """
    template = content.get('template')
    return {
        'name': stack.name,
        'id': stack.id,
        'action': stack.action.value,
        'status': stack.status.value,
        'template': template,
        'environment': without_hidden(content.get('environment') or {}, hidden_names(template)),
        'files': content.get('files') or {},
        'resources': dict(resources),
        'project_id': stack.project_id,
        'stack_user_project_id': None,
        'tags': list(stack.tags),
    }


def resources_of(
    rows: Sequence[Resource], handed_over: Callable[[str], Sequence[str]] = lambda type_: ()
) -> dict[str, dict[str, Any]]:
    """Show what the resources of a stack are, by name.

    :param handed_over: gives the attributes that go with a resource of a type.
    """
    return {
        row.name: {
            'name': row.name,
            'resource_id': row.physical_id,
            'type': row.type,
            'action': row.action.value,
            'status': row.status.value,
            'metadata': {},
            'resource_data': {
                one: row.attributes[one] for one in handed_over(row.type) if one in row.attributes
            },
        }
        for row in rows
        if not states.doomed(row)
    }


def snapshot(one: Snapshot, data: Mapping[str, Any]) -> dict[str, Any]:
    """Show a snapshot, as Heat does (heat/engine/api.py, format_snapshot)."""
    return {
        'id': one.id,
        'name': one.name,
        'action': 'CREATE',
        'status': 'COMPLETE',
        'status_reason': 'Stack SNAPSHOT completed successfully',
        'data': dict(data),
        'creation_time': wire_format.time(one.created_at),
    }
