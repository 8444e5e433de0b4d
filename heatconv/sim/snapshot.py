"""A stack at one moment, as checkers compare it."""

from __future__ import annotations

from dataclasses import dataclass

from heatconv.convergence.model import Node, NodeKey, Resource, Stack


@dataclass(frozen=True)
class Snapshot:
    """A stack, its rows and its nodes at one moment."""

    stack: Stack
    rows: dict[str, Resource]
    nodes: dict[NodeKey, Node]
