"""Effects: the requests that a task makes to its runtime.

A task is a generator, for instance the check of a node or the preparation of a wish. It yields
effects, and the runtime sends it the answers. So the same task runs in a daemon, which answers
the effects of many tasks together and commits them in one transaction, and in a simulator,
which answers one effect at a time, in any order, or never.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from heatconv.convergence.model import NodeKey, OrphanCheck, Resource, Stack
from heatconv.convergence.step import Call, Commit
from heatconv.convergence.traversal import Plan


@dataclass(frozen=True, slots=True)
class Load:
    """Read what a check of a node needs; the answer is its View."""

    key: NodeKey


@dataclass(frozen=True, slots=True)
class LoadStack:
    """Read a stack; the answer is the stack, or None if it does not exist."""

    stack_id: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """Turn a wish into the current traversal.

    The answer is the Plan, or None if the stack does not have this wish any more.

    :ivar plan: computes the plan from the stack and its rows, as read in the transaction.
    :ivar size: number of resources in the wished template: a large plan takes long.
    """

    stack_id: str
    wish_id: str
    plan: Callable[[Stack, list[Resource]], Plan]
    size: int = 0


@dataclass(frozen=True, slots=True)
class LoadServingRows:
    """Read the rows on which update nodes ended; the answer maps the keys to the rows."""

    keys: tuple[NodeKey, ...]


@dataclass(frozen=True, slots=True)
class CompileTemplate:
    """Compile a template; the answer is the compiled template."""

    template_id: str | None


@dataclass(frozen=True, slots=True)
class LoadHooks:
    """Read the hooks of a template.

    The answer is a function from a resource name to its hooks, or None if there are no hooks.
    """

    template_id: str | None


@dataclass(frozen=True, slots=True)
class CompileDefinition:
    """Compile a resource definition from its source; the answer is the compiled definition.

    :ivar source: the serialized definition that the node carries.
    """

    template_id: str | None
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Save:
    """Save a commit; the answer is its Outcome."""

    commit: Commit


@dataclass(frozen=True, slots=True)
class LoadRow:
    """Read a row again; the answer is the row, or None if it was deleted."""

    row_id: str


@dataclass(frozen=True, slots=True)
class LoadReadyNodes:
    """Read the ready nodes whose subject is a row; the answer is their keys."""

    row_id: str


@dataclass(frozen=True, slots=True)
class CallPlugin:
    """Perform a plugin call; the answer is an Observation.

    The answer is None if the lease does not last long enough: nothing was done, and the task
    may do nothing more.

    :ivar compensates: perform the call whatever the lease: it deletes what belongs to no row,
        or only observes.
    :ivar request_id: id of the request for which the call is made.
    """

    call: Call
    project_id: str
    stack_name: str
    compensates: bool = False
    request_id: str = ''


@dataclass(frozen=True, slots=True)
class Predict:
    """Predict a plugin call; the answer is the Observation that would follow, or None.

    The call itself is not performed. The reality of a type that predicts is in the store: the
    next commit of the task makes the predicted writes, if the commit is `fused`. The answer is
    None if the type does not predict, or if the operation would not finish immediately.
    """

    call: Call
    project_id: str
    stack_name: str
    request_id: str = ''
    compensates: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for some seconds, or less; the answer is None.

    :ivar awaited: id of a stack. The wait may end early when the stack ends an action.
    """

    seconds: float
    awaited: str = ''


@dataclass(frozen=True, slots=True)
class Cast:
    """Announce nodes to the workers."""

    keys: tuple[NodeKey, ...]


@dataclass(frozen=True, slots=True)
class CastWish:
    """Announce to the engines that a stack has a wish."""

    stack_id: str


@dataclass(frozen=True, slots=True)
class Postpone:
    """Postpone an orphan check, or delete it; the answer says whether it existed.

    :ivar due_at: time of the next check in seconds since the epoch; None to delete it.
    """

    orphan_check: OrphanCheck
    due_at: float | None


@dataclass(frozen=True, slots=True)
class Trace:
    """Report the reason of a decision, for logs and traces only."""

    subject: NodeKey | Resource | Stack
    reason: str


Effect = (
    Load
    | LoadStack
    | Prepare
    | LoadServingRows
    | CompileTemplate
    | CompileDefinition
    | LoadHooks
    | Save
    | LoadRow
    | LoadReadyNodes
    | CallPlugin
    | Predict
    | Sleep
    | Cast
    | CastWish
    | Postpone
    | Trace
)

Task = Generator[Effect, Any, None]
