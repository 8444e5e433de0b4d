"""Announce ready nodes to workers and wishes to engines, by casts that may be lost."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import oslo_messaging
from oslo_log import log

from heatconv.convergence.model import Kind, NodeKey
from heatconv.coordination.shares import Shares, SingleMember
from heatconv.rpc import api
from heatconv.rpc.transport import client

LOG = log.getLogger(__name__)


class RpcAnnouncer:
    """Casts over oslo.messaging.

    :param per_cast: largest number of nodes in one message.
    :param shares: says which worker owns a node. Nodes are cast to their owner, and to any worker
        if the owner is unknown or gone.
    :ivar accept: called first with nodes: returns whether this process checks them itself, without
        a message.
    :ivar accept_wish: the same for a wish to prepare.
    """

    def __init__(
        self,
        transport: oslo_messaging.Transport,
        topics: api.Topics = api.DEFAULT_TOPICS,
        per_cast: int = 50,
        shares: Shares | None = None,
    ) -> None:
        self._per_cast = per_cast
        self._shares = shares or SingleMember()
        # A hint that cannot be sent immediately is dropped: the sweep announces the node again,
        # and no caller waits for a broker that is down.
        self._workers = client(transport, topics.check, api.WORKER_VERSION, retry=0)
        self._owners: dict[str, Any] = {}
        self._engines = client(transport, topics.prepare, api.PREPARE_VERSION, retry=0)
        self._reachable = True
        self._waiting = threading.Condition()
        self._outbox: dict[str | None, deque[NodeKey]] = {}
        self._sending = False
        self._sender: threading.Thread | None = None
        self.accept: Callable[[Sequence[NodeKey]], bool] = lambda keys: False
        self.accept_wish: Callable[[str], bool] = lambda stack_id: False

    def nodes(self, keys: Sequence[NodeKey]) -> None:
        """Announce ready nodes in batches, so that nodes checked together are committed together.

        A few nodes stay in the process that made them ready. Many go round-robin to all workers,
        beginning with the owner of the first one. The caller does not wait for the broker; nodes
        that come meanwhile share the next message.
        """
        if not keys or self.accept(keys):
            return
        lots = [keys[i : i + self._per_cast] for i in range(0, len(keys), self._per_cast)]
        first = f'{keys[0].traversal_id}/{keys[0].name}'
        with self._waiting:
            for owner, batch in zip(self._shares.round_robin_from(first), lots, strict=False):
                self._outbox.setdefault(owner, deque()).extend(batch)
            if self._sender is None:
                self._sender = threading.Thread(target=self._send, name='casts', daemon=True)
                self._sender.start()
            self._waiting.notify_all()

    def flush(self, seconds: float = 5.0) -> None:
        """Wait until all messages are sent."""
        with self._waiting:
            self._waiting.wait_for(lambda: not self._outbox and not self._sending, seconds)

    def _send(self) -> None:
        while True:
            with self._waiting:
                self._sending = False
                self._waiting.notify_all()
                self._waiting.wait_for(lambda: self._outbox)
                owner = next(iter(self._outbox))
                nodes = self._outbox.pop(owner)
                batch = [nodes.popleft() for _ in range(min(len(nodes), self._per_cast))]
                if nodes:
                    self._outbox[owner] = nodes
                self._sending = True
            self._check(owner, [list(key) for key in batch])

    def _check(self, owner: str | None, names: list[list[str]]) -> None:
        target = self._workers if owner is None else self._of(owner)
        self._cast(target, 'check_resource', nodes=names)

    def _of(self, owner: str) -> Any:
        target = self._owners.get(owner)
        if target is None:
            # Without this option a cast to a missing queue is lost silently.
            options = oslo_messaging.TransportOptions(at_least_once=True)
            target = self._workers.prepare(server=owner, transport_options=options)
            self._owners[owner] = target
        return target

    def wish(self, stack_id: str) -> None:
        if not self.accept_wish(stack_id):
            self._cast(self._engines, 'prepare', stack_id=stack_id)

    def _cast(self, target: Any, method: str, **arguments: Any) -> None:
        try:
            try:
                target.cast({}, method, **arguments)
            except oslo_messaging.MessageUndeliverable:
                LOG.debug('A worker has no queue: whoever is free may have its nodes')
                self._workers.cast({}, method, **arguments)
        except Exception as error:  # kombu passes on errors of its own if it cannot connect
            # The sweep announces the node again.
            if self._reachable:
                LOG.warning('The message bus does not take casts: %s', error)
            self._reachable = False
            return
        if not self._reachable:
            LOG.info('The message bus takes casts again')
        self._reachable = True


def keys_of(nodes: Sequence[Sequence[str]]) -> Iterator[NodeKey]:
    """Parse the names of nodes in a message; skip what is not valid."""
    for node in nodes:
        try:
            traversal_id, kind, name = node
            # A hundred thousand waiting nodes may share one traversal id.
            yield NodeKey(sys.intern(str(traversal_id)), Kind(kind), str(name))
        except ValueError:
            LOG.warning('Not the name of a node: %r', node)
