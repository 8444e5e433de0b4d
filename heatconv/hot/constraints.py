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

"""Constraints on values, for parameters and properties.

Messages name the limits, never the value: it may be a secret.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from heatconv.hot.errors import InvalidProperty, TemplateError, kind
from heatconv.hot.patterns import Pattern, PatternError
from heatconv.hot.suggest import listing


class Constraint(ABC):
    """A constraint on a value.

    :ivar description: if not empty, replaces the general message.
    """

    __slots__ = ()

    description: str

    def check(
        self, value: Any, path: str = '', error: type[TemplateError] = InvalidProperty
    ) -> None:
        """Check a value that has been converted to its type.

        :raises TemplateError: of the given class, if the value violates the constraint.
        """
        wrong = self._wrong(value)
        if wrong:
            raise error(self.description or wrong, path)

    @abstractmethod
    def _wrong(self, value: Any) -> str:
        """Return what a valid value would be, or '' if the value is valid."""


@dataclass(frozen=True, slots=True)
class Length(Constraint):
    """The number of characters, items or keys."""

    min: int | None = None
    max: int | None = None
    description: str = ''

    def _wrong(self, value: Any) -> str:
        if not isinstance(value, str | list | dict):
            return f'it must have a length, which {kind(value)} has not'
        length = len(value)
        if (self.min is not None and length < self.min) or (
            self.max is not None and length > self.max
        ):
            return f'the length must be {_between(self.min, self.max)}, not {length}'
        return ''


@dataclass(frozen=True, slots=True)
class Range(Constraint):
    """The smallest and the largest value of a number."""

    min: int | float | None = None
    max: int | float | None = None
    description: str = ''

    def _wrong(self, value: Any) -> str:
        if (
            not isinstance(value, int | float)
            or (self.min is not None and value < self.min)
            or (self.max is not None and value > self.max)
        ):
            return f'it must be a number {_between(self.min, self.max)}'
        return ''


@dataclass(frozen=True, slots=True)
class Modulo(Constraint):
    """A number that is an offset plus a multiple of a step."""

    step: int
    offset: int = 0
    description: str = ''

    def __post_init__(self) -> None:
        # Heat's rules (heat/engine/constraints.py, Modulo).
        if self.step == 0:
            raise ValueError('step must not be 0')
        if abs(self.offset) >= abs(self.step):
            raise ValueError('offset must be smaller than step')
        if self.offset and (self.offset < 0) != (self.step < 0):
            raise ValueError('step and offset must both be positive or both be negative')

    def _wrong(self, value: Any) -> str:
        if not isinstance(value, int | float) or value % self.step != self.offset:
            return f'it must be a multiple of {self.step}, plus {self.offset}'
        return ''


@dataclass(frozen=True, slots=True)
class AllowedValues(Constraint):
    """The value, or each item of a list, is one of these."""

    allowed: tuple[Any, ...]
    description: str = ''
    _known: frozenset[tuple[bool, Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A template may allow many values for each of many items.
        object.__setattr__(self, '_known', frozenset(map(_told_apart, self.allowed)))

    def _wrong(self, value: Any) -> str:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict | list) or _told_apart(item) not in self._known:
                return f'it must be{listing(map(str, self.allowed), "")}'
        return ''


@dataclass(frozen=True, slots=True)
class AllowedPattern(Constraint):
    """A string that matches a regular expression from start to end.

    :raises ValueError: if the expression is invalid or not supported.
    """

    pattern: str
    description: str = ''
    _compiled: Pattern = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, '_compiled', Pattern(self.pattern))

    def _wrong(self, value: Any) -> str:
        try:
            if isinstance(value, str) and self._compiled.matches(value):
                return ''
        except PatternError as error:
            return str(error)
        return f'it must match the pattern {self.pattern}'


def _between(least: int | float | None, most: int | float | None) -> str:
    if least is None:
        return f'of at most {most}' if most is not None else 'of any size'
    if most is None:
        return f'of at least {least}'
    return f'from {least} to {most}'


def _told_apart(value: Any) -> tuple[bool, Any]:
    # True == 1 in Python, but not in a template.
    return isinstance(value, bool), value
