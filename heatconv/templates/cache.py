"""Compile stored templates, each once, for engines and workers."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.convergence import fingerprint
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
    encode,
)
from heatconv.templates.nesting import Nesting

#: What knows the types that are installed.
Types = Registry

#: What may be said of a type that is not installed: anything.
UNKNOWN = TypeSchema(any_property=True, any_attribute=True)

#: Requests for larger templates are not compared with those before: they come seldom, and
#: what names a template costs as much as it spares.
COMPARED = 1_000


class MissingTemplate(Exception):
    """A template that a stack refers to is not in the store."""


class TemplateCache:
    """Compiles templates and keeps the ones last used.

    :param size: how many resources those that are kept may have, in all.
    :param max_template_size: of the largest template that is taken, in bytes.
    """

    #: Of how many templates the heads are kept.
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
        self._heads: OrderedDict[str | None, tuple[hot.Head, bool]] = OrderedDict()

    @property
    def types(self) -> Types:
        """Return what knows the types that are installed."""
        return self._registry

    def compile(self, content: Mapping[str, Any], lenient: bool = False) -> CompiledTemplate:
        """Compile a template that may not be stored, or not be valid.

        :param lenient: take parameters without a value.
        :raises TemplateError: if it is not.
        """
        return self._compiled(content, None, lenient)

    def accept(self, content: Mapping[str, Any], like: str | None = None) -> CompiledTemplate:
        """Compile a template that a request brings, unless that was done just now.

        :param like: the id of one that it may differ from in little.
        :raises TemplateError: if it is not valid.
        """
        resources = content['template'].get('resources') or content['template'].get('Resources')
        if len(resources or ()) <= COMPARED:
            found = self._found(encode_template(content)[0])
            if found is not None and found.accepted:
                return found
        known = self._found(like) if like is not None else None
        made = self._compiled(content, None, like=known)
        made.accepted = True
        return made

    def _compiled(
        self,
        content: Mapping[str, Any],
        types: Callable[[str], TypeSchema | None] | None,
        lenient: bool = False,
        like: CompiledTemplate | None = None,
    ) -> CompiledTemplate:
        """Compile a template; nested ones too, unless it is told what types are like."""
        source = cfn.as_hot(content['template'])
        with cfn.placed(content['template']):
            return self._made(content, source, types, lenient, like)

    def _made(
        self,
        content: Mapping[str, Any],
        source: Mapping[str, Any],
        types: Callable[[str], TypeSchema | None] | None,
        lenient: bool,
        like: CompiledTemplate | None,
    ) -> CompiledTemplate:
        around = [
            {name: one for name, one in source.items() if name not in ('resources', 'outputs')},
            *(content.get(name) for name in ('environment', 'files', 'facade')),
        ]
        # One that was not accepted may have types that are not installed.
        if like is not None and not (like.accepted and like.shared_sections == around):
            like = None
        nesting = Nesting(content, self._registry, self._max_template_size, self._budget)
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
        )
        shared_sections = [
            sorted(template.values.items()),
            source.get('conditions'),
            content.get('files'),
        ]
        if 'mappings' in source:
            shared_sections.append(source['mappings'])
        surroundings = fingerprint.digest(encode(shared_sections)) if any(shared_sections) else ''
        resources = source.get('resources') or {}
        made = CompiledTemplate(template, self._registry, resources, surroundings, nesting, like)
        made.shared_sections = around
        return made

    def _schema(self, type_name: str) -> TypeSchema:
        """Return the schema of a type, of one that is not installed here too.

        The engine accepted the template, so its type is known somewhere. A worker
        without it fails that resource, not everything in the template.
        """
        return self._registry.schema(type_name) or UNKNOWN

    def get(self, template_id: str | None) -> CompiledTemplate:
        """Return a stored template, compiled.

        :param template_id: None for the template without resources.
        :raises MissingTemplate: if it is not there.
        """
        found = self._found(template_id)
        if found is not None:
            return found
        if template_id is None:
            made = CompiledTemplate(hot.empty_template(), self._registry, {})
        else:
            content = self._store.template(template_id)
            if content is None:
                raise MissingTemplate(template_id)
            made = self._compiled(content, self._schema)
        self.keep(template_id, made)
        return made

    def _found(self, template_id: str | None) -> CompiledTemplate | None:
        with self._lock:
            found = self._kept.get(template_id)
            if found is not None:
                self._kept.move_to_end(template_id)
            return found

    def keep(self, template_id: str | None, made: CompiledTemplate) -> None:
        """Keep a compiled template for the next who asks for it, even a very large one."""
        with self._lock:
            self._kept[template_id] = made
            self._trim(1)

    def trim(self) -> None:
        """Forget very large templates too: who needed them has had them."""
        with self._lock:
            self._trim(0)

    def _trim(self, least: int) -> None:
        kept = sum(1 + len(one.definitions) for one in self._kept.values())
        while kept > self._size and len(self._kept) > least:
            kept -= 1 + len(self._kept.popitem(last=False)[1].definitions)

    def defined(
        self, template_id: str | None, name: str, source: str
    ) -> CompiledDefinition | BrokenDefinition:
        """Return a definition, compiled of what its node brings.

        The template may have a million of them, and a check needs one.

        :raises MissingTemplate: if the template is not there.
        """
        head = self.head(template_id)[0]
        known, requires, declaration, *made_of = json.loads(source)
        # Releases before this one told again what it depends on.
        declaration.pop('depends_on', None)
        try:
            compiled = hot.compile_definition(name, declaration, head, self._schema)
        except TemplateError as error:
            # It would be tried for ever: better it fails, and says why.
            return BrokenDefinition(tuple(requires), error)
        reads = compiled.requires
        compiled = evolve(compiled, requires=tuple(requires))
        return CompiledDefinition(compiled, known, self._registry, *(made_of or ('',)), reads)

    def declared(self, template_id: str | None, name: str) -> ResourceDefinition | None:
        """Return what a template says of one resource, or None; the others are not compiled.

        :raises TemplateError: if it does not compile.
        """
        kept = self._found(template_id)
        if kept is not None:
            return kept.hot.resources.get(name)
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
        """Return what gives the hooks of a resource by its name, if there are any."""
        with self._lock:
            found = self._kept.get(template_id)
        if found is not None:
            return found.hooked
        try:
            types = self.head(template_id)[0].types
        except MissingTemplate:
            return None
        return types.hooks if types.has_hooks else None

    def head(self, template_id: str | None) -> tuple[hot.Head, bool]:
        """Return what a template says but for its resources, and whether it has outputs.

        :raises MissingTemplate: if it is not there.
        """
        with self._lock:
            found = self._heads.get(template_id)
            if found is not None:
                self._heads.move_to_end(template_id)
                return found
        if template_id is None:
            return hot.empty_head(), False
        content = self._store.template_head(template_id)
        if content is None:
            raise MissingTemplate(template_id)
        head = hot.read_head(
            cfn.as_hot(content['template']),
            content.get('environment') or {},
            content.get('files'),
            content.get('facade'),
        )
        # Heads that were saved before they told are of templates that may have some.
        made = (head, content.get('has_outputs', True))
        with self._lock:
            self._heads[template_id] = made
            while len(self._heads) > self.HEADS:
                self._heads.popitem(last=False)
        return made
