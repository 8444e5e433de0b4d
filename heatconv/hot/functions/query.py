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

The language is that of the library yaql, with limits on work and memory. Functions whose result
differs from call to call are not available, because a check may be repeated and must then have the
same desired state.
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

#: Largest number of iterations of an expression, as in Heat.
MAX_ITERATIONS = 200
#: Largest amount of memory of an expression in bytes, as in Heat.
MEMORY_QUOTA = 10_000
#: Longest expression, in characters.
MAX_EXPRESSION = 10_000

_SYNTAX = 'write {yaql: {expression: $.data.name, data: {name: value}}}'
#: Functions of the library whose results differ from call to call.
_UNSTEADY = ('random', 'randint', 'now')


def yaql(argument: Any, context: Context) -> Any:
    """Build the value of an expression.

    :raises InvalidArguments: if a known part of the argument is invalid.
    """
    compiled = context.compile(argument)
    items = compiled.items if isinstance(compiled, MapNode) else compiled
    if not isinstance(items, Node):
        _check(items)
        if isinstance(items['expression'], str):
            _parsed(items['expression'])
    return context.evaluated('yaql', evaluated, compiled)


def evaluated(argument: Any, budget: Budget) -> Any:
    """Evaluate an expression on data.

    :raises InvalidArguments: if it is invalid, fails, or exceeds a limit.
    """
    _check(argument)
    statement = _parsed(argument['expression'])
    data = argument.get('data', {})
    budget.spend_value(data)
    context = _context().create_child_context()
    try:
        value = statement.evaluate({'data': data}, context)
    except Exception as error:  # the functions of the library raise errors of many classes
        raise InvalidArguments(
            f'the expression fails: {type(error).__name__}', 'expression'
        ) from None
    value = _plain(value)
    budget.spend_value(value)
    return value


def _plain(value: Any) -> Any:
    """Return a value of maps, lists and scalars; sets become sorted lists, others strings."""
    if isinstance(value, Mapping):
        return {_key(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=repr)
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def _key(value: Any) -> str:
    """Return the key of a map as a string, in the form of JSON."""
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return str(value)


@functools.cache
def _engine() -> Any:
    # Importing the library takes a tenth of a second, and few templates need it.
    import yaql as library  # type: ignore[import-untyped]

    options = {'yaql.limitIterators': MAX_ITERATIONS, 'yaql.memoryQuota': MEMORY_QUOTA}
    return library.YaqlFactory().create(options)


@functools.cache
def _context() -> Any:
    """Return the library's functions, of which the unsteady ones raise an error."""
    import yaql as library

    context = library.create_context()

    def unsteady(*args: Any, **kwargs: Any) -> Any:
        raise ValueError('its answer would differ from one time to the next')

    for name in _UNSTEADY:
        context.register_function(unsteady, name=name)
    return context


@functools.lru_cache(maxsize=256)
def _parsed(expression: Any) -> Any:
    """Parse an expression.

    :raises InvalidArguments: if it is not valid.
    """
    if not isinstance(expression, str):
        raise InvalidArguments(f'it must be a string, not {kind(expression)}', 'expression')
    if len(expression) > MAX_EXPRESSION:
        raise InvalidArguments(
            f'it is longer than {MAX_EXPRESSION} characters', 'expression', _SYNTAX
        )
    try:
        return _engine()(expression)
    except Exception:  # from the library's lexer or parser, or a RecursionError
        raise InvalidArguments('this is no expression', 'expression', _SYNTAX) from None


def _check(argument: Any) -> None:
    """Check an argument whose parts may be nodes."""
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
