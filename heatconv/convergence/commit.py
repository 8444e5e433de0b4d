"""The guards: apply commits to the rows that a store holds locked.

In one transaction, every store locks what `needs` returns, applies the commits in order with
`apply_all`, writes the changed rows, and decrements the blockers of the released nodes. So
the guards are written once, here, and a store has no rules of its own. In a batch, each
commit stands or is refused by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from heatconv.convergence import hooks
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    ALL,
    UPDATES,
    Event,
    Kind,
    Node,
    NodeKey,
    NodeStatus,
    OrphanCheck,
    Resource,
    Stack,
)
from heatconv.convergence.step import (
    REFUSED,
    Commit,
    Failure,
    NodeWrite,
    Outcome,
    RootDone,
    RowGuard,
    RowWrite,
    Verdict,
)


@dataclass
class LockedRows:
    """The rows that one transaction has locked, and the writes that it is to make.

    ``rows``, ``nodes`` and ``stacks`` hold the current state, including the commits applied so
    far; a row that does not exist is missing from them. The other fields tell the store what
    to write at the end of the transaction.

    :ivar read: by id, the rows to overwrite or delete, as they were read: only differences
        from these need to be written. A row to insert is missing.
    :ivar rows_saved: by id, the rows to insert or overwrite; None for a row to delete.
    :ivar nodes_saved: by key, the nodes to insert or overwrite.
    :ivar stacks_saved: by id, the stacks to overwrite.
    :ivar purged: ids of the traversals whose nodes are all to be deleted.
    :ivar events: the events to add.
    :ivar orphan_checks: the orphan checks to schedule.
    :ivar released: for nodes that are not locked: by how much to decrement the blockers. The
        store does that and passes the nodes without blockers to `with_ready_nodes`.
    :ivar released_last: for these nodes: the index of the last commit that decrements them.
    :ivar plugin_writes: the plugin writes of the commits that stand.
    :ivar retained: ids of deleted rows whose physical resource is retained. Their orphan
        checks are deleted too, since they would take the resource for an orphan.
    """

    rows: dict[str, Resource] = field(default_factory=dict)
    nodes: dict[NodeKey, Node] = field(default_factory=dict)
    stacks: dict[str, Stack] = field(default_factory=dict)
    rows_saved: dict[str, Resource | None] = field(default_factory=dict)
    nodes_saved: dict[NodeKey, Node] = field(default_factory=dict)
    stacks_saved: dict[str, Stack] = field(default_factory=dict)
    purged: dict[str, None] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    orphan_checks: list[OrphanCheck] = field(default_factory=list)
    plugin_writes: list[Any] = field(default_factory=list)
    retained: list[str] = field(default_factory=list)
    read: dict[str, Resource] = field(default_factory=dict)
    released: dict[NodeKey, int] = field(default_factory=dict)
    released_last: dict[NodeKey, int] = field(default_factory=dict)

    def save_row(self, row: Resource) -> None:
        """Insert or overwrite a row."""
        self.rows[row.id] = self.rows_saved[row.id] = row

    def drop_row(self, row_id: str) -> None:
        """Delete a row."""
        del self.rows[row_id]
        self.rows_saved[row_id] = None

    def save_node(self, node: Node) -> None:
        """Insert or overwrite a node."""
        self.nodes[node.key] = self.nodes_saved[node.key] = node

    def purge(self, traversal_id: str) -> None:
        """Delete all nodes of a traversal, those that are not locked included."""
        self.purged[traversal_id] = None
        for key in [key for key in self.nodes if key.traversal_id == traversal_id]:
            del self.nodes[key]
            self.nodes_saved.pop(key, None)
        self.released = {
            key: count for key, count in self.released.items() if key.traversal_id != traversal_id
        }


@dataclass(frozen=True, slots=True)
class Needs:
    """The keys that a store must lock for some commits, each tuple sorted."""

    stacks: tuple[str, ...]
    nodes: tuple[NodeKey, ...]
    rows: tuple[str, ...]


def needs(commits: Iterable[Commit]) -> Needs:
    """Return the keys of the stacks, nodes and rows that `apply` reads.

    Successors are not among them: their blockers are decremented without being read.

    Stacks are locked first, because a transaction that changes a stack also deletes its
    nodes; the preparation does the same.
    """
    stacks: set[str] = set()
    nodes: set[NodeKey] = set()
    rows: set[str] = set()
    for commit in commits:
        if commit.row is not None:
            rows.add(commit.row.read.id)
        if commit.suspects is not None:
            rows.add(commit.suspects)
        if commit.failure is not None:
            stacks.add(commit.failure.stack_id)
        if commit.root is not None:
            stacks.add(commit.root.stack_id)
            if commit.node is not None and not commit.root.ends:
                nodes.add(NodeKey(commit.node.key.traversal_id, Kind.ROOT, ALL))
        if commit.node is not None:
            key = commit.node.key
            nodes.add(key)
            if commit.abandons is not None:
                nodes.add(NodeKey(key.traversal_id, Kind.CLEANUP, commit.abandons))
                nodes.add(NodeKey(key.traversal_id, Kind.ROOT, ALL))
            if commit.failure:
                nodes.add(NodeKey(key.traversal_id, Kind.ROOT, UPDATES))
    return Needs(tuple(sorted(stacks)), tuple(sorted(nodes)), tuple(sorted(rows)))


def max_successors(commits: Iterable[Commit]) -> int:
    """Return the largest number of successors that one of the nodes has."""
    reads = (commit.node.read for commit in commits if commit.node is not None)
    return max((len(read.successors) for read in reads if read is not None), default=0)


def optimistic_state(commits: Iterable[Commit]) -> LockedRows | None:
    """Return the state that the commits were decided on, for an optimistic commit.

    :return: the rows and nodes as if nothing had changed since they were read. None if an
        optimistic commit is impossible: a commit reads or writes more than the status of one
        node and its row, two commits concern the same node or row, a row is suspect, or the
        runtime did not provide the node that it read.
    """
    locked = LockedRows()
    for commit in commits:
        write, row = commit.node, commit.row
        if (
            write is None
            or write.read is None
            or write.subject_now is not None
            or write.hooks is not None
            or write.key.kind == Kind.ROOT
            or write.key in locked.nodes
            or commit.inserts
            or commit.abandons is not None
            or commit.failure is not None
            or commit.root is not None
            or commit.orphan_check is not None
        ):
            return None
        node = write.read
        if (node.status, node.subject) != (write.was, write.subject):
            node = evolve(node, status=write.was, subject=write.subject)
        locked.nodes[write.key] = node
        if row is not None:
            if row.guard == RowGuard.DEAD_CLAIM or row.read.suspect or row.read.id in locked.rows:
                return None
            locked.rows[row.read.id] = row.read
    return locked


def apply_all(commits: Iterable[Commit], locked: LockedRows) -> list[Outcome]:
    """Apply commits in order; each stands or is refused by itself."""
    return [apply(commit, locked, index) for index, commit in enumerate(commits)]


def with_ready_nodes(
    outcomes: list[Outcome], locked: LockedRows, unblocked: Collection[NodeKey]
) -> list[Outcome]:
    """Add to the outcomes the nodes that became ready when the store decremented blockers.

    Each node is added to the outcome of the last commit that decremented it.

    :param outcomes: the outcomes of `apply_all`.
    :param unblocked: those of the released nodes that have no blockers any more.
    """
    ready: dict[int, list[NodeKey]] = {}
    for key in unblocked:
        ready.setdefault(locked.released_last[key], []).append(key)
    merged = list(outcomes)
    for index, keys in ready.items():
        merged[index] = evolve(merged[index], ready=tuple(sorted((*merged[index].ready, *keys))))
    return merged


def apply(commit: Commit, locked: LockedRows, turn: int = 0) -> Outcome:
    """Check the guards of a commit and, if they hold, apply it to the locked rows.

    :param locked: changed in place; unchanged if the commit is refused.
    :param turn: index of the commit among those of one transaction.
    :return: the outcome; REFUSED and LATE are ordinary results.
    """
    if commit.suspects is not None:
        return _suspect(commit.suspects, locked)
    if commit.row is not None and not _row_holds(commit.row, locked):
        return REFUSED
    node = None
    if commit.node is not None:
        node = _node_holds(commit.node, locked)
        if node is None and not commit.late_stands:
            return REFUSED
    late = commit.node is not None and node is None
    doubted = _write_row(commit.row, locked) if commit.row is not None else False
    locked.events.extend(commit.events)
    if commit.plugin_writes is not None:
        locked.plugin_writes.append(commit.plugin_writes)
    if commit.orphan_check is not None:
        locked.orphan_checks.append(commit.orphan_check)
    if late:
        return Outcome(Verdict.LATE)
    locked.events.extend(commit.node_events)
    ready: list[NodeKey] = []
    wish = None
    for row in commit.inserts:
        locked.save_row(row)
    if node is not None and commit.node is not None:
        if commit.failure is not None and not commit.failure.stops:
            _find_failed(commit.failure, locked)
            ready = _write_node(commit, commit.node, node, locked, turn)
        elif commit.failure is not None:
            wish = _fail(commit, node, locked)
        elif doubted and commit.node.now == NodeStatus.DONE:
            locked.save_node(evolve(node, status=NodeStatus.READY))
            ready.append(node.key)
        else:
            ready = _write_node(commit, commit.node, node, locked, turn)
        if commit.root is not None:
            _close(commit.root, node, locked)
            ready = [key for key in ready if key in locked.nodes]
    return Outcome(Verdict.STANDS, tuple(sorted(ready)), wish)


def _suspect(row_id: str, locked: LockedRows) -> Outcome:
    """Mark a row suspect, whoever holds its claim."""
    row = locked.rows.get(row_id)
    if row is None:
        return REFUSED
    # The version stays: the holder of the claim must be able to finish. The finish then
    # finds that the row is in doubt.
    locked.read.setdefault(row.id, row)
    locked.save_row(evolve(row, suspect=True))
    return Outcome(Verdict.STANDS)


def _row_holds(write: RowWrite, locked: LockedRows) -> bool:
    """Say whether the guard of the row part holds."""
    row = locked.rows.get(write.read.id)
    if row is None:
        return False
    if row.version != write.read.version:
        return False
    if write.guard == RowGuard.DEAD_CLAIM:
        return row.claim is not None and row.claim == write.read.claim
    if write.guard == RowGuard.UNCLAIMED:
        return row.claim is None and row.suspect == write.read.suspect
    return True


def _node_holds(write: NodeWrite, locked: LockedRows) -> Node | None:
    """Return the node if the guard of the node part holds, else None."""
    node = locked.nodes.get(write.key)
    if node is None or node.status != write.was or node.subject != write.subject:
        return None
    return node


def _write_row(write: RowWrite, locked: LockedRows) -> bool:
    """Save the row part; say whether the row was marked suspect while it was claimed."""
    row = locked.rows[write.read.id]
    locked.read.setdefault(write.read.id, write.read)
    if write.saved is None:
        if row.deletion_policy == 'Retain':
            locked.retained.append(row.id)
        locked.drop_row(row.id)
        return False
    saved = write.saved
    doubted = write.guard == RowGuard.MINE and row.suspect
    if doubted:
        saved = evolve(saved, suspect=True)
    locked.save_row(saved)
    return doubted


def _write_node(
    commit: Commit, write: NodeWrite, node: Node, locked: LockedRows, index: int
) -> list[NodeKey]:
    """Save the node part, and decrement the blockers of its successors if the node is done.

    :param index: index of the commit in its transaction.
    :return: the locked nodes that became ready.
    """
    ready: list[NodeKey] = []
    changed = evolve(
        node,
        status=write.now,
        subject=write.subject_now or node.subject,
        attempts=node.attempts + write.retry,
        hooks=node.hooks if write.hooks is None else write.hooks,
    )
    if commit.abandons is not None:
        changed = _abandon(commit.abandons, changed, locked)
    locked.save_node(changed)
    if write.now == NodeStatus.DONE:
        traversal_id = node.key.traversal_id
        nodes, released, last = locked.nodes, locked.released, locked.released_last
        for kind, name in changed.successors:
            key = NodeKey(traversal_id, kind, name)
            successor = nodes.get(key)
            if successor is None:
                released[key] = released.get(key, 0) + 1
                last[key] = index
                continue
            blockers = successor.blockers - 1
            status = NodeStatus.WAITING if blockers else NodeStatus.READY
            locked.save_node(evolve(successor, blockers=blockers, status=status))
            if not blockers:
                ready.append(key)
    return ready


def _abandon(row_id: str, node: Node, locked: LockedRows) -> Node:
    """Add a cleanup node for the row that a re-pointing abandons, unless it has one.

    :return: the re-pointed node, which the new cleanup node waits for.
    """
    traversal_id = node.key.traversal_id
    key = NodeKey(traversal_id, Kind.CLEANUP, row_id)
    if key in locked.nodes:
        return node
    root = locked.nodes[NodeKey(traversal_id, Kind.ROOT, ALL)]
    locked.save_node(evolve(root, blockers=root.blockers + 1))
    locked.save_node(
        Node(
            key=key,
            stack_id=node.stack_id,
            subject=row_id,
            status=NodeStatus.WAITING,
            blockers=1,
            successors=((Kind.ROOT, ALL),),
            hooks=hooks.of_delete(node.hooks),
        )
    )
    return evolve(node, successors=(*node.successors, (Kind.CLEANUP, row_id)))


def _fail(commit: Commit, node: Node, locked: LockedRows) -> str | None:
    """Fail the stack, save the rollback wish if rollback is enabled, and delete the nodes.

    :return: id of the stack, if it now has a wish.
    """
    assert commit.failure is not None
    stack = locked.stacks[node.stack_id]
    root = locked.nodes.get(NodeKey(node.key.traversal_id, Kind.ROOT, UPDATES))
    # The root is locked (see `needs`), so its blockers are decremented here and not by the
    # store: they are up to date.
    updated = root is None or root.blockers == 0
    failed, events = stack_rules.fail(stack, commit.failure, updated)
    locked.stacks[stack.id] = locked.stacks_saved[stack.id] = failed
    locked.events.extend(events)
    locked.purge(node.key.traversal_id)
    return stack.id if failed.wish_id else None


def _find_failed(failure: Failure, locked: LockedRows) -> None:
    """Fail the stack because of an inspection, which continues with the other resources."""
    stack = locked.stacks[failure.stack_id]
    failed, events = stack_rules.inspection_failed(stack, failure.reason)
    if failed is not stack:
        locked.stacks[stack.id] = locked.stacks_saved[stack.id] = failed
        locked.events.extend(events)


def _close(root: RootDone, node: Node, locked: LockedRows) -> None:
    """Apply a completed root to its stack; delete the nodes if the traversal ends."""
    closed = locked.stacks[node.stack_id]
    ends = root.ends
    if not ends:
        closed = stack_rules.record_last_good(closed)
        # If there is nothing left to clean up, the traversal ends in the same commit.
        last = locked.nodes.get(NodeKey(node.key.traversal_id, Kind.ROOT, ALL))
        ends = last is not None and last.status == NodeStatus.READY
    if ends:
        closed, events = stack_rules.end_traversal(closed)
        locked.events.extend(events)
        locked.purge(node.key.traversal_id)
    stack = closed
    locked.stacks[stack.id] = locked.stacks_saved[stack.id] = closed
