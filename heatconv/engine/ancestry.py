"""Which stacks are within which."""

from __future__ import annotations

from collections.abc import Iterator

from heatconv.convergence.model import Stack
from heatconv.storage.base import StackQuery, Store


def owners(store: Store, stack: Stack) -> Iterator[Stack]:
    """Give a stack, the one that it is a resource of, and so on."""
    found: Stack | None = stack
    while found is not None:
        yield found
        found = store.stack(found.owner_id) if found.owner_id else None


def descendants(store: Store, stack: Stack, depth: int | None = None) -> list[Stack]:
    """Return the live stacks within a stack, the outer ones first.

    :param depth: how many levels; all if None.
    """
    found: list[Stack] = []
    level = [stack]
    while level and (depth is None or depth > 0):
        ids = tuple(one.id for one in level)
        level = store.stacks(StackQuery(None, owners=ids, sort=(('name', False),)))
        found.extend(level)
        depth = None if depth is None else depth - 1
    return found
