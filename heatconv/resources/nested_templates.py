"""The templates of nested stacks, parsed once for all resources of a stack that have them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.hot import environment as environments
from heatconv.hot import nested
from heatconv.hot.registry import RESOURCES

#: Largest number of templates that are kept, and the largest length of one, and of its files. A
#: longer one is made for each resource, as the memory for many of them has no limit otherwise.
KEPT = 50
LENGTH = 200_000

#: What is made for a template; None if it is too long to be kept.
Kept = OrderedDict[tuple[str, str], dict[str, Any] | None]


class NestedTemplates:
    """Keeps parsed templates, and the files that they use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._templates: Kept = OrderedDict()
        self._files: Kept = OrderedDict()

    def template(
        self, content_id: str | None, owner: Mapping[str, Any], name: str, max_size: int
    ) -> dict[str, Any]:
        """Return a template, parsed.

        :param content_id: id of the content of the owning stack; None to keep nothing.
        :param owner: that content.
        :param name: the file name of the template.
        :param max_size: size limit in bytes.
        :raises TemplateError: if it is missing or cannot be parsed.
        """
        files = owner.get('files') or {}
        return self._kept(
            self._templates, content_id, name, lambda: nested.source_of(files, name, max_size)
        )

    def files(
        self,
        content_id: str | None,
        owner: Mapping[str, Any],
        name: str,
        used: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        """Return the files that a template uses.

        :param content_id: see `template`; likewise ``owner`` and ``name``.
        :param used: returns them for one resource.
        """
        registry = (owner.get('environment') or {}).get(environments.REGISTRY) or {}
        if RESOURCES in registry:
            return used()  # the files depend on the name of the resource
        return self._kept(self._files, content_id, name, used)

    def _kept(
        self,
        kept: Kept,
        content_id: str | None,
        name: str,
        make: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        if content_id is None:
            return make()
        key = (content_id, name)
        with self._lock:
            known = key in kept
            value = kept.get(key)
            if known:
                kept.move_to_end(key)
        if value is not None:
            return value
        value = make()
        if not known:
            is_long = len(json.dumps(value)) > LENGTH
            with self._lock:
                kept[key] = None if is_long else value
                while len(kept) > KEPT:
                    kept.popitem(last=False)
        return value
