"""Checks supersession: a superseded traversal does not change the graph of a newer one."""

from __future__ import annotations

from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.sim.moves import Running
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


class SupersessionChecker(Watcher):
    """Compares stack and nodes before and after each commit that is not of the current traversal.

    A preparation must delete all nodes of the previous traversal.
    """

    def prepared(
        self, world: Simulation, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        old = before.stack.traversal_id
        remaining = [key for key in after.nodes if key.traversal_id == old]
        if old is not None and remaining:
            world.violate(f'supersession: nodes of {old} still exist: {remaining}')

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        current = before.stack.traversal_id
        if commit.node is not None and commit.node.key.traversal_id == current:
            return
        if before.stack != after.stack:
            world.violate(
                f'supersession: {running.name} changed the stack with traversal {current}'
            )
        changed = [
            key
            for key in sorted({*before.nodes, *after.nodes})
            if before.nodes.get(key) != after.nodes.get(key)
        ]
        if changed:
            world.violate(f'supersession: {running.name} changed {changed[0]}')
