"""Inspection: observe the resources of a stack without changing them.

The actions CHECK, SUSPEND, RESUME and SNAPSHOT are inspections.

An inspection claims no row: to observe twice does no harm, and only one of two commits
stands. A problem that CHECK finds fails the stack; the other resources are observed
nevertheless, as in Heat (heat/engine/check_resource.py). SUSPEND and RESUME also begin what the
resource type does for them; most types do nothing. Since no row is claimed, such a call may come
twice or too late, and the type must see that by the id of the traversal. Nested stacks received
the request together with their owner, and the inspection waits for them.
"""

from __future__ import annotations

from heatconv.convergence import reasons, states
from heatconv.convergence.check import View
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    Action,
    NodeStatus,
    Observation,
    Reality,
    Resource,
    Status,
    Verb,
)
from heatconv.convergence.step import Call, Commit, Failure, NodeWrite, RowGuard, RowWrite, Step

#: The inspections that begin something.
ACTING = {Action.SUSPEND: Verb.SUSPEND, Action.RESUME: Verb.RESUME}


def begin(view: View) -> Call | None:
    """Return the call that inspects the resource; None if there is nothing to inspect."""
    row, stack, node = view.row, view.stack, view.node
    if row is None or stack is None or node is None or not _inspectable(row):
        return None
    verb = ACTING.get(stack.action, Verb.OBSERVE)
    return Call(verb, row, row.properties or {}, operation=node.key.traversal_id)


def finish(view: View, observation: Observation | None, wish_id: str, now: float) -> Step:
    """Save the observation of a resource, and finish its node.

    :param observation: what was observed; None if nothing was.
    :param wish_id: id for the rollback wish of a failure.
    :param now: seconds since the epoch.
    """
    node, row, stack = view.node, view.row, view.stack
    assert node is not None and stack is not None
    done = NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE)
    if row is None or not states.begun(row) or states.doomed(row):
        return Step('there is no resource to inspect', Commit(node=done))
    if not _inspectable(row):
        if stack.action != Action.CHECK:
            return Step('the row has failed before: unchanged', Commit(node=done))
        reason = reasons.of_resource(row.name, row.reason)
        failure = _failure(view, reason, wish_id, now)
        if states.in_progress(row):
            return Step(reason, Commit(node=done, failure=failure))
        # An empty digest: if a later CHECK finds the resource as it should be, the next update
        # still does not take it for unchanged.
        failed = evolve(
            row,
            action=Action.CHECK,
            status=Status.FAILED,
            reason=reason,
            version=row.version + 1,
            frozen='',
        )
        write: RowWrite | None = RowWrite(RowGuard.UNCLAIMED, row, failed)
        if states.state(row) == states.UPDATE_FAILED and not row.tainted:
            # The next update changes such a resource in place; after CHECK_FAILED it would replace
            # it.
            write = None
        return Step(reason, Commit(write, done, events=(event(failed),), failure=failure))
    problem = (
        _problem_in(observation) if stack.action == Action.CHECK else _failure_in(observation)
    )
    if problem:
        problem = reasons.of_resource(row.name, problem)
    if problem and stack.action != Action.CHECK:
        # The action failed, but the resource is as before, so its row keeps its state.
        return Step(problem, Commit(node=done, failure=_failure(view, problem, wish_id, now)))
    saved = evolve(
        row,
        action=stack.action,
        status=Status.FAILED if problem else Status.COMPLETE,
        reason=problem or 'state changed',
        version=row.version + 1,
    )
    if observation is not None and observation.reality == Reality.READY and not problem:
        saved = evolve(saved, attributes=observation.attributes)
        if observation.properties is not None:
            saved = evolve(saved, properties=observation.properties)
    started = evolve(saved, status=Status.IN_PROGRESS, reason='state changed')
    commit = Commit(
        row=RowWrite(RowGuard.UNCLAIMED, row, saved),
        node=done,
        events=(event(started), event(saved)),
        failure=_failure(view, problem, wish_id, now) if problem else None,
    )
    return Step(problem or f'{stack.action} done', commit)


def _inspectable(row: Resource) -> bool:
    return states.healthy(row) or states.state(row) == states.CHECK_FAILED


def _problem_in(observation: Observation | None) -> str:
    """Return the problem that a CHECK reports; empty if there is none."""
    if observation is None or observation.reality in (Reality.PENDING, Reality.UNKNOWN):
        return (observation.reason if observation else '') or 'its condition is not known'
    if observation.reality == Reality.ABSENT:
        return 'the resource does not exist any more'
    return _failure_in(observation)


def _failure_in(observation: Observation | None) -> str:
    """Return the failure that the plugin observed; empty if there is none."""
    if observation is None or observation.reality != Reality.FAILED:
        return ''
    return observation.reason or 'the resource has failed'


def _failure(view: View, reason: str, wish_id: str, now: float) -> Failure:
    assert view.node is not None and view.stack is not None
    return Failure(
        view.node.stack_id,
        reasons.of_stack(view.stack.action, reason),
        wish_id,
        now,
        False,
    )
