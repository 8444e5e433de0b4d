"""OS::Heat::SoftwareConfig and OS::Heat::StructuredConfig: configurations of software."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from heatconv.hot.schema import LIST, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource
from heatconv.runtime.ports import Clock


class SoftwareConfigs(Protocol):
    """Keeps software configurations, those without a stack included."""

    def config(self, project_id: str, config_id: str) -> Mapping[str, Any] | None:
        """Return a configuration, or None."""

    def keep_config(self, project_id: str, config_id: str, said: Mapping[str, Any]) -> None:
        """Save a configuration unless it exists."""

    def drop_config(self, project_id: str, config_id: str) -> None:
        """Delete a configuration if it exists."""


def _schema(config: Property, description: str) -> TypeSchema:
    return TypeSchema(
        description=description,
        properties={
            'group': Property(
                STRING, default='Heat::Ungrouped', description='What is to run it on a server.'
            ),
            'config': config,
            'options': Property(MAP, description='What the tool of the group is to know.'),
            'inputs': Property(
                LIST, default=[], schema=Property(MAP), description='What it takes.'
            ),
            'outputs': Property(
                LIST, default=[], schema=Property(MAP), description='What it gives back.'
            ),
        },
        attributes={'config': Attribute(config.type, 'What is to be run.')},
    )


class SoftwareConfig(Plugin):
    """A configuration that is a string."""

    configs: SoftwareConfigs

    schema = _schema(
        Property(STRING, description='What is to be run.'), 'A text to be run on servers.'
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
            # The properties as desired, for observations.
            'properties': dict(properties),
        }
        self.configs.keep_config(resource.project_id, resource.token, config)

    #: The default tool that applies a configuration.
    nothing: ClassVar[Callable[[], Any]] = str

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        # Every property replaces, so that no other property changes in place.
        self.delete(resource)
        self.create(resource)

    def delete(self, resource: Resource) -> None:
        self.configs.drop_config(resource.project_id, resource.token)


class StructuredConfig(SoftwareConfig):
    """A configuration that is a map."""

    schema = _schema(
        Property(MAP, description='What is to be run.'), 'A map for a tool on servers.'
    )
    nothing: ClassVar[Callable[[], Any]] = dict
