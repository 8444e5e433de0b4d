#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Environments: validation and merge.

An environment has values for the parameters of a template, and a resource registry (see
:mod:`heatconv.hot.registry`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.hot.errors import InvalidSection, TemplateError, kind, shown
from heatconv.hot.registry import TypeNames
from heatconv.hot.suggest import listing, suggestion

PARAMETERS = 'parameters'
PARAMETER_DEFAULTS = 'parameter_defaults'

_SECTIONS = (PARAMETERS, PARAMETER_DEFAULTS)
REGISTRY = 'resource_registry'
#: A section with names of parameters, which Heat encrypts in its database. It has no effect here.
_ENCRYPTED = 'encrypted_param_names'
#: Sections of Heat that are not supported: they must be empty.
_EMPTY_ONLY = ('event_sinks',)
#: A section that says how environment files are merged; see :mod:`heatconv.hot.merge_strategies`.
STRATEGIES = 'parameter_merge_strategies'
#: The sections that an environment may have.
_ALL_SECTIONS = frozenset((*_SECTIONS, REGISTRY, _ENCRYPTED, *_EMPTY_ONLY, STRATEGIES))
OVERWRITE, MERGE, DEEP_MERGE = 'overwrite', 'merge', 'deep_merge'


def validate(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Check the sections of an environment.

    :returns: an environment that always has ``parameters`` and ``parameter_defaults``, and has
        ``resource_registry`` if that is not empty.
    :raises InvalidSection: if a section is unknown, invalid or not supported.
    """
    if not isinstance(environment, Mapping):
        raise InvalidSection(f'an environment must be a map, not {kind(environment)}')
    result: dict[str, Any] = {name: {} for name in _SECTIONS}
    for name, section in environment.items():
        if name == REGISTRY:
            try:
                if TypeNames(section):
                    result[name] = dict(section)
            except TemplateError as error:
                error.under(name)
                raise
        elif name == _ENCRYPTED:
            if not isinstance(section, list | None):
                raise InvalidSection(f'it must be a list, not {kind(section)}', name)
        elif name == STRATEGIES:
            _check_strategies(section)
        elif name in _EMPTY_ONLY:
            if not _empty(section):
                raise InvalidSection(
                    f'the section {name} is not supported yet',
                    name,
                    'leave it out or empty; ' + listing(_SECTIONS),
                )
        elif name not in _SECTIONS:
            raise InvalidSection(
                f'there is no section {shown(name)} in an environment',
                str(name),
                suggestion(str(name), _SECTIONS),
            )
        elif section is not None:
            if not isinstance(section, Mapping):
                raise InvalidSection(f'it must be a map, not {kind(section)}', name)
            for key in section:
                if not isinstance(key, str):
                    raise InvalidSection('the name of a parameter must be a string', name)
            result[name] = dict(section)
    return result


def of_request(params: Any) -> Any:
    """Return the environment in a request, which may also be a map of parameters alone.

    heat-api-cfn sends parameters alone; heat-api always sends sections.
    """
    if isinstance(params, Mapping) and not any(name in _ALL_SECTIONS for name in params):
        return {PARAMETERS: params}
    return params


def merge(environments: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Check and merge environments; the last value of a parameter takes precedence.

    Merge strategies are only checked here: :mod:`heatconv.hot.merge_strategies` applies them.

    :returns: a valid environment, as :func:`validate` returns.
    :raises InvalidSection: if an environment is invalid; the path begins with its index.
    """
    merged = validate({})
    for index, environment in enumerate(environments):
        try:
            valid_environment = validate(environment)
        except TemplateError as error:
            error.under(index)
            raise
        for name in _SECTIONS:
            merged[name].update(valid_environment[name])
        if REGISTRY in valid_environment:
            merged[REGISTRY] = _merged_registry(
                merged.get(REGISTRY) or {}, valid_environment[REGISTRY]
            )
    return merged


def _merged_registry(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two registries; entries of the later one take precedence."""
    resources = {**(earlier.get('resources') or {}), **(later.get('resources') or {})}
    merged = {**earlier, **later}
    return {**merged, 'resources': resources} if resources else merged


def _check_strategies(section: Any) -> None:
    if section is None or section == []:
        return
    if not isinstance(section, Mapping):
        raise InvalidSection(f'it must be a map, not {kind(section)}', STRATEGIES)
    for name, strategy in section.items():
        if strategy not in (OVERWRITE, MERGE, DEEP_MERGE):
            raise InvalidSection(
                f'there is no strategy {shown(strategy)}',
                f'{STRATEGIES}.{name}',
                f'write {OVERWRITE}, {MERGE} or {DEEP_MERGE}',
            )


def _empty(section: Any) -> bool:
    return section is None or section in ({}, [])


def complete(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return an environment with all sections that Heat shows, empty ones included."""
    registry = environment.get(REGISTRY) or {}
    return {
        PARAMETERS: {},
        PARAMETER_DEFAULTS: {},
        'event_sinks': [],
        **environment,
        REGISTRY: {**registry, 'resources': registry.get('resources') or {}},
    }
