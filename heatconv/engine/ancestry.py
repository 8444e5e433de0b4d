"""The tree of nested stacks: owners and descendants of a stack."""

from __future__ import annotations

from collections.abc import Iterator

from heatconv.convergence.model import Stack
from heatconv.storage.base import Store
from heatconv.storage.stack_query import StackQuery


def owners(store: Store, stack: Stack) -> Iterator[Stack]:
    """Yield a stack, then its owner, the owner of its owner, and so on up to the root stack."""
    current: Stack | None = stack
    while current is not None:
        yield current
        current = store.stack(current.owner_id) if current.owner_id else None


def descendants(store: Store, stack: Stack, depth: int | None = None) -> list[Stack]:
    """Return the live stacks that are nested in a stack, directly or indirectly, outer ones first.

    :param depth: number of levels to descend; None for all.
    """
    nested: list[Stack] = []
    level = [stack]
    while level and (depth is None or depth > 0):
        owner_ids = tuple(owner.id for owner in level)
        level = store.stacks(StackQuery(None, owners=owner_ids, sort=(('name', False),)))
        nested.extend(level)
        depth = None if depth is None else depth - 1
    return nested
