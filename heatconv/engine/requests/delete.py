"""Delete a stack, with its physical resources or without them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from heatconv import exception
from heatconv.convergence.model import Action, Stack, Status
from heatconv.engine.ancestry import descendants
from heatconv.engine.requests.core import Requests
from heatconv.storage.values import Request


def delete_stack(requests: Requests, stack: Stack) -> None:
    """Accept the deletion of a stack; do nothing if a deletion is in progress."""

    requests.submit(stack, deletion(requests))


def deletion(requests: Requests) -> Callable[[Stack], Request | None]:
    """Return the function that decides on a request to delete a stack."""

    def decide(current: Stack) -> Request | None:
        if (current.action, current.status) == (Action.DELETE, Status.IN_PROGRESS):
            return None
        return requests.wish(current, Action.DELETE, None)

    return decide


def abandon_stack(requests: Requests, stack: Stack) -> None:
    """Accept the deletion of a stack and its nested stacks; their physical resources stay.

    :raises NotSupported: unless the operator allows it.
    :raises ActionInProgress: if an action of the stack or an operation on one of its resources
        is in progress.
    """
    if not requests.limits.abandon:
        raise exception.NotSupported(
            feature='Abandoning a stack (unless the operator sets [engine] enable_stack_abandon)'
        )

    def decide(current: Stack) -> Request | None:
        if current.status == Status.IN_PROGRESS:
            return None
        return dataclasses.replace(requests.wish(current, Action.DELETE, None), retains=True)

    # Nested stacks are queried before the outermost stack is deleted, and abandoned after it.
    # After a crash in between, the user abandons each remaining stack by a separate request.
    nested = descendants(requests.store, stack)
    requests.submit(stack, decide, must=True)
    for child in reversed(nested):
        requests.submit(child, decide)
