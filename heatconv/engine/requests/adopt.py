"""Adopt existing physical resources into a new stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.convergence.model import ADOPTED, Resource
from heatconv.runtime.ports import Ids
from heatconv.templates.compiled import CompiledTemplate


def adopted_rows(
    ids: Ids, stack_id: str, compiled: CompiledTemplate, adopts: Mapping[str, Any] | None
) -> list[Resource]:
    """Return the rows of a stack that adopts resources: never begun, but with a physical id.

    :param compiled: the template of the stack: it has one row for each definition.
    :param adopts: the exported resources, by name. The row of a definition without one has an
        empty physical id.
    """
    rows = []
    for name, definition in compiled.definitions.items():
        exported = (adopts or {}).get(name)
        exported = exported if isinstance(exported, Mapping) else {}
        nested = isinstance(exported.get('resources'), Mapping)
        # A nested stack is exported as a whole, and its plugin adopts its resources.
        resource_data = exported if nested else exported.get('resource_data')
        physical_id = exported.get('id' if nested else 'resource_id')
        rows.append(
            Resource(
                id=ids.fresh(),
                stack_id=stack_id,
                name=name,
                type=definition.type,
                declared_type=definition.declared_type,
                physical_id=str(physical_id or '')[:255],
                attributes={
                    ADOPTED: dict(resource_data) if isinstance(resource_data, Mapping) else {}
                },
                deletion_policy=definition.deletion_policy,
            )
        )
    return rows
