"""What a running task asks of its runtime.

A task, the check of a node or the preparation of a wish, is a generator that
yields these and is sent the answers. So the same task runs in a daemon, which
answers many at once and commits them together, and in a simulator, which
answers one at a time, in any order, or never.
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
    """Answer with the View of a node."""

    key: NodeKey


@dataclass(frozen=True, slots=True)
class LoadStack:
    """Answer with a stack, or None."""

    stack_id: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """Make this wish the current traversal; answer with the Plan, or None.

    :ivar size: how many resources it is about: a large plan takes its time.
    """

    stack_id: str
    wish_id: str
    plan: Callable[[Stack, list[Resource]], Plan]
    size: int = 0


@dataclass(frozen=True, slots=True)
class Serving:
    """Answer with the rows that these update nodes ended on, by key."""

    keys: tuple[NodeKey, ...]


@dataclass(frozen=True, slots=True)
class CompileTemplate:
    """Answer with a compiled template."""

    template_id: str | None


@dataclass(frozen=True, slots=True)
class LoadHooks:
    """Answer with what gives the hooks of a resource by its name, or None if there are none."""

    template_id: str | None


@dataclass(frozen=True, slots=True)
class CompileDefinition:
    """Answer with the compiled definition of a resource, made of what its node brings."""

    template_id: str | None
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class Save:
    """Commit, and answer with the Outcome."""

    commit: Commit


@dataclass(frozen=True, slots=True)
class Reload:
    """Answer with a row as it is now, or None."""

    row_id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Answer with the ready nodes whose subject is this row."""

    row_id: str


@dataclass(frozen=True, slots=True)
class CallPlugin:
    """Do what the call says and answer with an Observation.

    The answer is None when the lease has not time enough left: nothing was
    done and nothing more may be. That does not hold for a call that makes up
    for one that came too late: it removes what belongs to no row.

    :ivar request_id: of the request that it is done for.
    """

    call: Call
    project_id: str
    stack_name: str
    compensates: bool = False
    request_id: str = ''


@dataclass(frozen=True, slots=True)
class Predict:
    """Answer with what would be observed if a call were carried out, or None.

    Nothing is done. Of a type whose reality is in the store: the next commit does it, if it
    is one that is `fused`. None where the type is another one, or where it would not be
    over at once.
    """

    call: Call
    project_id: str
    stack_name: str
    request_id: str = ''
    compensates: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """Answer after some seconds."""

    seconds: float


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
    """Do an orphan check again at another time; forget it if that is None.

    Answer whether it was there.
    """

    orphan_check: OrphanCheck
    due_at: float | None


@dataclass(frozen=True, slots=True)
class Trace:
    """Tell why; for logs and traces only."""

    subject: NodeKey | Resource | Stack
    reason: str


Effect = (
    Load
    | LoadStack
    | Prepare
    | Serving
    | CompileTemplate
    | CompileDefinition
    | LoadHooks
    | Save
    | Reload
    | Waiting
    | CallPlugin
    | Predict
    | Sleep
    | Cast
    | CastWish
    | Postpone
    | Trace
)

Task = Generator[Effect, Any, None]
