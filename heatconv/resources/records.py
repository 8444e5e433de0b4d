"""Where the built-in types, which need no cloud, keep their reality."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


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


class MemoryRecords:
    """Keeps records in a dictionary."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, Record] = {}

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
