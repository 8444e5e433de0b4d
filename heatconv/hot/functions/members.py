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

"""``list_concat``, ``list_concat_unique``, ``filter`` and ``contains``: the items of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from heatconv.hot.errors import InvalidArguments, kind
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import ListNode, Node
from heatconv.hot.limits import Budget

_CONCAT_SYNTAX = 'write {list_concat: [[item, ...], ...]}'
_FILTER_SYNTAX = 'write {filter: [[value, ...], [item, ...]]}'
_CONTAINS_SYNTAX = 'write {contains: [value, [item, ...]]}'


def _builder(
    name: str, evaluate: Callable[[Any, Budget], Any], check: Callable[[Any], None]
) -> Builder:
    """Return the builder of a function whose argument is a list.

    :param check: raises an error if the list, which may contain nodes, is invalid.
    """

    def build(argument: Any, context: Context) -> Any:
        compiled = context.compile(argument)
        items = compiled.items if isinstance(compiled, ListNode) else compiled
        if not isinstance(items, Node):
            check(items)
        return context.evaluated(name, evaluate, compiled)

    return build


def _check_list(value: Any) -> None:
    if not isinstance(value, list):
        raise InvalidArguments(f'it needs a list of lists, not {kind(value)}', '', _CONCAT_SYNTAX)


def _check_filter(value: Any) -> None:
    if not isinstance(value, list):
        raise InvalidArguments(f'it needs a list, not {kind(value)}', '', _FILTER_SYNTAX)
    if len(value) != 2:
        raise InvalidArguments('it needs the values and a list', '', _FILTER_SYNTAX)


def _check_contains(value: Any) -> None:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidArguments('it needs a value and a list', '', _CONTAINS_SYNTAX)


def concatenated(argument: Any, budget: Budget) -> list[Any]:
    """Concatenate lists; null is an empty list."""
    _check_list(argument)
    result: list[Any] = []
    for index, item in enumerate(argument):
        if item is not None and not isinstance(item, list | tuple):
            raise InvalidArguments(
                f'it must be a list, not {kind(item)}', str(index), _CONCAT_SYNTAX
            )
        budget.spend(1 + len(item or ()))
        result.extend(item or ())
    return result


def concatenated_once(argument: Any, budget: Budget) -> list[Any]:
    """Concatenate lists without duplicates, in order of their first occurrence."""
    items = concatenated(argument, budget)
    result: list[Any] = []
    strings: dict[Any, None] = {}
    for item in items:
        if isinstance(item, str):
            # The usual case, in linear time: other items need not be hashable.
            if item not in strings:
                strings[item] = None
                result.append(item)
            continue
        budget.spend(1 + len(result))
        if item not in result:
            result.append(item)
    return result


def filtered(argument: Any, budget: Budget) -> Any:
    """Remove all occurrences of some values from a list.

    As in Heat (heat/engine/hot/functions.py, Filter).
    """
    _check_filter(argument)
    values, items = argument
    if not items:
        return items
    if not isinstance(items, list):
        raise InvalidArguments(f'it must be a list, not {kind(items)}', '1', _FILTER_SYNTAX)
    if not values:
        return items
    if not isinstance(values, list):
        raise InvalidArguments(f'it must be a list, not {kind(values)}', '0', _FILTER_SYNTAX)
    budget.spend(len(items) * (1 + len(values)))
    return [item for item in items if item not in values]


def contained(argument: Any, budget: Budget) -> bool:
    """Say whether a value is in a list, or a string in a string."""
    _check_contains(argument)
    value, items = argument
    if isinstance(items, str):
        if not isinstance(value, str):
            raise InvalidArguments(
                f'only a string can be in a string, not {kind(value)}', '0', _CONTAINS_SYNTAX
            )
        budget.spend_text(len(items))
        return value in items
    if not isinstance(items, list | tuple):
        raise InvalidArguments(f'it must be a list, not {kind(items)}', '1', _CONTAINS_SYNTAX)
    budget.spend(1 + len(items))
    return value in items


FUNCTIONS: Mapping[str, Builder] = {
    'list_concat': _builder('list_concat', concatenated, _check_list),
    'list_concat_unique': _builder('list_concat_unique', concatenated_once, _check_list),
    'filter': _builder('filter', filtered, _check_filter),
    'contains': _builder('contains', contained, _check_contains),
}
