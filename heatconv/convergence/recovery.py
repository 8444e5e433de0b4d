"""What the sweep does about what the dead have left.

Every step here may be taken by anybody, at any time, any number of times.
"""

from __future__ import annotations

from dataclasses import dataclass

from heatconv.convergence import states
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import NodeKey, NodeStatus, Resource
from heatconv.convergence.step import Commit, NodeWrite, RowGuard, RowWrite, Step


@dataclass(frozen=True, slots=True)
class Orphan:
    """A row claimed by a lease that is no more.

    :ivar node: the running node whose subject it is, if there is one.
    """

    row: Resource
    node: NodeKey | None = None


def void(orphan: Orphan) -> Step:
    """Take the claim from a dead lease and let the node be checked again."""
    row = orphan.row
    saved = evolve(
        row,
        claim=None,
        version=row.version + 1,
        # The claim may have been for settling it: keep the doubt.
        suspect=not states.doomed(row),
    )
    write = None
    if orphan.node is not None:
        write = NodeWrite(orphan.node, NodeStatus.RUNNING, row.id, NodeStatus.READY)
    commit = Commit(row=RowWrite(RowGuard.DEAD_CLAIM, row, saved), node=write, late_stands=True)
    return Step('void the claim of a dead lease', commit, wakes=row.id)
