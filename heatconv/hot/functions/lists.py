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

"""``list_join``: one string from the items of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot.errors import InvalidArguments, kind
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import ListNode, Node
from heatconv.hot.functions.str_replace import as_json
from heatconv.hot.limits import Budget

#: From this version on there may be several lists, with maps and lists in them.
_SEVERAL_SINCE = '2015-10-15'
_ONE_SYNTAX = 'write {list_join: [delimiter, [item, ...]]}'
_SEVERAL_SYNTAX = 'write {list_join: [delimiter, [item, ...], ...]}'


def list_join(argument: Any, context: Context) -> Any:
    """Build a join of the items of one list or, in later versions, of several.

    :raises InvalidArguments: if a known part of the argument is invalid.
    """
    several = context.version.since(_SEVERAL_SINCE)
    compiled = context.compile(argument)
    _check(compiled.items if isinstance(compiled, ListNode) else compiled, several)
    evaluate = join_several if several else join_one
    return context.evaluated('list_join', evaluate, compiled)


def join_one(argument: Any, budget: Budget) -> str:
    """Join the strings of one list."""
    return _join(argument, budget, several=False)


def join_several(argument: Any, budget: Budget) -> str:
    """Join the items of several lists; maps and lists become JSON."""
    return _join(argument, budget, several=True)


def _check(argument: Any, several: bool) -> None:
    """Check an argument that may contain nodes."""
    syntax = _SEVERAL_SYNTAX if several else _ONE_SYNTAX
    if not isinstance(argument, list):
        raise InvalidArguments(f'it needs a list, not {kind(argument)}', remedy=syntax)
    if len(argument) < 2 or (len(argument) > 2 and not several):
        raise InvalidArguments('it needs a delimiter and a list', remedy=syntax)
    if not isinstance(argument[0], str | Node):
        raise InvalidArguments(
            f'the delimiter must be a string, not {kind(argument[0])}', '0', syntax
        )
    for index, items in enumerate(argument[1:], 1):
        # Null is an empty list. Where several lists are allowed, Heat also skips empty values.
        skipped = items is None or (several and not isinstance(items, Node) and not items)
        if not skipped and not isinstance(items, list | Node):
            raise InvalidArguments(f'there must be a list, not {kind(items)}', str(index), syntax)


def _join(argument: Any, budget: Budget, several: bool) -> str:
    """Join items; null is an empty list, or as an item an empty string.

    As in Heat (heat/engine/hot/functions.py, Join and JoinMultiple), numbers are not accepted.
    """
    _check(argument, several)
    delimiter: str = argument[0]
    texts: list[str] = []
    for index, items in enumerate(argument[1:], 1):
        for position, item in enumerate(items or ()):
            if item is None:
                texts.append('')
            elif isinstance(item, str):
                texts.append(item)
            elif several and isinstance(item, Mapping | list | tuple):
                texts.append(as_json(item, budget))
            else:
                allowed = 'a string, map or list' if several else 'a string'
                error = InvalidArguments(
                    f'an item to join must be {allowed}, not {kind(item)}',
                    remedy='write numbers in quotes',
                )
                error.under(index, position)
                raise error
    budget.spend(len(texts))
    budget.spend_text(sum(map(len, texts)) + len(delimiter) * len(texts))
    return delimiter.join(texts)


FUNCTIONS: Mapping[str, Builder] = {'list_join': list_join}
