"""Rows as their plugins see them, for calls that an engine makes."""

from __future__ import annotations

from heatconv.convergence.model import Resource, Stack
from heatconv.resources import plugin as plugins


def as_plugin_sees(stack: Stack, row: Resource) -> plugins.Resource:
    """Return a row as its plugin sees it, with the properties that are saved with it."""
    return plugins.Resource(
        token=row.token,
        name=row.name,
        type=row.type,
        stack_id=stack.id,
        stack_name=stack.name,
        project_id=stack.project_id,
        properties=row.properties or {},
        physical_id=row.physical_id,
    )
