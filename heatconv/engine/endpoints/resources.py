"""The RPC methods of resources: lists, details, marks, hooks and signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import oslo_messaging

from heatconv import exception
from heatconv.convergence import states
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.engine.endpoints.filters import matches_filters, nested_levels
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.lookup import Lookup
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.hooks import clear_hook
from heatconv.engine.requests.marks import mark_resource
from heatconv.engine.signals import Signals
from heatconv.hot.errors import TemplateError
from heatconv.rpc import api
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.templates.compiled import scope

#: The default reason of a mark.
MARKED = 'state changed by resource_mark_unhealthy api'


class ResourcesEndpoint:
    """List and show resources, mark them, and send them signals."""

    target = oslo_messaging.Target(version=api.ENGINE_VERSION)

    def __init__(
        self, requests: Requests, lookup: Lookup, templates: TemplateCache, signals: Signals
    ) -> None:
        self._requests = requests
        self._store = requests.store
        self._lookup = lookup
        self._templates = templates
        self._signals = signals

    @rpc_method
    def list_stack_resources(
        self,
        context: Any,
        stack_identity: Any,
        nested_depth: int = 0,
        with_detail: bool = False,
        filters: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """List the resources of a stack."""
        stack = self._lookup.stack(context, stack_identity, show_deleted=True)
        shown = self._resources(stack, with_detail, nested_levels(nested_depth))
        return [resource for resource in shown if matches_filters(resource, filters or {})]

    def _resources(self, stack: Stack, with_detail: bool, depth: int) -> list[dict[str, Any]]:
        """Show the resources of a stack, then those of nested stacks, level by level."""
        shown: list[dict[str, Any]] = []
        level = [stack]
        while level:
            rows_of = {child.id: self._store.resources(child.id) for child in level}
            children = self._lookup.children(level, rows_of)
            for child in level:
                rows = rows_of[child.id]
                required_by = self._lookup.required_by(rows)
                shown += [
                    wire_format.resource(
                        row,
                        child,
                        required_by[row.id],
                        with_detail,
                        nested=children.get(row.id),
                    )
                    for row in rows
                ]
            level = list(children.values()) if depth > 0 else []
            depth -= 1
        return shown

    @rpc_method
    def describe_stack_resource(
        self,
        context: Any,
        stack_identity: Any,
        resource_name: str,
        with_attr: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Show one resource with its attributes."""
        stack = self._lookup.stack(context, stack_identity)
        rows = self._store.resources(stack.id)
        row = self._lookup.named(stack, rows, resource_name)
        required_by = self._lookup.required_by(rows)[row.id]
        nested = self._lookup.children([stack], {stack.id: [row]}).get(row.id)
        shown = wire_format.resource(row, stack, required_by, True, with_attr or (), nested)
        return {**shown, **self._said(stack, rows, row)}

    def _said(self, stack: Stack, rows: Sequence[Resource], row: Resource) -> dict[str, Any]:
        """Return the description and the metadata of a resource, as far as they are known."""
        serving = {candidate.name: candidate for candidate in rows if states.healthy(candidate)}
        for template_id in dict.fromkeys((stack.newest_template_id, row.template_id)):
            try:
                definition = self._templates.declared(template_id, row.name)
                if definition is not None:
                    metadata = definition.resolve_metadata(scope(stack, serving))
                    return {
                        'description': definition.description,
                        'metadata': metadata or self._signals.told(stack, row),
                    }
            except (MissingTemplate, TemplateError):
                continue  # not known now
        return {}

    @rpc_method
    def find_physical_resource(self, context: Any, physical_resource_id: str) -> dict[str, str]:
        """Find the resource of the project with a physical id."""
        rows = self._store.resources_with(context.project_id, str(physical_resource_id)[:255])
        stack = self._store.stack(rows[-1].stack_id) if rows else None
        if stack is None:
            raise exception.EntityNotFound(entity='Resource', name=str(physical_resource_id)[:255])
        return wire_format.identity(stack, f'/resources/{rows[-1].name}')

    @rpc_method
    def describe_stack_resources(
        self, context: Any, stack_identity: Any, resource_name: str | None = None
    ) -> list[dict[str, Any]]:
        """Show all resources of a stack, or those of one name, with details."""
        shown = self.list_stack_resources(context, stack_identity, with_detail=True)
        return [
            resource for resource in shown if resource_name in (None, resource['resource_name'])
        ]

    @rpc_method
    def resource_mark_unhealthy(
        self,
        context: Any,
        stack_identity: Any,
        resource_name: str,
        mark_unhealthy: bool,
        resource_status_reason: str | None = None,
    ) -> None:
        """Mark a resource unhealthy, so that the next update replaces it; or remove the mark."""
        if not isinstance(mark_unhealthy, bool):
            raise exception.Invalid(reason='mark_unhealthy is not a boolean')
        stack = self._lookup.stack(context, stack_identity)
        row = self._lookup.resource(stack, self._store.resources(stack.id), resource_name)
        mark_resource(self._requests, stack, row, mark_unhealthy, resource_status_reason or MARKED)

    @rpc_method
    def resource_signal(
        self,
        context: Any,
        stack_identity: Any,
        resource_name: str,
        details: Any = None,
        sync_call: bool = False,
    ) -> dict[str, Any] | None:
        """Clear a hook, or send a resource a signal."""
        stack = self._lookup.stack(context, stack_identity)
        rows = self._store.resources(stack.id)
        row = self._lookup.resource(stack, rows, resource_name)
        if isinstance(details, Mapping) and 'unset_hook' in details:
            same_name = [candidate for candidate in rows if candidate.name == row.name]
            clear_hook(self._requests, same_name, row, details['unset_hook'])
            return None
        signals = self._signals.take(stack, row, details)
        return signals if sync_call else None
