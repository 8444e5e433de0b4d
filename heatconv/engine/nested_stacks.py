"""Access to nested stacks for the plugins whose physical resources are stacks."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from heatconv.convergence import replacement, states
from heatconv.convergence.model import Event, Stack, Status
from heatconv.convergence.model import Resource as Row
from heatconv.engine import outputs
from heatconv.engine.ancestry import owners
from heatconv.engine.live_rows import LiveRows
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.delete import delete_stack
from heatconv.engine.requests.nested import create_nested, update_nested
from heatconv.exception import HeatconvException
from heatconv.hot.errors import TemplateError
from heatconv.hot.nested import MAX_DEPTH
from heatconv.resources.nested import Member, NestedStack
from heatconv.resources.plugin import Resource
from heatconv.storage.base import Store
from heatconv.templates.cache import MissingTemplate, TemplateCache
from heatconv.templates.compiled import reference_id

#: Number of owners whose content is cached: all nested stacks of an owner read the same content.
KEPT = 4


def nested_stack(stack: Stack) -> NestedStack:
    """Return what a plugin sees of a nested stack."""
    return NestedStack(
        stack.id,
        stack.name,
        stack.status,
        stack.reason,
        stack.updated_at or stack.created_at,
        stack.newest_template_id or stack.last_good_id,
    )


class NestedStacks:
    """Implements `heatconv.resources.nested.NestedStacks` with a store and the requests."""

    def __init__(
        self,
        store: Store,
        templates: TemplateCache,
        requests: Requests,
        max_template_size: int,
        max_depth: int = MAX_DEPTH,
    ) -> None:
        self.max_template_size = max_template_size
        self._max_depth = max_depth
        self._store = store
        self._templates = templates
        self._requests = requests
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Mapping[str, Any]] = OrderedDict()

    @property
    def max_resources(self) -> int:
        """Return the largest number of resources of a stack; negative for no limit."""
        return self._requests.limits.max_resources_per_stack

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return template, environment and files of the stack that owns a resource.

        :param template_id: id of the template of that stack; None for an empty content.
        """
        if template_id is None:
            return {}
        with self._lock:
            content = self._kept.get(template_id)
            if content is not None:
                self._kept.move_to_end(template_id)
                return content
        content = self._store.template(template_id) or {}
        with self._lock:
            self._kept[template_id] = content
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return content

    def made_of(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the content that a nested stack was requested with."""
        return self._store.template(child.template_id or '') or {}

    def find(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of a resource, or None.

        :raises HeatconvException: if another stack has its name.
        """
        stack = self._store.stack_by_name(resource.project_id, name)
        if stack is None:
            return None
        if stack.owner_id != resource.stack_id:
            raise HeatconvException(f'a stack {name} exists already and is not nested in this one')
        return nested_stack(stack)

    def sibling(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of another resource of the same stack, or None."""
        stack = self._store.stack_by_name(resource.project_id, name)
        if stack is None or stack.owner_id != resource.stack_id:
            return None
        return nested_stack(stack)

    def create(
        self,
        resource: Resource,
        name: str,
        content: Mapping[str, Any],
        adopts: Mapping[str, Any] | None = None,
    ) -> None:
        """Request the nested stack of a resource, unless it exists.

        :param adopts: exported resources to adopt, by name; None if nothing is adopted.
        :raises HeatconvException: if it would be nested too deep, or its owner does not exist.
        """
        owner = self._store.stack(resource.stack_id)
        if owner is None:
            raise HeatconvException(f'the stack {resource.stack_name} is gone')
        if sum(1 for _ in owners(self._store, owner)) >= self._max_depth:
            raise HeatconvException(f'Recursion depth exceeds {self._max_depth}.')
        create_nested(self._requests, owner, resource.name, name, content, adopts)

    def update(
        self, child: NestedStack, content: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Request an update of a nested stack, unless it does not exist.

        :param events: events of its owner, saved with the request.
        :return: False if another content was requested since ``child`` was read.
        """
        stack = self._store.stack(child.id)
        if stack is None:
            return True
        return update_nested(self._requests, stack, content, child.template_id, events)

    def busy(self, token: str) -> bool:
        """Say whether the latest operation on a resource is not complete."""
        row = self._store.row(token)
        return row is None or row.status != Status.COMPLETE

    def delete(self, child: NestedStack) -> None:
        """Request the deletion of a nested stack, unless it is deleted."""
        stack = self._store.stack(child.id)
        if stack is not None and stack.deleted_at is None:
            delete_stack(self._requests, stack)

    def outputs(self, child: NestedStack) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return the values of the outputs of a nested stack by name, and the errors by name."""
        stack = self._store.stack(child.id)
        if stack is None:
            return {}, {}
        compiled = self._templates.get(stack.newest_template_id)
        resolved = outputs.values(self._store, stack, compiled)
        errors = {
            output['output_key']: output['output_error']
            for output in resolved
            if 'output_error' in output
        }
        values = {output['output_key']: output['output_value'] for output in resolved}
        return {name: values[name] for name in values if name not in errors}, errors

    def members(self, child: NestedStack) -> Mapping[str, Member]:
        """Return the resources of a nested stack that have a physical resource, by name."""
        rows: Mapping[str, Row] = replacement.representatives(self._store.resources(child.id))
        with contextlib.suppress(MissingTemplate, TemplateError):
            compiled = self._templates.get(child.template_id)
            stack = self._store.stack(child.id) if any(map(compiled.is_live, rows)) else None
            rows = rows if stack is None else LiveRows(stack, rows, compiled)
        return {
            name: Member(
                reference_id(row),
                row.attributes,
                row.created_at,
                row.updated_at,
            )
            for name, row in rows.items()
        }

    def failed(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack of which every row has failed."""
        rows = [row for row in self._store.resources(child.id) if not states.doomed(row)]
        works = {row.name for row in rows if row.status != Status.FAILED}
        return {row.name for row in rows} - works

    def complete(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack that have a complete row."""
        rows = self._store.resources(child.id)
        return {row.name for row in rows if states.healthy(row)}
