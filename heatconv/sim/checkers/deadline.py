"""Checks timeouts: an overdue stack fails, none fails early, and it rolls back if enabled."""

from __future__ import annotations

from heatconv.convergence.model import Action
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


class DeadlineChecker(Watcher):
    """Checks the effect of each timeout.

    A missing timeout is found at the end, because its stack is still in progress: see
    `heatconv.sim.checkers.quiescence`.
    """

    def timed_out(self, world: Simulation, before: Snapshot, after: Snapshot) -> None:
        stack = after.stack
        deadline = before.stack.deadline
        if deadline is None or deadline > world.clock.time:
            world.violate(f'deadline: {stack.name} timed out early')
        if 'timed out' not in stack.reason:
            world.violate(f'deadline: {stack.name} has a reason that does not name the timeout')
        if after.nodes:
            world.violate(f'deadline: {stack.name} timed out but keeps its nodes')
        if before.stack.action in (Action.CREATE, Action.UPDATE):
            rolls_back = stack.action == Action.ROLLBACK and stack.wish_id is not None
            if rolls_back == before.stack.disable_rollback:
                world.violate(f'deadline: {stack.name} does not follow disable_rollback')
