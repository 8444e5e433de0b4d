"""The protocol of a store, which keeps all persistent state of engines and workers.

All writes of one method are one transaction: all of them stand, or none. A read has no such
guarantee. It may combine rows of different moments, and may be outdated when it is used. So every
write that depends on a read is guarded: `Store.commit` checks the guards of each commit, and
`Store.request`, `Store.prepare` and `Store.change_software` lock the row before they decide.

A method that decides receives the decision as a pure function, and may call it again when the
database demands a retry. Refusals are return values. Any method may raise StoreUnavailable, and a
method that writes may raise CommitUnknown.

Times are in seconds since the epoch. Ids sort by the time of their creation; see
`heatconv.runtime.ports.Ids`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from heatconv.convergence.check import View
from heatconv.convergence.dead_claims import DeadClaim
from heatconv.convergence.model import Event, Node, NodeKey, OrphanCheck, Resource, Stack
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.storage.stack_query import StackQuery
from heatconv.storage.values import (
    Lease,
    NewStack,
    PlannedRequest,
    Request,
    Snapshot,
    Software,
    SoftwareChange,
    StoredEvent,
)


class StoreUnavailable(Exception):
    """The store cannot be reached: nothing was changed, except in the case of CommitUnknown."""


class CommitUnknown(StoreUnavailable):
    """The connection was lost during the commit: it may or may not stand."""


class DuplicateRecord(Exception):
    """A record to be created with a commit exists already: nothing was changed."""


class Store(Protocol):
    """Keeps stacks, templates, resource rows, graph nodes, events, leases and orphan checks.

    It also keeps snapshots, software configurations and software deployments.
    """

    def session(self) -> AbstractContextManager[None]:
        """Return a context in which this thread keeps its connection to the store.

        It is for threads that use the store all the time. The methods work without it as well.
        """

    # Templates

    def save_template(self, content: Mapping[str, Any]) -> str:
        """Save a template with its environment and files, and return its id.

        The id is the hash of the content, so that equal templates are stored once.
        """

    def template(self, template_id: str) -> Mapping[str, Any] | None:
        """Return the content of a template, its keys in order; None if it is not stored."""

    def templates(self, template_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """Return the contents of templates by id; those that are not stored are left out."""

    def template_heads(self, template_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        """Return the heads of templates by id; those that are not stored are left out.

        The head is the content without resources, outputs and unused files; see
        `heatconv.storage.content.head_of`.
        """

    # Stacks

    def insert_stacks(self, added: Sequence[NewStack]) -> list[bool]:
        """Add stacks, each with its template, events, rows and nodes; set the times of creation.

        Each stack is added in one transaction, several of them in the same one if possible.

        :return: for each stack, False if its project has a live stack of that name; then at most
            its template is saved.
        """

    def request(
        self, stack_id: str, decide: Callable[[Stack], Request | None]
    ) -> tuple[Stack, bool] | None:
        """Change a stack by a pure function.

        The store sets the time of the update and, if the delete is complete, that of the deletion.

        :param decide: returns the change of the stack, or None to change nothing.
        :return: the stack as it is now and whether it changed: it does not if ``decide`` returned
            None, or if the change is refused (see `Request.retains`). None if the stack does not
            exist or is deleted.
        """

    def prepare(
        self,
        stack_id: str,
        wish_id: str,
        plan: Callable[[Stack, list[Resource]], Plan],
        size: int = 0,
    ) -> Plan | None:
        """Make a wish the current traversal.

        In one transaction, the store locks the stack, deletes the nodes of the old traversal,
        reads the rows, calls ``plan``, and saves the plan. The rows are read after the nodes are
        deleted: a concurrent commit holds its node locked, so a row that it adds is among them.

        :param plan: a pure function from the stack and its rows, by id, to the plan. The rows have
            only the fields that a plan needs. Reasons, physical ids, properties, attributes, times
            and the links of replacements are left out.
        :param size: number of resources in the wished template, as far as the caller knows: a
            large plan takes long.
        :return: the plan as saved; None if the wish is not current any more, because a newer
            request replaced it or because it was prepared already.
        """

    def request_all(
        self, requests: Mapping[str, PlannedRequest]
    ) -> dict[str, tuple[Stack, Plan | None]]:
        """Change small stacks by pure functions, and make their wishes the current traversals.

        Each stack changes in one transaction, several of them in the same one. It is a `request`
        and a `prepare` together.

        :param requests: by id of the stack.
        :return: for each stack that exists and is not deleted, the stack as it is now, and its
            plan if it changed.
        """

    def small_stacks(self, stack_ids: Collection[str], most: int) -> set[str]:
        """Return those of the given ids whose stacks have at most a number of rows."""

    def stack(self, stack_id: str) -> Stack | None:
        """Return a stack, deleted or not; None if it does not exist."""

    def stack_by_name(self, project_id: str, name: str) -> Stack | None:
        """Return the live stack of that name in a project; None if it does not exist."""

    def stacks_by_id(self, stack_ids: Collection[str]) -> dict[str, Stack]:
        """Return stacks by id, deleted or not; those that do not exist are left out."""

    def stacks_by_name(self, project_id: str, names: Collection[str]) -> dict[str, Stack]:
        """Return live stacks of a project by name; those that do not exist are left out."""

    def stacks(self, query: StackQuery) -> list[Stack]:
        """Return the stacks that match a query, in its order."""

    def count_stacks(self, query: StackQuery) -> int:
        """Return the number of stacks that match a query, as if it had no marker and no limit."""

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Save a snapshot; as long as it exists, its template is not purged."""

    def snapshots(self, stack_id: str) -> list[Snapshot]:
        """Return the snapshots of a stack, oldest first."""

    def drop_snapshot(self, stack_id: str, snapshot_id: str) -> bool:
        """Delete a snapshot of a stack; return whether it existed."""

    def save_software(self, software: Software) -> None:
        """Save a configuration or a deployment; do nothing if its id is taken."""

    def software(self, project_id: str, kind: str, software_id: str) -> Software | None:
        """Return a configuration or a deployment of a project; None if it does not exist."""

    def all_software(self, project_id: str, kind: str) -> list[Software]:
        """Return all configurations or all deployments of a project, by id."""

    def change_software(
        self,
        project_id: str,
        kind: str,
        software_id: str,
        change: Callable[[Mapping[str, Any]], SoftwareChange | None],
    ) -> Software | None:
        """Change the content of a configuration or a deployment by a pure function.

        :param change: returns the change of the current content, or None to change nothing.
        :return: the record as it is now; None if it does not exist.
        """

    def drop_software(
        self, project_id: str, kind: str, software_id: str, events: Sequence[Event] = ()
    ) -> bool:
        """Delete a configuration or a deployment; return whether it existed.

        :param events: events to save in the same transaction, if it existed.
        """

    def resources_with(self, project_id: str, physical_id: str) -> list[Resource]:
        """Return the rows of a project's live stacks with a physical id, by id.

        It scans all rows of the project: physical ids have no index.
        """

    def resources(self, stack_id: str) -> list[Resource]:
        """Return all rows of a stack, by id."""

    def resources_of(self, stack_ids: Collection[str]) -> dict[str, list[Resource]]:
        """Return all rows of stacks, by id of the stack; those of each stack by id."""

    def nodes(self, stack_id: str) -> list[Node]:
        """Return the nodes of the current traversal of a stack, by key."""

    def events(
        self,
        stack_id: str,
        marker: str | None = None,
        limit: int | None = None,
        descending: bool = False,
    ) -> list[StoredEvent]:
        """Return the events of a stack, oldest first.

        :param marker: id of the event after which to begin; None to begin with the first. If no
            event has it, nothing is returned.
        :param limit: largest number of events; None for all.
        :param descending: newest first.
        """

    def purge_deleted(self, before: float) -> int:
        """Purge the stacks that were deleted before a time; return their number.

        Their events and snapshots are purged too, and the templates that no stack and no snapshot
        refers to. A template that was saved since that time may be kept, because its stack may
        be about to be inserted.
        """

    # Checks

    def views(self, keys: Sequence[NodeKey]) -> list[View]:
        """Return the view of each node, in the given order.

        The view of a node that does not exist has no node.
        """

    def serving(self, keys: Iterable[NodeKey]) -> dict[NodeKey, Resource]:
        """Return the subjects of update nodes, by key: the rows that serve their names.

        A key is missing if its node or its row does not exist. The rows have only the fields that
        dependents need: id, stack, name, type, action, status, version, physical id, attributes
        and fingerprint.
        """

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        """Apply commits in order, in one transaction; see `heatconv.convergence.commit`.

        Each commit stands or is refused by itself, and sees the effects of those before it.

        :return: the outcome of each commit, in the given order.
        :raises DuplicateRecord: if a record that one of them creates exists already; none of the
            commits is saved then.
        """

    def commit_and_view(
        self, commits: Sequence[Commit], most: int
    ) -> tuple[list[Outcome], Mapping[NodeKey, View]]:
        """Commit, and read the views of nodes that became ready, if no round trip is added by it.

        :param most: read no views if the commits decrement the blockers of more nodes than this.
        :return: the outcomes as those of `commit`, and views by key. Any view may be missing: all
            of them if they would cost a round trip, and those of nodes whose row is claimed.
        :raises DuplicateRecord: as `commit` does.
        """

    def row(self, row_id: str) -> Resource | None:
        """Return one row as it is now; None if it does not exist."""

    def rows_by_id(self, row_ids: Collection[str]) -> dict[str, Resource]:
        """Return rows as they are now, by id, without those that do not exist."""

    def waiting_on(self, row_ids: Sequence[str]) -> list[NodeKey]:
        """Return the keys of the ready nodes whose subject is one of these rows, sorted."""

    def paused_on(self, row_id: str) -> list[Node]:
        """Return the paused nodes whose subject is a row, by key."""

    # Leases and the sweep

    def grant_lease(self, lease: Lease) -> None:
        """Add a lease, in place of any lease with its id."""

    def renew_lease(self, lease_id: str, expires_at: float, queued: int = 0) -> bool:
        """Extend a lease.

        :param expires_at: the new time of expiry.
        :param queued: length of the queue of the process.
        :return: False if the lease does not exist: it was voided, which is final.
        """

    def void_leases(self, before: float, ids: Sequence[str] = ()) -> list[str]:
        """Delete the leases that expired before a time, and those with the given ids.

        The claims of these leases stay, as dead claims.

        :return: the ids of the deleted leases, sorted.
        """

    def leases(self) -> list[Lease]:
        """Return all leases, by id, including expired ones that are not voided yet."""

    def claims(self) -> dict[str, int]:
        """Return the number of claimed rows by the id of the lease, dead claims included.

        A lease without claims is missing.
        """

    def dead_claims(self, limit: int) -> list[DeadClaim]:
        """Return rows whose claim names a lease that does not exist, by id.

        :param limit: largest number of rows.
        """

    def unsettled_rows(self, limit: int) -> list[Resource]:
        """Return unclaimed, unsettled rows that are the subject of no node, or of DONE nodes only.

        So no check of the current traversal settles them. They are sorted by id.

        :param limit: largest number of rows.
        """

    def lost_nodes(
        self,
        before: float,
        limit: int,
        owned: Callable[[Iterable[str]], set[str]] = set,
        besides: Collection[str] = (),
    ) -> list[NodeKey]:
        """Return ready nodes that were not announced since a time; set their announcement to now.

        A node also counts as announced when it is saved or becomes ready. If there are more nodes
        than the limit, those with the oldest announcement are chosen; with ``besides``, a store
        may choose any.

        :param before: only nodes that were announced before this time are returned.
        :param limit: largest number of nodes, counted before ``owned`` is applied.
        :param owned: returns some of the given stack ids; only the nodes of these stacks are
            returned.
        :param besides: ids of traversals whose nodes are excluded. However many they are, they do
            not count against the limit.
        :return: the keys, sorted.
        """

    def orphan_checks(self, now: float, limit: int) -> list[OrphanCheck]:
        """Return the orphan checks that are due, by id.

        :param limit: largest number of orphan checks.
        """

    def postpone(self, orphan_check: OrphanCheck, due_at: float | None) -> bool:
        """Reschedule an orphan check and count the attempt, or delete it.

        :param due_at: time of the next check; None to delete the orphan check.
        :return: whether it existed; if not, nothing is saved.
        """

    def overdue(self, now: float) -> list[str]:
        """Return the ids of the stacks in progress whose deadline has passed, sorted."""

    def lost_wishes(self) -> list[str]:
        """Return the ids of the stacks with a wish, which is not prepared yet, sorted."""
