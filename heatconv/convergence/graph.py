"""Topological order and cycles of directed graphs, without recursion."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

T = TypeVar('T', bound=Hashable)


class Cycle(Exception):
    """The graph has a cycle, so there is no topological order.

    :ivar path: the nodes of one cycle; its first node is repeated at the end.
    """

    def __init__(self, path: list[object]) -> None:
        self.path = path
        super().__init__(' -> '.join(str(node) for node in path))


def order(requires: Mapping[T, Iterable[T]]) -> list[T]:
    """Sort nodes topologically: each node comes after the nodes that it requires.

    The search is depth-first, in the order of the mapping. It uses an explicit stack instead
    of recursion, so that it can handle a chain of a million nodes.

    :param requires: for each node, the nodes that it requires.
    :raises Cycle: if the graph has a cycle.
    """
    done: dict[T, None] = {}
    on_path: dict[T, None] = {}
    for start in requires:
        pending: list[tuple[T, bool]] = [(start, False)]
        while pending:
            node, expanded = pending.pop()
            if expanded:
                del on_path[node]
                done[node] = None
                continue
            if node in done:
                continue
            on_path[node] = None
            pending.append((node, True))
            for required in reversed(list(requires.get(node, ()))):
                if required in on_path:
                    path = list(on_path)
                    raise Cycle([*path[path.index(required) :], required])
                if required not in done:
                    pending.append((required, False))
    return list(done)
