"""Software configurations and deployments, in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Event
from heatconv.runtime.ports import Clock
from heatconv.storage.values import Software, SoftwareChange


class MemorySoftware:
    """The part of the store that keeps software configurations and deployments."""

    _clock: Clock
    _lock: threading.RLock
    _software: dict[str, Software]

    def save_software(self, software: Software) -> None:
        with self._lock:
            self._software.setdefault(software.id, software)

    def software(self, project_id: str, kind: str, software_id: str) -> Software | None:
        stored = self._software.get(software_id)
        matches = stored is not None and (stored.project_id, stored.kind) == (project_id, kind)
        return stored if matches else None

    def all_software(self, project_id: str, kind: str) -> list[Software]:
        with self._lock:
            return [
                stored
                for _, stored in sorted(self._software.items())
                if (stored.project_id, stored.kind) == (project_id, kind)
            ]

    def change_software(
        self,
        project_id: str,
        kind: str,
        software_id: str,
        change: Callable[[Mapping[str, Any]], SoftwareChange | None],
    ) -> Software | None:
        with self._lock:
            stored = self.software(project_id, kind, software_id)
            changes = None if stored is None else change(stored.content)
            if stored is None or changes is None:
                return stored
            changed = evolve(stored, content=changes.content, updated_at=self._clock.now())
            self._software[software_id] = changed
            self._add_events(changes.events)
            return changed

    def drop_software(
        self, project_id: str, kind: str, software_id: str, events: Sequence[Event] = ()
    ) -> bool:
        with self._lock:
            if self.software(project_id, kind, software_id) is None:
                return False
            del self._software[software_id]
            self._add_events(events)
            return True

    def _add_events(self, events: Iterable[Event]) -> None:
        raise NotImplementedError
