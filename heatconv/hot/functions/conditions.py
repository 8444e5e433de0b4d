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

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.hot.errors import (
    InvalidArguments,
    InvalidReference,
    InvalidSection,
    ResolutionError,
    TemplateError,
    kind,
    shown,
)
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import (
    OMITTED,
    Failing,
    Frame,
    ListNode,
    MapNode,
    Node,
    resolve,
)
from heatconv.hot.scope import Scope
from heatconv.hot.suggest import suggestion

#: From this version on the last part of an ``if`` is optional.
_NULLABLE_SINCE = '2021-04-16'
_IF_SYNTAX = 'write {if: [condition, value if true, value if false]}'
#: Finds the name of a pseudo parameter in JSON.
_PSEUDO = re.compile(r'"(OS::(stack|project)_|AWS::Stack)')
_EQUALS_SYNTAX = 'write {equals: [value, value]}'


def use_pseudo_parameters(source: Mapping[str, Any]) -> bool:
    """Say whether conditions of a template may use pseudo parameters.

    :param source: a template in HOT; see :func:`heatconv.hot.cfn.as_hot`. Conditions that stand in
        an ``if`` are left out: they can be decided at run time.
    """
    written: list[Any] = [source.get('conditions')]
    for section in (source.get('resources'), source.get('outputs')):
        entries = section.values() if isinstance(section, Mapping) else ()
        written += [
            entry['condition']
            for entry in entries
            if isinstance(entry, Mapping) and isinstance(entry.get('condition'), Mapping)
        ]
    return any(condition and _PSEUDO.search(json.dumps(condition)) for condition in written)


class Conditions:
    """The section ``conditions`` of a template; each condition is evaluated once, when first used.

    The value of a condition is a boolean, or a node if it depends on run time or fails. A
    condition that fails is an error only where it decides something, as in Heat.

    :param section: the section as written.
    :param context: the context to compile conditions in; it has the functions of conditions only.
    """

    def __init__(self, section: Mapping[str, Any], context: Context) -> None:
        self._section = section
        self._context = context
        self._known: dict[str, Any] = {}
        self._open: dict[str, None] = {}
        context.conditions = self
        context.lazy = True
        context.decides = True

    def check(self) -> None:
        """Compile all conditions.

        :raises TemplateError: with the path below the section.
        """
        for name, condition in self._section.items():
            self.named(name)
            # As in Heat, which accepts the name of another condition in functions only.
            if not isinstance(condition, bool) and not self._context.is_call(condition):
                raise InvalidArguments(
                    'a condition must be true, false or a function of conditions, '
                    f'not {kind(condition)}',
                    f'conditions.{name}',
                )

    def named(self, name: str) -> Any:
        """Return the value of a named condition that exists, a boolean or a node.

        :raises TemplateError: if it is invalid, or requires itself.
        """
        if name in self._known:
            return self._known[name]
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
        return self.decided(self.compiled(condition))

    def compiled(self, condition: Any) -> Any:
        """Compile a condition as written, which may result in the name of another one."""
        return self._context.compile(condition)

    def decided(self, value: Any) -> Any:
        """Return the value of a compiled condition, a boolean or a node.

        A string is the name of a condition and has its value. A null holds, as in Heat.
        """
        if value is None:
            return True
        if isinstance(value, bool):
            return value
        if isinstance(value, Node) and not isinstance(value, MapNode | ListNode):
            return value
        if isinstance(value, str):
            if value in self._section:
                return self.named(value)
            error = InvalidReference(
                f'there is no condition {shown(value)}',
                remedy=suggestion(value, self._section) or 'this template has no conditions',
            )
            return Failing(error)
        wrong = InvalidArguments(
            f'a condition must be a name, true, false or a function of conditions, '
            f'not {kind(value)}'
        )
        return Failing(wrong)

    def known(self, value: Any, pseudo: Mapping[str, str]) -> bool:
        """Return the value of a condition before run time.

        :param value: the condition, a result of :meth:`truth`.
        :param pseudo: the values of the pseudo parameters that are known.
        :raises TemplateError: if it fails, or depends on a parameter without a value.
        """
        if isinstance(value, bool):
            return value
        return self.at_run_time(value, Frame(Scope(pseudo=pseudo)))

    def failure(self, value: Node, pseudo: Mapping[str, str]) -> TemplateError | None:
        """Return the error of a function that fails whatever the values at run time are."""
        try:
            resolve(value, Frame(Scope(pseudo=pseudo)))
        except ResolutionError:
            return None
        except TemplateError as error:
            return error
        return None

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
    combine: Callable[[Iterator[bool]], bool]
    parts: Sequence[Any]

    def resolve(self, frame: Frame) -> bool:
        # The parts after the one that decides are not evaluated, as in Heat: they may fail.
        values = (self.conditions.at_run_time(resolve(part, frame), frame) for part in self.parts)
        try:
            return self.combine(values)
        except TemplateError as error:
            error.under(self.name)
            raise


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
        if isinstance(holds, Node):
            # An error is one even in an output, as in Heat: the condition decides which value to
            # look at. That it is not known yet is none.
            with contextlib.suppress(ResolutionError):
                holds = conditions.known(holds, context.pseudo)
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
    return _combined('not', lambda values: not next(values), [argument], context)


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
    name: str, combine: Callable[[Iterator[bool]], bool], parts: Sequence[Any], context: Context
) -> Any:
    """Build a combination of conditions: its value if all are known, else a node."""
    conditions: Conditions = context.conditions
    values = []
    failure = None
    for index, part in enumerate(parts):
        try:
            value = conditions.compiled(part)
            if isinstance(value, Node) and context.is_call(part):
                # In Heat, only the names of conditions are not evaluated if they do not matter.
                failure = failure or conditions.failure(value, context.pseudo)
            values.append(conditions.decided(value))
        except TemplateError as error:
            if len(parts) > 1:
                error.under(index)
            raise
    if failure is not None:
        return Failing(failure)
    try:
        # Parts that are not known do not matter if one before them decides.
        return combine(_booleans(values))
    except _NotKnown:
        return Combination(name, conditions, combine, values)


class _NotKnown(Exception):
    """The value of a condition is not known yet."""


def _booleans(values: Sequence[Any]) -> Iterator[bool]:
    """Yield values of conditions up to the first one that is not known.

    :raises _NotKnown: at that one.
    """
    for value in values:
        if isinstance(value, Node):
            raise _NotKnown
        yield value


FUNCTIONS: Mapping[str, Builder] = {'if': if_}
#: Functions of templates that conditions may use as well.
CONDITION_FUNCTIONS: Mapping[str, Builder] = {
    'equals': equals,
    'not': not_,
    'and': and_,
    'or': or_,
}
