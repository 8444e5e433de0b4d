"""Settle a row whose operation was interrupted: look before deciding.

A row that is CREATING or UPDATING without a claim, or that is suspect, says
nothing certain about reality. It is claimed, observed by its token, what is
real is saved, and its node goes back to ready to be checked as usual.
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
    """Claim a row to observe it.

    :param node: its update node, which runs meanwhile; None when the sweep
        settles a row that no node is about.
    """
    claimed = evolve(row, version=row.version + 1, claim=lease, suspect=False)
    write = None
    if node is not None:
        write = NodeWrite(node.key, NodeStatus.READY, row.id, NodeStatus.RUNNING, read=node)
    commit = Commit(row=RowWrite(RowGuard.UNCLAIMED, row, claimed), node=write)
    # What was being adopted is not found by its token before that is done.
    adopts = states.state(row) == states.CREATING and row.physical_id is not None
    verb = Verb.ADOPT if adopts else Verb.OBSERVE
    return Step('settle', commit, Call(verb, claimed, row.properties or {}))


def finish(key: NodeKey | None, claimed: Resource, seen: Observation, waits: bool = True) -> Step:
    """Save what is real and release the row.

    :param key: its update node, which goes back to ready.
    :param waits: wait for an operation that is still under way.
    """
    if seen.reality == Reality.PENDING and waits and not seen.yields:
        return Step('pending', wait=True)
    if seen.reality == Reality.PENDING:
        settled = timeout.given_up(claimed, seen, 'given up: it was still under way')
    else:
        settled = _settled(claimed, seen)
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
    # A traversal prepared since then may have met the claim: its node must
    # hear of the release whatever became of ours.
    return Step('settled', commit, wakes=claimed.id)


def _settled(row: Resource, seen: Observation) -> Resource:
    """Tell from the last state and what is real in which state a row is."""
    if seen.reality == Reality.ABSENT:
        return evolve(
            row,
            action=Action.CREATE,
            status=Status.FAILED,
            physical_id=None,
            reason='interrupted: the resource is not there',
        )
    known = seen.properties is not None
    found = evolve(
        row,
        physical_id=seen.physical_id or row.physical_id,
        attributes=seen.attributes or row.attributes,
        properties=seen.properties if known else row.properties,
    )
    creating = states.state(row) in (states.CREATING, states.CREATE_FAILED)
    if seen.reality == Reality.FAILED:
        return evolve(
            found,
            action=Action.CREATE if creating else Action.UPDATE,
            status=Status.FAILED,
            reason=seen.reason or 'interrupted: the resource has failed',
        )
    if creating:
        return evolve(found, status=Status.COMPLETE, reason='state changed')
    if states.state(row) == states.UPDATING and known:
        return evolve(found, status=Status.COMPLETE, reason='state changed')
    if states.state(row) == states.CHECK_FAILED or known:
        return found
    # It is there, and nobody knows with which properties: have it updated again.
    return evolve(
        found,
        action=Action.UPDATE,
        status=Status.FAILED,
        reason='interrupted: the plugin cannot tell its properties',
    )
