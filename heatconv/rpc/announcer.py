"""Send hints to engines and workers: casts that may be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import oslo_messaging
from oslo_log import log

from heatconv.convergence.model import Kind, NodeKey
from heatconv.rpc import api
from heatconv.rpc.transport import client
from heatconv.shares import Alone, Shares

LOG = log.getLogger(__name__)


class RpcAnnouncer:
    """Casts over oslo.messaging.

    :param per_cast: how many nodes one message names at most.
    :param shares: says which worker some nodes belong to; they are cast there, and to
        whoever is free where that is not known or that worker is gone.
    :ivar keep: asked first: takes nodes that this process checks itself, without a message,
        and says whether it did.
    :ivar keep_wish: the same for a wish to prepare.
    """

    def __init__(
        self,
        transport: oslo_messaging.Transport,
        topics: api.Topics = api.DEFAULT_TOPICS,
        per_cast: int = 50,
        shares: Shares | None = None,
    ) -> None:
        self._per_cast = per_cast
        self._shares = shares or Alone()
        # A hint that cannot be sent at once is dropped: the sweep makes up for it,
        # and nobody waits for a broker that is away.
        self._workers = client(transport, topics.check, api.WORKER_VERSION, retry=0)
        self._owners: dict[str, Any] = {}
        self._engines = client(transport, topics.prepare, api.PREPARE_VERSION, retry=0)
        self._reachable = True
        self.keep: Callable[[Sequence[NodeKey]], bool] = lambda keys: False
        self.keep_wish: Callable[[str], bool] = lambda stack_id: False

    def nodes(self, keys: Sequence[NodeKey]) -> None:
        """Hand nodes out in lots, so that what is checked together is committed together.

        A few stay where what they waited for was done; many go round all workers,
        beginning with that of the first of them.
        """
        if self.keep(keys):
            return
        lots = [keys[i : i + self._per_cast] for i in range(0, len(keys), self._per_cast)]
        first = f'{keys[0].traversal_id}/{keys[0].name}' if keys else ''
        for owner, lot in zip(self._shares.round(first), lots, strict=False):
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
        if not self.keep_wish(stack_id):
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
            yield NodeKey(str(traversal_id), Kind(kind), str(name))
        except ValueError:
            LOG.warning('Not the name of a node: %r', node)
