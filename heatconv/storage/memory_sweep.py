"""Leases and the queries of the sweep, in memory."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Collection, Iterable, Sequence

from heatconv.convergence import states
from heatconv.convergence.dead_claims import DeadClaim
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import (
    Node,
    NodeKey,
    NodeStatus,
    OrphanCheck,
    Resource,
    Stack,
    Status,
)
from heatconv.runtime.ports import Clock
from heatconv.storage.values import Lease


class Swept:
    """The part of the store that keeps leases and answers the queries of the sweep.

    :ivar _touched: by node, the time when it was last announced or saved.
    """

    _clock: Clock
    _lock: threading.RLock
    _leases: dict[str, Lease]
    _stacks: dict[str, Stack]
    _rows: dict[str, Resource]
    _nodes: dict[NodeKey, Node]
    _touched: dict[NodeKey, float]
    _orphan_checks: dict[str, OrphanCheck]

    def grant_lease(self, lease: Lease) -> None:
        with self._lock:
            self._leases[lease.id] = lease

    def renew_lease(self, lease_id: str, expires_at: float, queued: int = 0) -> bool:
        with self._lock:
            lease = self._leases.get(lease_id)
            if lease is None:
                return False
            self._leases[lease_id] = evolve(lease, expires_at=expires_at, queued=queued)
            return True

    def void_leases(self, before: float, ids: Sequence[str] = ()) -> list[str]:
        with self._lock:
            void = sorted(
                lease.id
                for lease in self._leases.values()
                if lease.expires_at < before or lease.id in ids
            )
            for lease_id in void:
                del self._leases[lease_id]
            return void

    def leases(self) -> list[Lease]:
        with self._lock:
            return [self._leases[lease_id] for lease_id in sorted(self._leases)]

    def claims(self) -> dict[str, int]:
        with self._lock:
            claims = [row.claim for row in self._rows.values() if row.claim is not None]
            return {lease_id: claims.count(lease_id) for lease_id in sorted(set(claims))}

    def dead_claims(self, limit: int) -> list[DeadClaim]:
        with self._lock:
            running = {
                node.subject: node.key
                for node in self._nodes.values()
                if node.status == NodeStatus.RUNNING
            }
            return [
                DeadClaim(row, running.get(row.id))
                for _, row in sorted(self._rows.items())
                if row.claim is not None and row.claim not in self._leases
            ][:limit]

    def unsettled_rows(self, limit: int) -> list[Resource]:
        with self._lock:
            subjects = {
                node.subject for node in self._nodes.values() if node.status != NodeStatus.DONE
            }
            return [
                row
                for _, row in sorted(self._rows.items())
                if row.claim is None and states.unsettled(row) and row.id not in subjects
            ][:limit]

    def lost_nodes(
        self,
        before: float,
        limit: int,
        owned: Callable[[Iterable[str]], set[str]] = set,
        besides: Collection[str] = (),
    ) -> list[NodeKey]:
        with self._lock:
            lost = sorted(
                (
                    key
                    for key, node in self._nodes.items()
                    if node.status == NodeStatus.READY
                    and self._touched[key] < before
                    and key.traversal_id not in besides
                ),
                key=lambda key: (self._touched[key], key),
            )[:limit]
            stacks = owned(self._nodes[key].stack_id for key in lost)
            lost = sorted(key for key in lost if self._nodes[key].stack_id in stacks)
            for key in lost:
                self._touched[key] = self._clock.now()
            return lost

    def orphan_checks(self, now: float, limit: int) -> list[OrphanCheck]:
        with self._lock:
            due = (
                orphan_check
                for _, orphan_check in sorted(self._orphan_checks.items())
                if orphan_check.due_at <= now
            )
            return list(itertools.islice(due, limit))

    def postpone(self, orphan_check: OrphanCheck, due_at: float | None) -> bool:
        with self._lock:
            existed = self._orphan_checks.pop(orphan_check.id, None) is not None
            if existed and due_at is not None:
                self._orphan_checks[orphan_check.id] = evolve(
                    orphan_check, due_at=due_at, attempts=orphan_check.attempts + 1
                )
            return existed

    def overdue(self, now: float) -> list[str]:
        with self._lock:
            return sorted(
                stack.id
                for stack in self._stacks.values()
                if stack.deadline is not None
                and stack.deadline <= now
                and stack.status == Status.IN_PROGRESS
            )

    def lost_wishes(self) -> list[str]:
        with self._lock:
            return sorted(stack.id for stack in self._stacks.values() if stack.wish_id)
