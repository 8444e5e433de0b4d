"""OS::Heat::SoftwareConfig and OS::Heat::StructuredConfig: what is to be run on a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from heatconv.hot.schema import LIST, MAP, STRING, Attribute, Property, TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource
from heatconv.runtime.ports import Clock


class SoftwareConfigs(Protocol):
    """Keeps software configurations, those that users make without a stack too."""

    def config(self, project_id: str, config_id: str) -> Mapping[str, Any] | None:
        """Return a configuration, or None."""

    def keep_config(self, project_id: str, config_id: str, said: Mapping[str, Any]) -> None:
        """Keep a configuration, unless it is there."""

    def drop_config(self, project_id: str, config_id: str) -> None:
        """Forget a configuration; fine if it is not there."""


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
    """A configuration that is a text."""

    configs: SoftwareConfigs

    schema = _schema(
        Property(STRING, description='What is to be run.'), 'A text to be run on servers.'
    )

    def __init__(self, records: Any, clock: Clock) -> None:
        pass

    def observe(self, resource: Resource) -> Observation:
        found = self.configs.config(resource.project_id, resource.token)
        if found is None:
            return Observation(Reality.ABSENT)
        return Observation(
            Reality.READY,
            physical_id=resource.token,
            attributes={'config': found.get('config')},
            properties=found.get('properties'),
        )

    def create(self, resource: Resource) -> None:
        given = resource.properties
        said = {
            'group': given['group'],
            'name': f'{resource.stack_name}-{resource.name}-{resource.token[-12:]}',
            'config': given.get('config', self.nothing()),
            'inputs': given['inputs'],
            'outputs': given['outputs'],
            'options': given.get('options') or {},
            # As asked for, to tell it again.
            'properties': dict(given),
        }
        self.configs.keep_config(resource.project_id, resource.token, said)

    #: Makes what there is to run where nothing is said.
    nothing: ClassVar[Callable[[], Any]] = str

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        # Every property replaces: whatever differs was not changed by us.
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
