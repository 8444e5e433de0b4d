"""Checks mutual exclusion: no two workers operate on one resource concurrently."""

from __future__ import annotations

from heatconv.convergence.model import Observation, Verb
from heatconv.runtime.effects import CallPlugin, Save
from heatconv.sim.moves import Running
from heatconv.sim.watcher import Simulation, Watcher


class ExclusionChecker(Watcher):
    """Tracks the operation on each resource, from its admission by the lease to its answer.

    Zombies are left out: a lease cannot prevent their late operations, which are compensated.
    """

    def __init__(self) -> None:
        #: Tasks with an operation in progress, by the token of its resource.
        self._acting: dict[str, Running] = {}

    def admitted(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        if effect.compensates or effect.call.verb == Verb.OBSERVE:
            return
        token = effect.call.row.token
        other = self._acting.get(token)
        if other is not None and other.worker is not None and not other.worker.parked:
            world.violate(f'exclusion: {token} of {effect.call.row.name} has two operations')
        self._acting[token] = running

    def acting(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        if effect.compensates or (running.worker is not None and running.worker.parked):
            return
        if isinstance(running.effect, Save):
            # A fused commit needs no claim: it stands only if the row is unclaimed.
            return
        row = world.store.row(effect.call.row.id)
        if row is None or row.claim != effect.call.row.claim:
            world.violate(
                f'exclusion: {effect.call.verb} of {effect.call.row.name} without a claim'
            )

    def acted(
        self, world: Simulation, running: Running, effect: CallPlugin, observation: Observation
    ) -> None:
        self.dropped(world, running)

    def dropped(self, world: Simulation, running: Running) -> None:
        for token in [token for token, other in self._acting.items() if other is running]:
            del self._acting[token]
