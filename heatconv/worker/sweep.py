"""Look regularly for what the dead have left and what messages have lost."""

from __future__ import annotations

from collections.abc import Callable

from oslo_log import log

from heatconv.answers import Announcer
from heatconv.convergence import stack as stack_rules
from heatconv.convergence.model import Stack
from heatconv.effects import Task
from heatconv.ports import Clock, Ids
from heatconv.storage.base import Request, Store
from heatconv.worker.check import Checker

LOG = log.getLogger(__name__)

#: How much one sweep takes up at most: the next one goes on.
LIMIT = 500


class Sweep:
    """One look after another; several may look at once.

    :param submit: takes a task, or returns False when there is no room.
    """

    def __init__(
        self,
        store: Store,
        announcer: Announcer,
        clock: Clock,
        ids: Ids,
        checker: Callable[[], Checker],
        submit: Callable[[Task], bool],
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._ids = ids
        self._checker = checker
        self._submit = submit

    def run(self, patience: float) -> None:
        """Look once at everything.

        :param patience: seconds that a ready node may wait before it counts as
            lost.
        """
        now = self._clock.now()
        for lease_id in self._store.void_leases(now):
            LOG.warning('Lease %s has run out: what it claims is taken over', lease_id)
        checker = self._checker()
        for orphan in self._store.orphans(LIMIT):
            LOG.info('Taking over %s (%s)', orphan.row.name, orphan.row.id)
            if not self._submit(checker.void(orphan)):
                return
        for row in self._store.strays(LIMIT):
            if not self._submit(checker.settle(row)):
                return
        for stack_id in self._store.overdue(now):
            self._time_out(stack_id, now)
        for stack_id in self._store.lost_wishes():
            self._announcer.wish(stack_id)
        nodes = self._store.lost_nodes(now - patience, LIMIT)
        if nodes:
            self._announcer.nodes(nodes)

    def _time_out(self, stack_id: str, now: float) -> None:
        wish_id = self._ids.fresh()

        def decide(stack: Stack) -> Request | None:
            made = stack_rules.time_out(stack, now, wish_id)
            return None if made is None else Request(*made, drops_nodes=True)

        answered = self._store.request(stack_id, decide)
        if answered is not None and answered[1]:
            LOG.info('Stack %s (%s) has timed out', answered[0].name, stack_id)
