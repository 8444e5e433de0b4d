"""Look regularly for what the dead have left and what messages have lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from oslo_log import log

from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Stack
from heatconv.runtime.effects import Task
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Request, Store
from heatconv.storage.handlers import Announcer
from heatconv.worker.recovery import Recovery

LOG = log.getLogger(__name__)

#: How much one sweep takes up at most: the next one goes on.
LIMIT = 500

#: So many times as many lost nodes: to announce one is cheap, and a worker that died may
#: have known of thousands.
PAGES = 20

#: Every so many looks, one looks after the stacks of all.
EVERYTHING = 5


class Sweep:
    """One look after another; several may look at once.

    :param submit: takes a task, or returns False when there is no room.
    :param owned: says which stacks this process looks after. Now and then it looks after
        all: who should may not.
    :param backlog: names the traversals of which more is waiting here than one round takes.
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

    def run(self, patience: float) -> bool:
        """Look once at everything.

        :param patience: seconds that a ready node may wait before it counts as
            lost.
        :return: whether more nodes may be to be announced: they were as many as may be at
            once, or are of a stack of which much is waiting here.
        """
        now = self._clock.now()
        for lease_id in self._store.void_leases(now):
            LOG.warning('Lease %s has run out: what it claims is taken over', lease_id)
        self._looks += 1
        everything = self._looks % EVERYTHING == 0
        owned = set if everything else self._mine
        recovery = self._recovery()
        dead_claims = self._store.dead_claims(LIMIT)
        stacks = owned(one.row.stack_id for one in dead_claims)
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
        stacks = owned(one.row.stack_id for one in orphan_checks)
        for left in orphan_checks:
            if left.row.stack_id in stacks and not self._submit(recovery.follow_up(left)):
                return False
        for stack_id in sorted(owned(self._store.overdue(now))):
            self._time_out(stack_id, now)
        for stack_id in sorted(owned(self._store.lost_wishes())):
            self._announcer.wish(stack_id)
        # Where much of a stack is waiting here already, the rest of it is most likely not
        # lost; and it must not stand before what other stacks have lost.
        backlog = self._backlog()
        return self._announce_lost(now - patience, owned, backlog) or bool(backlog)

    def go_on(self, patience: float) -> bool:
        """Announce more of what is lost, or was too much to be announced at once.

        For a process that has little to do.

        :return: whether there may be more.
        """
        return self._announce_lost(self._clock.now() - patience, self._mine)

    def _announce_lost(
        self,
        before: float,
        owned: Callable[[Iterable[str]], set[str]],
        besides: Collection[str] = (),
    ) -> bool:
        for _ in range(PAGES):
            nodes = self._store.lost_nodes(before, LIMIT, owned, besides)
            if nodes:
                self._announcer.nodes(nodes)
            if len(nodes) < LIMIT:
                return False
        return True

    def _time_out(self, stack_id: str, now: float) -> None:
        wish_id = self._ids.fresh()

        def decide(stack: Stack) -> Request | None:
            made = stack_rules.time_out(stack, now, wish_id)
            return None if made is None else Request(*made, drops_nodes=True)

        answered = self._store.request(stack_id, decide)
        if answered is not None and answered[1]:
            LOG.info('Stack %s (%s) has timed out', answered[0].name, stack_id)
