"""Compiled templates and definitions.

Convergence gets two things from them: the definitions that the graph of a traversal is computed
from, and the desired state of each resource.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from heatconv.convergence import fingerprint
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Definition, DesiredState, Resource, Stack
from heatconv.hot import nested
from heatconv.hot import template as hot
from heatconv.hot.definitions import DELETE, ResourceDefinition
from heatconv.hot.errors import InvalidProperty, TemplateError, UnknownType
from heatconv.hot.functions import stacks
from heatconv.hot.previous_definitions import PreviousDefinitions
from heatconv.hot.scope import ResourceState, Scope
from heatconv.resources.plugin import TEMPLATE_ID
from heatconv.resources.registry import Registry
from heatconv.templates.nesting import Nesting

encode = json.JSONEncoder(separators=(',', ':')).encode

#: Finds a function that may refer to parameters, conditions or files, in any HOT dialect, in a
#: declaration as JSON.
REFERS = re.compile(r'"(get_param|get_file|if|Ref|Fn::[A-Za-z]+)"')


class CompiledDefinition:
    """A resource definition as a check needs it.

    :param fingerprint: a digest of the whole definition.
    :param nested: for a nested stack: a digest of its content; empty for any other resource.
    :param parameters: the values of parameters that are read at run time.
    :ivar reads: the names of the resources whose values its functions read; the other requirements
        only order the check. None if unknown.
    """

    def __init__(
        self,
        definition: ResourceDefinition,
        fingerprint: str,
        registry: Registry,
        nested: str = '',
        reads: Collection[str] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._parameters = parameters
        self.reads = reads
        self._definition = definition
        self._fingerprint = fingerprint
        self._registry = registry
        self._nested = nested

    @property
    def requires(self) -> tuple[str, ...]:
        """Return the names of the required resources."""
        return self._definition.requires

    def desired(
        self,
        stack: Any,
        template_id: str | None,
        serving: Mapping[str, Resource],
        others: Sequence[str] = (),
    ) -> DesiredState:
        """Resolve the definition with the rows that serve its references.

        :param stack: the stack, whose id, name and project are pseudo parameters.
        :param template_id: id of the template of the definition.
        :param serving: by name, the rows that serve the references.
        :param others: one line for each row that only orders the check; see
            `heatconv.convergence.fingerprint`.
        :raises TemplateError: if it does not resolve, or to something invalid.
        """
        definition = self._definition
        path = f'resources.{definition.name}'
        plugin = self._registry.plugin(definition.type)
        if plugin is None:
            raise UnknownType(f'no plugin for {definition.type} is installed here', path)
        resolution = scope(stack, serving, self._parameters)
        values = {} if plugin.schema.ignores_properties else definition.resolve(resolution)
        if plugin.schema.translate is not None:
            values = dict(plugin.schema.translate(values))
        # An external resource needs no properties.
        properties = (
            values
            if definition.external_id
            else plugin.schema.resolve_properties(values, f'{path}.properties')
        )
        if plugin.follows_template:
            properties[TEMPLATE_ID] = template_id
        if plugin.nests:
            properties[nested.TEMPLATE] = self._nested
            if definition.template:
                properties[nested.TYPE] = definition.template
            properties[nested.FACADE] = {
                'metadata': definition.resolve_metadata(resolution),
                'deletion_policy': definition.deletion_policy,
                'update_policy': definition.resolve_update_policy(resolution),
            }
        try:
            replace_on_change = plugin.replace_on_change(properties)
        except Exception as error:  # a fault of a plugin must fail only its resource
            raise InvalidProperty(f'{definition.type}: {error!r}', path) from error
        return DesiredState(
            type=definition.type,
            properties=properties,
            template_id=template_id,
            requires=tuple(
                sorted(
                    [*(row.id for row in serving.values()), *map(fingerprint.row_id_of, others)]
                )
            ),
            deletion_policy=definition.deletion_policy,
            # A property that was removed from the template counts as changed, and a property that
            # the type no longer has cannot change in place.
            replace_on_change=replace_on_change,
            fingerprint=fingerprint.desired(self._fingerprint, serving.values(), others),
            restricted=definition.restricted,
            repairs_failed_create=plugin.repairs_failed_create,
            replaces_failed_update=not plugin.repairs_failed_update,
            always_updates=plugin.nests,
            external_id=definition.external_id,
            declared_type=definition.declared_type,
            frozen=self._frozen(resolution),
        )

    def _frozen(self, resolution: Scope) -> str:
        """Return a digest of metadata, explicit dependencies and policies.

        A change of one of them is an update, as in Heat (heat/engine/rsrc_defn.py, freeze).

        :return: empty if there are none.
        """
        definition = self._definition
        metadata = definition.resolve_metadata(resolution) if definition.metadata else {}
        ordering = sorted(set(definition.requires).difference(self.reads or ()))
        policies = (definition.deletion_policy, definition.update_policy)
        if not metadata and not ordering and policies == (DELETE, None):
            return ''
        return fingerprint.digest(encode([metadata, ordering, policies]))


class BrokenDefinition:
    """A definition that does not compile although its template did.

    Its check fails with the error of the compilation.
    """

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
        """Fail with the error of the compilation.

        :raises TemplateError: always.
        """
        raise self._error


class CompiledTemplate:
    """A template as convergence needs it.

    :param source: its section ``resources``, as written.
    :param surroundings: a digest of everything that its resources may refer to, except each other.
    :param like: a similar template, whose definitions it may share.
    :ivar hot: the compiled template.
    :ivar nesting: the nested templates.
    :ivar definitions: its resource definitions by name, in template order.
    :ivar accepted: whether it is valid with the types that are installed here.
    :ivar late_parameters: the values of parameters that are read at run time; None if all are
        known in the compiled definitions.
    :ivar shared_sections: everything that it was compiled from except resources and outputs.
    """

    accepted = False
    late_parameters: Mapping[str, Any] | None = None
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
        #: For each nested stack, a digest of its content.
        self._nested: dict[str, str] = {}
        self._live: dict[str, bool] = {}
        #: The results of `_declaration` that instances share.
        self._declarations: dict[str, tuple[str, bool]] = {}
        self._registry = registry
        self._source = source
        self._surroundings = surroundings
        self.definitions: Mapping[str, Definition] = {
            name: self._shared(like, name, definition) or self._own(name, definition)
            for name, definition in template.resources.items()
        }

    def _own(self, name: str, definition: ResourceDefinition) -> Definition:
        return Definition(
            name=name,
            type=definition.type,
            requires=definition.requires,
            deletion_policy=definition.deletion_policy,
            fingerprint=self._digest(name, definition),
            declared_type=definition.declared_type,
        )

    def _shared(
        self, like: CompiledTemplate | None, name: str, definition: ResourceDefinition
    ) -> Definition | None:
        """Return the definition of a resource from a similar template, if it is identical."""
        if like is None or like.hot.resources.get(name) is not definition or name in like._nested:
            return None
        return like.definitions[name]

    def _digest(self, name: str, definition: ResourceDefinition) -> str:
        """Return a digest of a definition.

        If it refers to any parameter, condition or file, the digest covers all of them: a function
        may refer to them in many ways.

        :return: empty for a nested stack, because its check always requests an update. The digest
            of its content is recorded separately.
        """
        plugin = self._registry.plugin(definition.type)
        if plugin is not None and plugin.follows_template:
            return ''
        if plugin is not None and plugin.nests:
            if self.nesting is not None:
                self._nested[name] = self.nesting.digest(definition.template, self._source[name])
            return ''
        declaration, refers = self._declarations.get(name) or self._declaration(name)
        surroundings = self._surroundings if refers else ''
        schema = '' if plugin is None else plugin.digest
        return fingerprint.digest(
            self.hot.version, definition.type, schema, declaration, surroundings
        )

    def _declaration(self, name: str) -> tuple[str, bool]:
        """Return a declaration as JSON, and whether it may refer to parameters."""
        text = encode(self._source[name])
        return text, REFERS.search(text) is not None

    @property
    def total(self) -> int:
        """Return the number of its resources, including those of known nested templates."""
        within = 0 if self.nesting is None else self.nesting.resources_of(self.hot)
        return len(self.definitions) + within

    @property
    def types(self) -> Registry:
        """Return the registry of resource types."""
        return self._registry

    def is_live(self, name: str) -> bool:
        """Say whether signals change the attributes of a resource: it scales, or contains a group
        that does.
        """
        definition = self.hot.resources.get(name)
        if definition is None or self.nesting is None:
            return False
        live = self._live.get(name)
        if live is None:
            live = self._live[name] = self.nesting.is_live(definition)
        return live

    @property
    def previous_definitions(self) -> PreviousDefinitions:
        """Return its definitions, for the compilation of a similar template."""
        return PreviousDefinitions(self._source, self.hot.resources)

    @property
    def hooked(self) -> Callable[[str], tuple[str, ...]] | None:
        """Return a function from a resource name to its hooks; None if there are no hooks."""
        return self.hot.types.hooks if self.hot.types.has_hooks else None

    def source_of(self, name: str) -> str | None:
        """Return the serialized definition that a node carries.

        It is a list in JSON: fingerprint, names of the requirements, declaration and, for a nested
        stack, the digest of its content. `TemplateCache.defined` compiles it.
        """
        definition = self.definitions[name]
        declaration = self._source[name]
        if 'depends_on' in declaration:
            # The requirements contain them already.
            declaration = {key: value for key, value in declaration.items() if key != 'depends_on'}
        parts = [definition.fingerprint, definition.requires, declaration]
        nested_digest = self._nested.get(name)
        return encode(parts if nested_digest is None else [*parts, nested_digest])

    def definition(self, name: str) -> CompiledDefinition:
        """Return the definition of one resource."""
        digest = self.definitions[name].fingerprint
        nested_digest = self._nested.get(name, '')
        definition = self.hot.resources[name]
        return CompiledDefinition(
            definition,
            digest,
            self._registry,
            nested_digest,
            definition.reads,
            self.late_parameters,
        )

    @property
    def nests(self) -> bool:
        """Say whether a resource of the template is a nested stack."""
        return any(self._registry.nests(one.type) for one in self.definitions.values())

    def with_values(self, values: Mapping[str, Any], surroundings: str) -> CompiledTemplate:
        """Return an instance of a template that was compiled for any values of its parameters.

        :param values: the values of the parameters, by name.
        :param surroundings: see the parameter of this class.
        """
        if len(self._declarations) < len(self.definitions):
            self._declarations.update((name, self._declaration(name)) for name in self._source)
        instance = copy.copy(self)
        instance.hot = evolve(self.hot, values=values)
        instance.late_parameters = values
        instance._surroundings = surroundings
        instance.definitions = {
            name: evolve(definition, fingerprint=instance._digest(name, self.hot.resources[name]))
            for name, definition in self.definitions.items()
        }
        return instance


def scope(
    stack: Stack, rows: Mapping[str, Resource], parameters: Mapping[str, Any] | None = None
) -> Scope:
    """Return the scope in which the functions of a template are resolved.

    :param rows: by name, the rows that serve references.
    :param parameters: the values of parameters that are read at run time.
    """
    return Scope(pseudo_parameters(stack), States(rows), parameters or {})


def surroundings(
    values: Mapping[str, Any], source: Mapping[str, Any], content: Mapping[str, Any]
) -> str:
    """Return a digest of everything that resources may refer to, except each other.

    :param values: the values of the parameters.
    :param source: the template.
    :param content: the template, its environment, and its files.
    :return: empty if there is nothing.
    """
    referred = [sorted(values.items()), source.get('conditions'), content.get('files')]
    if 'mappings' in source:
        referred.append(source['mappings'])
    return fingerprint.digest(encode(referred)) if any(referred) else ''


class States(Mapping[str, ResourceState]):
    """The states of resources by name, each computed from its row on demand.

    Most requirements of a resource only order its check, so that their states are never read.
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
    """Return the values of the pseudo parameters of a stack's template, by name."""
    return {
        'OS::stack_id': stack.id,
        'OS::stack_name': stack.name,
        'OS::project_id': stack.project_id,
    }


def attributes(row: Resource) -> Mapping[str, Any]:
    """Return the attributes of a resource.

    ``show``, which every resource has, is null unless the type sets it, as in Heat.
    """
    return {stacks.SHOW: None, **row.attributes} if row.attributes else row.attributes


def reference_id(row: Resource) -> str:
    """Return the value of ``get_resource`` for a row.

    A nested stack may set it by an output, which is then an attribute of its row.
    """
    return str(row.attributes.get(stacks.REFERENCE) or row.reference_id)
