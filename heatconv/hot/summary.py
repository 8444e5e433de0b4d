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

"""Descriptions of templates in the format of Heat's RPC method ``validate_template``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv.hot.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    Length,
    Modulo,
    Range,
)
from heatconv.hot.custom_constraints import Custom
from heatconv.hot.parameters import BOOLEAN, JSON, LIST, NUMBER, STRING, Parameter
from heatconv.hot.template import Schema, Template

#: Names of the types of parameters in Heat's API (heat/rpc/api.py, PARAM_TYPES).
_TYPES = {
    STRING: 'String',
    NUMBER: 'Number',
    LIST: 'CommaDelimitedList',
    JSON: 'Json',
    BOOLEAN: 'Boolean',
}


def validate_result(
    template: Template | Schema, environment: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Describe the parameters of a template in Heat's format.

    :param environment: the environment that sets values and defaults.
    :returns: a map of Description, Parameters and, if there are any, ParameterGroups.
    """
    given = environment or {}
    values = given.get('parameters') or {}
    defaults = given.get('parameter_defaults') or {}
    result: dict[str, Any] = {
        'Description': template.description or 'No description',
        'Parameters': {
            name: parameter(declared, values.get(name), defaults.get(name))
            for name, declared in template.parameters.items()
        },
    }
    if template.parameter_groups:
        result['ParameterGroups'] = list(template.parameter_groups)
    return result


def parameter(declared: Parameter, value: Any = None, default: Any = None) -> dict[str, Any]:
    """Describe a parameter in Heat's format (heat/engine/api.py, format_validate_parameter).

    :param value: its value as given; None if there is none.
    :param default: its default in the environment, which replaces that in the template.
    """
    result: dict[str, Any] = {
        'Type': _TYPES[declared.type],
        'Description': declared.description,
        'NoEcho': 'true' if declared.hidden else 'false',
        'Label': declared.label or declared.name,
    }
    if default is not None or declared.written_default is not None:
        result['Default'] = declared.written_default if default is None else default
    if value:
        result['Value'] = value
    if declared.tags:
        result['Tags'] = list(declared.tags)
    descriptions = []
    for constraint in declared.constraints:
        result.update(_constraint(constraint))
        if constraint.description:
            descriptions.append(constraint.description)
    if descriptions:
        result['ConstraintDescription'] = ' '.join(descriptions)
    return result


def _constraint(constraint: Constraint) -> dict[str, Any]:
    """Describe a constraint in Heat's format."""
    if isinstance(constraint, Length):
        return _present(MinLength=constraint.min, MaxLength=constraint.max)
    if isinstance(constraint, Range):
        return _present(MinValue=constraint.min, MaxValue=constraint.max)
    if isinstance(constraint, Modulo):
        return _present(Step=constraint.step, Offset=constraint.offset)
    if isinstance(constraint, AllowedValues):
        return {'AllowedValues': list(constraint.allowed)}
    if isinstance(constraint, AllowedPattern):
        return {'AllowedPattern': constraint.pattern}
    if isinstance(constraint, Custom):
        return {'CustomConstraint': constraint.name}
    return {}


def _present(**limits: int | float | None) -> dict[str, int | float]:
    """Return the limits that are not None."""
    return {name: limit for name, limit in limits.items() if limit is not None}
