"""What templates are compiled to for convergence: the graph, and what is wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from heatconv.convergence import fingerprint
from heatconv.convergence.model import Definition, DesiredState, Resource, Stack
from heatconv.hot import nested
from heatconv.hot import template as hot
from heatconv.hot.definitions import ResourceDefinition
from heatconv.hot.errors import InvalidProperty, TemplateError, UnknownType
from heatconv.hot.functions import stacks
from heatconv.hot.resources import PreviousDefinitions
from heatconv.hot.scope import ResourceState, Scope
from heatconv.resources.registry import Registry
from heatconv.templates.nesting import Nesting

encode = json.JSONEncoder(separators=(',', ':')).encode

#: What a declaration has that refers to parameters, conditions or files, in any of HOT's
#: dialects.
REFERS = re.compile(r'"(get_param|get_file|if|Ref|Fn::[A-Za-z]+)"')


class CompiledDefinition:
    """A resource definition as a check needs it.

    :param fingerprint: a digest of all that it says.
    :param nested: of one that is a stack, a digest of what that is made of.
    :param reads: the names of the resources that its functions refer to, None if that is not
        known: the others that it requires it only comes after.
    """

    def __init__(
        self,
        definition: ResourceDefinition,
        fingerprint: str,
        registry: Registry,
        nested: str = '',
        reads: Collection[str] | None = None,
    ) -> None:
        self.reads = reads
        self._definition = definition
        self._fingerprint = fingerprint
        self._registry = registry
        self._nested = nested

    @property
    def requires(self) -> tuple[str, ...]:
        """Return the names of the resources that it refers to."""
        return self._definition.requires

    def desired(
        self,
        stack: Any,
        template_id: str | None,
        serving: Mapping[str, Resource],
        others: Sequence[str] = (),
    ) -> DesiredState:
        """Resolve it with the rows that serve what it refers to.

        :param others: further rows that it requires, a line of each; see
            `heatconv.convergence.fingerprint`.
        :raises TemplateError: if it does not resolve, or to something invalid.
        """
        definition = self._definition
        place = f'resources.{definition.name}'
        plugin = self._registry.plugin(definition.type)
        if plugin is None:
            raise UnknownType(f'no plugin for {definition.type} is installed here', place)
        known = scope(stack, serving)
        values = definition.resolve(known)
        # Of what is not the stack's own they are not asked for.
        properties = (
            values
            if definition.external_id
            else plugin.schema.resolve_properties(values, f'{place}.properties')
        )
        if plugin.nests:
            properties[nested.TEMPLATE] = self._nested
            properties[nested.FACADE] = {
                'metadata': definition.resolve_metadata(known),
                'deletion_policy': definition.deletion_policy,
                'update_policy': definition.update_policy or {},
            }
        try:
            replace_on_change = plugin.replace_on_change(properties)
        except Exception as error:  # a plugin's fault must fail its resource only
            raise InvalidProperty(f'{definition.type}: {error!r}', place) from error
        return DesiredState(
            type=definition.type,
            properties=properties,
            template_id=template_id,
            requires=tuple(
                sorted([*(row.id for row in serving.values()), *map(fingerprint.of_line, others)])
            ),
            deletion_policy=definition.deletion_policy,
            # What is gone from the template counts as changed too, and a
            # property that the type no longer knows cannot change in place.
            replace_on_change=replace_on_change,
            fingerprint=fingerprint.desired(self._fingerprint, serving.values(), others),
            restricted=definition.restricted,
            mends=plugin.mends,
            external_id=definition.external_id,
        )


class BrokenDefinition:
    """A definition that does not compile, though the template did: its check fails with that."""

    def __init__(self, requires: tuple[str, ...], error: TemplateError) -> None:
        self.requires = requires
        self.reads = requires
        self._error = error

    def desired(
        self,
        stack: Any,
        template_id: str | None,
        serving: Mapping[str, Resource],
        others: Sequence[str] = (),
    ) -> DesiredState:
        """Refuse.

        :raises TemplateError: always.
        """
        raise self._error


class CompiledTemplate:
    """A template as convergence needs it: the graph, and what is wanted.

    :param source: its section ``resources``, as it was written.
    :param surroundings: a digest of what its resources may refer to beside each other.
    :param nesting: the templates that it uses as types.
    :param like: one whose definitions it may share.
    :ivar accepted: it is valid with the types that are installed here.
    :ivar shared_sections: all that it was made of but its resources and outputs.
    """

    accepted = False
    shared_sections: Any = None

    def __init__(
        self,
        template: hot.Template,
        registry: Registry,
        source: Mapping[str, Any],
        surroundings: str = '',
        nesting: Nesting | None = None,
        like: CompiledTemplate | None = None,
    ) -> None:
        self.hot = template
        self.nesting = nesting
        #: Of each resource that is a stack, a digest of what that is made of.
        self._nested: dict[str, str] = {}
        self._registry = registry
        self._source = source
        self._surroundings = surroundings
        self.definitions: Mapping[str, Definition] = {
            name: self._shared(like, name, definition) or self._made(name, definition)
            for name, definition in template.resources.items()
        }

    def _made(self, name: str, definition: ResourceDefinition) -> Definition:
        return Definition(
            name=name,
            type=definition.type,
            requires=definition.requires,
            deletion_policy=definition.deletion_policy,
            fingerprint=self._digest(name, definition),
        )

    def _shared(
        self, like: CompiledTemplate | None, name: str, definition: ResourceDefinition
    ) -> Definition | None:
        """Return what another template says of a resource, if it is the same in all."""
        if like is None or like.hot.resources.get(name) is not definition or name in like._nested:
            return None
        return like.definitions[name]

    def _digest(self, name: str, definition: ResourceDefinition) -> str:
        """Return a digest of all that a definition says.

        Of parameters, conditions and files any may be meant, in any way, where one is.
        """
        declaration = encode(self._source[name])
        uses = self._surroundings if REFERS.search(declaration) else ''
        plugin = self._registry.plugin(definition.type)
        schema = '' if plugin is None else plugin.digest
        said = (self.hot.version, definition.type, schema, declaration, uses)
        if plugin is not None and plugin.nests and self.nesting is not None:
            made_of = self.nesting.digest(definition.type, self._source[name])
            self._nested[name] = made_of
            return fingerprint.digest(*said, made_of)
        return fingerprint.digest(*said)

    @property
    def total(self) -> int:
        """Count its resources, and those of nested templates as far as they are known."""
        within = 0 if self.nesting is None else self.nesting.resources_of(self.definitions)
        return len(self.definitions) + within

    @property
    def previous_definitions(self) -> PreviousDefinitions:
        """Return its resources, for one that differs from it in little."""
        return PreviousDefinitions(self._source, self.hot.resources)

    @property
    def hooked(self) -> Callable[[str], tuple[str, ...]] | None:
        """Return what gives the hooks of a resource by its name, if there are any."""
        return self.hot.types.hooks if self.hot.types.has_hooks else None

    def source_of(self, name: str) -> str | None:
        """Return the definition that a node brings with it; see `TemplateCache.defined`."""
        definition = self.definitions[name]
        declaration = self._source[name]
        if 'depends_on' in declaration:
            # All that it requires is told already.
            declaration = {key: one for key, one in declaration.items() if key != 'depends_on'}
        said = [definition.fingerprint, definition.requires, declaration]
        made_of = self._nested.get(name)
        return encode(said if made_of is None else [*said, made_of])

    def definition(self, name: str) -> CompiledDefinition:
        """Return the definition of one resource."""
        known = self.definitions[name].fingerprint
        made_of = self._nested.get(name, '')
        return CompiledDefinition(self.hot.resources[name], known, self._registry, made_of)


def scope(stack: Stack, rows: Mapping[str, Resource]) -> Scope:
    """Return what the functions of a template are resolved with."""
    return Scope(
        pseudo=pseudo_parameters(stack),
        resources=States(rows),
    )


class States(Mapping[str, ResourceState]):
    """What definitions may know of rows, each made when it is asked for.

    Most of what a resource requires it only comes after.
    """

    def __init__(self, rows: Mapping[str, Resource]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> ResourceState:
        row = self._rows[name]
        return ResourceState(reference_id=reference_id(row), attributes=attributes(row))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def pseudo_parameters(stack: Stack) -> dict[str, str]:
    return {
        'OS::stack_id': stack.id,
        'OS::stack_name': stack.name,
        'OS::project_id': stack.project_id,
    }


def attributes(row: Resource) -> Mapping[str, Any]:
    """Return the attributes of a resource, ``show`` included."""
    return {'show': stacks.shown(row.attributes), **row.attributes}


def reference_id(row: Resource) -> str:
    """Return what others refer to a resource by; a nested stack may say so in an output."""
    return str(row.attributes.get(stacks.REFERENCE) or row.reference_id)
