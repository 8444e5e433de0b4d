"""The decisions of the core: a Step, and the Commit inside it.

A runtime saves ``Step.commit``. Only if the commit stands, it sends ``Step.casts`` and
performs ``Step.call``. ``Step.reason`` is for the log and the trace: the core has no logger.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.convergence.model import (
    Event,
    Node,
    NodeKey,
    NodeStatus,
    OrphanCheck,
    Resource,
    Verb,
)


class RowGuard(enum.StrEnum):
    """The condition on the stored row under which a RowWrite stands."""

    #: Version and suspect are as read, and the row is unclaimed.
    UNCLAIMED = 'unclaimed'
    #: The version is the one that the holder of the claim saved last.
    MINE = 'mine'
    #: The version is as read, and the claim is that of the dead lease.
    DEAD_CLAIM = 'dead claim'


@dataclass(frozen=True, slots=True)
class RowWrite:
    """Save or delete a row.

    :ivar read: the row as read; for MINE, the row as the holder of the claim saved it.
    :ivar saved: the row to save; None to delete it.
    """

    guard: RowGuard
    read: Resource
    saved: Resource | None


@dataclass(frozen=True, slots=True)
class NodeWrite:
    """Change the status or the subject of a node.

    Its guard: the node exists, with the status ``was`` and the subject ``subject``.

    :ivar now: the new status; DONE also decrements the blockers of its successors.
    :ivar subject_now: id of the row to re-point the node to; None to keep its subject.
    :ivar retry: count an attempt: the node goes back to ready because the observation differs from
        the desired state, it begins to create a nested stack, or it pauses after an operation.
    :ivar hooks: the new hooks; None to keep them.
    :ivar read: the node as last read, if the runtime knows it: a store may then try an
        optimistic commit, and read the node only if that fails.
    """

    key: NodeKey
    was: NodeStatus
    subject: str | None
    now: NodeStatus
    subject_now: str | None = None
    retry: bool = False
    hooks: tuple[str, ...] | None = None
    read: Node | None = None


@dataclass(frozen=True, slots=True)
class RootDone:
    """The effect of a completed root node on its stack.

    :ivar ends: True: the traversal ends. False: all updates are done, so that the template
        of the traversal becomes the last good one.
    """

    stack_id: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """Fail the stack, together with the node part of a commit.

    :ivar stack_id: id of the stack, which is locked before its nodes.
    :ivar wish_id: id for the rollback wish, if there is to be a rollback.
    :ivar at: time of the failure in seconds since the epoch: the timeout of a rollback
        starts then.
    :ivar stops: the failure ends the traversal: its nodes are deleted. False for an
        inspection, which continues with the other resources.
    """

    stack_id: str
    reason: str
    wish_id: str
    at: float
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Commit:
    """Everything that one transaction saves, with its guards.

    If the guard of the row part fails, nothing is saved. If only the guard of the node part
    fails, ``late_stands`` decides. False: nothing is saved. True: the row part is saved, with
    ``events``, ``orphan_check`` and ``plugin_writes``. This is for a worker that finishes an
    operation of a superseded traversal and must still save what is real.

    :ivar inserts: rows that a replacement adds, never begun.
    :ivar abandons: id of the row that a re-pointing abandons; it gets a cleanup node unless
        it has one in this traversal.
    :ivar suspects: id of a row to mark suspect, whoever holds its claim; the commit then has
        no other part.
    :ivar node_events: events that are saved only if the node part stands.
    :ivar orphan_check: an orphan check to schedule.
    :ivar fused: this commit carries out the operation that a plugin predicted.
    :ivar plugin_writes: the writes of that operation, saved if the row part stands. Their
        form is private to the runtime; no decision depends on it.
    """

    row: RowWrite | None = None
    node: NodeWrite | None = None
    late_stands: bool = False
    inserts: tuple[Resource, ...] = ()
    abandons: str | None = None
    root: RootDone | None = None
    failure: Failure | None = None
    suspects: str | None = None
    events: tuple[Event, ...] = ()
    node_events: tuple[Event, ...] = ()
    orphan_check: OrphanCheck | None = None
    fused: bool = False
    plugin_writes: Any = None


class Verdict(enum.StrEnum):
    """The result of a commit."""

    #: Everything is saved.
    STANDS = 'stands'
    #: The row is saved; the guard of the node failed.
    LATE = 'late'
    #: Nothing is saved.
    REFUSED = 'refused'


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of a store to a commit.

    :ivar ready: the nodes that this commit made ready, in key order.
    :ivar wish: id of a stack whose rollback wish waits to be prepared; None if there is
        none.
    """

    verdict: Verdict
    ready: tuple[NodeKey, ...] = ()
    wish: str | None = None


REFUSED = Outcome(Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a plugin for one operation.

    :ivar row: the row as claimed; its id is the token.
    :ivar properties: all desired properties, references resolved; those of the row if the
        operation has no desired state.
    :ivar changed: for an update: the names of the properties that differ.
    :ivar operation: for SUSPEND and RESUME: id of the traversal. Ids of later traversals of the
        stack are greater.
    """

    verb: Verb
    row: Resource
    properties: Mapping[str, Any]
    changed: tuple[str, ...] = ()
    operation: str = ''


@dataclass(frozen=True, slots=True)
class Step:
    """One decision.

    :ivar reason: why, for the log and the trace.
    :ivar casts: nodes to announce once the commit stands.
    :ivar wakes: id of a row. Once the commit stands, its ready nodes are read in a new
        statement and announced.
    :ivar wait: the plugin is polled again later.
    """

    reason: str
    commit: Commit | None = None
    call: Call | None = None
    casts: tuple[NodeKey, ...] = ()
    wakes: str | None = None
    wait: bool = False
