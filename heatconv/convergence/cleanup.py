"""Check of a cleanup node: delete a row that serves no name, and its physical resource."""

from __future__ import annotations

from heatconv.convergence import hooks, reasons, states
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
    """Begin the delete of the subject, unless the update of its name ended on it.

    :param lease: id of the lease to claim the row with.
    """
    node, row = view.node, view.row
    if node is None or node.status != NodeStatus.READY:
        return Step('nothing to do: the node is not ready')
    done = NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE, read=node)
    if row is None:
        return Step('the row was deleted already', Commit(node=done))
    if view.serving:
        return Step('in use', Commit(node=done))
    if row.claim is not None:
        return Step('claimed: the node is announced again when the claim is released')
    if not states.begun(row):
        drop = RowWrite(RowGuard.UNCLAIMED, row, None)
        return Step('never begun: drop the row', Commit(row=drop, node=done))
    paused = hooks.before(node, row, Verb.DELETE)
    if paused is not None:
        return paused
    if row.deletion_policy == 'Retain':
        drop = RowWrite(RowGuard.UNCLAIMED, row, None)
        begun = evolve(
            row, action=Action.DELETE, status=Status.IN_PROGRESS, reason='state changed'
        )
        retained = evolve(begun, status=Status.COMPLETE, reason='retained')
        events = (event(begun), event(retained))
        return Step('retain', Commit(row=drop, node=done, events=events))
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
            hooks=hooks.begun(node.hooks, Verb.DELETE),
            read=node,
        ),
        events=(event(claimed),),
    )
    return Step('begin delete', commit, Call(Verb.DELETE, claimed, row.properties or {}))


def finish(
    key: NodeKey,
    claimed: Resource,
    observation: Observation,
    wish_id: str,
    now: float,
    node: Node | None = None,
) -> Step:
    """Save the result of a delete; delete the row once its resource is absent.

    :param key: key of the node.
    :param claimed: the row as the holder of the claim saved it last.
    :param observation: the observation after the delete.
    :param wish_id: id for the rollback wish, if the delete failed.
    :param now: seconds since the epoch.
    :param node: the node as it was when the delete began; needed only if it has hooks.
    """
    if observation.reality in (Reality.PENDING, Reality.READY):
        return Step('pending', wait=True)
    if observation.reality == Reality.ABSENT:
        if node is not None and node.hooks:
            # The row stays, because the user clears the hook by the name of the resource.
            # The delete is then repeated, and finds nothing.
            released = evolve(claimed, claim=None, version=claimed.version + 1)
            release = Commit(row=RowWrite(RowGuard.MINE, claimed, released), late_stands=True)
            paused = hooks.after(node, NodeStatus.RUNNING, release, released, Verb.DELETE)
            if paused is not None:
                return paused
        deleted = evolve(claimed, status=Status.COMPLETE)
        commit = Commit(
            row=RowWrite(RowGuard.MINE, claimed, None),
            node=NodeWrite(key, NodeStatus.RUNNING, claimed.id, NodeStatus.DONE),
            late_stands=True,
            events=(event(deleted),),
        )
        return Step('delete done', commit)
    reason = reasons.of_resource(claimed.name, observation.reason or 'delete failed')
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
        failure=Failure(claimed.stack_id, reasons.of_stack(Action.DELETE, reason), wish_id, now),
        events=(event(saved),),
    )
    return Step('delete failed', commit)
