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

"""Limits on the size of templates and on the cost of compiling and resolving them.

A short text can expand to a huge value: by aliases, by parameters that are used many times, and by
replacements within replacements. So every value that is built is charged to a budget.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from heatconv.hot.errors import TemplateError, TooLarge, kind

#: Default size limit of a template, in bytes.
MAX_TEMPLATE_SIZE = 524_288
#: Largest number of values in one document. Keys do not count; aliases count expanded.
MAX_NODES = 200_000
#: Largest number of levels of maps and lists in one document.
MAX_DEPTH = 100
#: Largest number of levels of maps and lists in a value at run time. It is larger than MAX_DEPTH,
#: because functions nest the values of several documents in one another.
MAX_VALUE_DEPTH = 200
#: Longest name of a resource, parameter or output.
MAX_NAME = 255
#: Largest number of bits of an integer.
MAX_INTEGER_BITS = 256
#: Longest string that a function may build, in characters.
MAX_TEXT = 4_000_000
#: Budgets in work units: to compile one template, and to resolve one definition. See Budget.
COMPILE_BUDGET = 5_000_000
RESOLVE_BUDGET = 500_000


def nodes_within(max_bytes: int) -> int:
    """Return the largest number of values in a template, for a size limit in bytes."""
    return max(MAX_NODES, max_bytes // 4)


def budget_within(max_bytes: int) -> int:
    """Return the budget in work units to compile a template, for a size limit in bytes."""
    return max(COMPILE_BUDGET, max_bytes)


#: Number of characters of a text that cost one work unit.
_TEXT_PER_UNIT = 64


class Budget:
    """A budget of work units, which decreases as values are built.

    :param limit: its size in units; a value costs one unit, a long text more.
    :param error: class of the error that is raised when the budget is exhausted.
    """

    __slots__ = ('_error', '_limit', '_remaining')

    def __init__(self, limit: int, error: type[TemplateError] = TooLarge) -> None:
        self._limit = limit
        self._remaining = limit
        self._error = error

    def spend(self, units: int) -> None:
        """Charge a number of work units.

        :raises TemplateError: of the class ``error``, if the budget is exhausted.
        """
        self._remaining -= units
        if self._remaining < 0:
            raise self._error(
                f'with its functions resolved it is larger than the limit of {self._limit} values',
                remedy='use large parameters and attributes in fewer places',
            )

    def spend_text(self, length: int) -> None:
        """Charge a text before it is built.

        :param length: number of its characters.
        """
        if length > MAX_TEXT:
            raise self._error(f'the resulting text is longer than {MAX_TEXT} characters')
        self.spend(1 + length // _TEXT_PER_UNIT)

    def spend_value(self, value: Any) -> None:
        """Charge a value and all values in it.

        The traversal stops as soon as the budget is exhausted. So it never costs more than it
        charges.
        """
        level = [value]
        depth = 0
        while level:
            if depth > MAX_VALUE_DEPTH:
                raise self._error(f'the value is nested deeper than {MAX_VALUE_DEPTH} levels')
            depth += 1
            next_level: list[Any] = []
            for item in level:
                if isinstance(item, str):
                    self.spend(1 + len(item) // _TEXT_PER_UNIT)
                elif isinstance(item, Mapping):
                    self.spend(1)
                    next_level.extend(item.values())
                elif isinstance(item, list | tuple):
                    self.spend(1)
                    next_level.extend(item)
                else:
                    self.spend(1)
            level = next_level


def wrong_scalar(value: Any) -> str:
    """Return the fault of a scalar, or '' if it is valid."""
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
    """Say whether a value is a string that can be encoded in UTF-8."""
    if not isinstance(value, str):
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
