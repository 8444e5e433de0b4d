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

"""Compile templates: every fault is found here, before use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heatconv.hot import environment as environments
from heatconv.hot.definitions import DELETE, RETAIN, OutputDefinition, ResourceDefinition
from heatconv.hot.errors import InvalidSection, TemplateError, kind, shown
from heatconv.hot.functions import FUNCTIONS, IN_CONDITIONS, Conditions, Context
from heatconv.hot.limits import COMPILE_BUDGET, MAX_NAME, Budget
from heatconv.hot.outputs import parse_outputs
from heatconv.hot.parameters import Parameter, parse_parameters, values_of
from heatconv.hot.registry import TypeNames
from heatconv.hot.resources import PreviousDefinitions, compile_resource, parse_resources
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
    """The parts of a template that need no resource types."""

    version: Version
    description: str = ''
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    parameter_groups: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template with the values of its parameters.

    :ivar version: as stated in the template.
    :ivar parameter_groups: as written.
    :ivar values: of all parameters that have one, without pseudo parameters.
    :ivar types: the mapping of types and the settings of resources in the environment.
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
        """Return the attributes of a resource that anything in the template reads, sorted."""
        return self._attributes.get(name, ())


def empty_template() -> Template:
    """Return a template without resources: the target of a delete."""
    return Template(VERSIONS[-1].date)


def parse_schema(source: Mapping[str, Any]) -> Schema:
    """Parse version, description and parameters, without the resources.

    :raises TemplateError: if one of these is invalid.
    """
    if not isinstance(source, Mapping):
        raise InvalidSection(f'a template must be a map, not {kind(source)}')
    version = version_of(source)
    for name in source:
        if name == _CONDITIONS and not version.has_conditions:
            raise InvalidSection(
                f'there are conditions from version {CONDITIONS_SINCE} on only', name
            )
        if name not in _SECTIONS or (name == _MAPPINGS and version not in CFN):
            raise InvalidSection(
                f'there is no section {shown(name)} in a template',
                str(name),
                suggestion(
                    str(name),
                    [section_name for section_name in _SECTIONS if section_name != _MAPPINGS],
                ),
            )
    description = source.get('description')
    if not isinstance(description, str | None):
        raise InvalidSection(f'it must be a string, not {kind(description)}', 'description')
    try:
        parameters = parse_parameters(source.get('parameters'), version)
    except TemplateError as error:
        error.under('parameters')
        raise
    groups = _groups(source.get('parameter_groups'), parameters)
    return Schema(version, description or '', parameters, groups)


@dataclass(frozen=True, slots=True)
class Head:
    """A template without its resources and outputs.

    :ivar values: of all parameters that have one, without pseudo parameters.
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


def empty_head() -> Head:
    """Return the head of the template without resources."""
    return Head(VERSIONS[-1], '', {}, {}, {})


def read_head(
    source: Mapping[str, Any],
    environment: Mapping[str, Any],
    files: Mapping[str, Any] | None = None,
    facade: Mapping[str, Any] | None = None,
) -> Head:
    """Parse a template without its resources and outputs.

    :param files: files that its resources may use.
    :param facade: the visible part of the resource of a nested stack.
    :raises TemplateError: if it is invalid.
    """
    schema = parse_schema(source)
    checked = environments.validate(environment)
    values = values_of(schema.parameters, checked, True)
    return Head(
        schema.version,
        schema.description,
        schema.parameters,
        values,
        dict.fromkeys(
            parameter_name for parameter_name in schema.parameters if parameter_name not in values
        ),
        _section(source),
        files or {},
        TypeNames(checked.get(environments.REGISTRY)),
        facade,
        _mappings(source),
    )


def _mappings(source: Mapping[str, Any]) -> Mapping[str, Any]:
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


def _section(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the conditions of a template as written.

    :raises InvalidSection: if the version has no conditions.
    """
    section = source.get(_CONDITIONS)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise InvalidSection(f'it must be a map, not {kind(section)}', _CONDITIONS)
    for name in section:
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise InvalidSection(
                f'the name {shown(name)} must have 1 to {MAX_NAME} characters', _CONDITIONS
            )
    return section


def _context(head: Head, budget: Budget, schemas: Mapping[str, TypeSchema] | None) -> Context:
    """Return the context that the resources and outputs of a template are compiled in."""
    shared: dict[str, Any] = {
        'parameters': head.values,
        'undecided': head.undecided,
        'files': head.files,
        'mappings': head.mappings,
    }
    context = Context(
        head.version,
        FUNCTIONS,
        budget,
        schemas=schemas,
        types=head.types,
        facade=head.facade,
        **shared,
    )
    within = Context(head.version, IN_CONDITIONS, budget, names=CONDITION_FUNCTIONS, **shared)
    context.conditions = Conditions(head.conditions, within)
    return context


class _Anything(Mapping[str, TypeSchema]):
    """The types of resources that were found to exist when the whole template was compiled."""

    def __init__(self, name: str, schema: TypeSchema) -> None:
        self._own = {name: schema}

    def __getitem__(self, name: str) -> TypeSchema:
        return self._own.get(name, _UNKNOWN)

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


_UNKNOWN = TypeSchema(any_property=True, any_attribute=True)


def compile_definition(
    name: str, declaration: dict[str, Any], head: Head, types: Callable[[str], TypeSchema]
) -> ResourceDefinition:
    """Compile one resource of a template that was valid as a whole.

    :param declaration: as written.
    :param types: returns the schema of a resource type.
    :raises TemplateError: if it is invalid after all.
    """
    meant = head.types.meant(str(declaration.get('type')), name)
    schemas = _Anything(name, types(meant))
    context = _context(head, Budget(COMPILE_BUDGET), schemas)
    try:
        # Its properties are checked when they are resolved.
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
) -> Template:
    """Compile and validate a template.

    :param source: the result of :func:`heatconv.hot.source.parse`; a value that arrived parsed was
        checked by :func:`heatconv.hot.source.bound`.
    :param types: returns the schema of a resource type, or None.
    :param known_types: names to suggest for an unknown type.
    :param allow_missing: accept parameters without a value, to validate only.
    :param budget: largest number of values, parameters resolved.
    :param files: files of the request, by name.
    :param facade: the visible part of the resource of a nested stack.
    :param previous_definitions: of a template that differs in resources and outputs only.
    :raises TemplateError: if anything is invalid.
    """
    schema = parse_schema(source)
    checked = environments.validate(environment)
    values = values_of(schema.parameters, checked, allow_missing)
    undecided = dict.fromkeys(name for name in schema.parameters if name not in values)
    head = Head(
        schema.version,
        schema.description,
        schema.parameters,
        values,
        undecided,
        _section(source),
        files or {},
        TypeNames(checked.get(environments.REGISTRY)),
        facade,
        _mappings(source),
    )
    context = _context(head, Budget(budget), None)
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
    read: dict[str, dict[str, None]] = {}
    used = [output.attributes_used for output in resources.values()]
    used += [output.attributes_used for output in outputs.values()]
    for pairs in used:
        for name, attribute in pairs:
            read.setdefault(name, {})[attribute] = None
    return {name: tuple(sorted(attributes)) for name, attributes in read.items()}


def _groups(section: Any, parameters: Mapping[str, Parameter]) -> Sequence[Mapping[str, Any]]:
    """Check parameter groups as Heat does (heat/engine/parameter_groups.py)."""
    if section is None:
        return ()
    path = 'parameter_groups'
    if not isinstance(section, list):
        raise InvalidSection(f'it must be a list, not {kind(section)}', path)
    grouped: dict[str, None] = {}
    for index, group in enumerate(section):
        place = f'{path}.{index}'
        if not isinstance(group, dict):
            raise InvalidSection(f'it must be a map, not {kind(group)}', place)
        for key in group:
            if key not in ('label', 'description', 'parameters'):
                raise InvalidSection(
                    f'a group has no {shown(key)}',
                    place,
                    suggestion(str(key), ('label', 'description', 'parameters')),
                )
            if key != 'parameters' and not isinstance(group[key], str | None):
                raise InvalidSection(
                    f'it must be a string, not {kind(group[key])}', f'{place}.{key}'
                )
        names = group.get('parameters')
        if not isinstance(names, list):
            raise InvalidSection('it must be a list of names of parameters', f'{place}.parameters')
        for name in names:
            if not isinstance(name, str) or name not in parameters:
                raise InvalidSection(
                    f'there is no parameter {shown(name)}',
                    f'{place}.parameters',
                    suggestion(str(name), parameters),
                )
            if name in grouped:
                raise InvalidSection(
                    f'the parameter {shown(name)} is in several groups, or twice in one',
                    f'{place}.parameters',
                    'name it once',
                )
            grouped[name] = None
    return section
