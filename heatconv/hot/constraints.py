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

"""Constraints on the values of parameters and properties.

Error messages contain the limits but never the value, because the value may be a secret.
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

    :ivar description: the author's description, which replaces the general error message unless it
        is empty.
    """

    __slots__ = ()

    description: str

    def check(
        self, value: Any, path: str = '', error: type[TemplateError] = InvalidProperty
    ) -> None:
        """Check a value that is already converted to its type.

        :param path: path of the value, for the error.
        :param error: class of the error.
        :raises TemplateError: of the class ``error``, if the value violates the constraint.
        """
        fault = self._wrong(value)
        if fault:
            raise error(self.description or fault, path)

    @abstractmethod
    def _wrong(self, value: Any) -> str:
        """Return a description of a valid value, or '' if the value is valid."""


@dataclass(frozen=True, slots=True)
class Length(Constraint):
    """Limits on the number of characters of a string, items of a list or keys of a map."""

    min: int | None = None
    max: int | None = None
    description: str = ''

    def _wrong(self, value: Any) -> str:
        if not isinstance(value, str | list | dict):
            return f'it must have a length, but {kind(value)} has none'
        length = len(value)
        if (self.min is not None and length < self.min) or (
            self.max is not None and length > self.max
        ):
            return f'the length must be {_between(self.min, self.max)}, not {length}'
        return ''


@dataclass(frozen=True, slots=True)
class Range(Constraint):
    """Limits on a number: the smallest and the largest valid value, both inclusive."""

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
    """A constraint on a number: it must be an offset plus a multiple of a step."""

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
    """A constraint on a scalar or on each item of a list: it must be one of the allowed values."""

    allowed: tuple[Any, ...]
    description: str = ''
    _known: frozenset[tuple[bool, Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A set: a template may have a long list of allowed values, and a long list to check.
        object.__setattr__(self, '_known', frozenset(map(_comparison_key, self.allowed)))

    def _wrong(self, value: Any) -> str:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict | list) or _comparison_key(item) not in self._known:
                return f'it must be{listing(map(str, self.allowed), "")}'
        return ''


@dataclass(frozen=True, slots=True)
class AllowedPattern(Constraint):
    """A constraint on a string: all of it must match a regular expression.

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


def _between(minimum: int | float | None, maximum: int | float | None) -> str:
    """Describe the numbers between two limits; None is no limit."""
    if minimum is None:
        return f'of at most {maximum}' if maximum is not None else 'of any size'
    if maximum is None:
        return f'of at least {minimum}'
    return f'from {minimum} to {maximum}'


def _comparison_key(value: Any) -> tuple[bool, Any]:
    """Return a key that is equal for equal values of a template."""
    # In Python True equals 1. In a template a boolean never equals a number.
    return isinstance(value, bool), value
