"""The RPC methods of resources: lists, details, unhealthy marks, hooks and signals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import oslo_messaging
from oslo_log import log

from heatconv import exception
from heatconv.convergence import replacement
from heatconv.convergence.model import Resource, Stack
from heatconv.engine import wire_format
from heatconv.engine.endpoints.filters import matches_filters, nested_levels
from heatconv.engine.endpoints.rpc_method import rpc_method
from heatconv.engine.live_rows import LiveRows
from heatconv.engine.lookup import Lookup
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.hooks import clear_hook
from heatconv.engine.requests.marks import mark_resource
from heatconv.engine.signals import Signals
from heatconv.hot.errors import TemplateError
from heatconv.resources.plugin import SignalIgnored, TransientError
from heatconv.rpc import api
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.templates.compiled import scope

LOG = log.getLogger(__name__)

#: The reason of a mark if the user gives none.
MARKED = 'state changed by resource_mark_unhealthy api'


class ResourcesEndpoint:
    """Lists and shows resources, marks them, clears their hooks, and sends them signals."""

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
        """List the resources of a stack.

        :param nested_depth: number of levels of nested stacks whose resources are included.
        :param with_detail: whether to include description, metadata and attributes.
        :param filters: see `heatconv.engine.endpoints.filters.matches_filters`.
        """
        stack = self._lookup.stack(context, stack_identity, show_deleted=True)
        resources = self._resources(stack, with_detail, nested_levels(nested_depth))
        return [resource for resource in resources if matches_filters(resource, filters or {})]

    def _resources(self, stack: Stack, with_detail: bool, depth: int) -> list[dict[str, Any]]:
        """Return the resources of a stack, then those of nested stacks, level by level."""
        answer: list[dict[str, Any]] = []
        level = [stack]
        while level:
            nested: list[Stack] = []
            rows_of = {owner.id: self._store.resources(owner.id) for owner in level}
            children = self._lookup.children(level, rows_of)
            for owner in level:
                rows = rows_of[owner.id]
                required_by = self._lookup.required_by(rows)
                for row in self._lookup.by_name(rows):
                    child = children.get(row.id)
                    if child is not None:
                        nested.append(child)
                    answer.append(
                        wire_format.resource(
                            row, owner, required_by[row.id], with_detail, nested=child
                        )
                    )
            level = nested if depth > 0 else []
            depth -= 1
        return answer

    @rpc_method
    def describe_stack_resource(
        self,
        context: Any,
        stack_identity: Any,
        resource_name: str,
        with_attr: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Return one resource with its attributes.

        :param with_attr: names of attributes to include even if they are null.
        """
        stack = self._lookup.stack(context, stack_identity)
        rows = self._store.resources(stack.id)
        row = self._lookup.named(stack, rows, resource_name)
        required_by = self._lookup.required_by(rows)[row.id]
        nested = self._lookup.children([stack], {stack.id: [row]}).get(row.id)
        serving = replacement.representatives(rows)
        shown = row
        if serving.get(row.name) is row:
            shown = self._live(stack, serving, [row.name])[row.name]
        answer = wire_format.resource(shown, stack, required_by, True, with_attr or (), nested)
        return {**answer, **self._declared_details(stack, serving, row)}

    def _live(
        self, stack: Stack, serving: Mapping[str, Resource], names: Iterable[str]
    ) -> Mapping[str, Resource]:
        """Return rows by name; the attributes of groups that scale are read as they are now.

        :param names: the resources that are read. The template is compiled only if one of them is
            a nested stack.
        """
        types = (serving[name].type for name in names if name in serving)
        if not any(map(self._templates.types.nests, types)):
            return serving
        try:
            compiled = self._templates.get(stack.newest_template_id or stack.last_good_id)
        except (MissingTemplate, TemplateError):
            return serving
        return LiveRows(stack, serving, compiled)

    def _declared_details(
        self, stack: Stack, serving: Mapping[str, Resource], row: Resource
    ) -> dict[str, Any]:
        """Return the description and the metadata of a resource from its definition.

        The type of the resource may add to the metadata.

        :return: empty if no definition of the resource is stored, or it does not resolve now.
        """
        for template_id in dict.fromkeys((stack.newest_template_id, row.template_id)):
            try:
                definition = self._templates.declared(template_id, row.name)
                if definition is not None:
                    live = self._live(stack, serving, definition.reads)
                    metadata = definition.resolve_metadata(scope(stack, live))
                    return {
                        'description': definition.description,
                        'metadata': self._signals.metadata(stack, row, metadata),
                    }
            except (MissingTemplate, TemplateError):
                continue  # the other template may have a definition that resolves
        return {}

    @rpc_method
    def find_physical_resource(self, context: Any, physical_resource_id: str) -> dict[str, str]:
        """Return the identity of the newest resource of the project with a physical id."""
        rows = self._store.resources_with(context.project_id, str(physical_resource_id)[:255])
        stack = self._store.stack(rows[-1].stack_id) if rows else None
        if stack is None:
            raise exception.EntityNotFound(entity='Resource', name=str(physical_resource_id)[:255])
        return wire_format.identity(stack, f'/resources/{rows[-1].name}')

    @rpc_method
    def describe_stack_resources(
        self, context: Any, stack_identity: Any, resource_name: str | None = None
    ) -> list[dict[str, Any]]:
        """Return all resources of a stack, or those with one name, with details."""
        resources = self.list_stack_resources(context, stack_identity, with_detail=True)
        return [
            resource
            for resource in resources
            if resource_name in (None, resource['resource_name'])
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
        """Mark a resource unhealthy, so that the next update replaces it; or remove the mark.

        :param resource_name: the name, or the physical id.
        :param mark_unhealthy: false to remove the mark.
        """
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
        """Send a signal to a resource, or clear one of its hooks.

        :param resource_name: the name, or the physical id.
        :param details: the data of the signal; with the key ``unset_hook``, the hook to clear.
        :param sync_call: whether to return the received signals, or under the key ``ignored`` why
            the signal has no effect.
        :raises ActionInProgress: if other requests change what the signal changes all the time.
        """
        stack = self._lookup.stack(context, stack_identity)
        rows = self._store.resources(stack.id)
        row = self._lookup.resource(stack, rows, resource_name)
        if isinstance(details, Mapping) and 'unset_hook' in details:
            rows_of_name = [candidate for candidate in rows if candidate.name == row.name]
            clear_hook(self._requests, rows_of_name, row, details['unset_hook'])
            return None
        try:
            self._signals.take(stack, row, details)
        except SignalIgnored as ignored:
            LOG.info('Signal to %s of stack %s is ignored: %s', row.name, stack.name, ignored)
            return {'ignored': str(ignored)} if sync_call else None
        except TransientError:
            raise exception.ActionInProgress(
                stack_name=stack.name, action=stack.action.value
            ) from None
        return self._signals.received(stack, row) if sync_call else None
