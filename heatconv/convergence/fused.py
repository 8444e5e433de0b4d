"""Fused commit: begin and finish an operation in one commit.

An ordinary claim is saved before a plugin acts, because the worker may die during the
operation. If the commit that saves the result also makes the writes of the plugin, there is no
such interval: either all of it happens, or nothing. So no claim is needed, and no operation is
ever visible in progress.
"""

from __future__ import annotations

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Verb
from heatconv.convergence.step import Commit, NodeWrite, RowWrite, Step

#: The operations that can be fused: they change reality, and only what the stack itself makes.
VERBS = (Verb.CREATE, Verb.UPDATE, Verb.DELETE)


def fuse(begin: Step, finish: Step) -> Step:
    """Combine the begin and the finish of an operation into one step.

    :param begin: the step that claims the row.
    :param finish: the step that would follow the predicted observation.
    :return: ``begin`` itself if the operation would still be in progress.
    """
    first, second = begin.commit, finish.commit
    if first is None or second is None or finish.wait:
        return begin
    assert first.row is not None and first.node is not None
    assert second.row is not None and second.node is not None
    node = NodeWrite(
        first.node.key,
        first.node.was,
        first.node.subject,
        second.node.now,
        retry=second.node.retry,
        hooks=first.node.hooks if second.node.hooks is None else second.node.hooks,
        read=first.node.read,
    )
    commit = Commit(
        row=RowWrite(first.row.guard, first.row.read, second.row.saved),
        node=node,
        failure=second.failure,
        events=(*first.events, *second.events),
        node_events=(*first.node_events, *second.node_events),
        fused=True,
    )
    return evolve(finish, reason=f'{finish.reason}, in one commit', commit=commit)
