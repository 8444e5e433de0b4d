"""Compile stored templates, each once, for engines and workers."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from heatconv.convergence import fingerprint
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Definition, Resource, Stack, Wanted
from heatconv.hot import cfn, nested
from heatconv.hot import template as hot
from heatconv.hot.definitions import ResourceDefinition
from heatconv.hot.errors import InvalidProperty, TemplateError, UnknownType
from heatconv.hot.functions import stacks
from heatconv.hot.limits import budget_within
from heatconv.hot.resources import Earlier
from heatconv.hot.schema import TypeSchema
from heatconv.hot.scope import ResourceState, Scope
from heatconv.nesting import Nesting
from heatconv.resources.registry import Registry
from heatconv.storage.base import Store
from heatconv.storage.content import encode_template

#: What knows the types that are installed.
Types = Registry

#: What may be said of a type that is not installed: anything.
UNKNOWN = TypeSchema(any_property=True, any_attribute=True)


encode = json.JSONEncoder(separators=(',', ':')).encode

#: What a declaration has that refers to parameters, conditions or files, in any of HOT's
#: dialects.
REFERS = re.compile(r'"(get_param|get_file|if|Ref|Fn::[A-Za-z]+)"')


#: Requests for larger templates are not compared with those before: they come seldom, and
#: what names a template costs as much as it spares.
COMPARED = 1_000


class MissingTemplate(Exception):
    """A template that a stack refers to is not in the store."""


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

    def wanted(
        self,
        stack: Any,
        template_id: str | None,
        serving: Mapping[str, Resource],
        others: Sequence[str] = (),
    ) -> Wanted:
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
        return Wanted(
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
            fingerprint=fingerprint.wanted(self._fingerprint, serving.values(), others),
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

    def wanted(
        self,
        stack: Any,
        template_id: str | None,
        serving: Mapping[str, Resource],
        others: Sequence[str] = (),
    ) -> Wanted:
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
    :ivar beside: all that it was made of but its resources and outputs.
    """

    accepted = False
    beside: Any = None

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
    def earlier(self) -> Earlier:
        """Return its resources, for one that differs from it in little."""
        return Earlier(self._source, self.hot.resources)

    @property
    def hooked(self) -> Callable[[str], tuple[str, ...]] | None:
        """Return what gives the hooks of a resource by its name, if there are any."""
        return self.hot.types.hooks if self.hot.types.has_hooks else None

    def words(self, name: str) -> str | None:
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
        if like is not None and not (like.accepted and like.beside == around):
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
            earlier=None if like is None else like.earlier,
        )
        beside = [sorted(template.values.items()), source.get('conditions'), content.get('files')]
        if 'mappings' in source:
            beside.append(source['mappings'])
        surroundings = fingerprint.digest(encode(beside)) if any(beside) else ''
        resources = source.get('resources') or {}
        made = CompiledTemplate(template, self._registry, resources, surroundings, nesting, like)
        made.beside = around
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
        self, template_id: str | None, name: str, words: str
    ) -> CompiledDefinition | BrokenDefinition:
        """Return a definition, compiled of what its node brings.

        The template may have a million of them, and a check needs one.

        :raises MissingTemplate: if the template is not there.
        """
        head = self.head(template_id)[0]
        known, requires, declaration, *made_of = json.loads(words)
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
