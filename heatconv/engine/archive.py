"""Stacks in the shape of Heat's exports and snapshots."""

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
    """Show all of a stack except hidden values (heat/engine/stack.py, prepare_abandon).

    :param content: its template, environment and files.
    :param resources: the result of `resources_of`.
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
    """Show the resources of a stack, by name.

    :param handed_over: returns the attributes that are exported with a resource of a type.
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
                attribute: row.attributes[attribute]
                for attribute in handed_over(row.type)
                if attribute in row.attributes
            },
        }
        for row in rows
        if not states.doomed(row)
    }


def snapshot(source: Snapshot, data: Mapping[str, Any]) -> dict[str, Any]:
    """Show a snapshot (heat/engine/api.py, format_snapshot)."""
    return {
        'id': source.id,
        'name': source.name,
        'action': 'CREATE',
        'status': 'COMPLETE',
        'status_reason': 'Stack SNAPSHOT completed successfully',
        'data': dict(data),
        'creation_time': wire_format.time(source.created_at),
    }
