"""Adopt existing resources as those of a new stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.convergence.model import ADOPTED, Resource
from heatconv.runtime.ports import Ids
from heatconv.templates.compiled import CompiledTemplate


def adopted_rows(
    ids: Ids, stack_id: str, compiled: CompiledTemplate, adopts: Mapping[str, Any] | None
) -> list[Resource]:
    """Return the rows of the resources that a stack adopts: not begun, with a physical id.

    :param adopts: the exported resources, by name.
    """
    rows = []
    for name, definition in compiled.definitions.items():
        exported = (adopts or {}).get(name)
        exported = exported if isinstance(exported, Mapping) else {}
        data = exported.get('resource_data')
        rows.append(
            Resource(
                id=ids.fresh(),
                stack_id=stack_id,
                name=name,
                type=definition.type,
                physical_id=str(exported.get('resource_id') or '')[:255],
                attributes={ADOPTED: dict(data) if isinstance(data, Mapping) else {}},
                deletion_policy=definition.deletion_policy,
            )
        )
    return rows
