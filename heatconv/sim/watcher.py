"""The interface of watchers: a simulation notifies them of every event. Checkers are watchers."""

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
    """The interface of a world for watchers: its state, and the report of violations.

    :ivar sweeps: whether workers sweep.
    :ivar running: the running tasks.
    :ivar snapshots: the latest snapshot of each stack, by stack id.
    :ivar names: ids of stacks, by the name in the script.
    :ivar written: the template of each request, as the script wrote it, by content id.
    :ivar zombie_acted: whether a zombie has acted, and may not have compensated yet.
    :ivar died: whether a worker has died before it could compensate for its operations.
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
        """Report a violation.

        :param what: the family of the checker, a colon and a description.
        """


class Watcher:
    """Is notified of every event of a world, and reports violations to it.

    A watcher overrides the methods that it needs. ``before`` and ``after`` are the snapshots of
    the stack around the event.
    """

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        """A request was accepted; ``before`` is None for a new stack."""

    def refused(self, world: Simulation, request: Request, error: HeatconvException) -> None:
        """A request was refused."""

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        """A wish was prepared: it became a traversal."""

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        """A commit stands, at least its row part."""

    def timed_out(self, world: Simulation, before: Snapshot, after: Snapshot) -> None:
        """A sweep timed out a stack whose deadline has passed."""

    def admitted(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        """The lease of the worker admitted a plugin call."""

    def acting(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        """A plugin call is about to begin."""

    def acted(
        self, world: Simulation, running: Running, effect: CallPlugin, observation: Observation
    ) -> None:
        """A plugin call has ended."""

    def dropped(self, world: Simulation, running: Running) -> None:
        """A task was abandoned, because its process died."""

    def rested(self, world: Simulation) -> None:
        """The run has ended: no work is left."""


def hooks(watchers: Iterable[Watcher]) -> dict[str, list[Callable[..., None]]]:
    """Return the methods to call for each event, by name; only overridden methods are listed."""
    return {
        name: [
            getattr(watcher, name)
            for watcher in watchers
            if getattr(type(watcher), name) is not default
        ]
        for name, default in vars(Watcher).items()
        if not name.startswith('_')
    }
