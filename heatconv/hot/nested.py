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

"""Nested templates: a resource whose physical resource is a stack of its own.

A type that is the name of a template among the files is such a resource: its properties are the
parameters of that template, its attributes the outputs
(heat/engine/resources/template_resource.py). The content of a nested stack is computed from its
owner's template, environment and files alone.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot import environment as environments
from heatconv.hot import source
from heatconv.hot.errors import InvalidProperty, TemplateError, UnknownType, shown
from heatconv.hot.functions.node import ListNode, MapNode, Node
from heatconv.hot.parameters import Parameter
from heatconv.hot.registry import RESOURCES, TypeNames, is_template
from heatconv.hot.schema import ANY, Attribute, Property, TypeSchema
from heatconv.hot.template import Template

__all__ = [
    'FACADE',
    'MAX_DEPTH',
    'OWN',
    'TEMPLATE',
    'ParameterProperty',
    'child_environment',
    'is_template',
    'schema_of',
    'source_of',
    'used_files',
]

#: Largest number of levels of nested stacks, as in Heat.
MAX_DEPTH = 5

#: Further properties of a nested stack; no parameter has such a name.
OWN = 'OS::'
TEMPLATE = 'OS::template'
FACADE = 'OS::facade'


@dataclass(frozen=True, slots=True)
class ParameterProperty(Property):
    """A property that is a parameter of a nested template.

    :ivar parameter: its declaration there.
    """

    parameter: Parameter | None = None

    def convert(self, value: Any) -> Any:
        """Check a known value; the nested template will convert it."""
        if not _dynamic(value) and self.parameter is not None:
            try:
                self.parameter.convert(value)
            except TemplateError as error:
                raise InvalidProperty(error.message, error.path, error.remedy) from None
        return value

    def from_null(self) -> Any:
        """Return None: a null is no value of a parameter."""
        return None


def _dynamic(value: Any) -> bool:
    if isinstance(value, MapNode | ListNode):
        return True
    return isinstance(value, Node)


def source_of(files: Mapping[str, Any], name: str, max_size: int) -> dict[str, Any]:
    """Return a template among the files.

    :param max_size: in bytes.
    :raises TemplateError: if it is missing or not a template.
    """
    text = files.get(name)
    if text is None:
        raise UnknownType(
            f'the template {shown(name)} is not among the files', 'type', 'give it with the others'
        )
    if isinstance(text, dict):
        source.bound(text, name)
        return text
    return source.parse(text, max_size, name)


def schema_of(template: Template, defaults: Mapping[str, Any]) -> TypeSchema:
    """Return the schema of a nested template as a resource type.

    :param defaults: values of the environment for parameters of any template.
    """
    return TypeSchema(
        description=template.description,
        properties={
            name: ParameterProperty(
                ANY,
                required=output.default is None and defaults.get(name) is None,
                update_allowed=True,
                hidden=output.hidden,
                description=output.description,
                parameter=output,
            )
            for name, output in template.parameters.items()
        },
        attributes={
            name: Attribute(ANY, output.description) for name, output in template.outputs.items()
        },
        nested=True,
    )


def child_environment(
    environment: Mapping[str, Any], resource: str, type_: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the environment of a nested stack.

    It inherits defaults and types, except a mapping of a template to itself and entries for
    resources of the owner's template (heat/engine/environment.py, get_child_environment).

    :param resource: name of the resource in its owner.
    :param type_: its type after the registry.
    """
    child: dict[str, Any] = {environments.PARAMETERS: dict(parameters)}
    defaults = environment.get(environments.PARAMETER_DEFAULTS)
    if defaults:
        child[environments.PARAMETER_DEFAULTS] = defaults
    registry = environment.get(environments.REGISTRY) or {}
    kept = {name: one for name, one in registry.items() if name != RESOURCES and one != type_}
    within: dict[str, Any] = {}
    for pattern, said in (registry.get(RESOURCES) or {}).items():
        if isinstance(said, Mapping) and fnmatch.fnmatchcase(resource, pattern):
            within.update(
                (name, one)
                for name, one in said.items()
                if isinstance(one, Mapping) and name != RESOURCES
            )
    if within:
        kept[RESOURCES] = within
    if kept:
        child[environments.REGISTRY] = kept
    return child


def used_files(
    declared: Any, environment: Mapping[str, Any], files: Mapping[str, Any], max_size: int
) -> dict[str, Any]:
    """Return the files that a part of a template may use, and the files that those may use.

    Every string that names a file counts, and every type that the registry may map to one.
    """
    names = TypeNames(environment.get(environments.REGISTRY))
    used: dict[str, Any] = {}
    pending = [declared]
    while pending:
        for name in _named(pending.pop(), names):
            if name not in files or name in used:
                continue
            used[name] = files[name]
            if is_template(name):
                try:
                    pending.append(source_of(files, name, max_size))
                except TemplateError:
                    continue  # its user reports the error
    return {name: used[name] for name in sorted(used)}


def _named(declared: Any, names: TypeNames) -> Iterator[str]:
    """Yield all strings, and for types also the types that the registry may map them to."""
    pending: list[tuple[Any, str]] = [(declared, '')]
    while pending:
        value, under = pending.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            type_ = value.get('type')
            if isinstance(type_, str):
                yield from names.possible(type_, under)
            pending.extend((one, str(key)) for key, one in value.items())
        elif isinstance(value, list):
            pending.extend((one, '') for one in value)
