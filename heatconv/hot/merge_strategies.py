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

"""Merge strategies for the parameters of environment files.

The section ``parameter_merge_strategies`` sets for each parameter whether the value of a later
file overwrites the value of an earlier file or is merged with it. Its entry ``default`` applies to
all other parameters (heat/common/environment_util.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.hot.environment import (
    DEEP_MERGE,
    OVERWRITE,
    PARAMETER_DEFAULTS,
    PARAMETERS,
    STRATEGIES,
)
from heatconv.hot.errors import InvalidSection, TemplateError, kind
from heatconv.hot.parameters import JSON, LIST, NUMBER, STRING

_DEFAULT = 'default'


def asked_for(environments: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether any environment sets merge strategies."""
    return any(
        isinstance(environment, Mapping) and environment.get(STRATEGIES)
        for environment in environments
    )


def merged(
    environments: Sequence[Mapping[str, Any]], types: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Merge the sections ``parameters`` and ``parameter_defaults`` of environments.

    :param environments: valid environments, the earliest first.
    :param types: the type of each parameter of the template. Other parameters are never merged.
    :returns: the values of each of the two sections.
    :raises TemplateError: if a value cannot be merged, or two environments set different
        strategies for a parameter; the path begins with the index of the environment.
    """
    result: dict[str, dict[str, Any]] = {PARAMETERS: {}, PARAMETER_DEFAULTS: {}}
    requested: dict[str, str] = {}
    for index, environment in enumerate(environments):
        strategies = environment.get(STRATEGIES) or {}
        for section, values in result.items():
            try:
                _merge(values, environment.get(section) or {}, strategies, requested, types)
            except TemplateError as error:
                error.under(index, section)
                raise
    return result


def _merge(
    values: dict[str, Any],
    new_values: Mapping[str, Any],
    strategies: Mapping[str, Any],
    requested: dict[str, str],
    types: Mapping[str, str],
) -> None:
    """Merge the values of the next environment into those of the earlier ones, in place.

    If there are no earlier values, all new values are copied. Otherwise undeclared parameters and
    nulls are ignored.

    :param strategies: strategies that the next environment sets.
    :param requested: strategy of each parameter in the earlier environments; this adds to it.
    """
    is_first = not values
    for name, value in new_values.items():
        if name not in types or value is None:
            if is_first:
                values[name] = value
            continue
        strategy = _strategy(strategies, name, requested)
        if requested.setdefault(name, strategy) != strategy:
            raise InvalidSection(
                f'the environments ask to {requested[name]} it, and to {strategy} it', name
            )
        if is_first or strategy == OVERWRITE:
            values[name] = value
            continue
        try:
            values[name] = _merged_value(
                values.get(name), value, types[name], strategy == DEEP_MERGE
            )
        except TemplateError as error:
            error.under(name)
            raise


def _strategy(strategies: Mapping[str, Any], name: str, requested: Mapping[str, str]) -> str:
    """Return the strategy of a parameter in one environment.

    :param strategies: strategies that this environment sets.
    :param requested: strategy of each parameter in the earlier environments.
    """
    if not strategies:
        # The strategies of earlier files apply to a file without any; otherwise it overwrites, as
        # in Heat.
        return requested.get(name, OVERWRITE)
    default = str(strategies.get(_DEFAULT, OVERWRITE))
    return str(strategies.get(name, requested.get(name, default)))


def _merged_value(old: Any, new: Any, type_: str, deep: bool) -> Any:
    """Merge two values of a parameter: append strings and lists, add numbers, unite maps.

    :param old: the earlier value, or None.
    :param type_: type of the parameter.
    :param deep: also merge the values of keys that both maps have.
    """
    if type_ == JSON:
        return _merged_maps(_parsed_json(old) or {}, _parsed_json(new), deep)
    if type_ == LIST:
        return _merged_lists(old, new)
    if type_ == STRING and isinstance(new, str) and isinstance(old, str | None):
        return (old or '') + new
    if type_ == NUMBER and _is_number(new) and (old is None or _is_number(old)):
        return (old or 0) + new
    raise InvalidSection(
        f'{kind(new)} cannot be merged', remedy=f'leave its strategy out, or {OVERWRITE} it'
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parsed_json(value: Any) -> Any:
    """Parse a string as JSON; return any other value, and '', as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else value
    except (ValueError, RecursionError):
        raise InvalidSection('it is no JSON') from None


def _merged_lists(old: Any, new: Any) -> Any:
    """Append a list to a list, or comma-separated text to comma-separated text."""
    if not old:
        return new
    if isinstance(new, list) and isinstance(old, list):
        return [*old, *new]
    if isinstance(new, str) and isinstance(old, str):
        return f'{old},{new}'
    raise InvalidSection(f'{kind(new)} cannot be merged with {kind(old)}')


def _merged_maps(old: Any, new: Any, deep: bool) -> Any:
    """Merge two maps; a null in the new one keeps the old value."""
    if not old:
        return new
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        raise InvalidSection(f'{kind(new)} cannot be merged with {kind(old)}')
    combined = dict(old)
    for key, value in new.items():
        old_value = combined.get(key)
        if value is None:
            continue
        if not deep or not old_value:
            combined[key] = value
        elif isinstance(value, Mapping):
            combined[key] = _merged_maps(old_value, value, deep)
        elif isinstance(value, list):
            combined[key] = _merged_lists(old_value, value)
        elif isinstance(value, str) and isinstance(old_value, str):
            combined[key] = old_value + value
        else:
            combined[key] = value
    return combined
