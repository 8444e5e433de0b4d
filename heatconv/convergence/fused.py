"""Begin and finish an operation in one commit, where nothing happens before it stands.

A claim is saved before a plugin acts, since what acts may die. Where what a plugin does is
written by the very commit that tells of it, there is nothing in between: either all of it
was done or none. So no claim is needed, and nobody ever sees the operation under way.
"""

from __future__ import annotations

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Verb
from heatconv.convergence.step import Commit, NodeWrite, RowWrite, Step

#: Those that change something, and make what they change.
VERBS = (Verb.CREATE, Verb.UPDATE, Verb.DELETE)


def fuse(begin: Step, finish: Step) -> Step:
    """Make one step of the begin of an operation and of its finish.

    :param finish: made of what would be observed.
    :return: the begin as it is, if the operation would not be over.
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
    return evolve(finish, reason=f'{finish.reason}, at once', commit=commit)
