"""What users ask of one stack: it is created, updated, and resources are marked unhealthy."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass(frozen=True)
class Request:
    """A template with all that it needs.

    :ivar files: nested templates, by file name.
    """

    template: Mapping[str, Any]
    environment: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        """Return what a create and an update have in common, as heat-api sends it."""
        environment = {
            'encrypted_param_names': [],
            'event_sinks': [],
            'parameter_defaults': {},
            'parameters': {},
            'resource_registry': {},
            **self.environment,
        }
        return {
            'template': copy.deepcopy(dict(self.template)),
            'params': copy.deepcopy(environment),
            'files': {name: written(one) for name, one in self.files.items()},
            'args': {},
        }

    def failing(self) -> frozenset[str]:
        """Return the names of the resources that fail, in any of the templates."""
        return frozenset(
            name
            for template in (self.template, *self.files.values())
            for name, one in (template.get('resources') or {}).items()
            if (one.get('properties') or {}).get('fail')
        )

    def plain(self) -> dict[str, Any]:
        """Return a copy as one tree of dictionaries and lists."""
        return {
            'template': copy.deepcopy(self.template),
            'environment': copy.deepcopy(self.environment),
            'files': copy.deepcopy(self.files),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Request:
        """Make a request of what :meth:`plain` returned."""
        return cls(plain['template'], plain.get('environment', {}), plain.get('files', {}))


@dataclass(frozen=True)
class Step:
    """One call: the first of a history creates the stack, the others change it.

    :ivar request: the new template of a create or an update; None for a mark.
    :ivar unhealthy: path of the resource that is marked, such as ``('group', '0', 'inner')``.
    """

    request: Request | None = None
    unhealthy: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """The calls for one stack, in their order."""

    name: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        """Return it as YAML: the first request, then what each step changes."""
        text = [f'# {self.name}']
        shown: dict[str, Any] = {}
        for step in self.steps:
            if step.request is None:
                text.append(f'--- # mark unhealthy: {"/".join(step.unhealthy)}')
                continue
            text.append('--- # update' if shown else '--- # create')
            sections = _sections(step.request)
            for name, section in sections.items():
                if shown.get(name) != section:
                    text.append(written({name: section}).rstrip())
            text.extend(f'# without {name}' for name in shown if name not in sections)
            if sections == shown:
                text.append('# the same again')
            shown = sections
        return '\n'.join(text)


def written(value: Any) -> str:
    """Return a value as YAML without aliases."""
    return yaml.dump(value, Dumper=_Dumper, default_flow_style=None, sort_keys=False, width=95)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _sections(request: Request) -> dict[str, Any]:
    plain = request.plain()
    sections = {'template': plain['template'], 'environment': plain['environment']}
    sections |= {f'file {name}': content for name, content in plain['files'].items()}
    return {name: section for name, section in sections.items() if section}
