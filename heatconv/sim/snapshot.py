"""What checkers see: a stack as it was and as it is, and what happened between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heatconv.convergence.model import Node, NodeKey, Observation, Resource, Stack
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.exception import HeatconvException
from heatconv.runtime.effects import CallPlugin
from heatconv.sim.script import Request

if TYPE_CHECKING:
    from heatconv.sim.moves import Running
    from heatconv.sim.world import World


@dataclass(frozen=True)
class Snapshot:
    """A stack, its rows and its nodes at one moment."""

    stack: Stack
    rows: dict[str, Resource]
    nodes: dict[NodeKey, Node]


class Watcher:
    """Is told of all that happens; tells the world what is wrong with it.

    A checker overrides what it needs.
    """

    def requested(
        self, world: World, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        """A request was accepted."""

    def refused(self, world: World, request: Request, error: HeatconvException) -> None:
        """A request was refused."""

    def prepared(
        self, world: World, one: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        """A wish became a traversal."""

    def committed(
        self,
        world: World,
        one: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        """A commit stands."""

    def timed_out(self, world: World, before: Snapshot, after: Snapshot) -> None:
        """A sweep has met a stack whose deadline has passed."""

    def admitted(self, world: World, one: Running, effect: CallPlugin) -> None:
        """The lease allowed a call of the plugin."""

    def acting(self, world: World, one: Running, effect: CallPlugin) -> None:
        """The plugin is about to be called."""

    def acted(self, world: World, one: Running, effect: CallPlugin, seen: Observation) -> None:
        """The plugin has answered."""

    def dropped(self, world: World, one: Running) -> None:
        """A task died where it stood."""

    def rested(self, world: World) -> None:
        """Nothing is left to do."""


def hooks(watchers: Iterable[Watcher]) -> dict[str, list[Callable[..., None]]]:
    """Return by name what is to be called: what a watcher does not override is nothing."""
    return {
        name: [getattr(one, name) for one in watchers if getattr(type(one), name) is not default]
        for name, default in vars(Watcher).items()
        if not name.startswith('_')
    }
