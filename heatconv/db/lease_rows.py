"""Conversion of leases and orphan checks to rows of their tables, and back."""

from __future__ import annotations

import json
from typing import Any

from heatconv.convergence.model import OrphanCheck
from heatconv.db import tables
from heatconv.db.bulk import encode as dumps
from heatconv.db.rows import RESOURCE, Row, resource_of, resource_row
from heatconv.storage.values import Lease

#: The columns of the table ``orphan_check``, in order.
ORPHAN_CHECK = tuple(column.name for column in tables.orphan_check.c)


def orphan_check_values(orphan_check: OrphanCheck) -> tuple[Any, ...]:
    """Return the values of all columns of an orphan check, in the order of ORPHAN_CHECK."""
    row_text = dumps(resource_row(orphan_check.row))
    return (orphan_check.id, row_text, orphan_check.due_at, orphan_check.attempts)


def orphan_check_of(row: Row) -> OrphanCheck:
    """Return an orphan check from a row, a mapping of all columns."""
    fields = json.loads(row['row'])
    resource = resource_of([fields.get(name) for name in RESOURCE])
    return OrphanCheck(row['id'], resource, row['due_at'], row['attempts'])


def lease_row(lease: Lease) -> dict[str, Any]:
    """Return the row of a lease: its column values by name."""
    return {
        'id': lease.id,
        'kind': lease.kind,
        'host': lease.host,
        'pid': lease.pid,
        'started_at': lease.started_at,
        'expires_at': lease.expires_at,
        'server': lease.server,
        'queued': lease.queued,
    }


def lease_of(row: Row) -> Lease:
    """Return a lease from a row, a mapping of all columns."""
    return Lease(
        id=row['id'],
        kind=row['kind'],
        host=row['host'],
        pid=row['pid'],
        started_at=row['started_at'],
        expires_at=row['expires_at'],
        server=row['server'],
        queued=row['queued'],
    )
