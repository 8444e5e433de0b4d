"""Send hints to engines and workers: casts that may be lost."""

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

    :param per_cast: how many nodes one message names at most.
    :param shares: says which worker some nodes belong to; they are cast there, and to
        whoever is free where that is not known or that worker is gone.
    :ivar accept: asked first: takes nodes that this process checks itself, without a message,
        and says whether it did.
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
        # A hint that cannot be sent at once is dropped: the sweep makes up for it,
        # and nobody waits for a broker that is away.
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
        """Hand nodes out in lots, so that what is checked together is committed together.

        A few stay where what they waited for was done; many go round all workers,
        beginning with that of the first of them. Nobody waits until they are sent, and what
        comes up meanwhile goes with the next message.
        """
        if not keys or self.accept(keys):
            return
        lots = [keys[i : i + self._per_cast] for i in range(0, len(keys), self._per_cast)]
        first = f'{keys[0].traversal_id}/{keys[0].name}'
        with self._waiting:
            for owner, lot in zip(self._shares.round(first), lots, strict=False):
                self._outbox.setdefault(owner, deque()).extend(lot)
            if self._sender is None:
                self._sender = threading.Thread(target=self._send, name='casts', daemon=True)
                self._sender.start()
            self._waiting.notify_all()

    def flush(self, seconds: float = 5.0) -> None:
        """Wait until everything is sent."""
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
                lot = [nodes.popleft() for _ in range(min(len(nodes), self._per_cast))]
                if nodes:
                    self._outbox[owner] = nodes
                self._sending = True
            self._check(owner, [list(key) for key in lot])

    def _check(self, owner: str | None, names: list[list[str]]) -> None:
        target = self._workers if owner is None else self._of(owner)
        self._cast(target, 'check_resource', nodes=names)

    def _of(self, owner: str) -> Any:
        found = self._owners.get(owner)
        if found is None:
            # Without the option a cast to a queue that is not there is lost in silence.
            options = oslo_messaging.TransportOptions(at_least_once=True)
            found = self._workers.prepare(server=owner, transport_options=options)
            self._owners[owner] = found
        return found

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
        except Exception as error:  # kombu lets its own through where it cannot connect
            # The sweep finds what is not announced.
            if self._reachable:
                LOG.warning('The message bus does not take casts: %s', error)
            self._reachable = False
            return
        if not self._reachable:
            LOG.info('The message bus takes casts again')
        self._reachable = True


def keys_of(nodes: Sequence[Sequence[str]]) -> Iterator[NodeKey]:
    """Read the names of nodes from a message; skip what is none."""
    for node in nodes:
        try:
            traversal_id, kind, name = node
            # A hundred thousand may wait that are of one traversal.
            yield NodeKey(sys.intern(str(traversal_id)), Kind(kind), str(name))
        except ValueError:
            LOG.warning('Not the name of a node: %r', node)
