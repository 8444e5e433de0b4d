"""The outputs of a stack, resolved from its present resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.hot.errors import TemplateError
from heatconv.storage.base import Store
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.templates.compiled import CompiledTemplate, scope


class Outputs:
    """Resolves the outputs of stacks."""

    def __init__(self, store: Store, templates: TemplateCache) -> None:
        self._store = store
        self._templates = templates

    def compiled(self, stack: Stack) -> CompiledTemplate | None:
        """Return the template of the latest request; None if it is purged or not valid here."""
        try:
            return self._templates.get(stack.newest_template_id)
        except (MissingTemplate, TemplateError):
            return None

    def values(
        self, stack: Stack, compiled: CompiledTemplate, wanted: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """List outputs with their values; see `values`."""
        return values(self._store, stack, compiled, wanted)

    def show_stack(self, stack: Stack, resolve_outputs: bool) -> dict[str, Any]:
        """Show a stack in the shape of the API.

        :param resolve_outputs: whether to show the values of its outputs.
        """
        try:
            head, has_outputs = self._templates.head(stack.newest_template_id)
        except (MissingTemplate, TemplateError):
            head, has_outputs = None, True
        shown = None
        if resolve_outputs and not has_outputs:
            shown = []
        elif resolve_outputs:
            compiled = self.compiled(stack)
            shown = None if compiled is None else self.values(stack, compiled)
        return wire_format.stack(stack, head, shown)


def names(compiled: CompiledTemplate | None) -> list[dict[str, Any]]:
    """List outputs without their values."""
    if compiled is None:
        return []
    return [
        {'output_key': name, 'description': output.description or 'No description given'}
        for name, output in compiled.hot.outputs.items()
    ]


def values(
    store: Store, stack: Stack, compiled: CompiledTemplate, wanted: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """List outputs with their values; an output without a value has an error.

    :param wanted: names of outputs; all if empty.
    """
    outputs = compiled.hot.outputs
    if not outputs:
        return []
    rows: dict[str, Resource] = {}
    for row in store.resources(stack.id):
        # While a replacement is created, the newest existing row serves the name.
        if states.healthy(row) or (states.in_progress(row) and row.physical_id):
            rows[row.name] = row
    resolution = scope(stack, rows)
    shown = []
    for name in wanted or outputs:
        output = outputs[name]
        shown_output: dict[str, Any] = {
            'output_key': name,
            'description': output.description or 'No description given',
        }
        try:
            shown_output['output_value'] = output.resolve(resolution)
        except TemplateError as error:
            shown_output['output_value'] = None
            shown_output['output_error'] = str(error)
        shown.append(shown_output)
    return shown
