"""A worker: its loop, its lease, its sweep, put together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from oslo_log import log

from heatconv.convergence.model import NodeKey
from heatconv.coordination.shares import Shares, SingleMember
from heatconv.resources.registry import Registry
from heatconv.runtime.effects import Task
from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Store, StoreUnavailable
from heatconv.storage.handlers import Announcer
from heatconv.templates.cache import TemplateCache
from heatconv.worker.check import Checker
from heatconv.worker.fair_queue import Inbox
from heatconv.worker.lanes import Lane
from heatconv.worker.lease import LeaseKeeper, beat
from heatconv.worker.loop import Loop
from heatconv.worker.plugin_caller import PluginCaller
from heatconv.worker.sweep import Sweep

LOG = log.getLogger(__name__)

#: How often a sweep that was not enough is gone on with, once this process has little to do.
GO_ON_SECONDS = 0.2
GO_ON_BELOW = 2_000


@dataclass(frozen=True)
class WorkerOptions:
    """How a worker works; times in seconds."""

    threads: int = 16
    capacity: int = 10_000
    queue_size: int = 100_000
    batch_size: int = 100
    poll_interval: float = 1.0
    lease_duration: float = 10.0
    heartbeat_interval: float = 2.0
    action_timeout: float = 4.0
    action_retry_limit: int = 5
    sweep_interval: float = 4.0


class Worker:
    """Checks the nodes it is given until it is stopped.

    :param server: the name that messages for this process alone go to.
    :param shares: says which stacks its sweep looks after; all if None.
    :param in_store: the records of the built-in types are in the database of the store.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        templates: TemplateCache,
        announcer: Announcer,
        clock: Clock,
        ids: Ids,
        options: WorkerOptions | None = None,
        server: str = '',
        shares: Shares | None = None,
        in_store: bool = False,
    ) -> None:
        self.options = options or WorkerOptions()
        self._ids = ids
        self._clock = clock
        self.lease = LeaseKeeper(
            store,
            clock,
            ids,
            self.options.lease_duration,
            server=server,
            queued=lambda: self.queued,
        )
        self._inbox = Inbox(self.options.queue_size)
        self._loop = Loop(
            store,
            templates,
            PluginCaller(registry, self.lease, self.options.action_timeout, in_store),
            announcer,
            clock,
            threads=self.options.threads,
            capacity=self.options.capacity,
            batch_size=self.options.batch_size,
            on_lost=self._lost,
            more=self._next,
            on_view=self._inbox.learn,
        )
        self._sweep = Sweep(
            store,
            announcer,
            clock,
            ids,
            lambda: self._checker().recovery,
            self._loop.submit,
            (shares or SingleMember()).owned,
            lambda: self._inbox.backlog(self.options.batch_size),
        )
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def queued(self) -> int:
        """Return how much there is to do: nodes that wait and tasks under way."""
        return len(self._inbox) + self._loop.live

    @property
    def live(self) -> int:
        """Return how many tasks are under way."""
        return self._loop.live

    def start(self) -> None:
        """Take a lease and start to work, in threads of its own."""
        self.lease.start()
        interval = self.options.heartbeat_interval
        for name, target in (
            ('checks', self._loop.run),
            ('heartbeat', lambda: beat(self.lease, interval, self._stopping)),
            ('sweep', self._sweeps),
        ):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def check(self, keys: Iterable[NodeKey]) -> None:
        """Take nodes to check; what there is no room for is left to the sweep."""
        refused = 0
        for key in keys:
            refused += not self._inbox.put(key)
        if refused:
            LOG.warning('%d nodes are left to the sweep: %d wait already', refused, self.queued)
        self._loop.wake()

    def accept(self, keys: Sequence[NodeKey]) -> bool:
        """Take nodes that became ready here, without a message, if there is time for them.

        What is more than one round takes is shared with others.
        """
        if self._stopping.is_set() or len(keys) + self.queued > self.options.batch_size:
            return False
        self.check(keys)
        return True

    def _next(self, may: Callable[[str], bool]) -> tuple[Lane, Task] | None:
        taken = self._inbox.take(may)
        if taken is None:
            return None
        project_id, key = taken
        return (project_id, key.traversal_id), self._checker().check(key)

    def sweep(self, patience: float | None = None) -> bool:
        """Look once for what is left over; return whether more nodes may be.

        :param patience: seconds that a ready node may wait before it counts as
            lost, if not two sweeps long.
        """
        return self._sweep.run(self._patience if patience is None else patience)

    @property
    def _patience(self) -> float:
        return 2 * self.options.sweep_interval

    def stop(self) -> None:
        """Finish what acts, give the lease back, and stop."""
        self._stopping.set()
        self._loop.stop()
        for thread in self._threads:
            thread.join()
        if self._threads:
            self.lease.release()
        self._threads = []

    def _checker(self) -> Checker:
        return Checker(
            self.lease.id,
            self._ids,
            self._clock,
            self.options.poll_interval,
            self.options.action_retry_limit,
        )

    def _lost(self) -> None:
        # Their claims are freed when the lease runs out: go on with another.
        self.lease.give_up(self.lease.id)

    def _sweeps(self) -> None:
        # At once, too: this may be the restart of what left something behind.
        while True:
            more = self._run_sweep(self.sweep)
            left = self.options.sweep_interval
            while more and left > GO_ON_SECONDS:
                # A stack may have more ready nodes than are announced at once.
                if self._stopping.wait(GO_ON_SECONDS):
                    return
                left -= GO_ON_SECONDS
                if self.queued <= GO_ON_BELOW:
                    more = self._run_sweep(lambda: self._sweep.go_on(self._patience))
            if self._stopping.wait(left):
                return

    def _run_sweep(self, look: Callable[[], bool]) -> bool:
        try:
            return look()
        except StoreUnavailable:
            LOG.debug('The sweep waits for the database')
        except Exception:
            LOG.exception('The sweep cannot look now')
        return False
