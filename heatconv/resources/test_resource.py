"""OS::Heat::TestResource: waits and fails as its properties say."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.hot.custom_constraints import Custom
from heatconv.hot.schema import (
    BOOLEAN,
    MAP,
    NUMBER,
    STRING,
    Attribute,
    Property,
    TypeSchema,
)
from heatconv.resources.plugin import Observation, Reality, Resource
from heatconv.resources.records import Record
from heatconv.resources.virtual import VirtualPlugin


class TestResource(VirtualPlugin):
    """Simulates operations of any duration, and failures; it keeps a record only."""

    __test__ = False

    schema = TypeSchema(
        description='A resource for tests: it waits and fails as its properties say.',
        properties={
            'value': Property(
                STRING,
                default='test_string',
                update_allowed=True,
                description='The input string to be stored.',
            ),
            'fail': Property(
                BOOLEAN, default=False, update_allowed=True, description='Whether to fail.'
            ),
            'update_replace': Property(
                BOOLEAN,
                default=False,
                update_allowed=True,
                description='Whether a change of "value" replaces the resource.',
            ),
            'update_replace_value': Property(
                STRING, description='A change of this value replaces the resource.'
            ),
            'wait_secs': Property(
                NUMBER,
                default=0,
                update_allowed=True,
                description='Seconds that each action takes; -1 for an action that never ends.',
            ),
            'action_wait_secs': Property(
                MAP,
                update_allowed=True,
                description='Seconds that an action takes, if they differ from wait_secs.',
                schema={
                    action: Property(
                        NUMBER,
                        update_allowed=True,
                        description=f'Seconds for the action {action}.',
                    )
                    for action in ('create', 'update', 'delete')
                },
            ),
            'attr_wait_secs': Property(
                NUMBER,
                default=0,
                update_allowed=True,
                description='Accepted for compatibility: attributes never wait.',
            ),
            'constraint_prop_secs': Property(
                NUMBER,
                default=0,
                update_allowed=True,
                constraints=(Custom('test_constr'),),
                description='Accepted for compatibility: validation never waits.',
            ),
            'client_name': Property(
                STRING,
                default='',
                update_allowed=True,
                description='Accepted for compatibility: no client is called.',
            ),
            'entity_name': Property(
                STRING,
                default='',
                update_allowed=True,
                description='Accepted for compatibility: no client is called.',
            ),
        },
        attributes={'output': Attribute(description='The string that was stored.')},
        version='5.0.0',
    )

    def replace_on_change(self, properties: Mapping[str, Any]) -> frozenset[str]:
        if properties.get('update_replace'):
            return self.schema.replace_on_change | {'value'}
        return self.schema.replace_on_change

    def attributes(self, record: Record) -> Mapping[str, Any]:
        return {'output': record.properties.get('value')}

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return self._started('create', resource.properties)

    def create(self, resource: Resource) -> None:
        state = self.initial_state(resource)
        if resource.properties.get('fail') and state['seconds'] == 0:
            raise _failure(resource)
        super().create(resource)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        state = self._started('update', resource.properties)
        if changed and 'value' not in changed:
            # As in Heat, only another value takes its time.
            state['seconds'] = 0
        fails = bool(resource.properties.get('fail'))
        if fails and state['seconds'] == 0:
            raise _failure(resource)
        record = self.records.get(resource.token)
        if record is None:
            return
        if fails:
            # The failure is observed after the time that the update takes.
            state['fails'] = True
        else:
            record = dataclasses.replace(record, properties=resource.properties)
        self.records.replace(dataclasses.replace(record, state=state))

    def deletes_at_once(self, resource: Resource) -> bool:
        return bool(self._started('delete', resource.properties)['seconds'] == 0)

    def delete(self, resource: Resource) -> None:
        if self.deletes_at_once(resource):
            self.records.remove(resource.token)
            return
        record = self.records.get(resource.token)
        if record is None:
            return
        if record.state.get('action') != 'delete':
            state = self._started('delete', record.properties)
            if state['seconds'] == 0:
                self.records.remove(resource.token)
            else:
                self.records.replace(dataclasses.replace(record, state=state))

    def observe(self, resource: Resource) -> Observation:
        record = self.records.get(resource.token)
        if record is None:
            return Observation(Reality.ABSENT)
        seconds = record.state['seconds']
        due = record.state['since'] + seconds
        observation = Observation(
            Reality.READY,
            physical_id=record.physical_id,
            attributes=self.attributes(record),
            properties=record.properties,
        )
        if seconds < 0 or self.clock.now() < due:
            return dataclasses.replace(observation, reality=Reality.PENDING)
        if record.state['action'] == 'delete':
            self.records.remove(resource.token)
            return Observation(Reality.ABSENT)
        if record.state.get('fails'):
            reason = f'ValueError: {_failure(resource)}'
            return dataclasses.replace(observation, reality=Reality.FAILED, reason=reason)
        return observation

    def _started(self, action: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the state of a record whose action begins now."""
        action_seconds = (properties.get('action_wait_secs') or {}).get(action)
        seconds = properties.get('wait_secs', 0) if action_seconds is None else action_seconds
        state = {'action': action, 'since': self.clock.now(), 'seconds': seconds}
        if action == 'create' and properties.get('fail'):
            state['fails'] = True
        return state


def _failure(resource: Resource) -> ValueError:
    """Return the error of an operation that its properties fail."""
    return ValueError('Test Resource failed ' + resource.name)
