"""The wire format of Heat's API: the shapes of stacks, resources, events and services."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence.model import Action, Resource, Stack
from heatconv.hot.functions import stacks
from heatconv.hot.template import Head
from heatconv.storage.base import Lease, StoredEvent
from heatconv.templates.compiled import attributes, pseudo_parameters

HIDDEN = '******'

#: The actions that begin the life of a stack.
FIRST = (Action.CREATE, Action.ADOPT)


def time(seconds: float | None) -> str | None:
    """Return a time in Heat's format."""
    if seconds is None:
        return None
    moment = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    return moment.strftime('%Y-%m-%dT%H:%M:%SZ')


def identity(stack: Stack, path: str = '') -> dict[str, str]:
    """Return the identity of a stack, or of a part of it."""
    return {
        'tenant': stack.project_id,
        'stack_name': stack.name,
        'stack_id': stack.id,
        'path': path,
    }


def stack(
    row: Stack,
    head: Head | None,
    outputs: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Show a stack; with the head of its template, also parameters and description."""
    shown: dict[str, Any] = {
        'stack_name': row.name,
        'stack_identity': identity(row),
        # A previewed stack was never created.
        'creation_time': time(row.created_at) if row.created_at else None,
        # As in Heat: the time of the latest request after the first one.
        'updated_time': None
        if row.action in (Action.CREATE, Action.ADOPT)
        else time(row.updated_at),
        'deletion_time': time(row.deleted_at),
        'notification_topics': [],
        'description': None,
        'template_description': None,
        'parameters': {},
        'capabilities': [],
        'disable_rollback': row.disable_rollback,
        'timeout_mins': row.timeout_mins,
        'stack_owner': row.username,
        'parent': row.owner_id,
        'stack_user_project_id': None,
        'tags': list(row.tags),
        'stack_action': row.action.value,
        'stack_status': row.status.value,
        'stack_status_reason': row.reason,
    }
    if head is not None:
        description = head.description or 'No description'
        shown['description'] = shown['template_description'] = description
        shown['parameters'] = parameters(row, head)
    if outputs is not None:
        shown['outputs'] = list(outputs)
    return shown


def parameters(row: Stack, head: Head) -> dict[str, Any]:
    """Show parameters as strings; the values of hidden ones are masked."""
    shown: dict[str, Any] = dict(pseudo_parameters(row))
    for name, value in head.values.items():
        hidden = head.parameters[name].hidden
        shown[name] = HIDDEN if hidden else _text(value)
    return shown


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return ','.join(str(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value)
    return value if value is None else str(value)


def resource(
    row: Resource,
    stack: Stack,
    required_by: Sequence[str],
    detail: bool = False,
    with_attr: Sequence[str] = (),
    nested: Stack | None = None,
) -> dict[str, Any]:
    """Show a resource.

    :param detail: whether to show description, metadata and attributes.
    :param with_attr: names of attributes to show even if they are null.
    :param nested: the nested stack of the resource.
    """
    shown: dict[str, Any] = {
        'updated_time': time(row.updated_at or row.created_at) if row.created_at else None,
        'creation_time': time(row.created_at) if row.created_at else None,
        'resource_name': row.name,
        'physical_resource_id': row.physical_id or '',
        'resource_action': row.action.value,
        'resource_status': row.status.value,
        'resource_status_reason': row.reason,
        'resource_type': row.type,
        'resource_identity': identity(stack, f'/resources/{row.name}'),
        'stack_identity': identity(stack),
        'stack_name': stack.name,
        'required_by': list(required_by),
    }
    if nested is not None:
        shown['nested_stack_id'] = identity(nested)
        shown['physical_resource_id'] = nested.id
    if stack.owner_resource is not None:
        shown['parent_resource'] = stack.owner_resource
    if detail:
        values = stacks.shown(row.attributes)
        for name in with_attr:
            values.setdefault(name, attributes(row).get(name))
        shown['description'] = ''
        shown['metadata'] = {}
        shown['attributes'] = values
    return shown


def event(stored: StoredEvent, stack: Stack, root: Stack | None = None) -> dict[str, Any]:
    """Show an event; an event of the stack itself has the name of the stack.

    :param root: the outermost stack, if it is to be shown.
    """
    shown = stored.event
    name = shown.resource_name if shown.resource_name is not None else stack.name
    return {
        'event_identity': identity(stack, f'/resources/{name}/events/{stored.id}'),
        'stack_identity': identity(stack),
        'stack_name': stack.name,
        'event_time': time(stored.at),
        'resource_name': name,
        'physical_resource_id': shown.physical_id,
        'resource_action': shown.action.value,
        'resource_status': shown.status.value,
        'resource_status_reason': shown.reason,
        'resource_type': shown.resource_type,
        **({'root_stack_id': identity(root)} if root is not None else {}),
    }


def service(lease: Lease, now: float) -> dict[str, Any]:
    """Show an engine or a worker in the shape of Heat's engines."""
    return {
        'id': lease.id,
        'binary': f'heatconv-{lease.kind}',
        'engine_id': lease.id,
        'host': lease.host,
        'hostname': lease.host,
        'topic': lease.kind,
        'report_interval': 60,
        'created_at': time(lease.started_at),
        'updated_at': time(now if lease.expires_at > now else lease.expires_at),
        'deleted_at': None,
        'status': 'up' if lease.expires_at > now else 'down',
    }
