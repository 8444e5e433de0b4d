"""Checks the end of a run: nothing is in progress, and nothing is left over."""

from __future__ import annotations

from heatconv.convergence import invariants
from heatconv.sim.watcher import Simulation, Watcher


class RestChecker(Watcher):
    """Checks every stack, and that every physical resource belongs to a row."""

    def rested(self, world: Simulation) -> None:
        tokens = set()
        for stack_id, snapshot in world.snapshots.items():
            stack = world.store.stack(stack_id)
            assert stack is not None
            rows, nodes = world.store.resources(stack_id), world.store.nodes(stack_id)
            for problem in invariants.at_rest(stack, rows, nodes):
                # Only the sweep settles rows without a node.
                if world.sweeps or 'unsettled' not in problem:
                    world.violate(f'rest: {problem}')
            complete = stack.status == 'COMPLETE' and not world.zombie_acted
            for row in rows if complete else ():
                if row.status == 'FAILED':
                    world.violate(f'rest: {stack.name} is COMPLETE, but {row.name} has failed')
            if nodes:
                world.violate(f'rest: {stack.name} still has nodes')
            if stack.wish_id is not None:
                world.violate(f'rest: {stack.name} still has a wish')
            if stack.deleted_at is not None and snapshot.rows:
                world.violate(f'rest: {stack.name} is deleted but has rows')
            tokens.update(row.token for row in rows)
        for physical in world.reality.rows.values():
            if physical.token is not None and physical.token not in tokens:
                world.violate(f'rest: {physical.uuid} of {physical.logical_name} has no owner')
