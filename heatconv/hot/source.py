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

"""Parsing of untrusted YAML or JSON at a bounded cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from heatconv.hot.document import Builder
from heatconv.hot.errors import InvalidYaml, TooLarge, kind
from heatconv.hot.limits import MAX_DEPTH, MAX_NODES, is_text, wrong_scalar


def parse(
    text: str | bytes,
    max_bytes: int,
    what: str = 'template',
    max_nodes: int = MAX_NODES,
    repeated: list[str] | None = None,
) -> dict[str, Any]:
    """Parse a YAML or JSON document that is a mapping.

    Dates and all keys stay strings, as written. A value with an anchor may occur several times in
    the result: do not change it in place. Of a key that occurs twice in a map, the last value
    counts, as in Heat.

    :param max_bytes: size limit of the text in bytes, in UTF-8.
    :param what: name of the document in errors.
    :param max_nodes: largest number of values, aliases expanded.
    :param repeated: gets a message for each key that occurs twice, with both lines.
    :returns: plain maps, lists, strings, numbers, booleans and None; an empty document is an empty
        map.
    :raises InvalidYaml: if the text is invalid; the message contains line and column.
    :raises TooLarge: if a limit is exceeded.
    """
    check_size(text, max_bytes, what)
    decoded = _decode(text, what)
    value = _from_json(decoded)
    if value is None:
        builder = Builder(what, max_nodes)
        value = builder.build(decoded)
        if repeated is not None:
            repeated += builder.repeated
    else:
        bound(value, max_nodes=max_nodes)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidYaml(f'the {what} must be a map, not {kind(value)}')
    return value


def check_size(text: str | bytes, max_bytes: int, what: str = 'template') -> None:
    """Check the size of a text.

    :param max_bytes: size limit in bytes.
    :param what: name of the document in errors.
    :raises TooLarge: if the text has more bytes in UTF-8.
    """
    size = len(text)
    if isinstance(text, str) and size <= max_bytes:
        size = len(text.encode('utf-8', 'surrogatepass'))
    if size > max_bytes:
        raise TooLarge(
            f'the {what} has {size} bytes, more than the {max_bytes} that are allowed',
            remedy='make it smaller, or increase max_template_size',
        )


def bound(value: Any, path: str = '', max_nodes: int = MAX_NODES) -> None:
    """Check a value that was not parsed here against the limits of :func:`parse`.

    :param path: path of the value, for errors.
    :param max_nodes: largest number of values.
    :raises InvalidYaml: if it has values that JSON cannot represent.
    :raises TooLarge: if a limit is exceeded.
    """
    if _within(value, max_nodes):
        return
    # The value is invalid. Check it again with a slower traversal, which knows the path of the
    # fault.
    remaining = max_nodes
    # There is one iterator per level and no path per value: the path is computed for the error
    # only.
    levels: list[Iterator[tuple[str | int, Any]]] = [iter([('', value)])]
    keys: list[str | int] = ['']
    while levels:
        try:
            keys[-1], item = next(levels[-1])
        except StopIteration:
            levels.pop()
            keys.pop()
            continue
        remaining -= 1
        error: InvalidYaml | TooLarge | None = None
        if remaining < 0:
            error = TooLarge(f'there are more than {max_nodes} values')
        elif isinstance(item, dict | list):
            if len(levels) > MAX_DEPTH:
                error = TooLarge(f'maps and lists are nested deeper than {MAX_DEPTH} levels')
            else:
                levels.append(iter(item.items() if isinstance(item, dict) else enumerate(item)))
                keys.append('')
                invalid_key = None
                if isinstance(item, dict):
                    invalid_key = next((key for key in item if not is_text(key)), None)
                    if invalid_key is not None or None in item:
                        error = InvalidYaml('every key must be a string of Unicode text')
        else:
            fault = wrong_scalar(item)
            if fault:
                error = InvalidYaml(fault)
        if error is not None:
            error.under(path, *(key for key in keys if key != ''))
            raise error


def _within(value: Any, max_nodes: int) -> bool:
    """Say whether a value is within all limits. It is fast, because it records no path."""
    level = [value]
    depth, remaining = 0, max_nodes
    while level:
        remaining -= len(level)
        if remaining < 0:
            return False
        is_deepest = depth >= MAX_DEPTH
        depth += 1
        next_level: list[Any] = []
        for item in level:
            item_type = type(item)
            if item_type is str:
                if not item.isascii() and not is_text(item):
                    return False
            elif is_deepest and isinstance(item, dict | list):
                return False
            elif item_type is dict:
                for key in item:
                    if type(key) is not str or not (key.isascii() or is_text(key)):
                        return False
                next_level += item.values()
            elif item_type is list:
                next_level += item
            elif isinstance(item, dict | list) or wrong_scalar(item):
                return False
            if len(next_level) > remaining:
                return False
        level = next_level
    return True


def _decode(text: str | bytes, document: str) -> str:
    """Return a text as a string without byte order mark.

    :param document: name of the document, for errors.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode('utf-8-sig')
        except UnicodeDecodeError as error:
            raise InvalidYaml(
                f'the {document} is not UTF-8 at byte {error.start}', remedy='save it as UTF-8'
            ) from None
    text = text.removeprefix('\ufeff')
    if not is_text(text):
        raise InvalidYaml(f'the {document} has surrogates in its text', remedy='save it as UTF-8')
    return text


def _from_json(text: str) -> dict[str, Any] | None:
    """Parse JSON, which is faster than YAML.

    :returns: None if the text is not a JSON object, or has a fault that the YAML parser reports
        better.
    """
    if not text.lstrip()[:1] == '{':
        return None
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a map of pairs; raise ValueError if a key occurs twice."""
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError('duplicate key')
    return result


def _no_constant(name: str) -> NoReturn:
    """Reject NaN and the infinities, which are no JSON."""
    raise ValueError(name)
