"""Creation of the transports, servers and clients of oslo.messaging."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import oslo_messaging
from oslo_config import cfg
from oslo_messaging._metrics import client as metrics
from oslo_messaging._tracing import client as tracing
from oslo_messaging.rpc import dispatcher
from oslo_messaging.rpc import server as rpc_server

from heatconv.rpc.serializer import ContextSerializer

#: The exchange that heat-api uses (heat.common.messaging).
EXCHANGE = 'heat'


def transport(
    conf: cfg.ConfigOpts, url: str | None = None, exchange: str | None = None
) -> oslo_messaging.Transport:
    """Return a transport for RPC.

    :param url: replaces the configured transport URL.
    :param exchange: replaces the configured exchange, whose default is Heat's.
    """
    _register_global_options(conf)
    oslo_messaging.set_transport_defaults(EXCHANGE)
    result = oslo_messaging.get_rpc_transport(conf, url)
    if exchange is not None:
        conf.set_override('control_exchange', exchange)
        result = oslo_messaging.get_rpc_transport(conf, url)
    return result


def _register_global_options(conf: cfg.ConfigOpts) -> None:
    """Register options that oslo.messaging reads, but registers only in the global conf."""
    conf.register_opts(metrics.oslo_messaging_metrics, group='oslo_messaging_metrics')
    conf.register_opts(tracing.oslo_messaging_tracing, group='oslo_messaging_tracing')


class BoundedRPCServer(rpc_server.RPCServer):
    """An RPC server that accepts a message only when a thread is free.

    The stock server acknowledges every message immediately and submits it to a pool with an
    unbounded queue: a message in that queue is lost with the process.
    """

    def _create_listener(self) -> Any:
        self._slots = threading.Semaphore(self._work_executor._max_workers)
        return super()._create_listener()

    def _on_incoming(self, incoming: Any) -> None:
        self._slots.acquire()
        future = self._work_executor.submit(self._process_incoming, incoming)
        future.add_done_callback(lambda _: self._slots.release())


def server(
    transport: oslo_messaging.Transport, topic: str, host: str, endpoints: Sequence[Any]
) -> Any:
    """Return an RPC server; the caller starts it, and stops it and waits for it at the end.

    :param host: the server name, to which messages for this process alone are sent.
    :param endpoints: the objects whose methods it serves.
    """
    return oslo_messaging.get_rpc_server(
        transport,
        oslo_messaging.Target(topic=topic, server=host),
        list(endpoints),
        serializer=ContextSerializer(),
        access_policy=dispatcher.DefaultRPCAccessPolicy,
        server_cls=BoundedRPCServer,
    )


def client(transport: oslo_messaging.Transport, topic: str, version: str, **options: Any) -> Any:
    """Return an RPC client for a topic.

    :param version: the version of the API that its messages require.
    :param options: further arguments of ``get_rpc_client``.
    """
    target = oslo_messaging.Target(topic=topic, version=version)
    return oslo_messaging.get_rpc_client(
        transport, target, serializer=ContextSerializer(), **options
    )
