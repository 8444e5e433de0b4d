"""Check of an update node: decide what to do with one resource, and save the result.

A check consists of `admit`, then `begin` with the desired state (or `refuse`, if the desired
state cannot be computed), then, once the plugin has answered, `finish`. Each returns a Step.
An interrupted operation is settled first: see `settle`.

Some parameters are common: ``lease`` is the id of the lease to claim the row with, ``wish_id``
the id for a rollback wish if the check fails, ``now`` the time in seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heatconv.convergence import (
    fingerprint,
    hooks,
    reasons,
    refusal,
    replacement,
    settle,
    states,
)
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    Action,
    DesiredState,
    Event,
    Node,
    NodeKey,
    NodeStatus,
    Observation,
    Reality,
    Resource,
    Stack,
    Status,
    Verb,
)
from heatconv.convergence.step import Call, Commit, Failure, NodeWrite, RowGuard, RowWrite, Step

#: Maximum number of attempts at a node while the observation differs from the desired state.
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class View:
    """The input of the check of one node, as read from the store.

    :ivar node: None if the node does not exist, or does not exist any more.
    :ivar row: the subject of the node; None if the row was deleted.
    :ivar siblings: the other rows of the same resource name.
    :ivar serving: for a cleanup: an update node of this traversal ended on the row.
    :ivar required: for an update: the rows that serve the names in its definition, by name,
        if the store read them with the node; else None. Other names may be among them. A
        name is missing if its row does not exist, or was not read.
    """

    node: Node | None
    stack: Stack | None = None
    row: Resource | None = None
    siblings: tuple[Resource, ...] = ()
    serving: bool = False
    required: Mapping[str, Resource] | None = field(default=None, compare=False)


def admit(view: View, lease: str) -> Step | None:
    """Decide what can be decided without the desired state.

    :return: a step that ends the check or settles the row; None to continue with `begin`.
    """
    node, row = view.node, view.row
    if node is None or node.status != NodeStatus.READY:
        return Step('nothing to do: the node is not ready')
    if row is None:
        return None
    if row.claim is not None:
        return Step('claimed: the node is announced again when the claim is released')
    if states.unsettled(row):
        return settle.begin(row, lease, node)
    return None


def begin(
    view: View,
    desired: DesiredState,
    lease: str,
    fresh_id: str,
    wish_id: str = '',
    now: float = 0.0,
) -> Step:
    """Begin whatever brings the subject to the desired state.

    :param fresh_id: id for a new row, if one is needed.
    :return: a step that adopts, creates or updates the resource, keeps it, re-points the
        node to another row, or fails the node.
    """
    node, row, stack = view.node, view.row, view.stack
    assert node is not None and stack is not None
    if row is not None and (desired.external_id or row.external or adopts(row)):
        step = _external(node, row, desired, lease, wish_id, now)
        if step is not None:
            return step
    exists = row is not None and states.begun(row) and not states.doomed(row)
    if row is not None and exists and row.type == desired.type:
        # Before the decision, as in Heat: an update that replaces the resource pauses too, and
        # one that changes nothing.
        paused = hooks.before(node, row, Verb.UPDATE)
        if paused is not None:
            return paused
    replaces = row is None or replacement.needs_replacement(row, desired)
    if row is None or replaces or row.physical_id is None:
        other = replacement.substitute(row, view.siblings, desired)
        if other is not None:
            return _repoint(node, row, other, insert=False)
        if row is not None and replaces and 'replace' in desired.restricted:
            return refusal.forbid(node, row, *refusal.restricted('replace'), wish_id, now)
        if row is None or replaces:
            new = Resource(
                id=fresh_id,
                stack_id=node.stack_id,
                name=node.key.name,
                type=desired.type,
                declared_type=desired.declared_type,
                template_id=desired.template_id,
                deletion_policy=desired.deletion_policy,
                replaces=row.id if row else None,
            )
            return _repoint(node, row, new, insert=True)
        return _operate(node, row, desired, Verb.CREATE, lease)
    changed = replacement.changed(row.properties, desired.properties)
    # A digest that is not known counts as the same.
    refrozen = None not in (row.frozen, desired.frozen) and row.frozen != desired.frozen
    same = not changed and not refrozen
    # A nested stack that nothing changes is updated nevertheless, once in a traversal.
    updates = desired.always_updates and 'update' not in desired.restricted and not node.attempts
    if same and states.healthy(row) and not updates:
        return _keep(node, row, desired)
    if 'update' in desired.restricted:
        return refusal.forbid(node, row, *refusal.restricted('update'), wish_id, now)
    return _operate(node, row, desired, Verb.UPDATE, lease, changed)


def adopts(row: Resource) -> bool:
    """Say whether a row stands for an existing resource that is not adopted yet."""
    return row.physical_id is not None and not states.begun(row)


def _external(
    node: Node, row: Resource, desired: DesiredState, lease: str, wish_id: str, now: float
) -> Step | None:
    """Adopt an existing resource, or keep an external one as it is.

    :return: None if the resource is an ordinary resource of the stack.
    """
    if not states.begun(row):
        physical_id = desired.external_id or row.physical_id
        return _operate(
            node, evolve(row, physical_id=physical_id), desired, Verb.ADOPT, lease, was=row
        )
    if row.type != desired.type:
        return None
    # Earlier releases did not save that a resource is external, only that it is retained.
    external = row.external or row.deletion_policy == 'Retain'
    if not external or row.physical_id != desired.external_id:
        reason = refusal.UNSUPPORTED.format('external_id', row.name, row.shown_type)
        return refusal.forbid(node, row, 'NotSupported', reason, wish_id, now)
    if states.healthy(row) or states.state(row) == states.UPDATE_FAILED:
        return _keep(node, row, desired)
    return None


def refuse(view: View, reason: str, wish_id: str, now: float) -> Step:
    """Fail a node whose desired state cannot be computed.

    A reference does not resolve, or a property resolves to an invalid value. No operation is
    begun. But the resource does not match the template, so a row that was healthy or never
    begun fails as well.
    """
    node, row = view.node, view.row
    assert node is not None
    write = None
    events: tuple[Event, ...] = ()
    reason = reasons.of_resource(node.key.name, reason)
    action = Action.UPDATE if row is not None and states.begun(row) else Action.CREATE
    if row is not None and (states.healthy(row) or not states.begun(row)):
        failed = evolve(
            row,
            action=action,
            status=Status.FAILED,
            reason=reason,
            version=row.version + 1,
        )
        write = RowWrite(RowGuard.UNCLAIMED, row, failed)
        events = (event(failed),)
    commit = Commit(
        row=write,
        node=NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE),
        failure=Failure(node.stack_id, reasons.of_stack(action, reason), wish_id, now),
        events=events,
    )
    return Step('refused: ' + reason, commit)


def finish(
    key: NodeKey,
    claimed: Resource,
    desired: DesiredState,
    verb: Verb,
    observation: Observation,
    attempts: int,
    wish_id: str,
    now: float,
    node: Node | None = None,
) -> Step:
    """Save the result of a create, an adoption or an update.

    The row is saved as observed. If that differs from the desired state, the node goes back
    to ready; after `ATTEMPTS` attempts it fails.

    :param claimed: the row as the holder of the claim saved it last.
    :param observation: the observation after the operation.
    :param attempts: number of earlier attempts at the node.
    :param node: the node as it was when the operation began; needed only if it has hooks.
    """
    if observation.reality == Reality.PENDING:
        return Step('pending', wait=True)
    if observation.reality == Reality.FAILED:
        reason = observation.reason or f'{verb} failed'
        tainted = verb == Verb.UPDATE and desired.replaces_failed_update
        return _fail(key, claimed, verb, observation, wish_id, now, reason, tainted)
    released = evolve(claimed, claim=None, version=claimed.version + 1)
    if observation.reality == Reality.ABSENT:
        saved = evolve(
            released,
            action=Action.CREATE,
            status=Status.FAILED,
            physical_id=None,
            reason=f'{verb} was requested, but the resource does not exist',
        )
        as_desired = False
    else:
        saved = evolve(
            released,
            status=Status.COMPLETE,
            reason='state changed',
            physical_id=observation.physical_id,
            attributes=observation.attributes,
            properties=desired.properties
            if observation.properties is None
            else observation.properties,
            requires=desired.requires,
            frozen=desired.frozen,
        )
        as_desired = not replacement.changed(saved.properties, desired.properties)
        if as_desired:
            saved = evolve(
                saved, fingerprint=fingerprint.stamped(desired.fingerprint, saved.version)
            )
    if not as_desired and attempts + 1 >= ATTEMPTS:
        reason = (
            saved.reason
            if observation.reality == Reality.ABSENT
            else (
                f'{verb} was requested {ATTEMPTS} times, but these properties still differ: '
                + ', '.join(replacement.changed(saved.properties, desired.properties))
            )
        )
        return _fail(key, claimed, verb, observation, wish_id, now, reason)
    write = NodeWrite(
        key,
        NodeStatus.RUNNING,
        claimed.id,
        NodeStatus.DONE if as_desired else NodeStatus.READY,
        retry=not as_desired,
    )
    commit = Commit(
        row=RowWrite(RowGuard.MINE, claimed, saved),
        node=write,
        late_stands=True,
        events=(event(saved),),
    )
    if as_desired:
        paused = hooks.after(node, NodeStatus.RUNNING, commit, saved, verb)
        return paused or Step(f'{verb} done', commit)
    return Step(f'{verb} done, but reality differs from the desired state', commit, casts=(key,))


def fenced(verb: Verb, claimed: Resource, row: Resource | None, call: Call) -> Step:
    """Compensate for an operation whose finish was refused because another worker took over.

    :param claimed: the row as the former holder of the claim saved it last.
    :param row: the row as it is now; None if it was deleted.
    :param call: the call that performed the operation.
    :return: a step that deletes by token, marks the row suspect, or does nothing.
    """
    if row is None or (states.doomed(row) and verb == Verb.CREATE):
        # An adopted resource existed before, and no delete of it was requested.
        if verb in (Verb.DELETE, Verb.OBSERVE, Verb.ADOPT):
            return Step('fenced: there is nothing to compensate')
        return Step(
            'fenced: the row is gone or doomed, delete by token',
            call=evolve(call, verb=Verb.DELETE, row=claimed),
        )
    if verb == Verb.OBSERVE:
        return Step('fenced: an observation changes nothing')
    return Step('fenced: reality may differ from the row', Commit(suspects=row.id))


def _operate(
    node: Node,
    row: Resource,
    desired: DesiredState,
    verb: Verb,
    lease: str,
    changed: tuple[str, ...] = (),
    was: Resource | None = None,
) -> Step:
    """Claim the row and begin a create or an update."""
    paused = hooks.before(node, row, verb)
    if paused is not None:
        return paused
    creates = verb in (Verb.CREATE, Verb.ADOPT)
    claimed = evolve(
        row,
        type=desired.type,
        declared_type=desired.declared_type,
        action=Action.CREATE if creates else Action.UPDATE,
        status=Status.IN_PROGRESS,
        reason='state changed',
        version=row.version + 1,
        claim=lease,
        suspect=False,
        tainted=False,
        external=bool(desired.external_id),
        template_id=desired.template_id,
        # A create results in the requested properties. An update may fail halfway; until it
        # is observed, the old properties are the better guess.
        properties=desired.properties if creates else row.properties,
        requires=union(row.requires, desired.requires),
        deletion_policy=desired.deletion_policy,
        replaced_by=None,
    )
    commit = Commit(
        row=RowWrite(RowGuard.UNCLAIMED, was or row, claimed),
        node=NodeWrite(
            node.key,
            NodeStatus.READY,
            row.id,
            NodeStatus.RUNNING,
            hooks=hooks.begun(node.hooks, verb),
            retry=desired.always_updates and creates,  # an update may not have been called
            read=node,
        ),
        events=(event(claimed),),
    )
    return Step(f'begin {verb}', commit, Call(verb, claimed, desired.properties, changed))


def _keep(node: Node, row: Resource, desired: DesiredState) -> Step:
    """Finish the node without an operation: the resource has the desired state."""
    settled = row
    if not states.healthy(row):  # external: an update was refused, and nothing was done to it
        settled = evolve(row, action=Action.UPDATE, status=Status.COMPLETE, reason='state changed')
    kept = evolve(
        settled,
        version=row.version + 1,
        external=row.external or bool(desired.external_id),
        declared_type=desired.declared_type,
        template_id=desired.template_id,
        requires=desired.requires,
        deletion_policy=desired.deletion_policy,
        frozen=desired.frozen,
        replaced_by=None,
        fingerprint=fingerprint.stamped(desired.fingerprint, row.version + 1),
    )
    commit = Commit(
        row=RowWrite(RowGuard.UNCLAIMED, row, kept),
        node=NodeWrite(node.key, NodeStatus.READY, row.id, NodeStatus.DONE, read=node),
        events=() if settled is row else (event(settled),),
    )
    # The node may have begun an operation that another worker settled: then its hook is due.
    return hooks.after(node, NodeStatus.READY, commit, kept) or Step('unchanged', commit)


def _repoint(node: Node, row: Resource | None, other: Resource, insert: bool) -> Step:
    """Re-point the node to another row of the same name, in one commit.

    :param insert: the other row is new, and added by the same commit.
    """
    write = None
    if row is not None:
        abandoned = evolve(row, version=row.version + 1, replaced_by=other.id)
        write = RowWrite(RowGuard.UNCLAIMED, row, abandoned)
    commit = Commit(
        row=write,
        node=NodeWrite(
            node.key, NodeStatus.READY, node.subject, NodeStatus.READY, subject_now=other.id
        ),
        inserts=(other,) if insert else (),
        abandons=row.id if row else None,
    )
    reason = 'replace by a new row' if insert else 'the name is served by another row'
    return Step(reason, commit, casts=(node.key,))


def _fail(
    key: NodeKey,
    claimed: Resource,
    verb: Verb,
    observation: Observation,
    wish_id: str,
    now: float,
    reason: str,
    tainted: bool = False,
) -> Step:
    """Save that a create, an adoption or an update has failed."""
    absent = observation.reality == Reality.ABSENT
    reason = reasons.of_resource(key.name, reason)
    # A later update compares with the observed properties.
    observed: Mapping[str, Any] | None = claimed.properties
    if observation.properties is not None:
        observed = observation.properties
    saved = evolve(
        claimed,
        action=Action.CREATE if absent else claimed.action,
        status=Status.FAILED,
        reason=reason,
        claim=None,
        version=claimed.version + 1,
        physical_id=None if absent else observation.physical_id or claimed.physical_id,
        attributes=observation.attributes or claimed.attributes,
        properties=observed,
        tainted=tainted and not absent,
    )
    commit = Commit(
        row=RowWrite(RowGuard.MINE, claimed, saved),
        node=NodeWrite(key, NodeStatus.RUNNING, claimed.id, NodeStatus.DONE),
        late_stands=True,
        failure=Failure(claimed.stack_id, reasons.of_stack(saved.action, reason), wish_id, now),
        events=(event(saved),),
    )
    return Step(f'{verb} failed', commit)


def union(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids in either tuple, sorted, without duplicates."""
    return tuple(sorted({*old, *new}))
