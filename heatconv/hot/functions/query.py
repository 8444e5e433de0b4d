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

"""``yaql``: expressions over data.

The language is that of the library yaql, within limits on work and memory. What it has
that would give another answer each time is left out: a check may be repeated.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from heatconv.hot.errors import InvalidArguments, kind, shown
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import MapNode, Node
from heatconv.hot.limits import Budget

#: How often an expression may go round, and the bytes it may take, as in Heat.
MAX_ITERATIONS = 200
MEMORY_QUOTA = 10_000
#: Characters of an expression.
MAX_EXPRESSION = 10_000

_SYNTAX = 'write {yaql: {expression: $.data.name, data: {name: value}}}'
#: Functions of the library whose answers differ from one time to the next.
_UNSTEADY = ('random', 'randint', 'now')


def yaql(argument: Any, context: Context) -> Any:
    """Build an expression.

    :raises InvalidArguments: if what is known of the argument is wrong.
    """
    compiled = context.compile(argument)
    known = compiled.items if isinstance(compiled, MapNode) else compiled
    if not isinstance(known, Node):
        _check(known)
        if isinstance(known['expression'], str):
            _parsed(known['expression'])
    return context.evaluated('yaql', evaluated, compiled)


def evaluated(argument: Any, budget: Budget) -> Any:
    """Evaluate an expression on data.

    :raises InvalidArguments: if it is wrong, or fails, or takes too much.
    """
    _check(argument)
    statement = _parsed(argument['expression'])
    data = argument.get('data', {})
    budget.spend_value(data)
    context = _context().create_child_context()
    try:
        value = statement.evaluate({'data': data}, context)
    except Exception as error:  # whatever a function of the library raises
        raise InvalidArguments(
            f'the expression fails: {type(error).__name__}', 'expression'
        ) from None
    value = _plain(value)
    budget.spend_value(value)
    return value


def _plain(value: Any) -> Any:
    """Return a value of maps, lists and scalars; others are written as text."""
    if isinstance(value, Mapping):
        return {_key(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(one) for one in value), key=repr)
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _key(value: Any) -> str:
    """Write a key as JSON does."""
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value)


@functools.cache
def _engine() -> Any:
    # It takes a tenth of a second to load, and few templates ask for it.
    import yaql as library  # type: ignore[import-untyped]

    options = {'yaql.limitIterators': MAX_ITERATIONS, 'yaql.memoryQuota': MEMORY_QUOTA}
    return library.YaqlFactory().create(options)


@functools.cache
def _context() -> Any:
    import yaql as library

    context = library.create_context()

    def unsteady(*args: Any, **kwargs: Any) -> Any:
        raise ValueError('its answer would differ from one time to the next')

    for name in _UNSTEADY:
        context.register_function(unsteady, name=name)
    return context


@functools.lru_cache(maxsize=256)
def _parsed(expression: Any) -> Any:
    if not isinstance(expression, str):
        raise InvalidArguments(f'it must be a string, not {kind(expression)}', 'expression')
    if len(expression) > MAX_EXPRESSION:
        raise InvalidArguments(
            f'it is longer than {MAX_EXPRESSION} characters', 'expression', _SYNTAX
        )
    try:
        return _engine()(expression)
    except Exception:  # of the library's lexer, parser, or Python's recursion
        raise InvalidArguments('this is no expression', 'expression', _SYNTAX) from None


def _check(argument: Any) -> None:
    if not isinstance(argument, Mapping):
        raise InvalidArguments(f'it needs a map, not {kind(argument)}', '', _SYNTAX)
    for key in argument:
        if key not in ('expression', 'data'):
            raise InvalidArguments(f'it does not take {shown(key)}', '', _SYNTAX)
    if 'expression' not in argument:
        raise InvalidArguments("'expression' is missing", '', _SYNTAX)
    if not isinstance(argument['expression'], str | Node):
        raise InvalidArguments(
            f'it must be a string, not {kind(argument["expression"])}', 'expression', _SYNTAX
        )


FUNCTIONS: Mapping[str, Builder] = {'yaql': yaql}
