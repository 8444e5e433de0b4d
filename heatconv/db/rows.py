"""Conversion of resources, nodes and events to rows of their tables, and back."""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import (
    Action,
    Event,
    Kind,
    Node,
    NodeKey,
    NodeStatus,
    Resource,
    Status,
    Successor,
)
from heatconv.db import tables
from heatconv.db.bulk import LETTERS
from heatconv.db.bulk import encode as dumps
from heatconv.storage.values import StoredEvent

Row = Any

#: Largest length of a saved reason, in characters: a reason may quote an error of any length.
REASON_LIMIT = 16_384


def records(values: Sequence[tuple[Any, ...]]) -> str:
    """Return rows as the JSON parameter of a bulk statement.

    :param values: at least one row, as a tuple of JSON values.
    """
    letters = LETTERS[: len(values[0])]
    return dumps([dict(zip(letters, row, strict=True)) for row in values])


_scan = json.JSONDecoder().scan_once


def loads(text: str) -> Any:
    """Parse a JSON text that `dumps` has written, without surrounding whitespace.

    It takes half the time of `json.loads`, which searches for whitespace.
    """
    return _scan(text, 0)[0]


#: Enumeration members, by column value.
ACTIONS = {action.value: action for action in Action}
STATUSES = {status.value: status for status in Status}
KINDS = {kind.value: kind for kind in Kind}
NODE_STATUSES = {status.value: status for status in NodeStatus}


def node_id(key: NodeKey) -> str:
    """Return the primary key of a node."""
    return f'{key.traversal_id}{key.kind}{key.name}'


def plain(text: str) -> str:
    """Remove NUL characters from a text, and replace lone surrogates: no database accepts them.

    A plugin may quote any text, and one bad text must not fail the whole commit.
    """
    if text.isascii() and '\0' not in text:
        return text
    return text.replace('\0', '').encode('utf-8', 'replace').decode()


def _requires_text(requires: tuple[str, ...]) -> str:
    return dumps(requires) if requires else '[]'


def ids_of(text: str) -> tuple[str, ...]:
    """Parse a JSON list of ids, as `dumps` writes it."""
    if text == '[]':
        return ()
    if '\\' in text or '", ' in text:
        return tuple(json.loads(text))
    return tuple(text[2:-2].split('","'))


def _properties_text(properties: Mapping[str, Any] | None) -> str | None:
    return None if properties is None else dumps(dict(properties))


#: Functions that convert fields of a resource to column values; other fields are not converted.
_ENCODERS: Mapping[str, Callable[[Any], Any]] = {
    'action': str,
    'status': str,
    'reason': lambda reason: plain(reason[:REASON_LIMIT]),
    'physical_id': lambda physical_id: None if physical_id is None else plain(physical_id),
    'properties': _properties_text,
    'attributes': lambda attributes: dumps(dict(attributes)) if attributes else '{}',
    'requires': _requires_text,
}

#: The columns of the fields of a resource, in their order. ``doubt`` is not a field, but derived.
RESOURCE = tuple(column.name for column in tables.resource.c if column.name != 'doubt')
RESOURCE_LIST = ', '.join(f'r.{name}' for name in RESOURCE)

_encoders = tuple(_ENCODERS.get(name) for name in RESOURCE)
_get_fields = operator.attrgetter(*RESOURCE)


def resource_values(resource: Resource) -> tuple[Any, ...]:
    """Return the values of the columns RESOURCE."""
    return tuple(
        value if encoder is None else encoder(value)
        for value, encoder in zip(_get_fields(resource), _encoders, strict=True)
    )


def changed_columns(before: Resource, after: Resource) -> tuple[str, ...]:
    """Return the names of the columns in which two states of a resource differ."""
    return tuple(
        name
        for name, old, new in zip(RESOURCE, _get_fields(before), _get_fields(after), strict=True)
        if old is not new and old != new
    )


def is_update(columns: Collection[str]) -> bool:
    """Say whether a write of columns is an update of the resource, which users see the time of.

    It changes the state or the properties of the resource: an update in one commit leaves the
    state as it is. Other writes, such as those of a check that finds nothing to do, are none.
    """
    return 'status' in columns or 'action' in columns or 'properties' in columns


def some_values(resource: Resource, columns: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of some of the columns RESOURCE, in the order of the argument."""
    if not columns:
        return ()
    get, encoders = _getter(columns)
    # A getter of a single field returns the value itself, not a tuple.
    values = get(resource) if len(columns) > 1 else (get(resource),)
    return tuple(
        [
            value if encoder is None else encoder(value)
            for value, encoder in zip(values, encoders, strict=True)
        ]
    )


@functools.cache
def _getter(columns: tuple[str, ...]) -> tuple[Callable[[Any], Any], tuple[Any, ...]]:
    """Return a getter of the fields of some columns, and their encoders."""
    return operator.attrgetter(*columns), tuple(_ENCODERS.get(name) for name in columns)


#: The columns that the preparation of a traversal reads.
PLANNED = (
    'id',
    'name',
    'type',
    'action',
    'status',
    'version',
    'claim',
    'suspect',
    'template_id',
    'requires',
    'deletion_policy',
    'fingerprint',
)


def planned(stack_id: str, records: Iterable[Row]) -> Iterator[Resource]:
    """Yield resources from the values of PLANNED: without properties, attributes and reasons.

    :param records: the values of PLANNED, row by row.
    """
    # A million rows may share one type and one template: intern these strings to save memory.
    interned: dict[str, str] = {}
    for row_id, name, type_, action, status, version, claim, suspect, template, *rest in records:
        requires, policy, fingerprint = rest
        yield Resource(
            row_id,
            stack_id,
            name,
            interned.setdefault(type_, type_),
            ACTIONS[action],
            STATUSES[status],
            version=version,
            claim=claim,
            suspect=bool(suspect),
            template_id=None if template is None else interned.setdefault(template, template),
            attributes=NOTHING,
            requires=ids_of(requires),
            deletion_policy=interned.setdefault(policy, policy),
            fingerprint=fingerprint,
        )


#: The columns that a check reads of the rows that its resource requires.
SERVING = ('id', 'stack_id', 'name', 'type', 'action', 'status', 'version', 'physical_id')
SERVING += ('attributes', 'fingerprint')


class Interner:
    """Makes equal values of many rows share one object, to save memory and parsing."""

    #: Largest number of interned maps: if all maps differ, interning saves nothing.
    MAPS = 1_000

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._maps: dict[str, Mapping[str, Any]] = {}

    def text(self, value: str) -> str:
        """Return the interned text."""
        return self._texts.setdefault(value, value)

    def map(self, value: str) -> Mapping[str, Any]:
        """Return the map of a JSON text. The caller must not change it: other rows share it."""
        parsed = self._maps.get(value)
        if parsed is None:
            parsed = loads(value)
            if len(self._maps) < self.MAPS:
                self._maps[value] = parsed
        return parsed


def serving(row: Row, interner: Interner) -> Resource:
    """Return a resource from the values of SERVING."""
    (
        row_id,
        stack_id,
        name,
        type_,
        action,
        status,
        version,
        physical_id,
        attributes,
        fingerprint,
    ) = row
    return Resource(
        row_id,
        interner.text(stack_id),
        name,
        interner.text(type_),
        ACTIONS[action],
        STATUSES[status],
        version=version,
        physical_id=physical_id,
        attributes=interner.map(attributes),
        fingerprint=fingerprint,
    )


#: The shared attributes of rows that were read without attributes.
NOTHING: Mapping[str, Any] = {}


def in_doubt(resource: Resource) -> bool:
    """Say whether a row is unclaimed and unsettled. The sweep searches for these rows.

    It is the value of the column ``doubt``.
    """
    return resource.claim is None and states.unsettled(resource)


def resource_row(resource: Resource) -> dict[str, Any]:
    """Return the values of the columns RESOURCE, by name."""
    return dict(zip(RESOURCE, resource_values(resource), strict=True))


def resource_of(row: Row) -> Resource:
    """Return a resource from the values of the columns RESOURCE, in order."""
    properties, attributes, requires = row[12], row[13], row[14]
    return Resource(
        row[0],
        row[1],
        row[2],
        row[3],
        ACTIONS[row[4]],
        STATUSES[row[5]],
        row[6],
        row[7],
        row[8],
        bool(row[9]),
        row[10],
        row[11],
        None if properties is None else loads(properties),
        {} if attributes == '{}' else loads(attributes),
        ids_of(requires),
        *row[15:22],
        bool(row[22]),
        bool(row[23]),
        row[24],
    )


#: The columns of the table ``node``, in order.
NODE = tuple(column.name for column in tables.node.c)
#: The columns from which a node is read; its definition is read only where it is needed.
NODE_FIELDS = (
    'traversal_id',
    'kind',
    'name',
    'stack_id',
    'subject',
    'status',
    'blockers',
    'successors',
    'attempts',
    'hooks',
)
NODE_LIST = ', '.join(f'n.{name}' for name in NODE_FIELDS)


def successors_text(successors: Iterable[Successor]) -> str:
    """Return the column value of successors: a JSON list of strings of kind and name."""
    return dumps([kind + name for kind, name in successors])


def hooks_text(hooks: tuple[str, ...]) -> str | None:
    """Return the column value of hooks: their names, separated by commas; None if empty."""
    return ','.join(hooks) if hooks else None


def node_values(node: Node) -> tuple[Any, ...]:
    """Return the values of the columns NODE."""
    key = node.key
    return (
        node_id(key),
        key.traversal_id,
        node.stack_id,
        key.kind.value,
        key.name,
        node.subject,
        node.status.value,
        node.blockers,
        successors_text(node.successors),
        node.attempts,
        node.definition,
        hooks_text(node.hooks),
    )


#: The columns of the table ``ready``, in order.
READY = tuple(column.name for column in tables.ready.c)


def ready_values(key: NodeKey, now: float) -> tuple[Any, ...]:
    """Return the values of the columns READY.

    :param now: the time of the announcement of the node, in seconds since the epoch.
    """
    return (node_id(key), key.traversal_id, now)


def key_of(row: Row) -> NodeKey:
    """Return the key of a node from the values of traversal, kind and name."""
    return NodeKey(row[0], KINDS[row[1]], row[2])


def node_of(row: Row) -> Node:
    """Return a node from the values of NODE_FIELDS, followed by the definition if it was read."""
    return Node(
        NodeKey(row[0], KINDS[row[1]], row[2]),
        row[3],
        row[4],
        NODE_STATUSES[row[5]],
        int(row[6]),
        tuple([(KINDS[successor[0]], successor[1:]) for successor in loads(row[7])]),
        int(row[8]),
        hooks=tuple(row[9].split(',')) if row[9] else (),
        definition=row[10] if len(row) > 10 else None,
    )


#: The columns of the table ``event``, except the sequence number, which the database assigns.
EVENT = tuple(column.name for column in tables.event.c if column.name != 'seq')


def event_values(event: Event, event_id: str, at: float) -> tuple[Any, ...]:
    """Return the values of the columns EVENT.

    :param at: the time of the event, in seconds since the epoch.
    """
    return (
        event_id,
        event.stack_id,
        at,
        event.resource_name,
        event.resource_type,
        None if event.physical_id is None else plain(event.physical_id),
        event.action.value,
        event.status.value,
        plain(event.reason[:REASON_LIMIT]),
    )


def event_row(event: Event, event_id: str, at: float) -> dict[str, Any]:
    """Return `event_values` by the names of their columns."""
    return dict(zip(EVENT, event_values(event, event_id, at), strict=True))


def event_of(row: Row) -> StoredEvent:
    """Return an event from a row, a mapping of all columns."""
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
