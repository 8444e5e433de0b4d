"""Check an update node: what to do about one resource, and what follows.

A check is `admit`, then `begin` with what is wanted (or `refuse`, when that
cannot be told), then, once the plugin has answered, `finish`. Each returns a
Step. Whatever was begun and interrupted is settled first: see `settle`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heatconv.convergence import fingerprint, hooks, replacement, settle, states
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

#: How often a node is tried again when reality keeps differing from what was
#: asked for.
ATTEMPTS = 3

#: Why what an environment forbids is not done, as Heat words it (heat/common/exception.py).
RESTRICTED = '{} is restricted for resource.'


@dataclass(frozen=True, slots=True)
class View:
    """What a check of one node needs to know.

    :ivar node: None when there is no such node (any more).
    :ivar row: its subject; None when that row is gone.
    :ivar siblings: the other rows of the same name.
    :ivar serving: for a cleanup: an update node of this traversal ended on
        the row.
    :ivar required: the rows that serve what the definition refers to, by name, where the
        store could tell, among others; without those that are not there.
    """

    node: Node | None
    stack: Stack | None = None
    row: Resource | None = None
    siblings: tuple[Resource, ...] = ()
    serving: bool = False
    required: Mapping[str, Resource] | None = field(default=None, compare=False)


def admit(view: View, lease: str) -> Step | None:
    """Say what can be decided before it is known what is wanted.

    :return: a step that ends the check here, or None to go on with `begin`.
    """
    node, row = view.node, view.row
    if node is None or node.status != NodeStatus.READY:
        return Step('nothing to do: the node is not ready')
    if row is None:
        return None
    if row.claim is not None:
        return Step('claimed: whoever finishes will announce the node again')
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
    """Begin what it takes to make the subject what is wanted.

    :param lease: the lease to claim the row with.
    :param fresh_id: the id of the row to add, should one be needed.
    :param wish_id: the id of the wish to roll back, should it be refused.
    :param now: seconds since the epoch.
    """
    node, row, stack = view.node, view.row, view.stack
    assert node is not None and stack is not None
    if row is not None and (desired.external_id or adopts(row)):
        step = _external(node, row, desired, lease, wish_id, now)
        if step is not None:
            return step
    replaces = row is None or replacement.needs_replacement(row, desired)
    if row is None or replaces or row.physical_id is None:
        other = replacement.substitute(row, view.siblings, desired)
        if other is not None:
            return _repoint(node, row, other, insert=False)
        if row is not None and replaces and 'replace' in desired.restricted:
            return forbid(node, row, RESTRICTED.format('replace'), wish_id, now)
        if row is None or replaces:
            new = Resource(
                id=fresh_id,
                stack_id=node.stack_id,
                name=node.key.name,
                type=desired.type,
                template_id=desired.template_id,
                deletion_policy=desired.deletion_policy,
                replaces=row.id if row else None,
            )
            return _repoint(node, row, new, insert=True)
        return _operate(node, row, desired, Verb.CREATE, lease)
    changed = replacement.changed(row.properties, desired.properties)
    if not changed and states.healthy(row):
        return _keep(node, row, desired)
    if 'update' in desired.restricted:
        return forbid(node, row, RESTRICTED.format('update'), wish_id, now)
    return _operate(node, row, desired, Verb.UPDATE, lease, changed)


def adopts(row: Resource) -> bool:
    """Say whether a row stands for what is there already and is not its own yet."""
    return row.physical_id is not None and not states.begun(row)


def _external(
    node: Node, row: Resource, desired: DesiredState, lease: str, wish_id: str, now: float
) -> Step | None:
    """Begin to adopt what is there; leave alone what belongs to nobody here.

    :return: None if it is an ordinary resource of the stack.
    """
    if not states.begun(row):
        known = desired.external_id or row.physical_id
        return _operate(node, evolve(row, physical_id=known), desired, Verb.ADOPT, lease, was=row)
    if not desired.external_id or row.type != desired.type:
        return None
    if row.physical_id != desired.external_id:
        return forbid(node, row, 'the external_id of a resource cannot change', wish_id, now)
    return _keep(node, row, desired) if states.healthy(row) else None


def refuse(view: View, reason: str, wish_id: str, now: float) -> Step:
    """Fail a node of which it cannot be told what is wanted.

    A reference that does not resolve or a property that came out invalid: the
    row did not get to an operation, but it is not what the template says.
    """
    node, row = view.node, view.row
    assert node is not None
    write = None
    events: tuple[Event, ...] = ()
    if row is not None and (states.healthy(row) or not states.begun(row)):
        failed = evolve(
            row,
            action=Action.UPDATE if states.begun(row) else Action.CREATE,
            status=Status.FAILED,
            reason=reason,
            version=row.version + 1,
        )
        write = RowWrite(RowGuard.UNCLAIMED, row, failed)
        events = (event(failed),)
    commit = Commit(
        row=write,
        node=NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE),
        failure=Failure(node.stack_id, _stack_reason(node.key, reason), wish_id, now),
        events=events,
    )
    return Step('refused: ' + reason, commit)


def forbid(node: Node, row: Resource, reason: str, wish_id: str, now: float) -> Step:
    """Fail a node that would do to its resource what may not be done to it.

    The resource stays as it is, and so does its row.
    """
    told = evolve(row, action=Action.UPDATE, status=Status.FAILED, reason=reason)
    commit = Commit(
        node=NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE),
        failure=Failure(node.stack_id, _stack_reason(node.key, reason), wish_id, now),
        events=(event(told),),
    )
    return Step('refused: ' + reason, commit)


def mark(row: Resource, unhealthy: bool, reason: str) -> Step:
    """Write what a user says of a resource: the next update replaces what is unhealthy.

    As in Heat (heat/engine/service.py, resource_mark_unhealthy); what was begun and is
    not finished, or is to go, is left alone.
    """
    if states.doomed(row) or states.in_progress(row) or not states.begun(row):
        return Step('nothing to mark')
    if not unhealthy and states.state(row) != states.CHECK_FAILED:
        return Step('it was not marked')
    marked = evolve(
        row,
        action=Action.CHECK,
        status=Status.FAILED if unhealthy else Status.COMPLETE,
        reason=reason,
        version=row.version + 1,
    )
    commit = Commit(RowWrite(RowGuard.UNCLAIMED, row, marked), events=(event(marked),))
    return Step('marked', commit)


def finish(
    key: NodeKey,
    claimed: Resource,
    desired: DesiredState,
    verb: Verb,
    seen: Observation,
    attempts: int,
    wish_id: str,
    now: float,
    node: Node | None = None,
) -> Step:
    """Save what became of a create or an update.

    :param claimed: the row as my begin saved it.
    :param attempts: how often the node was tried already.
    :param wish_id: the id of the wish to roll back, should it fail.
    :param now: seconds since the epoch.
    :param node: as my begin read it, if it has hooks.
    """
    if seen.reality == Reality.PENDING:
        return Step('pending', wait=True)
    if seen.reality == Reality.FAILED:
        return _fail(key, claimed, verb, seen, wish_id, now, seen.reason or f'{verb} failed')
    released = evolve(claimed, claim=None, version=claimed.version + 1)
    if seen.reality == Reality.ABSENT:
        saved = evolve(
            released,
            action=Action.CREATE,
            status=Status.FAILED,
            physical_id=None,
            reason=f'{verb} was asked for, and the resource is not there',
        )
        as_asked = False
    else:
        saved = evolve(
            released,
            status=Status.COMPLETE,
            reason='state changed',
            physical_id=seen.physical_id,
            attributes=seen.attributes,
            properties=desired.properties if seen.properties is None else seen.properties,
            requires=desired.requires,
        )
        as_asked = not replacement.changed(saved.properties, desired.properties)
        if as_asked:
            saved = evolve(
                saved, fingerprint=fingerprint.stamped(desired.fingerprint, saved.version)
            )
    if not as_asked and attempts + 1 >= ATTEMPTS:
        reason = (
            saved.reason
            if seen.reality == Reality.ABSENT
            else (
                f'{verb} was asked for {ATTEMPTS} times, and still differ: '
                + ', '.join(replacement.changed(saved.properties, desired.properties))
            )
        )
        return _fail(key, claimed, verb, seen, wish_id, now, reason)
    write = NodeWrite(
        key,
        NodeStatus.RUNNING,
        claimed.id,
        NodeStatus.DONE if as_asked else NodeStatus.READY,
        retry=not as_asked,
    )
    commit = Commit(
        row=RowWrite(RowGuard.MINE, claimed, saved),
        node=write,
        late_stands=True,
        events=(event(saved),),
    )
    if as_asked:
        paused = hooks.after(node, NodeStatus.RUNNING, commit, saved, verb)
        return paused or Step(f'{verb} done', commit)
    return Step(f'{verb} done, but not as asked', commit, casts=(key,))


def fenced(verb: Verb, claimed: Resource, row: Resource | None, call: Call) -> Step:
    """Make up for an operation whose finish was refused: somebody took over.

    :param row: the row as it is now.
    """
    if row is None or (states.doomed(row) and verb == Verb.CREATE):
        # What was adopted was there before: nobody asked for it to go.
        if verb in (Verb.DELETE, Verb.OBSERVE, Verb.ADOPT):
            return Step('fenced: nothing is left to make up for')
        return Step(
            'fenced: the row is gone, delete by token',
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
        action=Action.CREATE if creates else Action.UPDATE,
        status=Status.IN_PROGRESS,
        reason='state changed',
        version=row.version + 1,
        claim=lease,
        suspect=False,
        template_id=desired.template_id,
        # What a create asks for is what it will be; an update may fail half-way,
        # and until it is observed the old properties are the better guess.
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
            hooks=hooks.owing(node.hooks, verb),
            read=node,
        ),
        events=(event(claimed),),
    )
    return Step(f'begin {verb}', commit, Call(verb, claimed, desired.properties, changed))


def _keep(node: Node, row: Resource, desired: DesiredState) -> Step:
    """Leave the resource alone: what is wanted is there."""
    kept = evolve(
        row,
        version=row.version + 1,
        template_id=desired.template_id,
        requires=desired.requires,
        deletion_policy=desired.deletion_policy,
        replaced_by=None,
        fingerprint=fingerprint.stamped(desired.fingerprint, row.version + 1),
    )
    commit = Commit(
        row=RowWrite(RowGuard.UNCLAIMED, row, kept),
        node=NodeWrite(node.key, NodeStatus.READY, row.id, NodeStatus.DONE, read=node),
    )
    # Somebody else has settled what this node began.
    paused = hooks.after(node, NodeStatus.READY, commit, kept)
    return paused or Step('unchanged', commit)


def _repoint(node: Node, row: Resource | None, other: Resource, insert: bool) -> Step:
    """Hand the node over to another row of the name, in one commit."""
    write = None
    if row is not None:
        left = evolve(row, version=row.version + 1, replaced_by=other.id)
        write = RowWrite(RowGuard.UNCLAIMED, row, left)
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
    seen: Observation,
    wish_id: str,
    now: float,
    reason: str,
) -> Step:
    absent = seen.reality == Reality.ABSENT
    # What was observed is what a later update compares with.
    observed: Mapping[str, Any] | None = claimed.properties
    if seen.properties is not None:
        observed = seen.properties
    saved = evolve(
        claimed,
        action=Action.CREATE if absent else claimed.action,
        status=Status.FAILED,
        reason=reason,
        claim=None,
        version=claimed.version + 1,
        physical_id=None if absent else seen.physical_id or claimed.physical_id,
        attributes=seen.attributes or claimed.attributes,
        properties=observed,
    )
    commit = Commit(
        row=RowWrite(RowGuard.MINE, claimed, saved),
        node=NodeWrite(key, NodeStatus.RUNNING, claimed.id, NodeStatus.DONE),
        late_stands=True,
        failure=Failure(claimed.stack_id, _stack_reason(key, reason), wish_id, now),
        events=(event(saved),),
    )
    return Step(f'{verb} failed', commit)


def _stack_reason(key: NodeKey, reason: str) -> str:
    return f'Resource failed: resources.{key.name}: {reason}'


def union(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    """Return both, sorted, each once."""
    return tuple(sorted({*old, *new}))
