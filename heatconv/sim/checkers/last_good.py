"""Checks the last good template: the one whose updates were all done last."""

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
    """Checks every change of the last good template, and its value at the end.

    A rollback goes to the template that was the last good one when it was requested: updates in
    progress may finish before it is prepared.
    """

    def __init__(self) -> None:
        self._asked: dict[str | None, str | None] = {}

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        self._asked[after.stack.wish_id] = after.stack.last_good_id

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
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
        running: Running,
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
        """A delete does not change it: a rollback of the delete goes there."""
        if after.stack.action == Action.DELETE and not after.stack.wish_id:
            world.violate('last good: a delete changed it')

    def rested(self, world: Simulation) -> None:
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            if stack.status != Status.COMPLETE or stack.action == Action.DELETE:
                continue
            if stack.last_good_id != stack.template_id:
                world.violate(f'last good: {stack.name} is COMPLETE, and another template is good')


def _is_done(snapshot: Snapshot, name: str) -> bool:
    """Say whether the update of a name is done, or was left out because nothing was to do."""
    node = snapshot.nodes.get(NodeKey(snapshot.stack.traversal_id or '', Kind.UPDATE, name))
    if node is not None:
        return node.status == NodeStatus.DONE
    same_name = [row for row in snapshot.rows.values() if row.name == name]
    return len(same_name) == 1 and states.healthy(same_name[0]) and bool(same_name[0].fingerprint)
