"""The protocol of a store.

Every method is one transaction. A method that decides receives the decision as a pure function,
and may call it again when the database demands a retry. Refusals are return values. Any method may
raise StoreUnavailable.
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
    """The change of a stack by a request.

    :ivar drops_nodes: delete the nodes of the current traversal.
    :ivar retains: keep all physical resources when their rows are deleted; refused while one of
        the rows is claimed.
    """

    stack: Stack
    events: tuple[Event, ...] = ()
    drops_nodes: bool = False
    retains: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a stack.

    :ivar template_id: id of its template, environment and files.
    :ivar resources: the exported resources, by name.
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
    """A saved event with its id and its time."""

    id: str
    at: float
    event: Event


@dataclass(frozen=True, slots=True)
class StackQuery:
    """A query for stacks.

    :ivar project_id: None for all projects.
    :ivar states: pairs of action and status; a stack must match one of them, or one of the
        statuses.
    :ivar sort: pairs of a key (name, created_at, updated_at, status) and whether it descends.
    :ivar marker: id of the stack after which to begin.
    :ivar owners: ids of stacks; only their nested stacks are returned.
    :ivar nested: whether to include nested stacks.
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


class StoreUnavailable(Exception):
    """The store cannot be reached: nothing was changed."""


class CommitUnknown(StoreUnavailable):
    """The connection was lost during the commit: it may or may not stand."""


class DuplicateRecord(Exception):
    """A record to be created with a commit exists already: nothing was changed."""


class Store(Protocol):
    """Keeps stacks, templates, resources, graph nodes, events and leases."""

    def session(self) -> AbstractContextManager[None]:
        """Let this thread keep its connection to the store while the context lasts."""

    # Templates

    def save_template(self, content: Mapping[str, Any]) -> str:
        """Save a template and return its id: the hash of its content."""

    def template(self, template_id: str) -> Mapping[str, Any] | None:
        """Return the content of a template."""

    def template_head(self, template_id: str) -> Mapping[str, Any] | None:
        """Return the content of a template without its resources, outputs and files."""

    # Stacks

    def insert_stack(
        self, stack: Stack, events: Sequence[Event], adopts: Sequence[Resource] = ()
    ) -> bool:
        """Add a stack; return False if its project has one of that name.

        :param adopts: rows of the resources that it adopts.
        """

    def request(
        self, stack_id: str, decide: Callable[[Stack], Request | None]
    ) -> tuple[Stack, bool] | None:
        """Change a stack by a pure function.

        :return: the stack as it is now and whether it changed; None if the stack does not exist or
            is deleted.
        """

    def prepare(
        self,
        stack_id: str,
        wish_id: str,
        plan: Callable[[Stack, list[Resource]], Plan],
        size: int = 0,
    ) -> Plan | None:
        """Make a wish the current traversal.

        The nodes of the old traversal are deleted before the rows are read. The rows have only
        what a plan needs: no properties, attributes, reasons and times.

        :param size: number of resources, as far as the caller knows.
        :return: None if the wish is not current any more.
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
        """Delete a snapshot; return whether it existed."""

    def save_software(self, software: Software) -> None:
        """Save a configuration or a deployment, unless its id is taken."""

    def software(self, project_id: str, kind: str, software_id: str) -> Software | None:
        """Return a configuration or a deployment of a project, or None."""

    def all_software(self, project_id: str, kind: str) -> list[Software]:
        """Return all configurations or deployments of a project, by id."""

    def change_software(
        self,
        project_id: str,
        kind: str,
        software_id: str,
        change: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> Software | None:
        """Change the content of a configuration or a deployment by a pure function; return None if
        it does not exist.
        """

    def drop_software(self, project_id: str, kind: str, software_id: str) -> bool:
        """Delete a configuration or a deployment; return whether it existed."""

    def resources_with(self, project_id: str, physical_id: str) -> list[Resource]:
        """Return the rows of a project's live stacks with a physical id, by id.

        It scans all rows of the project: physical ids have no index.
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
        """Purge stacks deleted before a time, and everything that only they used."""

    # Checks

    def views(self, keys: Sequence[NodeKey]) -> list[View]:
        """Return the view of each node, in the given order."""

    def serving(self, keys: Iterable[NodeKey]) -> dict[NodeKey, Resource]:
        """Return the subject of each of these update nodes.

        The rows have only what dependents need: identity, state, physical id, attributes and
        fingerprint.
        """

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        """Save each commit whose guards hold, in one transaction.

        :raises DuplicateRecord: if a record to be created exists already; nothing is saved then.
        """

    def commit_and_view(
        self, commits: Sequence[Commit], most: int
    ) -> tuple[list[Outcome], Mapping[NodeKey, View]]:
        """Commit, and read the views of nodes that became ready, if that costs no further round
        trip.

        :param most: largest number of nodes to read.
        :return: the outcomes, and the views; no views if they would cost a round trip.
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
        """Extend a lease; return False if it is void, which is final."""

    def void_leases(self, before: float, ids: Sequence[str] = ()) -> list[str]:
        """Delete leases that expired before a time, and those with given ids; return their ids."""

    def leases(self) -> list[Lease]:
        """Return all leases, by id."""

    def claims(self) -> dict[str, int]:
        """Return the number of rows that each lease claims."""

    def dead_claims(self, limit: int) -> list[DeadClaim]:
        """Return rows whose claim names a lease that does not exist."""

    def unsettled_rows(self, limit: int) -> list[Resource]:
        """Return unclaimed unsettled rows that have no open node."""

    def lost_nodes(
        self,
        before: float,
        limit: int,
        owned: Callable[[Iterable[str]], set[str]] = set,
        besides: Collection[str] = (),
    ) -> list[NodeKey]:
        """Return ready nodes that were not announced since a time, and record their announcement.

        :param owned: picks from ids of stacks; only their nodes are returned.
        :param besides: traversals whose nodes are left out, however many they are.
        """

    def orphan_checks(self, now: float, limit: int) -> list[OrphanCheck]:
        """Return the orphan checks that are due, by id."""

    def postpone(self, orphan_check: OrphanCheck, due_at: float | None) -> bool:
        """Reschedule an orphan check; delete it if the time is None.

        :return: whether it existed.
        """

    def overdue(self, now: float) -> list[str]:
        """Return the ids of stacks in progress whose deadline has passed."""

    def lost_wishes(self) -> list[str]:
        """Return the ids of stacks with a wish that is not prepared."""
