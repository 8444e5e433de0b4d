"""The announcer: it casts ready nodes to workers and wishes to engines.

A cast is a hint and may be lost: the sweep announces the node or the wish again.
"""

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
    """Announces nodes and wishes by casts over oslo.messaging.

    :param per_cast: largest number of nodes in one message.
    :param shares: the assignment of keys to workers. A batch of nodes is cast to one worker, or to
        any free worker if none is known or its queue does not exist.
    :ivar accept: called with the nodes before a cast, and whether they are near. It returns
        whether this process checks them itself, without a message.
    :ivar accept_wish: called with the stack id of a wish before a cast. It returns whether this
        process prepares the wish itself.
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
        # Without retries, a hint that cannot be sent immediately is dropped: the sweep repeats it,
        # and no caller waits for a broker that is down.
        self._workers = client(transport, topics.check, api.WORKER_VERSION, retry=0)
        self._owners: dict[str, Any] = {}
        self._engines = client(transport, topics.prepare, api.PREPARE_VERSION, retry=0)
        self._reachable = True
        self._waiting = threading.Condition()
        self._outbox: dict[str | None, deque[NodeKey]] = {}
        self._sending = False
        self._sender: threading.Thread | None = None
        self.accept: Callable[[Sequence[NodeKey], bool], bool] = lambda keys, near: False
        self.accept_wish: Callable[[str], bool] = lambda stack_id: False

    def nodes(self, keys: Sequence[NodeKey], near: bool = False) -> None:
        """Announce ready nodes in batches: nodes of one message are committed together.

        A small number of nodes stays in the process that made them ready. A larger number is cast
        to all workers round-robin, beginning with the owner of the first node. A thread sends the
        messages, so that the caller does not wait for the broker. Nodes that are announced during
        a cast share the next message.
        """
        if not keys or self.accept(keys, near):
            return
        batches = [keys[i : i + self._per_cast] for i in range(0, len(keys), self._per_cast)]
        first_key = f'{keys[0].traversal_id}/{keys[0].name}'
        with self._waiting:
            for owner, batch in zip(
                self._shares.round_robin_from(first_key), batches, strict=False
            ):
                self._outbox.setdefault(owner, deque()).extend(batch)
            if self._sender is None:
                self._sender = threading.Thread(target=self._send, name='casts', daemon=True)
                self._sender.start()
            self._waiting.notify_all()

    def flush(self, seconds: float = 5.0) -> None:
        """Wait until all messages are sent.

        :param seconds: timeout.
        """
        with self._waiting:
            self._waiting.wait_for(lambda: not self._outbox and not self._sending, seconds)

    def _send(self) -> None:
        """Send the nodes in the outbox; run by the sender thread."""
        while True:
            with self._waiting:
                self._sending = False
                self._waiting.notify_all()
                self._waiting.wait_for(lambda: self._outbox)
                owner = next(iter(self._outbox))
                waiting_nodes = self._outbox.pop(owner)
                batch = [
                    waiting_nodes.popleft() for _ in range(min(len(waiting_nodes), self._per_cast))
                ]
                if waiting_nodes:
                    # At the end of the outbox, so that all owners get messages in turn.
                    self._outbox[owner] = waiting_nodes
                self._sending = True
            self._cast_nodes(owner, [list(key) for key in batch])

    def _cast_nodes(self, owner: str | None, keys: list[list[str]]) -> None:
        """Cast nodes to the worker that owns them, or to any free worker for None."""
        client_of_owner = self._workers if owner is None else self._of(owner)
        self._cast(client_of_owner, 'check_resource', nodes=keys)

    def _of(self, owner: str) -> Any:
        """Return the RPC client for the queue of one worker."""
        client_of_owner = self._owners.get(owner)
        if client_of_owner is None:
            # Without this option a cast to a missing queue is lost silently.
            options = oslo_messaging.TransportOptions(at_least_once=True)
            client_of_owner = self._workers.prepare(server=owner, transport_options=options)
            self._owners[owner] = client_of_owner
        return client_of_owner

    def wish(self, stack_id: str) -> None:
        if not self.accept_wish(stack_id):
            self._cast(self._engines, 'prepare', stack_id=stack_id)

    def _cast(self, rpc_client: Any, method: str, **arguments: Any) -> None:
        """Send a cast; report an unreachable broker once, and do not raise."""
        try:
            try:
                rpc_client.cast({}, method, **arguments)
            except oslo_messaging.MessageUndeliverable:
                LOG.debug('A worker has no queue: its nodes are cast to any free worker')
                self._workers.cast({}, method, **arguments)
        except Exception as error:  # also kombu's own errors, if it cannot connect
            # The sweep announces the node or the wish again.
            if self._reachable:
                LOG.warning('The message bus does not accept casts: %s', error)
            self._reachable = False
            return
        if not self._reachable:
            LOG.info('The message bus accepts casts again')
        self._reachable = True


def keys_of(nodes: Sequence[Sequence[str]]) -> Iterator[NodeKey]:
    """Parse the keys of nodes in a message; skip keys that are not valid."""
    for node in nodes:
        try:
            traversal_id, kind, name = node
            # Interned: a hundred thousand waiting nodes may share one traversal id.
            yield NodeKey(sys.intern(str(traversal_id)), Kind(kind), str(name))
        except ValueError:
            LOG.warning('Not a valid node key: %r', node)
