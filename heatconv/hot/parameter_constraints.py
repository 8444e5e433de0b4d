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

"""Parsing of the constraints of a parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from heatconv.hot import conversion, custom_constraints
from heatconv.hot.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    Length,
    Modulo,
    Range,
)
from heatconv.hot.errors import InvalidParameter, TemplateError, kind, shown
from heatconv.hot.suggest import listing, suggestion
from heatconv.hot.versions import Version

#: Largest number of constraints of a parameter: each takes time to check for every value.
_MAX_CONSTRAINTS = 32
_MODULO_SINCE = '2017-02-24'

#: Types of parameters that each constraint applies to (heat/engine/constraints.py, valid_types).
_TYPES: Mapping[str, tuple[str, ...]] = {
    'length': ('string', 'json', 'comma_delimited_list'),
    'range': ('number',),
    'modulo': ('number',),
    'allowed_values': ('string', 'number', 'boolean', 'comma_delimited_list'),
    'allowed_pattern': ('string',),
    'custom_constraint': ('string', 'number', 'boolean', 'json', 'comma_delimited_list'),
}
_DESCRIPTION = 'description'


def parse_constraints(section: Any, type_: str, version: Version) -> tuple[Constraint, ...]:
    """Parse the list of constraints of a parameter.

    :param section: the list as written, or None.
    :param type_: the type of the parameter.
    :raises InvalidParameter: if a constraint is invalid; its path begins below the parameter.
    """
    if section is None:
        return ()
    if not isinstance(section, list):
        raise InvalidParameter(f'it must be a list, not {kind(section)}', 'constraints')
    if len(section) > _MAX_CONSTRAINTS:
        raise InvalidParameter(
            f'there may be at most {_MAX_CONSTRAINTS} constraints', 'constraints'
        )
    constraints = []
    for index, declaration in enumerate(section):
        try:
            constraints.append(_constraint(declaration, type_, version))
        except TemplateError as error:
            error.under('constraints', index)
            raise
    return tuple(constraints)


def _constraint(declaration: Any, type_: str, version: Version) -> Constraint:
    """Parse one item of the list: a map of the name of a constraint to its limits."""
    applicable = [
        name
        for name, types in _TYPES.items()
        if type_ in types and (name != 'modulo' or version.since(_MODULO_SINCE))
    ]
    if not isinstance(declaration, dict):
        raise InvalidParameter(f'it must be a map, not {kind(declaration)}')
    names = [name for name in declaration if name != _DESCRIPTION]
    if len(names) != 1:
        raise InvalidParameter(
            'there must be one constraint in each item', remedy=listing(applicable)
        )
    name = names[0]
    if name not in _TYPES:
        raise InvalidParameter(
            f'there is no constraint {shown(name)}', str(name), suggestion(str(name), applicable)
        )
    if name not in applicable:
        if type_ in _TYPES[name]:
            raise InvalidParameter(f'{name} needs version {_MODULO_SINCE} or later', name)
        raise InvalidParameter(
            f'{name} does not fit a parameter of type {type_}', name, listing(applicable)
        )
    description = declaration.get(_DESCRIPTION)
    if not isinstance(description, str | None):
        raise InvalidParameter(f'it must be a string, not {kind(description)}', _DESCRIPTION)
    try:
        return _BUILDERS[name](declaration[name], type_, description or '')
    except TemplateError as error:
        error.under(name)
        raise
    except ValueError as error:
        raise InvalidParameter(str(error), name) from None


def _length(value: Any, type_: str, description: str) -> Constraint:
    minimum, maximum = _limits(value, conversion.integer)
    return Length(minimum, maximum, description)


def _range(value: Any, type_: str, description: str) -> Constraint:
    minimum, maximum = _limits(value, conversion.number)
    return Range(minimum, maximum, description)


def _modulo(value: Any, type_: str, description: str) -> Constraint:
    numbers = _numbers(value, ('step', 'offset'), conversion.integer)
    for key in ('step', 'offset'):
        if key not in numbers:
            raise InvalidParameter(f'the {key} is missing')
    return Modulo(numbers['step'], numbers['offset'], description)


def _allowed_values(value: Any, type_: str, description: str) -> Constraint:
    if not isinstance(value, list) or not value:
        raise InvalidParameter(
            'it must be a list of at least one value', remedy='write [first, second]'
        )
    convert: Callable[[Any], Any] = {
        'number': conversion.number,
        'boolean': conversion.boolean,
    }.get(type_, conversion.string)
    allowed = []
    for index, item in enumerate(value):
        try:
            allowed.append(convert(item))
        except ValueError as error:
            raise InvalidParameter(str(error), str(index)) from None
    return AllowedValues(tuple(allowed), description)


def _allowed_pattern(value: Any, type_: str, description: str) -> Constraint:
    if not isinstance(value, str):
        raise InvalidParameter(f'it must be a string, not {kind(value)}')
    return AllowedPattern(value, description)


def _limits(value: Any, convert: Callable[[Any], Any]) -> tuple[Any, Any]:
    """Parse a map with a minimum, a maximum or both; a missing one is None."""
    numbers = _numbers(value, ('min', 'max'), convert)
    minimum, maximum = numbers.get('min'), numbers.get('max')
    if minimum is None and maximum is None:
        raise InvalidParameter('it needs a min or a max', remedy='write {min: 1, max: 9}')
    if minimum is not None and maximum is not None and minimum > maximum:
        raise InvalidParameter('min must not be larger than max')
    return minimum, maximum


def _numbers(value: Any, keys: tuple[str, str], convert: Callable[[Any], Any]) -> dict[str, Any]:
    """Parse a map of numbers; each of the keys may be missing."""
    if not isinstance(value, dict):
        raise InvalidParameter(f'it must be a map, not {kind(value)}', remedy=listing(keys))
    result = {}
    for key, number in value.items():
        if key not in keys:
            raise InvalidParameter(f'there is no {shown(key)}', str(key), listing(keys))
        try:
            result[key] = convert(number)
        except ValueError as error:
            raise InvalidParameter(str(error), key) from None
    return result


def _custom(value: Any, type_: str, description: str) -> Constraint:
    if not isinstance(value, str) or value not in custom_constraints.NAMES:
        raise InvalidParameter(
            f'there is no custom constraint {shown(value)}',
            remedy=suggestion(str(value), custom_constraints.NAMES),
        )
    return custom_constraints.Custom(value, description)


#: The parser of each constraint: it receives the limits, the type of the parameter and the
#: description.
_BUILDERS: Mapping[str, Callable[[Any, str, str], Constraint]] = {
    'length': _length,
    'range': _range,
    'modulo': _modulo,
    'allowed_values': _allowed_values,
    'allowed_pattern': _allowed_pattern,
    'custom_constraint': _custom,
}
