"""Stacks that are resources of others, as their plugin asks for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from heatconv.convergence import states
from heatconv.engine import outputs
from heatconv.engine.ancestry import owners
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.delete import delete_stack
from heatconv.engine.requests.nested import create_nested, update_nested
from heatconv.exception import HeatconvException
from heatconv.hot.nested import MAX_DEPTH
from heatconv.resources.nested import Member, NestedStack
from heatconv.resources.plugin import Resource
from heatconv.storage.base import Store
from heatconv.templates.cache import TemplateCache
from heatconv.templates.compiled import reference_id

#: The contents of so many owners are kept: all of its nested stacks are made of one.
KEPT = 4


class NestedStacks:
    """Makes the stacks that resources are; see `heatconv.resources.nested.NestedStacks`."""

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

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return template, environment and files of the stack that a resource is in."""
        if template_id is None:
            return {}
        with self._lock:
            found = self._kept.get(template_id)
            if found is not None:
                self._kept.move_to_end(template_id)
                return found
        found = self._store.template(template_id) or {}
        with self._lock:
            self._kept[template_id] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def made_of(self, child: NestedStack) -> Mapping[str, Any]:
        """Return what a stack was asked to be: its content, as its plugin gave it."""
        return self._store.template(child.template_id or '') or {}

    def find(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the stack that a resource is, or None.

        :raises HeatconvException: if there is another stack of that name.
        """
        found = self._store.stack_by_name(resource.project_id, name)
        if found is None:
            return None
        if found.owner_id != resource.stack_id:
            raise HeatconvException(f'there is a stack {name} already, which is not part of this')
        return NestedStack(
            found.id,
            found.status,
            found.reason,
            found.updated_at or found.created_at,
            found.newest_template_id or found.last_good_id,
        )

    def create(self, resource: Resource, name: str, content: Mapping[str, Any]) -> None:
        """Ask for the stack that a resource is to be, unless it is there.

        :raises HeatconvException: if there may be none like that.
        """
        owner = self._store.stack(resource.stack_id)
        if owner is None:
            raise HeatconvException(f'the stack {resource.stack_name} is gone')
        if sum(1 for _ in owners(self._store, owner)) >= self._max_depth:
            raise HeatconvException(f'Recursion depth exceeds {self._max_depth}.')
        create_nested(self._requests, owner, resource.name, name, content)

    def update(self, child: NestedStack, content: Mapping[str, Any]) -> None:
        """Ask for a stack to become something else."""
        found = self._store.stack(child.id)
        if found is not None:
            update_nested(self._requests, found, content)

    def delete(self, child: NestedStack) -> None:
        """Ask for a stack to go."""
        found = self._store.stack(child.id)
        if found is not None and found.deleted_at is None:
            delete_stack(self._requests, found)

    def outputs(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the values of the outputs."""
        stack = self._store.stack(child.id)
        if stack is None:
            return {}
        compiled = self._templates.get(stack.newest_template_id)
        found = outputs.values(self._store, stack, compiled)
        return {one['output_key']: one['output_value'] for one in found}

    def members(self, child: NestedStack) -> Mapping[str, Member]:
        """Return the resources in it that others may refer to, by name."""
        return {
            row.name: Member(reference_id(row), row.attributes)
            for row in self._store.resources(child.id)
            if states.healthy(row)
        }
