"""Where the built-in types, which need no cloud, keep their reality."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from heatconv.convergence.model import Event


@dataclass(frozen=True, slots=True)
class Record:
    """One virtual resource.

    :ivar state: what the type remembers about it beyond its properties.
    """

    token: str
    type: str
    physical_id: str
    properties: Mapping[str, Any]
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """What somebody told a resource.

    :ivar data: anything that JSON holds.
    """

    id: str
    status: str
    reason: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class Writes:
    """What is to be done to records, each as its own method of `Records` would."""

    added: tuple[Record, ...] = ()
    replaced: tuple[Record, ...] = ()
    removed: tuple[str, ...] = ()


#: Gives the event that tells of a signal.
Told = Callable[[Signal], Event]


class Signals(Protocol):
    """Keeps signals, by the token of who took them.

    :ivar writes_events: `add_signal` does.
    """

    writes_events: bool

    def add_signal(
        self,
        token: str,
        signal_id: str | None,
        status: str,
        reason: str | None,
        data: Any,
        told: Told | None = None,
    ) -> Signal:
        """Keep a signal; one of the same id takes its place.

        :param signal_id: None for the next number.
        :param reason: None to tell the number that it is.
        :param told: gives the event to write with it, in one transaction.
        """

    def signals(self, token: str) -> list[Signal]:
        """Return what came, in order."""

    def drop_signals(self, token: str) -> None:
        """Forget what came."""


class Records(Protocol):
    """Keeps records by token."""

    def get(self, token: str) -> Record | None:
        """Return a record, or None."""

    def add(self, record: Record) -> None:
        """Keep a record unless its token is taken."""

    def replace(self, record: Record) -> None:
        """Overwrite a record, if it is there."""

    def remove(self, token: str) -> None:
        """Forget a record, if it is there."""

    def all(self) -> list[Record]:
        """Return all records, by token."""


class BulkRecords(Records, Signals, Protocol):
    """Keeps records, and does many things at once."""

    def some(self, tokens: Sequence[str]) -> dict[str, Record]:
        """Return those of some records that are there, by token."""

    def save(
        self, added: Sequence[Record], replaced: Sequence[Record], removed: Sequence[str]
    ) -> bool:
        """Do many things at once, each as its own method would.

        :return: whether each was added that was to be.
        """


class MemoryRecords:
    """Keeps records in a dictionary."""

    writes_events = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, Record] = {}
        self._signals: dict[str, dict[str, Signal]] = {}

    def get(self, token: str) -> Record | None:
        return self._records.get(token)

    def add(self, record: Record) -> None:
        with self._lock:
            self._records.setdefault(record.token, record)

    def replace(self, record: Record) -> None:
        with self._lock:
            if record.token in self._records:
                self._records[record.token] = record

    def remove(self, token: str) -> None:
        with self._lock:
            self._records.pop(token, None)

    def all(self) -> list[Record]:
        with self._lock:
            return [self._records[token] for token in sorted(self._records)]

    def some(self, tokens: Sequence[str]) -> dict[str, Record]:
        with self._lock:
            return {one: self._records[one] for one in tokens if one in self._records}

    def save(
        self, added: Sequence[Record], replaced: Sequence[Record], removed: Sequence[str]
    ) -> bool:
        for record in added:
            self.add(record)
        for record in replaced:
            self.replace(record)
        for token in removed:
            self.remove(token)
        return all(self._records.get(record.token) is record for record in added)

    def add_signal(
        self,
        token: str,
        signal_id: str | None,
        status: str,
        reason: str | None,
        data: Any,
        told: Told | None = None,
    ) -> Signal:
        with self._lock:
            kept = self._signals.setdefault(token, {})
            made = numbered(len(kept) + 1, signal_id, status, reason, data)
            kept[made.id] = made
            return made

    def signals(self, token: str) -> list[Signal]:
        with self._lock:
            return list(self._signals.get(token, {}).values())

    def drop_signals(self, token: str) -> None:
        with self._lock:
            self._signals.pop(token, None)


def numbered(
    number: int, signal_id: str | None, status: str, reason: str | None, data: Any
) -> Signal:
    """Return a signal, with its number where nothing else is said, as Heat does."""
    return Signal(
        str(number) if signal_id is None else signal_id,
        status,
        f'Signal {number} received' if reason is None else reason,
        data,
    )


class Draft:
    """Records as they will be, until they are saved together; see `Records`.

    :param records: where they are.
    :param tokens: of those that are read; others count as not there.
    :param blind: of those that may be removed without being read.
    """

    def __init__(
        self, records: BulkRecords, tokens: Sequence[str], blind: Sequence[str] = ()
    ) -> None:
        self._records = records
        self._before = records.some(tokens) if tokens else {}
        self._now = dict(self._before)
        self._blind = frozenset(blind)
        self._gone: dict[str, None] = {}

    def get(self, token: str) -> Record | None:
        return self._now.get(token)

    def add(self, record: Record) -> None:
        self._now.setdefault(record.token, record)

    def replace(self, record: Record) -> None:
        if record.token in self._now:
            self._now[record.token] = record

    def remove(self, token: str) -> None:
        self._now.pop(token, None)
        if token in self._blind:
            self._gone[token] = None

    def all(self) -> list[Record]:
        return [self._now[token] for token in sorted(self._now)]

    def take(self, token: str) -> Writes | None:
        """Return what has changed of one record, which is the caller's to save; or None."""
        before, now = self._before.pop(token, None), self._now.pop(token, None)
        if now is not None:
            if before is None:
                return Writes(added=(now,))
            return None if now is before else Writes(replaced=(now,))
        if token in self._gone:
            del self._gone[token]
        elif before is None:
            return None
        return Writes(removed=(token,))

    def finish(self) -> bool:
        """Save what has changed; return False if somebody else was faster with an add."""
        before, now = self._before, self._now
        added = [one for token, one in now.items() if token not in before]
        replaced = [one for token, one in now.items() if before.get(token, one) is not one]
        removed = [*(token for token in before if token not in now), *self._gone]
        if not (added or replaced or removed):
            return True
        return self._records.save(added, replaced, removed)
