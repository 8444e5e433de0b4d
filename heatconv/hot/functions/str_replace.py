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

"""``str_replace`` and its strict variants: placeholders in a text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.hot import versions
from heatconv.hot.errors import InvalidArguments, TemplateError, kind, shown
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import MapNode, Node
from heatconv.hot.limits import Budget
from heatconv.hot.suggest import suggestion

#: From this version on maps and lists are replaced by their JSON.
_JSON_SINCE = '2015-10-15'
_SYNTAX = 'write {str_replace: {template: text, params: {placeholder: value}}}'
#: Searching this many characters costs about as much as building a value.
_SEARCHED_PER_UNIT = 2_000


def str_replace(argument: Any, context: Context) -> Any:
    """Build a replacement of placeholders.

    :raises InvalidArguments: if a known part of the argument is invalid.
    """
    later = context.version.since(_JSON_SINCE)
    evaluate = replace_with_json if later else replace_scalars
    return _built('str_replace', evaluate, argument, context)


def str_replace_strict(argument: Any, context: Context) -> Any:
    """Build a replacement whose placeholders must all occur."""
    return _built('str_replace_strict', replace_strictly, argument, context)


def str_replace_vstrict(argument: Any, context: Context) -> Any:
    """Build a replacement whose placeholders must all occur and have a value."""
    return _built('str_replace_vstrict', replace_very_strictly, argument, context)


def _built(
    name: str, evaluate: Callable[[Any, Budget], str], argument: Any, context: Context
) -> Any:
    """Compile the argument, check its known parts, and apply the function to it."""
    compiled = _compiled(argument, context)
    items = compiled.items if isinstance(compiled, MapNode) else compiled
    if isinstance(items, dict):
        _check_keys(items)
        _check_known(items)
    elif not isinstance(compiled, Node):
        raise InvalidArguments(f'it needs a map, not {kind(compiled)}', remedy=_SYNTAX)
    return context.evaluated(name, evaluate, compiled)


def _compiled(argument: Any, context: Context) -> Any:
    """Compile the argument.

    A placeholder may look like a function without being the name of one.
    """
    params = argument.get('params') if isinstance(argument, dict) else None
    if not isinstance(params, dict) or any(name in versions.FUNCTIONS for name in params):
        return context.compile(argument)
    compiled = {}
    for key, item in argument.items():
        try:
            compile_part = context.compile_map if key == 'params' else context.compile
            compiled[key] = compile_part(item)
        except TemplateError as error:
            error.under(key)
            raise
    dynamic = any(isinstance(item, Node) for item in compiled.values())
    return MapNode(compiled) if dynamic else compiled


def replace_with_json(argument: Any, budget: Budget) -> str:
    """Replace placeholders; maps and lists are replaced by their JSON."""
    return _replace(argument, budget, structures=True)


def replace_scalars(argument: Any, budget: Budget) -> str:
    """Replace placeholders by strings, numbers and booleans only."""
    return _replace(argument, budget, structures=False)


def replace_strictly(argument: Any, budget: Budget) -> str:
    """Replace placeholders, each of which must occur in the text."""
    return _replace(argument, budget, structures=True, strict=True)


def replace_very_strictly(argument: Any, budget: Budget) -> str:
    """Replace placeholders, each of which must occur in the text and have a value."""
    return _replace(argument, budget, structures=True, strict=True, filled=True)


def _check_keys(items: Mapping[str, Any]) -> None:
    """Check that an argument has exactly the keys that it must have."""
    for key in items:
        if key not in ('template', 'params'):
            raise InvalidArguments(
                f'it does not take {shown(key)}',
                remedy=suggestion(key, ('template', 'params')),
            )
    for key in ('template', 'params'):
        if key not in items:
            raise InvalidArguments(f'{key!r} is missing', remedy=_SYNTAX)


def _check_known(items: Mapping[str, Any]) -> None:
    """Check the parts of an argument that are not nodes."""
    template, params = items['template'], items['params']
    if not isinstance(template, str | Node):
        raise InvalidArguments(f'it must be a string, not {kind(template)}', 'template', _SYNTAX)
    if isinstance(params, MapNode):
        params = params.items
    if not isinstance(params, Mapping | Node):
        raise InvalidArguments(f'it must be a map, not {kind(params)}', 'params', _SYNTAX)
    if isinstance(params, Mapping) and '' in params:
        raise InvalidArguments('a placeholder must not be empty', 'params', _SYNTAX)


def _replace(
    argument: Any, budget: Budget, structures: bool, strict: bool = False, filled: bool = False
) -> str:
    """Replace all placeholders, from the longest to the shortest, and alphabetically among equals.

    Inserted text is not searched again. All this is as in Heat (heat/engine/hot/functions.py,
    Replace).

    :param structures: whether maps and lists are allowed as values.
    :param strict: whether each placeholder must occur.
    :param filled: whether each value must not be empty.
    """
    if not isinstance(argument, Mapping):
        raise InvalidArguments(f'it needs a map, not {kind(argument)}', remedy=_SYNTAX)
    _check_keys(argument)
    _check_known(argument)
    template: str = argument['template']
    params: Mapping[str, Any] = argument['params']
    budget.spend(len(params) * (1 + len(template) // _SEARCHED_PER_UNIT))
    # The result so far is texts[0] + values[0] + texts[1] + values[1] + ... + texts[-1].
    texts: list[str] = [template]
    values: list[str] = []
    for key in sorted(params, key=lambda key: (-len(key), key)):
        # Unused values must be valid too, as in Heat.
        value = _text(params[key], key, budget, structures)
        if filled and (not value or params[key] in ([], {})):
            raise InvalidArguments('the value must not be empty', f'params.{key}')
        if strict and not any(key in text for text in texts):
            raise InvalidArguments('it is not in the text', f'params.{key}')
        if key not in template:
            continue
        budget.spend(len(texts))
        new_texts: list[str] = []
        new_values: list[str] = []
        for index, text in enumerate(texts):
            if index:
                new_values.append(values[index - 1])
            pieces = text.split(key)
            new_texts.extend(pieces)
            new_values.extend([value] * (len(pieces) - 1))
        texts, values = new_texts, new_values
    budget.spend_text(sum(map(len, texts)) + sum(map(len, values)))
    result = [texts[0]]
    for value, text in zip(values, texts[1:], strict=True):
        result.append(value)
        result.append(text)
    return ''.join(result)


def _text(value: Any, key: str, budget: Budget, structures: bool) -> str:
    """Return the text that replaces the placeholder ``key``."""
    if value is None:
        return ''
    if isinstance(value, str | int | float):
        return str(value)
    if structures and isinstance(value, Mapping | list | tuple):
        return as_json(value, budget)
    allowed = 'a string, number, boolean, map or list' if structures else 'a string or number'
    error = InvalidArguments(f'the value must be {allowed}, not {kind(value)}')
    error.under('params', key)
    raise error


def as_json(value: Any, budget: Budget) -> str:
    """Return a value as JSON, keys sorted."""
    # Escaping may turn one character into twelve, so the result is charged as well.
    budget.spend_value(value)
    try:
        text = json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        raise InvalidArguments('the value cannot be written as JSON') from None
    budget.spend_text(len(text))
    return text


FUNCTIONS: Mapping[str, Builder] = {
    'str_replace': str_replace,
    'str_replace_strict': str_replace_strict,
    'str_replace_vstrict': str_replace_vstrict,
}
