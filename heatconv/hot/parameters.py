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

"""Parameters: their declarations in a template, and their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot import conversion
from heatconv.hot.constraints import Constraint
from heatconv.hot.errors import (
    InvalidParameter,
    InvalidSection,
    MissingParameter,
    TemplateError,
    UnknownParameter,
    kind,
    shown,
)
from heatconv.hot.limits import MAX_NAME
from heatconv.hot.parameter_constraints import parse_constraints
from heatconv.hot.source import bound
from heatconv.hot.suggest import listing, suggestion
from heatconv.hot.versions import Version

STRING = 'string'
NUMBER = 'number'
JSON = 'json'
LIST = 'comma_delimited_list'
BOOLEAN = 'boolean'
TYPES = (STRING, NUMBER, JSON, LIST, BOOLEAN)

_KEYS = ('type', 'description', 'default', 'constraints', 'hidden', 'label', 'immutable')
_TAGS = 'tags'
_TAGS_SINCE = '2018-03-02'


@dataclass(frozen=True, slots=True)
class Parameter:
    """The declaration of one parameter.

    :ivar default: the default value, converted to the type; None if there is none.
    :ivar written_default: the default value as written.
    :ivar hidden: whether its value must not be shown.
    :ivar immutable: whether an update of the stack must not change its value.
    """

    name: str
    type: str
    description: str = ''
    default: Any = None
    constraints: tuple[Constraint, ...] = ()
    hidden: bool = False
    label: str = ''
    immutable: bool = False
    tags: tuple[str, ...] = ()
    written_default: Any = None

    def convert(self, value: Any) -> Any:
        """Convert a value to the type, and check it against the constraints.

        :raises InvalidParameter: if the value has the wrong type or violates a constraint.
        """
        try:
            bound(value)
            converted = _CONVERSIONS[self.type](value)
        except TemplateError as error:
            raise InvalidParameter(error.message, error.path, error.remedy) from None
        except ValueError as error:
            raise InvalidParameter(str(error)) from None
        for constraint in self.constraints:
            constraint.check(converted, error=InvalidParameter)
        return converted


def parse_parameters(section: Any, version: Version) -> dict[str, Parameter]:
    """Parse the section ``parameters`` of a template.

    :returns: the parameters, by name.
    :raises TemplateError: if a declaration is invalid; its path begins below the section.
    """
    if not section:
        return {}
    if not isinstance(section, dict):
        raise InvalidSection(f'it must be a map, not {kind(section)}')
    result = {}
    for name, declaration in section.items():
        if not isinstance(name, str) or not name or len(name) > MAX_NAME:
            raise InvalidSection(
                f'the name {shown(name)} of a parameter must have 1 to {MAX_NAME} characters'
            )
        if name.startswith('OS::'):
            raise InvalidSection(
                'names that begin with OS:: are reserved', name, 'use another name'
            )
        try:
            result[name] = _parameter(name, declaration, version)
        except TemplateError as error:
            error.under(name)
            raise
    return result


def values_of(
    parameters: Mapping[str, Parameter],
    environment: Mapping[str, Any],
    allow_missing: bool = False,
    checks_values: bool = True,
) -> dict[str, Any]:
    """Determine the value of each parameter.

    The ``parameters`` of the environment take precedence over its ``parameter_defaults``. These
    take precedence over the defaults in the template.

    :param parameters: the declarations, by name.
    :param environment: a result of :func:`heatconv.hot.environment.validate`.
    :param allow_missing: omit parameters without a value from the result, instead of an error.
    :param checks_values: if false, omit parameters with an invalid value too.
    :raises UnknownParameter: if ``parameters`` has a value for an undeclared parameter.
    :raises MissingParameter: if a parameter has no value.
    :raises InvalidParameter: if a value is invalid.
    """
    explicit: Mapping[str, Any] = environment['parameters']
    defaults: Mapping[str, Any] = environment['parameter_defaults']
    for name in explicit:
        if name not in parameters:
            raise UnknownParameter(
                f'the template has no parameter {shown(name)}',
                _path(name),
                suggestion(name, parameters) or 'the template has no parameters',
            )
    values = {}
    for name, parameter in parameters.items():
        for section, section_values in (
            ('parameters', explicit),
            ('parameter_defaults', defaults),
        ):
            # A null counts as no value, as in Heat.
            if section_values.get(name) is not None:
                try:
                    values[name] = parameter.convert(section_values[name])
                except TemplateError as error:
                    if not checks_values:
                        break
                    error.under(section, name)
                    raise
                break
        else:
            if parameter.default is not None:
                values[name] = parameter.default
            elif not allow_missing:
                raise MissingParameter(
                    f'the parameter {shown(name)} has no value',
                    _path(name),
                    f'give a {parameter.type} in the environment'
                    + (f': {parameter.description[:255]}' if parameter.description else ''),
                )
    return values


def _path(name: str) -> str:
    """Return the error path of a parameter."""
    return 'parameters.' + name[:MAX_NAME]


def _parameter(name: str, declaration: Any, version: Version) -> Parameter:
    """Parse the declaration of one parameter."""
    if not isinstance(declaration, dict):
        raise InvalidSection(
            f'it must be a map, not {kind(declaration)}', remedy='write {type: string}'
        )
    allowed_keys = (*_KEYS, _TAGS) if version.since(_TAGS_SINCE) else _KEYS
    for key in declaration:
        if key not in allowed_keys:
            if key == _TAGS:
                raise InvalidSection(f'{key} needs version {_TAGS_SINCE} or later', key)
            raise InvalidSection(
                f'a parameter has no {shown(key)}', str(key), suggestion(str(key), allowed_keys)
            )
    if 'type' not in declaration:
        raise InvalidParameter('the type is missing', 'type', listing(TYPES))
    type_ = declaration['type']
    if not isinstance(type_, str) or type_ not in TYPES:
        raise InvalidParameter(
            f'there is no such type{" as " + shown(type_) if isinstance(type_, str) else ""}',
            'type',
            listing(TYPES),
        )
    without_default = Parameter(
        name,
        type_,
        description=_text(declaration, 'description'),
        constraints=parse_constraints(declaration.get('constraints'), type_, version),
        hidden=_flag(declaration, 'hidden'),
        label=_text(declaration, 'label'),
        immutable=_flag(declaration, 'immutable'),
        tags=_tags(declaration.get(_TAGS)),
    )
    default = declaration.get('default')
    if default is None:
        return without_default
    try:
        default = without_default.convert(default)
    except TemplateError as error:
        error.under('default')
        raise
    return Parameter(
        name,
        type_,
        without_default.description,
        default,
        without_default.constraints,
        without_default.hidden,
        without_default.label,
        without_default.immutable,
        without_default.tags,
        declaration['default'],
    )


def _text(declaration: Mapping[str, Any], key: str) -> str:
    """Return the string of a key; '' if it is missing or null."""
    value = declaration.get(key)
    return '' if value is None else _string(value)


def _flag(declaration: Mapping[str, Any], key: str) -> bool:
    """Return the boolean of a key; False if it is missing or null."""
    try:
        value = declaration.get(key)
        return False if value is None else conversion.boolean(value)
    except ValueError as error:
        raise InvalidSection(str(error), key) from None


def _tags(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    try:
        if not isinstance(value, list):
            raise ValueError(f'it must be a list, not {kind(value)}')
        return tuple(_list(value))
    except ValueError as error:
        raise InvalidSection(str(error), _TAGS) from None


def _string(value: Any) -> str:
    """Convert to a string; a map or a list becomes what Python writes, as in Heat."""
    return str(value) if isinstance(value, dict | list) else conversion.string(value)


def _json(value: Any) -> Any:
    """Convert to a value of the type ``json``.

    A string is parsed as JSON. Any other value stays unchanged, and so does an empty string, as in
    Heat.
    """
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ValueError('it must be a map, a list, or a string with JSON') from None
        bound(value)
    return value


def _list(value: Any) -> list[str]:
    """Convert to a list of strings; a string is split at its commas.

    Other items become strings as Python writes them, as in Heat.
    """
    if isinstance(value, str):
        # Spaces around commas belong to the items, as in Heat.
        return value.split(',') if value else []
    if not isinstance(value, list):
        raise ValueError(
            f'it must be a list or a string with commas between its items, not {kind(value)}'
        )
    return [str(item) for item in value]


#: Functions that convert a value to each type; they raise ValueError if it is invalid.
_CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    STRING: _string,
    NUMBER: conversion.number,
    JSON: _json,
    LIST: _list,
    BOOLEAN: conversion.boolean,
}
