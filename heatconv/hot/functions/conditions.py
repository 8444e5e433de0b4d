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

"""``if``, and the functions of conditions: ``equals``, ``not``, ``and``, ``or``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.hot.errors import (
    InvalidArguments,
    InvalidReference,
    InvalidSection,
    TemplateError,
    kind,
    shown,
)
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import OMITTED, Frame, ListNode, Node, resolve
from heatconv.hot.suggest import suggestion

#: From this version on the last part of an ``if`` is optional.
_NULLABLE_SINCE = '2021-04-16'
_IF_SYNTAX = 'write {if: [condition, value if true, value if false]}'
_EQUALS_SYNTAX = 'write {equals: [value, value]}'


class Conditions:
    """The section ``conditions`` of a template; each condition is evaluated once, when first used.

    The value of a condition is a boolean, or a node if it depends on run time.

    :param section: the section as written.
    :param context: the context to compile conditions in; it has the functions of conditions only.
    """

    def __init__(self, section: Mapping[str, Any], context: Context) -> None:
        self._section = section
        self._context = context
        self._known: dict[str, Any] = {}
        self._open: dict[str, None] = {}
        context.conditions = self

    def check(self) -> None:
        """Evaluate all conditions.

        :raises TemplateError: with the path below the section.
        """
        for name in self._section:
            self.named(name)

    def named(self, name: str) -> Any:
        """Return the value of a named condition, a boolean or a node.

        :raises TemplateError: if it does not exist, is invalid, or requires itself.
        """
        if name in self._known:
            return self._known[name]
        if name not in self._section:
            raise InvalidReference(
                f'there is no condition {shown(name)}',
                remedy=suggestion(name, self._section) or 'this template has no conditions',
            )
        if name in self._open:
            path = [*self._open, name]
            path = path[path.index(name) :]
            raise InvalidSection('conditions require each other: ' + ' -> '.join(path))
        self._open[name] = None
        try:
            truth = self.truth(self._section[name])
        except TemplateError as error:
            error.under('conditions', name)
            raise
        del self._open[name]
        self._known[name] = truth
        return truth

    def truth(self, condition: Any) -> Any:
        """Compile a condition as written, and return its value, a boolean or a node."""
        compiled = self._context.compile(condition)
        return compiled if isinstance(compiled, Node) else self.decided(compiled)

    def decided(self, value: Any) -> Any:
        """Return the value of a compiled condition, a boolean or a node.

        A string is the name of a condition and has its value.
        """
        if isinstance(value, bool | Node):
            return value
        if isinstance(value, str):
            return self.named(value)
        raise InvalidArguments(
            f'a condition must be a name, true, false or a function of conditions, '
            f'not {kind(value)}'
        )

    def at_run_time(self, value: Any, frame: Frame) -> bool:
        """Return the value of a condition at run time, where it is always a boolean.

        :param value: the condition, resolved.
        """
        resolved = resolve(self.decided(value), frame)
        return resolved if isinstance(resolved, bool) else self.at_run_time(resolved, frame)


@dataclass(frozen=True, slots=True)
class If(Node):
    """One of two values; the choice is made at run time.

    :ivar chosen: the value if the condition holds.
    :ivar otherwise: the value if it does not hold.
    """

    conditions: Conditions
    condition: Node
    chosen: Any
    otherwise: Any

    def resolve(self, frame: Frame) -> Any:
        try:
            holds = self.conditions.at_run_time(self.condition.resolve(frame), frame)
            return resolve(self.chosen if holds else self.otherwise, frame)
        except TemplateError as error:
            error.under('if')
            raise


@dataclass(frozen=True, slots=True)
class Combination(Node):
    """A combination of conditions, some of which are known at run time only.

    :ivar name: the name of the function, for error paths.
    :ivar combine: returns the result for the values of all parts.
    """

    name: str
    conditions: Conditions
    combine: Callable[[Sequence[bool]], bool]
    parts: Sequence[Any]

    def resolve(self, frame: Frame) -> bool:
        try:
            values = [
                self.conditions.at_run_time(resolve(part, frame), frame) for part in self.parts
            ]
        except TemplateError as error:
            error.under(self.name)
            raise
        return self.combine(values)


@dataclass(frozen=True, slots=True)
class Equal(Node):
    """A comparison of two values that are known at run time only."""

    first: Any
    second: Any

    def resolve(self, frame: Frame) -> bool:
        try:
            return bool(resolve(self.first, frame) == resolve(self.second, frame))
        except TemplateError as error:
            error.under('equals')
            raise


def if_(argument: Any, context: Context) -> Any:
    """Build a choice.

    If the condition is known, the other value is not compiled, as in Heat: it may be invalid.
    """
    nullable = context.version.since(_NULLABLE_SINCE)
    if not isinstance(argument, list) or len(argument) not in ((2, 3) if nullable else (3,)):
        raise InvalidArguments('it needs a condition and two values', '', _IF_SYNTAX)
    conditions: Conditions = context.conditions
    try:
        holds = conditions.truth(argument[0])
    except TemplateError as error:
        error.under(0)
        raise
    values = [*argument[1:], *([OMITTED] if len(argument) == 2 else [])]

    def compiled(index: int) -> Any:
        if values[index] is OMITTED:
            return OMITTED
        try:
            return context.compile(values[index])
        except TemplateError as error:
            error.under(index + 1)
            raise

    if isinstance(holds, Node):
        return If(conditions, holds, compiled(0), compiled(1))
    return compiled(0 if holds else 1)


def equals(argument: Any, context: Context) -> Any:
    """Build a comparison."""
    if not isinstance(argument, list) or len(argument) != 2:
        raise InvalidArguments('it needs two values', '', _EQUALS_SYNTAX)
    compiled = context.compile(argument)
    if isinstance(compiled, ListNode):
        return Equal(*compiled.items)
    return bool(compiled[0] == compiled[1])


def not_(argument: Any, context: Context) -> Any:
    """Build the negation of a condition."""
    if argument is None:
        raise InvalidArguments('it needs a condition', '', 'write {not: condition}')
    return _combined('not', lambda values: not values[0], [argument], context)


def and_(argument: Any, context: Context) -> Any:
    """Build the conjunction of conditions."""
    return _combined('and', all, _checked_list('and', argument), context)


def or_(argument: Any, context: Context) -> Any:
    """Build the disjunction of conditions."""
    return _combined('or', any, _checked_list('or', argument), context)


def _checked_list(name: str, argument: Any) -> list[Any]:
    """Return an argument that must be a list of at least two conditions."""
    if not isinstance(argument, list) or len(argument) < 2:
        raise InvalidArguments(
            'it needs two conditions or more', '', f'write {{{name}: [condition, condition]}}'
        )
    return argument


def _combined(
    name: str, combine: Callable[[Sequence[bool]], bool], parts: Sequence[Any], context: Context
) -> Any:
    """Build a combination of conditions: its value if all are known, else a node."""
    conditions: Conditions = context.conditions
    values = []
    for index, part in enumerate(parts):
        try:
            values.append(conditions.truth(part))
        except TemplateError as error:
            if len(parts) > 1:
                error.under(index)
            raise
    if any(isinstance(value, Node) for value in values):
        return Combination(name, conditions, combine, values)
    return combine(values)


FUNCTIONS: Mapping[str, Builder] = {'if': if_}
#: Functions of templates that conditions may use as well.
CONDITION_FUNCTIONS: Mapping[str, Builder] = {
    'equals': equals,
    'not': not_,
    'and': and_,
    'or': or_,
}
