"""Turn values into rows of tables, and back."""

from __future__ import annotations

import json
from typing import Any

from heatconv.convergence.model import (
    Action,
    Aftermath,
    Event,
    Kind,
    Node,
    NodeKey,
    NodeStatus,
    Resource,
    Stack,
    Status,
)
from heatconv.storage.base import Lease, StoredEvent

Row = Any

#: A reason may quote anything; what a user can read is enough.
REASON_LIMIT = 16_384


def dumps(value: Any) -> str:
    return json.dumps(value, separators=(',', ':'))


def node_id(key: NodeKey) -> str:
    """Return the primary key of a node."""
    return f'{key.traversal_id}{key.kind}{key.name}'


def stack_row(stack: Stack) -> dict[str, Any]:
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
    }


def stack_of(row: Row) -> Stack:
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
        disable_rollback=row['disable_rollback'],
        gives_up=row['gives_up'],
        timeout_mins=row['timeout_mins'],
        deadline=row['deadline'],
        tags=tuple(json.loads(row['tags'])),
        username=row['username'],
        request_id=row['request_id'],
        created_at=row['created_at'],
        updated_at=row['updated_at'],
        deleted_at=row['deleted_at'],
    )


def resource_row(resource: Resource) -> dict[str, Any]:
    properties = resource.properties
    return {
        'id': resource.id,
        'stack_id': resource.stack_id,
        'name': resource.name,
        'type': resource.type,
        'action': resource.action.value,
        'status': resource.status.value,
        'reason': resource.reason[:REASON_LIMIT],
        'version': resource.version,
        'claim': resource.claim,
        'suspect': resource.suspect,
        'template_id': resource.template_id,
        'physical_id': resource.physical_id,
        'properties': None if properties is None else dumps(dict(properties)),
        'attributes': dumps(dict(resource.attributes)),
        'requires': dumps(resource.requires),
        'deletion_policy': resource.deletion_policy,
        'replaces': resource.replaces,
        'replaced_by': resource.replaced_by,
        'created_at': resource.created_at,
        'updated_at': resource.updated_at,
    }


def resource_of(row: Row) -> Resource:
    properties = row['properties']
    return Resource(
        id=row['id'],
        stack_id=row['stack_id'],
        name=row['name'],
        type=row['type'],
        action=Action(row['action']),
        status=Status(row['status']),
        reason=row['reason'],
        version=row['version'],
        claim=row['claim'],
        suspect=row['suspect'],
        template_id=row['template_id'],
        physical_id=row['physical_id'],
        properties=None if properties is None else json.loads(properties),
        attributes=json.loads(row['attributes']),
        requires=tuple(json.loads(row['requires'])),
        deletion_policy=row['deletion_policy'],
        replaces=row['replaces'],
        replaced_by=row['replaced_by'],
        created_at=row['created_at'],
        updated_at=row['updated_at'],
    )


def node_row(node: Node, now: float) -> dict[str, Any]:
    return {
        'id': node_id(node.key),
        'traversal_id': node.key.traversal_id,
        'stack_id': node.stack_id,
        'kind': node.key.kind.value,
        'name': node.key.name,
        'subject': node.subject,
        'status': node.status.value,
        'blockers': node.blockers,
        'successors': dumps([kind.value + name for kind, name in node.successors]),
        'attempts': node.attempts,
        'touched_at': now,
    }


def key_of(row: Row) -> NodeKey:
    return NodeKey(row['traversal_id'], Kind(row['kind']), row['name'])


def node_of(row: Row) -> Node:
    return Node(
        key=key_of(row),
        stack_id=row['stack_id'],
        subject=row['subject'],
        status=NodeStatus(row['status']),
        blockers=row['blockers'],
        successors=tuple((Kind(one[0]), one[1:]) for one in json.loads(row['successors'])),
        attempts=row['attempts'],
    )


def event_row(event: Event, event_id: str, at: float) -> dict[str, Any]:
    return {
        'id': event_id,
        'stack_id': event.stack_id,
        'at': at,
        'resource_name': event.resource_name,
        'resource_type': event.resource_type,
        'physical_id': event.physical_id,
        'action': event.action.value,
        'status': event.status.value,
        'reason': event.reason[:REASON_LIMIT],
    }


def event_of(row: Row) -> StoredEvent:
    event = Event(
        stack_id=row['stack_id'],
        resource_name=row['resource_name'],
        resource_type=row['resource_type'],
        physical_id=row['physical_id'],
        action=Action(row['action']),
        status=Status(row['status']),
        reason=row['reason'],
    )
    return StoredEvent(row['id'], row['at'], event)


def aftermath_row(aftermath: Aftermath) -> dict[str, Any]:
    return {
        'id': aftermath.id,
        'row': dumps(resource_row(aftermath.row)),
        'due_at': aftermath.due_at,
        'looks': aftermath.looks,
    }


def aftermath_of(row: Row) -> Aftermath:
    return Aftermath(row['id'], resource_of(json.loads(row['row'])), row['due_at'], row['looks'])


def lease_row(lease: Lease) -> dict[str, Any]:
    return {
        'id': lease.id,
        'kind': lease.kind,
        'host': lease.host,
        'pid': lease.pid,
        'started_at': lease.started_at,
        'expires_at': lease.expires_at,
        'server': lease.server,
        'queued': lease.queued,
    }


def lease_of(row: Row) -> Lease:
    return Lease(
        id=row['id'],
        kind=row['kind'],
        host=row['host'],
        pid=row['pid'],
        started_at=row['started_at'],
        expires_at=row['expires_at'],
        server=row['server'],
        queued=row['queued'],
    )
