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

"""Schemas of resource types: their properties and attributes.

A schema checks and converts properties, both of compiled and of resolved definitions.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from heatconv.hot import conversion
from heatconv.hot.constraints import Constraint
from heatconv.hot.errors import (
    InvalidFacade,
    InvalidProperty,
    TemplateError,
    UnknownProperty,
    kind,
    shown,
)
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
    """Convert a string, an integer or a boolean to a string; floats are rejected, as in Heat."""
    if isinstance(value, float):
        raise ValueError('it must be a string, not a number with a fraction')
    return conversion.string(value)


def _boolean(value: Any) -> bool:
    """Convert a boolean, or the string ``true`` or ``false`` in any case, to a boolean.

    Parameters accept more spellings (:func:`heatconv.hot.conversion.boolean`), as in Heat.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ('true', 'false'):
        return value.lower() == 'true'
    raise ValueError(
        'it must be true or false, not '
        + ('another string' if isinstance(value, str) else kind(value))
    )


#: For each type, the value that replaces a null if there is no default. The type ANY keeps the
#: null.
_NULL: Mapping[str, Any] = {
    STRING: '',
    INTEGER: 0,
    NUMBER: 0,
    BOOLEAN: False,
    LIST: [],
    MAP: {},
}
#: Functions that convert a value to each scalar type; they raise ValueError if it is invalid.
_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    STRING: _string,
    INTEGER: conversion.integer,
    NUMBER: conversion.number,
    BOOLEAN: _boolean,
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a resource type.

    :ivar type: one of the type constants of this module.
    :ivar default: the value that replaces a missing one; None if there is no default.
    :ivar update_allowed: whether the property can change in place. Otherwise a change of it
        replaces the resource.
    :ivar hidden: whether its value must not be shown.
    :ivar listed: whether descriptions of the type contain it. One that is accepted only for old
        templates is not listed.
    :ivar schema: for a list: the schema of each item. For a map: the schemas of its keys, or one
        schema for all values. None if the content is not checked.
    """

    type: str
    default: Any = None
    required: bool = False
    constraints: tuple[Constraint, ...] = ()
    update_allowed: bool = False
    hidden: bool = False
    description: str = ''
    schema: Mapping[str, Property] | Property | None = None
    listed: bool = True

    @property
    def kind(self) -> str:
        """Return the type of the values that it takes."""
        return self.type

    def convert(self, value: Any) -> Any:
        """Check a value and convert it to the type.

        The value may be compiled. Then the parts that are only known at run time are not checked
        and stay unchanged.

        :raises TemplateError: if the value is invalid; the path begins below the property.
        """
        if isinstance(value, Node) and not isinstance(value, MapNode | ListNode):
            return value
        convert_scalar = _CONVERSIONS.get(self.type)
        if convert_scalar is not None:
            try:
                value = convert_scalar(_plain(value))
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
        """Return the value that replaces a null: the default, or an empty value of the type.

        It stays None for the type ANY without a default.

        :raises TemplateError: if an empty value violates a constraint.
        """
        if self.default is not None:
            return _default(self)
        return self.convert(copy.copy(_NULL[self.type])) if self.type in _NULL else None

    def _list(self, value: Any) -> Any:
        """Check and convert a list, plain or compiled."""
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
        """Check and convert a map, plain or compiled."""
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


#: Translates the resolved values of properties.
Translation = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class TypeSchema:
    """The properties and attributes of one resource type.

    :ivar any_property: whether undeclared properties are accepted.
    :ivar any_attribute: whether every name is an attribute.
    :ivar ignores_properties: whether the properties in a template are accepted, but never
        resolved.
    :ivar nested: whether a resource of this type is a nested stack. Then the resources of the
        nested stack are attributes too.
    :ivar snapshots: whether a resource of this type can have the deletion policy Snapshot.
    :ivar keeps_null: whether a property without a schema may be null; otherwise it is left out.
    :ivar version: the first release of Heat with this type; None if Heat does not say.
    :ivar members: for a group: returns the definitions of its members by name, one of each kind,
        from its compiled properties. Values that are only known at run time are nodes.
    :ivar mapped: for a group: how the types of its members are mapped, unless the environment maps
        them.
    :ivar check: checks properties that depend on each other; some values may be nodes.
    :ivar translate: returns resolved values with properties that are not listed translated to
        those that replace them; None if there are none.
    """

    properties: Mapping[str, Property] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    any_property: bool = False
    any_attribute: bool = False
    ignores_properties: bool = False
    nested: bool = False
    description: str = ''
    support_status: str = 'SUPPORTED'
    version: str | None = None
    snapshots: bool = False
    keeps_null: bool = False
    translate: Translation | None = field(default=None, repr=False)
    check: Callable[[Mapping[str, Any]], None] | None = field(default=None, repr=False)
    members: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = field(
        default=None, repr=False
    )
    mapped: Mapping[str, str] = field(default_factory=dict)

    @property
    def listed_properties(self) -> Mapping[str, Property]:
        """Return the properties that descriptions of the type contain, by name."""
        return {name: declared for name, declared in self.properties.items() if declared.listed}

    @property
    def replace_on_change(self) -> frozenset[str]:
        """Return the names of the properties that cannot change in place."""
        return frozenset(
            name
            for name, property_schema in self.properties.items()
            if not property_schema.update_allowed
        )

    def resolve_properties(
        self, values: Mapping[str, Any], path: str = 'properties'
    ) -> dict[str, Any]:
        """Check and convert resolved values, and fill in defaults.

        A null becomes the default or an empty value of the type. So a required property that is
        null does not count as missing, as in Heat (heat/engine/properties.py, get_value).

        :param path: path of the properties, for errors.
        :returns: the properties that have a value.
        :raises UnknownProperty: if the type does not have one of the properties.
        :raises InvalidProperty: if a property is missing or invalid.
        """
        try:
            resolved = _convert_all(self.properties, values, self.any_property, self.keeps_null)
            if self.check is not None:
                self.check(resolved)
        except TemplateError as error:
            error.under(path)
            raise
        return resolved

    def check_facade(self, facade: TypeSchema, type_: str) -> None:
        """Check that a nested template can stand for an installed type.

        As in Heat (heat/engine/resources/template_resource.py, _validate_against_facade).

        :param facade: the schema of the type.
        :param type_: name of the type.
        :raises InvalidFacade: if a parameter is missing, unknown to the type, or of another
            type; if an output is missing.
        """
        for name, declared in facade.properties.items():
            provided = self.properties.get(name)
            if provided is None:
                if declared.required:
                    raise InvalidFacade(
                        f'Required property {name} for facade {type_} missing in provider'
                    )
                continue
            expected = NUMBER if declared.type == INTEGER else declared.type
            if ANY not in (expected, provided.kind) and provided.kind != expected:
                raise InvalidFacade(
                    f'Property {name} type mismatch between facade {type_} ({declared.type}) and '
                    f'provider ({provided.kind})'
                )
        for name, provided in self.properties.items():
            if provided.required and name not in facade.properties:
                raise InvalidFacade(f'Provider requires property {name} unknown in facade {type_}')
        for name in facade.attributes:
            if name not in self.attributes:
                raise InvalidFacade(f'Attribute {name} for facade {type_} missing in provider')

    def check_names(self, names: Iterable[str]) -> None:
        """Check that properties exist, whatever their values.

        :raises UnknownProperty: if the type does not have one of the properties.
        """
        for name in names:
            if name not in self.properties and not self.any_property:
                error = _unknown_property(name, self.properties)
                error.under('properties')
                raise error

    def check_static(self, compiled: Any, path: str = 'properties') -> None:
        """Check the parts of compiled properties that are known before run time.

        :param path: path of the properties, for errors.
        :raises TemplateError: as :meth:`resolve_properties`.
        """
        items = _plain(compiled)
        if not isinstance(items, Node):
            self.resolve_properties(items, path)


def _unknown_property(name: str, properties: Mapping[str, Property]) -> UnknownProperty:
    """Return the error for a property that does not exist."""
    return UnknownProperty(
        f'there is no property {shown(name)}',
        name,
        suggestion(name, properties) or 'there are no properties here',
    )


def _convert_all(
    properties: Mapping[str, Property],
    values: Mapping[str, Any],
    any_property: bool,
    keeps_null: bool = False,
) -> dict[str, Any]:
    """Check and convert the values of properties or of the keys of a map; fill in defaults.

    :param properties: the schemas, by name.
    :param any_property: accept names without a schema.
    :param keeps_null: keep nulls of such names.
    """
    result: dict[str, Any] = {}
    for name, value in values.items():
        property_schema = properties.get(name)
        if property_schema is None:
            if not any_property:
                raise _unknown_property(name, properties)
            if value is not None or keeps_null:
                result[name] = value
        else:
            try:
                value = (
                    property_schema.from_null()
                    if value is None
                    else property_schema.convert(value)
                )
            except TemplateError as error:
                error.under(name)
                raise
            if value is not None:
                result[name] = value
    for name, property_schema in properties.items():
        if name in values:
            continue
        if property_schema.default is not None:
            result[name] = _default(property_schema)
        elif property_schema.required:
            raise InvalidProperty(
                f'the property {shown(name)} is missing',
                name,
                property_schema.description or f'its type is {property_schema.type}',
            )
    return result


#: Cache of converted defaults that are immutable: id of the schema -> schema, converted default.
#: The schema is kept, so that its id is not used again.
_defaults: dict[int, tuple[Property, Any]] = {}


def _default(property_schema: Property) -> Any:
    """Return the default of a property, converted.

    It is cached, because many resources have the same type.
    """
    cached = _defaults.get(id(property_schema))
    if cached is not None and cached[0] is property_schema:
        return cached[1]
    value = property_schema.convert(copy.deepcopy(property_schema.default))
    if isinstance(value, str | int | float):
        _defaults[id(property_schema)] = (property_schema, value)
    return value


def _plain(value: Any) -> Any:
    """Return the map or list of a node; return any other value as it is."""
    return value.items if isinstance(value, MapNode | ListNode) else value
