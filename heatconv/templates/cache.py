"""The cache of compiled templates, for engines and workers.

A template is compiled as a whole for a request and for a preparation. A check needs one definition
only: it compiles that alone, with the head of its template.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from heatconv.convergence.evolve import evolve
from heatconv.hot import cfn
from heatconv.hot import template as hot
from heatconv.hot.definitions import ResourceDefinition
from heatconv.hot.errors import TemplateError
from heatconv.hot.limits import budget_within
from heatconv.hot.schema import TypeSchema
from heatconv.resources.registry import Registry
from heatconv.storage.base import Store
from heatconv.storage.content import encode_template
from heatconv.templates.compiled import (
    BrokenDefinition,
    CompiledDefinition,
    CompiledTemplate,
    surroundings,
)
from heatconv.templates.nesting import Nesting
from heatconv.templates.shared import SharedTemplates

#: The registry of installed types.
Types = Registry

#: The schema of a type that is not installed: it accepts anything.
UNKNOWN = TypeSchema(any_property=True, any_attribute=True, snapshots=True)

#: Larger templates are not looked up by content: such requests are rare, and hashing the content
#: costs as much as the lookup saves.
COMPARED = 1_000


#: A cached template costs at least as much as this number of resources.
LEAST_WEIGHT = 30


def _weight(compiled: CompiledTemplate | None) -> int:
    """Return the weight of a template in the cache, in resources."""
    return 0 if compiled is None else LEAST_WEIGHT + len(compiled.definitions)


class MissingTemplate(Exception):
    """A template that a stack refers to is not in the store."""


class TemplateCache:
    """Compiles templates and caches the ones used last.

    :param size: capacity of the cache, in resources of all cached templates together.
    :param max_template_size: size limit of a template, in bytes; 0 for the default.
    """

    #: Largest number of templates whose heads are cached.
    HEADS = 1_000

    def __init__(
        self,
        store: Store,
        registry: Registry,
        size: int = 200_000,
        max_template_size: int = 0,
    ) -> None:
        self._store = store
        self._registry = registry
        self._size = size
        self._budget = budget_within(max_template_size)
        self._max_template_size = max_template_size
        self._lock = threading.Lock()
        self._kept: OrderedDict[str | None, CompiledTemplate] = OrderedDict()
        self._weight = 0
        #: Templates that are compiled once, whatever the values of their parameters.
        self.shared = SharedTemplates(
            lambda content: self._compiled(content, None, late=True),
            lambda type_: self._registry.nests(type_),
        )
        self._heads: OrderedDict[str | None, tuple[hot.Head, bool]] = OrderedDict()

    @property
    def types(self) -> Types:
        """Return the registry of installed types."""
        return self._registry

    def compile(
        self,
        content: Mapping[str, Any],
        lenient: bool = False,
        ignores_unavailable: bool = False,
    ) -> CompiledTemplate:
        """Compile a template that need not be stored; it is not cached.

        :param content: the template, its environment, and its files.
        :param lenient: accept what Heat accepts if a template is only validated: parameters
            without a value, and values that are not valid.
        :param ignores_unavailable: accept any resource of a type whose service is not there.
        :raises TemplateError: if the template is not valid.
        """
        return self._compiled(content, None, lenient, ignores_unavailable=ignores_unavailable)

    def accept(
        self,
        content: Mapping[str, Any],
        like: str | None = None,
        template_id: str | None = None,
    ) -> CompiledTemplate:
        """Compile the template of a request, unless it is cached as accepted.

        The caller saves it and then caches it with `keep`.

        :param content: the template, its environment, and its files.
        :param like: the id of a similar template, whose unchanged definitions are reused.
        :param template_id: its id, if the caller knows it.
        :raises TemplateError: if the template is not valid.
        """
        resources = content['template'].get('resources') or content['template'].get('Resources')
        if template_id is None and len(resources or ()) <= COMPARED:
            template_id = encode_template(content)[0]
        cached = None if template_id is None else self._found(template_id)
        if cached is not None and cached.accepted:
            return cached
        similar = self._found(like) if like is not None else None
        compiled = self._compiled(content, None, like=similar)
        compiled.accepted = True
        return compiled

    def _compiled(
        self,
        content: Mapping[str, Any],
        types: Callable[[str], TypeSchema | None] | None,
        lenient: bool = False,
        like: CompiledTemplate | None = None,
        ignores_unavailable: bool = False,
        late: bool = False,
    ) -> CompiledTemplate:
        """Compile a template; errors have paths in the keys of its dialect.

        :param types: returns the schema of a type; None to use the installed types and to compile
            nested templates.
        :param like: a similar template, whose unchanged definitions are reused.
        :param late: compile for any values of the parameters.
        """
        source = cfn.as_hot(content['template'])
        with cfn.placed(content['template']):
            return self._compiled_source(
                content, source, types, lenient, like, ignores_unavailable, late
            )

    def _compiled_source(
        self,
        content: Mapping[str, Any],
        source: Mapping[str, Any],
        types: Callable[[str], TypeSchema | None] | None,
        lenient: bool,
        like: CompiledTemplate | None,
        ignores_unavailable: bool,
        late: bool,
    ) -> CompiledTemplate:
        outer_sections = [
            {
                name: section
                for name, section in source.items()
                if name not in ('resources', 'outputs')
            },
            *(content.get(name) for name in ('environment', 'files', 'facade', 'pseudo')),
        ]
        # A template that was not accepted may have types that are not installed.
        if like is not None and not (like.accepted and like.shared_sections == outer_sections):
            like = None
        nesting = Nesting(
            content,
            self._registry,
            self._max_template_size,
            self._budget,
            lenient=lenient,
            ignores_unavailable=ignores_unavailable,
        )
        template = hot.compile_template(
            source,
            content.get('environment') or {},
            nesting.schema if types is None else types,
            self._registry.types,
            allow_missing=lenient,
            budget=self._budget,
            files=content.get('files') or {},
            facade=content.get('facade'),
            previous_definitions=None if like is None else like.previous_definitions,
            pseudo=content.get('pseudo'),
            schemas_of_members=nesting.schemas_of_members if types is None else None,
            checks_values=not lenient,
            late=late,
        )
        resources = source.get('resources') or {}
        digest = surroundings(template.values, source, content)
        compiled = CompiledTemplate(template, self._registry, resources, digest, nesting, like)
        compiled.shared_sections = outer_sections
        return compiled

    def _schema(self, type_name: str) -> TypeSchema:
        """Return the schema of a type, also of one that is not installed here.

        The engine accepted the template, so the type is installed somewhere. A worker without it
        fails that resource, not the whole template.
        """
        return self._registry.schema(type_name) or UNKNOWN

    def get(
        self,
        template_id: str | None,
        read: Callable[[str], Mapping[str, Any] | None] | None = None,
    ) -> CompiledTemplate:
        """Return a stored template, compiled, and cache it.

        :param template_id: None for the template without resources.
        :param read: reads its content; None to read it from the store.
        :raises MissingTemplate: if it is not stored.
        """
        cached = self._found(template_id)
        if cached is not None:
            return cached
        if template_id is None:
            compiled = CompiledTemplate(hot.empty_template(), self._registry, {})
        else:
            content = (read or self._store.template)(template_id)
            if not content:
                raise MissingTemplate(template_id)
            compiled = self._compiled(content, self._schema)
        self.keep(template_id, compiled)
        return compiled

    def _found(self, template_id: str | None) -> CompiledTemplate | None:
        """Return a template if it is cached; this counts as its latest use."""
        with self._lock:
            cached = self._kept.get(template_id)
            if cached is not None:
                self._kept.move_to_end(template_id)
            return cached

    def keep(self, template_id: str | None, compiled: CompiledTemplate) -> None:
        """Cache a compiled template, even a very large one."""
        with self._lock:
            self._weight -= _weight(self._kept.get(template_id))
            self._kept[template_id] = compiled
            self._kept.move_to_end(template_id)
            self._weight += _weight(compiled)
            self._trim(1)

    def trim(self) -> None:
        """Shrink the cache to its capacity, very large templates included."""
        with self._lock:
            self._trim(0)

    def _trim(self, least: int) -> None:
        """Remove the templates used longest ago until the others fit.

        :param least: number of templates that stay even if they do not fit.
        """
        while self._weight > self._size and len(self._kept) > least:
            self._weight -= _weight(self._kept.popitem(last=False)[1])

    def defined(
        self, template_id: str | None, name: str, source: str
    ) -> CompiledDefinition | BrokenDefinition:
        """Return a definition, compiled from the source that its node carries.

        The template may have a million definitions, and a check needs one: only the head of the
        template is read, unless the whole is cached.

        :param name: name of the resource.
        :param source: the serialized definition; see `CompiledTemplate.source_of`.
        :return: a definition whose check fails, if it does not compile.
        :raises MissingTemplate: if the template is not stored.
        """
        cached = self._found(template_id)
        if cached is not None and name in cached.definitions:
            return cached.definition(name)
        head = self.head(template_id)[0]
        digest, requires, declaration, *nested_digest = json.loads(source)
        # Earlier releases saved the requirements twice.
        declaration.pop('depends_on', None)
        try:
            compiled = hot.compile_definition(name, declaration, head, self._schema)
        except TemplateError as error:
            # The check fails the resource with this reason; an exception would be retried for
            # ever.
            return BrokenDefinition(tuple(requires), error)
        reads = compiled.requires
        compiled = evolve(compiled, requires=tuple(requires))
        return CompiledDefinition(
            compiled, digest, self._registry, *(nested_digest or ('',)), reads
        )

    def declared(self, template_id: str | None, name: str) -> ResourceDefinition | None:
        """Return the definition of one resource; other definitions are not compiled.

        :return: None if the template is not stored or has no such resource.
        :raises TemplateError: if it does not compile.
        """
        cached = self._found(template_id)
        if cached is not None:
            return cached.hot.resources.get(name)
        content = self._store.template(template_id or '')
        if content is None:
            return None
        resources = cfn.as_hot(content['template']).get('resources') or {}
        if name not in resources:
            return None
        return hot.compile_definition(
            name, resources[name], self.head(template_id)[0], self._schema
        )

    def hooked(self, template_id: str | None) -> Callable[[str], tuple[str, ...]] | None:
        """Return a function from a resource name to its hooks.

        :return: None if the template has no hooks or is not stored.
        """
        with self._lock:
            cached = self._kept.get(template_id)
        if cached is not None:
            return cached.hooked
        try:
            types = self.head(template_id)[0].types
        except MissingTemplate:
            return None
        return types.hooks if types.has_hooks else None

    def head(self, template_id: str | None) -> tuple[hot.Head, bool]:
        """Return the head of a template: everything except its resources and outputs.

        :return: the head, and whether the template has outputs.
        :raises MissingTemplate: if it is not stored.
        """
        with self._lock:
            cached = self._heads.get(template_id)
            if cached is not None:
                self._heads.move_to_end(template_id)
                return cached
        if template_id is None:
            return hot.empty_head(), False
        content = self._store.template_heads([template_id]).get(template_id)
        if content is None:
            raise MissingTemplate(template_id)
        return self._keep_head(template_id, content)

    def read_ahead(self, template_ids: Iterable[str | None]) -> None:
        """Read the heads of templates that are not cached, with one query.

        A round of a worker checks nodes of many small stacks.
        """
        with self._lock:
            missing = {
                template_id
                for template_id in template_ids
                if template_id not in self._heads and template_id not in self._kept
            }
        missing.discard(None)
        if len(missing) > 1:
            for template_id, content in self._store.template_heads(sorted(missing)).items():
                with contextlib.suppress(TemplateError):  # the check of the node reports it
                    self._keep_head(template_id, content)

    def _keep_head(self, template_id: str, content: Mapping[str, Any]) -> tuple[hot.Head, bool]:
        """Cache the head of a template, and return it as `head` does."""
        head = hot.read_head(
            cfn.as_hot(content['template']),
            content.get('environment') or {},
            content.get('files'),
            content.get('facade'),
            content.get('pseudo'),
        )
        # Heads of earlier releases do not say whether there are outputs: assume some.
        entry = (head, content.get('has_outputs', True))
        with self._lock:
            self._heads[template_id] = entry
            while len(self._heads) > self.HEADS:
                self._heads.popitem(last=False)
        return entry
