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

"""Construction of a document from YAML events.

Each event is checked before the next one is read. So a document is rejected before it gets too
deep, contains itself, or grows exponentially by aliases. No tag creates an object: the values are
plain maps, lists and scalars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from heatconv.hot.errors import InvalidYaml, TooLarge, shown
from heatconv.hot.limits import MAX_DEPTH, wrong_scalar

_Loader: Any = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)

_TAG = 'tag:yaml.org,2002:'
_SCALAR_TAGS = frozenset(_TAG + name for name in ('str', 'int', 'float', 'bool', 'null'))
_MERGE = _TAG + 'merge'
_STR = _TAG + 'str'
_INT = _TAG + 'int'
_FLOAT = _TAG + 'float'
#: Longest number, in characters. A longer plain scalar is a string, even if it consists of digits.
_LONGEST_NUMBER = 100

_construct = yaml.constructor.SafeConstructor()


@dataclass(slots=True)
class _ParsedValue:
    """A complete value of the document.

    :ivar key: the text of a scalar, for its use as a key; None for a map or list.
    :ivar nodes: number of values in it, itself included, with aliases expanded.
    :ivar depth: number of levels of maps and lists in it.
    :ivar merge: whether it is the key ``<<``.
    """

    value: Any
    key: str | None
    nodes: int
    depth: int = 0
    merge: bool = False


@dataclass(slots=True)
class _OpenContainer:
    """A map or list whose end has not been read yet.

    :ivar anchor: name of its anchor, or None.
    :ivar items: the items of a list; None for a map.
    :ivar pairs: the keys and values of a map.
    :ivar merged: the maps of ``<<`` keys; explicit keys take precedence over them.
    :ivar lines: the line of each key.
    :ivar key: the key whose value comes next; None if a key comes next.
    :ivar nodes: number of values in it so far, itself included, with aliases expanded.
    :ivar depth: number of levels of maps and lists in it so far, its own included.
    """

    anchor: str | None
    items: list[Any] | None
    pairs: dict[str, Any] = field(default_factory=dict)
    merged: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    key: _ParsedValue | None = None
    nodes: int = 1
    depth: int = 1


class Builder:
    """Builds one document from its YAML events.

    :param what: name of the document in errors.
    :param max_nodes: largest number of values, aliases expanded.

    :ivar repeated: a message for each key that occurs twice in a map: the last value counts.
    """

    def __init__(self, what: str, max_nodes: int) -> None:
        self._what = what
        self._max_nodes = max_nodes
        self._remaining_nodes = max_nodes
        #: The maps and lists around the current position, the outermost first.
        self._open: list[_OpenContainer] = []
        #: The values of anchors; None while the value is not complete.
        self._anchors: dict[str, _ParsedValue | None] = {}
        self._documents = 0
        self.repeated: list[str] = []
        self._result: Any = None

    def build(self, text: str) -> Any:
        """Build the document of a text.

        :returns: plain maps, lists and scalars; None if the text has no document.
        :raises InvalidYaml: if the text is not valid YAML or uses unsupported YAML; the message
            contains line and column.
        :raises TooLarge: as soon as a limit is exceeded.
        """
        try:
            for event in yaml.parse(text, Loader=_Loader):
                self._handle(event)
        except yaml.YAMLError as error:
            raise InvalidYaml(self._message(error)) from None
        except (ValueError, OverflowError) as error:
            if isinstance(error, InvalidYaml | TooLarge):
                raise
            raise InvalidYaml(f'the {self._what} is not valid YAML') from None
        return self._result

    def _message(self, error: yaml.YAMLError) -> str:
        """Return the message for an error of the YAML parser."""
        mark = getattr(error, 'problem_mark', None) or getattr(error, 'context_mark', None)
        problem = getattr(error, 'problem', None) or 'it cannot be read'
        where = _where(mark) if mark else ''
        return f'the {self._what} is not valid YAML: {str(problem)[:255]}{where}'

    def _handle(self, event: yaml.Event) -> None:
        """Check one event, and add its value to the document."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(self._scalar(event), event)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._start(event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._end(event)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._alias(event), event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise InvalidYaml(
                    f'the {self._what} must be one document{_where(event.start_mark)}'
                )

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        """Open a map or list."""
        is_map = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, '!', _TAG + ('map' if is_map else 'seq')):
            raise self._invalid_tag(event)
        if len(self._open) >= MAX_DEPTH:
            raise self._too_deep(event)
        self._spend(1, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_OpenContainer(event.anchor, None if is_map else []))

    def _end(self, event: yaml.Event) -> None:
        """Complete the innermost open map or list."""
        container = self._open.pop()
        value: Any = container.items
        if value is None:
            value = container.pairs
            for merged_map in container.merged:
                for key, item in merged_map.items():
                    value.setdefault(key, item)
        parsed = _ParsedValue(value, None, container.nodes, container.depth)
        if container.anchor is not None:
            self._anchors[container.anchor] = parsed
        self._add(parsed, event)

    def _alias(self, event: yaml.AliasEvent) -> _ParsedValue:
        """Return the value of an alias, which is the value of its anchor."""
        assert event.anchor is not None
        if event.anchor not in self._anchors:
            raise InvalidYaml(
                f'the alias {shown(event.anchor)} has no anchor{_where(event.start_mark)}'
            )
        parsed = self._anchors[event.anchor]
        if parsed is None:
            raise InvalidYaml(
                f'the alias {shown(event.anchor)} refers to a value that contains it'
                f'{_where(event.start_mark)}'
            )
        if len(self._open) + parsed.depth > MAX_DEPTH:
            raise self._too_deep(event)
        self._spend(parsed.nodes, event)
        return _ParsedValue(parsed.value, parsed.key, parsed.nodes, parsed.depth)

    def _scalar(self, event: yaml.ScalarEvent) -> _ParsedValue:
        """Return the value of a scalar. Timestamps and ``=`` stay strings."""
        self._spend(1, event)
        text = event.value
        implicit_tag = _implicit(text) if event.implicit[0] else _STR
        tag = implicit_tag if event.tag in (None, '!') else event.tag
        if event.tag == '!' or tag in (_TAG + 'timestamp', _TAG + 'value'):
            tag = _STR
        if tag not in _SCALAR_TAGS and tag != _MERGE:
            raise self._invalid_tag(event)
        value: Any = text
        if tag not in (_STR, _MERGE):
            value = self._typed(tag, event)
        parsed = _ParsedValue(value, text, 1, merge=tag == _MERGE)
        if event.anchor is not None:
            self._anchors[event.anchor] = parsed
        return parsed

    def _typed(self, tag: str, event: yaml.ScalarEvent) -> Any:
        """Convert the text of a scalar to an integer, a float, a boolean or None.

        :raises InvalidYaml: if the text does not fit its tag, or the value is not allowed.
        """
        text = event.value
        try:
            if _implicit(text) != tag and not (tag == _FLOAT and _implicit(text) == _INT):
                raise ValueError(tag)
            node = yaml.ScalarNode(tag, text)
            value: Any
            if tag == _INT:
                value = _construct.construct_yaml_int(node)
            elif tag == _FLOAT:
                value = _construct.construct_yaml_float(node)
            elif tag == _TAG + 'bool':
                value = _construct.construct_yaml_bool(node)
            else:
                value = None
        except (ValueError, LookupError, OverflowError):
            name = tag.removeprefix(_TAG)
            raise InvalidYaml(f'this is no {name}{_where(event.start_mark)}') from None
        fault = wrong_scalar(value)
        if fault:
            raise InvalidYaml(
                f'{fault}{_where(event.start_mark)}', remedy='quote it if it is a string'
            )
        return value

    def _add(self, parsed: _ParsedValue, event: yaml.Event) -> None:
        """Add a complete value to the innermost open container.

        Outside of containers the value is the document.
        """
        if not self._open:
            self._result = parsed.value
            return
        parent = self._open[-1]
        parent.nodes += parsed.nodes
        parent.depth = max(parent.depth, parsed.depth + 1)
        if parent.items is not None:
            parent.items.append(parsed.value)
        elif parent.key is None:
            if parsed.key is None:
                raise InvalidYaml(f'a key must be a string{_where(event.start_mark)}')
            if parsed.key in parent.pairs and not parsed.merge:
                self.repeated.append(
                    f'the key {shown(parsed.key)} is in line {parent.lines[parsed.key]}, and '
                    f'again in line {_line(event.start_mark)}'
                )
            parent.lines[parsed.key] = _line(event.start_mark)
            parent.key = parsed
        elif parent.key.merge:
            maps = parsed.value if isinstance(parsed.value, list) else [parsed.value]
            if not all(isinstance(merged_map, dict) for merged_map in maps):
                raise InvalidYaml(f'"<<" needs a map or a list of maps{_where(event.start_mark)}')
            parent.merged.extend(maps)
            parent.key = None
        else:
            assert parent.key.key is not None
            parent.pairs[parent.key.key] = parsed.value
            parent.key = None

    def _spend(self, nodes: int, event: yaml.Event) -> None:
        """Charge a number of values to the limit of the document."""
        self._remaining_nodes -= nodes
        if self._remaining_nodes < 0:
            raise TooLarge(
                f'the {self._what} has more than {self._max_nodes} values'
                f'{_where(event.start_mark)}',
                remedy='an alias counts as many values as it refers to',
            )

    def _too_deep(self, event: yaml.Event) -> TooLarge:
        return TooLarge(
            f'the {self._what} is nested deeper than {MAX_DEPTH} levels{_where(event.start_mark)}'
        )

    def _invalid_tag(self, event: Any) -> InvalidYaml:
        return InvalidYaml(
            f'the tag {shown(event.tag)} is not allowed{_where(event.start_mark)}',
            remedy='use plain maps, lists, strings, numbers and booleans',
        )


_RESOLVERS: Mapping[Any, Any] = yaml.resolver.Resolver.yaml_implicit_resolvers


def _implicit(text: str) -> str:
    """Return the tag that YAML 1.1 gives to a plain scalar."""
    if len(text) <= _LONGEST_NUMBER:
        for tag, pattern in _RESOLVERS.get(text[:1], ()):
            if pattern.match(text):
                return str(tag)
    return _STR


def _line(mark: Any) -> int:
    """Return the number of a line, from 1."""
    return int(mark.line) + 1


def _where(mark: Any) -> str:
    """Return a position as the end of a message."""
    return f', line {mark.line + 1}, column {mark.column + 1}'
