"""Sleeping tasks: each continues when its time has come, or when what it awaits has happened."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from heatconv.worker.lanes import Entry


class Sleepers:
    """The sleeping tasks of a loop."""

    def __init__(self) -> None:
        #: The due time, a serial number and what is awaited, for each sleeping task and some that
        #: were woken.
        self._timers: list[tuple[float, int, str]] = []
        self._entries: dict[int, Entry] = {}
        #: The serial numbers of the tasks that await something, by what they await.
        self._awaiting: dict[str, dict[int, None]] = {}
        self._serials = itertools.count()

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, due: float, entry: Entry, awaited: str = '') -> None:
        """Add a task.

        :param due: time at which it continues, in seconds since the epoch.
        :param awaited: what it awaits; see `wake`. Empty for nothing.
        """
        serial = next(self._serials)
        self._entries[serial] = entry
        heapq.heappush(self._timers, (due, serial, awaited))
        if awaited:
            self._awaiting.setdefault(awaited, {})[serial] = None

    @property
    def next_due(self) -> float | None:
        """Return the time at which the next task may continue; None if none sleeps."""
        return self._timers[0][0] if self._timers else None

    def due(self, now: float) -> Iterator[Entry]:
        """Remove and yield the tasks whose time has come."""
        while self._timers and self._timers[0][0] <= now:
            _, serial, awaited = heapq.heappop(self._timers)
            entry = self._entries.pop(serial, None)
            if entry is None:
                continue  # it was woken
            if awaited:
                self._forget(awaited, serial)
            yield entry

    def wake(self, happened: str) -> list[Entry]:
        """Remove and return the tasks that await something, in the order in which they slept."""
        return [self._entries.pop(serial) for serial in self._awaiting.pop(happened, ())]

    def _forget(self, awaited: str, serial: int) -> None:
        serials = self._awaiting[awaited]
        del serials[serial]
        if not serials:
            del self._awaiting[awaited]
