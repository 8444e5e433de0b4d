"""Walk through requests as trees of dictionaries and lists."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

Place = tuple[Any, ...]


def places(tree: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield each value of a tree with its place, from the outside to the inside."""
    yield at, tree
    for key, value in _items(tree):
        yield from places(value, (*at, key))


def put(tree: Any, at: Place, value: Any) -> None:
    """Replace the value at a place."""
    _parent(tree, at)[at[-1]] = value


def without(tree: Any, at: Place) -> Any:
    """Return a copy of a tree without the value at a place."""
    made = copy.deepcopy(tree)
    del _parent(made, at)[at[-1]]
    return made


def mapped(tree: Any, change: Callable[[Any], Any]) -> Any:
    """Return a copy of a tree in which each value is changed, from the inside to the outside."""
    if isinstance(tree, dict):
        return change({change(key): mapped(value, change) for key, value in tree.items()})
    if isinstance(tree, list):
        return change([mapped(value, change) for value in tree])
    return change(tree)


def _items(tree: Any) -> list[tuple[Any, Any]]:
    if isinstance(tree, dict):
        return list(tree.items())
    if isinstance(tree, list):
        return list(enumerate(tree))
    return []


def _parent(tree: Any, at: Place) -> Any:
    for key in at[:-1]:
        tree = tree[key]
    return tree
