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
from heatconv.hot.group_members import check_member_attributes
from heatconv.hot.limits import MAX_NAME
from heatconv.hot.resources import decided

_CONDITION = 'condition'


def parse_outputs(section: Any, context: Context) -> dict[str, OutputDefinition]:
    """Compile all outputs.

    :param context: has the schemas of the resources that outputs may refer to.
    :returns: the outputs, by name.
    :raises TemplateError: if an output is invalid; its path begins below the section.
    """
    if not section:
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
    # Unknown keys are ignored, as in Heat.
    description = declaration.get('description')
    if description is not None and not isinstance(description, str):
        description = str(description)
    if 'value' not in declaration:
        raise InvalidSection('the value is missing', remedy='write value: ...')
    if context.version.has_conditions and declaration.get(_CONDITION) is not None:
        try:
            if not decided(declaration[_CONDITION], context):
                return OutputDefinition(name, description or '')
        except TemplateError as error:
            error.under(_CONDITION)
            raise
    references = context.begin()
    try:
        # A value that fails is an error of this output alone, when it is read, as in Heat.
        context.lazy = context.in_output = True
        value = context.compile(declaration['value'])
        if value is OMITTED:
            value = None
        check_member_attributes(references.attributes, context)
    except TemplateError as error:
        error.under('value')
        raise
    finally:
        context.in_output = False
        context.lazy = not context.checks_values
    return OutputDefinition(
        name,
        description or '',
        value,
        tuple(sorted(references.resources)),
        tuple(sorted(references.attributes)),
    )
