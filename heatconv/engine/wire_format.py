"""The wire format of Heat's API for stacks, resources, events and services."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence.events import UNNAMED
from heatconv.convergence.model import Action, Event, Resource, Stack
from heatconv.hot.functions import stacks
from heatconv.hot.template import Head
from heatconv.resources.nested import TOKEN_LENGTH
from heatconv.storage.values import Lease, StoredEvent
from heatconv.templates.compiled import attributes, pseudo_parameters

#: Replaces the value of a hidden parameter.
HIDDEN = '******'


def time(seconds: float | None) -> str | None:
    """Return a time in the format of the API.

    :param seconds: since the epoch.
    """
    if seconds is None:
        return None
    moment = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    return moment.strftime('%Y-%m-%dT%H:%M:%SZ')


def identity(stack: Stack, path: str = '') -> dict[str, str]:
    """Return the identity of a stack, or of a resource or event in it.

    :param path: the path of the resource or event; empty for the stack.
    """
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
    """Return a stack in the format of the API.

    :param head: the head of its template, with parameters and description; None to leave both out.
    :param outputs: the outputs; None to leave them out.
    """
    answer: dict[str, Any] = {
        'stack_name': row.name,
        'stack_identity': identity(row),
        # The stack of a preview is never created.
        'creation_time': time(row.created_at) if row.created_at else None,
        # As in Heat: the time of the latest request, if that is not the create itself.
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
        answer['description'] = answer['template_description'] = description
        answer['parameters'] = parameters(row, head)
    if outputs is not None:
        answer['outputs'] = list(outputs)
    return answer


def parameters(row: Stack, head: Head) -> dict[str, Any]:
    """Return the values of the parameters as strings, by name; those of hidden ones are masked."""
    values: dict[str, Any] = dict(pseudo_parameters(row))
    for name, value in head.values.items():
        hidden = head.parameters[name].hidden
        values[name] = HIDDEN if hidden else _text(value)
    return values


def _text(value: Any) -> Any:
    """Return the value of a parameter as a string; null stays null."""
    if isinstance(value, list):
        return ','.join(str(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value)
    return value if value is None else str(value)


def shown_properties(row: Resource) -> dict[str, Any]:
    """Return the visible properties of a resource."""
    return stacks.shown(row.properties or {})


def resource(
    row: Resource,
    stack: Stack,
    required_by: Sequence[str],
    detail: bool = False,
    with_attr: Sequence[str] = (),
    nested: Stack | None = None,
) -> dict[str, Any]:
    """Return a resource in the format of the API.

    :param required_by: names of the resources that require it.
    :param detail: whether to include description, metadata and attributes.
    :param with_attr: names of attributes to include even if they are null.
    :param nested: the nested stack that is its physical resource, if any.
    """
    answer: dict[str, Any] = {
        'updated_time': time(row.updated_at or row.created_at) if row.created_at else None,
        'creation_time': time(row.created_at) if row.created_at else None,
        'resource_name': row.name,
        'physical_resource_id': row.physical_id or '',
        'resource_action': row.action.value,
        'resource_status': row.status.value,
        'resource_status_reason': row.reason,
        'resource_type': row.shown_type,
        'resource_identity': identity(stack, f'/resources/{row.name}'),
        'stack_identity': identity(stack),
        'stack_name': stack.name,
        'required_by': list(required_by),
    }
    if nested is not None:
        answer['nested_stack_id'] = identity(nested)
        answer['physical_resource_id'] = nested.id
    if stack.owner_resource is not None:
        answer['parent_resource'] = stack.owner_resource
    if detail:
        values = stacks.shown(row.attributes)
        for name in with_attr:
            values.setdefault(name, attributes(row).get(name))
        answer['description'] = ''
        answer['metadata'] = {}
        answer['attributes'] = values
    return answer


def physical_id(content: Event, stack: Stack) -> str | None:
    """Return the physical id that an event shows.

    For a resource that had none it is the name that the physical resource was to get, as in Heat
    (heat/engine/resource.py, physical_resource_name).
    """
    if content.physical_id is None or not content.physical_id.startswith(UNNAMED):
        return content.physical_id
    token = content.physical_id.removeprefix(UNNAMED)
    return f'{stack.name}-{content.resource_name}-{token[-TOKEN_LENGTH:]}'


def event(stored: StoredEvent, stack: Stack, root: Stack | None = None) -> dict[str, Any]:
    """Return an event in the format of the API.

    The resource name of an event of the stack itself is the name of the stack.

    :param root: the root stack, to include its identity; None to leave it out.
    """
    content = stored.event
    name = content.resource_name if content.resource_name is not None else stack.name
    return {
        'event_identity': identity(stack, f'/resources/{name}/events/{stored.id}'),
        'stack_identity': identity(stack),
        'stack_name': stack.name,
        'event_time': time(stored.at),
        'resource_name': name,
        'physical_resource_id': physical_id(content, stack),
        'resource_action': content.action.value,
        'resource_status': content.status.value,
        'resource_status_reason': content.reason,
        'resource_type': content.resource_type,
        **({'root_stack_id': identity(root)} if root is not None else {}),
    }


def service(lease: Lease, now: float) -> dict[str, Any]:
    """Return an engine or a worker in the format of Heat's engine services.

    :param now: seconds since the epoch; a process whose lease has expired is down.
    """
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
