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

"""Build a document from YAML events; each event is checked before the next is read.

So no deep, self-referring or exponentially growing document is ever built. No tag creates an
object.
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
#: A longer number is a string.
_LONGEST_NUMBER = 100

_construct = yaml.constructor.SafeConstructor()


@dataclass(slots=True)
class _Built:
    """A value of the document.

    :ivar key: its text as a key, or None if it cannot be one.
    :ivar nodes: number of its values, aliases expanded.
    """

    value: Any
    key: str | None
    nodes: int
    depth: int = 0
    merge: bool = False


@dataclass(slots=True)
class _Open:
    """A map or list that is being read.

    :ivar merged: the maps of ``<<`` keys; explicit keys take precedence over them.
    """

    mark: Any
    anchor: str | None
    items: list[Any] | None
    pairs: dict[str, Any] = field(default_factory=dict)
    merged: list[dict[str, Any]] = field(default_factory=list)
    key: _Built | None = None
    nodes: int = 1
    depth: int = 1


class Builder:
    """Builds one document from its events.

    :param what: name of the document in errors.
    :param max_nodes: largest number of values.
    """

    def __init__(self, what: str, max_nodes: int) -> None:
        self._what = what
        self._max_nodes = max_nodes
        self._left = max_nodes
        self._open: list[_Open] = []
        self._anchors: dict[str, _Built | None] = {}
        self._documents = 0
        self._result: Any = None

    def build(self, text: str) -> Any:
        """Read a text; None if it has no document.

        :raises InvalidYaml: with line and column.
        :raises TooLarge: as soon as a limit is exceeded.
        """
        try:
            for event in yaml.parse(text, Loader=_Loader):
                self._take(event)
        except yaml.YAMLError as error:
            raise InvalidYaml(self._told(error)) from None
        except (ValueError, OverflowError) as error:
            if isinstance(error, InvalidYaml | TooLarge):
                raise
            raise InvalidYaml(f'the {self._what} is not valid YAML') from None
        return self._result

    def _told(self, error: yaml.YAMLError) -> str:
        mark = getattr(error, 'problem_mark', None) or getattr(error, 'context_mark', None)
        problem = getattr(error, 'problem', None) or 'it cannot be read'
        where = _where(mark) if mark else ''
        return f'the {self._what} is not valid YAML: {str(problem)[:255]}{where}'

    def _take(self, event: yaml.Event) -> None:
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
        a_map = isinstance(event, yaml.MappingStartEvent)
        if event.tag not in (None, '!', _TAG + ('map' if a_map else 'seq')):
            raise self._foreign(event)
        if len(self._open) >= MAX_DEPTH:
            raise self._too_deep(event)
        self._spend(1, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(event.start_mark, event.anchor, None if a_map else []))

    def _end(self, event: yaml.Event) -> None:
        done = self._open.pop()
        value: Any = done.items
        if value is None:
            value = done.pairs
            for other in done.merged:
                for key, item in other.items():
                    value.setdefault(key, item)
        built = _Built(value, None, done.nodes, done.depth)
        if done.anchor is not None:
            self._anchors[done.anchor] = built
        self._add(built, event)

    def _alias(self, event: yaml.AliasEvent) -> _Built:
        assert event.anchor is not None
        if event.anchor not in self._anchors:
            raise InvalidYaml(
                f'the alias {shown(event.anchor)} has no anchor{_where(event.start_mark)}'
            )
        built = self._anchors[event.anchor]
        if built is None:
            raise InvalidYaml(
                f'the alias {shown(event.anchor)} refers to what it is part of'
                f'{_where(event.start_mark)}'
            )
        if len(self._open) + built.depth > MAX_DEPTH:
            raise self._too_deep(event)
        self._spend(built.nodes, event)
        return _Built(built.value, built.key, built.nodes, built.depth)

    def _scalar(self, event: yaml.ScalarEvent) -> _Built:
        self._spend(1, event)
        text = event.value
        implicit_tag = _implicit(text) if event.implicit[0] else _STR
        tag = implicit_tag if event.tag in (None, '!') else event.tag
        if event.tag == '!' or tag in (_TAG + 'timestamp', _TAG + 'value'):
            tag = _STR
        if tag not in _SCALAR_TAGS and tag != _MERGE:
            raise self._foreign(event)
        value: Any = text
        if tag not in (_STR, _MERGE):
            value = self._typed(tag, event)
        built = _Built(value, text, 1, merge=tag == _MERGE)
        if event.anchor is not None:
            self._anchors[event.anchor] = built
        return built

    def _typed(self, tag: str, event: yaml.ScalarEvent) -> Any:
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
        wrong = wrong_scalar(value)
        if wrong:
            raise InvalidYaml(
                f'{wrong}{_where(event.start_mark)}', remedy='quote it if it is a string'
            )
        return value

    def _add(self, built: _Built, event: yaml.Event) -> None:
        """Add a finished value to its container."""
        if not self._open:
            self._result = built.value
            return
        parent = self._open[-1]
        parent.nodes += built.nodes
        parent.depth = max(parent.depth, built.depth + 1)
        if parent.items is not None:
            parent.items.append(built.value)
        elif parent.key is None:
            if built.key is None:
                raise InvalidYaml(f'a key must be a string{_where(event.start_mark)}')
            if built.key in parent.pairs and not built.merge:
                raise InvalidYaml(
                    f'the key {shown(built.key)} occurs twice{_where(event.start_mark)}',
                    remedy='remove or rename one of the two',
                )
            parent.key = built
        elif parent.key.merge:
            maps = built.value if isinstance(built.value, list) else [built.value]
            if not all(isinstance(merged_map, dict) for merged_map in maps):
                raise InvalidYaml(f'"<<" needs a map or a list of maps{_where(event.start_mark)}')
            parent.merged.extend(maps)
            parent.key = None
        else:
            assert parent.key.key is not None
            parent.pairs[parent.key.key] = built.value
            parent.key = None

    def _spend(self, nodes: int, event: yaml.Event) -> None:
        self._left -= nodes
        if self._left < 0:
            raise TooLarge(
                f'the {self._what} has more than {self._max_nodes} values'
                f'{_where(event.start_mark)}',
                remedy='an alias counts as all that it stands for',
            )

    def _too_deep(self, event: yaml.Event) -> TooLarge:
        return TooLarge(
            f'the {self._what} is nested deeper than {MAX_DEPTH} levels{_where(event.start_mark)}'
        )

    def _foreign(self, event: Any) -> InvalidYaml:
        return InvalidYaml(
            f'the tag {shown(event.tag)} is not allowed{_where(event.start_mark)}',
            remedy='use plain maps, lists, strings, numbers and booleans',
        )


_RESOLVERS: Mapping[Any, Any] = yaml.resolver.Resolver.yaml_implicit_resolvers


def _implicit(text: str) -> str:
    """Return the tag of a plain scalar in YAML 1.1."""
    if len(text) <= _LONGEST_NUMBER:
        for tag, pattern in _RESOLVERS.get(text[:1], ()):
            if pattern.match(text):
                return str(tag)
    return _STR


def _where(mark: Any) -> str:
    return f', line {mark.line + 1}, column {mark.column + 1}'
