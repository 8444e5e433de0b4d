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

"""Compilation of the section ``resources`` of a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heatconv.convergence import graph
from heatconv.hot.definitions import DELETE, RETAIN, SNAPSHOT, ResourceDefinition
from heatconv.hot.errors import (
    CircularDependency,
    InvalidArguments,
    InvalidReference,
    InvalidSection,
    TemplateError,
    kind,
    shown,
)
from heatconv.hot.functions import OMITTED, Context, MapNode, Node
from heatconv.hot.functions.facade import Facade
from heatconv.hot.group_members import check_member_attributes, check_members
from heatconv.hot.limits import MAX_NAME
from heatconv.hot.previous_definitions import PreviousDefinitions
from heatconv.hot.registry import TEMPLATE_RESOURCE, TypeNames, is_template
from heatconv.hot.schema import TypeSchema
from heatconv.hot.suggest import listing, suggestion
from heatconv.hot.unknown_types import unknown_type
from heatconv.hot.versions import Version

_KEYS = (
    'type',
    'properties',
    'metadata',
    'depends_on',
    'deletion_policy',
    'update_policy',
    'description',
)
_CONDITION = 'condition'
_EXTERNAL = 'external_id'
_POLICIES = (DELETE, RETAIN, SNAPSHOT)
#: The first version in which deletion policies may be written in lower case.
_LOWER_CASE_SINCE = '2016-10-14'
#: How many names of a cycle a message contains.
_SHOWN_CYCLE = 20


def parse_resources(
    section: Any,
    context: Context,
    types: Callable[[str], TypeSchema | None],
    known_types: Sequence[str],
    previous_definitions: PreviousDefinitions | None = None,
) -> dict[str, ResourceDefinition]:
    """Compile all resources whose condition is not false.

    :param section: the section as written.
    :param context: receives the schemas of the resources, so that outputs that are compiled later
        may refer to them.
    :param types: returns the schema of a resource type, or None if the type does not exist.
    :param known_types: names to suggest for an unknown type.
    :param previous_definitions: resources of another template, compiled in a context that differs
        only in the resources. Definitions of unchanged resources are reused.
    :returns: the definitions, by name.
    :raises TemplateError: if a resource is invalid, or resources require each other; the path
        begins below the section.
    """
    if not section:
        return {}
    if not isinstance(section, dict):
        raise InvalidSection(f'it must be a map, not {kind(section)}')
    # All schemas are needed first, because a resource may refer to a later one.
    enabled = _enabled(section, context)
    context.schemas = _schemas(enabled, types, known_types, context.types)
    reusable = {} if previous_definitions is None else previous_definitions.same(section)
    definitions = {}
    for name, declaration in enabled.items():
        try:
            reused = reusable.get(name)
            if reused is not None:
                check_members(name, reused.properties, context)
            definitions[name] = reused or compile_resource(name, declaration, context)
        except TemplateError as error:
            error.under(name)
            raise
    for name, definition in definitions.items() if context.members else ():
        try:
            check_member_attributes(definition.attributes_used, context)
        except TemplateError as error:
            error.under(name)
            raise
    if previous_definitions is None or not previous_definitions.has_edges_of(definitions):
        _check_cycles(definitions)
    return definitions


def _enabled(section: Mapping[Any, Any], context: Context) -> Mapping[Any, Any]:
    """Return the resources whose condition is not false; record the others in the context."""
    disabled: dict[str, None] = {}
    for name, declaration in section.items():
        if not isinstance(declaration, dict) or declaration.get(_CONDITION) is None:
            continue
        try:
            _check_keys(declaration, context)
        except TemplateError as error:
            error.under(name)
            raise
        try:
            if not decided(declaration[_CONDITION], context):
                disabled[name] = None
        except TemplateError as error:
            error.under(name, _CONDITION)
            raise
    context.disabled = disabled
    return (
        {name: declaration for name, declaration in section.items() if name not in disabled}
        if disabled
        else section
    )


def decided(condition: Any, context: Context) -> bool:
    """Evaluate the condition of a resource or output, which must be known before run time.

    :param condition: the condition as written.
    :returns: whether it is true. It counts as true if it is not known, which is allowed if a
        template is only validated.
    :raises TemplateError: if the condition is only known at run time, or is invalid.
    """
    truth = context.conditions.truth(condition)
    try:
        return bool(context.conditions.known(truth, context.pseudo))
    except TemplateError:
        if context.lenient:
            return True
        raise


def _check_keys(declaration: Mapping[Any, Any], context: Context) -> None:
    """Check that a resource has only known keys, and no null."""
    has_conditions = context.version.has_conditions
    keys = (*_KEYS, _CONDITION, _EXTERNAL) if has_conditions else _KEYS
    for key in declaration:
        if key not in keys:
            raise InvalidSection(
                f'a resource has no {shown(key)}', str(key), suggestion(str(key), keys)
            )
        if declaration[key] is None:
            # A section may be null, but the value of a key of a resource may not, as in Heat.
            raise InvalidSection('it must not be null', key, 'leave it out')


def _is_name(name: Any) -> bool:
    """Say whether a name is valid for a resource."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= MAX_NAME
        and '/' not in name
        and name.isprintable()
    )


def _schemas(
    section: Mapping[Any, Any],
    types: Callable[[str], TypeSchema | None],
    known_types: Sequence[str],
    names: TypeNames,
) -> dict[str, TypeSchema]:
    """Return the schema of each resource.

    :param types: returns the schema of a resource type, or None if the type does not exist.
    :param known_types: names to suggest for an unknown type.
    :param names: the mappings of types in the environment.
    """
    schemas: dict[str, TypeSchema] = {}
    schemas_by_type: dict[str, TypeSchema] = {}
    seen: set[str] = set()
    for name, declaration in section.items():
        if not _is_name(name):
            raise InvalidSection(
                f'the name {shown(name)} is not allowed',
                remedy=f"a resource's name has 1 to {MAX_NAME} characters that print, and no '/'",
            )
        if name.rstrip(' ') in seen:
            # MariaDB ignores spaces at the end of a key.
            raise InvalidSection(
                f'the name {shown(name)} differs from another one in spaces at its end only'
            )
        seen.add(name.rstrip(' '))
        if not isinstance(declaration, dict):
            raise InvalidSection(
                f'it must be a map, not {kind(declaration)}', name, 'write {type: ...}'
            )
        type_ = declaration.get('type')
        if not isinstance(type_, str) or not type_:
            raise InvalidSection(
                'the type of the resource is missing'
                if type_ is None
                else 'the type of a resource must be a string and not empty',
                f'{name}.type',
                'write type: OS::...',
            )
        if len(type_) > MAX_NAME or not type_.isprintable():
            # The file name of a template may be any, but it is saved with the resource.
            raise InvalidSection(
                f'the type of a resource has up to {MAX_NAME} characters that print',
                f'{name}.type',
            )
        declared_type = type_
        if names:
            try:
                type_ = names.meant(type_, name)
            except TemplateError as error:
                error.under(name)
                raise
        schema = schemas_by_type.get(type_)
        if schema is None:
            try:
                schema = types(type_)
            except TemplateError as error:
                error.under(name)
                raise
            if schema is None:
                raise unknown_type(type_, known_types, name)
            schemas_by_type[type_] = schema
        if declared_type != type_ and is_template(type_) and not is_template(declared_type):
            _check_facade(name, schema, declared_type, types, names)
        schemas[name] = schema
    return schemas


def _check_facade(
    name: str,
    schema: TypeSchema,
    type_: str,
    types: Callable[[str], TypeSchema | None],
    names: TypeNames,
) -> None:
    """Check the nested template of a resource if it stands for another type.

    That is an installed type, or the one that the environment has for other resources.

    :param schema: the schema of the template.
    :param type_: type of the resource, as declared.
    """
    try:
        general = names.meant(type_, None)
        facade = types(type_ if general == names.meant(type_, name) else general)
    except TemplateError:
        facade = None
    if facade is None or schema.any_attribute:  # the latter: templates are not read here
        return
    try:
        schema.check_facade(facade, type_)
    except TemplateError as error:
        error.under(name)
        raise


def compile_resource(
    name: str, declaration: dict[Any, Any], context: Context, checks: bool = True
) -> ResourceDefinition:
    """Compile one resource.

    :param declaration: the resource as written.
    :param context: has the schemas of all resources that this one may refer to.
    :param checks: whether to check the known properties against the resource type.
    :raises TemplateError: if the resource is invalid; the path begins below it.
    """
    _check_keys(declaration, context)
    description = declaration.get('description')
    if not isinstance(description, str | None):
        raise InvalidSection(f'it must be a string, not {kind(description)}', 'description')
    if not isinstance(declaration.get('update_policy'), dict | None):
        raise InvalidSection(
            f'it must be a map, not {kind(declaration["update_policy"])}', 'update_policy'
        )
    references = context.begin()
    policy = _deletion_policy(declaration, context, context.schemas[name])
    try:
        properties = _map(declaration, 'properties', context)
    except InvalidArguments:
        if not context.schemas[name].ignores_properties:
            raise
        properties = {}
    metadata = _map(declaration, 'metadata', context)
    requires = [*references.resources, *_depends_on(declaration.get('depends_on'), context)]
    reads = tuple(sorted(references.resources))
    # It adds no requirement, as in Heat: only its parameters are known for certain.
    update_policy = _map(declaration, 'update_policy', context)
    external_id = _external_id(declaration, context)
    if declaration.get(_EXTERNAL) is not None:
        # The resource exists independently of the stack, so a delete of the stack must keep it. As
        # in Heat, this holds even if the id is empty or null, and the resource an ordinary one.
        policy = RETAIN
    if external_id is None and checks:
        if context.checks_values:
            context.schemas[name].check_static(properties)
        elif isinstance(properties, Mapping | MapNode):
            names = properties.items if isinstance(properties, MapNode) else properties
            context.schemas[name].check_names(names)
        check_members(name, properties, context)
    type_ = context.types.meant(declaration['type'], name)
    template = type_ if is_template(type_) else ''
    if template:
        type_ = TEMPLATE_RESOURCE
    return ResourceDefinition(
        name,
        type_,
        properties,
        tuple(sorted(dict.fromkeys(requires))),
        policy,
        metadata,
        description or '',
        tuple(sorted(references.attributes)),
        context.types.restricted(name),
        declaration.get('update_policy'),
        external_id,
        '' if declaration['type'] == type_ else declaration['type'],
        template,
        reads,
        update_policy,
    )


def _map(declaration: Mapping[str, Any], key: str, context: Context) -> Any:
    """Compile the map of a key; a missing one is empty."""
    value = declaration.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidSection(f'it must be a map, not {kind(value)}', key)
    try:
        compiled = context.compile(value)
        if compiled is OMITTED:
            return {}
        if not isinstance(compiled, dict | MapNode) and not (
            key == 'metadata' and isinstance(compiled, Node)
        ):
            raise InvalidSection('it must be a map whose keys are known before run time')
    except TemplateError as error:
        error.under(key)
        raise
    return compiled


def _depends_on(value: Any, context: Context) -> list[str]:
    """Parse ``depends_on``; names of disabled resources are left out."""
    if value is None:
        return []
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidSection('it must be the name of a resource or a list of names', 'depends_on')
    for name in names:
        if name not in context.schemas and name not in context.disabled:
            raise InvalidReference(
                f'there is no resource {shown(name)} in this template',
                'depends_on',
                suggestion(name, context.schemas),
            )
    return [name for name in names if name not in context.disabled]


def _external_id(declaration: Mapping[str, Any], context: Context) -> str | None:
    """Compile ``external_id``; None if it is missing."""
    if declaration.get(_EXTERNAL) is None:
        return None
    try:
        value = context.compile(declaration[_EXTERNAL])
    except TemplateError as error:
        error.under(_EXTERNAL)
        raise
    if value is None or value is OMITTED or value == '':
        # An ordinary resource, as in Heat.
        return None
    if not isinstance(value, str) or len(value) > MAX_NAME:
        if context.lenient and isinstance(value, Node):
            # A template that is only validated: parameters may have no value.
            return ''
        raise InvalidSection(
            f'it must be a string of up to {MAX_NAME} characters, known before run time', _EXTERNAL
        )
    return value


def _deletion_policy(declaration: Mapping[str, Any], context: Context, schema: TypeSchema) -> str:
    """Compile ``deletion_policy``; DELETE if it is missing."""
    key = 'deletion_policy'
    if declaration.get(key) is None:
        return DELETE
    try:
        value = context.compile(declaration[key])
    except TemplateError as error:
        error.under(key)
        raise
    if isinstance(value, Facade) and context.lenient:
        # A nested template that is compiled without the resource that it stands for.
        return DELETE
    policy = value
    if isinstance(value, str) and value in _spellings(context.version):
        policy = value.capitalize()
    if policy not in _POLICIES:
        raise InvalidSection('there is no such policy', key, listing(_POLICIES))
    if policy == SNAPSHOT and not schema.snapshots:
        raise InvalidSection(
            f'"{SNAPSHOT}" deletion policy not supported by resources of this type',
            key,
            listing((DELETE, RETAIN)),
        )
    return str(policy)


def _spellings(version: Version) -> tuple[str, ...]:
    """Return the accepted spellings of deletion policies."""
    lower = tuple(policy.lower() for policy in _POLICIES)
    return (*_POLICIES, *lower) if version.since(_LOWER_CASE_SINCE) else _POLICIES


def _check_cycles(definitions: Mapping[str, ResourceDefinition]) -> None:
    """Check that no resources require each other.

    :raises CircularDependency: with the names of one cycle.
    """
    try:
        graph.order({name: definition.requires for name, definition in definitions.items()})
    except graph.Cycle as cycle:
        names = [str(name) for name in cycle.path]
        if len(names) > _SHOWN_CYCLE:
            names = [*names[: _SHOWN_CYCLE - 2], '...', *names[-2:]]
        raise CircularDependency(
            'resources require each other: ' + ' -> '.join(names),
            names[0],
            'remove one of these references or depends_on',
        ) from None
