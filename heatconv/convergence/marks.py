"""Marks of users: a resource is unhealthy, or healthy after all."""

from __future__ import annotations

from heatconv.convergence import states
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, Resource, Status
from heatconv.convergence.step import Commit, RowGuard, RowWrite, Step


def mark(row: Resource, unhealthy: bool, reason: str) -> Step:
    """Mark a resource unhealthy, or healthy again; the next update replaces an unhealthy one.

    As in Heat (heat/engine/service.py, resource_mark_unhealthy). A row that was never begun,
    is in progress or is doomed is not changed.

    :param reason: the reason that the user gives.
    """
    if states.doomed(row) or states.in_progress(row) or not states.begun(row):
        return Step('nothing to mark')
    if not unhealthy and states.state(row) != states.CHECK_FAILED:
        return Step('the resource was not marked unhealthy')
    marked = evolve(
        row,
        action=Action.CHECK,
        status=Status.FAILED if unhealthy else Status.COMPLETE,
        reason=reason,
        version=row.version + 1,
        tainted=unhealthy,
    )
    commit = Commit(RowWrite(RowGuard.UNCLAIMED, row, marked), events=(event(marked),))
    return Step('marked', commit)
