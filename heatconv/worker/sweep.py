"""Look regularly for what the dead have left and what messages have lost."""

from __future__ import annotations

from collections.abc import Callable

from oslo_log import log

from heatconv.effects import Task
from heatconv.ports import Clock
from heatconv.storage.base import Store
from heatconv.worker.check import Checker
from heatconv.worker.loop import Announcer

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
        checker: Callable[[], Checker],
        submit: Callable[[Task], bool],
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
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
        for stack_id in self._store.lost_wishes():
            self._announcer.wish(stack_id)
        nodes = self._store.lost_nodes(now - patience, LIMIT)
        if nodes:
            self._announcer.nodes(nodes)
