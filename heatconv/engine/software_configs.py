"""Storage of the software configurations that resources create."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.runtime.ports import Clock
from heatconv.storage.base import CONFIG, Software, Store


class StoredConfigs:
    """Implements `heatconv.resources.software.SoftwareConfigs` with a store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def config(self, project_id: str, config_id: str) -> Mapping[str, Any] | None:
        """Return the content of a configuration; None if it does not exist."""
        software = self._store.software(project_id, CONFIG, config_id)
        return None if software is None else software.content

    def keep_config(self, project_id: str, config_id: str, content: Mapping[str, Any]) -> None:
        """Save a configuration unless it exists."""
        self._store.save_software(
            Software(config_id, project_id, CONFIG, content, self._clock.now())
        )

    def drop_config(self, project_id: str, config_id: str) -> None:
        """Delete a configuration if it exists."""
        self._store.drop_software(project_id, CONFIG, config_id)
