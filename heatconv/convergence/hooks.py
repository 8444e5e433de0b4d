"""Pause a resource where its environment asks for it, until a user clears the hook.

A node carries the hooks of its name. One that it has come to is *due*: written with `DUE`
before it, in the commit that pauses the node or begins the operation that it follows, so
that it is reached once whoever goes on. Clearing it is a signal, as in Heat
(heat/engine/resource.py, _break_if_required). A traversal that takes the place of this one
comes to its own hooks.
"""

from __future__ import annotations

from collections.abc import Iterable

from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Node, NodeStatus, Resource, Verb
from heatconv.convergence.step import Commit, NodeWrite, Step

#: The hooks that there are, in the order in which a resource can come to them.
HOOKS = ('pre-create', 'post-create', 'pre-update', 'post-update', 'pre-delete', 'post-delete')

#: Stands before a hook that is due.
DUE = '!'

BEFORE = {
    Verb.CREATE: 'pre-create',
    Verb.ADOPT: 'pre-create',
    Verb.UPDATE: 'pre-update',
    Verb.DELETE: 'pre-delete',
}
AFTER = {
    Verb.CREATE: 'post-create',
    Verb.ADOPT: 'post-create',
    Verb.UPDATE: 'post-update',
    Verb.DELETE: 'post-delete',
}


def of_delete(hooks: Iterable[str]) -> tuple[str, ...]:
    """Pick the hooks that a cleanup can come to."""
    return tuple(one for one in hooks if one in (BEFORE[Verb.DELETE], AFTER[Verb.DELETE]))


def due(node: Node) -> str | None:
    """Return the hook that a node has come to, or None."""
    return _due(node.hooks)


def _due(hooks: Iterable[str]) -> str | None:
    for one in hooks:
        if one.startswith(DUE):
            return one.removeprefix(DUE)
    return None


def before(node: Node, row: Resource, verb: Verb) -> Step | None:
    """Pause before an operation begins, if a hook asks for it."""
    if BEFORE[verb] not in node.hooks:
        return None
    return _paused(node, with_due(node.hooks, BEFORE[verb]), NodeStatus.READY, Commit(), row)


def owing(hooks: tuple[str, ...], verb: Verb) -> tuple[str, ...] | None:
    """Return the hooks of a node whose operation begins: the one after it is due with it.

    :return: None if they are what they were.
    """
    return with_due(hooks, AFTER[verb]) if AFTER[verb] in hooks else None


def after(
    node: Node | None, was: NodeStatus, commit: Commit, row: Resource, verb: Verb | None = None
) -> Step | None:
    """Pause a node instead of finishing it, if a hook is due.

    :param node: as it was when its operation began, or as it is now.
    :param commit: what finishes it.
    :param row: as that commit leaves it.
    :param verb: the operation that it finishes.
    """
    if node is None or not node.hooks:
        return None
    hooks = node.hooks if verb is None else with_due(node.hooks, AFTER[verb])
    if _due(hooks) is None:
        return None
    return _paused(node, hooks, was, commit, row)


def clear(node: Node, row: Resource, hook: str) -> Step | None:
    """Clear the hook that a paused node has come to; None if it has come to no such hook."""
    if node.status != NodeStatus.PAUSED or due(node) != hook:
        return None
    left = tuple(one for one in node.hooks if one != DUE + hook)
    write = NodeWrite(node.key, NodeStatus.PAUSED, node.subject, NodeStatus.READY, hooks=left)
    commit = Commit(node=write, events=(evolve(event(row), reason=f'Hook {hook} is cleared'),))
    return Step(f'{hook} is cleared', commit, casts=(node.key,))


def with_due(hooks: tuple[str, ...], hook: str) -> tuple[str, ...]:
    """Return hooks of which one is due."""
    return tuple(DUE + one if one == hook else one for one in hooks)


def _paused(
    node: Node, hooks: tuple[str, ...], was: NodeStatus, commit: Commit, row: Resource
) -> Step:
    hook = _due(hooks)
    assert hook is not None
    write = NodeWrite(node.key, was, node.subject, NodeStatus.PAUSED, hooks=hooks)
    verb = hook.partition('-')[2].upper()
    reason = f'{verb} paused until Hook {hook} is cleared'
    # Told only if the node is paused: nobody could clear the hook of one that is gone.
    made = evolve(commit, node=write, node_events=(evolve(event(row), reason=reason),))
    return Step(f'paused at {hook}', made)
