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

"""The CloudFormation dialects, as far as they share features with HOT.

A template in a dialect is translated to the keys of HOT. Values and their functions stay
unchanged, because each version of a dialect has functions of its own. The accepted language is
that of Heat (heat/engine/cfn/template.py and parameters.py).
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from heatconv.hot import conversion
from heatconv.hot.errors import InvalidSection, InvalidVersion, TemplateError, shown
from heatconv.hot.suggest import suggestion
from heatconv.hot.versions import CFN, CFN_KEYS, KEY, Version

MAPPINGS = 'mappings'

#: Keys, and their names in HOT.
_SECTIONS = {
    'Description': 'description',
    'Parameters': 'parameters',
    'Mappings': MAPPINGS,
    'Conditions': 'conditions',
    'Resources': 'resources',
    'Outputs': 'outputs',
}
_RESOURCE = {
    'Type': 'type',
    'Properties': 'properties',
    'Metadata': 'metadata',
    'DependsOn': 'depends_on',
    'DeletionPolicy': 'deletion_policy',
    'UpdatePolicy': 'update_policy',
    'Description': 'description',
    'Condition': 'condition',
}
_OUTPUT = {'Description': 'description', 'Value': 'value', 'Condition': 'condition'}
_PARAMETER = {
    'Type': 'type',
    'Description': 'description',
    'Default': 'default',
    'NoEcho': 'hidden',
    'Label': 'label',
}
_TYPES = {
    'String': 'string',
    'Number': 'number',
    'CommaDelimitedList': 'comma_delimited_list',
    'Json': 'json',
    'Boolean': 'boolean',
}
#: Constraints of parameters: their names in HOT, and the part of that constraint.
_CONSTRAINTS = {
    'AllowedValues': ('allowed_values', ''),
    'AllowedPattern': ('allowed_pattern', ''),
    'MinLength': ('length', 'min'),
    'MaxLength': ('length', 'max'),
    'MinValue': ('range', 'min'),
    'MaxValue': ('range', 'max'),
}
_CONSTRAINT_DESCRIPTION = 'ConstraintDescription'
#: Keys of HOT in error paths, and their names in the dialects, by section.
_WITHIN = {'resources': _RESOURCE, 'outputs': _OUTPUT, 'parameters': _PARAMETER}


def is_cfn(source: Any) -> bool:
    """Say whether a template is in a CloudFormation dialect."""
    return isinstance(source, Mapping) and KEY not in source and any(k in source for k in CFN_KEYS)


def as_hot(source: Any) -> Any:
    """Return a template with the keys of HOT; a HOT template unchanged.

    :raises TemplateError: if it is in a dialect and not valid there.
    """
    if not is_cfn(source):
        return source
    version = _version(source)
    translated: dict[str, Any] = {KEY: version}
    for key, section in source.items():
        if key in CFN_KEYS:
            continue
        sections = [
            section for section in _SECTIONS if section != 'Conditions' or version.has_conditions
        ]
        if key not in sections:
            raise InvalidSection(
                f'there is no section {shown(key)} in a template',
                str(key),
                suggestion(str(key), sections),
            )
        name = _SECTIONS[key]
        translated[name] = section
        if name == 'parameters':
            translated[name] = _each(section, key, _parameter)
        elif name in _WITHIN:
            translated[name] = _each(section, key, functools.partial(_named, _WITHIN[name]))
    return translated


@contextlib.contextmanager
def placed(source: Any) -> Iterator[None]:
    """Translate the paths of errors to the keys of the template as written."""
    try:
        yield
    except TemplateError as error:
        if is_cfn(source):
            error.path = _place(error.path)
        raise


def _version(source: Mapping[str, Any]) -> Version:
    for key in CFN_KEYS:
        if key not in source:
            continue
        stated = source[key]
        for version in CFN:
            if version.code_name == key and stated == version.date:
                return version
        accepted = ', '.join(version.date for version in CFN if version.code_name == key)
        raise InvalidVersion(f'the version {shown(stated)} is unknown', key, f'write {accepted}')
    raise InvalidVersion('there is no version', CFN_KEYS[0])


def _each(section: Any, place: str, translate: Any) -> Any:
    if not isinstance(section, Mapping):
        return section  # reported where it is used
    translated = {}
    for name, entry in section.items():
        try:
            translated[name] = translate(entry) if isinstance(entry, Mapping) else entry
        except TemplateError as error:
            error.under(place, name)
            raise
    return translated


def _named(keys: Mapping[str, str], declaration: Mapping[Any, Any]) -> dict[Any, Any]:
    translated: dict[Any, Any] = {}
    for key, value in declaration.items():
        if key not in keys:
            raise InvalidSection(
                f'there is no {shown(key)} here', str(key), suggestion(str(key), keys)
            )
        translated[keys[key]] = value
    return translated


def _parameter(declaration: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {
        key: limit
        for key, limit in declaration.items()
        if key not in _CONSTRAINTS and key != _CONSTRAINT_DESCRIPTION
    }
    translated = _named(_PARAMETER, plain)
    type_ = translated.get('type')
    if type_ is not None:
        if not isinstance(type_, str) or type_ not in _TYPES:
            raise InvalidSection(
                f'there is no such type{" as " + shown(type_) if isinstance(type_, str) else ""}',
                'Type',
                suggestion(str(type_), _TYPES),
            )
        translated['type'] = _TYPES[type_]
    constraints: dict[str, Any] = {}
    for key, (name, part) in _CONSTRAINTS.items():
        if key not in declaration:
            continue
        value = declaration[key]
        if part:
            try:
                value = {**constraints.get(name, {}), part: conversion.number(value)}
            except ValueError as error:
                raise InvalidSection(str(error), key) from None
        constraints[name] = value
    if constraints:
        described = declaration.get(_CONSTRAINT_DESCRIPTION)
        details = {} if described is None else {'description': described}
        translated['constraints'] = [
            {name: limit, **details} for name, limit in constraints.items()
        ]
    return translated


def _place(path: str) -> str:
    """Return a path in the keys of the dialect."""
    parts = path.split('.')
    section = parts[0]
    back = {name: key for key, name in _SECTIONS.items()}
    if section not in back:
        return path
    parts[0] = back[section]
    within = {name: key for key, name in _WITHIN.get(section, {}).items()}
    if len(parts) > 2:
        parts[2] = within.get(parts[2], parts[2])
    return '.'.join(parts)
