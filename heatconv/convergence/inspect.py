"""Look at the resources of a stack without changing them: CHECK, SUSPEND and RESUME.

A node claims nothing: to observe twice does no harm, and one of two commits wins. What a
check finds wrong fails the stack, and the others are looked at all the same, as in Heat
(heat/engine/check_resource.py). Types have nothing to suspend: they are told to be, but for
nested stacks, which were asked to with their owner, and are waited for.
"""

from __future__ import annotations

from heatconv.convergence import states
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


def begin(view: View) -> Call | None:
    """Return what to ask of a plugin; None if nothing is to be asked."""
    row, stack = view.row, view.stack
    if row is None or stack is None or not _inspectable(row):
        return None
    return Call(Verb.OBSERVE, row, row.properties or {})


def finish(view: View, seen: Observation | None, wish_id: str, now: float) -> Step:
    """Save what was seen of a resource, if it was looked at."""
    node, row, stack = view.node, view.row, view.stack
    assert node is not None and stack is not None
    done = NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE)
    if row is None or not states.begun(row) or states.doomed(row):
        return Step('nothing is there to look at', Commit(node=done))
    if not _inspectable(row):
        if stack.action != Action.CHECK:
            return Step('it has failed: left as it is', Commit(node=done))
        reason = f'{row.action} had failed: {row.reason}'
        return Step(reason, Commit(node=done, failure=_failure(view, reason, wish_id, now)))
    wrong = _wrong(seen) if stack.action == Action.CHECK else _failed(seen)
    if wrong and stack.action != Action.CHECK:
        # It is what it was, and only that is not done which was asked for.
        return Step(wrong, Commit(node=done, failure=_failure(view, wrong, wish_id, now)))
    saved = evolve(
        row,
        action=stack.action,
        status=Status.FAILED if wrong else Status.COMPLETE,
        reason=wrong or 'state changed',
        version=row.version + 1,
    )
    if seen is not None and seen.reality == Reality.READY and not wrong:
        saved = evolve(saved, attributes=seen.attributes)
        if seen.properties is not None:
            saved = evolve(saved, properties=seen.properties)
    begun = evolve(saved, status=Status.IN_PROGRESS, reason='state changed')
    commit = Commit(
        row=RowWrite(RowGuard.UNCLAIMED, row, saved),
        node=done,
        events=(event(begun), event(saved)),
        failure=_failure(view, wrong, wish_id, now) if wrong else None,
    )
    return Step(wrong or f'{stack.action} done', commit)


def _inspectable(row: Resource) -> bool:
    return states.healthy(row) or states.state(row) == states.CHECK_FAILED


def _wrong(seen: Observation | None) -> str:
    if seen is None or seen.reality in (Reality.PENDING, Reality.UNKNOWN):
        return (seen.reason if seen else '') or 'it cannot be told what it is like'
    if seen.reality == Reality.ABSENT:
        return 'the resource is not there any more'
    return _failed(seen)


def _failed(seen: Observation | None) -> str:
    if seen is None or seen.reality != Reality.FAILED:
        return ''
    return seen.reason or 'the resource has failed'


def _failure(view: View, reason: str, wish_id: str, now: float) -> Failure:
    assert view.node is not None and view.stack is not None
    name = view.node.key.name
    return Failure(
        view.node.stack_id,
        f'Resource {view.stack.action} failed: resources.{name}: {reason}',
        wish_id,
        now,
        False,
    )
