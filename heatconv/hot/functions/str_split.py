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

"""``str_split`` and ``digest``: functions of one text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from heatconv.hot.errors import InvalidArguments, kind, shown
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import Node
from heatconv.hot.limits import Budget
from heatconv.hot.suggest import suggestion

_SPLIT_SYNTAX = 'write {str_split: [delimiter, text]} or {str_split: [delimiter, text, index]}'
_DIGEST_SYNTAX = 'write {digest: [algorithm, text]}'
#: The algorithms that Python has on every machine. Further algorithms come from OpenSSL and differ
#: between machines.
ALGORITHMS = ('md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512')


def str_split(argument: Any, context: Context) -> Any:
    """Build the pieces of a text, or one piece."""
    return context.applied('str_split', argument, _check_split, split)


def split(argument: Any, budget: Budget) -> Any:
    """Split a string; null stays null, as in Heat (heat/engine/hot/functions.py, StrSplit)."""
    _check_split(argument)
    delimiter, text, *rest = argument
    if text is None:
        return None
    for position, part in enumerate((delimiter, text)):
        if not isinstance(part, str):
            raise InvalidArguments(
                f'it must be a string, not {kind(part)}', str(position), _SPLIT_SYNTAX
            )
    if not delimiter:
        raise InvalidArguments('the delimiter must not be empty', '0', _SPLIT_SYNTAX)
    budget.spend_text(len(text))
    pieces = text.split(delimiter)
    budget.spend(len(pieces))
    if not rest:
        return pieces
    try:
        index = int(rest[0])
    except (TypeError, ValueError, OverflowError):
        raise InvalidArguments('the index must be a number', '2', _SPLIT_SYNTAX) from None
    try:
        return pieces[index]
    except IndexError:
        raise InvalidArguments(
            f'there is no piece {index}', '2', f'there are {len(pieces)}, and the first is 0'
        ) from None


def _check_split(value: Any) -> None:
    if not isinstance(value, list):
        raise InvalidArguments(f'it needs a list, not {kind(value)}', '', _SPLIT_SYNTAX)
    if not 2 <= len(value) <= 3:
        raise InvalidArguments('it needs a delimiter and a text', '', _SPLIT_SYNTAX)


def digest(argument: Any, context: Context) -> Any:
    """Build the digest of a text."""
    return context.applied('digest', argument, _check_digest, digested)


def digested(argument: Any, budget: Budget) -> str:
    """Return the digest of a string, encoded in Latin-1 as in Heat, in hexadecimal digits."""
    _check_digest(argument)
    algorithm, text = argument
    budget.spend_text(len(text))
    try:
        encoded = text.encode('latin-1')
    except UnicodeEncodeError:
        raise InvalidArguments('the text has characters that are not in Latin-1', '1') from None
    return hashlib.new(algorithm.lower(), encoded, usedforsecurity=False).hexdigest()


def _check_digest(value: Any) -> None:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidArguments('it needs an algorithm and a text', '', _DIGEST_SYNTAX)
    for position, part in enumerate(value):
        if not isinstance(part, str | Node):
            raise InvalidArguments(
                f'it must be a string, not {kind(part)}', str(position), _DIGEST_SYNTAX
            )
    if isinstance(value[0], str) and value[0].lower() not in ALGORITHMS:
        raise InvalidArguments(
            f'there is no algorithm {shown(value[0])}', '0', suggestion(value[0], ALGORITHMS)
        )


FUNCTIONS: Mapping[str, Builder] = {'str_split': str_split, 'digest': digest}
