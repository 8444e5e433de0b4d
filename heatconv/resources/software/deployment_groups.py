"""Groups of deployments: one configuration on several servers, in a nested stack.

As in Heat (heat/engine/resources/openstack/heat/software_deployment.py and structured_config.py).
Each server is a deployment in the nested stack. With an update policy they are created or updated
in batches.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from heatconv.hot import nested
from heatconv.hot.functions import MapNode, stacks
from heatconv.hot.schema import MAP, Attribute, Property, TypeSchema
from heatconv.resources.group_batches import next_members
from heatconv.resources.groups import VERSION
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Resource
from heatconv.resources.rollouts import (
    UNFINISHED,
    PolicyRollout,
    batches_of,
    definitions_in,
    update_policy,
)
from heatconv.resources.signal_urls import check_transport
from heatconv.resources.software.deployment import COMMON, STRUCTURED
from heatconv.resources.software.signals import STATUS_CODE, STDERR, STDOUT

#: For each attribute of a group, that of its deployments.
ATTRIBUTES = {
    'deploy_stdouts': STDOUT,
    'deploy_stderrs': STDERR,
    'deploy_status_codes': STATUS_CODE,
}


def _definition(type_: str, properties: Mapping[str, Any], server: Any) -> dict[str, Any]:
    """Return the definition of the deployment on one server.

    :param properties: the properties of the group; values may be nodes.
    """
    common = {
        name: value
        for name, value in properties.items()
        if name != 'servers' and not name.startswith(nested.OWN)
    }
    return {'type': type_, 'properties': {**common, 'server': server}}


def _members(type_: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return a function that returns the deployment on the first server, if it is known."""

    def members(properties: Mapping[str, Any]) -> dict[str, Any]:
        servers = properties.get('servers')
        servers = servers.items if isinstance(servers, MapNode) else servers
        if not isinstance(servers, Mapping):
            return {}
        first = list(servers.items())[:1]
        return {name: _definition(type_, properties, server) for name, server in first}

    return members


def _schema(type_: str, description: str, more: Mapping[str, Property]) -> TypeSchema:
    """Return the schema of a group.

    :param type_: the type of its deployments.
    :param more: the properties that not all groups have.
    """
    return TypeSchema(
        description=description,
        version='5.0.0',
        properties={
            'servers': Property(
                MAP,
                required=True,
                update_allowed=True,
                description='The ids of the servers, by any names. A name becomes the name of the '
                'deployment on the server.',
            ),
            **COMMON,
            **more,
        },
        attributes={
            name: Attribute(MAP, f'The attribute {of_one} of each deployment, by name.')
            for name, of_one in ATTRIBUTES.items()
        },
        any_attribute=True,
        nested=True,
        check=check_transport,
        members=_members(type_),
    )


class SoftwareDeploymentGroup(PolicyRollout):
    """Deploys a configuration on several servers."""

    schema = _schema(
        'OS::Heat::SoftwareDeployment', 'Deploys a configuration on several servers.', {}
    )

    #: The type of the deployments.
    type: ClassVar[str] = 'OS::Heat::SoftwareDeployment'

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        properties = resource.properties
        servers = properties['servers']

        def definition_of(name: str) -> Mapping[str, Any]:
            return _definition(self.type, properties, servers[name])

        final = {name: definition_of(name) for name in servers}
        present = {} if before is None else self.children.made_of(before)
        kind = batches_of(present)
        now = {name: old for name, old in definitions_in(present).items() if name in servers}
        members = None
        if update_policy(resource, kind):
            # Heat: new servers wait for their batch too.
            members = next_members(
                now,
                () if before is None else self.children.failed(before),
                () if before is None else self.children.complete(before),
                final,
                lambda number: list(servers)[:number],
                definition_of,
                self.policy(resource, present),
            )
        template = {
            'heat_template_version': VERSION,
            'resources': final if members is None else members,
        }
        content = self.within(resource, owner, template, {})
        return content if members is None else {**content, UNFINISHED: kind}

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        members = self.children.members(child)
        values = {
            name: members[name].attributes if name in members else {}
            for name in definitions_in(self.children.made_of(child))
        }
        # Every attribute of a deployment is one of the group, with a value for each name.
        names = {name for one in values.values() for name in stacks.shown(one)}
        of_one = {**{name: name for name in sorted(names)}, **ATTRIBUTES}
        attributes: dict[str, Any] = {
            name: {member: one.get(key) for member, one in values.items()}
            for name, key in of_one.items()
        }
        # Without servers nothing says which outputs a deployment would have.
        return attributes if values else {**attributes, stacks.EMPTY: True}


class StructuredDeploymentGroup(SoftwareDeploymentGroup):
    """Deploys a structured configuration on several servers."""

    schema = _schema(
        'OS::Heat::StructuredDeployment',
        'Deploys a structured configuration on several servers.',
        STRUCTURED,
    )
    type = 'OS::Heat::StructuredDeployment'


class SoftwareDeployments(SoftwareDeploymentGroup):
    """The former name of the group."""

    schema = dataclasses.replace(
        SoftwareDeploymentGroup.schema, support_status='HIDDEN', version='7.0.0'
    )


class StructuredDeployments(StructuredDeploymentGroup):
    """The former name of the structured group."""

    schema = dataclasses.replace(
        StructuredDeploymentGroup.schema, support_status='HIDDEN', version='7.0.0'
    )
