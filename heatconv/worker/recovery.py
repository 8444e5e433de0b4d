"""The tasks of the sweep: recover rows that other workers have left in doubt."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from typing import Any

from heatconv.convergence import settle, timeout
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    NodeKey,
    Observation,
    OrphanCheck,
    Reality,
    Resource,
    Stack,
    Verb,
)
from heatconv.convergence.recovery import DeadClaim, follow_up, void
from heatconv.convergence.step import Call, Verdict
from heatconv.runtime.effects import (
    CallPlugin,
    Effect,
    LoadRow,
    LoadStack,
    Postpone,
    Save,
    Task,
    Trace,
)
from heatconv.runtime.ports import Clock
from heatconv.worker.save import save_step

#: A stopped process may continue after a long time, act, and die.
ORPHAN_CHECK_DELAYS = (60.0, 600.0, 3_600.0)


@dataclasses.dataclass(frozen=True)
class Recovery:
    """Makes the recovery tasks of one worker.

    :ivar lease: id of the lease that it claims rows with.
    :ivar check: makes the task that checks a node.
    :ivar orphan_check_delays: seconds between the checks for what the holder of a void claim
        may still have done.
    """

    lease: str
    clock: Clock
    check: Callable[[NodeKey], Task]
    orphan_check_delays: tuple[float, ...] = ORPHAN_CHECK_DELAYS

    def settle(self, row: Resource) -> Task:
        """Settle a row that has no node."""
        step = settle.begin(row, self.lease, None)
        yield Trace(row, step.reason)
        outcome = yield from save_step(step, self.check)
        if outcome.verdict == Verdict.REFUSED or step.call is None:
            return
        claimed = step.call.row
        stack: Stack | None = yield LoadStack(row.stack_id)
        if stack is None:
            return
        observation = yield CallPlugin(
            step.call, stack.project_id, stack.name, request_id=stack.request_id
        )
        if observation is None:
            return
        if observation.reality != Reality.UNKNOWN:
            step = settle.finish(None, claimed, observation)
        if observation.reality == Reality.UNKNOWN or step.wait:
            # The next sweep observes again, until the stack times out.
            step = timeout.superseded(claimed, observation, stack, False, self.clock.now())
            if step.wait:
                step = timeout.release(claimed)
        yield Trace(claimed, step.reason)
        yield from save_step(step, self.check)

    def void(self, dead_claim: DeadClaim) -> Task:
        """Void the claim of a dead lease."""
        step = void(dead_claim, self.clock.now() + self.orphan_check_delays[0])
        yield Trace(dead_claim.row, step.reason)
        yield from save_step(step, self.check)

    def follow_up(self, orphan_check: OrphanCheck) -> Task:
        """Do an orphan check: find out what the holder of a voided claim did after all, and undo
        it.
        """
        row: Resource | None = yield LoadRow(orphan_check.row.id)
        step = follow_up(orphan_check.row, row)
        yield Trace(orphan_check.row, step.reason)
        delays = (
            self.orphan_check_delays[orphan_check.attempts + 1 :] or self.orphan_check_delays[-1:]
        )
        # A row that is deleted while its resource is retained deletes its orphan checks: a worker
        # that read one before must not take the resource for an orphan.
        if not (yield Postpone(orphan_check, self.clock.now() + delays[0])):
            return
        clean = True
        if step.commit is not None:
            yield Save(step.commit)
        elif step.call is not None:
            clean = yield from self._remove(step.call)
        if clean and orphan_check.attempts + 1 >= len(self.orphan_check_delays):
            yield Postpone(orphan_check, None)

    def _remove(self, looked: Call) -> Generator[Effect, Any, bool]:
        """Delete the physical resource of a row that is gone; say whether none is left."""
        stack: Stack | None = yield LoadStack(looked.row.stack_id)
        if stack is None:
            return True
        observation: Observation | None = yield CallPlugin(
            looked, stack.project_id, stack.name, compensates=True
        )
        if observation is not None and observation.reality not in (
            Reality.ABSENT,
            Reality.UNKNOWN,
        ):
            delete = evolve(looked, verb=Verb.DELETE)
            observation = yield CallPlugin(delete, stack.project_id, stack.name, compensates=True)
        return observation is not None and observation.reality == Reality.ABSENT
