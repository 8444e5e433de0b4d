"""The RPC methods of a worker."""

from __future__ import annotations

from typing import Any

import oslo_messaging

from heatconv.rpc import api
from heatconv.rpc.announcer import keys_of
from heatconv.worker.service import Worker


class WorkerEndpoint:
    """The endpoint of the worker topic."""

    target = oslo_messaging.Target(version=api.WORKER_VERSION)

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def check_resource(self, context: Any, nodes: list[list[str]]) -> None:
        """Queue nodes to check; return before they are checked.

        :param nodes: the key of each node: traversal id, kind and name.
        """
        self._worker.check(keys_of(nodes))
