"""Refusal of operations: the node fails, and nothing else changes."""

from __future__ import annotations

from heatconv.convergence import reasons
from heatconv.convergence.events import event
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Action, Node, NodeStatus, Resource, Status
from heatconv.convergence.step import Commit, Failure, NodeWrite, Step

#: The reason when a template changes what cannot change, in Heat's wording.
UNSUPPORTED = 'Update to property {} of {} ({}) is not supported.'


def restricted(operation: str) -> tuple[str, str]:
    """Return class and message of the error for an operation that the environment forbids.

    In Heat's wording (heat/common/exception.py).
    """
    return 'ResourceActionRestricted', f'{operation} is restricted for resource.'


def forbid(node: Node, row: Resource, error: str, reason: str, wish_id: str, now: float) -> Step:
    """Fail a node whose operation is forbidden.

    The resource and its row stay unchanged; an event reports the failure.

    :param error: Heat's class of the error.
    """
    of_row = reasons.of_resource(row.name, f'{error}: {reason}')
    failed = evolve(row, action=Action.UPDATE, status=Status.FAILED, reason=reason)
    commit = Commit(
        node=NodeWrite(node.key, NodeStatus.READY, node.subject, NodeStatus.DONE),
        failure=Failure(node.stack_id, reasons.of_stack(Action.UPDATE, of_row), wish_id, now),
        events=(event(failed),),
    )
    return Step('refused: ' + reason, commit)
