"""What the core decides: a Step, and the Commit inside it.

A runtime saves ``Step.commit``, and only if it stands says ``Step.casts`` and
performs ``Step.call``. ``reason`` is for the log and the trace: the core has no
logger.
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
    """What must hold of the stored row for a RowWrite to stand."""

    #: version and suspect as read, and nobody claims it
    UNCLAIMED = 'unclaimed'
    #: the version is mine
    MINE = 'mine'
    #: the version as read, and the claim is the dead lease
    DEAD_CLAIM = 'dead claim'


@dataclass(frozen=True, slots=True)
class RowWrite:
    """Save or remove a row.

    :ivar read: the row as read (or as saved by my begin, for MINE).
    :ivar saved: the row to save, None to remove it.
    """

    guard: RowGuard
    read: Resource
    saved: Resource | None


@dataclass(frozen=True, slots=True)
class NodeWrite:
    """Move a node on.

    The guard: it is there, its status is ``was`` and its subject ``subject``.

    :ivar now: its new status; DONE also lets its successors go on.
    :ivar subject_now: the row it is re-pointed to, None to keep its subject.
    :ivar retry: it goes back to ready since reality is not what was asked for.
    :ivar hooks: its hooks from now on, where they change.
    :ivar read: the node as it was read last, where the runtime knows: a store may then
        write first and look only if that does not hold.
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
    """What a root node does to the stack.

    :ivar ends: the traversal ends; else its template is the last good one.
    """

    stack_id: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """Fail the stack, together with the node part of a commit.

    :ivar stack_id: the stack, to be locked before its nodes.
    :ivar wish_id: the id of the wish to roll back, should it be wanted.
    :ivar at: when, in seconds since the epoch: a rollback has its own time.
    :ivar stops: nothing more of the traversal is done.
    """

    stack_id: str
    reason: str
    wish_id: str
    at: float
    stops: bool = True


@dataclass(frozen=True, slots=True)
class Commit:
    """All that one transaction saves, with its guards.

    The row part guards everything. The node part guards all but the row if
    ``late_stands``, for a worker that finishes an operation of a superseded
    traversal and still must save what is real; else it guards everything too.

    :ivar inserts: rows that a replacement adds, never begun.
    :ivar abandons: id of the row that a re-pointing leaves; it gets a cleanup
        node unless it has one in this traversal.
    :ivar suspects: id of a row to mark suspect, whoever claims it; then the
        commit has no other part.
    :ivar node_events: told only if the node part stands.
    :ivar orphan_check: to be remembered with it.
    :ivar fused: what a plugin was predicted to do is done by this commit.
    :ivar plugin_writes: the same in words of the runtime, which has it written if the row part
        stands; no decision knows what that is.
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
    """What became of a commit."""

    #: everything is saved
    STANDS = 'stands'
    #: the row is saved; the node was not ours any more
    LATE = 'late'
    #: nothing is saved
    REFUSED = 'refused'


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a store answers to a commit.

    :ivar ready: nodes that became ready by it, in key order.
    :ivar wish: id of the stack whose rollback waits to be prepared.
    """

    verdict: Verdict
    ready: tuple[NodeKey, ...] = ()
    wish: str | None = None


REFUSED = Outcome(Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Call:
    """Ask a plugin for one operation.

    :ivar row: the row as claimed: its id is the token.
    :ivar properties: all properties wanted, references resolved.
    :ivar changed: the names of those that differ, for an update.
    """

    verb: Verb
    row: Resource
    properties: Mapping[str, Any]
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One decision.

    :ivar casts: nodes to announce once the commit stands.
    :ivar wakes: id of a row whose waiting nodes are to be looked up and
        announced, in a new statement, once the commit stands.
    :ivar wait: ask the plugin again later.
    """

    reason: str
    commit: Commit | None = None
    call: Call | None = None
    casts: tuple[NodeKey, ...] = ()
    wakes: str | None = None
    wait: bool = False
