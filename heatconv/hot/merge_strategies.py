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

``parameter_merge_strategies`` says for each parameter, or as ``default``, whether a later file
overwrites a value or is merged with it (heat/common/environment_util.py).
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
    """Say whether any environment has strategies."""
    return any(
        isinstance(environment, Mapping) and environment.get(STRATEGIES)
        for environment in environments
    )


def merged(
    environments: Sequence[Mapping[str, Any]], types: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the merged values of parameters, and of defaults.

    :param environments: checked, in order.
    :param types: types of the parameters of the template; others are ignored.
    :raises TemplateError: if a value cannot be merged, or two files name different strategies;
        with the number of the environment as path.
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
    new: Mapping[str, Any],
    strategies: Mapping[str, Any],
    requested: dict[str, str],
    types: Mapping[str, str],
) -> None:
    first = not values
    for name, value in new.items():
        if name not in types or value is None:
            if first:
                values[name] = value
            continue
        strategy = _strategy(strategies, name, requested)
        if requested.setdefault(name, strategy) != strategy:
            raise InvalidSection(
                f'the environments ask to {requested[name]} it, and to {strategy} it', name
            )
        if first or strategy == OVERWRITE:
            values[name] = value
            continue
        try:
            values[name] = _together(values.get(name), value, types[name], strategy == DEEP_MERGE)
        except TemplateError as error:
            error.under(name)
            raise


def _strategy(strategies: Mapping[str, Any], name: str, requested: Mapping[str, str]) -> str:
    if not strategies:
        # A file without a strategy overwrites, as in Heat, whatever others say.
        return requested.get(name, OVERWRITE)
    default = str(strategies.get(_DEFAULT, OVERWRITE))
    return str(strategies.get(name, requested.get(name, default)))


def _together(old: Any, new: Any, type_: str, deep: bool) -> Any:
    if type_ == JSON:
        return _maps(_read(old) or {}, _read(new), deep)
    if type_ == LIST:
        return _lists(old, new)
    if type_ == STRING and isinstance(new, str) and isinstance(old, str | None):
        return (old or '') + new
    if type_ == NUMBER and _is_number(new) and (old is None or _is_number(old)):
        return (old or 0) + new
    raise InvalidSection(
        f'{kind(new)} cannot be merged', remedy=f'leave its strategy out, or {OVERWRITE} it'
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else value
    except (ValueError, RecursionError):
        raise InvalidSection('it is no JSON') from None


def _lists(old: Any, new: Any) -> Any:
    if not old:
        return new
    if isinstance(new, list) and isinstance(old, list):
        return [*old, *new]
    if isinstance(new, str) and isinstance(old, str):
        return f'{old},{new}'
    raise InvalidSection(f'{kind(new)} cannot be merged with {kind(old)}')


def _maps(old: Any, new: Any, deep: bool) -> Any:
    if not old:
        return new
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        raise InvalidSection(f'{kind(new)} cannot be merged with {kind(old)}')
    combined = dict(old)
    for key, value in new.items():
        before = combined.get(key)
        if value is None:
            continue
        if not deep or not before:
            combined[key] = value
        elif isinstance(value, Mapping):
            combined[key] = _maps(before, value, deep)
        elif isinstance(value, list):
            combined[key] = _lists(before, value)
        elif isinstance(value, str) and isinstance(before, str):
            combined[key] = before + value
        else:
            combined[key] = value
    return combined
