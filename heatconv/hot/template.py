#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Compilation of templates.

Compilation validates a template, so that its faults are found before a stack changes. Faults of
values that are only known at run time are found when the definitions are resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heatconv.hot import environment as environments
from heatconv.hot.definitions import DELETE, RETAIN, OutputDefinition, ResourceDefinition
from heatconv.hot.errors import InvalidSection, TemplateError, kind, shown
from heatconv.hot.functions import FUNCTIONS, IN_CONDITIONS, Conditions, Context
from heatconv.hot.functions.context import SchemasOfMembers
from heatconv.hot.limits import COMPILE_BUDGET, MAX_NAME, Budget
from heatconv.hot.outputs import parse_outputs
from heatconv.hot.parameter_groups import parse_groups
from heatconv.hot.parameters import Parameter, parse_parameters, values_of
from heatconv.hot.previous_definitions import PreviousDefinitions
from heatconv.hot.registry import TypeNames
from heatconv.hot.resources import compile_resource, parse_resources
from heatconv.hot.schema import TypeSchema
from heatconv.hot.scope import ResourceState, Scope
from heatconv.hot.suggest import suggestion
from heatconv.hot.versions import (
    CFN,
    CONDITION_FUNCTIONS,
    CONDITIONS_SINCE,
    KEY,
    VERSIONS,
    Version,
    version_of,
)

__all__ = [
    'DELETE',
    'RETAIN',
    'Head',
    'OutputDefinition',
    'ResourceDefinition',
    'ResourceState',
    'Schema',
    'Scope',
    'Template',
    'compile_definition',
    'compile_template',
    'empty_head',
    'empty_template',
    'parse_schema',
    'read_head',
]

_CONDITIONS = 'conditions'
_MAPPINGS = 'mappings'
_SECTIONS = (
    KEY,
    'description',
    'parameter_groups',
    'parameters',
    _CONDITIONS,
    _MAPPINGS,
    'resources',
    'outputs',
)


@dataclass(frozen=True, slots=True)
class Schema:
    """The parts of a template that can be parsed without the resource types.

    :ivar parameter_groups: as written in the template.
    """

    version: Version
    description: str = ''
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    parameter_groups: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template with the values of its parameters.

    :ivar version: the version as stated in the template.
    :ivar parameters: the declarations of the parameters, by name.
    :ivar parameter_groups: as written in the template.
    :ivar values: the values of all parameters that have one, by name, without pseudo parameters.
    :ivar types: the resource registry of the environment.
    """

    version: str
    description: str = ''
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    parameter_groups: Sequence[Mapping[str, Any]] = ()
    resources: Mapping[str, ResourceDefinition] = field(default_factory=dict)
    outputs: Mapping[str, OutputDefinition] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    types: TypeNames = field(default_factory=TypeNames, repr=False, compare=False)
    _attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Return the names of the parameters whose values must not be shown."""
        return tuple(name for name, parameter in self.parameters.items() if parameter.hidden)

    def attributes_of(self, name: str) -> tuple[str, ...]:
        """Return the attributes of a resource that the template reads anywhere, sorted."""
        return self._attributes.get(name, ())


def empty_template() -> Template:
    """Return a template without resources, which is the target of a delete."""
    return Template(VERSIONS[-1].date)


def parse_schema(source: Mapping[str, Any]) -> Schema:
    """Parse the version, the description and the parameters of a template.

    :raises TemplateError: if one of these is invalid, or a section is unknown.
    """
    if not isinstance(source, Mapping):
        raise InvalidSection(f'a template must be a map, not {kind(source)}')
    version = version_of(source)
    for name in source:
        if name == _CONDITIONS and not version.has_conditions:
            raise InvalidSection(f'conditions need version {CONDITIONS_SINCE} or later', name)
        if name not in _SECTIONS or (name == _MAPPINGS and version not in CFN):
            raise InvalidSection(
                f'there is no section {shown(name)} in a template',
                str(name),
                suggestion(str(name), [section for section in _SECTIONS if section != _MAPPINGS]),
            )
    description = source.get('description')
    if description is not None and not isinstance(description, str):
        description = str(description)
    try:
        parameters = parse_parameters(source.get('parameters'), version)
    except TemplateError as error:
        error.under('parameters')
        raise
    groups = parse_groups(source.get('parameter_groups'), parameters)
    return Schema(version, description or '', parameters, groups)


@dataclass(frozen=True, slots=True)
class Head:
    """A template without its resources and outputs.

    :ivar parameters: the declarations of the parameters, by name.
    :ivar values: the values of all parameters that have one, by name, without pseudo parameters.
    :ivar undecided: the names of the parameters without a value.
    :ivar conditions: the section ``conditions`` as written.
    :ivar files: the files of the request, by name.
    :ivar types: the resource registry of the environment.
    :ivar facade: for the template of a nested stack: the parts of its resource in the owner's
        template that it may read; else None.
    :ivar mappings: the section Mappings of a template in a CloudFormation dialect.
    :ivar pseudo: the values of the pseudo parameters that conditions may use.
    """

    version: Version
    description: str
    parameters: Mapping[str, Parameter]
    values: Mapping[str, Any]
    undecided: Mapping[str, None]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Any] = field(default_factory=dict)
    types: TypeNames = field(default_factory=TypeNames)
    facade: Mapping[str, Any] | None = None
    mappings: Mapping[str, Any] = field(default_factory=dict)
    pseudo: Mapping[str, str] = field(default_factory=dict)


def empty_head() -> Head:
    """Return the head of the template without resources, see :func:`empty_template`."""
    return Head(VERSIONS[-1], '', {}, {}, {})


def read_head(
    source: Mapping[str, Any],
    environment: Mapping[str, Any],
    files: Mapping[str, Any] | None = None,
    facade: Mapping[str, Any] | None = None,
    pseudo: Mapping[str, str] | None = None,
) -> Head:
    """Parse a template except its resources and outputs.

    :param files: the files that its resources may use, by name.
    :param facade: for the template of a nested stack: the parts of its resource in the owner's
        template that it may read.
    :param pseudo: the values of the pseudo parameters that conditions may use.
    :raises TemplateError: if the template or the environment is invalid.
    """
    schema = parse_schema(source)
    valid_environment = environments.validate(environment)
    values = values_of(schema.parameters, valid_environment, True)
    return Head(
        schema.version,
        schema.description,
        schema.parameters,
        values,
        dict.fromkeys(name for name in schema.parameters if name not in values),
        _conditions(source),
        files or {},
        TypeNames(valid_environment.get(environments.REGISTRY)),
        facade,
        _mappings(source),
        pseudo or {},
    )


def _mappings(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the section Mappings of a template in a CloudFormation dialect, as written."""
    section = source.get(_MAPPINGS)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise InvalidSection(f'it must be a map, not {kind(section)}', _MAPPINGS)
    for name, mapping in section.items():
        if not isinstance(mapping, dict) or not all(
            isinstance(entry, dict) for entry in mapping.values()
        ):
            raise InvalidSection('it must be a map of maps', f'{_MAPPINGS}.{name}')
    return section


def _conditions(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the section ``conditions`` of a template, as written.

    :raises InvalidSection: if it is not a map, or a name is invalid.
    """
    section = source.get(_CONDITIONS)
    if not section:
        return {}
    if not isinstance(section, dict):
        raise InvalidSection(f'it must be a map, not {kind(section)}', _CONDITIONS)
    for name in section:
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise InvalidSection(
                f'the name {shown(name)} must have 1 to {MAX_NAME} characters', _CONDITIONS
            )
    return section


def _context(
    head: Head,
    budget: Budget,
    schemas: Mapping[str, TypeSchema] | None,
    lenient: bool = False,
    checks_values: bool = True,
    late: Mapping[str, Any] | None = None,
) -> Context:
    """Return the context in which the resources and outputs of a template are compiled."""
    shared: dict[str, Any] = {
        'parameters': head.values,
        'undecided': head.undecided,
        'files': head.files,
        'mappings': head.mappings,
        'pseudo': head.pseudo,
        'lenient': lenient,
        'late': late,
    }
    context = Context(
        head.version,
        FUNCTIONS,
        budget,
        schemas=schemas,
        types=head.types,
        facade=head.facade,
        checks_values=checks_values,
        **shared,
    )
    condition_context = Context(
        head.version, IN_CONDITIONS, budget, names=CONDITION_FUNCTIONS, **shared
    )
    context.conditions = Conditions(head.conditions, condition_context)
    return context


class _OneKnownSchema(Mapping[str, TypeSchema]):
    """The schemas of all resources of a template, of which one is known.

    Every name is accepted: references to resources were checked when the whole template was
    compiled.
    """

    def __init__(self, name: str, schema: TypeSchema) -> None:
        self._known = {name: schema}

    def __getitem__(self, name: str) -> TypeSchema:
        return self._known.get(name, _UNKNOWN)

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


#: The schema of a resource that is not compiled.
_UNKNOWN = TypeSchema(any_property=True, any_attribute=True, snapshots=True)


def compile_definition(
    name: str, declaration: dict[str, Any], head: Head, types: Callable[[str], TypeSchema]
) -> ResourceDefinition:
    """Compile one resource of a template that was compiled as a whole before.

    :param declaration: the resource as written.
    :param head: the head of the template.
    :param types: returns the schema of a resource type.
    :raises TemplateError: if the resource is invalid; this is not expected.
    """
    type_ = head.types.meant(str(declaration.get('type')), name)
    schemas = _OneKnownSchema(name, types(type_))
    context = _context(head, Budget(COMPILE_BUDGET), schemas)
    try:
        # The properties are not checked here, because they are checked when they are resolved.
        return compile_resource(name, declaration, context, checks=False)
    except TemplateError as error:
        error.under(f'resources.{name}')
        raise


def compile_template(
    source: Mapping[str, Any],
    environment: Mapping[str, Any],
    types: Callable[[str], TypeSchema | None],
    known_types: Sequence[str] = (),
    allow_missing: bool = False,
    budget: int = COMPILE_BUDGET,
    files: Mapping[str, Any] | None = None,
    facade: Mapping[str, Any] | None = None,
    previous_definitions: PreviousDefinitions | None = None,
    pseudo: Mapping[str, str] | None = None,
    schemas_of_members: SchemasOfMembers | None = None,
    checks_values: bool = True,
    late: bool = False,
) -> Template:
    """Compile and validate a template.

    :param source: a result of :func:`heatconv.hot.source.parse`, or a value that
        :func:`heatconv.hot.source.bound` has checked.
    :param types: returns the schema of a resource type, or None if the type does not exist.
    :param known_types: names to suggest for an unknown type.
    :param allow_missing: accept parameters without a value, to validate the template only.
    :param budget: budget in work units: about the number of values, with parameters resolved.
    :param files: the files of the request, by name.
    :param facade: for the template of a nested stack: the parts of its resource in the owner's
        template that it may read.
    :param previous_definitions: the compiled resources of a template that differs from this one
        only in its resources and outputs.
    :param pseudo: the values of the pseudo parameters that conditions may use.
    :param schemas_of_members: checks the members of a group; None to check no members.
    :param checks_values: whether to check the values of parameters and properties. Heat checks
        them neither in nested templates nor if a template is only validated.
    :param late: compile for any values of the parameters: they are read from the scope at run
        time.
    :raises TemplateError: if the template or the environment is invalid.
    """
    schema = parse_schema(source)
    valid_environment = environments.validate(environment)
    values: Mapping[str, Any] = {}
    if not late:
        values = values_of(schema.parameters, valid_environment, allow_missing, checks_values)
    undecided = dict.fromkeys(name for name in schema.parameters if name not in values)
    head = Head(
        schema.version,
        schema.description,
        schema.parameters,
        values,
        undecided,
        _conditions(source),
        files or {},
        TypeNames(valid_environment.get(environments.REGISTRY)),
        facade,
        _mappings(source),
        pseudo or {},
    )
    late_names = schema.parameters if late else None
    context = _context(head, Budget(budget), None, allow_missing, checks_values, late_names)
    context.schemas_of_members = schemas_of_members
    context.conditions.check()
    try:
        section = source.get('resources')
        resources = parse_resources(section, context, types, known_types, previous_definitions)
    except TemplateError as error:
        error.under('resources')
        raise
    for name in schema.parameters:
        if name in resources:
            raise InvalidSection('there is a parameter of this name too', f'resources.{name}')
    try:
        outputs = parse_outputs(source.get('outputs'), context)
    except TemplateError as error:
        error.under('outputs')
        raise
    return Template(
        source[KEY] if isinstance(source[KEY], str) else schema.version.date,
        schema.description,
        schema.parameters,
        schema.parameter_groups,
        resources,
        outputs,
        values,
        head.types,
        _attributes_read(resources, outputs),
    )


def _attributes_read(
    resources: Mapping[str, ResourceDefinition], outputs: Mapping[str, OutputDefinition]
) -> dict[str, tuple[str, ...]]:
    """Return the attributes that a template reads, sorted, by name of the resource."""
    attributes_by_name: dict[str, dict[str, None]] = {}
    used = [resource.attributes_used for resource in resources.values()]
    used += [output.attributes_used for output in outputs.values()]
    for pairs in used:
        for name, attribute in pairs:
            attributes_by_name.setdefault(name, {})[attribute] = None
    return {name: tuple(sorted(attributes)) for name, attributes in attributes_by_name.items()}
