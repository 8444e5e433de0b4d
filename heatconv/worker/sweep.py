"""The sweep: recover periodically from dead workers, lost messages and expired stack actions.

It finds the lost work by queries, and submits recovery tasks or announces nodes and wishes again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from oslo_log import log

from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Stack
from heatconv.runtime.effects import Task
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Store
from heatconv.storage.handlers import Announcer
from heatconv.storage.values import Request
from heatconv.worker.recovery import Recovery

LOG = log.getLogger(__name__)

#: Largest number of rows of each kind that one sweep handles; the next sweep continues.
LIMIT = 500

#: A sweep announces up to this many times as many lost nodes: an announcement is cheap, and a dead
#: worker may have queued thousands.
PAGES = 20

#: Every fifth sweep of a worker covers the stacks of all workers.
EVERYTHING = 5


class Sweep:
    """Recovers the stacks that this worker owns, once for each call of `run`.

    Several workers may sweep concurrently.

    :param recovery: returns the factory of recovery tasks for the current lease.
    :param submit: accepts a task; returns False if there is no room.
    :param owned: returns those of the given stack ids that this worker owns. Now and then a sweep
        covers all stacks, in case their owner does not.
    :param backlog: returns the traversals with more nodes waiting in this worker than fit into one
        round.
    """

    def __init__(
        self,
        store: Store,
        announcer: Announcer,
        clock: Clock,
        ids: Ids,
        recovery: Callable[[], Recovery],
        submit: Callable[[Task], bool],
        owned: Callable[[Iterable[str]], set[str]] = set,
        backlog: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._ids = ids
        self._recovery = recovery
        self._submit = submit
        self._mine = owned
        self._backlog = backlog
        self._looks = 0

    def run(self, lost_after: float) -> bool:
        """Sweep once.

        :param lost_after: seconds after which a ready node counts as lost.
        :return: whether more nodes may have to be announced: the limit was reached, or a traversal
            has a backlog in this worker.
        """
        now = self._clock.now()
        for lease_id in self._store.void_leases(now):
            LOG.warning('Lease %s has expired: its claims are taken over', lease_id)
        self._looks += 1
        everything = self._looks % EVERYTHING == 0
        owned = set if everything else self._mine
        recovery = self._recovery()
        dead_claims = self._store.dead_claims(LIMIT)
        stacks = owned(dead_claim.row.stack_id for dead_claim in dead_claims)
        for dead_claim in dead_claims:
            if dead_claim.row.stack_id not in stacks:
                continue
            LOG.info('Taking over %s (%s)', dead_claim.row.name, dead_claim.row.id)
            if not self._submit(recovery.void(dead_claim)):
                return False
        unsettled_rows = self._store.unsettled_rows(LIMIT)
        stacks = owned(row.stack_id for row in unsettled_rows)
        for row in unsettled_rows:
            if row.stack_id in stacks and not self._submit(recovery.settle(row)):
                return False
        orphan_checks = self._store.orphan_checks(now, LIMIT)
        stacks = owned(orphan_check.row.stack_id for orphan_check in orphan_checks)
        for due_check in orphan_checks:
            if due_check.row.stack_id in stacks and not self._submit(
                recovery.follow_up(due_check)
            ):
                return False
        for stack_id in sorted(owned(self._store.overdue(now))):
            self._time_out(stack_id, now)
        for stack_id in sorted(owned(self._store.lost_wishes())):
            self._announcer.wish(stack_id)
        # Further ready nodes of a traversal with a backlog here are most likely queued, not lost,
        # and they must not delay the lost nodes of other stacks.
        backlog = self._backlog()
        return self._announce_lost(now - lost_after, owned, backlog) or bool(backlog)

    def go_on(self, lost_after: float) -> bool:
        """Announce more lost nodes, for a worker that has little work.

        :param lost_after: seconds after which a ready node counts as lost.
        :return: whether there may be more.
        """
        return self._announce_lost(self._clock.now() - lost_after, self._mine)

    def _announce_lost(
        self,
        before: float,
        owned: Callable[[Iterable[str]], set[str]],
        excluded: Collection[str] = (),
    ) -> bool:
        """Announce lost nodes, page by page.

        :param before: time, in seconds since the epoch: a ready node that was announced before is
            lost.
        :param excluded: ids of traversals whose nodes are not announced.
        :return: whether there may be more.
        """
        for _ in range(PAGES):
            nodes = self._store.lost_nodes(before, LIMIT, owned, excluded)
            if nodes:
                self._announcer.nodes(nodes)
            if len(nodes) < LIMIT:
                return False
        return True

    def _time_out(self, stack_id: str, now: float) -> None:
        """Fail the action of a stack whose deadline has passed."""
        wish_id = self._ids.fresh()

        def decide(stack: Stack) -> Request | None:
            change = stack_rules.time_out(stack, now, wish_id)
            return None if change is None else Request(*change, drops_nodes=True)

        outcome = self._store.request(stack_id, decide)
        if outcome is not None and outcome[1]:
            LOG.info('Stack %s (%s) has timed out', outcome[0].name, stack_id)
