"""Mark a resource unhealthy, or healthy again."""

from __future__ import annotations

from heatconv import exception
from heatconv.convergence import marks, states
from heatconv.convergence.model import Resource, Stack
from heatconv.convergence.step import Verdict
from heatconv.engine.requests.core import Requests


def mark_resource(
    requests: Requests, stack: Stack, row: Resource, unhealthy: bool, reason: str
) -> None:
    """Save the mark of a user on a resource; nothing changes if the mark does not apply.

    :param unhealthy: false to remove the mark.
    :param reason: the reason that the user gives.
    :raises ActionInProgress: if an operation on the resource is in progress.
    """
    step = marks.mark(row, unhealthy, reason)
    busy = row.claim is not None or states.in_progress(row)
    if step.commit is not None and not busy:
        (outcome,) = requests.store.commit([step.commit])
        busy = outcome.verdict == Verdict.REFUSED
    if busy:
        raise exception.ActionInProgress(stack_name=stack.name, action=stack.action.value)
