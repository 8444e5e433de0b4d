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

"""Nested templates, for resources whose physical resource is a nested stack.

A resource has a nested stack if its type is the name of a template among the files. Its properties
are the parameters of that template, and its attributes are the outputs
(heat/engine/resources/template_resource.py). The content of the nested stack depends only on the
template, the environment and the files of its owner.
"""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot import cfn, schema, source
from heatconv.hot import environment as environments
from heatconv.hot.errors import InvalidProperty, TemplateError, UnknownType, shown
from heatconv.hot.functions.node import Node
from heatconv.hot.parameters import BOOLEAN, JSON, LIST, NUMBER, STRING, Parameter
from heatconv.hot.registry import RESOURCES, TypeNames, is_template
from heatconv.hot.schema import ANY, Attribute, Property, TypeSchema
from heatconv.hot.template import Template, parse_schema

__all__ = [
    'FACADE',
    'MAX_DEPTH',
    'OWN',
    'TEMPLATE',
    'TYPE',
    'ParameterProperty',
    'child_environment',
    'is_template',
    'null_of',
    'parameter_values',
    'schema_of',
    'source_of',
    'used_files',
]

#: Largest number of levels of nested stacks, as in Heat.
MAX_DEPTH = 5

#: Prefix of the properties that a nested stack has in addition to its parameters. No name of a
#: parameter begins with it.
OWN = 'OS::'
#: The property with the file name of the nested template.
TYPE = 'OS::type'
#: The property with a digest of the content of the nested stack.
TEMPLATE = 'OS::template'
#: The property with the facade: the parts of the resource that the nested template may read.
FACADE = 'OS::facade'


#: For each type of parameters, that of the properties of the same values.
_KINDS: Mapping[str, str] = {
    STRING: schema.STRING,
    NUMBER: schema.NUMBER,
    BOOLEAN: schema.BOOLEAN,
    LIST: schema.LIST,
    JSON: schema.MAP,
}
#: For each type of parameters, the empty value.
_EMPTY: Mapping[str, Any] = {STRING: '', NUMBER: 0, BOOLEAN: False, LIST: [], JSON: {}}


@dataclass(frozen=True, slots=True)
class ParameterProperty(Property):
    """A property whose value is a parameter of a nested template.

    :ivar parameter: the declaration in the nested template.
    """

    parameter: Parameter | None = None

    @property
    def kind(self) -> str:
        return ANY if self.parameter is None else _KINDS[self.parameter.type]

    def convert(self, value: Any) -> Any:
        """Check a value that is known, and return it unchanged.

        The nested template converts it when it is compiled.

        :raises InvalidProperty: if it is no valid value of the parameter.
        """
        if not _dynamic(value) and self.parameter is not None:
            try:
                self.parameter.convert(value)
            except TemplateError as error:
                raise InvalidProperty(error.message, error.path, error.remedy) from None
        return value

    def from_null(self) -> Any:
        """Return the value that replaces a null; see `null_of`.

        :raises InvalidProperty: if an empty value violates a constraint.
        """
        value = None if self.parameter is None else null_of(self.parameter)
        return value if value is None else self.convert(value)


def null_of(parameter: Parameter) -> Any:
    """Return the value that a parameter of a nested template has if it is given a null.

    As in Heat, it is an empty value of the type; None if the default of the parameter applies.
    """
    return None if parameter.default is not None else copy.copy(_EMPTY[parameter.type])


def _dynamic(value: Any) -> bool:
    """Say whether a value is only known at run time."""
    return isinstance(value, Node)


def source_of(files: Mapping[str, Any], name: str, max_size: int) -> dict[str, Any]:
    """Return a nested template, parsed.

    :param files: the files of the request, by name; each is text, or a template that was parsed.
    :param max_size: size limit in bytes.
    :raises TemplateError: if the template is missing or cannot be parsed.
    """
    text = files.get(name)
    if text is None:
        raise UnknownType(
            f'the template {shown(name)} is not among the files', 'type', 'add it to the files'
        )
    if isinstance(text, dict):
        source.bound(text, name)
        return text
    return source.parse(text, max_size, name)


def parameter_values(template: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the parameters of a nested template, without nulls.

    :param template: the template, parsed.
    :param values: the properties of the resource; a null becomes an empty value, or is left out so
        that the default of the parameter applies.
    :raises TemplateError: if the parameters of the template are not valid.
    """
    if not any(value is None for value in values.values()):
        return dict(values)
    declared = parse_schema(cfn.as_hot(template)).parameters
    replaced = {
        name: null_of(declared[name]) if value is None and name in declared else value
        for name, value in values.items()
    }
    return {name: value for name, value in replaced.items() if value is not None}


def schema_of(
    template: Template, defaults: Mapping[str, Any], any_property: bool = False
) -> TypeSchema:
    """Return the schema of the resource type that a nested template is.

    :param defaults: the section ``parameter_defaults`` of the environment.
    :param any_property: accept properties that are no parameters of the template.
    """
    return TypeSchema(
        description=template.description,
        properties={
            name: ParameterProperty(
                ANY,
                required=parameter.default is None and defaults.get(name) is None,
                update_allowed=True,
                hidden=parameter.hidden,
                description=parameter.description,
                parameter=parameter,
            )
            for name, parameter in template.parameters.items()
        },
        attributes={
            name: Attribute(ANY, output.description) for name, output in template.outputs.items()
        },
        any_property=any_property,
        nested=True,
    )


def child_environment(
    environment: Mapping[str, Any], resource: str, type_: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the environment of a nested stack.

    It inherits the parameter defaults and the registry of its owner. Two kinds of registry entries
    are left out: those that map a type to the nested template itself, and those for resources of
    the owner's template (heat/engine/environment.py, get_child_environment). The entries for
    resources of the nested stack, which are written within the latter, are kept.

    :param environment: the environment of the owner.
    :param resource: name of the resource in the owner's template.
    :param type_: type of the resource, after the mappings of the registry: for a nested template,
        its file name.
    :param parameters: values of the parameters of the nested template.
    """
    child: dict[str, Any] = {environments.PARAMETERS: dict(parameters)}
    defaults = environment.get(environments.PARAMETER_DEFAULTS)
    if defaults:
        child[environments.PARAMETER_DEFAULTS] = defaults
    registry = environment.get(environments.REGISTRY) or {}
    child_registry = {
        name: target
        for name, target in registry.items()
        if name != RESOURCES and not (target == type_ and is_template(type_))
    }
    child_resources: dict[str, Any] = {}
    for pattern, entries in (registry.get(RESOURCES) or {}).items():
        if isinstance(entries, Mapping) and fnmatch.fnmatchcase(resource, pattern):
            child_resources.update(
                (name, entry)
                for name, entry in entries.items()
                if isinstance(entry, Mapping) and name != RESOURCES
            )
    if child_resources:
        child_registry[RESOURCES] = child_resources
    if child_registry:
        child[environments.REGISTRY] = child_registry
    return child


def used_files(
    declared: Any, environment: Mapping[str, Any], files: Mapping[str, Any], max_size: int
) -> dict[str, Any]:
    """Return the files that a part of a template may use, directly or through nested templates.

    A file counts as used if any string is its name, or if the registry may map a type to its name.

    :param declared: the part of the template, as written.
    :param max_size: size limit of a nested template, in bytes.
    :returns: the used files, sorted by name.
    """
    if not files:
        return {}
    names = TypeNames(environment.get(environments.REGISTRY))
    used: dict[str, Any] = {}
    pending = [declared]
    while pending:
        for name in _possible_names(pending.pop(), names):
            if name not in files or name in used:
                continue
            used[name] = files[name]
            if is_template(name):
                try:
                    pending.append(source_of(files, name, max_size))
                except TemplateError:
                    continue  # the compilation of the resource reports the error
    return {name: used[name] for name in sorted(used)}


def _possible_names(declared: Any, names: TypeNames) -> Iterator[str]:
    """Yield each string in a part of a template, and each type that a type in it may be mapped to.

    :param declared: the part, as written. The key of a resource in it is taken for its name.
    """
    pending: list[tuple[Any, str]] = [(declared, '')]
    while pending:
        value, name = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            type_ = value.get('type')
            if isinstance(type_, str):
                yield from names.possible(type_, name)
            pending.extend((item, str(key)) for key, item in value.items())
        elif isinstance(value, list):
            pending.extend((item, '') for item in value)
