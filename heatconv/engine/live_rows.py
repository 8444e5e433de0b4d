"""Rows whose attributes change without an update of their stack: those of groups that scale.

The row of a resource has the attributes that its last operation observed. A signal changes a group
that scales without an operation on the resources that contain it, so users see its attributes as
they are now, as in Heat.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from heatconv.convergence.model import Resource, Stack
from heatconv.engine.plugin_view import as_plugin_sees
from heatconv.resources.nested import NestedPlugin
from heatconv.templates.compiled import CompiledTemplate


class LiveRows(Mapping[str, Resource]):
    """Rows by resource name, the attributes of groups that scale read when they are used.

    :param rows: the rows, as saved.
    :param compiled: the template of the stack.
    """

    def __init__(
        self, stack: Stack, rows: Mapping[str, Resource], compiled: CompiledTemplate
    ) -> None:
        self._stack = stack
        self._rows = rows
        self._compiled = compiled
        self._live: dict[str, Resource] = {}

    def __getitem__(self, name: str) -> Resource:
        row = self._rows[name]
        if not self._compiled.is_live(name):
            return row
        live = self._live.get(name)
        if live is None:
            live = self._live[name] = self._present(row)
        return live

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _present(self, row: Resource) -> Resource:
        plugin = self._compiled.types.plugin(row.type)
        if not isinstance(plugin, NestedPlugin):
            return row
        attributes = plugin.present_attributes(as_plugin_sees(self._stack, row))
        return row if attributes is None else dataclasses.replace(row, attributes=attributes)
