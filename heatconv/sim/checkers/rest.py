"""Checks the end: nothing is in progress, and nothing is left over."""

from __future__ import annotations

from heatconv.convergence import invariants
from heatconv.sim.watcher import Simulation, Watcher


class RestChecker(Watcher):
    """Checks every stack, and that every physical resource has an owner."""

    def rested(self, world: Simulation) -> None:
        owners = set()
        for stack_id, snapshot in world.snapshots.items():
            stack = world.store.stack(stack_id)
            assert stack is not None
            rows, nodes = world.store.resources(stack_id), world.store.nodes(stack_id)
            for wrong in invariants.at_rest(stack, rows, nodes):
                if world.sweeps or 'unsettled' not in wrong:
                    world.violate(f'rest: {wrong}')
            complete = stack.status == 'COMPLETE' and not world.zombie_acted
            for row in rows if complete else ():
                if row.status == 'FAILED':
                    world.violate(f'rest: {stack.name} is COMPLETE, and {row.name} has failed')
            if nodes:
                world.violate(f'rest: {stack.name} has nodes')
            if stack.wish_id is not None:
                world.violate(f'rest: {stack.name} wishes something')
            if stack.deleted_at is not None and snapshot.rows:
                world.violate(f'rest: {stack.name} is deleted and has rows')
            owners.update(row.token for row in rows)
        for row in world.reality.rows.values():
            if row.token is not None and row.token not in owners:
                world.violate(f'rest: {row.uuid} of {row.logical_name} has no owner')
