"""Resolution of the outputs of a stack from its current resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from heatconv.convergence import replacement
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.engine.live_rows import LiveRows
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
        """Return the compiled template of the latest request.

        :return: None if the template is purged, or is not valid with the types installed here.
        """
        try:
            return self._templates.get(stack.newest_template_id)
        except (MissingTemplate, TemplateError):
            return None

    def values(
        self, stack: Stack, compiled: CompiledTemplate, wanted: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """List outputs with their values; see the function `values`."""
        return values(self._store.resources, stack, compiled, wanted)

    def show_stack(self, stack: Stack, resolve_outputs: bool) -> dict[str, Any]:
        """Return a stack in the format of the API.

        :param resolve_outputs: whether to include the outputs with their values.
        """
        try:
            head, has_outputs = self._templates.head(stack.newest_template_id)
        except (MissingTemplate, TemplateError):
            head, has_outputs = None, True
        outputs = None
        if resolve_outputs and not has_outputs:
            outputs = []
        elif resolve_outputs:
            compiled = self.compiled(stack)
            outputs = None if compiled is None else self.values(stack, compiled)
        return wire_format.stack(stack, head, outputs)


def names(compiled: CompiledTemplate | None) -> list[dict[str, Any]]:
    """List the outputs of a template without their values."""
    if compiled is None:
        return []
    return [
        {'output_key': name, 'description': output.description or 'No description given'}
        for name, output in compiled.hot.outputs.items()
    ]


def values(
    rows_of: Callable[[str], Iterable[Resource]],
    stack: Stack,
    compiled: CompiledTemplate,
    wanted: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """List outputs with their values, in the format of the API.

    An output that does not resolve has the value null and an error.

    :param rows_of: returns the rows of a stack by its id.
    :param wanted: names of outputs; empty for all.
    """
    outputs = compiled.hot.outputs
    if not outputs:
        return []
    rows = replacement.representatives(rows_of(stack.id))
    resolution = scope(stack, LiveRows(stack, rows, compiled), compiled.late_parameters)
    answer = []
    for name in wanted or outputs:
        output = outputs[name]
        entry: dict[str, Any] = {
            'output_key': name,
            'description': output.description or 'No description given',
        }
        try:
            entry['output_value'] = output.resolve(resolution)
        except TemplateError as error:
            entry['output_value'] = None
            # Without its path, as in Heat: the output is named already.
            entry['output_error'] = error.message
        answer.append(entry)
    return answer
