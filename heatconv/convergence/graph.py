"""Directed graphs of names: order and cycles, without recursion."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

T = TypeVar('T', bound=Hashable)


class Cycle(Exception):
    """There is no order.

    :ivar path: the nodes of one cycle, its first one repeated at the end.
    """

    def __init__(self, path: list[object]) -> None:
        self.path = path
        super().__init__(' -> '.join(str(node) for node in path))


def order(requires: Mapping[T, Iterable[T]]) -> list[T]:
    """Sort nodes so that each comes after what it requires.

    Depth first, in the order of the mapping, with a stack of its own, so that
    a chain of a million nodes is no deeper than any other.

    :raises Cycle: if there is none.
    """
    done: dict[T, None] = {}
    open_: dict[T, None] = {}
    for start in requires:
        pending: list[tuple[T, bool]] = [(start, False)]
        while pending:
            node, left = pending.pop()
            if left:
                del open_[node]
                done[node] = None
                continue
            if node in done:
                continue
            open_[node] = None
            pending.append((node, True))
            for required in reversed(list(requires.get(node, ()))):
                if required in open_:
                    path = list(open_)
                    raise Cycle([*path[path.index(required) :], required])
                if required not in done:
                    pending.append((required, False))
    return list(done)
