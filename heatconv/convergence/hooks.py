"""Hooks: pause a resource where its environment says so, until a user clears the hook.

A node carries the hooks of its resource name. A hook that the node has reached is *due*: it
is saved with the prefix `DUE`. The commit that pauses the node saves the prefix, or the
commit that begins the operation that the hook follows. So the node reaches each hook once,
whichever worker continues. A user clears a hook with a signal, as in Heat
(heat/engine/resource.py, _break_if_required). A traversal that supersedes this one has hooks
of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Node, NodeStatus, Resource, Verb
from heatconv.convergence.step import Commit, NodeWrite, Step

#: All hooks, in the order in which a resource can reach them.
HOOKS = ('pre-create', 'post-create', 'pre-update', 'post-update', 'pre-delete', 'post-delete')

#: Prefix of a hook that is due.
DUE = '!'

#: The hook before each operation.
BEFORE = {
    Verb.CREATE: 'pre-create',
    Verb.ADOPT: 'pre-create',
    Verb.UPDATE: 'pre-update',
    Verb.DELETE: 'pre-delete',
}
#: The hook after each operation.
AFTER = {
    Verb.CREATE: 'post-create',
    Verb.ADOPT: 'post-create',
    Verb.UPDATE: 'post-update',
    Verb.DELETE: 'post-delete',
}


def of_delete(hooks: Iterable[str]) -> tuple[str, ...]:
    """Return those of the hooks that a cleanup can reach."""
    return tuple(hook for hook in hooks if hook in (BEFORE[Verb.DELETE], AFTER[Verb.DELETE]))


def due(node: Node) -> str | None:
    """Return the hook of a node that is due, without its prefix, or None."""
    return _due(node.hooks)


def _due(hooks: Iterable[str]) -> str | None:
    for hook in hooks:
        if hook.startswith(DUE):
            return hook.removeprefix(DUE)
    return None


def before(node: Node, row: Resource, verb: Verb) -> Step | None:
    """Pause a node instead of beginning an operation, if it has a hook before the operation.

    :return: None if it has no such hook.
    """
    if BEFORE[verb] not in node.hooks:
        return None
    return _paused(node, with_due(node.hooks, BEFORE[verb]), NodeStatus.READY, Commit(), row)


def begun(hooks: tuple[str, ...], verb: Verb) -> tuple[str, ...] | None:
    """Mark the hook after an operation due, in the commit that begins the operation.

    A create also drops the hook before an update: if the create is interrupted, the node finds a
    resource that exists, but this is no update of it.

    :return: the new hooks of the node; None if they do not change.
    """
    remaining = hooks
    if verb in (Verb.CREATE, Verb.ADOPT):
        remaining = tuple(hook for hook in hooks if hook != BEFORE[Verb.UPDATE])
    remaining = with_due(remaining, AFTER[verb])
    return None if remaining == hooks else remaining


def after(
    node: Node | None, was: NodeStatus, commit: Commit, row: Resource, verb: Verb | None = None
) -> Step | None:
    """Pause a node instead of finishing it, if a hook is due.

    :param node: the node as it was when its operation began, or as it is now.
    :param was: its current status.
    :param commit: the commit that would finish the node.
    :param row: the row as that commit saves it.
    :param verb: the operation that the commit finishes; None if it finishes none.
    :return: None if no hook is due.
    """
    if node is None or not node.hooks:
        return None
    hooks = node.hooks if verb is None else with_due(node.hooks, AFTER[verb])
    if _due(hooks) is None:
        return None
    return _paused(node, hooks, was, commit, row, done=verb is not None)


def clear(node: Node, row: Resource, hook: str) -> Step | None:
    """Clear the hook at which a node is paused.

    :return: None if the node is not paused at this hook.
    """
    if node.status != NodeStatus.PAUSED or due(node) != hook:
        return None
    remaining = tuple(name for name in node.hooks if name != DUE + hook)
    write = NodeWrite(node.key, NodeStatus.PAUSED, node.subject, NodeStatus.READY, hooks=remaining)
    commit = Commit(node=write, events=(evolve(event(row), reason=f'Hook {hook} is cleared'),))
    return Step(f'{hook} is cleared', commit, casts=(node.key,))


def with_due(hooks: tuple[str, ...], hook: str) -> tuple[str, ...]:
    """Return the hooks with one of them marked due."""
    return tuple(DUE + name if name == hook else name for name in hooks)


def _paused(
    node: Node,
    hooks: tuple[str, ...],
    was: NodeStatus,
    commit: Commit,
    row: Resource,
    done: bool = False,
) -> Step:
    hook = _due(hooks)
    assert hook is not None
    write = NodeWrite(node.key, was, node.subject, NodeStatus.PAUSED, hooks=hooks, retry=done)
    verb = hook.partition('-')[2].upper()
    reason = f'{verb} paused until Hook {hook} is cleared'
    # The event is saved only if the node is paused: the hook of a node that no longer exists
    # cannot be cleared.
    paused = evolve(commit, node=write, node_events=(evolve(event(row), reason=reason),))
    return Step(f'paused at {hook}', paused)
