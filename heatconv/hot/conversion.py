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

"""Conversion of scalars by the rules of HOT, for parameters and properties.

Each function raises ValueError for a value that cannot be converted. The message describes a valid
value.
"""

from __future__ import annotations

import math
import re
from typing import Any

from heatconv.hot.errors import kind
from heatconv.hot.limits import MAX_INTEGER_BITS

_TRUE = frozenset(('1', 't', 'true', 'on', 'y', 'yes'))
_FALSE = frozenset(('0', 'f', 'false', 'off', 'n', 'no'))
_INTEGER = re.compile(r'[+-]?[0-9]{1,100}', re.ASCII)
_NUMBER = re.compile(
    r'[+-]?(?:[0-9]{1,100}(?:\.[0-9]{0,100})?|\.[0-9]{1,100})(?:[eE][+-]?[0-9]{1,4})?', re.ASCII
)
#: Longest string that is converted to a number or a boolean, in characters.
_LONGEST = 256


def string(value: Any) -> str:
    """Convert a string, a number or a boolean to a string."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise ValueError(f'it must be a string, not {kind(value)}')


def integer(value: Any) -> int:
    """Convert an integer, or a string or float with an integer value, to an integer."""
    result: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        result = value
    elif isinstance(value, float) and math.isfinite(value) and value == int(value):
        result = int(value)
    elif isinstance(value, str) and len(value) <= _LONGEST:
        text = value.strip()
        if _INTEGER.fullmatch(text):
            result = int(text)
    if result is None:
        raise ValueError(f'it must be an integer such as 3, not {_described(value)}')
    if result.bit_length() > MAX_INTEGER_BITS:
        raise ValueError(f'it must be an integer of at most {MAX_INTEGER_BITS} bits')
    return result


def number(value: Any) -> int | float:
    """Convert a finite number or a string to a finite number."""
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST:
        text = value.strip()
        if not _INTEGER.fullmatch(text) and _NUMBER.fullmatch(text):
            result = float(text)
            if math.isfinite(result):
                return result
    try:
        return integer(value)
    except ValueError:
        raise ValueError(
            f'it must be a number such as 3 or 1.5, not {_described(value)}'
        ) from None


def boolean(value: Any) -> bool:
    """Convert a boolean, or a string or integer that stands for one, to a boolean.

    The accepted spellings are those of oslo.utils' strutils, which Heat uses.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int) and len(str(value)[:_LONGEST]) < _LONGEST:
        text = str(value).strip().lower()
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
    raise ValueError(f'it must be true or false, not {_described(value)}')


def _described(value: Any) -> str:
    """Describe an invalid value for a message, without the value itself."""
    return 'another string' if isinstance(value, str) else kind(value)
