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

"""``get_resource`` and ``get_attr``: references to other resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heatconv.hot.errors import InvalidArguments, InvalidReference, TemplateError, kind, shown
from heatconv.hot.functions import stacks
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.node import Failing, Frame, ListNode, Node, resolve
from heatconv.hot.suggest import suggestion

if TYPE_CHECKING:
    from heatconv.hot.schema import TypeSchema

#: From this version on the name of the attribute is optional.
_ALL_ATTRIBUTES = '2015-10-15'


@dataclass(frozen=True, slots=True)
class GetResource(Node):
    """The reference id of a resource."""

    name: str

    def resolve(self, frame: Frame) -> str:
        try:
            return frame.state(self.name).reference_id
        except TemplateError as error:
            error.under('get_resource')
            raise


@dataclass(frozen=True, slots=True)
class GetAttr(Node):
    """An attribute of a resource, or a part of one.

    :ivar attribute: name of the attribute; None for a map of all attributes except ``show``, as in
        Heat.
    :ivar path: keys and indices to follow into the attribute; may be a node.
    """

    name: str
    attribute: str | None
    path: Any

    def resolve(self, frame: Frame) -> Any:
        try:
            attributes = frame.state(self.name).attributes
            if self.attribute is None:
                value: Any = {
                    key: content
                    for key, content in stacks.shown(attributes).items()
                    if key != stacks.SHOW
                }
            else:
                path = resolve(self.path, frame)
                value = stacks.attribute(attributes, self.attribute, path, selected, self.name)
            frame.budget.spend_value(value)
        except TemplateError as error:
            error.under('get_attr')
            raise
        return value


def get_resource(argument: Any, context: Context) -> Node:
    """Build a reference to a resource."""
    name = context.compile(argument)
    if not isinstance(name, str | Node):
        raise InvalidArguments(
            f'the name of a resource must be a string, not {kind(name)}',
            remedy='write {get_resource: name}',
        )
    try:
        context.refer(name)
    except InvalidReference as error:
        if not context.in_output or not isinstance(name, str):
            raise
        # As in Heat, an output may refer to a resource that does not exist: it has no value.
        error.under('get_resource')
        return Failing(error)
    assert isinstance(name, str)
    return GetResource(name)


def get_attr(argument: Any, context: Context) -> Node:
    """Build a reference to an attribute.

    In the first version of HOT, Heat fetches the attribute and selects from it; in later ones it
    passes the path to the resource type. Types here publish whole attributes, so both have the
    same result.
    """
    compiled = context.compile(argument)
    if isinstance(compiled, ListNode):
        compiled = compiled.items
    names_all = context.version.since(_ALL_ATTRIBUTES)
    if not isinstance(compiled, list) or len(compiled) < (1 if names_all else 2):
        short = ' or {get_attr: [resource]}' if names_all else ''
        raise InvalidArguments(
            'it needs a list of the names of a resource and of one of its attributes',
            remedy=f'write {{get_attr: [resource, attribute, key or index, ...]}}{short}',
        )
    name, *rest = compiled
    schema = context.refer(name)
    if not rest:
        for attribute_name in schema.attributes:
            context.references.attributes[name, attribute_name] = None
        return GetAttr(name, None, [])
    attribute, *path = rest
    if not isinstance(attribute, str):
        raise InvalidArguments(
            'the name of an attribute must be a string that is known before run time',
            remedy='write the name, or get it from a parameter',
        )
    if not has_attribute(schema, attribute):
        error = InvalidReference(
            f'the resource {shown(name)} has no attribute {shown(attribute)}',
            remedy=suggestion(attribute, [*schema.attributes, stacks.SHOW]),
        )
        if not (schema.nested and context.in_output):
            raise error
        # An output may name an output that the nested template has lost, as in Heat.
        error.under('get_attr')
        return Failing(error)
    context.references.attributes[name, attribute] = None
    dynamic = any(isinstance(item, Node) for item in path)
    return GetAttr(name, attribute, ListNode(path) if dynamic else path)


def has_attribute(schema: TypeSchema, attribute: str) -> bool:
    """Say whether resources of a type have an attribute."""
    return (
        attribute in schema.attributes
        or schema.any_attribute
        or attribute == stacks.SHOW
        or (schema.nested and attribute.startswith(stacks.RESOURCE))
    )


def selected(value: Any, path: list[Any]) -> Any:
    """Follow keys and indices into an attribute.

    :returns: None if the path does not exist, as in Heat (heat/engine/attributes.py).
    """
    for key in path:
        if not isinstance(value, Mapping | list | tuple | str):
            return None
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return value


FUNCTIONS: Mapping[str, Builder] = {'get_resource': get_resource, 'get_attr': get_attr}
