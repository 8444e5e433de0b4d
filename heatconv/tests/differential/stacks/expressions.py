"""Make up values that refer to parameters and to other resources."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: What the values of text parameters are taken from; each passes their constraints.
TEXTS = ('x', 'y', 'red', 'blue')


@dataclass(frozen=True)
class Source:
    """A resource that values may refer to.

    :ivar texts: arguments of ``get_attr`` after the name, of attributes that are texts.
    :ivar others: the same of attributes that are not.
    """

    name: str
    texts: Sequence[tuple[Any, ...]] = ()
    others: Sequence[tuple[Any, ...]] = ()
    referable: bool = True


@dataclass
class Scope:
    """What values of one template may refer to.

    :ivar parameters: types by name.
    :ivar conditions: their names.
    """

    source: random.Random
    parameters: dict[str, str] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    resources: list[Source] = field(default_factory=list)

    def text(self, depth: int = 1) -> Any:
        """Make up an expression of a text."""
        ways = [self._literal, self._literal, self._parameter, self._attribute, self._reference]
        if depth > 0:
            ways += [self._joined, self._replaced, self._chosen]
        return self.source.choice(ways)(depth)

    def value(self) -> Any:
        """Make up an expression of any type."""
        kind = self.source.random()
        if kind < 0.5:
            return self.text()
        if kind < 0.6:
            return [self.text(0), self.text(0)]
        if kind < 0.7:
            return {'k': self.text(0), 'n': self.source.randint(0, 9)}
        others = [{'get_attr': [one.name, *path]} for one in self.resources for path in one.others]
        others += [
            {'get_param': name}
            for name, type_ in self.parameters.items()
            if type_ in ('json', 'comma_delimited_list', 'number')
        ]
        return self.source.choice(others) if others else self.source.randint(0, 9)

    def _literal(self, depth: int) -> Any:
        return self.source.choice(TEXTS)

    def _parameter(self, depth: int) -> Any:
        names = [name for name, type_ in self.parameters.items() if type_ == 'string']
        if not names:
            return self._literal(depth)
        return {'get_param': self.source.choice(names)}

    def _attribute(self, depth: int) -> Any:
        known = [(one.name, path) for one in self.resources for path in one.texts]
        if not known:
            return self._literal(depth)
        name, path = self.source.choice(known)
        return {'get_attr': [name, *path]}

    def _reference(self, depth: int) -> Any:
        names = [one.name for one in self.resources if one.referable]
        if not names:
            return self._literal(depth)
        return {'get_resource': self.source.choice(names)}

    def _joined(self, depth: int) -> Any:
        return {'list_join': ['-', [self.text(depth - 1), self.text(depth - 1)]]}

    def _replaced(self, depth: int) -> Any:
        return {'str_replace': {'template': 'say $it', 'params': {'$it': self.text(depth - 1)}}}

    def _chosen(self, depth: int) -> Any:
        if not self.conditions:
            return self._joined(depth)
        condition = self.source.choice(self.conditions)
        return {'if': [condition, self.text(depth - 1), self.text(depth - 1)]}
