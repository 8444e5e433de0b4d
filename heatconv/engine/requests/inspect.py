"""Inspections: check, suspend or resume a stack without a change of its resources."""

from __future__ import annotations

from heatconv import exception
from heatconv.convergence.model import Action, Stack, Status
from heatconv.engine.ancestry import descendants
from heatconv.engine.requests.core import Requests
from heatconv.storage.values import Request


def inspect_stack(requests: Requests, stack: Stack, action: Action) -> None:
    """Accept an inspection of a stack and of its nested stacks.

    :param action: one of `heatconv.convergence.model.INSPECTIONS`.
    :raises NotSupported: if the stack is being deleted.
    :raises ActionInProgress: if another action is in progress.
    """

    def decide(current: Stack) -> Request | None:
        if current.action == Action.DELETE:
            raise exception.NotSupported(feature=f'{action} of a stack being deleted')
        if current.status == Status.IN_PROGRESS:
            return None
        return requests.wish(current, action, current.newest_template_id)

    # A request that will be refused must not begin with the nested stacks.
    current = requests.store.stack(stack.id)
    if current is not None and decide(current) is None:
        raise exception.ActionInProgress(stack_name=stack.name, action=current.action.value)

    # Nested stacks come first: after a crash in between, the action of the outermost stack has not
    # begun, and the user can repeat the request.
    for child in descendants(requests.store, stack):
        if child.action != Action.DELETE:
            requests.submit(child, decide)
    requests.submit(stack, decide, must=True)
