"""Hold the lease of this process: take it, renew it, replace it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable

from oslo_log import log

from heatconv.runtime.ports import Clock, Ids
from heatconv.storage.base import Lease, Store, StoreUnavailable

LOG = log.getLogger(__name__)


class LeaseKeeper:
    """Keeps one lease valid, and replaces it when it is void or given up.

    A lease that was once too short for a plugin call is never renewed again: the task that stopped
    for that reason has left a claim, and only the end of the lease frees it.

    :param kind: kind of process: engine or worker.
    :param server: the name that messages to this process alone are sent to.
    :param queued: returns the length of the queue, for the list of services.
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
        #: The current lease must not be renewed, and there is no other one yet.
        self._given_up = False
        self._expires: dict[str, float] = {}

    @property
    def id(self) -> str:
        """Return the id of the current lease."""
        return self._current

    def start(self) -> None:
        """Take a lease."""
        with self._lock:
            self._grant()

    def renew(self) -> None:
        """Extend the current lease, or take a new one if it is void."""
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
        """Return for how many seconds a lease is certainly valid."""
        return self._expires.get(lease_id, 0.0) - self._clock.now()

    def give_up(self, lease_id: str) -> None:
        """Never renew a lease again, and take another one."""
        with self._lock:
            if lease_id != self._current or self._given_up:
                return
            LOG.warning('Lease %s is given up: others take over what it claims', lease_id)
            self._given_up = True
            try:
                self._grant()
            except Exception as error:
                # Often the store fails as well at that moment: the heartbeat retries.
                LOG.warning('There is no other lease yet: %s', error)

    def release(self) -> None:
        """Release the lease: its claims are free immediately."""
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
    """Renew a lease periodically until told to stop.

    :param interval: seconds between two renewals.
    """
    away = False
    while not stopping.wait(interval):
        try:
            lease.renew()
        except StoreUnavailable as error:
            if not away:
                LOG.warning('The lease cannot be renewed: the database is away: %s', error)
            away = True
        except Exception:
            LOG.exception('The lease cannot be renewed now')
        else:
            if away:
                LOG.info('The database is back: the lease is renewed')
            away = False
