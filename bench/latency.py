"""Latencies of graph nodes, computed from the events of resources.

The time of an event is the time of the decision. The event is visible from the commit of its
transaction on; PostgreSQL records the time of the commit, and MariaDB does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from bench.site import Site

QUERY = """
SELECT resource_name, status, at, {committed} AS committed
FROM event WHERE stack_id = :stack AND resource_name IS NOT NULL AND action = 'CREATE'
"""
COMMITTED = {'postgresql': 'EXTRACT(EPOCH FROM pg_xact_commit_timestamp(xmin))', 'mysql': 'NULL'}

#: Latencies of larger stacks are not computed.
MOST = 200_000


def latencies(
    site: Site, stack_id: str, predecessors: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return percentiles of the latencies of one create; nothing for a very large stack.

    ``ready_to_claimed``: from the commit that finishes the last requirement of a resource to the
    commit of its own claim. ``done_to_ready``: from the end of a resource to the commit that saves
    it and makes its successors ready.

    :param predecessors: the names of the resources that each resource requires.
    """
    if len(predecessors) > MOST:
        return {}
    with site.rows() as connection:
        committed = COMMITTED[connection.dialect.name]
        rows = connection.execute(sa.text(QUERY.format(committed=committed)), {'stack': stack_id})
        begun: dict[str, float] = {}
        done: dict[str, tuple[float, float]] = {}
        for name, status, at, commit in rows:
            visible_at = float(commit) if commit is not None else at
            if status == 'IN_PROGRESS':
                begun[name] = visible_at
            elif status == 'COMPLETE':
                done[name] = (at, visible_at)
    waits = [
        begun[name] - max(done[required_name][1] for required_name in required)
        for name, required in predecessors.items()
        if required
    ]
    saves = [visible_at - at for at, visible_at in done.values() if visible_at > at]
    return {
        **_percentiles('ready_to_claimed', waits),
        **_percentiles('done_to_ready', saves),
    }


def acting_seconds(site: Site, stack_id: str) -> float:
    """Return the seconds from the begin of the first resource to the end of the last one."""
    query = sa.text(
        'SELECT min(at), max(at) FROM event WHERE stack_id = :stack AND resource_name IS NOT NULL'
    )
    with site.rows() as connection:
        first, last = connection.execute(query, {'stack': stack_id}).one()
    return round(last - first, 3)


def _percentiles(name: str, values: Sequence[float]) -> dict[str, float]:
    """Return median and 99th percentile, in milliseconds, of values in seconds."""
    if not values:
        return {}
    ordered = sorted(values)
    return {
        f'{name}_p50_ms': round(1000 * ordered[len(ordered) // 2], 2),
        f'{name}_p99_ms': round(
            1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 2
        ),
    }
