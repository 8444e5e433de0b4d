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

"""Compile the section ``resources`` of a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heatconv.convergence import graph
from heatconv.hot.definitions import DELETE, RETAIN, SNAPSHOT, ResourceDefinition
from heatconv.hot.errors import (
    CircularDependency,
    InvalidReference,
    InvalidSection,
    TemplateError,
    UnknownType,
    kind,
    shown,
)
from heatconv.hot.functions import OMITTED, Context, MapNode
from heatconv.hot.limits import MAX_NAME
from heatconv.hot.registry import TypeNames
from heatconv.hot.schema import TypeSchema
from heatconv.hot.suggest import listing, suggestion
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
#: From this version on policies may be written in lower case.
_LOWER_CASE_SINCE = '2016-10-14'
#: How many names of a cycle are shown.
_SHOWN_CYCLE = 20


def parse_resources(
    section: Any,
    context: Context,
    types: Callable[[str], TypeSchema | None],
    known_types: Sequence[str],
    previous_definitions: PreviousDefinitions | None = None,
) -> dict[str, ResourceDefinition]:
    """Compile all resources; what is compiled later may refer to them.

    :param context: has the resources afterwards.
    :param previous_definitions: a section compiled in a context that is otherwise the same.
    :raises TemplateError: with the path below the section.
    """
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise InvalidSection(f'it must be a map, not {kind(section)}')
    # All types first: a reference may point forward.
    enabled = _enabled(section, context)
    context.schemas = _schemas(enabled, types, known_types, context.types)
    same = {} if previous_definitions is None else previous_definitions.same(section)
    definitions = {}
    for name, declaration in enabled.items():
        try:
            reused = same.get(name)
            definitions[name] = reused or compile_resource(name, declaration, context)
        except TemplateError as error:
            error.under(name)
            raise
    if previous_definitions is None or not previous_definitions.has_edges_of(definitions):
        _check_cycles(definitions)
    return definitions


@dataclass(frozen=True, slots=True)
class PreviousDefinitions:
    """Compiled resources of the previous template: most of a large template stays unchanged.

    :ivar section: as written.
    """

    section: Mapping[str, Any]
    definitions: Mapping[str, ResourceDefinition]

    def same(self, section: Mapping[Any, Any]) -> Mapping[str, ResourceDefinition]:
        """Return the definitions of a new section that would compile to the same result.

        A definition depends on its declaration, and on the types of the resources that it refers
        to.
        """
        changed = {
            name
            for name, definition in self.section.items()
            if not _alike(definition, section.get(name))
        }
        if changed and len(self.definitions) < len(self.section):
            # It may have named a resource whose condition was false, which its definition does not
            # record.
            return {}
        return {
            name: definition
            for name, definition in self.definitions.items()
            if name in section
            and self.section[name] == section[name]
            and (not changed or changed.isdisjoint(definition.requires))
        }

    def has_edges_of(self, definitions: Mapping[str, ResourceDefinition]) -> bool:
        """Say whether definitions require only what the previous ones of their names required."""
        before = self.definitions
        return all(
            name in before
            and (definition is before[name] or definition.requires == before[name].requires)
            for name, definition in definitions.items()
        )


def _alike(before: Any, after: Any) -> bool:
    """Say whether references to a resource are valid as before."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    return all(before.get(key) == after.get(key) for key in ('type', _CONDITION))


def _enabled(section: Mapping[Any, Any], context: Context) -> Mapping[Any, Any]:
    """Return the resources whose condition is not false; record the others."""
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
        {n: declaration for n, declaration in section.items() if n not in disabled}
        if disabled
        else section
    )


def decided(condition: Any, context: Context) -> bool:
    """Evaluate a condition before run time.

    :raises TemplateError: if it is only known at run time, or invalid.
    """
    held = context.conditions.truth(condition)
    if isinstance(held, bool):
        return held
    if context.undecided:
        return True  # of a template that is only validated
    raise InvalidSection(
        'whether it is there must be known before run time',
        remedy='use parameters of the template only in its condition',
    )


def _check_keys(declaration: Mapping[Any, Any], context: Context) -> None:
    late = context.version.has_conditions
    keys = (*_KEYS, _CONDITION, _EXTERNAL) if late else _KEYS
    for key in declaration:
        if key not in keys:
            raise InvalidSection(
                f'a resource has no {shown(key)}', str(key), suggestion(str(key), keys)
            )
        if declaration[key] is None:
            # Sections may be null, but nothing in a resource, as in Heat.
            raise InvalidSection('it must not be null', key, 'leave it out')


def _is_name(name: Any) -> bool:
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
    schemas: dict[str, TypeSchema] = {}
    by_name: dict[str, TypeSchema] = {}
    for name, declaration in section.items():
        if not _is_name(name):
            raise InvalidSection(
                f'the name {shown(name)} is not allowed',
                remedy=f"a resource's name has 1 to {MAX_NAME} characters that print, and no '/'",
            )
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
        if names:
            try:
                type_ = names.meant(type_, name)
            except TemplateError as error:
                error.under(name)
                raise
        schema = by_name.get(type_)
        if schema is None:
            try:
                schema = types(type_)
            except TemplateError as error:
                error.under(name)
                raise
            if schema is None:
                raise UnknownType(
                    f'there is no resource type {shown(type_)}',
                    f'{name}.type',
                    suggestion(type_, known_types),
                )
            by_name[type_] = schema
        schemas[name] = schema
    return schemas


def compile_resource(
    name: str, declaration: dict[Any, Any], context: Context, checks: bool = True
) -> ResourceDefinition:
    """Compile one resource.

    :param context: has the types of all resources that it may refer to.
    :param checks: check the known properties against its type.
    :raises TemplateError: with the path below the resource.
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
    policy = _deletion_policy(declaration, context)
    properties = _map(declaration, 'properties', context)
    metadata = _map(declaration, 'metadata', context)
    requires = [*references.resources, *_depends_on(declaration.get('depends_on'), context)]
    external = _external_id(declaration, context)
    if external is not None:
        # The resource exists independently of the stack, which leaves it at its deletion.
        policy = RETAIN
    elif checks:
        context.schemas[name].check_static(properties)
    return ResourceDefinition(
        name,
        context.types.meant(declaration['type'], name),
        properties,
        tuple(sorted(dict.fromkeys(requires))),
        policy,
        metadata,
        description or '',
        tuple(sorted(references.attributes)),
        context.types.restricted(name),
        declaration.get('update_policy'),
        external,
    )


def _map(declaration: Mapping[str, Any], key: str, context: Context) -> Any:
    value = declaration.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidSection(f'it must be a map, not {kind(value)}', key)
    try:
        compiled = context.compile(value)
        if compiled is OMITTED:
            return {}
        if not isinstance(compiled, dict | MapNode):
            raise InvalidSection('it must be a map whose keys are known before run time')
    except TemplateError as error:
        error.under(key)
        raise
    return compiled


def _depends_on(value: Any, context: Context) -> list[str]:
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
    if declaration.get(_EXTERNAL) is None:
        return None
    try:
        value = context.compile(declaration[_EXTERNAL])
    except TemplateError as error:
        error.under(_EXTERNAL)
        raise
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        if context.undecided:
            return ''  # of a template that is only validated
        raise InvalidSection(
            f'it must be a string of 1 to {MAX_NAME} characters, known before run time', _EXTERNAL
        )
    return value


def _deletion_policy(declaration: Mapping[str, Any], context: Context) -> str:
    key = 'deletion_policy'
    if declaration.get(key) is None:
        return DELETE
    try:
        value = context.compile(declaration[key])
    except TemplateError as error:
        error.under(key)
        raise
    policy = value
    if isinstance(value, str) and value in _spellings(context.version):
        policy = value.capitalize()
    if policy not in _POLICIES:
        raise InvalidSection('there is no such policy', key, listing((DELETE, RETAIN)))
    if policy == SNAPSHOT:
        raise InvalidSection(
            f'the policy {SNAPSHOT} is not supported yet', key, listing((DELETE, RETAIN))
        )
    return str(policy)


def _spellings(version: Version) -> tuple[str, ...]:
    lower = tuple(policy.lower() for policy in _POLICIES)
    return (*_POLICIES, *lower) if version.since(_LOWER_CASE_SINCE) else _POLICIES


def _check_cycles(definitions: Mapping[str, ResourceDefinition]) -> None:
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
