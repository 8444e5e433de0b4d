"""Checks the outcome: every stack ends in the state of its latest request."""

from __future__ import annotations

from heatconv.convergence.model import Action, Status
from heatconv.sim.script import Request
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


class OutcomeChecker(Watcher):
    """Records the last accepted request, and compares at the end.

    A stack may fail only if a plugin was told to fail, or it timed out.
    """

    def __init__(self) -> None:
        self._asked: dict[str, tuple[str, str | None]] = {}
        #: Stacks that timed out; whether that was too early is checked elsewhere.
        self._late: set[str] = set()

    def requested(
        self, world: Simulation, request: Request, before: Snapshot | None, after: Snapshot
    ) -> None:
        stack = after.stack
        if before is None or before.stack.wish_id != stack.wish_id:
            self._asked[stack.id] = (request.verb, stack.wish_template_id)
        elif request.verb == 'cancel':
            self._asked[stack.id] = ('cancel', None)

    def timed_out(self, world: Simulation, before: Snapshot, after: Snapshot) -> None:
        self._late.add(after.stack.id)

    def rested(self, world: Simulation) -> None:
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            may_fail = world.reality.troubled or world.zombie_acted or stack.id in self._late
            verb, template_id = self._asked[stack.id]
            if stack.status == Status.FAILED:
                if not may_fail and verb != 'cancel':
                    world.violate(f'outcome: {stack.name} failed: {stack.reason}')
                continue
            if verb == 'delete' and stack.action == Action.DELETE:
                if stack.deleted_at is None:
                    world.violate(f'outcome: {stack.name} is not deleted')
            elif verb in ('create', 'update', 'rollback') and not may_fail:
                if stack.template_id != template_id:
                    world.violate(f'outcome: {stack.name} is not what was asked for last')
