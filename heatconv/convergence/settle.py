"""Settle: observe a row whose operation was interrupted, before anything is decided about it.

A row that is CREATING or UPDATING without a claim, or that is suspect, is no reliable
statement about reality. Such a row is claimed and observed by its token. What is real is
saved, and its node goes back to ready and is checked as usual.
"""

from __future__ import annotations

from heatconv.convergence import states, timeout
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
from heatconv.convergence.step import Call, Commit, NodeWrite, RowGuard, RowWrite, Step


def begin(row: Resource, lease: str, node: Node | None) -> Step:
    """Claim a row in order to observe it.

    :param lease: id of the lease to claim the row with.
    :param node: the update node of the row, which is running meanwhile; None if the sweep
        settles a row that is not the subject of a node.
    """
    claimed = evolve(row, version=row.version + 1, claim=lease, suspect=False)
    write = None
    if node is not None:
        write = NodeWrite(node.key, NodeStatus.READY, row.id, NodeStatus.RUNNING, read=node)
    commit = Commit(row=RowWrite(RowGuard.UNCLAIMED, row, claimed), node=write)
    # Before an adoption is complete, the token does not find the resource: adopt it again.
    adopts = states.state(row) == states.CREATING and row.physical_id is not None
    verb = Verb.ADOPT if adopts else Verb.OBSERVE
    return Step('settle', commit, Call(verb, claimed, row.properties or {}))


def finish(
    key: NodeKey | None, claimed: Resource, observation: Observation, waits: bool = True
) -> Step:
    """Save what is real, and release the row.

    :param key: key of the update node of the row, which goes back to ready; None if there is
        none.
    :param claimed: the row as the holder of the claim saved it last.
    :param observation: what was observed.
    :param waits: wait for an operation that is still in progress.
    """
    if observation.reality == Reality.PENDING and waits and not observation.yields:
        return Step('pending', wait=True)
    if observation.yields and not states.in_progress(claimed):
        # Not the operation of a worker is in progress or has failed, but that of a user of the
        # nested stack itself, or of a signal. Every update of the stack updates the nested stack
        # anyway. A worker that was considered dead may have created it after all.
        settled = evolve(claimed, physical_id=claimed.physical_id or observation.physical_id)
    elif observation.reality == Reality.PENDING:
        settled = timeout.given_up(
            claimed, observation, 'given up: the operation was still in progress'
        )
    else:
        settled = _settled(claimed, observation)
    saved = evolve(settled, claim=None, version=claimed.version + 1)
    write = None
    if key is not None:
        write = NodeWrite(key, NodeStatus.RUNNING, claimed.id, NodeStatus.READY)
    changed = states.state(saved) != states.state(claimed)
    commit = Commit(
        row=RowWrite(RowGuard.MINE, claimed, saved),
        node=write,
        late_stands=True,
        events=(event(saved),) if changed else (),
    )
    # A node of a traversal prepared meanwhile may have met the claim: it must be announced
    # after the release, whatever happened to this node.
    return Step('settled', commit, wakes=claimed.id)


def _settled(row: Resource, observation: Observation) -> Resource:
    """Derive the state of a row from its last state and the observation."""
    if observation.reality == Reality.ABSENT:
        return evolve(
            row,
            action=Action.CREATE,
            status=Status.FAILED,
            physical_id=None,
            reason='interrupted: the resource does not exist',
        )
    determined = observation.properties is not None
    observed = evolve(
        row,
        physical_id=observation.physical_id or row.physical_id,
        attributes=observation.attributes or row.attributes,
        properties=observation.properties if determined else row.properties,
    )
    creating = states.state(row) in (states.CREATING, states.CREATE_FAILED)
    if observation.reality == Reality.FAILED:
        return evolve(
            observed,
            action=Action.CREATE if creating else Action.UPDATE,
            status=Status.FAILED,
            reason=observation.reason or 'interrupted: the resource has failed',
        )
    if creating:
        return evolve(observed, status=Status.COMPLETE, reason='state changed')
    if states.state(row) == states.UPDATING and determined:
        return evolve(observed, status=Status.COMPLETE, reason='state changed')
    if states.state(row) == states.CHECK_FAILED or determined:
        return observed
    # The resource exists, but its properties are unknown: the next check updates it again.
    return evolve(
        observed,
        action=Action.UPDATE,
        status=Status.FAILED,
        reason='interrupted: the plugin cannot determine the properties',
    )
