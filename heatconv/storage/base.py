"""The protocol of a store.

Every method is one transaction. A method that decides takes the decision as a
pure function and may call it again when the database asks for a retry.
Refusals are return values. Any method may raise StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from heatconv.convergence.check import View
from heatconv.convergence.model import Event, Node, NodeKey, OrphanCheck, Resource, Stack
from heatconv.convergence.recovery import DeadClaim
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan


@dataclass(frozen=True, slots=True)
class Request:
    """What a request does to a stack.

    :ivar drops_nodes: the traversal under way loses its nodes.
    :ivar retains: all its resources stay in reality whatever becomes of their rows; it is
        refused while one of them is claimed.
    """

    stack: Stack
    events: tuple[Event, ...] = ()
    drops_nodes: bool = False
    retains: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a stack was at some time.

    :ivar template_id: of its template, environment and files.
    :ivar resources: of each by name: what it was.
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
    """

    id: str
    project_id: str
    kind: str
    content: Mapping[str, Any]
    created_at: float
    updated_at: float | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as kept: with its id and its time."""

    id: str
    at: float
    event: Event


@dataclass(frozen=True, slots=True)
class StackQuery:
    """Which stacks to list, in which order.

    :ivar project_id: None for those of all projects.
    :ivar states: pairs of action and status, of which one must hold, or one of
        the statuses.
    :ivar sort: pairs of a key (name, created_at, updated_at, status) and
        whether it descends.
    :ivar marker: id of the stack after which to begin.
    :ivar owners: ids of stacks; those asked for are resources of one of them.
    :ivar nested: those that are resources of others too.
    """

    project_id: str | None
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    show_deleted: bool = False
    sort: tuple[tuple[str, bool], ...] = (('created_at', True),)
    marker: str | None = None
    limit: int | None = None
    owners: tuple[str, ...] = ()
    nested: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one process start to claim rows.

    :ivar kind: engine or worker.
    :ivar server: the name that messages for this process alone go to.
    :ivar queued: how much it had to do when it last renewed the lease.
    """

    id: str
    kind: str
    host: str
    pid: int
    started_at: float
    expires_at: float
    server: str = ''
    queued: int = 0


class StoreUnavailable(Exception):
    """The store cannot be reached: nothing was changed."""


class CommitUnknown(StoreUnavailable):
    """The connection was lost at the commit: whether it stands is not known."""


class DuplicateRecord(Exception):
    """What was to be made beside a commit is there already: nothing was changed."""


class Store(Protocol):
    """Keeps stacks, templates, resources, graph nodes, events and leases."""

    def session(self) -> AbstractContextManager[None]:
        """Have this thread keep what it reaches the store with, until it leaves."""

    # Templates

    def save_template(self, content: Mapping[str, Any]) -> str:
        """Keep a template and return its id: the hash of its content."""

    def template(self, template_id: str) -> Mapping[str, Any] | None:
        """Return the content of a template."""

    def template_head(self, template_id: str) -> Mapping[str, Any] | None:
        """Return the content of a template without its resources, outputs and files."""

    # Stacks

    def insert_stack(
        self, stack: Stack, events: Sequence[Event], adopts: Sequence[Resource] = ()
    ) -> bool:
        """Add a stack; return False if its project has one of that name.

        :param adopts: rows of what it is to adopt.
        """

    def request(
        self, stack_id: str, decide: Callable[[Stack], Request | None]
    ) -> tuple[Stack, bool] | None:
        """Let a pure function change a stack.

        :return: the stack as it is now and whether it changed; None if there
            is no such stack, or it is deleted.
        """

    def prepare(
        self,
        stack_id: str,
        wish_id: str,
        plan: Callable[[Stack, list[Resource]], Plan],
        size: int = 0,
    ) -> Plan | None:
        """Make a wish the current traversal, in one transaction.

        The nodes of the old traversal are deleted before the rows are read, and of those
        only what a plan is made of: no properties, attributes, reasons and times.

        :param size: how many resources it is about, as far as the caller knows.
        :return: None if the stack wishes something else by now.
        """

    def stack(self, stack_id: str) -> Stack | None:
        """Return a stack, deleted or not."""

    def stack_by_name(self, project_id: str, name: str) -> Stack | None:
        """Return a project's live stack of that name."""

    def stacks(self, query: StackQuery) -> list[Stack]:
        """List stacks."""

    def count_stacks(self, query: StackQuery) -> int:
        """Count stacks, as if there were no marker and no limit."""

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Save a snapshot; its template is kept with it."""

    def snapshots(self, stack_id: str) -> list[Snapshot]:
        """Return the snapshots of a stack, oldest first."""

    def drop_snapshot(self, stack_id: str, snapshot_id: str) -> bool:
        """Forget a snapshot; return whether it was there."""

    def save_software(self, software: Software) -> None:
        """Keep a configuration or a deployment, unless its id is taken."""

    def software(self, project_id: str, kind: str, software_id: str) -> Software | None:
        """Return one of a project, or None."""

    def all_software(self, project_id: str, kind: str) -> list[Software]:
        """Return all of a project, by id."""

    def change_software(
        self,
        project_id: str,
        kind: str,
        software_id: str,
        change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> Software | None:
        """Let a pure function change the content of one; None if it is not there."""

    def drop_software(self, project_id: str, kind: str, software_id: str) -> bool:
        """Forget one; return whether it was there."""

    def resources_with(self, project_id: str, physical_id: str) -> list[Resource]:
        """Return the rows of a project's live stacks that have a physical id, by id.

        It goes through all of the project's rows: a physical id has no index.
        """

    def resources(self, stack_id: str) -> list[Resource]:
        """Return all rows of a stack, by id."""

    def nodes(self, stack_id: str) -> list[Node]:
        """Return all nodes of a stack, by key."""

    def events(
        self, stack_id: str, marker: str | None = None, limit: int | None = None
    ) -> list[StoredEvent]:
        """Return the events of a stack, oldest first, after a marker (an id)."""

    def purge_deleted(self, before: float) -> int:
        """Forget stacks deleted before a time, and what only they used."""

    # Checks

    def views(self, keys: Sequence[NodeKey]) -> list[View]:
        """Return what a check needs to know of each node, in the order asked."""

    def serving(self, keys: Iterable[NodeKey]) -> dict[NodeKey, Resource]:
        """Return the subject of each of these update nodes.

        Of it no more than concerns those that require it: what it is, and how it is
        referred to.
        """

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        """Save each commit whose guards hold, in one transaction.

        :raises DuplicateRecord: if what is to be written beside them is there already; nothing
            is saved then.
        """

    def commit_and_view(
        self, commits: Sequence[Commit], most: int
    ) -> tuple[list[Outcome], Mapping[NodeKey, View]]:
        """Commit, and look at what became ready by it, where that costs no round trip more.

        :param most: how many nodes to look at, at most.
        :return: the views of nodes that became ready; of none, if that is not so.
        """

    def row(self, row_id: str) -> Resource | None:
        """Return one row as it is now."""

    def waiting_on(self, row_ids: Sequence[str]) -> list[NodeKey]:
        """Return the ready nodes whose subject is one of these rows, by key."""

    def paused_on(self, row_id: str) -> list[Node]:
        """Return the paused nodes whose subject is a row, by key."""

    # Leases and the sweep

    def grant_lease(self, lease: Lease) -> None:
        """Add a lease."""

    def renew_lease(self, lease_id: str, expires_at: float, queued: int = 0) -> bool:
        """Prolong a lease; return False if it is void: then it stays so."""

    def void_leases(self, before: float, ids: Sequence[str] = ()) -> list[str]:
        """Remove leases expired before a time, and those named; return their ids."""

    def leases(self) -> list[Lease]:
        """Return all leases, by id."""

    def claims(self) -> dict[str, int]:
        """Count the rows that each lease claims."""

    def dead_claims(self, limit: int) -> list[DeadClaim]:
        """Return rows claimed by a lease that is no more."""

    def unsettled_rows(self, limit: int) -> list[Resource]:
        """Return unclaimed rows in doubt that no node is still to deal with."""

    def lost_nodes(
        self,
        before: float,
        limit: int,
        owned: Callable[[Iterable[str]], set[str]] = set,
        besides: Collection[str] = (),
    ) -> list[NodeKey]:
        """Return ready nodes that nobody touched since a time, and touch them.

        :param owned: picks among ids of stacks those whose nodes are asked for.
        :param besides: traversals whose nodes are not asked for, however many they are.
        """

    def orphan_checks(self, now: float, limit: int) -> list[OrphanCheck]:
        """Return those that are due, by id."""

    def postpone(self, orphan_check: OrphanCheck, due_at: float | None) -> bool:
        """Have it looked at again at another time; forget it if that is None.

        :return: whether it was there.
        """

    def overdue(self, now: float) -> list[str]:
        """Return the ids of stacks under way whose deadline has passed."""

    def lost_wishes(self) -> list[str]:
        """Return the ids of stacks with a wish that is not prepared."""
