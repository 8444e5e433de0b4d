"""The catalogue of versions, functions and resource types for templates.

Shapes are those of Heat (heat/engine/service.py and resource.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatconv import exception
from heatconv.hot import summary
from heatconv.hot.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    Length,
    Modulo,
    Range,
)
from heatconv.hot.functions import FUNCTIONS
from heatconv.hot.parameters import Parameter
from heatconv.hot.patterns import Pattern, PatternError
from heatconv.hot.schema import BOOLEAN, INTEGER, LIST, MAP, NUMBER, Property, TypeSchema
from heatconv.hot.versions import ACCEPTED, CFN, CONDITION_FUNCTIONS, VERSIONS
from heatconv.templates.cache import Types

#: Support statuses that a request may filter by.
SUPPORT_STATUSES = ('UNKNOWN', 'SUPPORTED', 'DEPRECATED', 'UNSUPPORTED', 'HIDDEN')

#: The version of generated templates.
GENERATED = '2016-10-14'

_PARAMETER_TYPES = {
    INTEGER: 'number',
    NUMBER: 'number',
    BOOLEAN: 'boolean',
    LIST: 'comma_delimited_list',
    MAP: 'json',
}


#: Descriptions of functions.
DESCRIPTIONS: Mapping[str, str] = {
    'Fn::And': 'Holds where all of several conditions hold.',
    'Fn::Base64': 'Gives a text as it is.',
    'Fn::Equals': 'Tells whether two values are equal.',
    'Fn::FindInMap': 'Gives a value of the section Mappings.',
    'Fn::GetAtt': 'Gives an attribute of a resource.',
    'Fn::If': 'Gives one of two values, as a condition holds or not.',
    'Fn::Join': 'Joins the items of a list to a text.',
    'Fn::MemberListToMap': 'Makes a map of texts such as .member.0.Name=key.',
    'Fn::Not': 'Holds where a condition does not.',
    'Fn::Or': 'Holds where one of several conditions holds.',
    'Fn::Replace': 'Fills placeholders of a text in.',
    'Fn::ResourceFacade': 'Gives a part of the resource that a nested stack stands for.',
    'Fn::Select': 'Gives one item of a list or a map.',
    'Fn::Split': 'Cuts a text into a list.',
    'Ref': 'Gives what others refer to a resource by, or the value of a parameter.',
    'and': 'Holds where all of several conditions hold.',
    'contains': 'Tells whether a value is in a list.',
    'digest': 'Computes the digest of a text.',
    'equals': 'Tells whether two values are equal.',
    'filter': 'Leaves values out of a list.',
    'get_attr': 'Gives an attribute of a resource, or a part of it.',
    'get_file': 'Gives the content of a file that comes with the template.',
    'get_param': 'Gives the value of a parameter, or a part of it.',
    'get_resource': 'Gives what others refer to a resource by, as a rule its id.',
    'if': 'Gives one of two values, as a condition holds or not.',
    'list_concat': 'Puts lists together.',
    'list_concat_unique': 'Puts lists together, each item once.',
    'list_join': 'Joins the items of lists to a text.',
    'make_url': 'Puts a URL together, its parts escaped.',
    'map_merge': 'Puts maps together; what comes later wins.',
    'map_replace': 'Replaces keys and values of a map.',
    'not': 'Holds where a condition does not.',
    'or': 'Holds where one of several conditions holds.',
    'repeat': 'Makes a list: a template filled in for each of many values.',
    'resource_facade': 'Gives a part of the resource that a nested stack stands for.',
    'str_replace': 'Fills placeholders of a text in.',
    'str_replace_strict': 'Fills placeholders of a text in; each must be in it.',
    'str_replace_vstrict': 'Fills placeholders of a text in; each must be in it and have a value.',
    'str_split': 'Cuts a text into a list.',
    'yaql': 'Evaluates an expression on data.',
}


def template_versions() -> list[dict[str, Any]]:
    """List the template versions, oldest first."""
    dialects = [
        {'version': f'{version.code_name}.{version.date}', 'type': 'cfn', 'aliases': []}
        for version in CFN
    ]
    return dialects + [
        {
            'version': f'heat_template_version.{version.date}',
            'type': 'hot',
            'aliases': [f'heat_template_version.{version.code_name}'] if version.code_name else [],
        }
        for version in VERSIONS
    ]


def template_functions(name: str, with_condition: bool) -> list[dict[str, str]]:
    """List the functions of a version, optionally with those of conditions.

    :raises NotFound: if the version does not exist.
    """
    version = ACCEPTED.get(str(name).removeprefix('heat_template_version.'))
    for function in CFN:
        if name == f'{function.code_name}.{function.date}':
            version = function
    if version is None:
        raise exception.NotFound(f'Template with version {name} not found')
    functions = {function for function in version.functions if function in FUNCTIONS}
    if with_condition:
        functions |= {
            function for function, dates in CONDITION_FUNCTIONS.items() if version.date in dates
        }
    return [
        {'functions': function, 'description': DESCRIPTIONS.get(function, '')}
        for function in sorted(functions)
    ]


def resource_types(
    types: Types,
    support_status: Any = None,
    name: Any = None,
    version: Any = None,
    with_description: bool = False,
) -> list[Any]:
    """List the resource types.

    :param name: a regular expression that matches the beginning of their names.
    :raises Invalid: if the support status does not exist.
    """
    if support_status is not None and support_status not in SUPPORT_STATUSES:
        raise exception.Invalid(
            reason=f'Invalid support status: use one of {", ".join(SUPPORT_STATUSES)}'
        )
    described = []
    for type_name in _named(types, name):
        schema = types.schema(type_name)
        if schema is None or schema.support_status == 'HIDDEN' or version is not None:
            continue  # no type says in which version it was added
        if support_status in (None, schema.support_status):
            described.append((type_name, schema))
    if with_description:
        return [
            {'resource_type': type_name, 'description': schema.description}
            for type_name, schema in described
        ]
    return [type_name for type_name, _ in described]


def _named(types: Types, name: Any) -> list[str]:
    if name is None:
        return list(types.types)
    try:
        begins = Pattern(f'(?:{name}).*')
    except PatternError:
        return []
    return [type_name for type_name in types.types if begins.matches(type_name)]


def schema_of(types: Types, name: str) -> TypeSchema:
    """Return the schema of a type.

    :raises EntityNotFound: if the type does not exist.
    """
    schema = types.schema(str(name))
    if schema is None:
        raise exception.EntityNotFound(entity='Resource Type', name=str(name)[:255])
    return schema


def resource_schema(types: Types, name: str, with_description: bool) -> dict[str, Any]:
    """Describe a type, its properties and attributes."""
    schema = schema_of(types, name)
    attributes = {
        key: {'description': declared.description, 'type': declared.type.lower()}
        for key, declared in schema.attributes.items()
    }
    attributes['show'] = {
        'description': 'Detailed information about resource.',
        'type': 'map',
    }
    shown: dict[str, Any] = {
        'resource_type': name,
        'properties': {key: _property(declared) for key, declared in schema.properties.items()},
        'attributes': attributes,
        'support_status': {
            'status': schema.support_status,
            'message': None,
            'version': None,
            'previous_status': None,
        },
    }
    if with_description:
        shown['description'] = schema.description
    return shown


def _property(declared: Property) -> dict[str, Any]:
    shown: dict[str, Any] = {
        'type': declared.type.lower(),
        'required': declared.required,
        'update_allowed': declared.update_allowed,
        'immutable': False,
    }
    if declared.description:
        shown['description'] = declared.description
    if declared.default is not None:
        shown['default'] = declared.default
    if declared.constraints:
        shown['constraints'] = [_constraint(nested) for nested in declared.constraints]
    if isinstance(declared.schema, Property):
        shown['schema'] = {'*': _property(declared.schema)}
    elif declared.schema is not None:
        shown['schema'] = {key: _property(nested) for key, nested in declared.schema.items()}
    return shown


def _constraint(constraint: Constraint) -> dict[str, Any]:
    shown: dict[str, Any]
    if isinstance(constraint, Length | Range):
        limits = {'min': constraint.min, 'max': constraint.max}
        name = 'length' if isinstance(constraint, Length) else 'range'
        shown = {name: {key: limit for key, limit in limits.items() if limit is not None}}
    elif isinstance(constraint, Modulo):
        shown = {'modulo': {'step': constraint.step, 'offset': constraint.offset}}
    elif isinstance(constraint, AllowedValues):
        shown = {'allowed_values': list(constraint.allowed)}
    elif isinstance(constraint, AllowedPattern):
        shown = {'allowed_pattern': constraint.pattern}
    else:
        shown = {'custom_constraint': type(constraint).__name__}
    if constraint.description:
        shown['description'] = constraint.description
    return shown


def generated_template(types: Types, name: str, kind: str) -> dict[str, Any]:
    """Generate a template with one resource of a type; its properties are parameters.

    :param kind: hot, or cfn for Heat's dialect of CloudFormation.
    :raises NotSupported: for another kind.
    """
    schema = schema_of(types, name)
    if kind not in ('hot', 'cfn'):
        raise exception.NotSupported(feature=f'A template of the kind {kind} (use hot or cfn)')
    place = name.rpartition(':')[2]
    described = {key: _parameter(attribute) for key, attribute in schema.properties.items()}
    if kind == 'cfn':
        return _cfn_template(name, place, schema, described)
    return {
        'heat_template_version': GENERATED,
        'description': f'Initial template of {place}',
        'parameters': described,
        'resources': {
            place: {
                'type': name,
                'properties': {key: {'get_param': key} for key in schema.properties},
            }
        },
        'outputs': {
            key: {'description': attribute.description, 'value': {'get_attr': [place, key]}}
            for key, attribute in schema.attributes.items()
        },
    }


def _cfn_template(
    name: str, place: str, schema: TypeSchema, described: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Generate the template in Heat's dialect of CloudFormation."""
    parameters = {}
    for key, attribute in described.items():
        parameter = Parameter(
            key,
            attribute['type'],
            attribute.get('description', ''),
            attribute.get('default'),
            schema.properties[key].constraints,
        )
        shown = summary.parameter(parameter)
        parameters[key] = {
            field: shown[field] for field in shown if field not in ('NoEcho', 'Label')
        }
    return {
        CFN[1].code_name: CFN[1].date,
        'Description': f'Initial template of {place}',
        'Parameters': parameters,
        'Resources': {
            place: {
                'Type': name,
                'Properties': {key: {'Ref': key} for key in schema.properties},
            }
        },
        'Outputs': {
            key: {'Description': attribute.description, 'Value': {'Fn::GetAtt': [place, key]}}
            for key, attribute in schema.attributes.items()
        },
    }


def _parameter(declared: Property) -> Mapping[str, Any]:
    parameter: dict[str, Any] = {'type': _PARAMETER_TYPES.get(declared.type, 'string')}
    if (
        declared.type == LIST
        and isinstance(declared.schema, Property)
        and declared.schema.type in (LIST, MAP)
    ):
        parameter['type'] = 'json'  # a list of other values than strings
    if declared.description:
        parameter['description'] = declared.description
    if declared.default is not None:
        parameter['default'] = declared.default
    elif not declared.required:
        parameter['default'] = {LIST: [], MAP: {}}.get(declared.type, '')
        if parameter['type'] in ('number', 'boolean') or declared.constraints:
            del parameter['default']
    if declared.constraints:
        parameter['constraints'] = [_constraint(constraint) for constraint in declared.constraints]
    return parameter
