"""Timeout and give-up: how long to wait for an operation in progress.

When the node of an operation has been deleted, the worker that polls the operation decides
here whether to wait, to release the row to a node that waits for it, or to give the operation
up. So an operation that never ends blocks no other node, and the result of a superseded
operation is still saved.
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
    """Release a row whose operation is still in progress.

    The check that needs the row settles it.
    """
    saved = evolve(
        claimed,
        claim=None,
        version=claimed.version + 1,
        # If the claim was for settling the row, the row is still in doubt.
        suspect=not states.doomed(claimed),
    )
    commit = Commit(row=RowWrite(RowGuard.MINE, claimed, saved))
    return Step('released while still in progress', commit, wakes=claimed.id)


def superseded(
    claimed: Resource, observation: Observation, stack: Stack | None, awaited: bool, now: float
) -> Step:
    """Decide what to do about an operation in progress whose node was deleted.

    :param claimed: the row as the holder of the claim saved it last.
    :param observation: the last observation.
    :param stack: the stack as it is now; None if it was deleted.
    :param awaited: a ready node waits for the row.
    :param now: seconds since the epoch.
    :return: a step that waits, releases the row, or gives the operation up.
    """
    expired = stack is not None and stack.deadline is not None and stack.deadline <= now
    if stack is not None and stack.status == Status.FAILED and expired:
        return give_up(claimed, observation, f'given up: {stack.reason}')
    # If the stack no longer exists, neither does the row: the release is then refused.
    if awaited or stack is None or observation.reality == Reality.UNKNOWN:
        return release(claimed)
    # Then the row shows the result in the end, even if the stack has failed.
    return Step('still in progress', wait=True)


def give_up(claimed: Resource, observation: Observation, reason: str) -> Step:
    """Fail an operation that is still in progress, and release the row."""
    saved = evolve(
        given_up(claimed, observation, reason),
        claim=None,
        version=claimed.version + 1,
        suspect=False,
    )
    commit = Commit(row=RowWrite(RowGuard.MINE, claimed, saved), events=(event(saved),))
    # A node of a traversal prepared meanwhile may have met the claim.
    return Step('given up', commit, wakes=claimed.id)


def given_up(row: Resource, observation: Observation, reason: str) -> Resource:
    """Return a row with its operation failed, because the operation is given up.

    A create that is given up leaves a physical id, if only the token: so the row is replaced,
    and the delete by token removes what the create may still produce. An update that is given
    up is repeated by the next check.
    """
    if states.doomed(row):
        return evolve(row, status=Status.FAILED, reason=reason)
    creating = states.state(row) in (states.CREATING, states.CREATE_FAILED)
    physical_id = observation.physical_id or row.physical_id
    return evolve(
        row,
        action=Action.CREATE if creating else Action.UPDATE,
        status=Status.FAILED,
        reason=reason,
        physical_id=physical_id or (row.token if creating else None),
        attributes=observation.attributes or row.attributes,
        properties=row.properties if observation.properties is None else observation.properties,
    )
