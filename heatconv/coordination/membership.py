"""A place among the workers, and who looks after what.

A thread keeps the membership alive and knows the ring of the workers. What it says is
advice: where it is wrong or silent, casts go to whoever is free and sweeps look at
everything.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import pathlib
import tempfile
import threading
from collections.abc import Iterable, Iterator

from oslo_log import log

from heatconv.coordination.coordinator import HashRing, PartitionCoordinator

LOG = log.getLogger(__name__)

#: The group of all workers of a set-up, before the topic.
GROUP = 'heatconv-workers-'

#: More workers than that on one host have names by chance.
MOST_SLOTS = 1_000


class GroupMembership:
    """Keeps a coordinator alive and knows the ring of a group.

    :param group_id: whose ring it is.
    :param member: this process is in the group; else it only knows of it.
    :param interval: seconds between two heartbeats.
    """

    def __init__(
        self, coordinator: PartitionCoordinator, group_id: str, member: bool, interval: float
    ) -> None:
        self._coordinator = coordinator
        self._group_id = group_id
        self._member = member
        self._interval = interval
        self._ring: HashRing | None = None
        self._members: tuple[str, ...] = ()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Connect, join and go on in a thread; a backend that is away is waited for."""
        self._thread = threading.Thread(target=self._run, name='membership', daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5 * self._interval)
        with contextlib.suppress(Exception):
            self._coordinator.stop()

    def owner(self, key: str) -> str | None:
        ring = self._ring
        return None if ring is None else ring.get_node(key)

    def round(self, key: str) -> Iterator[str | None]:
        first, members = self.owner(key), self._members
        if first not in members:
            return itertools.repeat(first)
        at = members.index(first)
        return itertools.cycle(members[at:] + members[:at])

    def owned(self, keys: Iterable[str]) -> set[str]:
        ring = self._ring
        if ring is None:
            return set()
        return {key for key in keys if ring.get_node(key) == self._coordinator.my_id}

    @property
    def members(self) -> tuple[str, ...]:
        """Return the servers that are known now."""
        return self._members

    def _run(self) -> None:
        self._coordinator.start()
        while True:
            try:
                self._coordinator.heartbeat()
                if self._member:
                    self._coordinator.join_once(self._group_id)
                self._look()
            except Exception:
                LOG.exception('The membership cannot be looked at now')
                self._forget()
            if self._stopping.wait(self._interval):
                return

    def _look(self) -> None:
        found = self._coordinator.members(self._group_id)
        if found is None:
            self._forget()
            return
        if self._member and self._coordinator.my_id not in found:
            # Who stood still for too long was expelled, and does not hear of it.
            self._coordinator.join_once(self._group_id, again=True)
            found.add(self._coordinator.my_id)
        members = tuple(sorted(found))
        if members != self._members:
            LOG.info('Workers: %s', ', '.join(members) or 'none')
            self._members = members
            self._ring = HashRing(members)

    def _forget(self) -> None:
        if self._ring is not None:
            LOG.warning('It is not known who works: casts go to whoever is free')
        self._members, self._ring = (), None


class Slot:
    """A name that no other process of this host has, and that the next one takes over.

    Queues at the broker bear it: names by chance would leave one behind at every start.

    :param topic: of the set-up: others on this host have names of their own.
    :param host: the name of this host.
    """

    def __init__(self, topic: str, host: str, directory: str | None = None) -> None:
        place = pathlib.Path(directory or tempfile.gettempdir())
        safe = ''.join(one if one.isalnum() else '_' for one in topic)
        self._file = -1
        for number in range(MOST_SLOTS):
            with contextlib.suppress(OSError):
                self._file = _locked(place / f'heatconv-{safe}-{number}.lock')
                self.name = f'{host}.{number}'
                return
        self.name = f'{host}.{os.getpid()}'

    def release(self) -> None:
        """Give the name back; the end of the process does so too."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _locked(file: pathlib.Path) -> int:
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
