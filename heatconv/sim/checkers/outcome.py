"""Checks the outcome: every stack ends in the state of its latest request."""

from __future__ import annotations

from heatconv.convergence.model import Action, Status
from heatconv.sim.script import Request
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Simulation, Watcher


class OutcomeChecker(Watcher):
    """Compares each stack at the end of a run with its latest accepted request.

    A stack may fail only if a plugin was told to fail, a zombie has acted, the stack timed out, or
    its latest request was a cancel.
    """

    def __init__(self) -> None:
        #: The latest request of each stack: verb and template id, by stack id.
        self._asked: dict[str, tuple[str, str | None]] = {}
        #: Ids of stacks that timed out; the deadline checker checks that none was early.
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
                    world.violate(f'outcome: {stack.name} does not have the requested template')
