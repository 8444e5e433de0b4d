"""The interface of checkers: they are called for each thing that happens in a simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from heatconv.convergence.model import Observation
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.exception import HeatconvException
from heatconv.runtime.effects import CallPlugin
from heatconv.sim.moves import Running, SimClock
from heatconv.sim.reality import Reality
from heatconv.sim.script import Request
from heatconv.sim.snapshot import Snapshot
from heatconv.storage.base import Store


class Simulation(Protocol):
    """What checkers may read of a world, and how they report a violation.

    :ivar names: the ids of stacks, by the name that the script gives them.
    :ivar written: the template of each accepted wish, by content id, as the script wrote it.
    :ivar zombie_acted: a worker taken for dead has acted, and its compensation is not over.
    :ivar died: a worker has died that may not have compensated for what it did.
    """

    clock: SimClock
    store: Store
    reality: Reality
    templates: Any
    sweeps: bool
    running: list[Running]
    snapshots: dict[str, Snapshot]
    names: dict[str, str]
    written: dict[str | None, Any]
    zombie_acted: bool
    died: bool

    def violate(self, what: str) -> None:
        """Report a violation."""


class Watcher:
    """Is called for everything that happens, and reports violations to the world.

    A checker overrides the methods that it needs.
    """

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        """A request was accepted."""

    def refused(self, world: Simulation, request: Request, error: HeatconvException) -> None:
        """A request was refused."""

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        """A wish became a traversal."""

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        """A commit stands."""

    def timed_out(self, world: Simulation, before: Snapshot, after: Snapshot) -> None:
        """A sweep found a stack whose deadline has passed."""

    def admitted(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        """The lease allowed a call of the plugin."""

    def acting(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        """The plugin is about to be called."""

    def acted(
        self, world: Simulation, running: Running, effect: CallPlugin, observation: Observation
    ) -> None:
        """The plugin has answered."""

    def dropped(self, world: Simulation, running: Running) -> None:
        """A task was abandoned."""

    def rested(self, world: Simulation) -> None:
        """No work is left."""


def hooks(watchers: Iterable[Watcher]) -> dict[str, list[Callable[..., None]]]:
    """Return the methods to call, by name, without those that a watcher does not override."""
    return {
        name: [
            getattr(watcher, name)
            for watcher in watchers
            if getattr(type(watcher), name) is not default
        ]
        for name, default in vars(Watcher).items()
        if not name.startswith('_')
    }
