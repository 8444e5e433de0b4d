"""The formats of Heat's stack exports and snapshots."""

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
    """Return the export of a stack (heat/engine/stack.py, prepare_abandon).

    The values of hidden parameters are masked.

    :param content: the template, environment and files of the stack.
    :param resources: the exported resources by name; see `resources_of`.
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
    """Return the exported resources of a stack by name; doomed rows are left out.

    :param handed_over: returns the names of the attributes to export with a resource of a type.
    """
    return {
        row.name: {
            'name': row.name,
            'resource_id': row.physical_id,
            'type': row.shown_type,
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
    """Return a snapshot in the format of the API (heat/engine/api.py, format_snapshot).

    :param data: the export of the stack at the time of the snapshot.
    """
    return {
        'id': source.id,
        'name': source.name,
        'action': 'CREATE',
        'status': 'COMPLETE',
        'status_reason': 'Stack SNAPSHOT completed successfully',
        'data': dict(data),
        'creation_time': wire_format.time(source.created_at),
    }
