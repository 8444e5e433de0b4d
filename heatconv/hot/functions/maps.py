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

"""``map_merge`` and ``map_replace``: maps computed from maps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from heatconv.hot.errors import InvalidArguments, kind, shown
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.limits import Budget

_MERGE_SYNTAX = 'write {map_merge: [{key: value}, ...]}'
_REPLACE_SYNTAX = 'write {map_replace: [map, {keys: {old: new}, values: {old: new}}]}'


def map_merge(argument: Any, context: Context) -> Any:
    """Build a merge of maps."""
    return context.applied('map_merge', argument, _check_merge, merged)


def merged(argument: Any, budget: Budget) -> dict[str, Any]:
    """Merge maps: later maps take precedence, and null is an empty map.

    As in Heat (heat/engine/hot/functions.py, MapMerge).
    """
    _check_list(argument, _MERGE_SYNTAX)
    result: dict[str, Any] = {}
    for index, item in enumerate(argument):
        mapping = _map(item, index, _MERGE_SYNTAX)
        budget.spend(1 + len(mapping))
        result.update(mapping)
    return result


def map_replace(argument: Any, context: Context) -> Any:
    """Build a replacement of keys and values of a map."""
    return context.applied('map_replace', argument, _check_replace, replaced)


def replaced(argument: Any, budget: Budget) -> dict[str, Any]:
    """Replace keys and values of a map; two keys must not become equal.

    As in Heat (heat/engine/hot/functions.py, MapReplace).
    """
    _check_list(argument, _REPLACE_SYNTAX, 2)
    original = _map(argument[0], 0, _REPLACE_SYNTAX)
    replacements = _map(argument[1], 1, _REPLACE_SYNTAX)
    for key in replacements:
        if key not in ('keys', 'values'):
            raise InvalidArguments(f'it does not take {shown(key)}', '1', _REPLACE_SYNTAX)
    keys = _map(replacements.get('keys'), '1.keys', _REPLACE_SYNTAX)
    values = _map(replacements.get('values'), '1.values', _REPLACE_SYNTAX)
    budget.spend(1 + len(original))
    result: dict[str, Any] = {}
    for old, value in original.items():
        key = keys.get(old)
        if key is None:
            key = old
        elif not isinstance(key, str | int | float):
            raise InvalidArguments(f'a key must be a string, not {kind(key)}', '1.keys')
        elif (key in original and key != old) or key in result:
            raise InvalidArguments(
                f'{shown(old)} would become {shown(key)}, which is there already', '1.keys'
            )
        scalar = isinstance(value, str | int | float | None)
        result[key] = values.get(value, value) if scalar else value
    # JSON has no other keys than strings.
    return {key if isinstance(key, str) else json.dumps(key): result[key] for key in result}


def _check_merge(value: Any) -> None:
    _check_list(value, _MERGE_SYNTAX)


def _check_replace(value: Any) -> None:
    _check_list(value, _REPLACE_SYNTAX, 2)


def _check_list(value: Any, syntax: str, length: int | None = None) -> None:
    if value == '' and length is None:
        return  # an empty list to Heat
    if not isinstance(value, list):
        raise InvalidArguments(f'it needs a list of maps, not {kind(value)}', remedy=syntax)
    if length is not None and len(value) != length:
        raise InvalidArguments(f'it needs {length} maps, not {len(value)}', remedy=syntax)


def _map(value: Any, path: int | str, syntax: str) -> Mapping[Any, Any]:
    """Return a value that must be a map; null is an empty map.

    :param path: path of the value in the argument.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidArguments(f'it must be a map, not {kind(value)}', str(path), syntax)
    return value


FUNCTIONS: Mapping[str, Builder] = {'map_merge': map_merge, 'map_replace': map_replace}
