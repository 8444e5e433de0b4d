"""Check of a root node: the completion of all updates, or of all nodes, of a traversal."""

from __future__ import annotations

from heatconv.convergence.check import View
from heatconv.convergence.model import ALL, NodeStatus
from heatconv.convergence.step import Commit, NodeWrite, RootDone, Step


def begin(view: View) -> Step:
    """Mark a root node done, and close the updates of its traversal or the whole traversal."""
    node = view.node
    if node is None or node.status != NodeStatus.READY:
        return Step('nothing to do: the node is not ready')
    ends = node.key.name == ALL
    commit = Commit(
        node=NodeWrite(node.key, NodeStatus.READY, None, NodeStatus.DONE),
        root=RootDone(node.stack_id, ends),
    )
    return Step('the traversal ends' if ends else 'all updates are done', commit)
