"""Checks order: no resource is created before, or deleted after, its requirements."""

from __future__ import annotations

from heatconv.convergence.model import Kind, NodeKey, Observation, Verb
from heatconv.convergence.step import Commit, Outcome
from heatconv.runtime.effects import CallPlugin
from heatconv.sim.moves import Running
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


class OrderChecker(Watcher):
    """Checks requirements at begin and delete, and reports the refusals of reality.

    Reality refuses to break references. Requirements without a reference are unknown to it.
    """

    def committed(
        self,
        world: Simulation,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        """Check that the requirements of an update node are done when it begins."""
        write = commit.node
        if write is None or write.key.kind != Kind.UPDATE:
            return
        if write.now != 'running' and not commit.fused:
            return
        template = world.written.get(after.stack.template_id)
        if template is None or write.key.name not in template.resources:
            return
        for required in template.resources[write.key.name].references():
            node = after.nodes.get(NodeKey(write.key.traversal_id, Kind.UPDATE, required))
            if node is None or node.status != 'done':
                world.violate(f'order: {write.key.name} began before {required} was done')

    def acting(self, world: Simulation, running: Running, effect: CallPlugin) -> None:
        """Check that a resource is deleted after all resources that require it."""
        world.reality.refused.clear()
        if world.zombie_acted or effect.compensates or effect.call.verb != Verb.DELETE:
            return
        row = effect.call.row
        for other in world.snapshots[row.stack_id].rows.values():
            exists = world.reality.by_token(other.token) is not None
            if other.id != row.id and row.id in other.requires and exists:
                world.violate(f'order: {row.name} is deleted before {other.name} ({other.id})')

    def acted(
        self, world: Simulation, running: Running, effect: CallPlugin, observation: Observation
    ) -> None:
        if world.zombie_acted:
            return
        for refusal in world.reality.refused:
            world.violate(f'order: {effect.call.verb} of {effect.call.row.name}: {refusal}')
