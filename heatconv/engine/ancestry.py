"""Owners and descendants of nested stacks."""

from __future__ import annotations

from collections.abc import Iterator

from heatconv.convergence.model import Stack
from heatconv.storage.base import StackQuery, Store


def owners(store: Store, stack: Stack) -> Iterator[Stack]:
    """Yield a stack, its owner, the owner of that, and so on."""
    current: Stack | None = stack
    while current is not None:
        yield current
        current = store.stack(current.owner_id) if current.owner_id else None


def descendants(store: Store, stack: Stack, depth: int | None = None) -> list[Stack]:
    """Return the live stacks nested in a stack, the outer ones first.

    :param depth: number of levels; all if None.
    """
    nested: list[Stack] = []
    level = [stack]
    while level and (depth is None or depth > 0):
        ids = tuple(owner.id for owner in level)
        level = store.stacks(StackQuery(None, owners=ids, sort=(('name', False),)))
        nested.extend(level)
        depth = None if depth is None else depth - 1
    return nested
