"""Take a snapshot of a stack."""

from __future__ import annotations

from heatconv import exception
from heatconv.convergence.model import Stack, Status
from heatconv.engine import archive
from heatconv.engine.requests.core import Requests
from heatconv.storage.base import Snapshot


def take_snapshot(requests: Requests, stack: Stack, name: str) -> Snapshot:
    """Save a snapshot of a stack: its template and its resources as they are now.

    :raises ActionInProgress: if an action of the stack is in progress.
    """
    if stack.status == Status.IN_PROGRESS:
        raise exception.ActionInProgress(stack_name=stack.name, action=stack.action.value)
    snapshot = Snapshot(
        requests.ids.fresh(),
        stack.id,
        name,
        stack.newest_template_id,
        archive.resources_of(requests.store.resources(stack.id)),
        requests.clock.now(),
    )
    requests.store.save_snapshot(snapshot)
    return snapshot
