"""Group membership of a worker, its share of the keys, and its name.

A thread keeps the membership alive and tracks the hash ring of the workers. The ring is
advice: if it is unknown or wrong, casts go to any free worker, and the occasional full sweeps
cover every stack.
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

#: Prefix of the name of the group of all workers of a deployment; the topic follows.
GROUP = 'heatconv-workers-'

#: Number of slots on one host; a worker without a slot is named after its process id.
MAX_SLOTS = 1_000


class GroupMembership:
    """The membership of a process in a group: sends heartbeats and tracks the hash ring.

    :param group_id: the group of the ring.
    :param member: this process is a member of the group; else it only observes the members.
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
        """Start the thread that connects, joins and sends heartbeats.

        If the backend is unreachable, the thread tries again at every interval.
        """
        self._thread = threading.Thread(target=self._run, name='membership', daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave the group, and stop the thread."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5 * self._interval)
        with contextlib.suppress(Exception):
            self._coordinator.stop()

    def owner(self, key: str) -> str | None:
        ring = self._ring
        return None if ring is None else ring.get_node(key)

    def round_robin_from(self, key: str) -> Iterator[str | None]:
        owner, members = self.owner(key), self._members
        if owner not in members:
            return itertools.repeat(owner)
        index = members.index(owner)
        return itertools.cycle(members[index:] + members[:index])

    def owned(self, keys: Iterable[str]) -> set[str]:
        ring = self._ring
        if ring is None:
            return set()
        return {key for key in keys if ring.get_node(key) == self._coordinator.my_id}

    @property
    def members(self) -> tuple[str, ...]:
        """Return the names of the current members, sorted; empty if they are unknown."""
        return self._members

    def _run(self) -> None:
        self._coordinator.start()
        while True:
            try:
                self._coordinator.heartbeat()
                if self._member:
                    self._coordinator.join_once(self._group_id)
                self._update_ring()
            except Exception:
                LOG.exception('The group membership cannot be updated')
                self._forget()
            if self._stopping.wait(self._interval):
                return

    def _update_ring(self) -> None:
        current = self._coordinator.members(self._group_id)
        if current is None:
            self._forget()
            return
        if self._member and self._coordinator.my_id not in current:
            # A member that stalls for too long is expelled, and is not notified.
            self._coordinator.join_once(self._group_id, again=True)
            current.add(self._coordinator.my_id)
        members = tuple(sorted(current))
        if members != self._members:
            LOG.info('Workers: %s', ', '.join(members) or 'none')
            self._members = members
            self._ring = HashRing(members)

    def _forget(self) -> None:
        if self._ring is not None:
            LOG.warning('The workers are not known: casts go to any free worker')
        self._members, self._ring = (), None


class Slot:
    """A server name that is unique among the processes of a host, and reused by a later one.

    Queues at the broker are named after it: random names would leave a queue behind at every
    start.

    :param topic: topic of the deployment: each deployment on a host has slots of its own.
    :param host: name of this host.
    :param directory: where the lock files are; the directory for temporary files if None.
    """

    def __init__(self, topic: str, host: str, directory: str | None = None) -> None:
        folder = pathlib.Path(directory or tempfile.gettempdir())
        safe_topic = ''.join(letter if letter.isalnum() else '_' for letter in topic)
        self._file = -1
        for number in range(MAX_SLOTS):
            with contextlib.suppress(OSError):
                self._file = _open_locked(folder / f'heatconv-{safe_topic}-{number}.lock')
                self.name = f'{host}.{number}'
                return
        self.name = f'{host}.{os.getpid()}'

    def release(self) -> None:
        """Release the name; the end of the process releases it too."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _open_locked(file: pathlib.Path) -> int:
    """Open and lock a file.

    :return: its file descriptor; closing it releases the lock.
    :raises OSError: if another process has locked the file, or it cannot be opened.
    """
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
