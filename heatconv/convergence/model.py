"""The rows that convergence decides about, as frozen values.

A store loads and saves them; nobody else changes them. Everything that shows
in an order (names, ids, successors) is a tuple.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Action(enum.StrEnum):
    """What was last begun on a stack or a resource."""

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
    #: in events only: somebody told a resource something
    SIGNAL = 'SIGNAL'


#: Actions on a stack that change none of its resources: each is looked at, and says so.
INSPECTIONS = (Action.CHECK, Action.SUSPEND, Action.RESUME)


class Status(enum.StrEnum):
    """How far the action has got."""

    IN_PROGRESS = 'IN_PROGRESS'
    COMPLETE = 'COMPLETE'
    FAILED = 'FAILED'


class Kind(enum.StrEnum):
    """What a graph node is for."""

    UPDATE = 'u'
    CLEANUP = 'c'
    ROOT = 'r'


class NodeStatus(enum.StrEnum):
    """Where a graph node stands."""

    WAITING = 'waiting'
    READY = 'ready'
    RUNNING = 'running'
    DONE = 'done'
    #: at a hook, until a user clears it
    PAUSED = 'paused'


class NodeKey(NamedTuple):
    """Name a graph node.

    ``name`` is the resource name for an update, the id of the row for a
    cleanup, and UPDATES or ALL for a root.
    """

    traversal_id: str
    kind: Kind
    name: str


#: Names of the two root nodes that close a traversal.
UPDATES = 'updates'
ALL = 'all'

#: The attribute of a row that is to adopt something: what was handed over with it.
ADOPTED = 'OS::adopted'

#: A node as its predecessors name it: kind and name, the traversal is theirs.
Successor = tuple[Kind, str]


@dataclass(frozen=True, slots=True)
class Node:
    """One piece of work of a traversal, and the sync point before it.

    :ivar subject: id of the row it works on; None for a root. A re-pointing
        changes it.
    :ivar blockers: how many predecessors are not done.
    :ivar successors: whom to tell when this node is done.
    :ivar attempts: how often it went back to ready since reality was not what
        was asked for.
    :ivar definition: of an update: the resource definition, in words that only the
        runtime reads.
    :ivar hooks: those of its name that it has not been cleared of; see
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

    Its id is also the token that plugins find the physical resource by, so
    that an interrupted create is found again instead of repeated.

    :ivar version: the fencing token; every write of the row raises it, but for
        the mark ``suspect``.
    :ivar claim: the lease of the worker that operates on it.
    :ivar suspect: somebody without the claim acted on the physical resource.
    :ivar physical_id: of a row that is not created yet: of what it is to adopt.
    :ivar properties: as asked for at the create and as observed since; None
        before the first operation.
    :ivar requires: ids of the rows it depends on; the old and the new ones
        while an operation is under way or has failed.
    :ivar fingerprint: of what its last check made it, all it requires included; empty
        where that is not certain.
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

    @property
    def token(self) -> str:
        """Return what a plugin marks and finds the physical resource by."""
        return self.id

    @property
    def reference_id(self) -> str:
        """Return what ``get_resource`` gives to those that refer to it."""
        return self.physical_id or self.name


@dataclass(frozen=True, slots=True)
class Stack:
    """The row of a stack.

    A request is a *wish* until an engine has prepared its traversal:
    ``wish_id`` is set, ``wish_template_id`` is where it wants to go, and action
    and status already show it. ``template_id`` is where the current traversal
    goes. A template id of None stands for the template without resources.

    :ivar gives_up: what older traversals have under way is not waited for, since it
        was cancelled, came too late, or is to be rolled back.
    :ivar request_id: of the latest request, for logs only.
    :ivar owner_id: of the stack that it is a resource of, by the name ``owner_resource``;
        None for most.
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
        """Return the template of the latest request, prepared or not."""
        return self.wish_template_id if self.wish_id else self.template_id


@dataclass(frozen=True, slots=True)
class Definition:
    """A resource definition as far as the graph of a traversal cares.

    :ivar requires: names of the resources it refers to, in a fixed order.
    :ivar fingerprint: a digest of all it says; empty if its checks are never spared.
    """

    name: str
    type: str
    requires: tuple[str, ...] = ()
    deletion_policy: str = 'Delete'
    fingerprint: str = ''


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What an update node wants its resource to be, all references resolved.

    :ivar requires: ids of the rows that serve what the definition refers to.
    :ivar replace_on_change: properties that cannot change in place.
    :ivar fingerprint: of the definition and all it requires.
    :ivar restricted: what may not be done to it: ``update``, ``replace``.
    :ivar mends: what could not be created is mended by an update.
    :ivar external_id: of what is there without the stack, which never changes it.
    """

    type: str
    properties: Mapping[str, Any]
    template_id: str | None
    requires: tuple[str, ...] = ()
    deletion_policy: str = 'Delete'
    replace_on_change: frozenset[str] = frozenset()
    fingerprint: str = ''
    restricted: tuple[str, ...] = ()
    mends: bool = False
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrphanCheck:
    """What the holder of a void claim may still do, to be looked for later.

    It may have been about to act when it was taken for dead, and die for good before it
    makes up for that: then nobody else knows of it.

    :ivar row: as it was when the claim was voided.
    :ivar due_at: when to look, in seconds since the epoch.
    :ivar attempts: how often somebody has looked.
    """

    id: str
    row: Resource
    due_at: float
    attempts: int = 0


class Reality(enum.StrEnum):
    """What a plugin found when it looked for a token.

    UNKNOWN: it could not act or look just now; it is asked the same again.
    """

    ABSENT = 'absent'
    PENDING = 'pending'
    READY = 'ready'
    FAILED = 'failed'
    UNKNOWN = 'unknown'


@dataclass(frozen=True, slots=True)
class Observation:
    """What is real about one resource.

    :ivar properties: as they really are; None if the plugin cannot tell.
    :ivar retry_after: of what is UNKNOWN or PENDING: seconds until it makes sense to ask
        again; None if the plugin cannot tell.
    :ivar yields: of what is PENDING: it takes another operation all the same.
    """

    reality: Reality
    physical_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] | None = None
    reason: str = ''
    retry_after: float | None = None
    yields: bool = False


class Verb(enum.StrEnum):
    """What a worker asks of a plugin."""

    CREATE = 'create'
    UPDATE = 'update'
    DELETE = 'delete'
    OBSERVE = 'observe'
    #: make what is there by its physical id the row's own
    ADOPT = 'adopt'


@dataclass(frozen=True, slots=True)
class Event:
    """Something a user wants to read about later.

    :ivar resource_name: None for an event of the stack itself.
    """

    stack_id: str
    resource_name: str | None
    resource_type: str
    physical_id: str | None
    action: Action
    status: Status
    reason: str = ''
