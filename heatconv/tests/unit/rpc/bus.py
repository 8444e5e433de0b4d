"""Transports of the fake driver, each with an exchange of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from typing import Any

import fixtures
import oslo_messaging
from oslo_config import cfg
from oslo_messaging._drivers import impl_fake

from heatconv.rpc import transport as transports
from heatconv.runtime.ports import SystemIds

WAIT_SECONDS = 10


class Driver(impl_fake.FakeDriver):
    """A fake driver whose broker may be down."""

    down = False

    def send(self, *args: Any, **kwargs: Any) -> Any:
        if self.down:
            raise oslo_messaging.MessageDeliveryFailure('nobody listens')
        return super().send(*args, **kwargs)


class Bus(fixtures.Fixture):
    """A message bus in this process.

    :ivar driver: what takes the messages.
    """

    def _setUp(self) -> None:
        conf = cfg.ConfigOpts()
        conf([], project='heatconv', default_config_files=[])
        transports.transport(conf, 'fake://')  # registers the options
        url = oslo_messaging.TransportURL.parse(conf, 'fake://')
        self.driver = Driver(conf, url, SystemIds().fresh(), [])
        self.transport = oslo_messaging.transport.RPCTransport(self.driver)

    def serve(self, topic: str, *endpoints: Any, threads: int = 2) -> Any:
        """Serve a topic until the end of the test, or until it is stopped."""
        server = transports.server(self.transport, topic, 'host', endpoints)
        server.start(override_pool_size=threads)
        stop_later(self, server)
        return server


def stop_later(test: Any, server: Any) -> None:
    """Stop a server at the end, without waiting for its next look at the bus."""
    test.addCleanup(threading.Thread(target=server.stop, daemon=True).start)


class Recorder:
    """An endpoint that remembers what it is told.

    :param methods: what it is told by.
    """

    def __init__(self, version: str, methods: Sequence[str]) -> None:
        self.target = oslo_messaging.Target(version=version)
        self.got: queue.SimpleQueue[tuple[Any, dict[str, Any]]] = queue.SimpleQueue()
        for name in methods:
            setattr(self, name, self._record)

    def _record(self, context: Any, **arguments: Any) -> None:
        self.got.put((context, arguments))

    def next(self) -> tuple[Any, dict[str, Any]]:
        """Return what it is told next."""
        return self.got.get(timeout=WAIT_SECONDS)

    def heard_within(self, seconds: float) -> list[tuple[Any, dict[str, Any]]]:
        """Return what it is told in some seconds: one thing at most."""
        try:
            return [self.got.get(timeout=seconds)]
        except queue.Empty:
            return []
