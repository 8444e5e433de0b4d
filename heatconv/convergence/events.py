"""Events about resource rows."""

from __future__ import annotations

from heatconv.convergence.model import Event, Resource


def event(row: Resource) -> Event:
    """Return the event that reports the current state of a row."""
    return Event(
        stack_id=row.stack_id,
        resource_name=row.name,
        resource_type=row.shown_type,
        physical_id=row.physical_id,
        action=row.action,
        status=row.status,
        reason=row.reason,
    )
