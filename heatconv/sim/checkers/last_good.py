"""Checks the last good template: the template whose updates were all done most recently."""

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

    A rollback leads to the template that was the last good one when the rollback was requested.
    The last good template may change before the preparation, because updates in progress finish.
    """

    def __init__(self) -> None:
        #: The last good template at the time of each wish: template id by wish id.
        self._asked: dict[str | None, str | None] = {}

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        self._asked[after.stack.wish_id] = after.stack.last_good_id

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        if after.stack.template_id != before.stack.newest_template_id:
            world.violate('last good: the traversal does not lead to the requested template')
        rolls_back = before.stack.action == Action.ROLLBACK
        if rolls_back and after.stack.template_id != self._asked[before.stack.wish_id]:
            world.violate('last good: a rollback does not lead to the last good template')
        if before.stack.last_good_id != after.stack.last_good_id:
            self._check_action(world, after)
            for name in world.written[after.stack.template_id].resources:
                if not _is_done(after, name):
                    world.violate(f'last good: the template became good before {name} was done')

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
        self._check_action(world, after)
        stack = after.stack
        if stack.last_good_id != stack.template_id:
            world.violate('last good: it is not the template of the traversal')
        for name in world.written[stack.template_id].resources:
            if not _is_done(before, name):
                world.violate(f'last good: {name} is not done')

    def timed_out(self, world: Simulation, before: Snapshot, after: Snapshot) -> None:
        if after.stack.wish_id != before.stack.wish_id:
            self._asked[after.stack.wish_id] = after.stack.last_good_id
        if before.stack.last_good_id != after.stack.last_good_id:
            world.violate('last good: a timeout changed it')

    def _check_action(self, world: Simulation, after: Snapshot) -> None:
        """Check that a delete does not change it: a rollback of the delete returns to it."""
        if after.stack.action == Action.DELETE and not after.stack.wish_id:
            world.violate('last good: a delete changed it')

    def rested(self, world: Simulation) -> None:
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            if stack.status != Status.COMPLETE or stack.action == Action.DELETE:
                continue
            if stack.last_good_id != stack.template_id:
                world.violate(f'last good: {stack.name} is COMPLETE, but its template is not good')


def _is_done(snapshot: Snapshot, name: str) -> bool:
    """Say whether the update of a name is done, or has no node because it would change nothing.

    Without a node, the name has exactly one row, which is healthy and has a fingerprint.
    """
    node = snapshot.nodes.get(NodeKey(snapshot.stack.traversal_id or '', Kind.UPDATE, name))
    if node is not None:
        return node.status == NodeStatus.DONE
    same_name = [row for row in snapshot.rows.values() if row.name == name]
    return len(same_name) == 1 and states.healthy(same_name[0]) and bool(same_name[0].fingerprint)
