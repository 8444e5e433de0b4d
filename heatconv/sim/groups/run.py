"""Runs of histories of groups under a scheduler."""

from __future__ import annotations

from typing import Any

from heatconv.convergence.model import Status
from heatconv.sim.checkers.exclusion import ExclusionChecker
from heatconv.sim.checkers.graph import GraphChecker
from heatconv.sim.checkers.groups import GroupChecker
from heatconv.sim.checkers.quiescence import RestChecker
from heatconv.sim.checkers.supersession import SupersessionChecker
from heatconv.sim.checkers.transitions import TransitionChecker
from heatconv.sim.explore import AMPLE, Options, Result, Run
from heatconv.sim.groups.history import GROUP, GroupHistory
from heatconv.sim.groups.world import GroupWorld
from heatconv.sim.history import STACK
from heatconv.sim.schedule import Scheduler
from heatconv.sim.script import Request

#: The checkers that also hold for nested stacks, which no user requests.
CHECKERS = (
    GraphChecker,
    TransitionChecker,
    SupersessionChecker,
    ExclusionChecker,
    RestChecker,
    GroupChecker,
)


class GroupRun(Run):
    """One run of a history of a group in a new world."""

    world: GroupWorld
    world_type = GroupWorld

    def watchers(self) -> list[Any]:
        return [checker() for checker in CHECKERS]

    def groups(self, history: GroupHistory) -> Result:
        """Run a history, an update that must succeed, and a delete that must leave nothing."""
        world = self.world
        if history.fused:
            world.use_reality_in_store()
        world.entries = list(history.entries)  # type: ignore[arg-type]
        self._run_to_rest()
        if not world.violations and world.stack(STACK) is not None:
            self._finish(history)
        return self._result()

    def _finish(self, history: GroupHistory) -> None:
        world = self.world
        world.reality.repair()
        stack = world.stack(STACK)
        assert stack is not None
        if stack.action != 'DELETE':
            world.zombie_acted = False
            template: Any = history.final
            world.entries = [Request('update', STACK, template, AMPLE)]
            self._run_to_rest()
            self._check(history)
        if not world.violations:
            world.entries = [Request('delete', STACK)]
            self._run_to_rest()
        if not world.violations and (world.stack(STACK) or world.reality.rows):
            world.violate(f'epilogue: a delete left {list(world.reality.rows)}')
        if not world.violations and world.policies.all():
            world.violate('epilogue: a delete left a policy')

    def _check(self, history: GroupHistory) -> None:
        """Check that the last update succeeded, and the size of the group."""
        world = self.world
        stack = world.stack(STACK)
        if world.violations or stack is None:
            return
        if stack.status != Status.COMPLETE:
            world.violate(f'epilogue: an update did not repair the stack: {stack.reason}')
            return
        sizes = [
            len(snapshot.rows)
            for snapshot in world.snapshots.values()
            if snapshot.stack.owner_resource == GROUP and snapshot.stack.deleted_at is None
        ]
        wanted = min(history.final.size or 0, history.final.most)
        if sizes != [wanted]:
            world.violate(f'epilogue: the group has {sizes} members, not {wanted}')


def run_groups(
    history: GroupHistory, scheduler: Scheduler, options: Options, tracing: bool = False
) -> Result:
    """Run a history of a group under a scheduler."""
    return GroupRun(scheduler, options, tracing).groups(history)
