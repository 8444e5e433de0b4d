"""Take a snapshot of a stack."""

from __future__ import annotations

from heatconv import exception
from heatconv.convergence.model import Action, Stack, Status
from heatconv.engine.archive import Exports
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.inspect import inspect_stack
from heatconv.storage.values import Snapshot


def take_snapshot(requests: Requests, stack: Stack, name: str) -> Snapshot:
    """Save a snapshot of a stack: its template and its resources as they are now.

    The stack and its nested stacks then show the action, as in Heat.

    :raises NotSupported: if the stack is being deleted.
    :raises ActionInProgress: if an action of the stack is in progress.
    """
    if stack.status == Status.IN_PROGRESS:
        raise exception.ActionInProgress(stack_name=stack.name, action=stack.action.value)
    snapshot = Snapshot(
        requests.ids.fresh(),
        stack.id,
        name,
        stack.newest_template_id,
        Exports(requests.store, requests.templates).resources(stack),
        requests.clock.now(),
    )
    requests.store.save_snapshot(snapshot)
    try:
        inspect_stack(requests, stack, Action.SNAPSHOT)
    except exception.HeatconvException:
        requests.store.drop_snapshot(stack.id, snapshot.id)
        raise
    return snapshot
