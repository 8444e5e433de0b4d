"""What requests, failures and the ends of traversals do to a stack."""

from __future__ import annotations

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import INSPECTIONS, Action, Event, Stack, Status
from heatconv.convergence.step import Failure

#: Failures of these roll back, where the user has not disabled it.
ROLLS_BACK = (Action.CREATE, Action.UPDATE, Action.RESTORE)

#: How many minutes a rollback may take, where the stack does not say.
TIMEOUT_MINS = 60

STACK_TYPE = 'OS::Heat::Stack'


def event(stack: Stack) -> Event:
    """Return the event that tells the present state of a stack."""
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
    """Accept a request: it replaces whatever was wished before.

    The caller has its answer once this is saved; any engine prepares it.
    """
    return _with_event(
        evolve(
            stack,
            action=action,
            status=Status.IN_PROGRESS,
            reason=f'Stack {action} started',
            wish_id=wish_id,
            wish_template_id=template_id,
            # What a rollback has under way is worth the waiting again.
            gives_up=action == Action.ROLLBACK
            or (stack.gives_up and stack.action != Action.ROLLBACK),
            version=stack.version + 1,
        )
    )


def rollback(stack: Stack, wish_id: str) -> tuple[Stack, tuple[Event, ...]] | None:
    """Accept a request to go back to the last good template.

    :return: None when there is nothing to do: the stack is COMPLETE, or it is
        on its way to the last good template already.
    """
    if stack.status == Status.COMPLETE:
        return None
    if stack.status == Status.IN_PROGRESS and stack.newest_template_id == stack.last_good_id:
        return None
    return wish(stack, Action.ROLLBACK, stack.last_good_id, wish_id)


def cancel(stack: Stack, now: float) -> tuple[Stack, tuple[Event, ...]]:
    """Stop the stack where it is, without a rollback.

    The nodes of its traversal go with the same commit; operations under way are
    given up.

    :param now: seconds since the epoch.
    """
    return _with_event(
        evolve(
            stack,
            status=Status.FAILED,
            reason=f'Stack {stack.action} cancelled by the user',
            wish_id=None,
            wish_template_id=None,
            deadline=now,
            gives_up=True,
            version=stack.version + 1,
        )
    )


def time_out(stack: Stack, now: float, wish_id: str) -> tuple[Stack, tuple[Event, ...]] | None:
    """Fail a stack whose deadline has passed, and wish for its rollback where that is on.

    The nodes of its traversal go with the same commit; operations under way are
    given up.

    :return: None when there is time left, or nothing under way.
    """
    if stack.status != Status.IN_PROGRESS or stack.deadline is None or stack.deadline > now:
        return None
    late = evolve(stack, wish_id=None, wish_template_id=None, gives_up=True)
    reason = f'Stack {stack.action} timed out'
    return fail(late, Failure(stack.id, reason, wish_id, now), updated=False)


def prepared(stack: Stack, traversal_id: str) -> Stack:
    """Make the wish of a stack its current traversal."""
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


def template_is_good(stack: Stack) -> Stack:
    """Remember the template of the current traversal as the last good one.

    A wish that waits does not matter: the updates towards this template are
    done all the same. A delete leaves the last good template alone, so that a
    delete that failed can be rolled back to it.
    """
    deletes = stack.template_id is None and stack.action == Action.DELETE
    if deletes or stack.action in INSPECTIONS:
        return stack
    return evolve(stack, last_good_id=stack.template_id, version=stack.version + 1)


def traversal_ends(stack: Stack) -> tuple[Stack, tuple[Event, ...]]:
    """Complete the stack, unless a newer wish waits, or it was told to have failed."""
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


def found_failed(stack: Stack, reason: str) -> tuple[Stack, tuple[Event, ...]]:
    """Tell of the first failure that was found; the others are looked for all the same."""
    if stack.status == Status.FAILED or stack.wish_id:
        return stack, ()
    return _with_event(
        evolve(stack, status=Status.FAILED, reason=reason, version=stack.version + 1)
    )


def fail(stack: Stack, failure: Failure, updated: bool) -> tuple[Stack, tuple[Event, ...]]:
    """Fail the stack and wish for its rollback where that is on.

    Its deadline stays: until then operations under way are waited for.

    :param updated: all updates of the traversal are done, so that the template
        is good and what failed is a cleanup: there is nothing to go back to.
    """
    if updated:
        stack = template_is_good(stack)
    if stack.wish_id:
        # The user has asked for something newer: that is prepared next, and
        # what became of the old traversal no longer matters.
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
    rolling, more = wish(failed, Action.ROLLBACK, stack.last_good_id, failure.wish_id)
    why = f'Stack ROLLBACK started: {failure.reason}'
    minutes = stack.timeout_mins or TIMEOUT_MINS
    rolling = evolve(rolling, reason=why, deadline=failure.at + 60 * minutes)
    return rolling, events + tuple(evolve(one, reason=why) for one in more)
