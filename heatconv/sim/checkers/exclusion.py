"""Checks exclusion: no two workers operate on one resource."""

from __future__ import annotations

from heatconv.convergence.model import Observation, Verb
from heatconv.runtime.effects import CallPlugin, Save
from heatconv.sim.moves import Running
from heatconv.sim.watcher import Simulation, Watcher


class ExclusionChecker(Watcher):
    """Tracks which worker may act on which resource, from the admission by its lease to the
    answer.

    Zombies are left out: leases cannot prevent their late actions, which are compensated.
    """

    def __init__(self) -> None:
        self._acting: dict[str, Running] = {}

    def admitted(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        if effect.compensates or effect.call.verb == Verb.OBSERVE:
            return
        token = effect.call.row.token
        other = self._acting.get(token)
        if other is not None and other.worker is not None and not other.worker.parked:
            world.violate(f'exclusion: {token} of {effect.call.row.name} is acted on twice')
        self._acting[token] = running

    def acting(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        if effect.compensates or (running.worker is not None and running.worker.parked):
            return
        if isinstance(running.effect, Save):
            # A fused commit acts, and it stands only if the row is unclaimed.
            return
        row = world.store.row(effect.call.row.id)
        if row is None or row.claim != effect.call.row.claim:
            world.violate(
                f'exclusion: {effect.call.verb} of {effect.call.row.name} without its claim'
            )

    def acted(
        self, world: Simulation, running: Running, effect: CallPlugin, observation: Observation
    ) -> None:
        self.dropped(world, running)

    def dropped(self, world: Simulation, running: Running) -> None:
        for token in [token for token, other in self._acting.items() if other is running]:
            del self._acting[token]
