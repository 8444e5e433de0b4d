"""Snapshots: the stored state of a stack at one step, which checkers compare."""

from __future__ import annotations

from dataclasses import dataclass

from heatconv.convergence.model import Node, NodeKey, Resource, Stack


@dataclass(frozen=True)
class Snapshot:
    """A stack, its rows by id and its nodes by key, at one step."""

    stack: Stack
    rows: dict[str, Resource]
    nodes: dict[NodeKey, Node]
