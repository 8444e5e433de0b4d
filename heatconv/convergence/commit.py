"""Apply commits to the rows that a store holds locked: the guards.

Every store does the same in one transaction: lock what `needs` names, `apply_all` the
commits in turn, write what changed, count down what was released. So the guards are
written once, here, and a store has no rules of its own. In a batch each commit stands by
itself.
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
    """The rows that one transaction has locked, and what it will write.

    The first three map to the rows as they are now, applied commits included;
    a row that is not there is missing from them. The rest tells the store what
    to write at the end.

    :ivar read: what rows to overwrite or to delete were read as: only what differs from that
        is to be written. A row to insert is missing from it.
    :ivar rows_saved: rows to insert or overwrite, or None to delete.
    :ivar nodes_saved: the same for nodes.
    :ivar stacks_saved: stacks to overwrite.
    :ivar purged: traversals whose nodes are to be deleted, all of them.
    :ivar released: nodes, not among those locked, with how many blockers each loses. The
        store counts down and says in `announced` who is ready.
    :ivar released_last: the number of the last commit that takes a blocker from each.
    :ivar plugin_writes: what is to be written with commits that stand.
    :ivar retained: rows that go while their resource stays: their orphan checks go too, or
        they would take it for something left over.
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
        self.rows[row.id] = self.rows_saved[row.id] = row

    def drop_row(self, row_id: str) -> None:
        del self.rows[row_id]
        self.rows_saved[row_id] = None

    def save_node(self, node: Node) -> None:
        self.nodes[node.key] = self.nodes_saved[node.key] = node

    def purge(self, traversal_id: str) -> None:
        self.purged[traversal_id] = None
        for key in [key for key in self.nodes if key.traversal_id == traversal_id]:
            del self.nodes[key]
            self.nodes_saved.pop(key, None)
        self.released = {
            key: count for key, count in self.released.items() if key.traversal_id != traversal_id
        }


@dataclass(frozen=True, slots=True)
class Needs:
    """What a store must lock for some commits, each list in key order."""

    stacks: tuple[str, ...]
    nodes: tuple[NodeKey, ...]
    rows: tuple[str, ...]


def needs(commits: Iterable[Commit]) -> Needs:
    """Name the rows that `apply` will look at.

    Successors are not among them: their counters are moved without being read.

    Stacks come first in the order of locking: whoever changes a stack also
    removes its nodes, as the preparation does.
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


def widest(commits: Iterable[Commit]) -> int:
    """Return how many nodes wait for the one that most wait for."""
    reads = (commit.node.read for commit in commits if commit.node is not None)
    return max((len(read.successors) for read in reads if read is not None), default=0)


def as_read(commits: Iterable[Commit]) -> LockedRows | None:
    """Hold what commits were decided on, as if nothing had changed since.

    :return: None where that does not do: where they look at more than one node and its row
        each, or where the runtime has not told what it read.
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
    """Apply commits in turn; each stands by itself."""
    return [apply(commit, locked, turn) for turn, commit in enumerate(commits)]


def announced(
    outcomes: list[Outcome], locked: LockedRows, unblocked: Collection[NodeKey]
) -> list[Outcome]:
    """Tell which commits made nodes ready, once the store has counted down.

    :param unblocked: of the nodes released, those without blockers now.
    """
    ready: dict[int, list[NodeKey]] = {}
    for key in unblocked:
        ready.setdefault(locked.released_last[key], []).append(key)
    told = list(outcomes)
    for turn, keys in ready.items():
        told[turn] = evolve(told[turn], ready=tuple(sorted((*told[turn].ready, *keys))))
    return told


def apply(commit: Commit, locked: LockedRows, turn: int = 0) -> Outcome:
    """Check every guard of a commit and, if they hold, do what it says.

    :param locked: changed in place; untouched when the commit is refused.
    :param turn: its number among those of one transaction.
    :return: an outcome; refusal and lateness are ordinary.
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
    row = locked.rows.get(row_id)
    if row is None:
        return REFUSED
    # The version stays: whoever holds the claim must be able to finish, and to
    # see then that the row is in doubt.
    locked.read.setdefault(row.id, row)
    locked.save_row(evolve(row, suspect=True))
    return Outcome(Verdict.STANDS)


def _row_holds(write: RowWrite, locked: LockedRows) -> bool:
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
    node = locked.nodes.get(write.key)
    if node is None or node.status != write.was or node.subject != write.subject:
        return None
    return node


def _write_row(write: RowWrite, locked: LockedRows) -> bool:
    """Save the row part; say whether it was marked suspect meanwhile."""
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
    commit: Commit, write: NodeWrite, node: Node, locked: LockedRows, turn: int
) -> list[NodeKey]:
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
                last[key] = turn
                continue
            blockers = successor.blockers - 1
            status = NodeStatus.WAITING if blockers else NodeStatus.READY
            locked.save_node(evolve(successor, blockers=blockers, status=status))
            if not blockers:
                ready.append(key)
    return ready


def _abandon(row_id: str, node: Node, locked: LockedRows) -> Node:
    """Give the row that a re-pointing leaves a cleanup node, if it has none."""
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
    """Fail the stack, wish for a rollback where that is on, drop the nodes."""
    assert commit.failure is not None
    stack = locked.stacks[node.stack_id]
    root = locked.nodes.get(NodeKey(node.key.traversal_id, Kind.ROOT, UPDATES))
    # It is held, so it is counted down here and not by the store.
    updated = root is None or root.blockers == 0
    failed, events = stack_rules.fail(stack, commit.failure, updated)
    locked.stacks[stack.id] = locked.stacks_saved[stack.id] = failed
    locked.events.extend(events)
    locked.purge(node.key.traversal_id)
    return stack.id if failed.wish_id else None


def _find_failed(failure: Failure, locked: LockedRows) -> None:
    stack = locked.stacks[failure.stack_id]
    failed, events = stack_rules.found_failed(stack, failure.reason)
    if failed is not stack:
        locked.stacks[stack.id] = locked.stacks_saved[stack.id] = failed
        locked.events.extend(events)


def _close(root: RootDone, node: Node, locked: LockedRows) -> None:
    closed = locked.stacks[node.stack_id]
    ends = root.ends
    if not ends:
        closed = stack_rules.template_is_good(closed)
        # Where there was nothing to clean up, that was all.
        last = locked.nodes.get(NodeKey(node.key.traversal_id, Kind.ROOT, ALL))
        ends = last is not None and last.status == NodeStatus.READY
    if ends:
        closed, events = stack_rules.traversal_ends(closed)
        locked.events.extend(events)
        locked.purge(node.key.traversal_id)
    stack = closed
    locked.stacks[stack.id] = locked.stacks_saved[stack.id] = closed
