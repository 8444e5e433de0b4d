"""Never do two workers act on one resource."""

from __future__ import annotations

from heatconv.convergence.model import Observation, Verb
from heatconv.runtime.effects import CallPlugin, Save
from heatconv.sim.moves import Running
from heatconv.sim.watcher import Simulation, Watcher


class ExclusionChecker(Watcher):
    """Watches who may act on what, from the leave of the lease to the answer.

    Those taken for dead are left out: that they act late is what leases cannot
    prevent and fencing makes up for.
    """

    def __init__(self) -> None:
        self._acting: dict[str, Running] = {}

    def admitted(self, world: Simulation, one: Running, effect: CallPlugin) -> None:
        if effect.compensates or effect.call.verb == Verb.OBSERVE:
            return
        token = effect.call.row.token
        other = self._acting.get(token)
        if other is not None and other.worker is not None and not other.worker.parked:
            world.violate(f'exclusion: {token} of {effect.call.row.name} is acted on twice')
        self._acting[token] = one

    def acting(self, world: Simulation, one: Running, effect: CallPlugin) -> None:
        if effect.compensates or (one.worker is not None and one.worker.parked):
            return
        if isinstance(one.effect, Save):
            # The commit does it that stands only if nobody claims the row.
            return
        row = world.store.row(effect.call.row.id)
        if row is None or row.claim != effect.call.row.claim:
            world.violate(
                f'exclusion: {effect.call.verb} of {effect.call.row.name} without its claim'
            )

    def acted(
        self, world: Simulation, one: Running, effect: CallPlugin, seen: Observation
    ) -> None:
        self.dropped(world, one)

    def dropped(self, world: Simulation, one: Running) -> None:
        for token in [token for token, other in self._acting.items() if other is one]:
            del self._acting[token]
