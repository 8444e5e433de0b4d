"""The language of scenarios: templates in the notation of the convergence prototype.

Templates are translated to HOT, so that the engine and the workers of a simulation compile and
resolve them like any other template.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The type of every resource of a scenario.
TYPE = 'Sim::Resource'

VERSION = '2021-04-16'


@dataclass(frozen=True)
class GetRes:
    """A reference to the physical id of another resource."""

    target_name: str

    def hot(self) -> dict[str, Any]:
        return {'get_resource': self.target_name}


@dataclass(frozen=True)
class GetAtt:
    """A reference to an attribute of another resource: the property of the same name."""

    target_name: str
    attr: str

    def hot(self) -> dict[str, Any]:
        return {'get_attr': [self.target_name, self.attr]}


@dataclass(frozen=True)
class RsrcDef:
    """A resource definition.

    :ivar properties: values and references by name. References are recognized at the top level
        only. If the name of a property contains ``!``, a change of its value replaces the
        resource.
    :ivar depends_on: names of resources that are required without a reference.
    :ivar hooks: the hooks that the resource waits at: ``pre-create``, ``post-update``, ...
    """

    properties: Mapping[str, Any]
    depends_on: Iterable[str]
    hooks: tuple[str, ...] = ()

    def references(self) -> tuple[str, ...]:
        """Return the names of all required resources, without duplicates."""
        targets = [
            value.target_name
            for value in self.properties.values()
            if isinstance(value, GetRes | GetAtt)
        ]
        return tuple(dict.fromkeys([*targets, *self.depends_on]))

    def hot(self) -> dict[str, Any]:
        properties = {
            name: value.hot() if isinstance(value, GetRes | GetAtt) else value
            for name, value in self.properties.items()
        }
        definition: dict[str, Any] = {'type': TYPE, 'properties': properties}
        if self.depends_on:
            definition['depends_on'] = list(self.depends_on)
        return definition


@dataclass(eq=False)
class Template:
    """A template; several requests and stacks may use it.

    :ivar resources: the resource definitions by name.
    :ivar key: a name of the template, for traces; it has no other effect.
    """

    resources: Mapping[str, RsrcDef] = field(default_factory=dict)
    key: Any = None

    @property
    def content(self) -> dict[str, Any]:
        """Return the content to store: the template in HOT, and an environment with the hooks."""
        try:
            return self._content
        except AttributeError:
            template = {
                'heat_template_version': VERSION,
                'resources': {
                    name: definition.hot() for name, definition in self.resources.items()
                },
            }
            hooks = {
                name: list(definition.hooks)
                for name, definition in self.resources.items()
                if definition.hooks
            }
            registry = {
                'resources': {name: {'hooks': hook_names} for name, hook_names in hooks.items()}
            }
            self._content: dict[str, Any] = {
                'template': template,
                'environment': {'resource_registry': registry} if hooks else {},
                'files': {},
            }
            return self._content

    def __repr__(self) -> str:
        return f'Template({dict(self.resources)!r})'
