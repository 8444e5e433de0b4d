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

"""Compilation of the section ``outputs`` of a template."""

from __future__ import annotations

from typing import Any

from heatconv.hot.definitions import OutputDefinition
from heatconv.hot.errors import InvalidSection, TemplateError, kind, shown
from heatconv.hot.functions import OMITTED, Context
from heatconv.hot.limits import MAX_NAME
from heatconv.hot.resources import decided
from heatconv.hot.suggest import suggestion

_KEYS = ('description', 'value')
_CONDITION = 'condition'


def parse_outputs(section: Any, context: Context) -> dict[str, OutputDefinition]:
    """Compile all outputs.

    :param context: has the schemas of the resources that outputs may refer to.
    :returns: the outputs, by name.
    :raises TemplateError: if an output is invalid; its path begins below the section.
    """
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise InvalidSection(f'it must be a map, not {kind(section)}')
    outputs = {}
    for name, declaration in section.items():
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
            raise InvalidSection(
                f'the name {shown(name)} of an output must have 1 to {MAX_NAME} characters'
            )
        try:
            outputs[name] = _output(name, declaration, context)
        except TemplateError as error:
            error.under(name)
            raise
    return outputs


def _output(name: str, declaration: Any, context: Context) -> OutputDefinition:
    """Compile one output. If its condition is false, its value is None."""
    if not isinstance(declaration, dict):
        raise InvalidSection(
            f'it must be a map, not {kind(declaration)}', remedy='write {value: ...}'
        )
    keys = (*_KEYS, _CONDITION) if context.version.has_conditions else _KEYS
    for key in declaration:
        if key not in keys:
            raise InvalidSection(
                f'an output has no {shown(key)}', str(key), suggestion(str(key), keys)
            )
    description = declaration.get('description')
    if isinstance(description, bool | int | float):
        description = str(description)
    if not isinstance(description, str | None):
        raise InvalidSection(f'it must be a string, not {kind(description)}', 'description')
    if 'value' not in declaration:
        raise InvalidSection('the value is missing', remedy='write value: ...')
    if declaration.get(_CONDITION) is not None:
        try:
            if not decided(declaration[_CONDITION], context):
                return OutputDefinition(name, description or '')
        except TemplateError as error:
            error.under(_CONDITION)
            raise
    references = context.begin()
    try:
        value = context.compile(declaration['value'])
        if value is OMITTED:
            value = None
    except TemplateError as error:
        error.under('value')
        raise
    return OutputDefinition(
        name,
        description or '',
        value,
        tuple(sorted(references.resources)),
        tuple(sorted(references.attributes)),
    )
