"""Turn resources, nodes and events into rows of their tables, and back."""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from heatconv.storage.base import StoredEvent

Row = Any

#: A reason may quote anything; this much can be read.
REASON_LIMIT = 16_384


def records(values: Sequence[tuple[Any, ...]]) -> str:
    """Return rows as the JSON parameter of bulk statements."""
    shorts = LETTERS[: len(values[0])]
    return dumps([dict(zip(shorts, row, strict=True)) for row in values])


_scan = json.JSONDecoder().scan_once


def loads(text: str) -> Any:
    """Parse a JSON text that `dumps` has written, without surrounding whitespace.

    It takes half of the time of `json.loads`, which searches for whitespace.
    """
    return _scan(text, 0)[0]


ACTIONS = {one.value: one for one in Action}
STATUSES = {one.value: one for one in Status}
KINDS = {one.value: one for one in Kind}
NODE_STATUSES = {one.value: one for one in NodeStatus}


def node_id(key: NodeKey) -> str:
    """Return the primary key of a node."""
    return f'{key.traversal_id}{key.kind}{key.name}'


def plain(text: str) -> str:
    """Remove what no database accepts from a text: NUL, and lone surrogates.

    A plugin may quote anything, and one bad text must not fail the whole commit.
    """
    if text.isascii() and '\0' not in text:
        return text
    return text.replace('\0', '').encode('utf-8', 'replace').decode()


def _of_requires(requires: tuple[str, ...]) -> str:
    return dumps(requires) if requires else '[]'


def ids_of(text: str) -> tuple[str, ...]:
    """Parse a JSON list of ids, as `dumps` writes it."""
    if text == '[]':
        return ()
    if '\\' in text or '", ' in text:
        return tuple(json.loads(text))
    return tuple(text[2:-2].split('","'))


def _of_properties(properties: Mapping[str, Any] | None) -> str | None:
    return None if properties is None else dumps(dict(properties))


#: How fields of a resource are converted to column values.
_WRITTEN: Mapping[str, Callable[[Any], Any]] = {
    'action': str,
    'status': str,
    'reason': lambda reason: plain(reason[:REASON_LIMIT]),
    'physical_id': lambda physical_id: None if physical_id is None else plain(physical_id),
    'properties': _of_properties,
    'attributes': lambda attributes: dumps(dict(attributes)) if attributes else '{}',
    'requires': _of_requires,
}

#: The columns of a resource, in the order of its fields.
RESOURCE = tuple(column.name for column in tables.resource.c if column.name != 'doubt')
RESOURCE_LIST = ', '.join(f'r.{name}' for name in RESOURCE)

_written = tuple(_WRITTEN.get(name) for name in RESOURCE)
_fields = operator.attrgetter(*RESOURCE)


def resource_values(resource: Resource) -> tuple[Any, ...]:
    """Return the values of all columns."""
    return tuple(
        value if written is None else written(value)
        for value, written in zip(_fields(resource), _written, strict=True)
    )


def changed_columns(before: Resource, after: Resource) -> tuple[str, ...]:
    """Return the names of the columns that differ."""
    return tuple(
        name
        for name, old, new in zip(RESOURCE, _fields(before), _fields(after), strict=True)
        if old is not new and old != new
    )


def some_values(resource: Resource, columns: tuple[str, ...]) -> tuple[Any, ...]:
    """Return the values of some columns."""
    if not columns:
        return ()
    get, written = _some(columns)
    values = get(resource) if len(columns) > 1 else (get(resource),)
    return tuple(
        [value if how is None else how(value) for value, how in zip(values, written, strict=True)]
    )


@functools.cache
def _some(columns: tuple[str, ...]) -> tuple[Callable[[Any], Any], tuple[Any, ...]]:
    return operator.attrgetter(*columns), tuple(_WRITTEN.get(name) for name in columns)


#: The columns that a preparation reads.
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
    """Yield resources from the values of PLANNED: without properties, attributes and reasons."""
    interned: dict[str, str] = {}  # shared: a million rows have one type and one template
    for row_id, name, kind, action, status, version, claim, suspect, template, *rest in records:
        requires, policy, fingerprint = rest
        yield Resource(
            row_id,
            stack_id,
            name,
            interned.setdefault(kind, kind),
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


#: The columns of required rows that a check reads.
SERVING = ('id', 'stack_id', 'name', 'type', 'action', 'status', 'version', 'physical_id')
SERVING += ('attributes', 'fingerprint')


class Interner:
    """Interns values that many rows share."""

    #: Largest number of interned maps: where all differ, interning only costs.
    MAPS = 1_000

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._maps: dict[str, Mapping[str, Any]] = {}

    def text(self, value: str) -> str:
        """Return the interned text."""
        return self._texts.setdefault(value, value)

    def map(self, value: str) -> Mapping[str, Any]:
        """Return the interned map of a JSON text; it must not be changed."""
        parsed = self._maps.get(value)
        if parsed is None:
            parsed = loads(value)
            if len(self._maps) < self.MAPS:
                self._maps[value] = parsed
        return parsed


def serving(row: Row, interner: Interner) -> Resource:
    """Return a resource from the values of SERVING."""
    row_id, stack_id, name, kind, action, status, version, physical_id, attributes, fingerprint = (
        row
    )
    return Resource(
        row_id,
        interner.text(stack_id),
        name,
        interner.text(kind),
        ACTIONS[action],
        STATUSES[status],
        version=version,
        physical_id=physical_id,
        attributes=interner.map(attributes),
        fingerprint=fingerprint,
    )


NOTHING: Mapping[str, Any] = {}


def in_doubt(resource: Resource) -> bool:
    """Say whether the sweep must find this row."""
    return resource.claim is None and states.unsettled(resource)


def resource_row(resource: Resource) -> dict[str, Any]:
    return dict(zip(RESOURCE, resource_values(resource), strict=True))


def resource_of(row: Row) -> Resource:
    """Return a resource from the values of all columns, in order."""
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
        *row[15:21],
    )


#: The columns of a node.
NODE = tuple(column.name for column in tables.node.c)
#: The columns that a node is read from.
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
    return dumps([kind + name for kind, name in successors])


def hooks_text(hooks: tuple[str, ...]) -> str | None:
    return ','.join(hooks) if hooks else None


def node_values(node: Node) -> tuple[Any, ...]:
    """Return the values of all columns."""
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


#: The columns of the announcement of a node.
READY = tuple(column.name for column in tables.ready.c)


def ready_values(key: NodeKey, now: float) -> tuple[Any, ...]:
    """Return the values of all columns."""
    return (node_id(key), key.traversal_id, now)


def key_of(row: Row) -> NodeKey:
    """Return a key from traversal, kind and name."""
    return NodeKey(row[0], KINDS[row[1]], row[2])


def node_of(row: Row) -> Node:
    """Return a node from the values of NODE_FIELDS, and its definition if that was read."""
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


#: The columns of an event, except its number.
EVENT = tuple(column.name for column in tables.event.c if column.name != 'seq')


def event_values(event: Event, event_id: str, at: float) -> tuple[Any, ...]:
    """Return the values of all columns of EVENT."""
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
