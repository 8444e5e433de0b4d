"""The outputs of a stack, resolved from what its resources are now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import Resource, Stack
from heatconv.hot.errors import TemplateError
from heatconv.storage.base import Store
from heatconv.templates.compiled import CompiledTemplate, scope


def names(compiled: CompiledTemplate | None) -> list[dict[str, Any]]:
    """List outputs without values."""
    if compiled is None:
        return []
    return [
        {'output_key': name, 'description': output.description or 'No description given'}
        for name, output in compiled.hot.outputs.items()
    ]


def values(
    store: Store, stack: Stack, compiled: CompiledTemplate, wanted: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """List outputs with their values; one that has none says why.

    :param wanted: their names; all if empty.
    """
    outputs = compiled.hot.outputs
    if not outputs:
        return []
    rows: dict[str, Resource] = {}
    for row in store.resources(stack.id):
        # The newest that is there serves the name while a replacement is made.
        if states.healthy(row) or (states.in_progress(row) and row.physical_id):
            rows[row.name] = row
    known = scope(stack, rows)
    shown = []
    for name in wanted or outputs:
        output = outputs[name]
        one: dict[str, Any] = {
            'output_key': name,
            'description': output.description or 'No description given',
        }
        try:
            one['output_value'] = output.resolve(known)
        except TemplateError as error:
            one['output_value'] = None
            one['output_error'] = str(error)
        shown.append(one)
    return shown
