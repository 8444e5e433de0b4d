"""The lease of this process: acquire, renew, replace and release it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable

from oslo_log import log

from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Store, StoreUnavailable
from heatconv.storage.values import Lease

LOG = log.getLogger(__name__)


class LeaseKeeper:
    """Keeps one lease valid, and replaces it when it is void or given up. Safe for threads.

    A lease that was once too short for a plugin call is never renewed again: the task that stopped
    for that reason has left a claim, and only the end of the lease frees the claim.

    :param duration: seconds for which a lease is valid after it is granted or renewed.
    :param kind: kind of process: engine or worker.
    :param server: name of the RPC server of this process; messages to it reach no other process.
    :param queued: returns the length of the queue, which is saved with the lease for the list of
        services.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        duration: float,
        kind: str = 'worker',
        server: str = '',
        queued: Callable[[], int] = lambda: 0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._kind = kind
        self._server = server
        self._queued = queued
        self.duration = duration
        self._lock = threading.Lock()
        self._current = ''
        #: The current lease must not be renewed, and no other one is granted yet.
        self._given_up = False
        self._expires: dict[str, float] = {}

    @property
    def id(self) -> str:
        """Return the id of the current lease."""
        return self._current

    def start(self) -> None:
        """Acquire a lease."""
        with self._lock:
            self._grant()

    def renew(self) -> None:
        """Extend the current lease, or acquire a new one if it is void or given up."""
        with self._lock:
            expires = self._clock.now() + self.duration
            if self._given_up:
                self._grant()
            elif self._store.renew_lease(self._current, expires, self._queued()):
                self._expires[self._current] = expires
            else:
                LOG.warning('Lease %s is void: this process was taken for dead', self._current)
                self._grant()

    def time_left(self, lease_id: str) -> float:
        """Return for how many seconds a lease is certainly valid.

        :return: not positive if the lease has expired, was released, or is not of this process.
        """
        return self._expires.get(lease_id, 0.0) - self._clock.now()

    def give_up(self, lease_id: str) -> None:
        """Never renew a lease again, and acquire another one.

        Without an effect if the lease is not the current one.
        """
        with self._lock:
            if lease_id != self._current or self._given_up:
                return
            LOG.warning('Lease %s is given up: other workers take over its claims', lease_id)
            self._given_up = True
            try:
                self._grant()
            except Exception as error:
                # The lease is often given up because the store fails: the heartbeat retries.
                LOG.warning('No other lease is granted yet: %s', error)

    def release(self) -> None:
        """Release the lease: other workers may take over its claims immediately."""
        with self._lock:
            self._store.void_leases(0.0, [self._current])
            self._expires.pop(self._current, None)

    def _grant(self) -> None:
        now = self._clock.now()
        lease = Lease(
            id=self._ids.fresh(),
            kind=self._kind,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=now,
            expires_at=now + self.duration,
            server=self._server,
            queued=self._queued(),
        )
        self._store.grant_lease(lease)
        self._current = lease.id
        self._given_up = False
        self._expires[lease.id] = lease.expires_at


def beat(lease: LeaseKeeper, interval: float, stopping: threading.Event) -> None:
    """Renew a lease periodically, until an event is set.

    A database that is away is logged once, and once more when it is back.

    :param interval: seconds between two renewals.
    :param stopping: the event that ends the renewals.
    """
    unavailable = False
    while not stopping.wait(interval):
        try:
            lease.renew()
        except StoreUnavailable as error:
            if not unavailable:
                LOG.warning('The lease cannot be renewed: the database is away: %s', error)
            unavailable = True
        except Exception:
            LOG.exception('The lease cannot be renewed now')
        else:
            if unavailable:
                LOG.info('The database is back: the lease is renewed')
            unavailable = False
