"""What users see of a stack after each call, in a form that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from heatconv.tests.differential.stacks.engines import Refused, StackEngine
from heatconv.tests.differential.stacks.history import History, Request, Step

#: Greater than the depth of any stack.
_DEPTH = 9
#: What the names of resources with a random value begin with.
RANDOM = 'rnd'
#: A place of which one side says nothing.
NOTHING = '(nothing)'

#: Path of a stack that belongs to no resource that is listed.
NOBODY = '(of nobody)'

Path = tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """What is seen after one call.

    :ivar facts: the compared facts, by place.
    :ivar texts: messages and reasons by place, which are shown but not compared.
    :ivar stacks: paths of the resources that are nested stacks.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    stacks: frozenset[str] = frozenset()

    def nested(self, place: str) -> bool:
        """Tell whether a place belongs to a resource that is a nested stack."""
        return place.rpartition(': ')[0] in self.stacks


def observe(engine: StackEngine, history: History, stack_name: str) -> Iterator[Seen]:
    """Perform a history, and look at the stack after each step."""
    watched = _Watched(engine, stack_name)
    for step in history.steps:
        yield watched.perform(step)
        if watched.identity is None:
            return
    watched.delete()


class _Watched:
    """A stack on one engine."""

    def __init__(self, engine: StackEngine, name: str) -> None:
        self._engine = engine
        self._name = name
        self.identity: Any = None
        self._ids: dict[Path, Any] = {}
        self._events: set[str] = set()

    def perform(self, step: Step) -> Seen:
        try:
            if step.request is None:
                self._mark(step.unhealthy)
            else:
                self._ask(step.request)
        except Refused as refused:
            if self.identity is None:
                return Seen({'answer': refused.kind}, {'answer': refused.message})
            seen = self._look()
            facts = {'answer': refused.kind, **seen.facts}
            return Seen(facts, {'answer': refused.message, **seen.texts}, seen.stacks)
        self._engine.settle(step.request.failing() if step.request is not None else ())
        seen = self._look()
        return Seen({'answer': 'accepted', **seen.facts}, seen.texts, seen.stacks)

    def delete(self) -> None:
        """Delete the stack."""
        self._engine.call('delete_stack', stack_identity=self.identity)
        self._engine.settle()

    def _ask(self, request: Request) -> None:
        arguments = request.arguments()
        if self.identity is None:
            self.identity = self._engine.call('create_stack', stack_name=self._name, **arguments)
        else:
            self._engine.call('update_stack', stack_identity=self.identity, **arguments)

    def _mark(self, path: Path) -> None:
        for row in self._rows():
            if self._paths[row['stack_identity']['stack_id']] == path[:-1]:
                if row['resource_name'] == path[-1]:
                    self._engine.call(
                        'resource_mark_unhealthy',
                        stack_identity=row['stack_identity'],
                        resource_name=path[-1],
                        mark_unhealthy=True,
                        resource_status_reason='by a test',
                    )
                    return
        raise Refused('Unseen', f'there is no resource {"/".join(path)}')

    def _rows(self) -> list[dict[str, Any]]:
        """Read all resources, and find the path of each stack."""
        rows: list[dict[str, Any]] = self._engine.call(
            'list_stack_resources', stack_identity=self.identity, nested_depth=_DEPTH
        )
        owners = {
            row['physical_resource_id']: (row['stack_identity']['stack_id'], row['resource_name'])
            for row in rows
            if row['physical_resource_id']
        }
        root = self.identity['stack_id']

        def path(stack_id: str) -> Path:
            if stack_id == root:
                return ()
            if stack_id not in owners:
                return (NOBODY,)
            owner, name = owners[stack_id]
            return (*path(owner), name)

        ids = {row['stack_identity']['stack_id'] for row in rows}
        self._paths = {root: (), **{one: path(one) for one in ids}}
        return rows

    def _look(self) -> Seen:
        rows = self._rows()
        (stack,) = self._engine.call(
            'show_stack', stack_identity=self.identity, resolve_outputs=True
        )
        facts: dict[str, Any] = {'stack': f'{stack["stack_action"]}_{stack["stack_status"]}'}
        texts = {'stack': stack['stack_status_reason']}
        labels = {self.identity['stack_id']: '<stack>'}
        ids: dict[Path, Any] = {}
        for row in rows:
            path = (*self._paths[row['stack_identity']['stack_id']], row['resource_name'])
            place = '/'.join(path)
            physical = row['physical_resource_id'] or None
            ids[path] = physical
            if physical is not None:
                labels[physical] = f'<{place}>'
            facts[f'{place}: status'] = f'{row["resource_action"]}_{row["resource_status"]}'
            facts[f'{place}: type'] = row['resource_type']
            facts[f'{place}: id'] = self._fate(path, physical)
            facts[f'{place}: required by'] = sorted(row['required_by'])
            texts[f'{place}: status'] = row['resource_status_reason']
        self._ids = ids
        described = {row['resource_name']: self._described(row) for row in self._of_root(rows)}
        for row in rows:
            if row['resource_name'].startswith(RANDOM):
                value = self._described(row)['attributes'].get('value')
                if value:
                    path = (*self._paths[row['stack_identity']['stack_id']], row['resource_name'])
                    labels[value] = f'<{len(value)} random characters of {"/".join(path)}>'
        normal = Normal(labels)
        for name, one in described.items():
            for attribute, value in (one.get('attributes') or {}).items():
                facts[f'{name}: attribute {attribute}'] = normal.value(value)
            facts[f'{name}: metadata'] = normal.value(one.get('metadata'))
        for output in stack.get('outputs', ()):
            place = f'output {output["output_key"]}'
            facts[place] = normal.value(output.get('output_value'))
            if output.get('output_error'):
                facts[f'{place}: error'] = True
                texts[f'{place}: error'] = output['output_error']
        for place, happened in self._new_events().items():
            facts[f'{place}: events'] = sorted(happened)
        stacks = frozenset(
            '/'.join((*self._paths[row['stack_identity']['stack_id']], row['resource_name']))
            for row in rows
            if 'nested_stack_id' in row
        )
        return Seen(facts, {place: text for place, text in texts.items() if text}, stacks)

    def _of_root(self, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            if row['stack_identity']['stack_id'] == self.identity['stack_id']:
                yield row

    def _described(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            described: Mapping[str, Any] = self._engine.call(
                'describe_stack_resource',
                stack_identity=row['stack_identity'],
                resource_name=row['resource_name'],
                with_attr=None,
            )
        except Refused as refused:
            return {'attributes': {'[refused]': refused.kind}}
        return described

    def _fate(self, path: Path, physical: Any) -> str:
        before = self._ids.get(path)
        if path not in self._ids:
            return 'new' if physical else 'new, none'
        if physical is None:
            return 'lost' if before else 'none'
        if before is None:
            return 'got'
        return 'kept' if before == physical else 'replaced'

    def _new_events(self) -> dict[str, set[str]]:
        """Read the events since the last time, by place.

        The events of nested stacks themselves are left out: those of their resources say the
        same.
        """
        events: dict[str, set[str]] = {}
        # Heat leaves out the events of a stack without resources, if it is asked for nested ones.
        for event in (*self._listed_events(None), *self._listed_events(_DEPTH)):
            identity = event['event_identity']['path']
            stack_id = event['stack_identity']['stack_id']
            if identity in self._events or stack_id not in self._paths:
                continue
            self._events.add(identity)
            path = self._paths[stack_id]
            if event['physical_resource_id'] != stack_id:
                path = (*path, event['resource_name'])
            elif path:
                continue
            place = '/'.join(path) or 'stack'
            state = f'{event["resource_action"]}_{event["resource_status"]}'
            events.setdefault(place, set()).add(state)
        return events

    def _listed_events(self, depth: int | None) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self._engine.call(
            'list_events',
            stack_identity=self.identity,
            filters=None,
            limit=None,
            marker=None,
            sort_keys=None,
            sort_dir=None,
            nested_depth=depth,
        )
        return events


class Normal:
    """Replaces ids and random values by what they belong to."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        longest_first = sorted(labels, key=lambda one: (-len(one), one))
        self._pattern = re.compile('|'.join(map(re.escape, longest_first)))
        self._arn = re.compile(r'arn:openstack:heat::[^:]*:stacks/[^/]*/')

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            text = self._arn.sub('arn:', value)
            return self._pattern.sub(lambda match: self._labels[match.group()], text)
        if isinstance(value, Mapping):
            return {self.value(key): self.value(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(one) for one in value]
        return value
