"""The formats of Heat's stack exports and snapshots."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence import replacement, states
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.engine.redaction import hidden_names, without_hidden
from heatconv.hot.errors import TemplateError
from heatconv.storage.base import Store
from heatconv.storage.values import Snapshot
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.templates.compiled import scope


def exported(
    stack: Stack, content: Mapping[str, Any], resources: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the export of a stack (heat/engine/stack.py, prepare_abandon).

    The values of hidden parameters are masked.

    :param content: the template, environment and files of the stack.
    :param resources: the exported resources by name; see `Exports.resources`.
    """
    template = content.get('template')
    return {
        'name': stack.name,
        'id': stack.id,
        'action': stack.action.value,
        'status': stack.status.value,
        'template': template,
        'environment': without_hidden(content.get('environment') or {}, hidden_names(template)),
        'files': content.get('files') or {},
        'resources': dict(resources),
        'project_id': stack.project_id,
        'stack_user_project_id': None,
        'tags': list(stack.tags),
    }


class Exports:
    """Exports stacks with their resources, as they are now.

    A resource whose physical resource is a nested stack is exported as that stack, as in Heat
    (heat/engine/resources/stack_resource.py, prepare_abandon).
    """

    def __init__(self, store: Store, templates: TemplateCache) -> None:
        self._store = store
        self._templates = templates

    def stack(self, stack: Stack) -> dict[str, Any]:
        """Return the export of a stack."""
        content = self._store.template(stack.newest_template_id or '') or {}
        return exported(stack, content, self.resources(stack))

    def resources(self, stack: Stack) -> dict[str, dict[str, Any]]:
        """Return the exported resources of a stack by name; doomed rows are left out."""
        rows = self._store.resources(stack.id)
        metadata = self._metadata(stack, rows)
        return {
            row.name: self._nested(row) or self._resource(row, metadata.get(row.name, {}))
            for row in rows
            if not states.doomed(row)
        }

    def _nested(self, row: Resource) -> dict[str, Any] | None:
        """Return the export of the nested stack of a row; None if it has none."""
        plugin = self._templates.types.plugin(row.type)
        if plugin is None or not plugin.nests or row.physical_id is None:
            return None
        child = self._store.stack(row.physical_id)
        return None if child is None or child.owner_id != row.stack_id else self.stack(child)

    def _resource(self, row: Resource, metadata: Mapping[str, Any]) -> dict[str, Any]:
        plugin = self._templates.types.plugin(row.type)
        handed_over = () if plugin is None else plugin.handed_over
        return {
            'name': row.name,
            'resource_id': row.physical_id,
            'type': row.shown_type,
            'action': row.action.value,
            'status': row.status.value,
            'metadata': dict(metadata),
            'resource_data': {
                attribute: row.attributes[attribute]
                for attribute in handed_over
                if attribute in row.attributes
            },
        }

    def _metadata(self, stack: Stack, rows: Sequence[Resource]) -> dict[str, dict[str, Any]]:
        """Return the metadata of resources by name, as far as it resolves now."""
        try:
            definitions = self._templates.get(stack.newest_template_id).hot.resources
        except (MissingTemplate, TemplateError):
            return {}
        resolution = scope(stack, replacement.representatives(rows))
        metadata = {}
        for name, definition in definitions.items():
            if definition.metadata:
                with contextlib.suppress(TemplateError):
                    metadata[name] = definition.resolve_metadata(resolution)
        return metadata


def snapshot(source: Snapshot, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a snapshot in the format of the API (heat/engine/api.py, format_snapshot).

    :param data: the export of the stack at the time of the snapshot.
    """
    return {
        'id': source.id,
        'name': source.name,
        'action': 'CREATE',
        'status': 'COMPLETE',
        'status_reason': 'Stack SNAPSHOT completed successfully',
        'data': dict(data),
        'creation_time': wire_format.time(source.created_at),
    }
