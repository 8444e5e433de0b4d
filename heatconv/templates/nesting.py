"""The nested templates of a template: compiled, digested and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.convergence import fingerprint
from heatconv.hot import cfn, nested
from heatconv.hot import environment as environments
from heatconv.hot.definitions import ResourceDefinition
from heatconv.hot.errors import InvalidSection, TemplateError, UnavailableType, UnknownType
from heatconv.hot.functions import MapNode
from heatconv.hot.limits import COMPILE_BUDGET, MAX_TEMPLATE_SIZE
from heatconv.hot.registry import RESOURCES, TypeNames
from heatconv.hot.schema import TypeSchema
from heatconv.hot.template import Template, compile_template
from heatconv.hot.unknown_types import unknown_type
from heatconv.resources.nested import NestedPlugin
from heatconv.resources.registry import Registry

encode = json.JSONEncoder(separators=(',', ':')).encode


#: Stands for the schema of a type that is not installed.
_NO_TYPE = TypeSchema()
_ANYTHING = TypeSchema(any_property=True, any_attribute=True)


@dataclass(frozen=True, slots=True)
class NestedMember:
    """A member of a group that is a nested stack itself.

    :ivar declared: its type, as declared.
    :ivar type: its type after the mappings of the environment: a group, or the name of a template.
    :ivar properties: its compiled properties.
    :ivar nesting: the nested templates of the nested stack of the group.
    """

    name: str
    declared: str
    type: str
    properties: Mapping[str, Any]
    nesting: Nesting


class Nesting:
    """The nested templates of a template: those that it uses as types. Each is compiled once.

    :param content: environment and files of the template.
    :param max_size: size limit of a nested template, in bytes; 0 for the default.
    :param budget: work units to compile each nested template.
    :param depth: number of levels that are allowed, this template included.
    :param lenient: accept properties that are no parameters of a nested template.
    :param ignores_unavailable: accept any resource of a type whose service is not there.
    """

    def __init__(
        self,
        content: Mapping[str, Any],
        registry: Registry,
        max_size: int,
        budget: int = COMPILE_BUDGET,
        depth: int = nested.MAX_DEPTH,
        lenient: bool = False,
        ignores_unavailable: bool = False,
    ) -> None:
        self._environment: Mapping[str, Any] = content.get('environment') or {}
        self._files: Mapping[str, Any] = content.get('files') or {}
        self._registry = registry
        self._max_size = max_size or MAX_TEMPLATE_SIZE
        self._budget = budget
        self._depth = depth
        self._lenient = lenient
        self._ignores_unavailable = ignores_unavailable
        self._types = TypeNames(self._environment.get(environments.REGISTRY))
        self._templates: dict[str, Template] = {}
        self._groups: dict[tuple[Any, ...], Nesting] = {}
        self._within: dict[str, Nesting] = {}
        self._digests: dict[str, str] = {}

    def schema(self, type_name: str) -> TypeSchema | None:
        """Return the schema of a type, which may be the name of a template among the files.

        :return: None if the type is not installed.
        :raises TemplateError: if that template is not valid.
        """
        if not nested.is_template(type_name):
            schema = self._registry.schema(type_name)
            if schema is None and self._ignores_unavailable:
                error = unknown_type(type_name, self._registry.types)
                return _ANYTHING if isinstance(error, UnavailableType) else None
            return schema
        defaults = self._environment.get(environments.PARAMETER_DEFAULTS) or {}
        return nested.schema_of(self.template(type_name), defaults, self._lenient)

    def schemas_of_members(
        self, resource: str, schema: TypeSchema, properties: Mapping[str, Any]
    ) -> dict[str, TypeSchema]:
        """Check the members of a group, and return their schemas by name.

        Types and names of properties are checked, and nested templates as a whole, but not the
        values of properties: some are only known at run time. As in Heat.

        :param resource: name of the group.
        :param schema: schema of its type.
        :param properties: its compiled properties.
        :raises TemplateError: if a definition is not valid; the path begins below the group.
        """
        assert schema.members is not None
        schemas = {}
        for name, definition in schema.members(properties).items():
            type_ = definition.get('type')
            if not isinstance(type_, str):
                continue  # it is only known at run time
            try:
                schemas[name] = self._within_group(resource, schema).member(
                    name, type_, definition
                )
            except TemplateError as error:
                default = schema.mapped.get(type_)
                if default and isinstance(error, UnknownType) and default in error.message:
                    # The user has not written the type, so that no other name helps.
                    error.remedy = (
                        f'map {type_} to a template in the resource_registry of an environment'
                    )
                error.under('resources', name)
                raise
        return schemas

    def member(self, name: str, type_: str, definition: Mapping[str, Any]) -> TypeSchema:
        """Check a resource of the template of a group, and return the schema of its type.

        :param type_: its type, as declared.
        :raises TemplateError: if it is not valid.
        """
        meant = self._types.meant(type_, name)
        schema = self.schema(meant)
        if schema is None:
            raise unknown_type(meant, self._registry.types)
        properties = definition.get('properties')
        items = properties.items if isinstance(properties, MapNode) else properties
        if isinstance(items, Mapping):
            schema.check_names(items)
            if schema.members is not None:
                self.schemas_of_members(name, schema, items)
        return schema

    def nested_within(
        self, resource: str, schema: TypeSchema, properties: Mapping[str, Any]
    ) -> Iterator[NestedMember]:
        """Yield the members of a group that are nested stacks themselves, as far as known.

        :param resource: name of the group.
        :param schema: schema of its type.
        :param properties: its compiled properties.
        """
        within = self._within_group(resource, schema)
        for name, definition in schema.members(properties).items() if schema.members else ():
            declared = definition.get('type')
            if not isinstance(declared, str):
                continue
            meant = within._types.meant(declared, name)
            given = definition.get('properties')
            items = given.items if isinstance(given, MapNode) else given
            values = items if isinstance(items, Mapping) else {}
            if nested.is_template(meant) or (within.schema(meant) or _NO_TYPE).members:
                yield NestedMember(name, declared, meant, values, within)

    def _within_group(self, resource: str, schema: TypeSchema) -> Nesting:
        """Return the nested templates of the nested stack of a group.

        :param schema: schema of the type of the group.
        """
        registry = self._environment.get(environments.REGISTRY) or {}
        # Only entries for resources by name, and mappings of the type, make a difference between
        # groups.
        key = (resource if RESOURCES in registry else '', *schema.mapped.items())
        within = self._groups.get(key)
        if within is None:
            if self._depth <= 1:
                raise InvalidSection(
                    f'templates are nested deeper than {nested.MAX_DEPTH} levels', 'type'
                )
            environment = nested.child_environment(self._environment, resource, '', {})
            if schema.mapped:
                inherited = environment.get(environments.REGISTRY) or {}
                mappings = {**schema.mapped, **inherited}
                environment = {**environment, environments.REGISTRY: mappings}
            within = self._groups[key] = self._one_below(environment)
        return within

    def _one_below(self, environment: Mapping[str, Any]) -> Nesting:
        """Return the nesting of a nested stack, one level below, with its environment."""
        return Nesting(
            {'environment': environment, 'files': self._files},
            self._registry,
            self._max_size,
            self._budget,
            self._depth - 1,
            self._lenient,
            self._ignores_unavailable,
        )

    def template(self, name: str) -> Template:
        """Return a nested template, compiled; its parameters need no values.

        :raises TemplateError: if it is missing, not valid, or nested too deep.
        """
        cached = self._templates.get(name)
        if cached is not None:
            return cached
        if self._depth <= 1:
            raise InvalidSection(
                f'templates are nested deeper than {nested.MAX_DEPTH} levels', 'type'
            )
        written = nested.source_of(self._files, name, self._max_size)
        environment = nested.child_environment(self._environment, '', name, {})
        within = self._one_below(environment)
        try:
            source = cfn.as_hot(written)
            with cfn.placed(written):
                compiled = compile_template(
                    source,
                    environment,
                    within.schema,
                    self._registry.types,
                    allow_missing=True,
                    budget=self._budget,
                    files=self._files,
                    schemas_of_members=within.schemas_of_members,
                    checks_values=False,
                )
        except TemplateError as error:
            error.under(name)
            raise
        self._within[name] = within
        self._templates[name] = compiled
        return compiled

    def resources(self, name: str) -> int:
        """Return the number of resources in one nested stack.

        :param name: the file name of its template.
        :return: 0 if that template was not compiled here.
        """
        template = self._templates.get(name)
        if template is None:
            return 0
        within = self._within[name]
        return sum(
            1 + within.resources(definition.template) for definition in template.resources.values()
        )

    def resources_of(self, template: Template) -> int:
        """Return the number of resources in all nested stacks of a template."""
        if not self._templates:
            return 0
        return sum(
            self.resources(definition.template) for definition in template.resources.values()
        )

    def is_live(self, definition: ResourceDefinition) -> bool:
        """Say whether signals change the attributes of a resource of the template.

        :param definition: its definition.
        """
        type_ = definition.template or definition.type
        properties = definition.properties
        items = properties.items if isinstance(properties, MapNode) else properties
        return self._is_live(definition.name, type_, items if isinstance(items, Mapping) else {})

    def _is_live(self, name: str, type_: str, properties: Mapping[str, Any]) -> bool:
        """Say it of a resource of a type after the mappings of the environment."""
        if nested.is_template(type_):
            try:
                template = self.template(type_)
            except TemplateError:
                return False
            return any(map(self._within[type_].is_live, template.resources.values()))
        plugin = self._registry.plugin(type_)
        if not isinstance(plugin, NestedPlugin):
            return False
        return plugin.is_live or any(
            member.nesting._is_live(member.name, member.type, member.properties)
            for member in self.nested_within(name, plugin.schema, properties)
        )

    def compiled(self) -> Mapping[str, tuple[Template, Nesting]]:
        """Return the nested templates compiled so far, by name, each with its own nested ones."""
        return {name: (template, self._within[name]) for name, template in self._templates.items()}

    def digest(self, name: str, declaration: Any) -> str:
        """Return a digest of the content of a nested stack, except its properties.

        It covers the files that the stack may use, and the defaults and the registry that it
        inherits from the environment.

        :param name: the file name of its template; empty for a group.
        :param declaration: the resource as written in its template.
        """
        part: Any = {'type': name} if name else declaration
        key = encode(part)
        digest = self._digests.get(key)
        if digest is None:
            used = nested.used_files(part, self._environment, self._files, self._max_size)
            inherited = [
                self._environment.get(section)
                for section in (environments.PARAMETER_DEFAULTS, environments.REGISTRY)
            ]
            digest = self._digests[key] = fingerprint.digest(encode([inherited, used]))
        return digest
