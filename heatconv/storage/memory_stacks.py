"""Templates, and queries for stacks, in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping
from typing import Any

from heatconv.convergence.model import Resource, Stack
from heatconv.storage.content import encode_template, head_of
from heatconv.storage.stack_query import StackQuery


class MemoryStacks:
    """The part of the store that keeps templates and finds stacks."""

    _lock: threading.RLock
    _templates: dict[str, str]
    _stacks: dict[str, Stack]
    _rows: dict[str, Resource]
    _rows_of: dict[str, dict[str, None]]

    def save_template(self, content: Mapping[str, Any]) -> str:
        template_id, text = encode_template(content)
        with self._lock:
            self._templates[template_id] = text
        return template_id

    def template(self, template_id: str) -> Mapping[str, Any] | None:
        text = self._templates.get(template_id)
        return None if text is None else dict(json.loads(text))

    def templates(self, template_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        found = ((template_id, self.template(template_id)) for template_id in template_ids)
        return {template_id: content for template_id, content in found if content is not None}

    def template_heads(self, template_ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        contents = self.templates(template_ids)
        return {template_id: head_of(content) for template_id, content in contents.items()}

    def stack(self, stack_id: str) -> Stack | None:
        return self._stacks.get(stack_id)

    def stack_by_name(self, project_id: str, name: str) -> Stack | None:
        with self._lock:
            for stack in self._stacks.values():
                if (stack.project_id, stack.name, stack.deleted_at) == (project_id, name, None):
                    return stack
            return None

    def stacks_by_id(self, stack_ids: Collection[str]) -> dict[str, Stack]:
        with self._lock:
            return {key: self._stacks[key] for key in stack_ids if key in self._stacks}

    def stacks_by_name(self, project_id: str, names: Collection[str]) -> dict[str, Stack]:
        found = (self.stack_by_name(project_id, name) for name in names)
        return {stack.name: stack for stack in found if stack is not None}

    def stacks(self, query: StackQuery) -> list[Stack]:
        with self._lock:
            stacks = [stack for stack in self._stacks.values() if query.matches(stack)]
        stacks.sort(key=lambda stack: stack.id, reverse=True)
        for key, descends in reversed(query.sort):
            stacks.sort(key=lambda stack, key=key: getattr(stack, key) or 0, reverse=descends)  # type: ignore[misc]
        if query.marker is not None:
            ids = [stack.id for stack in stacks]
            stacks = stacks[ids.index(query.marker) + 1 :] if query.marker in ids else []
        return stacks if query.limit is None else stacks[: query.limit]

    def count_stacks(self, query: StackQuery) -> int:
        with self._lock:
            return sum(query.matches(stack) for stack in self._stacks.values())

    def resources_with(self, project_id: str, physical_id: str) -> list[Resource]:
        with self._lock:
            live = [
                stack.id
                for stack in self._stacks.values()
                if stack.project_id == project_id and stack.deleted_at is None
            ]
            rows = [row for stack_id in live for row in self.resources(stack_id)]
        return sorted(
            (row for row in rows if row.physical_id == physical_id), key=lambda row: row.id
        )

    def resources(self, stack_id: str) -> list[Resource]:
        with self._lock:
            return [self._rows[row_id] for row_id in sorted(self._rows_of.get(stack_id, ()))]

    def resources_of(self, stack_ids: Collection[str]) -> dict[str, list[Resource]]:
        return {stack_id: self.resources(stack_id) for stack_id in stack_ids}
