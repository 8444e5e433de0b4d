"""OS::Heat::SoftwareConfig and OS::Heat::StructuredConfig: what a tool runs on a server.

As in Heat (heat/engine/resources/openstack/heat/software_config.py and structured_config.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from heatconv.hot.schema import LIST, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource
from heatconv.resources.software.declarations import (
    INPUT,
    OUTPUT,
    declared_inputs,
    declared_outputs,
)
from heatconv.resources.software.store import UsesSoftware
from heatconv.runtime.ports import Clock

#: The group of a configuration that names none.
UNGROUPED = 'Heat::Ungrouped'

GROUP = Property(
    STRING,
    default=UNGROUPED,
    description='The tool that applies the configuration on a server.',
)
OPTIONS = Property(MAP, description='Options for the tool of the group.')
INPUTS = Property(LIST, schema=INPUT, description='The inputs that the configuration expects.')
OUTPUTS = Property(LIST, schema=OUTPUT, description='The outputs that the configuration produces.')

#: The attributes of all types of configurations, as in Heat.
ATTRIBUTES = {'config': Attribute(STRING, 'The configuration.')}


def _schema(config: Property, description: str) -> TypeSchema:
    """Return the schema of a type of configuration, which depends on the type of ``config``."""
    return TypeSchema(
        description=description,
        version='2014.1',
        properties={
            'group': GROUP,
            'config': config,
            'options': OPTIONS,
            'inputs': INPUTS,
            'outputs': OUTPUTS,
        },
        attributes=ATTRIBUTES,
    )


class SoftwareConfig(UsesSoftware, Plugin):
    """A configuration that is a string.

    It is immutable: a change of any property replaces it.
    """

    schema = _schema(
        Property(STRING, description='The script or manifest to apply.'),
        'A configuration that is a string.',
    )

    #: Type of the empty configuration that a missing property ``config`` results in.
    nothing: ClassVar[type] = str

    def __init__(self, records: Any, clock: Clock) -> None:
        pass

    def content(self, resource: Resource) -> dict[str, Any]:
        """Return group and configuration; for some types, inputs, outputs and options.

        :raises ValueError: if the properties do not result in a configuration.
        """
        properties = resource.properties
        return {
            'group': properties['group'],
            'config': properties.get('config', self.nothing()),
            'inputs': declared_inputs(properties.get('inputs')),
            'outputs': declared_outputs(properties.get('outputs')),
            'options': properties.get('options') or {},
        }

    def attributes(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes of a resource, from its stored configuration."""
        return {'config': config.get('config')}

    def observe(self, resource: Resource) -> Observation:
        config = self.software.config(resource.project_id, resource.token)
        if config is None:
            return Observation(Reality.ABSENT)
        return Observation(
            Reality.READY,
            physical_id=resource.token,
            attributes=self.attributes(config),
            properties=config.get('properties'),
        )

    def create(self, resource: Resource) -> None:
        config = {
            'inputs': [],
            'outputs': [],
            'options': {},
            **self.content(resource),
            'name': f'{resource.stack_name}-{resource.name}-{resource.token[-12:]}',
            # `observe` returns them unchanged.
            'properties': dict(resource.properties),
        }
        self.software.keep_config(resource.project_id, resource.token, config)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        # No property may change in place. If properties differ here, heatconv did not change them:
        # restore the configuration.
        self.delete(resource)
        self.create(resource)

    def delete(self, resource: Resource) -> None:
        self.software.drop_config(resource.project_id, resource.token)


class StructuredConfig(SoftwareConfig):
    """A configuration that is a map."""

    schema = _schema(
        Property(MAP, description='The configuration, which the tool gets as JSON.'),
        'A configuration that is a map.',
    )
    nothing: ClassVar[type] = dict
