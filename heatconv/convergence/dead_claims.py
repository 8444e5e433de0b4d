"""Recovery from dead workers: the steps of the sweep for dead claims and orphan checks.

Every step here is idempotent: any worker may take it, at any time, any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass

from heatconv.convergence import states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import NodeKey, NodeStatus, OrphanCheck, Resource, Verb
from heatconv.convergence.step import Call, Commit, NodeWrite, RowGuard, RowWrite, Step


@dataclass(frozen=True, slots=True)
class DeadClaim:
    """A row that is claimed by a lease that no longer exists.

    :ivar node: key of the running node whose subject is the row, if there is one.
    """

    row: Resource
    node: NodeKey | None = None


def void(dead_claim: DeadClaim, look_at: float) -> Step:
    """Void the claim of a dead lease, and make the node ready again.

    :param look_at: time of the first orphan check, in seconds since the epoch.
    """
    row = dead_claim.row
    saved = evolve(
        row,
        claim=None,
        version=row.version + 1,
        # If the claim was for settling the row, the row is still in doubt.
        suspect=not states.doomed(row),
    )
    write = None
    if dead_claim.node is not None:
        write = NodeWrite(dead_claim.node, NodeStatus.RUNNING, row.id, NodeStatus.READY)
    commit = Commit(
        row=RowWrite(RowGuard.DEAD_CLAIM, row, saved),
        node=write,
        late_stands=True,
        orphan_check=OrphanCheck(f'{row.id}/{row.claim}', evolve(row, attributes={}), look_at),
    )
    return Step('void the claim of a dead lease', commit, wakes=row.id)


def follow_up(then: Resource, now: Resource | None) -> Step:
    """Decide how to find out whether the former holder of a voided claim acted later.

    :param then: the row at the time when its claim was voided.
    :param now: the row as it is now; None if it was deleted.
    :return: a step with a call that observes by token, a step that marks the row suspect, or
        a step that does nothing because a delete by token follows anyway.
    """
    if now is None:
        call = Call(Verb.OBSERVE, then, then.properties or {})
        return Step('the row was deleted: observe whether its resource exists', call=call)
    if states.doomed(now):
        return Step('the row is doomed: its delete by token follows')
    return Step('reality may differ from the row', Commit(suspects=now.id))
