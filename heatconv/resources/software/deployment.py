"""OS::Heat::SoftwareDeployment and OS::Heat::StructuredDeployment: a configuration on a server.

As in Heat (heat/engine/resources/openstack/heat/software_deployment.py and structured_config.py).
A deployment is one row, whose id is the token. The row contains the derived configuration, so that
every operation is a single write: a crash leaves it made or not made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar

from heatconv.convergence.model import Action, Event
from heatconv.hot.constraints import AllowedValues
from heatconv.hot.schema import LIST, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource, SignalIgnored
from heatconv.resources.signal_urls import (
    CFN_SIGNAL,
    HEAT_SIGNAL,
    NO_SIGNAL,
    TEMP_URL_SIGNAL,
    ZAQAR_SIGNAL,
    UsesSignalUrls,
    check_transport,
)
from heatconv.resources.software import derived
from heatconv.resources.software.signals import (
    COMPLETE,
    CREATE,
    DELETE,
    DERIVED,
    FAILED,
    IN_PROGRESS,
    INIT,
    NUMBER,
    OPERATION,
    OUTPUTS,
    RESUME,
    STATUS_CODE,
    STDERR,
    STDOUT,
    SUSPEND,
    UPDATE,
    is_deleted,
)
from heatconv.resources.software.store import Content, UsesSoftware
from heatconv.runtime.ports import Clock

ACTIONS = (CREATE, UPDATE, DELETE, SUSPEND, RESUME)
TRANSPORTS = (CFN_SIGNAL, TEMP_URL_SIGNAL, HEAT_SIGNAL, NO_SIGNAL, ZAQAR_SIGNAL)

#: Key in the content of a deployment: properties and template of the last request.
REQUEST = 'request'

#: The properties that deployments and groups of deployments have in common.
COMMON = {
    'config': Property(
        STRING, update_allowed=True, description='The id of the configuration to deploy.'
    ),
    'input_values': Property(
        MAP, update_allowed=True, description='The values of the inputs of the configuration.'
    ),
    'actions': Property(
        LIST,
        update_allowed=True,
        default=[CREATE, UPDATE],
        constraints=(AllowedValues(ACTIONS),),
        description='The actions on the deployment that deploy the configuration.',
    ),
    'name': Property(
        STRING,
        update_allowed=True,
        description='The name of the deployed configuration. A server gets its configurations '
        'sorted by name.',
    ),
    'signal_transport': Property(
        STRING,
        default=CFN_SIGNAL,
        constraints=(AllowedValues(TRANSPORTS),),
        description='How the server reports the result. CFN_SIGNAL: by an HTTP request to a '
        'signed URL. HEAT_SIGNAL: by a signal through the API of Heat. NO_SIGNAL: not at all, and '
        'nothing waits for it. The others need services that heatconv does not use.',
    ),
}

#: The properties that structured deployments and groups of them have in addition.
STRUCTURED = {
    'input_key': Property(
        STRING,
        default='get_input',
        description='The key in the configuration whose value is the name of an input.',
    ),
    'input_values_validate': Property(
        STRING,
        default='LAX',
        constraints=(AllowedValues(('LAX', 'STRICT')),),
        description='Whether an input that is used but does not exist is an error.',
    ),
}

_SERVER = Property(STRING, required=True, description='The id of the server.')

ATTRIBUTES = {
    STDOUT: Attribute(STRING, 'What the tool has written to its standard output.'),
    STDERR: Attribute(STRING, 'What the tool has written to its standard error.'),
    STATUS_CODE: Attribute(STRING, 'The status code of the tool.'),
}


class SoftwareDeployment(UsesSoftware, UsesSignalUrls, Plugin):
    """Deploys a configuration on a server, and waits for the server to report the result.

    Another value of an input with ``replace_on_change`` deploys the action CREATE again, with the
    same deployment. Heat replaces the deployment, so that the action DELETE is deployed for the
    old value too.
    """

    takes_signals = True

    #: A delete waits for a signal too, as in Heat.
    deaf_actions: ClassVar[Collection[Action]] = ()

    schema = TypeSchema(
        description='Deploys a configuration on a server.',
        version='2014.1',
        properties={'server': _SERVER, **COMMON},
        attributes=ATTRIBUTES,
        # The outputs of the configuration, which are known at run time only.
        any_attribute=True,
        check=check_transport,
    )

    #: Type of the empty configuration that is derived if there is none.
    nothing: ClassVar[type] = str

    def __init__(self, records: Any, clock: Clock) -> None:
        self._clock = clock

    def text(self, resource: Resource, source: Content, inputs: list[derived.Input]) -> Any:
        """Return what the tool gets.

        :param source: the configuration of the deployment.
        :param inputs: the inputs with their values.
        :raises ValueError: if it cannot be computed.
        """
        return source.get('config')

    def observe(self, resource: Resource) -> Observation:
        content = self.software.deployment(resource.project_id, resource.token)
        if content is None or is_deleted(content):
            return Observation(Reality.ABSENT)
        reality = {IN_PROGRESS: Reality.PENDING, FAILED: Reality.FAILED}.get(
            content['status'], Reality.READY
        )
        failed = reality == Reality.FAILED
        return Observation(
            reality,
            physical_id=resource.token,
            attributes={
                **dict.fromkeys(content['outputs']),
                **dict.fromkeys(OUTPUTS),
                **(content.get('output_values') or {}),
            },
            properties=content[REQUEST]['properties'],
            reason=f'Deployment to server failed: {content["status_reason"]}' if failed else '',
        )

    def create(self, resource: Resource) -> None:
        if self.software.deployment(resource.project_id, resource.token) is None:
            self._begin(resource, CREATE)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        before = self.software.deployment(resource.project_id, resource.token)
        if before is None:
            self._begin(resource, UPDATE)  # it was deleted by hand
            return
        if before['status'] != FAILED and before[REQUEST] == _request(resource):
            return  # begun already
        if self._is_replaced(resource, before):
            # A late call for a suspend must still see that it has begun.
            kept = {key: before[key] for key in (NUMBER, OPERATION) if key in before}
            self._change(resource, before, self._next(resource, CREATE, kept))
        else:
            self._change(resource, before, self._next(resource, UPDATE, before))

    def act(self, resource: Resource, action: str, operation: str) -> None:
        before = self.software.deployment(resource.project_id, resource.token)
        if before is None or before.get(OPERATION, '') >= operation:
            return
        if (before['action'], before['status']) == (DELETE, IN_PROGRESS):
            return  # this call comes late: the stack is being deleted
        source, actions = self._source(resource), resource.properties['actions']
        if not any(derived.is_triggered(one, source, actions) for one in (SUSPEND, RESUME)):
            return
        # Also if only the other action is deployed: a late call must see that this one has begun.
        content = {**self._next(resource, action, before), OPERATION: operation}
        self._change(resource, before, content)

    def _is_replaced(self, resource: Resource, before: Content) -> bool:
        """Say whether an input with another value starts the deployment anew."""
        if before[DERIVED] is None:
            return False
        now = self._inputs(resource, UPDATE, self._source(resource), before[NUMBER])
        return bool(derived.replaced_inputs(before[DERIVED]['inputs'], now))

    def delete(self, resource: Resource) -> None:
        while not self._begin_delete(resource):
            pass

    def _begin_delete(self, resource: Resource) -> bool:
        """Begin a delete; return False if a late suspend or resume came between."""
        before = self.software.deployment(resource.project_id, resource.token)
        if before is None or (before['action'], before['status']) == (DELETE, IN_PROGRESS):
            return True
        if is_deleted(before):
            self.software.drop_deployment(resource.project_id, resource.token)
            return True
        # An interrupted update may have changed the properties.
        current = dataclasses.replace(resource, properties=before[REQUEST]['properties'])
        try:
            content = self._next(current, DELETE, before)
        except LookupError:
            content = {}  # the configuration no longer exists: nothing can be deployed, as in Heat
        if content.get('action') == DELETE and content['status'] == IN_PROGRESS:
            return self._change(resource, before, content)
        self.software.drop_deployment(resource.project_id, resource.token)
        return True

    def _begin(self, resource: Resource, action: str) -> None:
        content = self._next(resource, action, {})
        self.software.keep_deployment(resource.project_id, resource.token, content)

    def _change(self, resource: Resource, before: Content, content: Content) -> bool:
        """Save the next action, unless another process has saved one since ``before`` was read.

        :return: whether it is saved.
        """
        is_same = False

        def change(current: Content) -> Content:
            nonlocal is_same
            is_same = _place(current) == _place(before)
            return content if is_same else current

        self.software.change_deployment(resource.project_id, resource.token, change)
        return is_same

    def _next(self, resource: Resource, action: str, before: Content) -> dict[str, Any]:
        """Return the content of a deployment after an action has begun.

        :param before: its content before; empty if it does not exist.
        :raises LookupError: if the configuration does not exist.
        :raises ValueError: if the derived configuration cannot be computed.
        """
        properties = resource.properties
        source = self._source(resource)
        content = {
            **_NEW,
            **before,
            'server_id': properties['server'],
            'outputs': [output['name'] for output in source.get('outputs') or ()],
            REQUEST: _request(resource),
        }
        if not derived.is_triggered(action, source, properties['actions']):
            # The last action is not awaited any more.
            return {**content, 'status': COMPLETE, 'status_reason': 'Not deployed'}
        number = content[NUMBER] + 1
        inputs = self._inputs(resource, action, source, number)
        text = self.text(resource, source, inputs) or self.nothing()
        config_id = derived.config_id(resource, number)
        awaited = properties['signal_transport'] != NO_SIGNAL
        reason = 'Deploy data available' if awaited else 'Not waiting for outputs signal'
        return {
            **content,
            NUMBER: number,
            'action': action,
            'status': IN_PROGRESS if awaited else COMPLETE,
            'status_reason': reason,
            'config_id': config_id,
            'input_values': properties.get('input_values') or {},
            DERIVED: {
                **derived.config(resource, source, inputs, text),
                'id': config_id,
                'created_at': self._clock.now(),
            },
        }

    def _source(self, resource: Resource) -> Content:
        """Return the configuration of a deployment; an empty one if it has none.

        :raises LookupError: if it does not exist.
        """
        config_id = resource.properties.get('config')
        if not config_id:
            return {}
        source = self.software.find_config(resource.project_id, config_id)
        if source is None:
            raise LookupError(f'Software config with id {config_id} not found')
        return source

    def _inputs(
        self, resource: Resource, action: str, source: Content, number: int
    ) -> list[derived.Input]:
        url = self.urls.signed(resource, str(number))
        return derived.inputs(resource, action, source, lambda: url)

    def take_signal(
        self, resource: Resource, details: Any, event_of: Callable[[str], Event]
    ) -> None:
        reason = self.software.signal_deployment(
            resource.project_id, resource.token, details, event_of
        )
        if reason is None:
            # A repeated signal, or one of an earlier action.
            raise SignalIgnored(f'deployment {resource.token} awaits no such signal')


#: The content of a deployment before its first action.
_NEW: Content = {'action': INIT, DERIVED: None, NUMBER: 0}


def _place(content: Content) -> tuple[Any, ...]:
    """Return what tells the contents of a deployment before and after an action apart."""
    return content[NUMBER], content.get(OPERATION)


def _request(resource: Resource) -> dict[str, Any]:
    """Return what identifies a request to create or update: the same call has the same."""
    return {'properties': dict(resource.properties), 'template_id': resource.template_id}


class StructuredDeployment(SoftwareDeployment):
    """Deploys a configuration that is a map, with the values of inputs filled in."""

    schema = TypeSchema(
        description='Deploys a structured configuration on a server.',
        version='2014.1',
        properties={'server': _SERVER, **COMMON, **STRUCTURED},
        attributes=ATTRIBUTES,
        any_attribute=True,
        check=check_transport,
    )
    nothing: ClassVar[type] = dict

    def text(self, resource: Resource, source: Content, inputs: list[derived.Input]) -> Any:
        return derived.substituted(
            source.get('config'),
            resource.properties['input_key'],
            derived.values_of(inputs),
            resource.properties['input_values_validate'] == 'STRICT',
        )
