"""The worker: its loop, lease and sweep as one service."""

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

#: How often an incomplete sweep is continued, and the queue length below which it is.
GO_ON_SECONDS = 0.2
GO_ON_BELOW = 2_000


@dataclass(frozen=True)
class WorkerOptions:
    """Options of a worker; times in seconds."""

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
    """Checks the nodes that it receives until it is stopped.

    :param server: the name that messages to this process alone are sent to.
    :param shares: says which stacks its sweep owns; all if None.
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
        """Return the length of the queue: waiting nodes and tasks in progress."""
        return len(self._inbox) + self._loop.live

    @property
    def live(self) -> int:
        """Return the number of tasks in progress."""
        return self._loop.live

    def start(self) -> None:
        """Take a lease and start the threads."""
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
        """Queue nodes to check; nodes without room are left to the sweep."""
        refused = 0
        for key in keys:
            refused += not self._inbox.put(key)
        if refused:
            LOG.warning('%d nodes are left to the sweep: %d wait already', refused, self.queued)
        self._loop.wake()

    def accept(self, keys: Sequence[NodeKey]) -> bool:
        """Accept nodes that became ready here, without a message, if they fit into one round.

        More nodes are shared with other workers.
        """
        if self._stopping.is_set() or len(keys) + self.queued > self.options.batch_size:
            return False
        self.check(keys)
        return True

    def _next(self, may: Callable[[str], bool]) -> tuple[Lane, Task] | None:
        item = self._inbox.take(may)
        if item is None:
            return None
        project_id, key = item
        return (project_id, key.traversal_id), self._checker().check(key)

    def sweep(self, patience: float | None = None) -> bool:
        """Sweep once; return whether more ready nodes may wait.

        :param patience: seconds after which a ready node counts as lost; two sweep intervals if
            None.
        """
        return self._sweep.run(self._patience if patience is None else patience)

    @property
    def _patience(self) -> float:
        return 2 * self.options.sweep_interval

    def stop(self) -> None:
        """Finish acting tasks, release the lease, and stop."""
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
        # Their claims are freed when the lease expires: take another one.
        self.lease.give_up(self.lease.id)

    def _sweeps(self) -> None:
        # Also at the start: this process may be the restart of one that died.
        while True:
            more = self._run_sweep(self.sweep)
            remaining = self.options.sweep_interval
            while more and remaining > GO_ON_SECONDS:
                # A stack may have more ready nodes than one sweep announces.
                if self._stopping.wait(GO_ON_SECONDS):
                    return
                remaining -= GO_ON_SECONDS
                if self.queued <= GO_ON_BELOW:
                    more = self._run_sweep(lambda: self._sweep.go_on(self._patience))
            if self._stopping.wait(remaining):
                return

    def _run_sweep(self, look: Callable[[], bool]) -> bool:
        try:
            return look()
        except StoreUnavailable:
            LOG.debug('The sweep waits for the database')
        except Exception:
            LOG.exception('The sweep cannot look now')
        return False
