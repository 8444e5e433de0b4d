"""OS::Heat::Delay: waits while it is created or deleted."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from heatconv.convergence import fingerprint
from heatconv.hot.constraints import AllowedValues, Range
from heatconv.hot.schema import LIST, NUMBER, Property, TypeSchema
from heatconv.resources.plugin import Observation, Reality, Resource
from heatconv.resources.virtual import VirtualPlugin

CREATE = 'CREATE'
DELETE = 'DELETE'
SUSPEND, RESUME = 'SUSPEND', 'RESUME'
#: The actions that a template may name.
ACTIONS = (CREATE, DELETE, SUSPEND, RESUME)

#: Number of hexadecimal digits of a digest that make a fraction.
DIGITS = 12


class Delay(VirtualPlugin):
    """Delays what depends on it, by a minimum time and a jitter.

    An update changes the properties only, and takes no time.
    """

    schema = TypeSchema(
        description='A pause between the resources that it depends on and those that depend on '
        'it.',
        version='11.0.0',
        properties={
            'min_wait': Property(
                NUMBER,
                default=0,
                update_allowed=True,
                constraints=(Range(0),),
                description='The shortest pause, in seconds.',
            ),
            'max_jitter': Property(
                NUMBER,
                default=0,
                update_allowed=True,
                constraints=(Range(0),),
                description='The largest jitter that is added to the shortest pause.',
            ),
            'jitter_multiplier': Property(
                NUMBER,
                default=1.0,
                update_allowed=True,
                constraints=(Range(0),),
                description='The unit of the largest jitter, in seconds.',
            ),
            'actions': Property(
                LIST,
                default=[CREATE],
                update_allowed=True,
                constraints=(AllowedValues(ACTIONS),),
                description='The actions that pause.',
            ),
        },
    )

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return {'until': self.clock.now() + pause(resource, CREATE)}

    def adopted_state(self, resource: Resource) -> Mapping[str, Any]:
        return {}

    def deletes_at_once(self, resource: Resource) -> bool:
        return pause(resource, DELETE) == 0

    def delete(self, resource: Resource) -> None:
        if self.deletes_at_once(resource):
            self.records.remove(resource.token)
            return
        record = self.records.get(resource.token)
        # A repeated delete must not begin the pause again.
        if record is not None and not record.state.get('deleting'):
            state = {'until': self.clock.now() + pause(resource, DELETE), 'deleting': True}
            self.records.replace(dataclasses.replace(record, state=state))

    def act(self, resource: Resource, action: str, operation: str) -> None:
        record = self.records.get(resource.token)
        if record is None or not set(resource.properties['actions']) & {SUSPEND, RESUME}:
            return
        if record.state.get('operation', '') < operation:
            until = self.clock.now() + pause(resource, action)
            state = {**record.state, 'until': until, 'operation': operation}
            self.records.replace(dataclasses.replace(record, state=state))

    def observe(self, resource: Resource) -> Observation:
        record = self.records.get(resource.token)
        if record is None:
            return Observation(Reality.ABSENT)
        remaining = record.state.get('until', 0.0) - self.clock.now()
        if remaining > 0:
            return Observation(
                Reality.PENDING,
                physical_id=record.physical_id,
                properties=record.properties,
                retry_after=remaining,
            )
        if record.state.get('deleting'):
            # The answer does not depend on the record any more: it only takes up space.
            self.records.remove(resource.token)
            return Observation(Reality.ABSENT)
        return Observation(
            Reality.READY, physical_id=record.physical_id, properties=record.properties
        )


def pause(resource: Resource, action: str) -> float:
    """Return the seconds that an action on a resource takes.

    The jitter is computed from the token. So it differs between resources, but not between
    processes that call the plugin for the same resource.
    """
    properties = resource.properties
    if action not in properties.get('actions', ()):
        return 0.0
    longest = properties.get('max_jitter', 0) * properties.get('jitter_multiplier', 1)
    digest = fingerprint.digest(resource.token, action)
    fraction = int(digest[:DIGITS], 16) / 16**DIGITS
    return float(properties.get('min_wait', 0) + longest * fraction)
