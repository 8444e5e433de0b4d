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

"""Limits on what a template may cost.

A short text can stand for a huge value: aliases, parameters used many times,
replacements in replacements. So every value that is built is paid for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from heatconv.hot.errors import TemplateError, TooLarge, kind

#: Bytes of a template, where the operator says nothing else.
MAX_TEMPLATE_SIZE = 524_288
#: Values, keys not counted, of one document with its aliases expanded.
MAX_NODES = 200_000
#: Levels of maps and lists in one document.
MAX_DEPTH = 100
#: Levels of a value at run time, where a document's values meet others.
MAX_VALUE_DEPTH = 200
#: Length of a name of a resource, parameter or output.
MAX_NAME = 255
#: Bits of an integer; nothing that a template describes needs more.
MAX_INTEGER_BITS = 256
#: Characters of a string that a function makes.
MAX_TEXT = 4_000_000
#: Work units to compile one template, and to resolve one definition.
COMPILE_BUDGET = 5_000_000
RESOLVE_BUDGET = 500_000


def nodes_within(max_bytes: int) -> int:
    """Return how many values a template may have where so large ones are taken."""
    return max(MAX_NODES, max_bytes // 4)


def budget_within(max_bytes: int) -> int:
    """Return the work units to compile a template where so large ones are taken."""
    return max(COMPILE_BUDGET, max_bytes)


#: So many characters cost as much as one value.
_TEXT_PER_UNIT = 64


class Budget:
    """Work that may still be done; the one thing here that changes.

    :param limit: units; a value costs one, a long text more.
    :param error: what to raise when it is used up.
    """

    __slots__ = ('_error', '_left', '_limit')

    def __init__(self, limit: int, error: type[TemplateError] = TooLarge) -> None:
        self._limit = limit
        self._left = limit
        self._error = error

    def spend(self, units: int) -> None:
        """Pay for so many values."""
        self._left -= units
        if self._left < 0:
            raise self._error(
                f'with its functions resolved it is larger than the limit of {self._limit} values',
                remedy='use large parameters and attributes in fewer places',
            )

    def spend_text(self, length: int) -> None:
        """Pay for a text that is to be built."""
        if length > MAX_TEXT:
            raise self._error(f'the resulting text is longer than {MAX_TEXT} characters')
        self.spend(1 + length // _TEXT_PER_UNIT)

    def spend_value(self, value: Any) -> None:
        """Pay for a value with all that is in it.

        Stops as soon as the budget is used up, so that looking costs no more
        than what is paid.
        """
        level = [value]
        depth = 0
        while level:
            if depth > MAX_VALUE_DEPTH:
                raise self._error(f'the value is nested deeper than {MAX_VALUE_DEPTH} levels')
            depth += 1
            below: list[Any] = []
            for one in level:
                if isinstance(one, str):
                    self.spend(1 + len(one) // _TEXT_PER_UNIT)
                elif isinstance(one, Mapping):
                    self.spend(1)
                    below.extend(one.values())
                elif isinstance(one, list | tuple):
                    self.spend(1)
                    below.extend(one)
                else:
                    self.spend(1)
            level = below


def wrong_scalar(value: Any) -> str:
    """Say what is wrong with a value that is no map or list, or ''."""
    if value is None or isinstance(value, bool):
        return ''
    if isinstance(value, str):
        return '' if is_text(value) else 'the string is not Unicode text'
    if isinstance(value, int):
        if value.bit_length() > MAX_INTEGER_BITS:
            return f'the integer has more than {MAX_INTEGER_BITS} bits'
        return ''
    if isinstance(value, float):
        return '' if math.isfinite(value) else 'the number must be finite'
    return f'there must be a map, list, string, number, boolean or null, not {kind(value)}'


def is_text(value: object) -> bool:
    """Tell whether it is a string that can be written in UTF-8."""
    if not isinstance(value, str):
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
