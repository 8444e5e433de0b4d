"""OS::Heat::SoftwareConfig and OS::Heat::StructuredConfig: what a tool runs on a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from heatconv.hot.schema import LIST, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource
from heatconv.runtime.ports import Clock


class SoftwareConfigs(Protocol):
    """Keeps software configurations, including those that users create without a stack."""

    def config(self, project_id: str, config_id: str) -> Mapping[str, Any] | None:
        """Return a configuration, or None."""

    def keep_config(self, project_id: str, config_id: str, content: Mapping[str, Any]) -> None:
        """Save a configuration unless it exists."""

    def drop_config(self, project_id: str, config_id: str) -> None:
        """Delete a configuration if it exists."""


def _schema(config: Property, description: str) -> TypeSchema:
    """Return the schema of a type of configuration, which depends on the type of ``config``."""
    return TypeSchema(
        description=description,
        properties={
            'group': Property(
                STRING,
                default='Heat::Ungrouped',
                description='The tool that applies it on a server.',
            ),
            'config': config,
            'options': Property(MAP, description='Options for the tool of the group.'),
            'inputs': Property(LIST, default=[], schema=Property(MAP), description='Its inputs.'),
            'outputs': Property(
                LIST, default=[], schema=Property(MAP), description='Its outputs.'
            ),
        },
        attributes={'config': Attribute(config.type, 'The configuration.')},
    )


class SoftwareConfig(Plugin):
    """A configuration that is a string."""

    configs: SoftwareConfigs

    schema = _schema(
        Property(STRING, description='The configuration.'), 'A configuration that is a string.'
    )

    def __init__(self, records: Any, clock: Clock) -> None:
        pass

    def observe(self, resource: Resource) -> Observation:
        config = self.configs.config(resource.project_id, resource.token)
        if config is None:
            return Observation(Reality.ABSENT)
        return Observation(
            Reality.READY,
            physical_id=resource.token,
            attributes={'config': config.get('config')},
            properties=config.get('properties'),
        )

    def create(self, resource: Resource) -> None:
        properties = resource.properties
        config = {
            'group': properties['group'],
            'name': f'{resource.stack_name}-{resource.name}-{resource.token[-12:]}',
            'config': properties.get('config', self.nothing()),
            'inputs': properties['inputs'],
            'outputs': properties['outputs'],
            'options': properties.get('options') or {},
            # `observe` returns them unchanged.
            'properties': dict(properties),
        }
        self.configs.keep_config(resource.project_id, resource.token, config)

    #: Creates the configuration if the property ``config`` is missing: an empty one.
    nothing: ClassVar[Callable[[], Any]] = str

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        # No property may change in place. If properties differ here, heatconv did not change them:
        # restore the configuration.
        self.delete(resource)
        self.create(resource)

    def delete(self, resource: Resource) -> None:
        self.configs.drop_config(resource.project_id, resource.token)


class StructuredConfig(SoftwareConfig):
    """A configuration that is a map."""

    schema = _schema(
        Property(MAP, description='The configuration.'), 'A configuration that is a map.'
    )
    nothing: ClassVar[Callable[[], Any]] = dict
