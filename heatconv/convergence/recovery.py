"""What the sweep does about what the dead have left.

Every step here may be taken by anybody, at any time, any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass

from heatconv.convergence import states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import NodeKey, NodeStatus, OrphanCheck, Resource, Verb
from heatconv.convergence.step import Call, Commit, NodeWrite, RowGuard, RowWrite, Step


@dataclass(frozen=True, slots=True)
class DeadClaim:
    """A row claimed by a lease that is no more.

    :ivar node: the running node whose subject it is, if there is one.
    """

    row: Resource
    node: NodeKey | None = None


def void(dead_claim: DeadClaim, look_at: float) -> Step:
    """Take the claim from a dead lease and let the node be checked again.

    :param look_at: when to look for what its holder may still do.
    """
    row = dead_claim.row
    saved = evolve(
        row,
        claim=None,
        version=row.version + 1,
        # The claim may have been for settling it: keep the doubt.
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
    """Say how to find out what the holder of a void claim did after all.

    :param then: the row when its claim was voided.
    :param now: the row as it is; None if it is gone.
    """
    if now is None:
        call = Call(Verb.OBSERVE, then, then.properties or {})
        return Step('the row is gone: look whether anything is left', call=call)
    if states.doomed(now):
        return Step('its delete is still to come')
    return Step('reality may differ from the row', Commit(suspects=now.id))
