"""OS::Heat::WaitConditionHandle and OS::Heat::WaitCondition: wait for signals.

A handle receives signals by ``openstack stack resource signal`` and by its signed URL, which Heat
creates with Keystone users and heatconv without. A condition is complete after enough signals, and
fails with the first signal that reports a failure (heat/engine/resources/wait_condition.py).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from heatconv.convergence.model import Event
from heatconv.hot.constraints import AllowedValues, Range
from heatconv.hot.schema import INTEGER, NUMBER, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Reality, Resource
from heatconv.resources.records import Signal
from heatconv.resources.signal_urls import (
    NO_SIGNAL,
    TOKEN_SIGNAL,
    TRANSPORTS,
    UsesSignalUrls,
    check_transport,
)
from heatconv.resources.virtual import VirtualPlugin

SUCCESS, FAILURE = 'SUCCESS', 'FAILURE'

#: The possible keys of a signal.
KEYS = ('data', 'id', 'reason', 'status')

#: Largest number of characters of the id of a signal.
LONGEST_ID = 255


class SignalledHandle(UsesSignalUrls, VirtualPlugin):
    """The common part of handles: it receives signals, and keeps them with its token."""

    takes_signals = True

    predicts: ClassVar[bool] = False

    def physical_id(self, resource: Resource) -> str:
        return resource.token

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return {'project': resource.project_id}

    def observe(self, resource: Resource) -> Observation:
        observation = super().observe(resource)
        if observation.physical_id is None:
            return observation
        return dataclasses.replace(observation, attributes=self.urls_of(resource))

    def urls_of(self, resource: Resource) -> dict[str, Any]:
        """Return the attributes: where the handle is signalled."""
        raise NotImplementedError

    def parse(self, details: Any) -> tuple[str | None, str, str | None, Any]:
        """Return id, status, reason and data of a signal.

        :return: the id and the reason are None if the signal has none.
        :raises ValueError: if the signal is not valid.
        """
        raise NotImplementedError

    def delete(self, resource: Resource) -> None:
        super().delete(resource)
        self._records.drop_signals(resource.token)

    def deletes_at_once(self, resource: Resource) -> bool:
        return False

    def signal(self, resource: Resource, details: Any) -> str:
        return _event_reason(self._records.add_signal(resource.token, *self.parse(details)))

    def take_signal(
        self, resource: Resource, details: Any, event_of: Callable[[str], Event]
    ) -> Event | None:
        if not self._records.writes_events:
            return super().take_signal(resource, details, event_of)
        # One transaction saves both: a crash between two transactions would leave a signal without
        # an event.
        self._records.add_signal(
            resource.token,
            *self.parse(details),
            event_of=lambda signal: event_of(_event_reason(signal)),
        )
        return None

    def signals(self, resource: Resource) -> dict[str, Any]:
        """Return the received signals, by id, in the form of the metadata of a handle in Heat."""
        return {
            signal.id: {'status': signal.status, 'reason': signal.reason, 'data': signal.data}
            for signal in self._records.signals(resource.token)
        }


class WaitConditionHandle(SignalledHandle):
    """Receives signals with optional fields."""

    schema = TypeSchema(
        description='Receives the signals that a wait condition waits for.',
        version='2014.2',
        properties={
            'signal_transport': Property(
                STRING,
                default='TOKEN_SIGNAL',
                constraints=(AllowedValues(TRANSPORTS),),
                description='How a server signals the handle. With TOKEN_SIGNAL, the attributes '
                'token, endpoint and curl_cli are set; with NO_SIGNAL none is.',
            ),
        },
        attributes={
            'token': Attribute(STRING, 'The signature for the header X-Auth-Token.'),
            'endpoint': Attribute(STRING, 'The URL that takes signals with the token.'),
            'curl_cli': Attribute(STRING, 'A command that signals success; --data adds a status.'),
            'signal': Attribute(STRING, 'What is needed to signal the handle, as JSON.'),
        },
        check=check_transport,
    )

    def urls_of(self, resource: Resource) -> dict[str, Any]:
        transport = resource.properties.get('signal_transport')
        url = self.urls.signed(resource)
        attributes: dict[str, Any] = dict.fromkeys(self.schema.attributes)
        if not url or transport == NO_SIGNAL:
            return attributes
        if transport != TOKEN_SIGNAL:
            return {**attributes, 'signal': json.dumps({'alarm_url': url})}
        token, endpoint = self.urls.token(resource), self.urls.endpoint(resource)
        return {
            'token': token,
            'endpoint': endpoint,
            'curl_cli': f"curl -i -X POST -H 'X-Auth-Token: {token}' "
            f"-H 'Content-Type: application/json' -H 'Accept: application/json' {endpoint}",
            'signal': json.dumps({'alarm_url': url}),
        }

    def parse(self, details: Any) -> tuple[str | None, str, str | None, Any]:
        return _parse(details)


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
    signal_id = None if fields.get('id') is None else signal_id_of(fields['id'], 'id')
    reason = fields.get('reason')
    return signal_id, status, None if reason is None else str(reason), fields.get('data')


def signal_id_of(value: Any, field: str) -> str:
    """Return the id of a signal, without spaces at its end: MariaDB ignores them in keys.

    :param field: the field that it is the value of.
    :raises ValueError: if it is not valid. No database accepts a NUL.
    """
    signal_id = str(value).rstrip(' ') if isinstance(value, str | int) else ''
    if not 0 < len(signal_id) <= LONGEST_ID or '\0' in signal_id:
        raise ValueError(
            f'the {field} of a signal must be a string of 1 to {LONGEST_ID} characters without NUL'
        )
    return signal_id


def _event_reason(signal: Signal) -> str:
    """Return the reason for the event of a signal, in Heat's wording."""
    return f'status:{signal.status} reason:{signal.reason}'


class WaitCondition(VirtualPlugin):
    """Completes once its handle has received enough signals."""

    #: Each observation reads the signals of its handle.
    bulk = 1

    predicts: ClassVar[bool] = False

    #: Names of its properties.
    HANDLE, TIMEOUT, COUNT = 'handle', 'timeout', 'count'

    schema = TypeSchema(
        description='Waits for signals.',
        version='2014.2',
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
        return {'until': self.clock.now() + resource.properties[self.TIMEOUT]}

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        record = self.records.get(resource.token)
        if record is not None and record.properties != resource.properties:
            # It waits anew, as in Heat; a repeated update does not extend the time.
            state = self.initial_state(resource)
            self.records.replace(
                dataclasses.replace(record, properties=resource.properties, state=state)
            )

    def observe(self, resource: Resource) -> Observation:
        record = self.records.get(resource.token)
        if record is None:
            return Observation(Reality.ABSENT)
        observation = Observation(
            Reality.READY, physical_id=record.physical_id, properties=record.properties
        )
        # The record belongs to another resource, so no draft contains it.
        reference = str(record.properties[self.HANDLE])
        handle = self._records.get(token_of(reference))
        if handle is None or handle.state.get('project') != resource.project_id:
            # Without the signature, if it is a signed URL.
            return _failed(observation, f'there is no handle {reference.partition("?")[0]}')
        signals = self._records.signals(handle.token)
        failures = [signal.reason for signal in signals if signal.status == FAILURE]
        count = record.properties[self.COUNT]
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
            attributes=dict.fromkeys(self.schema.attributes, data),
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


def token_of(reference: str) -> str:
    """Return the token of the handle that a reference names: it is the token, or a signed URL."""
    return reference.partition('?')[0].rpartition('/')[2]
