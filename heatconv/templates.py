"""Compile stored templates, each once, for engines and workers."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from heatconv.convergence.model import Definition, Resource, Stack, Wanted
from heatconv.hot import template as hot
from heatconv.hot.errors import InvalidProperty, UnknownType
from heatconv.hot.schema import TypeSchema
from heatconv.hot.scope import ResourceState, Scope
from heatconv.resources.registry import Registry
from heatconv.storage.base import Store

#: What may be said of a type that is not installed: anything.
UNKNOWN = TypeSchema(any_property=True, any_attribute=True)


class MissingTemplate(Exception):
    """A template that a stack refers to is not in the store."""


class CompiledTemplate:
    """A template as convergence needs it: the graph, and what is wanted."""

    def __init__(self, template: hot.Template, registry: Registry) -> None:
        self.hot = template
        self._registry = registry
        self.definitions: Mapping[str, Definition] = {
            name: Definition(
                name=name,
                type=definition.type,
                requires=definition.requires,
                deletion_policy=definition.deletion_policy,
            )
            for name, definition in template.resources.items()
        }

    def required(self, name: str) -> tuple[str, ...]:
        """Return the names of the resources that a definition refers to."""
        return self.definitions[name].requires

    def wanted(
        self, name: str, stack: Any, template_id: str | None, serving: dict[str, Resource]
    ) -> Wanted:
        """Resolve a definition with the rows that serve what it refers to.

        :raises TemplateError: if it does not resolve, or to something invalid.
        """
        definition = self.hot.resources[name]
        place = f'resources.{name}'
        plugin = self._registry.plugin(definition.type)
        if plugin is None:
            raise UnknownType(f'no plugin for {definition.type} is installed here', place)
        values = definition.resolve(scope(stack, serving))
        properties = plugin.schema.resolve_properties(values, f'{place}.properties')
        try:
            replace_on_change = plugin.replace_on_change(properties)
        except Exception as error:  # a plugin's fault must fail its resource only
            raise InvalidProperty(f'{definition.type}: {error!r}', place) from error
        return Wanted(
            type=definition.type,
            properties=properties,
            template_id=template_id,
            requires=tuple(sorted(row.id for row in serving.values())),
            deletion_policy=definition.deletion_policy,
            # What is gone from the template counts as changed too, and a
            # property that the type no longer knows cannot change in place.
            replace_on_change=replace_on_change,
        )


def scope(stack: Stack, rows: Mapping[str, Resource]) -> Scope:
    """Return what the functions of a template are resolved with."""
    return Scope(
        pseudo=pseudo_parameters(stack),
        resources={
            name: ResourceState(reference_id=row.reference_id, attributes=attributes(row))
            for name, row in rows.items()
        },
    )


def pseudo_parameters(stack: Stack) -> dict[str, str]:
    return {
        'OS::stack_id': stack.id,
        'OS::stack_name': stack.name,
        'OS::project_id': stack.project_id,
    }


def attributes(row: Resource) -> Mapping[str, Any]:
    """Return the attributes of a resource, ``show`` included."""
    return {'show': dict(row.attributes), **row.attributes}


class TemplateCache:
    """Compiles templates and keeps the ones last used."""

    def __init__(self, store: Store, registry: Registry, size: int = 100) -> None:
        self._store = store
        self._registry = registry
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[str | None, CompiledTemplate] = OrderedDict()

    def compile(self, content: Mapping[str, Any], lenient: bool = False) -> CompiledTemplate:
        """Compile a template that may not be stored, or not be valid.

        :param lenient: take parameters without a value.
        :raises TemplateError: if it is not.
        """
        return self._compiled(content, self._registry.schema, lenient)

    def _compiled(
        self,
        content: Mapping[str, Any],
        types: Callable[[str], TypeSchema | None],
        lenient: bool = False,
    ) -> CompiledTemplate:
        template = hot.compile_template(
            content['template'],
            content.get('environment') or {},
            types,
            self._registry.types,
            allow_missing=lenient,
        )
        return CompiledTemplate(template, self._registry)

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
        with self._lock:
            found = self._kept.get(template_id)
            if found is not None:
                self._kept.move_to_end(template_id)
                return found
        if template_id is None:
            made = CompiledTemplate(hot.empty_template(), self._registry)
        else:
            content = self._store.template(template_id)
            if content is None:
                raise MissingTemplate(template_id)
            made = self._compiled(content, self._schema)
        with self._lock:
            self._kept[template_id] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made
