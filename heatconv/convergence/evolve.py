"""Change some fields of a frozen value, six times as fast as `dataclasses.replace`.

Every decision makes a few new rows out of old ones; this is on the path of each. As
`dataclasses` itself does for ``__init__``, a function is made for each set of fields that is
ever changed. It fills an unfrozen value of the same layout, which then becomes one of the
frozen class: no field passes through ``object.__setattr__``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar('T')

_twins: dict[type, type] = {}
_makers: dict[tuple[type, tuple[str, ...]], Callable[..., Any]] = {}


def _twin(kind: type) -> type:
    """Return a class of the same slots whose values may be changed."""
    twin = _twins.get(kind)
    if twin is None:
        slots = tuple(vars(kind)['__slots__'])
        twin = _twins[kind] = type(f'Open{kind.__name__}', (), {'__slots__': slots})
    return twin


def _maker(kind: Any, changed: tuple[str, ...]) -> Callable[..., Any]:
    """Make a function of a value and its changed fields.

    :raises KeyError: if there is no such field.
    """
    names = [field.name for field in dataclasses.fields(kind)]
    for name in changed:
        if name not in names:
            raise KeyError(name)
    given = [f'new_{name}' if name in changed else f'old.{name}' for name in names]
    lines = [
        f'def make(old, {", ".join(f"new_{name}" for name in changed)}):',
        '    made = new(twin)',
        *(f'    made.{name} = {one}' for name, one in zip(names, given, strict=True)),
        '    made.__class__ = kind',
        '    return made',
    ]
    known = {'new': object.__new__, 'twin': _twin(kind), 'kind': kind}
    # Of nothing but the names of the fields of our own classes.
    exec('\n'.join(lines), known)  # noqa: S102
    make: Callable[..., Any] = known['make']
    _makers[kind, changed] = make
    return make


def evolve(value: T, **changes: Any) -> T:
    """Return a copy of a frozen dataclass with slots, with some fields changed.

    :raises KeyError: if there is no such field.
    """
    kind = type(value)
    changed = tuple(changes)
    make = _makers.get((kind, changed)) or _maker(kind, changed)
    made: T = make(value, *changes.values())
    return made
