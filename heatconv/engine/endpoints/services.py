"""The RPC methods of the service: its processes and its version."""

from __future__ import annotations

from typing import Any

import oslo_messaging

from heatconv.engine import wire_format
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.rpc import api
from heatconv.runtime.ports import Clock
from heatconv.storage.base import Store
from heatconv.version import VERSION


class ServicesEndpoint:
    """Lists the engines and workers, and returns the version."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @rpc_method
    def list_services(self, context: Any) -> list[dict[str, Any]]:
        """List the engines and workers that have a lease, even an expired one."""
        now = self._clock.now()
        return [wire_format.service(lease, now) for lease in self._store.leases()]

    @rpc_method
    def get_revision(self, context: Any) -> str:
        """Return the version of heatconv."""
        return VERSION
