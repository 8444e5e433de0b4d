"""Events about resource rows."""

from __future__ import annotations

from heatconv.convergence.model import Event, Resource

#: Prefix of the physical id in an event of a resource that has none yet. The token follows, of
#: which the name of the physical resource will be made.
UNNAMED = 'OS::token:'


def event(row: Resource) -> Event:
    """Return the event that reports the current state of a row."""
    return Event(
        stack_id=row.stack_id,
        resource_name=row.name,
        resource_type=row.shown_type,
        physical_id=row.physical_id or UNNAMED + row.token,
        action=row.action,
        status=row.status,
        reason=row.reason,
    )
