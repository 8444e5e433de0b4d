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

"""The schema of resource types: properties and attributes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from heatconv.hot import conversion
from heatconv.hot.constraints import Constraint
from heatconv.hot.errors import InvalidProperty, TemplateError, UnknownProperty, kind, shown
from heatconv.hot.functions.node import ListNode, MapNode, Node
from heatconv.hot.suggest import suggestion

STRING = 'String'
INTEGER = 'Integer'
NUMBER = 'Number'
BOOLEAN = 'Boolean'
LIST = 'List'
MAP = 'Map'
ANY = 'Any'


def _string(value: Any) -> str:
    """Return a string; integers and booleans are converted, fractions are not, as in Heat."""
    if isinstance(value, float):
        raise ValueError('it must be a string, not a number with a fraction')
    return conversion.string(value)


def _boolean(value: Any) -> bool:
    """Return a boolean; only names of booleans are converted: fewer than for parameters, as in
    Heat.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ('true', 'false'):
        return value.lower() == 'true'
    raise ValueError(
        'it must be true or false, not '
        + ('another string' if isinstance(value, str) else kind(value))
    )


#: Values of a null without a default, by type; the type ANY keeps the null.
_NULL: Mapping[str, Any] = {
    STRING: '',
    INTEGER: 0,
    NUMBER: 0,
    BOOLEAN: False,
    LIST: [],
    MAP: {},
}
_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    STRING: _string,
    INTEGER: conversion.integer,
    NUMBER: conversion.number,
    BOOLEAN: _boolean,
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a resource type.

    :ivar type: one of the constants of this module.
    :ivar default: None means that there is none.
    :ivar update_allowed: whether a change is made in place; else it replaces.
    :ivar schema: of a list, the property of each item; of a map, its properties by key, or the
        property of each value.
    """

    type: str
    default: Any = None
    required: bool = False
    constraints: tuple[Constraint, ...] = ()
    update_allowed: bool = False
    hidden: bool = False
    description: str = ''
    schema: Mapping[str, Property] | Property | None = None

    def convert(self, value: Any) -> Any:
        """Check a value and convert it to the type.

        The value may be compiled: parts that are only known at run time are not checked, and stay
        unchanged.

        :raises TemplateError: with the path below the property.
        """
        if isinstance(value, Node) and not isinstance(value, MapNode | ListNode):
            return value
        conversion_ = _CONVERSIONS.get(self.type)
        if conversion_ is not None:
            try:
                value = conversion_(_plain(value))
            except ValueError as error:
                raise InvalidProperty(str(error)) from None
        elif self.type == LIST:
            value = self._list(value)
        elif self.type == MAP:
            value = self._map(value)
        if isinstance(value, Node):
            return value
        for constraint in self.constraints:
            constraint.check(value)
        return value

    def from_null(self) -> Any:
        """Return the value of a null: the default, or an empty value; None for the type ANY.

        :raises TemplateError: if an empty value violates a constraint.
        """
        if self.default is not None:
            return _default(self)
        return self.convert(copy.copy(_NULL[self.type])) if self.type in _NULL else None

    def _list(self, value: Any) -> Any:
        items = _plain(value)
        if not isinstance(items, list):
            raise InvalidProperty(f'it must be a list, not {kind(items)}')
        if isinstance(self.schema, Property):
            converted = []
            for index, item in enumerate(items):
                try:
                    converted.append(
                        self.schema.from_null() if item is None else self.schema.convert(item)
                    )
                except TemplateError as error:
                    error.under(index)
                    raise
            items = converted
        return ListNode(items) if isinstance(value, Node) else items

    def _map(self, value: Any) -> Any:
        items = _plain(value)
        if not isinstance(items, dict):
            raise InvalidProperty(f'it must be a map, not {kind(items)}')
        if isinstance(self.schema, Property):
            converted = {}
            for key, item in items.items():
                try:
                    converted[key] = None if item is None else self.schema.convert(item)
                except TemplateError as error:
                    error.under(key)
                    raise
            items = converted
        elif self.schema is not None:
            items = _convert_all(self.schema, items, False)
        return MapNode(items) if isinstance(value, Node) else items


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a resource type."""

    type: str = ANY
    description: str = ''


@dataclass(frozen=True, slots=True)
class TypeSchema:
    """The properties and attributes of one resource type.

    :ivar any_property: whether undeclared properties are accepted.
    :ivar any_attribute: whether every name is an attribute.
    :ivar nested: whether such a resource is a nested stack, whose resources are attributes.
    """

    properties: Mapping[str, Property] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    any_property: bool = False
    any_attribute: bool = False
    nested: bool = False
    description: str = ''
    support_status: str = 'SUPPORTED'

    @property
    def replace_on_change(self) -> frozenset[str]:
        """Return the names of the properties that cannot change in place."""
        return frozenset(
            name for name, declared in self.properties.items() if not declared.update_allowed
        )

    def resolve_properties(
        self, values: Mapping[str, Any], path: str = 'properties'
    ) -> dict[str, Any]:
        """Check and convert resolved values, and fill in defaults.

        A null becomes the default or an empty value of the type, as in Heat
        (heat/engine/properties.py, get_value): it counts as given.

        :returns: the properties that have a value.
        :raises UnknownProperty: if the type does not have a property.
        :raises InvalidProperty: if a property is missing or invalid.
        """
        try:
            return _convert_all(self.properties, values, self.any_property)
        except TemplateError as error:
            error.under(path)
            raise

    def check_static(self, compiled: Any, path: str = 'properties') -> None:
        """Check the parts of compiled properties that are known before run time.

        :raises TemplateError: as :meth:`resolve_properties` will.
        """
        items = _plain(compiled)
        if not isinstance(items, Node):
            self.resolve_properties(items, path)


def _convert_all(
    properties: Mapping[str, Property], values: Mapping[str, Any], any_property: bool
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in values.items():
        declared = properties.get(name)
        if declared is None:
            if not any_property:
                raise UnknownProperty(
                    f'there is no property {shown(name)}',
                    name,
                    suggestion(name, properties) or 'there are no properties here',
                )
            if value is not None:
                result[name] = value
        else:
            try:
                value = declared.from_null() if value is None else declared.convert(value)
            except TemplateError as error:
                error.under(name)
                raise
            if value is not None:
                result[name] = value
    for name, declared in properties.items():
        if name in values:
            continue
        if declared.default is not None:
            result[name] = _default(declared)
        elif declared.required:
            raise InvalidProperty(
                f'the property {shown(name)} is missing',
                name,
                declared.description or f'its type is {declared.type}',
            )
    return result


#: Converted immutable defaults, by property.
_defaults: dict[int, tuple[Property, Any]] = {}


def _default(declared: Property) -> Any:
    """Return the converted default of a property, which many resources share."""
    cached = _defaults.get(id(declared))
    if cached is not None and cached[0] is declared:
        return cached[1]
    value = declared.convert(copy.deepcopy(declared.default))
    if isinstance(value, str | int | float):
        _defaults[id(declared)] = (declared, value)
    return value


def _plain(value: Any) -> Any:
    """Return the map or list of a node, to treat it like a plain one."""
    return value.items if isinstance(value, MapNode | ListNode) else value
