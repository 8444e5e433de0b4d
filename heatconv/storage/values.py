"""The values that stores accept and return, besides those of the convergence core."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Event, Resource, Stack
from heatconv.convergence.traversal import Plan
from heatconv.storage.content import EncodedTemplate


@dataclass(frozen=True, slots=True)
class Request:
    """The change of a stack that a request decides on; see `Store.request`.

    :ivar stack: the stack to save.
    :ivar events: the events to add.
    :ivar drops_nodes: delete the nodes of the traversal that is current before the change.
    :ivar retains: set the deletion policy of all rows to ``Retain``, so that the physical
        resources stay when the rows are deleted. The request is refused while any of the rows is
        claimed.
    """

    stack: Stack
    events: tuple[Event, ...] = ()
    drops_nodes: bool = False
    retains: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    """A traversal that has converged in memory, to be saved instead of its plan.

    :ivar plan: its stack is complete, and it adds rows and events, but no nodes.
    :ivar deleted: ids of the rows to delete.
    :ivar writes: the writes of plugins.
    """

    plan: Plan
    deleted: tuple[str, ...] = ()
    writes: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request whose traversal is planned with it; see `Store.request_all`.

    :ivar decide: a pure function from the stack to its change, or None to change nothing.
    :ivar plan: a pure function from the changed stack and its rows to the plan; see
        `Store.prepare`.
    :ivar template: the wished template, to save with the request; None if there is none.
    :ivar at_once: a function from the plan and the rows, all of whose fields are read, to the
        completed traversal; None if it does not converge in memory. None: all do not.
    """

    decide: Callable[[Stack], Request | None]
    plan: Callable[[Stack, Sequence[Resource]], Plan]
    template: EncodedTemplate | None = None
    at_once: Callable[[Plan, Sequence[Resource]], Completed | None] | None = None


@dataclass(frozen=True, slots=True)
class NewStack:
    """A stack to add; see `Store.insert_stacks`.

    :ivar template: its template.
    :ivar stack: the stack with its wish.
    :ivar events: its first events.
    :ivar adopts: one row for each physical resource that it adopts.
    :ivar plan: the traversal of the wish; None if an engine prepares it. The stack is added as the
        plan says, and has no wish then. A plan without nodes is that of a complete stack.
    :ivar writes: the writes of plugins that its resources need, made with it.
    """

    template: EncodedTemplate
    stack: Stack
    events: tuple[Event, ...] = ()
    adopts: Sequence[Resource] = ()
    plan: Plan | None = None
    writes: tuple[Any, ...] = ()

    def created(self, now: float) -> Stack:
        """Return the stack as it is added, with its time of creation."""
        if self.plan is None:
            return evolve(self.stack, created_at=now)
        updated_at = None if self.plan.nodes else now
        return evolve(self.plan.stack, created_at=now, updated_at=updated_at)

    def planned(self, now: float) -> Plan | None:
        """Return the plan as it is added: the rows of a complete stack have a time of update."""
        if self.plan is None or self.plan.nodes:
            return self.plan
        return evolve(self.plan, rows=[evolve(row, updated_at=now) for row in self.plan.rows])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a stack.

    :ivar template_id: id of the stored template, with its environment and files; None for the
        template without resources.
    :ivar resources: by resource name, each resource in the format of Heat's exports.
    """

    id: str
    stack_id: str
    name: str
    template_id: str | None
    resources: Mapping[str, Any]
    created_at: float


#: The kinds of Software.
CONFIG, DEPLOYMENT = 'config', 'deployment'


@dataclass(frozen=True, slots=True)
class Software:
    """A software configuration, or a deployment of one.

    :ivar kind: CONFIG or DEPLOYMENT.
    :ivar content: all other fields, by name.
    :ivar updated_at: time of the last change of the content; None if it never changed.
    """

    id: str
    project_id: str
    kind: str
    content: Mapping[str, Any]
    created_at: float
    updated_at: float | None = None


@dataclass(frozen=True, slots=True)
class SoftwareChange:
    """A change of a software configuration or of a deployment.

    :ivar content: the new content.
    :ivar events: events to save in the same transaction.
    """

    content: Mapping[str, Any]
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A saved event.

    :ivar at: time at which it was saved.
    """

    id: str
    at: float
    event: Event


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one process start to claim rows.

    A lease exists until it is voided. An expired lease that is not voided yet can be renewed.

    :ivar kind: engine or worker.
    :ivar expires_at: time after which any sweep may void the lease.
    :ivar server: the name that messages to this process alone are sent to.
    :ivar queued: length of its queue at the last renewal.
    """

    id: str
    kind: str
    host: str
    pid: int
    started_at: float
    expires_at: float
    server: str = ''
    queued: int = 0
