"""Timeout and give-up: how long to wait for an operation in progress.

A worker that polls an operation asks here what to do once the node of the operation is gone:
wait, release the row to whoever waits for it, or give the operation up. So an operation that
never ends blocks nobody, and the result of a superseded one is still saved.
"""

from __future__ import annotations

from heatconv.convergence import states
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    Action,
    Observation,
    Reality,
    Resource,
    Stack,
    Status,
)
from heatconv.convergence.step import Commit, RowGuard, RowWrite, Step


def release(claimed: Resource) -> Step:
    """Let go of a row whose operation is still under way.

    Its node is gone, and another waits for the row: it looks at what is real.
    """
    saved = evolve(
        claimed,
        claim=None,
        version=claimed.version + 1,
        # The claim may have been for settling it: keep the doubt.
        suspect=not states.doomed(claimed),
    )
    commit = Commit(row=RowWrite(RowGuard.MINE, claimed, saved))
    return Step('released while still under way', commit, wakes=claimed.id)


def superseded(
    claimed: Resource, seen: Observation, stack: Stack | None, awaited: bool, now: float
) -> Step:
    """Say what becomes of an operation under way whose node is gone.

    :param seen: what was observed last.
    :param stack: the stack as it is now; None if there is none any more.
    :param awaited: a ready node waits for the row.
    :param now: seconds since the epoch.
    :return: a step to wait, to release the row, or to give the operation up.
    """
    late = stack is not None and stack.deadline is not None and stack.deadline <= now
    if stack is not None and stack.status == Status.FAILED and late:
        return give_up(claimed, seen, f'given up: {stack.reason}')
    # Of a stack that is forgotten the row is gone too: the refusal tells that.
    if awaited or stack is None or seen.reality == Reality.UNKNOWN:
        return release(claimed)
    # A failed stack then says what became of it.
    return Step('still under way', wait=True)


def give_up(claimed: Resource, seen: Observation, reason: str) -> Step:
    """Fail an operation that is still under way, and release the row."""
    saved = evolve(
        given_up(claimed, seen, reason), claim=None, version=claimed.version + 1, suspect=False
    )
    commit = Commit(row=RowWrite(RowGuard.MINE, claimed, saved), events=(event(saved),))
    # A traversal prepared meanwhile may have met the claim.
    return Step('given up', commit, wakes=claimed.id)


def given_up(row: Resource, seen: Observation, reason: str) -> Resource:
    """Return a row as it is when its operation is waited for no longer.

    Of a create something is there, if only under its token: it is replaced, and the
    delete by token removes what may still come of it. An update is to be made again.
    """
    if states.doomed(row):
        return evolve(row, status=Status.FAILED, reason=reason)
    creating = states.state(row) in (states.CREATING, states.CREATE_FAILED)
    physical_id = seen.physical_id or row.physical_id
    return evolve(
        row,
        action=Action.CREATE if creating else Action.UPDATE,
        status=Status.FAILED,
        reason=reason,
        physical_id=physical_id or (row.token if creating else None),
        attributes=seen.attributes or row.attributes,
        properties=row.properties if seen.properties is None else seen.properties,
    )
