"""Snapshots of stacks, in memory."""

from __future__ import annotations

import threading

from heatconv.storage.values import Snapshot


class MemorySnapshots:
    """The part of the store that keeps snapshots."""

    _lock: threading.RLock
    _snapshots: dict[str, Snapshot]

    def save_snapshot(self, snapshot: Snapshot) -> None:
        with self._lock:
            self._snapshots[snapshot.id] = snapshot

    def snapshots(self, stack_id: str) -> list[Snapshot]:
        with self._lock:
            snapshots = [
                snapshot for snapshot in self._snapshots.values() if snapshot.stack_id == stack_id
            ]
        return sorted(snapshots, key=lambda snapshot: snapshot.id)

    def drop_snapshot(self, stack_id: str, snapshot_id: str) -> bool:
        with self._lock:
            snapshot = self._snapshots.get(snapshot_id)
            if snapshot is None or snapshot.stack_id != stack_id:
                return False
            del self._snapshots[snapshot_id]
            return True
