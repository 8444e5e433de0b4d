"""Cancel an action in progress, or roll a stack back."""

from __future__ import annotations

from heatconv import exception
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Action, Stack, Status
from heatconv.engine.ancestry import descendants
from heatconv.engine.requests.core import Requests
from heatconv.storage.base import Request

#: Actions that can be cancelled without a rollback.
CANCELLABLE = (Action.UPDATE, Action.CREATE)


def rollback_stack(requests: Requests, stack: Stack) -> None:
    """Accept that a stack returns to its last good template.

    Do nothing if it is there, or on its way.
    """
    requests.submit(stack, lambda current: _rollback(requests, current))


def cancel_update(requests: Requests, stack: Stack, with_rollback: bool) -> None:
    """Stop an update or a create in progress.

    :param with_rollback: return to the last good template; else stay where it is.
    :raises NotSupported: if nothing is in progress that can be cancelled so.
    """

    def decide(current: Stack) -> Request | None:
        allowed = (Action.UPDATE,) if with_rollback else CANCELLABLE
        if current.status != Status.IN_PROGRESS or current.action not in allowed:
            how = 'with' if with_rollback else 'without'
            raise exception.NotSupported(
                feature=f'Cancelling {current.action} {current.status} {how} rollback'
                + _remedy(current, with_rollback)
            )
        if with_rollback:
            return _rollback(requests, current)
        return Request(*stack_rules.cancel(current, requests.clock.now()), drops_nodes=True)

    def decide_nested(current: Stack) -> Request | None:
        busy = current.status == Status.IN_PROGRESS
        return decide(current) if busy and current.action in CANCELLABLE else None

    requests.submit(stack, decide)
    if not with_rollback:
        for child in descendants(requests.store, stack):
            requests.submit(child, decide_nested)


def _rollback(requests: Requests, current: Stack) -> Request | None:
    change = stack_rules.rollback(current, requests.ids.fresh())
    if change is None:
        return None
    stack, events = change
    return Request(requests.with_deadline(stack), events)


def _remedy(stack: Stack, with_rollback: bool) -> str:
    """Return what the user can do where a cancel is refused."""
    if stack.status != Status.IN_PROGRESS:
        return ' (nothing is under way)'
    if stack.action == Action.CREATE and with_rollback:
        return ' (it can be cancelled without, rolled back, or deleted)'
    return ''
