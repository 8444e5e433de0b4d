"""The template cache of simulations: it compiles a template once for all worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from heatconv.hot.limits import COMPILE_BUDGET
from heatconv.resources.registry import Registry
from heatconv.storage.base import Store
from heatconv.storage.content import encode_template
from heatconv.templates.cache import TemplateCache
from heatconv.templates.compiled import CompiledDefinition, CompiledTemplate
from heatconv.templates.shared import SharedTemplates


class Templates(TemplateCache):
    """A template cache that is bound to one world after another.

    All worlds have the same resource type, so that a template compiled for one of them is valid
    for all. The cache is bounded, because the number of random templates is not.

    :param size: number of templates above which the cache is cleared for the next world.
    """

    def __init__(self, size: int = 2_000) -> None:
        self._size = size
        self._budget = COMPILE_BUDGET
        self._max_template_size = 0
        self._by_id: dict[str | None, CompiledTemplate] = {}
        self._ids: dict[int, tuple[Mapping[str, Any], str]] = {}
        self._registries: dict[frozenset[str], Registry] = {}
        self.shared = SharedTemplates(
            lambda content: self._compiled(content, None, late=True),
            lambda type_: self._registry.nests(type_),
        )

    def bound(self, store: Store, registry: Registry) -> Templates:
        """Bind the cache to a world and return it; clear it if it is too large."""
        self._store = store
        # A compiled template keeps its registry, and the plugins of a registry keep their world:
        # worlds of the same types share the registry of the first, so that the others are freed.
        # Only schemas and traits of the types are read from it.
        self._registry = self._registries.setdefault(frozenset(registry.types), registry)
        if len(self._by_id) > self._size:
            self._by_id.clear()
        if len(self._ids) > self._size:
            self._ids.clear()
        return self

    def id_of(self, content: Mapping[str, Any]) -> str:
        """Return the content id of a template, as a store computes it."""
        entry = self._ids.get(id(content))
        if entry is None:
            entry = self._ids[id(content)] = (content, encode_template(content)[0])
        return entry[1]

    def accept(
        self,
        content: Mapping[str, Any],
        like: str | None = None,
        template_id: str | None = None,
    ) -> CompiledTemplate:
        return self.compile(content)

    def compile(self, content: Mapping[str, Any], lenient: bool = False) -> CompiledTemplate:
        template_id = self.id_of(content)
        if template_id not in self._by_id:
            self._by_id[template_id] = super().compile(content, lenient)
        return self._by_id[template_id]

    def keep(self, template_id: str | None, compiled: CompiledTemplate) -> None:
        self._by_id[template_id] = compiled

    def read_ahead(self, template_ids: Iterable[str | None]) -> None:
        """Do nothing: no template is read from a database."""

    def trim(self) -> None:
        """Do nothing: only `bound` clears the cache."""

    def defined(self, template_id: str | None, name: str, source_of: str) -> CompiledDefinition:
        return self.get(template_id).definition(name)

    def hooked(self, template_id: str | None) -> Callable[[str], tuple[str, ...]] | None:
        return self.get(template_id).hooked

    def get(
        self,
        template_id: str | None,
        read: Callable[[str], Mapping[str, Any] | None] | None = None,
    ) -> CompiledTemplate:
        compiled = self._by_id.get(template_id)
        if compiled is None:
            content = self._store.template(template_id) if template_id is not None else None
            empty = {'template': {'heat_template_version': '2021-04-16'}}
            compiled = super().compile(empty if content is None else content)
            self._by_id[template_id] = compiled
        return compiled
