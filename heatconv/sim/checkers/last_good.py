"""The last good template is the one whose updates were all done last."""

from __future__ import annotations

from heatconv.convergence import states
from heatconv.convergence.model import Action, Kind, NodeKey, NodeStatus, Status
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.sim.moves import Running
from heatconv.sim.script import Request
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


class LastGoodChecker(Watcher):
    """Looks at every change of it, and at what it is at rest.

    A rollback goes to what was the last good template when it was asked for:
    the updates under way may be done before it is prepared.
    """

    def __init__(self) -> None:
        self._asked: dict[str | None, str | None] = {}

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        self._asked[after.stack.wish_id] = after.stack.last_good_id

    def prepared(
        self, world: Simulation, one: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        if after.stack.template_id != before.stack.newest_template_id:
            world.violate('last good: the traversal goes elsewhere than the wish')
        rolls_back = before.stack.action == Action.ROLLBACK
        if rolls_back and after.stack.template_id != self._asked[before.stack.wish_id]:
            world.violate('last good: a rollback goes elsewhere than to the last good template')
        if before.stack.last_good_id != after.stack.last_good_id:
            self._goes(world, after)
        if before.stack.last_good_id != after.stack.last_good_id:
            for name in world.written[after.stack.template_id].resources:
                if not _is_done(after, name):
                    world.violate(f'last good: a template is good before {name} is')

    def committed(
        self,
        world: Simulation,
        one: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        if after.stack.wish_id != before.stack.wish_id:
            self._asked[after.stack.wish_id] = after.stack.last_good_id
        if before.stack.last_good_id == after.stack.last_good_id:
            return
        self._goes(world, after)
        stack = after.stack
        if stack.last_good_id != stack.template_id:
            world.violate('last good: it became another than that of the traversal')
        for name in world.written[stack.template_id].resources:
            if not _is_done(before, name):
                world.violate(f'last good: {name} is not done')

    def timed_out(self, world: Simulation, before: Snapshot, after: Snapshot) -> None:
        if after.stack.wish_id != before.stack.wish_id:
            self._asked[after.stack.wish_id] = after.stack.last_good_id
        if before.stack.last_good_id != after.stack.last_good_id:
            world.violate('last good: a timeout changed it')

    def _goes(self, world: Simulation, after: Snapshot) -> None:
        """A delete leaves it alone: that is where a rollback of it goes."""
        if after.stack.action == Action.DELETE and not after.stack.wish_id:
            world.violate('last good: a delete changed it')

    def rested(self, world: Simulation) -> None:
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            if stack.status != Status.COMPLETE or stack.action == Action.DELETE:
                continue
            if stack.last_good_id != stack.template_id:
                world.violate(f'last good: {stack.name} is COMPLETE, and another template is good')


def _is_done(seen: Snapshot, name: str) -> bool:
    """Say whether the update of a name is over, or was never to come: nothing was to do."""
    node = seen.nodes.get(NodeKey(seen.stack.traversal_id or '', Kind.UPDATE, name))
    if node is not None:
        return node.status == NodeStatus.DONE
    alike = [row for row in seen.rows.values() if row.name == name]
    return len(alike) == 1 and states.healthy(alike[0]) and bool(alike[0].fingerprint)
