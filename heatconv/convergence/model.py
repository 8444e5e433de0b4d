"""The data model of convergence: frozen values for stacks, resources, graph nodes and their parts.

A store loads and saves them; no other component changes them. Every collection whose order is
visible (names, ids, successors) is a tuple, so that results are deterministic.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Action(enum.StrEnum):
    """The action that was begun last on a stack or a resource."""

    INIT = 'INIT'
    CREATE = 'CREATE'
    UPDATE = 'UPDATE'
    DELETE = 'DELETE'
    ROLLBACK = 'ROLLBACK'
    CHECK = 'CHECK'
    SUSPEND = 'SUSPEND'
    RESUME = 'RESUME'
    ADOPT = 'ADOPT'
    RESTORE = 'RESTORE'
    SNAPSHOT = 'SNAPSHOT'
    #: In events only: a resource received a signal.
    SIGNAL = 'SIGNAL'


#: Stack actions that change no resource: each resource is observed, and its row shows the action.
INSPECTIONS = (Action.CHECK, Action.SUSPEND, Action.RESUME, Action.SNAPSHOT)


class Status(enum.StrEnum):
    """The progress of an action."""

    IN_PROGRESS = 'IN_PROGRESS'
    COMPLETE = 'COMPLETE'
    FAILED = 'FAILED'


class Kind(enum.StrEnum):
    """The kind of work that a graph node stands for."""

    UPDATE = 'u'
    CLEANUP = 'c'
    ROOT = 'r'


class NodeStatus(enum.StrEnum):
    """The status of a graph node."""

    WAITING = 'waiting'
    READY = 'ready'
    RUNNING = 'running'
    DONE = 'done'
    #: The node waits at a hook until a user clears it.
    PAUSED = 'paused'


class NodeKey(NamedTuple):
    """The key of a graph node.

    ``name`` is the resource name for an update, the row id for a cleanup, and UPDATES or ALL
    for a root.
    """

    traversal_id: str
    kind: Kind
    name: str


#: The names of the two root nodes that close a traversal.
UPDATES = 'updates'
ALL = 'all'

#: Attribute of a row that is to adopt a resource: the ``resource_data`` of the adopt request.
ADOPTED = 'OS::adopted'

#: A reference to a successor: kind and name of a node in the traversal of its predecessor.
Successor = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Node:
    """One unit of work of a traversal, and the sync point before it.

    :ivar subject: id of the row that the node works on; None for a root. A re-pointing
        changes it.
    :ivar blockers: number of predecessors that are not done.
    :ivar successors: the nodes that wait for this one; its completion decrements their
        blockers.
    :ivar attempts: how many times the node went back to ready because the observation
        differed from the desired state; see also `NodeWrite.retry`.
    :ivar definition: for an update: the serialized resource definition. Only the runtime
        reads it.
    :ivar hooks: the hooks of the resource name that are not cleared yet; see
        `heatconv.convergence.hooks`.
    """

    key: NodeKey
    stack_id: str
    subject: str | None
    status: NodeStatus
    blockers: int
    successors: tuple[Successor, ...] = ()
    attempts: int = 0
    definition: str | None = None
    hooks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """The row of one resource incarnation.

    The id is also the token by which plugins find the physical resource, so that the result
    of an interrupted create is found instead of created twice.

    :ivar version: the fencing version; every write of the row increments it, except setting
        ``suspect``.
    :ivar claim: id of the lease of the worker that operates on the row; None if unclaimed.
    :ivar suspect: a worker without the claim may have acted on the physical resource.
    :ivar physical_id: id of the physical resource. In a row that was never begun: id of the
        existing resource to adopt.
    :ivar properties: as requested by the create, and as observed since then; None before the
        first operation.
    :ivar requires: ids of the rows that this row depends on; both the old and the new ones
        while an operation is in progress or has failed.
    :ivar fingerprint: of the state in which the last check left the row, everything that it
        requires included; empty if that state is not certain.
    :ivar declared_type: the type as its template declares it, if the environment maps that to
        another type; else empty.
    :ivar tainted: the next update replaces the resource: a user marked it unhealthy, or an update
        of it failed.
    :ivar external: the resource exists independently of the stack, which never changes it.
    :ivar frozen: a digest of the parts of its definition, besides the properties, whose change is
        an update: metadata, explicit dependencies and policies; None if it is not known.
    """

    id: str
    stack_id: str
    name: str
    type: str
    action: Action = Action.INIT
    status: Status = Status.COMPLETE
    reason: str = ''
    version: int = 0
    claim: str | None = None
    suspect: bool = False
    template_id: str | None = None
    physical_id: str | None = None
    properties: Mapping[str, Any] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    deletion_policy: str = 'Delete'
    replaces: str | None = None
    replaced_by: str | None = None
    created_at: float = 0.0
    updated_at: float | None = None
    fingerprint: str = ''
    declared_type: str = ''
    tainted: bool = False
    external: bool = False
    frozen: str | None = None

    @property
    def shown_type(self) -> str:
        """Return the type that users see: as the template declares it."""
        return self.declared_type or self.type

    @property
    def token(self) -> str:
        """Return the token with which a plugin marks and finds the physical resource."""
        return self.id

    @property
    def reference_id(self) -> str:
        """Return the value of ``get_resource`` for this resource."""
        return self.physical_id or self.name


@dataclass(frozen=True, slots=True)
class Stack:
    """The row of a stack.

    A request is a *wish* until an engine has prepared its traversal: ``wish_id`` is set,
    ``wish_template_id`` is the template of the wish, and action and status already show the
    request. ``template_id`` is the template of the current traversal. A template id of None
    stands for the template without resources.

    :ivar gives_up: operations of older traversals that are in progress are not waited for,
        because the stack was cancelled, timed out or is rolled back.
    :ivar request_id: id of the latest request, for logs only.
    :ivar owner_id: for a nested stack: id of the stack in which it is the resource
        ``owner_resource``; None for any other stack.
    """

    id: str
    project_id: str
    name: str
    action: Action = Action.CREATE
    status: Status = Status.IN_PROGRESS
    reason: str = ''
    version: int = 0
    traversal_id: str | None = None
    template_id: str | None = None
    previous_template_id: str | None = None
    last_good_id: str | None = None
    wish_id: str | None = None
    wish_template_id: str | None = None
    disable_rollback: bool = False
    gives_up: bool = False
    timeout_mins: int | None = None
    deadline: float | None = None
    tags: tuple[str, ...] = ()
    username: str = ''
    request_id: str = ''
    created_at: float = 0.0
    updated_at: float | None = None
    deleted_at: float | None = None
    owner_id: str | None = None
    owner_resource: str | None = None

    @property
    def newest_template_id(self) -> str | None:
        """Return the template id of the latest request, prepared or not."""
        return self.wish_template_id if self.wish_id else self.template_id


@dataclass(frozen=True, slots=True)
class Definition:
    """The part of a resource definition that the graph of a traversal depends on.

    :ivar requires: names of the resources that the definition refers to, in a fixed order.
    :ivar fingerprint: a digest of the whole definition; empty if its check is never skipped.
    :ivar declared_type: see `Resource`.
    """

    name: str
    type: str
    requires: tuple[str, ...] = ()
    deletion_policy: str = 'Delete'
    fingerprint: str = ''
    declared_type: str = ''


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The desired state of the resource of an update node, all references resolved.

    :ivar requires: ids of the rows that serve the names that the definition refers to.
    :ivar replace_on_change: names of the properties that cannot change in place.
    :ivar fingerprint: a digest of the definition and of everything that it requires.
    :ivar restricted: operations that the environment forbids: ``update``, ``replace``.
    :ivar repairs_failed_create: a failed create is repaired by an update, not replaced.
    :ivar replaces_failed_update: a resource whose update failed is replaced by the next one.
    :ivar always_updates: every check requests an update, even of an unchanged resource; and an
        update repairs a resource that an inspection failed. For nested stacks, whose resources
        decide by themselves.
    :ivar external_id: physical id of a resource that exists independently of the stack; the
        stack never changes it.
    :ivar declared_type: see `Resource`; likewise ``frozen``.
    """

    type: str
    properties: Mapping[str, Any]
    template_id: str | None
    requires: tuple[str, ...] = ()
    deletion_policy: str = 'Delete'
    replace_on_change: frozenset[str] = frozenset()
    fingerprint: str = ''
    restricted: tuple[str, ...] = ()
    repairs_failed_create: bool = False
    replaces_failed_update: bool = False
    always_updates: bool = False
    external_id: str | None = None
    declared_type: str = ''
    frozen: str | None = None


@dataclass(frozen=True, slots=True)
class OrphanCheck:
    """A scheduled check for what the former holder of a voided claim may still do.

    A worker whose lease expired may be about to act. If it acts and dies for good before its
    compensation, no other worker knows of the effect.

    :ivar row: the row at the time when its claim was voided.
    :ivar due_at: time of the next check, in seconds since the epoch.
    :ivar attempts: number of checks so far.
    """

    id: str
    row: Resource
    due_at: float
    attempts: int = 0


class Reality(enum.StrEnum):
    """The condition of the physical resource that a plugin found by its token.

    UNKNOWN: the plugin temporarily could not act or observe; the same call is retried.
    """

    ABSENT = 'absent'
    PENDING = 'pending'
    READY = 'ready'
    FAILED = 'failed'
    UNKNOWN = 'unknown'


@dataclass(frozen=True, slots=True)
class Observation:
    """The answer of a plugin about the reality of one resource.

    :ivar properties: the real properties; None if the plugin cannot determine them.
    :ivar retry_after: if UNKNOWN or PENDING: seconds after which another call makes sense;
        None if the plugin cannot say.
    :ivar yields: if PENDING: the resource accepts another operation nevertheless. If PENDING or
        FAILED: others than its stack may have caused it.
    """

    reality: Reality
    physical_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] | None = None
    reason: str = ''
    retry_after: float | None = None
    yields: bool = False


class Verb(enum.StrEnum):
    """An operation that a worker requests from a plugin."""

    CREATE = 'create'
    UPDATE = 'update'
    DELETE = 'delete'
    OBSERVE = 'observe'
    #: Observe a create or an update in progress, and begin its next part if it has several.
    PROCEED = 'proceed'
    #: Make the existing resource with the physical id of the row the resource of the row.
    ADOPT = 'adopt'
    #: Begin what the action of the stack does to the resource, and observe it.
    SUSPEND = 'suspend'
    RESUME = 'resume'


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the event list that a user can read.

    :ivar resource_name: None for an event of the stack itself.
    """

    stack_id: str
    resource_name: str | None
    resource_type: str
    physical_id: str | None
    action: Action
    status: Status
    reason: str = ''
