"""The configuration that is derived for each action of a deployment: what an agent applies.

It is a copy of the configuration of the deployment with the values of its inputs. Further inputs,
which begin with ``deploy_``, say what is deployed where and how to signal the result
(heat/engine/resources/openstack/heat/software_deployment.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heatconv.resources.plugin import Resource
from heatconv.resources.signal_urls import CFN_SIGNAL
from heatconv.resources.software.component import COMPONENT
from heatconv.resources.software.config import UNGROUPED
from heatconv.resources.software.declarations import declared_inputs, declared_outputs

SERVER_ID, ACTION = 'deploy_server_id', 'deploy_action'
SIGNAL_ID, SIGNAL_VERB = 'deploy_signal_id', 'deploy_signal_verb'

#: An input with its value.
Input = dict[str, Any]


def is_triggered(action: str, source: Mapping[str, Any], actions: Sequence[str]) -> bool:
    """Say whether an action triggers a deployment.

    :param source: the configuration of the deployment. A component says itself which actions it is
        for.
    :param actions: the property ``actions`` of the deployment.
    """
    if source.get('group') != COMPONENT:
        return action in actions
    configs = (source.get('config') or {}).get('configs', ())
    return any(action in config.get('actions', ()) for config in configs)


def inputs(
    resource: Resource, action: str, source: Mapping[str, Any], signed_url: Callable[[], str]
) -> list[Input]:
    """Return the inputs of a derived configuration with their values.

    :param resource: the deployment.
    :param source: its configuration.
    :param signed_url: returns the URL to which the result is sent; '' if there is none.
    """
    properties = resource.properties
    values = dict(properties.get('input_values') or {})
    derived = [
        {**declared, 'value': values.pop(declared['name'], declared.get('default'))}
        for declared in declared_inputs(source.get('inputs'))
        # Those of another deployment, if its derived configuration is deployed.
        if not ('value' in declared and declared['name'].startswith('deploy_'))
    ]
    # A value without a declaration is an input too.
    derived.extend(_input(name, value) for name, value in values.items())
    transport = properties['signal_transport']
    derived.extend(
        (
            _input(SERVER_ID, properties['server'], 'The id of the server.'),
            _input(ACTION, action, 'The action that is deployed.'),
            _input(
                'deploy_stack_id',
                f'{resource.stack_name}/{resource.stack_id}',
                'The name and the id of the stack of the deployment.',
            ),
            _input('deploy_resource_name', resource.name, 'The name of the deployment.'),
            _input('deploy_signal_transport', transport, 'How the result is signaled.'),
        )
    )
    url = signed_url() if transport == CFN_SIGNAL else ''
    if url:
        derived.append(_input(SIGNAL_ID, url, 'The URL to which the result is sent.'))
        derived.append(_input(SIGNAL_VERB, 'POST', 'The HTTP method for that URL.'))
    return derived


def _input(name: str, value: Any, description: str = '') -> Input:
    declared = {'name': name, 'type': 'String', 'value': value}
    return {**declared, 'description': description} if description else declared


def values_of(derived: Sequence[Input]) -> dict[str, Any]:
    """Return the values of inputs by name."""
    return {one['name']: one.get('value') for one in derived}


def config(
    resource: Resource, source: Mapping[str, Any], derived: list[Input], text: Any
) -> dict[str, Any]:
    """Return a derived configuration.

    :param source: the configuration of the deployment.
    :param derived: the inputs with their values.
    :param text: the derived value of ``config``.
    """
    name = f'{resource.stack_name}-{resource.name}-{resource.token[-12:]}'
    return {
        'name': resource.properties.get('name') or source.get('name') or name,
        'group': source.get('group') or UNGROUPED,
        'config': text,
        'inputs': derived,
        'outputs': declared_outputs(source.get('outputs')),
        'options': source.get('options'),
    }


def config_id(resource: Resource, number: int) -> str:
    """Return the id of a derived configuration, in the form of a UUID.

    Each action has another, because agents apply a configuration only if they do not know its id.

    :param number: the number of the action since the deployment was created.
    """
    digits = hashlib.sha256(f'{resource.token} {number}'.encode()).hexdigest()
    return '-'.join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def replaced_inputs(before: Sequence[Input], now: Sequence[Input]) -> list[str]:
    """Return the names of the inputs whose change starts a deployment anew.

    :param before: the inputs of the last derived configuration.
    :param now: the inputs that would be derived now.
    """
    old = values_of(before)
    return [
        one['name']
        for one in now
        if one.get('replace_on_change') and one['name'] in old and one['value'] != old[one['name']]
    ]


def substituted(value: Any, key: str, values: Mapping[str, Any], strict: bool) -> Any:
    """Return a structured configuration with the values of inputs filled in.

    :param value: the configuration: a map with one key ``key`` stands for the input it names.
    :param values: the values of the inputs by name.
    :param strict: whether each input must exist; otherwise a missing one is null.
    :raises ValueError: if an input does not exist, in Heat's wording.
    """
    if isinstance(value, Mapping):
        if len(value) == 1 and isinstance(value.get(key), str):
            if strict and value[key] not in values:
                raise ValueError(f'The Parameter ({value[key]}) was not provided.')
            return values.get(value[key])
        return {name: substituted(item, key, values, strict) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [substituted(item, key, values, strict) for item in value]
    return value
