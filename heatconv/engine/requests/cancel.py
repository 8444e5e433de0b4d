"""Cancel an action in progress, or roll back a stack."""

from __future__ import annotations

from heatconv import exception
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Action, Stack, Status
from heatconv.engine.ancestry import descendants
from heatconv.engine.requests.core import Requests
from heatconv.storage.values import Request

#: Actions that can be cancelled without a rollback.
CANCELLABLE = (Action.UPDATE, Action.CREATE)


def rollback_stack(requests: Requests, stack: Stack) -> None:
    """Accept a request to return to the last good template.

    Do nothing if the stack is complete, or is already on its way to that template.
    """
    requests.submit(stack, lambda current: _rollback(requests, current))


def cancel_update(requests: Requests, stack: Stack, with_rollback: bool) -> None:
    """Cancel an update or a create in progress.

    :param with_rollback: whether to return to the last good template, which only an update can.
        Otherwise the stack stays where it is, and its nested stacks are cancelled too.
    :raises NotSupported: if no action is in progress that can be cancelled in this way.
    """

    def decide(current: Stack) -> Request | None:
        allowed = (Action.UPDATE,) if with_rollback else CANCELLABLE
        if current.status != Status.IN_PROGRESS or current.action not in allowed:
            how = 'with' if with_rollback else 'without'
            raise exception.NotSupported(
                feature=f'Cancelling {current.action} {current.status} {how} rollback'
                + _hint(current, with_rollback)
            )
        if with_rollback:
            return _rollback(requests, current)
        return Request(*stack_rules.cancel(current), drops_nodes=True)

    def decide_nested(current: Stack) -> Request | None:
        busy = current.status == Status.IN_PROGRESS
        return decide(current) if busy and current.action in CANCELLABLE else None

    requests.submit(stack, decide)
    if not with_rollback:
        for child in descendants(requests.store, stack):
            requests.submit(child, decide_nested)


def _rollback(requests: Requests, current: Stack) -> Request | None:
    """Return the change that rolls a stack back; None if there is nothing to do."""
    change = stack_rules.rollback(current, requests.ids.fresh())
    if change is None:
        return None
    stack, events = change
    return Request(requests.with_deadline(stack), events)


def _hint(stack: Stack, with_rollback: bool) -> str:
    """Return why a cancel is refused, or what the user can do instead."""
    if stack.status != Status.IN_PROGRESS:
        return ' (no action is in progress)'
    if stack.action == Action.CREATE and with_rollback:
        return ' (cancel it without rollback, roll it back, or delete it)'
    return ''
