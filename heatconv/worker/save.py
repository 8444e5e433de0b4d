"""Commit a step, and only then announce the nodes that it made ready: save before you say."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from heatconv.convergence import roots
from heatconv.convergence.check import View
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Kind, Node, NodeKey, NodeStatus
from heatconv.convergence.step import Commit, Outcome, Step, Verdict
from heatconv.runtime.effects import Cast, CastWish, Effect, LoadReadyNodes, Save, Task, Trace


def save_step(
    step: Step, check: Callable[[NodeKey], Task], view: View | None = None
) -> Generator[Effect, Any, Outcome]:
    """Commit a step and, if the commit stands, send the casts and check the roots made ready.

    :param check: creates the task that checks a node; for a root whose check without a query is
        not possible or is refused.
    :param view: the view that the step was decided on, if known: its node is passed to the store
        for an optimistic commit.
    :return: the outcome of the commit; it stands if there is nothing to commit.
    """
    commit = step.commit
    if commit is None:
        return Outcome(Verdict.STANDS)
    write = commit.node
    if write is not None and write.read is None and view is not None:
        commit = evolve(commit, node=evolve(write, read=view.node))
    outcome: Outcome = yield Save(commit)
    if outcome.verdict == Verdict.REFUSED:
        return outcome
    casts: list[NodeKey] = []
    if outcome.verdict == Verdict.STANDS:
        casts.extend(step.casts)
        casts.extend(key for key in outcome.ready if key.kind != Kind.ROOT)
    woken_row_id = step.wakes
    if outcome.verdict == Verdict.LATE and step.commit.row is not None:
        woken_row_id = step.commit.row.read.id
    if woken_row_id is not None:
        # A new statement after the commit: a traversal prepared in the meantime may have met the
        # claim, and no other message announces its node.
        ready = yield LoadReadyNodes(woken_row_id)
        casts.extend(key for key in ready if key not in casts)
    if casts:
        yield Cast(tuple(casts))
    if outcome.wish is not None:
        yield CastWish(outcome.wish)
    for root in outcome.ready:
        if root.kind == Kind.ROOT:
            yield from _check_root(root, commit, check)
    return outcome


def _check_root(
    root: NodeKey, commit: Commit, check: Callable[[NodeKey], Task]
) -> Generator[Effect, Any, None]:
    """Check a root that a commit made ready; without a query if the commit names the stack."""
    stack_id = commit.root.stack_id if commit.root else None
    if commit.row is not None:
        stack_id = commit.row.read.stack_id
    elif commit.node is not None and commit.node.read is not None:
        stack_id = commit.node.read.stack_id
    if stack_id is not None:
        step = roots.begin(View(Node(root, stack_id, None, NodeStatus.READY, 0)))
        yield Trace(root, step.reason)
        outcome = yield from save_step(step, check)
        if outcome.verdict != Verdict.REFUSED:
            return
    yield from check(root)
