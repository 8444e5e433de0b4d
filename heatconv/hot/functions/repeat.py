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

"""``repeat``: a list with one item for each of many values."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.hot import versions
from heatconv.hot.errors import InvalidArguments, TemplateError, kind
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import MapNode, Node
from heatconv.hot.limits import Budget

#: From this version on values may come from the keys of a map.
_MAPS_SINCE = '2016-10-14'
#: From this version on the argument may ask for one value of each list at a time, instead of all
#: combinations.
_IN_STEP_SINCE = '2017-09-01'
_SYNTAX = 'write {repeat: {template: ..., for_each: {placeholder: [value, ...]}}}'


def repeat(argument: Any, context: Context) -> Any:
    """Build a repetition.

    :raises InvalidArguments: if a known part of the argument is invalid.
    """
    compiled = _compiled(argument, context)
    in_step, maps = context.version.since(_IN_STEP_SINCE), context.version.since(_MAPS_SINCE)

    def evaluate(resolved: Any, budget: Budget) -> list[Any]:
        return repeated(resolved, budget, maps, in_step)

    items = compiled.items if isinstance(compiled, MapNode) else compiled
    if not isinstance(items, Node):
        _check(items, in_step)
    return context.evaluated('repeat', evaluate, compiled)


def _compiled(argument: Any, context: Context) -> Any:
    """Compile the argument.

    A placeholder may look like a function without being the name of one.
    """
    for_each = argument.get('for_each') if isinstance(argument, dict) else None
    if not isinstance(for_each, dict) or any(name in versions.FUNCTIONS for name in for_each):
        return context.compile(argument)
    compiled = {}
    for key, item in argument.items():
        try:
            compiled_item = (
                context.compile_map(item) if key == 'for_each' else context.compile(item)
            )
        except TemplateError as error:
            error.under(key)
            raise
        compiled[key] = compiled_item
    return (
        MapNode(compiled)
        if any(isinstance(item, Node) for item in compiled.values())
        else compiled
    )


def repeated(argument: Any, budget: Budget, maps: bool, in_step: bool) -> list[Any]:
    """Fill in a template for each combination of values.

    As in Heat (heat/engine/hot/functions.py, Repeat and its subclasses).

    :param maps: whether the values may be the keys of a map.
    :param in_step: whether the argument may ask for one value of each list at a time.
    """
    _check(argument, in_step)
    for_each = argument['for_each']
    if not isinstance(for_each, Mapping) or not for_each:
        raise InvalidArguments('it must be a map with something in it', 'for_each', _SYNTAX)
    combines = argument.get('permutations', True) if in_step else True
    values = []
    for name, declared in for_each.items():
        if not name:
            raise InvalidArguments('a placeholder must not be empty', 'for_each', _SYNTAX)
        allowed = list | tuple | Mapping if maps and combines else list | tuple
        if declared is not None and not isinstance(declared, allowed):
            expected = 'a list or a map' if maps and combines else 'a list'
            error = InvalidArguments(f'it must be {expected}, not {kind(declared)}', '', _SYNTAX)
            error.under('for_each', name)
            raise error
        values.append(list(declared or ()))
    lengths = [len(items) for items in values]
    if not combines:
        list_lengths = {
            len(items)
            for items, declared in zip(values, for_each.values(), strict=True)
            if declared is not None
        }
        if len(list_lengths) > 1:
            raise InvalidArguments(
                'the lists must be equally long where they are not combined', 'for_each'
            )
    count = math.prod(lengths) if combines else min(lengths)
    budget.spend(count)
    names = tuple(for_each)
    combinations = itertools.product(*values) if combines else zip(*values, strict=False)
    return [
        _filled(argument['template'], names, combination, budget) for combination in combinations
    ]


def _filled(template: Any, names: Sequence[str], values: Sequence[Any], budget: Budget) -> Any:
    """Replace placeholders in all strings of a template, keys included."""
    if isinstance(template, str):
        for name, value in zip(names, values, strict=True):
            if not isinstance(value, str):
                raise InvalidArguments(
                    f'what is put into a text must be a string, not {kind(value)}',
                    'for_each',
                    'write numbers in quotes',
                )
            if name in template:
                growth = template.count(name) * max(len(value) - len(name), 0)
                budget.spend_text(len(template) + growth)
                template = template.replace(name, value)
        return template
    if isinstance(template, Mapping):
        budget.spend(1 + len(template))
        filled = {}
        for key, item in template.items():
            filled_key = _filled(key, names, values, budget)
            filled[filled_key] = _filled(item, names, values, budget)
        return filled
    if isinstance(template, list | tuple):
        budget.spend(1 + len(template))
        return [_filled(item, names, values, budget) for item in template]
    return template


def _check(argument: Any, in_step: bool) -> None:
    """Check an argument whose parts may be nodes."""
    if not isinstance(argument, Mapping):
        raise InvalidArguments(f'it needs a map, not {kind(argument)}', '', _SYNTAX)
    for key in ('for_each', 'template'):
        if key not in argument:
            raise InvalidArguments(f'{key!r} is missing', '', _SYNTAX)
    if not isinstance(argument['for_each'], Mapping | Node):
        raise InvalidArguments(
            f'it must be a map, not {kind(argument["for_each"])}', 'for_each', _SYNTAX
        )
    if in_step and not isinstance(argument.get('permutations', True), bool | Node):
        raise InvalidArguments('it must be true or false', 'permutations')


FUNCTIONS: Mapping[str, Builder] = {'repeat': repeat}
