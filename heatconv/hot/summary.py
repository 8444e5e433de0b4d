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

from typing import Any

from heatconv.hot.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    Length,
    Modulo,
    Range,
)
from heatconv.hot.parameters import BOOLEAN, JSON, LIST, NUMBER, STRING, Parameter
from heatconv.hot.template import Schema, Template

#: Replaces the value of a hidden parameter.
MASK = '******'

#: Names of the types of parameters in Heat's API (heat/rpc/api.py, PARAM_TYPES).
_TYPES = {
    STRING: 'String',
    NUMBER: 'Number',
    LIST: 'CommaDelimitedList',
    JSON: 'Json',
    BOOLEAN: 'Boolean',
}


def validate_result(template: Template | Schema) -> dict[str, Any]:
    """Describe the parameters of a template in Heat's format.

    Unlike in Heat, the default of a hidden parameter is masked.

    :returns: a map of Description, Parameters and, if there are any, ParameterGroups.
    """
    result: dict[str, Any] = {
        'Description': template.description,
        'Parameters': {
            name: parameter(declared) for name, declared in template.parameters.items()
        },
    }
    if template.parameter_groups:
        result['ParameterGroups'] = list(template.parameter_groups)
    return result


def parameter(declared: Parameter) -> dict[str, Any]:
    """Describe a parameter in Heat's format."""
    result: dict[str, Any] = {
        'Type': _TYPES[declared.type],
        'Description': declared.description,
        'NoEcho': 'true' if declared.hidden else 'false',
        'Label': declared.label or declared.name,
    }
    if declared.default is not None:
        result['Default'] = MASK if declared.hidden else declared.default
    if declared.tags:
        result['Tags'] = list(declared.tags)
    for constraint in declared.constraints:
        result.update(_constraint(constraint))
        if constraint.description:
            result['ConstraintDescription'] = constraint.description
    return result


def _constraint(constraint: Constraint) -> dict[str, Any]:
    """Describe a constraint in Heat's format; custom constraints are left out."""
    if isinstance(constraint, Length):
        return _present(MinLength=constraint.min, MaxLength=constraint.max)
    if isinstance(constraint, Range):
        return _present(MinValue=constraint.min, MaxValue=constraint.max)
    if isinstance(constraint, Modulo):
        return {'Modulo': {'step': constraint.step, 'offset': constraint.offset}}
    if isinstance(constraint, AllowedValues):
        return {'AllowedValues': list(constraint.allowed)}
    if isinstance(constraint, AllowedPattern):
        return {'AllowedPattern': constraint.pattern}
    return {}


def _present(**limits: int | float | None) -> dict[str, int | float]:
    """Return the limits that are not None."""
    return {name: limit for name, limit in limits.items() if limit is not None}
