"""The worker as a service: its queue, loop, lease and sweep, and the threads that run them."""

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

#: Seconds after which an incomplete sweep is continued.
GO_ON_SECONDS = 0.2

#: It is continued only while the queue is not longer than this.
GO_ON_BELOW = 2_000


@dataclass(frozen=True)
class WorkerOptions:
    """Options of a worker, as in `heatconv.conf.worker`; times in seconds."""

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

    :param server: name of the RPC server of this process; messages to it reach no other process.
    :param shares: assigns the stacks that this worker sweeps; None to sweep all of them.
    :param in_store: whether the records of the built-in types are in the database of the store.
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
        """Acquire a lease and start the threads."""
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
        """Queue nodes to check; those that the queue has no room for are left to the sweep."""
        refused = 0
        for key in keys:
            refused += not self._inbox.put(key)
        if refused:
            LOG.warning('%d nodes are left to the sweep: %d are queued', refused, self.queued)
        self._loop.wake()

    def accept(self, keys: Sequence[NodeKey], near: bool = False) -> bool:
        """Queue nodes that became ready in this process, if they fit into one round.

        :param near: queue them as long as half of the queue is free.
        :return: whether they are queued. If not, a message announces them, so that other workers
            share the work.
        """
        room = self.options.queue_size // 2 if near else self.options.batch_size
        if self._stopping.is_set() or len(keys) + self.queued > room:
            return False
        self.check(keys)
        return True

    def _next(self, may: Callable[[str], bool]) -> tuple[Lane, Task] | None:
        """Return the next task to begin, with its lane; None if there is none.

        :param may: says whether a traversal may begin a task.
        """
        item = self._inbox.take(may)
        if item is None:
            return None
        project_id, key = item
        return (project_id, key.traversal_id), self._checker().check(key)

    def sweep(self, lost_after: float | None = None) -> bool:
        """Sweep once; return whether more lost nodes may exist.

        :param lost_after: seconds after which a ready node counts as lost; two sweep intervals if
            None.
        """
        return self._sweep.run(self._lost_after if lost_after is None else lost_after)

    @property
    def _lost_after(self) -> float:
        """Return the seconds after which a ready node counts as lost: two sweep intervals."""
        return 2 * self.options.sweep_interval

    def stop(self) -> None:
        """Finish the tasks that do not sleep, release the lease, and stop the threads."""
        self._stopping.set()
        self._loop.stop()
        for thread in self._threads:
            thread.join()
        if self._threads:
            self.lease.release()
        self._threads = []

    def _checker(self) -> Checker:
        """Return a factory of tasks for the current lease."""
        return Checker(
            self.lease.id,
            self._ids,
            self._clock,
            self.options.poll_interval,
            self.options.action_retry_limit,
        )

    def _lost(self) -> None:
        # Dropped tasks have left claims, and only the end of the lease frees these.
        self.lease.give_up(self.lease.id)

    def _sweeps(self) -> None:
        # The first sweep is immediate: this process may be the restart of one that died.
        while True:
            more = self._run_sweep(self.sweep)
            remaining = self.options.sweep_interval
            while more and remaining > GO_ON_SECONDS:
                # A stack may have more ready nodes than one sweep announces.
                if self._stopping.wait(GO_ON_SECONDS):
                    return
                remaining -= GO_ON_SECONDS
                if self.queued <= GO_ON_BELOW:
                    more = self._run_sweep(lambda: self._sweep.go_on(self._lost_after))
            if self._stopping.wait(remaining):
                return

    def _run_sweep(self, sweep: Callable[[], bool]) -> bool:
        """Sweep; return whether more lost nodes may exist, and False after a failure."""
        try:
            return sweep()
        except StoreUnavailable:
            LOG.debug('The sweep waits for the database')
        except Exception:
            LOG.exception('The sweep has failed')
        return False
