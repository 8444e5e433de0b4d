"""Transitions of a stack row: requests, failures, timeouts and the end of a traversal."""

from __future__ import annotations

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import INSPECTIONS, Action, Event, Stack, Status
from heatconv.convergence.step import Failure

#: The actions whose failure causes a rollback, unless the user has disabled it.
ROLLS_BACK = (Action.CREATE, Action.UPDATE, Action.RESTORE)

#: Timeout of a rollback in minutes, if the stack has no timeout.
TIMEOUT_MINS = 60

STACK_TYPE = 'OS::Heat::Stack'


def event(stack: Stack) -> Event:
    """Return the event that reports the current state of a stack."""
    return Event(
        stack_id=stack.id,
        resource_name=None,
        resource_type=STACK_TYPE,
        physical_id=stack.id,
        action=stack.action,
        status=stack.status,
        reason=stack.reason,
    )


def _with_event(stack: Stack) -> tuple[Stack, tuple[Event, ...]]:
    return stack, (event(stack),)


def wish(
    stack: Stack, action: Action, template_id: str | None, wish_id: str
) -> tuple[Stack, tuple[Event, ...]]:
    """Accept a request as the wish of the stack; it replaces an earlier wish.

    The caller gets its answer once the wish is saved. Any engine prepares it.

    :param action: the requested action.
    :param template_id: id of the wished template; None for the template without resources,
        as for a delete.
    :param wish_id: id for the wish.
    """
    return _with_event(
        evolve(
            stack,
            action=action,
            status=Status.IN_PROGRESS,
            reason=f'Stack {action} started',
            wish_id=wish_id,
            wish_template_id=template_id,
            # The request that follows a rollback waits for the operations of the rollback.
            gives_up=action == Action.ROLLBACK
            or (stack.gives_up and stack.action != Action.ROLLBACK),
            version=stack.version + 1,
        )
    )


def rollback(stack: Stack, wish_id: str) -> tuple[Stack, tuple[Event, ...]] | None:
    """Accept a request to return to the last good template.

    :param wish_id: id for the wish.
    :return: None if there is nothing to do: the stack is COMPLETE, or is already on its way to
        the last good template.
    """
    if stack.status == Status.COMPLETE:
        return None
    if stack.status == Status.IN_PROGRESS and stack.newest_template_id == stack.last_good_id:
        return None
    return wish(stack, Action.ROLLBACK, stack.last_good_id, wish_id)


def cancel(stack: Stack) -> tuple[Stack, tuple[Event, ...]]:
    """Cancel the action of the stack, without a rollback.

    The same transaction deletes the nodes of its traversal, so that nothing new begins.
    Operations in progress are still watched, and their results are saved. They are given up at
    the deadline of the action, or if a later request needs the row.
    """
    return _with_event(
        evolve(
            stack,
            status=Status.FAILED,
            reason=f'Stack {stack.action} cancelled by the user',
            wish_id=None,
            wish_template_id=None,
            gives_up=True,
            version=stack.version + 1,
        )
    )


def time_out(stack: Stack, now: float, wish_id: str) -> tuple[Stack, tuple[Event, ...]] | None:
    """Fail a stack whose deadline has passed, and wish for its rollback if that is enabled.

    The same transaction deletes the nodes of its traversal. Operations in progress are given
    up.

    :param now: seconds since the epoch.
    :param wish_id: id for the rollback wish.
    :return: None if the deadline has not passed, or no action is in progress.
    """
    if stack.status != Status.IN_PROGRESS or stack.deadline is None or stack.deadline > now:
        return None
    expired = evolve(stack, wish_id=None, wish_template_id=None, gives_up=True)
    reason = f'Stack {stack.action} timed out'
    return fail(expired, Failure(stack.id, reason, wish_id, now), updated=False)


def prepared(stack: Stack, traversal_id: str) -> Stack:
    """Return the stack with its wish turned into its current traversal."""
    inspects = stack.action in INSPECTIONS
    return evolve(
        stack,
        traversal_id=traversal_id,
        previous_template_id=stack.previous_template_id if inspects else stack.template_id,
        template_id=stack.wish_template_id,
        wish_id=None,
        wish_template_id=None,
        version=stack.version + 1,
    )


def record_last_good(stack: Stack) -> Stack:
    """Record the template of the current traversal as the last good one.

    A pending wish makes no difference: all updates towards this template are done. A delete
    does not change the last good template, so that a failed delete can be rolled back to it;
    nor does an inspection.
    """
    deletes = stack.template_id is None and stack.action == Action.DELETE
    if deletes or stack.action in INSPECTIONS:
        return stack
    return evolve(stack, last_good_id=stack.template_id, version=stack.version + 1)


def end_traversal(stack: Stack) -> tuple[Stack, tuple[Event, ...]]:
    """Complete the stack, unless it has a newer wish or an inspection has failed it."""
    if stack.wish_id:
        return evolve(stack, version=stack.version + 1), ()
    if stack.status == Status.FAILED:
        return evolve(stack, deadline=None, version=stack.version + 1), ()
    return _with_event(
        evolve(
            stack,
            status=Status.COMPLETE,
            reason=f'Stack {stack.action} completed successfully',
            deadline=None,
            gives_up=False,
            version=stack.version + 1,
        )
    )


def inspection_failed(stack: Stack, reason: str) -> tuple[Stack, tuple[Event, ...]]:
    """Fail the stack because of the first failure that an inspection finds.

    The inspection continues with the other resources. A later failure changes nothing.
    """
    if stack.status == Status.FAILED or stack.wish_id:
        return stack, ()
    return _with_event(
        evolve(stack, status=Status.FAILED, reason=reason, version=stack.version + 1)
    )


def fail(stack: Stack, failure: Failure, updated: bool) -> tuple[Stack, tuple[Event, ...]]:
    """Fail the stack, and wish for its rollback if that is enabled.

    The deadline of the stack stays: until then, operations in progress are waited for.

    :param updated: all updates of the traversal are done. So its template is good, the
        failure is that of a cleanup, and there is nothing to roll back.
    """
    if updated:
        stack = record_last_good(stack)
    if stack.wish_id:
        # The user has made a newer request. It is prepared next, and the result of the old
        # traversal no longer matters.
        return evolve(stack, version=stack.version + 1), ()
    failed, events = _with_event(
        evolve(
            stack,
            status=Status.FAILED,
            reason=failure.reason,
            version=stack.version + 1,
        )
    )
    if updated or stack.disable_rollback or stack.action not in ROLLS_BACK:
        return failed, events
    rolling, wish_events = wish(failed, Action.ROLLBACK, stack.last_good_id, failure.wish_id)
    reason = f'Stack ROLLBACK started: {failure.reason}'
    minutes = stack.timeout_mins or TIMEOUT_MINS
    rolling = evolve(rolling, reason=reason, deadline=failure.at + 60 * minutes)
    return rolling, events + tuple(evolve(started, reason=reason) for started in wish_events)
