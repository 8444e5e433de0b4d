"""Clean up a row that the template no longer wants, and what follows."""

from __future__ import annotations

from heatconv.convergence import hooks, states
from heatconv.convergence.check import View
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    Action,
    Node,
    NodeKey,
    NodeStatus,
    Observation,
    Reality,
    Resource,
    Status,
    Verb,
)
from heatconv.convergence.step import Call, Commit, Failure, NodeWrite, RowGuard, RowWrite, Step


def begin(view: View, lease: str) -> Step:
    """Begin the delete of the subject, unless the update of its name ended on it."""
    node, row = view.node, view.row
    if node is None or node.status != NodeStatus.READY:
        return Step('nothing to do: the node is not ready')
    done = NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE, read=node)
    if row is None:
        return Step('the row is gone', Commit(node=done))
    if view.serving:
        return Step('in use', Commit(node=done))
    if row.claim is not None:
        return Step('claimed: whoever finishes will announce the node again')
    if not states.begun(row):
        drop = RowWrite(RowGuard.UNCLAIMED, row, None)
        return Step('never begun: drop the row', Commit(row=drop, node=done))
    paused = hooks.before(node, row, Verb.DELETE)
    if paused is not None:
        return paused
    if row.deletion_policy == 'Retain':
        drop = RowWrite(RowGuard.UNCLAIMED, row, None)
        gone = evolve(row, action=Action.DELETE, status=Status.COMPLETE, reason='retained')
        return Step('retain', Commit(row=drop, node=done, events=(event(gone),)))
    claimed = evolve(
        row,
        action=Action.DELETE,
        status=Status.IN_PROGRESS,
        reason='state changed',
        version=row.version + 1,
        claim=lease,
        suspect=False,
    )
    commit = Commit(
        row=RowWrite(RowGuard.UNCLAIMED, row, claimed),
        node=NodeWrite(
            node.key,
            NodeStatus.READY,
            row.id,
            NodeStatus.RUNNING,
            hooks=hooks.owing(node.hooks, Verb.DELETE),
            read=node,
        ),
        events=(event(claimed),),
    )
    return Step('begin delete', commit, Call(Verb.DELETE, claimed, row.properties or {}))


def finish(
    key: NodeKey,
    claimed: Resource,
    seen: Observation,
    wish_id: str,
    now: float,
    node: Node | None = None,
) -> Step:
    """Save what became of a delete: the row goes when the resource is gone.

    :param node: as my begin read it, if it has hooks.
    """
    if seen.reality in (Reality.PENDING, Reality.READY):
        return Step('pending', wait=True)
    if seen.reality == Reality.ABSENT:
        if node is not None and node.hooks:
            # The row stays for whoever is to clear it by its name; the delete is then made
            # again, and finds nothing.
            released = evolve(claimed, claim=None, version=claimed.version + 1)
            keep = Commit(row=RowWrite(RowGuard.MINE, claimed, released), late_stands=True)
            paused = hooks.after(node, NodeStatus.RUNNING, keep, released, Verb.DELETE)
            if paused is not None:
                return paused
        gone = evolve(claimed, status=Status.COMPLETE)
        commit = Commit(
            row=RowWrite(RowGuard.MINE, claimed, None),
            node=NodeWrite(key, NodeStatus.RUNNING, claimed.id, NodeStatus.DONE),
            late_stands=True,
            events=(event(gone),),
        )
        return Step('delete done', commit)
    reason = seen.reason or 'delete failed'
    saved = evolve(
        claimed,
        status=Status.FAILED,
        reason=reason,
        claim=None,
        version=claimed.version + 1,
    )
    commit = Commit(
        row=RowWrite(RowGuard.MINE, claimed, saved),
        node=NodeWrite(key, NodeStatus.RUNNING, claimed.id, NodeStatus.DONE),
        late_stands=True,
        failure=Failure(
            claimed.stack_id,
            f'Resource DELETE failed: resources.{claimed.name}: {reason}',
            wish_id,
            now,
        ),
        events=(event(saved),),
    )
    return Step('delete failed', commit)
