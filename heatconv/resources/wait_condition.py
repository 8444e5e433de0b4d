"""OS::Heat::WaitConditionHandle and OS::Heat::WaitCondition: wait for signals.

A handle receives signals by ``openstack stack resource signal``. A condition is complete after
enough signals, and fails with the first signal that reports a failure
(heat/engine/resources/wait_condition.py). There are no signal URLs, which Heat creates with
Keystone users.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from heatconv.convergence.model import Event
from heatconv.hot.constraints import AllowedValues, Range
from heatconv.hot.schema import ANY, INTEGER, NUMBER, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Reality, Resource
from heatconv.resources.records import Record, Signal
from heatconv.resources.virtual import VirtualPlugin

SUCCESS, FAILURE = 'SUCCESS', 'FAILURE'

#: The possible keys of a signal.
KEYS = ('data', 'id', 'reason', 'status')

#: Heat's values of ``signal_transport``; here they have no effect.
TRANSPORTS = (
    'CFN_SIGNAL',
    'TEMP_URL_SIGNAL',
    'HEAT_SIGNAL',
    'NO_SIGNAL',
    'ZAQAR_SIGNAL',
    'TOKEN_SIGNAL',
)


class WaitConditionHandle(VirtualPlugin):
    """Receives signals, and keeps them with its token."""

    takes_signals = True

    predicts: ClassVar[bool] = False

    schema = TypeSchema(
        description='Receives the signals that a wait condition waits for.',
        properties={
            'signal_transport': Property(
                STRING,
                default='TOKEN_SIGNAL',
                constraints=(AllowedValues(TRANSPORTS),),
                description='Accepted without an effect: signals come through the API.',
            ),
        },
        attributes={
            name: Attribute(ANY, 'Null: signals come through the API.')
            for name in ('token', 'endpoint', 'curl_cli', 'signal')
        },
    )

    def physical_id(self, resource: Resource) -> str:
        return resource.token

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return {'project': resource.project_id}

    def attributes(self, record: Record) -> Mapping[str, Any]:
        return dict.fromkeys(self.schema.attributes)

    def delete(self, resource: Resource) -> None:
        super().delete(resource)
        self._records.drop_signals(resource.token)

    def deletes_at_once(self, resource: Resource) -> bool:
        return False

    def signal(self, resource: Resource, details: Any) -> str:
        return _event_reason(self._records.add_signal(resource.token, *_parse(details)))

    def take_signal(
        self, resource: Resource, details: Any, event_of: Callable[[str], Event]
    ) -> Event | None:
        if not self._records.writes_events:
            return super().take_signal(resource, details, event_of)
        # One transaction saves both: a crash between two transactions would leave a signal without
        # an event.
        self._records.add_signal(
            resource.token,
            *_parse(details),
            event_of=lambda signal: event_of(_event_reason(signal)),
        )
        return None

    def signals(self, resource: Resource) -> dict[str, Any]:
        """Return the received signals, by id, in the form of the metadata of a handle in Heat."""
        return {
            signal.id: {'status': signal.status, 'reason': signal.reason, 'data': signal.data}
            for signal in self._records.signals(resource.token)
        }


def _parse(details: Any) -> tuple[str | None, str, str | None, Any]:
    """Return id, status, reason and data of a signal.

    :return: the id and the reason are None if the signal has none.
    :raises ValueError: if the signal is not valid.
    """
    fields = {} if details is None else details
    if not isinstance(fields, Mapping):
        raise ValueError('a signal must be a map')
    unknown = sorted(str(key) for key in fields if key not in KEYS)
    status = fields.get('status', SUCCESS)
    if unknown or status not in (SUCCESS, FAILURE):
        raise ValueError(
            f'a signal has {", ".join(KEYS)} only, and a status of {SUCCESS} or {FAILURE}'
        )
    if not isinstance(fields.get('id'), str | int | None):
        raise ValueError('the id of a signal must be a string')
    signal_id = None if fields.get('id') is None else str(fields['id'])
    if signal_id is not None and not 0 < len(signal_id) <= 255:
        raise ValueError('the id of a signal must have 1 to 255 characters')
    reason = fields.get('reason')
    return signal_id, status, None if reason is None else str(reason), fields.get('data')


def _event_reason(signal: Signal) -> str:
    """Return the reason for the event of a signal, in Heat's wording."""
    return f'status:{signal.status} reason:{signal.reason}'


class WaitCondition(VirtualPlugin):
    """Completes once its handle has received enough signals."""

    #: Each observation reads the signals of its handle.
    bulk = 1

    predicts: ClassVar[bool] = False

    schema = TypeSchema(
        description='Waits for signals.',
        properties={
            'handle': Property(
                STRING, required=True, description='A reference to the handle that receives them.'
            ),
            'timeout': Property(
                NUMBER,
                required=True,
                constraints=(Range(1, 43_200),),
                description='Seconds to wait for the number of signals.',
            ),
            'count': Property(
                INTEGER,
                default=1,
                update_allowed=True,
                constraints=(Range(1),),
                description='The number of successful signals to wait for.',
            ),
        },
        attributes={'data': Attribute(STRING, 'The data of the signals by id, as JSON.')},
    )

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return {'until': self.clock.now() + resource.properties['timeout']}

    def observe(self, resource: Resource) -> Observation:
        record = self.records.get(resource.token)
        if record is None:
            return Observation(Reality.ABSENT)
        observation = Observation(
            Reality.READY, physical_id=record.physical_id, properties=record.properties
        )
        # The record belongs to another resource, so no draft contains it.
        handle = self._records.get(record.properties['handle'])
        if handle is None or handle.state.get('project') != resource.project_id:
            return _failed(observation, f'there is no handle {record.properties["handle"]}')
        signals = self._records.signals(handle.token)
        failures = [signal.reason for signal in signals if signal.status == FAILURE]
        count = record.properties['count']
        if failures:
            return _failed(observation, 'WaitConditionFailure: ' + ';'.join(failures))
        if len(signals) < count:
            if record.state.get('until', 0.0) > self.clock.now():
                return Observation(
                    Reality.PENDING, physical_id=record.physical_id, properties=record.properties
                )
            reasons = ';'.join(signal.reason for signal in signals)
            return _failed(
                observation,
                f'WaitConditionTimeout: {len(signals)} of {count} received'
                + (f' - {reasons}' if reasons else ''),
            )
        data = json.dumps({signal.id: signal.data for signal in signals})
        return Observation(
            Reality.READY,
            physical_id=record.physical_id,
            attributes={'data': data},
            properties=record.properties,
        )


def _failed(observation: Observation, reason: str) -> Observation:
    """Return an observation as FAILED."""
    return Observation(
        Reality.FAILED,
        physical_id=observation.physical_id,
        properties=observation.properties,
        reason=reason,
    )
