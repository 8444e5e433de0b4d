"""Reads of nested stacks: of many by a few queries, and of one that was read with others."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from heatconv.convergence.model import Resource, Stack
from heatconv.storage.base import Store

#: Number of contents that are cached. All nested stacks of an owner read its content, and a worker
#: reads the content of a nested stack that it has requested when the nested stack ends.
KEPT = 4

#: The same for contents of at most `SMALL` resources and files, with `LENGTH` characters as JSON.
KEPT_SMALL = 1_000
SMALL = 50
LENGTH = 20_000


class NestedReads:
    """Reads stacks, their rows and their contents.

    A thread may read many stacks ahead; then it finds them without a query.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._large: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
        self._small: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
        self._ahead = threading.local()

    @contextlib.contextmanager
    def ahead(self, stack_ids: Collection[str], template_ids: Collection[str]) -> Iterator[None]:
        """Read stacks, their rows and contents; this thread uses them within the context.

        :param stack_ids: ids of the stacks; likewise ``template_ids`` of the contents.
        """
        if len(stack_ids) > 1:
            self._ahead.stacks = self._store.stacks_by_id(stack_ids)
            self._ahead.rows = self._store.resources_of(stack_ids)
            cached = {key: self._cached(key) for key in template_ids}
            contents = {key: content for key, content in cached.items() if content is not None}
            missing = [key for key in cached if key not in contents]
            for template_id, content in self._store.templates(missing).items():
                contents[template_id] = content
                self.keep(template_id, content)
            # The cache does not keep many large contents.
            self._ahead.contents = contents
        try:
            yield
        finally:
            self._ahead.stacks = self._ahead.rows = self._ahead.contents = None

    @contextlib.contextmanager
    def as_if_saved(
        self, stack: Stack, rows: Sequence[Resource], contents: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[None]:
        """Let this thread read a stack, its rows and its content within the context.

        :param contents: the content by its id.
        """
        self._ahead.stacks, self._ahead.rows = {stack.id: stack}, {stack.id: rows}
        self._ahead.contents = contents
        try:
            yield
        finally:
            self._ahead.stacks = self._ahead.rows = self._ahead.contents = None

    def stack(self, stack_id: str) -> Stack | None:
        """Return a stack; None if it does not exist."""
        stacks: Mapping[str, Stack] | None = getattr(self._ahead, 'stacks', None)
        return stacks[stack_id] if stacks and stack_id in stacks else self._store.stack(stack_id)

    def rows(self, stack_id: str) -> Sequence[Resource]:
        """Return the rows of a stack."""
        rows: Mapping[str, Sequence[Resource]] | None = getattr(self._ahead, 'rows', None)
        return rows[stack_id] if rows and stack_id in rows else self._store.resources(stack_id)

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return a content; it is empty if it is not stored."""
        if template_id is None:
            return {}
        ahead: Mapping[str, Mapping[str, Any]] | None = getattr(self._ahead, 'contents', None)
        if ahead and template_id in ahead:
            return ahead[template_id]
        content = self._cached(template_id)
        if content is None:
            content = self._store.template(template_id)
            if content is None:
                return {}
            self.keep(template_id, content)
        return content

    def keep(self, template_id: str, content: Mapping[str, Any], length: int = 0) -> None:
        """Cache a content. It does not change: its id is a digest of it.

        :param length: its length as JSON, if the caller knows it.
        """
        small = _is_small(content, length)
        kept, most = (self._small, KEPT_SMALL) if small else (self._large, KEPT)
        with self._lock:
            kept[template_id] = content
            while len(kept) > most:
                kept.popitem(last=False)

    def _cached(self, template_id: str) -> Mapping[str, Any] | None:
        with self._lock:
            for kept in (self._small, self._large):
                if template_id in kept:
                    kept.move_to_end(template_id)
                    return kept[template_id]
        return None


def _is_small(content: Mapping[str, Any], length: int) -> bool:
    source = content.get('template') or {}
    parts = (source.get('resources') or source.get('Resources'), content.get('files'))
    if sum(len(part or ()) for part in parts) > SMALL:
        return False
    return (length or len(json.dumps(content))) <= LENGTH
