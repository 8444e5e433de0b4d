"""The language of scenarios: templates in the form of the convergence prototype.

A template is translated to HOT, so that the engine and the workers of a simulation compile and
resolve it like any other.
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
    """Refer to another resource: its physical id."""

    target_name: str

    def hot(self) -> dict[str, Any]:
        return {'get_resource': self.target_name}


@dataclass(frozen=True)
class GetAtt:
    """Refer to an attribute of another resource: its property of that name."""

    target_name: str
    attr: str

    def hot(self) -> dict[str, Any]:
        return {'get_attr': [self.target_name, self.attr]}


@dataclass(frozen=True)
class RsrcDef:
    """Define a resource.

    :ivar properties: references are resolved at the top level only; if the name of a property
        contains ``!``, a change of its value replaces the resource.
    :ivar depends_on: names of required resources without a reference.
    :ivar hooks: hooks that it waits at: ``pre-create``, ``post-update``, ...
    """

    properties: Mapping[str, Any]
    depends_on: Iterable[str]
    hooks: tuple[str, ...] = ()

    def references(self) -> tuple[str, ...]:
        """Return the names of the required resources, each once."""
        referred = [
            value.target_name
            for value in self.properties.values()
            if isinstance(value, GetRes | GetAtt)
        ]
        return tuple(dict.fromkeys([*referred, *self.depends_on]))

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
    """A template; it may be submitted again, and by several stacks.

    :ivar key: a name for traces, without further effect.
    """

    resources: Mapping[str, RsrcDef] = field(default_factory=dict)
    key: Any = None

    @property
    def content(self) -> dict[str, Any]:
        """Return the stored content: the template in HOT, and an environment with hooks."""
        try:
            return self._content
        except AttributeError:
            template = {
                'heat_template_version': VERSION,
                'resources': {name: requested.hot() for name, requested in self.resources.items()},
            }
            hooks = {
                name: list(requested.hooks)
                for name, requested in self.resources.items()
                if requested.hooks
            }
            registry = {
                'resources': {name: {'hooks': requested} for name, requested in hooks.items()}
            }
            self._content: dict[str, Any] = {
                'template': template,
                'environment': {'resource_registry': registry} if hooks else {},
                'files': {},
            }
            return self._content

    def __repr__(self) -> str:
        return f'Template({dict(self.resources)!r})'
