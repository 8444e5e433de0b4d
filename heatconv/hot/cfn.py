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

"""Translation of the CloudFormation dialects to HOT, for the features that both have.

The keys of a template in a dialect are replaced by the keys of HOT. Values and the functions in
them stay unchanged, because each version of a dialect has its own functions. The accepted language
is that of Heat (heat/engine/cfn/template.py and parameters.py).
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

#: Keys of the dialects and the corresponding keys of HOT: of a template, and of the entries of its
#: sections.
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
#: Keys of a parameter that constrain its value. For each key: the name of the constraint in HOT,
#: and the key within that constraint, or '' if the constraint has no keys.
_CONSTRAINTS = {
    'AllowedValues': ('allowed_values', ''),
    'AllowedPattern': ('allowed_pattern', ''),
    'MinLength': ('length', 'min'),
    'MaxLength': ('length', 'max'),
    'MinValue': ('range', 'min'),
    'MaxValue': ('range', 'max'),
}
_CONSTRAINT_DESCRIPTION = 'ConstraintDescription'
#: Keys of the entries of each section, by the name of the section in HOT.
_ENTRY_KEYS = {'resources': _RESOURCE, 'outputs': _OUTPUT, 'parameters': _PARAMETER}


def is_cfn(source: Any) -> bool:
    """Say whether a template is in a CloudFormation dialect."""
    return isinstance(source, Mapping) and KEY not in source and any(k in source for k in CFN_KEYS)


def as_hot(source: Any) -> Any:
    """Translate a template in a dialect to the keys of HOT.

    :param source: a template as written.
    :returns: the translated template, whose version is a :class:`Version`; the source itself if it
        is not in a dialect.
    :raises TemplateError: if the template is in a dialect and invalid there.
    """
    if not is_cfn(source):
        return source
    version = _version(source)
    translated: dict[str, Any] = {KEY: version}
    for key, section in source.items():
        if key in CFN_KEYS:
            continue
        known_keys = [
            known for known in _SECTIONS if known != 'Conditions' or version.has_conditions
        ]
        if key not in known_keys:
            raise InvalidSection(
                f'there is no section {shown(key)} in a template',
                str(key),
                suggestion(str(key), known_keys),
            )
        name = _SECTIONS[key]
        translated[name] = section
        if name == 'parameters':
            translated[name] = _translate_entries(section, key, _translate_parameter)
        elif name in _ENTRY_KEYS:
            translated[name] = _translate_entries(
                section, key, functools.partial(_translate_keys, _ENTRY_KEYS[name])
            )
    return translated


@contextlib.contextmanager
def placed(source: Any) -> Iterator[None]:
    """Return a context that translates the paths of errors back to the keys of a dialect.

    :param source: the template as written; if it is in HOT, errors stay unchanged.
    """
    try:
        yield
    except TemplateError as error:
        if is_cfn(source):
            error.path = _written_path(error.path)
        raise


def _version(source: Mapping[str, Any]) -> Version:
    """Return the version that a template in a dialect states."""
    for key in CFN_KEYS:
        if key not in source:
            continue
        stated_date = source[key]
        for version in CFN:
            if version.code_name == key and stated_date == version.date:
                return version
        accepted = ', '.join(version.date for version in CFN if version.code_name == key)
        raise InvalidVersion(
            f'The template version is invalid: {shown(stated_date)}', key, f'write {accepted}'
        )
    raise InvalidVersion('there is no version', CFN_KEYS[0])


def _translate_entries(section: Any, section_key: str, translate: Any) -> Any:
    """Translate each entry of a section.

    :param section_key: key of the section, for error paths.
    :param translate: translates one entry.
    """
    if not isinstance(section, Mapping):
        return section  # the compilation of the section reports this error
    translated = {}
    for name, entry in section.items():
        try:
            translated[name] = translate(entry) if isinstance(entry, Mapping) else entry
        except TemplateError as error:
            error.under(section_key, name)
            raise
    return translated


def _translate_keys(keys: Mapping[str, str], declaration: Mapping[Any, Any]) -> dict[Any, Any]:
    """Translate the keys of one entry.

    :param keys: the keys of HOT, by the keys of the dialect.
    """
    translated: dict[Any, Any] = {}
    for key, value in declaration.items():
        if key not in keys:
            raise InvalidSection(
                f'there is no {shown(key)} here', str(key), suggestion(str(key), keys)
            )
        translated[keys[key]] = value
    return translated


def _translate_parameter(declaration: Mapping[Any, Any]) -> dict[str, Any]:
    """Translate the declaration of a parameter: its keys, its type and its constraints."""
    without_constraints = {
        key: value
        for key, value in declaration.items()
        if key not in _CONSTRAINTS and key != _CONSTRAINT_DESCRIPTION
    }
    translated = _translate_keys(_PARAMETER, without_constraints)
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
    for key, (name, limit) in _CONSTRAINTS.items():
        if key not in declaration:
            continue
        value = declaration[key]
        if limit:
            try:
                value = {**constraints.get(name, {}), limit: conversion.number(value)}
            except ValueError as error:
                raise InvalidSection(str(error), key) from None
        constraints[name] = value
    if constraints:
        description = declaration.get(_CONSTRAINT_DESCRIPTION)
        details = {} if description is None else {'description': description}
        translated['constraints'] = [
            {name: constraint, **details} for name, constraint in constraints.items()
        ]
    return translated


def _written_path(path: str) -> str:
    """Translate an error path from the keys of HOT to the keys of the dialect."""
    parts = path.split('.')
    section = parts[0]
    section_keys = {name: key for key, name in _SECTIONS.items()}
    if section not in section_keys:
        return path
    parts[0] = section_keys[section]
    entry_keys = {name: key for key, name in _ENTRY_KEYS.get(section, {}).items()}
    if len(parts) > 2:
        parts[2] = entry_keys.get(parts[2], parts[2])
    return '.'.join(parts)
