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

"""Templates within templates: a resource whose reality is a stack of its own.

A type that is the name of a template among the files is such a resource: its properties
are the parameters of that template, its attributes the outputs (heat/engine/resources/
template_resource.py). What a nested stack is made of is told by its owner's template,
environment and files alone.
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

#: How many stacks may be within each other, as in Heat.
MAX_DEPTH = 5

#: What a nested stack is made of beside the properties of its resource; no parameter has
#: such a name.
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
        """Check a value that is known; the nested template will convert it."""
        if not _dynamic(value) and self.parameter is not None:
            try:
                self.parameter.convert(value)
            except TemplateError as error:
                raise InvalidProperty(error.message, error.path, error.remedy) from None
        return value

    def from_null(self) -> Any:
        """Give nothing: a null is no value of a parameter."""
        return None


def _dynamic(value: Any) -> bool:
    if isinstance(value, MapNode | ListNode):
        return True
    return isinstance(value, Node)


def source_of(files: Mapping[str, Any], name: str, max_size: int) -> dict[str, Any]:
    """Return a template among the files.

    :param max_size: in bytes.
    :raises TemplateError: if it is not there, or is none.
    """
    found = files.get(name)
    if found is None:
        raise UnknownType(
            f'the template {shown(name)} is not among the files', 'type', 'give it with the others'
        )
    if isinstance(found, dict):
        source.bound(found, name)
        return found
    return source.parse(found, max_size, name)


def schema_of(template: Template, defaults: Mapping[str, Any]) -> TypeSchema:
    """Return what a nested template is to the one that uses it as a type.

    :param defaults: values of the environment for parameters of any template.
    """
    return TypeSchema(
        description=template.description,
        properties={
            name: ParameterProperty(
                ANY,
                required=one.default is None and defaults.get(name) is None,
                update_allowed=True,
                hidden=one.hidden,
                description=one.description,
                parameter=one,
            )
            for name, one in template.parameters.items()
        },
        attributes={
            name: Attribute(ANY, one.description) for name, one in template.outputs.items()
        },
        nested=True,
    )


def child_environment(
    environment: Mapping[str, Any], resource: str, type_: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the environment of a nested stack.

    It inherits defaults and types, but for what would make a template its own type, and
    what is said of the resources of this template (heat/engine/environment.py,
    get_child_environment).

    :param resource: name of the resource that it is.
    :param type_: of it, as it is meant.
    """
    made: dict[str, Any] = {environments.PARAMETERS: dict(parameters)}
    defaults = environment.get(environments.PARAMETER_DEFAULTS)
    if defaults:
        made[environments.PARAMETER_DEFAULTS] = defaults
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
        made[environments.REGISTRY] = kept
    return made


def used_files(
    declared: Any, environment: Mapping[str, Any], files: Mapping[str, Any], max_size: int
) -> dict[str, Any]:
    """Return the files that a part of a template may use, and those that they may use.

    Whatever names a file counts, and whatever the environment means by a type.
    """
    names = TypeNames(environment.get(environments.REGISTRY))
    found: dict[str, Any] = {}
    pending = [declared]
    while pending:
        for name in _named(pending.pop(), names):
            if name not in files or name in found:
                continue
            found[name] = files[name]
            if is_template(name):
                try:
                    pending.append(source_of(files, name, max_size))
                except TemplateError:
                    continue  # whoever uses it is told
    return {name: found[name] for name in sorted(found)}


def _named(declared: Any, names: TypeNames) -> Iterator[str]:
    """Give all strings, and what types are meant by them where they are types."""
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
