"""The recovery tasks of the sweep: dead claims, unsettled rows and orphan checks.

The decisions are made in `heatconv.convergence`; the tasks carry them out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from typing import Any

from heatconv.convergence import settle, timeout
from heatconv.convergence.dead_claims import DeadClaim, follow_up, void
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

#: Seconds before each orphan check of a voided claim. The last one comes late: a stopped process
#: may continue after a long time, act, and die.
ORPHAN_CHECK_DELAYS = (60.0, 600.0, 3_600.0)


@dataclasses.dataclass(frozen=True)
class Recovery:
    """Creates the recovery tasks of one worker.

    :ivar lease: id of the lease that rows are claimed with.
    :ivar check: creates the task that checks a node.
    :ivar orphan_check_delays: seconds before each check for what the former holder of a voided
        claim may still have done.
    """

    lease: str
    clock: Clock
    check: Callable[[NodeKey], Task]
    orphan_check_delays: tuple[float, ...] = ORPHAN_CHECK_DELAYS

    def settle(self, row: Resource) -> Task:
        """Settle a row that no node settles: claim, observe, save what is real, release."""
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
        """Void a dead claim, and schedule its first orphan check."""
        step = void(dead_claim, self.clock.now() + self.orphan_check_delays[0])
        yield Trace(dead_claim.row, step.reason)
        yield from save_step(step, self.check)

    def follow_up(self, orphan_check: OrphanCheck) -> Task:
        """Do an orphan check: find out whether the former holder of a voided claim acted later.

        If the row is deleted, its physical resource is deleted by token; otherwise the row becomes
        suspect. The orphan check itself is rescheduled, or deleted after the last delay.
        """
        row: Resource | None = yield LoadRow(orphan_check.row.id)
        step = follow_up(orphan_check.row, row)
        yield Trace(orphan_check.row, step.reason)
        delays = (
            self.orphan_check_delays[orphan_check.attempts + 1 :] or self.orphan_check_delays[-1:]
        )
        # If a row is deleted and its physical resource retained, its orphan checks are deleted
        # with it: a worker that has read one before must not delete the resource as an orphan.
        if not (yield Postpone(orphan_check, self.clock.now() + delays[0])):
            return
        clean = True
        if step.commit is not None:
            yield Save(step.commit)
        elif step.call is not None:
            clean = yield from self._remove(step.call)
        if clean and orphan_check.attempts + 1 >= len(self.orphan_check_delays):
            yield Postpone(orphan_check, None)

    def _remove(self, observe: Call) -> Generator[Effect, Any, bool]:
        """Delete the physical resource of a deleted row, if it exists.

        :param observe: the call that observes by token.
        :return: whether it is certain that no physical resource is left, or the stack is deleted.
        """
        stack: Stack | None = yield LoadStack(observe.row.stack_id)
        if stack is None:
            return True
        observation: Observation | None = yield CallPlugin(
            observe, stack.project_id, stack.name, compensates=True
        )
        if observation is not None and observation.reality not in (
            Reality.ABSENT,
            Reality.UNKNOWN,
        ):
            delete = evolve(observe, verb=Verb.DELETE)
            observation = yield CallPlugin(delete, stack.project_id, stack.name, compensates=True)
        return observation is not None and observation.reality == Reality.ABSENT
