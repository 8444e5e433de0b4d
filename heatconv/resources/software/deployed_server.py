"""OS::Heat::DeployedServer: a server that exists already, whose agent polls for deployments.

As in Heat (heat/engine/resources/server_base.py and deployed_server.py). Heat creates a user for
the agent and writes the credentials to the metadata. heatconv creates no users: the credentials
come from the metadata of the definition, or from the configuration of the agent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.hot.constraints import AllowedValues, Length
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.schema import MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Resource
from heatconv.resources.records import Record
from heatconv.resources.software.store import UsesSoftware
from heatconv.resources.virtual import VirtualPlugin

CFN, HEAT, TEMP_URL, ZAQAR = (
    'POLL_SERVER_CFN',
    'POLL_SERVER_HEAT',
    'POLL_TEMP_URL',
    'ZAQAR_MESSAGE',
)
TRANSPORTS = (CFN, HEAT, TEMP_URL, ZAQAR)

#: For each transport that heatconv has, the collector of os-collect-config.
COLLECTORS = {CFN: 'cfn', HEAT: 'heat'}
#: For each of the others, the service that it needs.
UNSUPPORTED = {TEMP_URL: 'Swift', ZAQAR: 'Zaqar'}

#: Key of the configuration of os-collect-config in the metadata and in the state.
CONFIG = 'os-collect-config'


def _check_transport(properties: Mapping[str, Any]) -> None:
    """Refuse a transport of metadata that heatconv does not have.

    :raises InvalidProperty: if it is one.
    """
    transport = properties.get('software_config_transport')
    if isinstance(transport, str) and transport in UNSUPPORTED:
        raise InvalidProperty(
            f'{transport} needs {UNSUPPORTED[transport]}, which heatconv does not use: choose '
            f'{HEAT} or {CFN}',
            'software_config_transport',
        )


class DeployedServer(UsesSoftware, VirtualPlugin):
    """Stands for a server; its metadata contains what is deployed on it."""

    schema = TypeSchema(
        description='A server that exists already, for deployments of software.',
        properties={
            'name': Property(STRING, update_allowed=True, description='The name of the server.'),
            'metadata': Property(MAP, update_allowed=True, description='Ignored.'),
            'software_config_transport': Property(
                STRING,
                default=CFN,
                update_allowed=True,
                constraints=(AllowedValues(TRANSPORTS),),
                description='How the agent of the server gets its metadata. POLL_SERVER_HEAT: '
                'from the API of Heat. POLL_SERVER_CFN: from the API of CloudFormation. The '
                'others need services that heatconv does not use.',
            ),
            'deployment_swift_data': Property(
                MAP,
                default={},
                update_allowed=True,
                description='Where POLL_TEMP_URL would save the metadata.',
                schema={
                    'container': Property(
                        STRING, constraints=(Length(1),), description='The container.'
                    ),
                    'object': Property(
                        STRING, constraints=(Length(1),), description='The object in it.'
                    ),
                },
            ),
        },
        attributes={
            'name': Attribute(STRING, 'The name of the server.'),
            'os_collect_config': Attribute(
                MAP, 'The configuration of os-collect-config, the agent of the server.'
            ),
        },
        check=_check_transport,
    )

    def physical_id(self, resource: Resource) -> str:
        # Deployments refer to it.
        return resource.token

    def initial_state(self, resource: Resource) -> Mapping[str, Any]:
        return {
            'name': super().physical_id(resource),
            CONFIG: _collect_config(resource, {}),
        }

    def attributes(self, record: Record) -> Mapping[str, Any]:
        return {
            'name': record.properties.get('name') or record.state['name'],
            'os_collect_config': record.state[CONFIG],
        }

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        record = self.records.get(resource.token)
        if record is not None:
            state = {**record.state, CONFIG: _collect_config(resource, record.state[CONFIG])}
            self.records.replace(
                dataclasses.replace(record, properties=resource.properties, state=state)
            )

    def metadata(self, resource: Resource, declared: Mapping[str, Any]) -> dict[str, Any]:
        """Return what os-collect-config reads: the deployments, and how to poll for them."""
        record = self.records.get(resource.token)
        config: Mapping[str, Any] = {} if record is None else record.state[CONFIG]
        own = declared.get(CONFIG)
        server_id = resource.physical_id or resource.token
        return {
            **declared,
            CONFIG: _merged(own if isinstance(own, Mapping) else {}, config),
            'deployments': self.software.deployed_on(resource.project_id, server_id),
        }


def _collect_config(resource: Resource, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of os-collect-config.

    :param before: the configuration so far. The values of a collector that is not used any more
        become null, so that the agent forgets them.
    """
    unset = {name: dict.fromkeys(values) for name, values in before.items()}
    collector = COLLECTORS[resource.properties['software_config_transport']]
    if collector == 'heat':
        values = {
            'project_id': resource.project_id,
            'stack_id': f'{resource.stack_name}/{resource.stack_id}',
            'resource_name': resource.name,
        }
    else:
        values = {'stack_name': resource.stack_name, 'path': f'{resource.name}.Metadata'}
    return {**unset, collector: values, 'collectors': [collector, 'local']}


def _merged(declared: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of the agent with what the definition of the server adds to it."""
    merged = {**declared, **config}
    for name, values in config.items():
        own = declared.get(name)
        if isinstance(values, Mapping) and isinstance(own, Mapping):
            merged[name] = {**own, **values}
    return merged
