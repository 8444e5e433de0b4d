"""Records: the physical resources of the built-in types, which need no cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from heatconv.convergence.model import Event

#: Largest number of signals that a resource keeps.
MOST_SIGNALS = 10_000


@dataclass(frozen=True, slots=True)
class Record:
    """The physical resource of a built-in type.

    :ivar token: the token of the resource.
    :ivar type: name of the resource type.
    :ivar properties: as requested by the create or the last update.
    :ivar state: further state that the type saves, in addition to the properties.
    """

    token: str
    type: str
    physical_id: str
    properties: Mapping[str, Any]
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal to a resource.

    :ivar id: unique among the signals of its resource.
    :ivar status: SUCCESS or FAILURE.
    :ivar data: any JSON value.
    """

    id: str
    status: str
    reason: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class Writes:
    """Writes to be made by a commit. Those to records are equivalent to methods of `Records`.

    :ivar added: see `Records.add`.
    :ivar replaced: see `Records.replace`.
    :ivar removed: tokens; see `Records.remove`.
    :ivar stacks: nested stacks to add, each a `heatconv.storage.values.NewStack`.
    """

    added: tuple[Record, ...] = ()
    replaced: tuple[Record, ...] = ()
    removed: tuple[str, ...] = ()
    stacks: tuple[Any, ...] = ()


#: Creates the event of a signal.
EventOf = Callable[[Signal], Event]


class Signals(Protocol):
    """Keeps the signals of resources, by token.

    :ivar writes_events: whether `add_signal` saves the event of a signal.
    """

    writes_events: bool

    def add_signal(
        self,
        token: str,
        signal_id: str | None,
        status: str,
        reason: str | None,
        data: Any,
        event_of: EventOf | None = None,
    ) -> Signal:
        """Save a signal; it replaces one of the same id.

        :param signal_id: None for the next number.
        :param reason: None for a default reason with the number.
        :param event_of: creates the event that is saved in the same transaction, if the
            implementation writes events.
        :return: the saved signal.
        """

    def signals(self, token: str) -> list[Signal]:
        """Return the received signals of a resource, in order."""

    def drop_signals(self, token: str) -> None:
        """Delete the signals of a resource."""


class Records(Protocol):
    """Keeps records by token."""

    def get(self, token: str) -> Record | None:
        """Return a record, or None."""

    def add(self, record: Record) -> None:
        """Add a record, unless one with its token exists."""

    def replace(self, record: Record) -> None:
        """Overwrite a record if it exists."""

    def remove(self, token: str) -> None:
        """Delete a record if it exists."""

    def all(self) -> list[Record]:
        """Return all records, by token."""


class BulkRecords(Records, Signals, Protocol):
    """Keeps records, with bulk operations."""

    def some(self, tokens: Sequence[str]) -> dict[str, Record]:
        """Return the records with the given tokens, by token; missing ones are left out."""

    def save(
        self, added: Sequence[Record], replaced: Sequence[Record], removed: Sequence[str]
    ) -> bool:
        """Add, replace and remove records, each as the method of its own does.

        :return: whether every record to add was added; False if one existed.
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
            return {token: self._records[token] for token in tokens if token in self._records}

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
        event_of: EventOf | None = None,
    ) -> Signal:
        with self._lock:
            signals = self._signals.setdefault(token, {})
            signal = numbered(signals, signal_id, status, reason, data)
            signals[signal.id] = signal
            return signal

    def signals(self, token: str) -> list[Signal]:
        with self._lock:
            return list(self._signals.get(token, {}).values())

    def drop_signals(self, token: str) -> None:
        with self._lock:
            self._signals.pop(token, None)


def numbered(
    ids: Collection[str], signal_id: str | None, status: str, reason: str | None, data: Any
) -> Signal:
    """Return a signal; its default id and reason contain its number, as in Heat.

    Unlike in Heat, a default id is never that of another signal.

    :param ids: the ids of the signals that its resource has.
    :param signal_id: None for the default.
    :param reason: None for the default.
    :raises ValueError: if the resource has too many signals already.
    """
    if signal_id not in ids and len(ids) >= MOST_SIGNALS:
        raise ValueError(f'a resource keeps {MOST_SIGNALS} signals at most')
    number = len(ids) + 1
    while signal_id is None and str(number) in ids:
        number += 1
    return Signal(
        str(number) if signal_id is None else signal_id,
        status,
        f'Signal {number} received' if reason is None else reason,
        data,
    )


class Draft:
    """Records with pending changes, which are saved together; see `Records`.

    :param records: the saved records.
    :param tokens: tokens of the records to read; all others count as missing.
    :param blind: tokens of records that may be removed without being read.
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
        """Return the pending writes of one record, for the caller to save, and forget them.

        :return: None if the record has no pending writes.
        """
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
        """Save the pending changes; return False if a record to add exists by now."""
        before, now = self._before, self._now
        added = [record for token, record in now.items() if token not in before]
        replaced = [
            record for token, record in now.items() if before.get(token, record) is not record
        ]
        removed = [*(token for token in before if token not in now), *self._gone]
        if not (added or replaced or removed):
            return True
        return self._records.save(added, replaced, removed)
