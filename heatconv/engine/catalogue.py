"""What templates may be made of: versions, functions and resource types.

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

#: Statuses of types that may be asked for.
SUPPORT_STATUSES = ('UNKNOWN', 'SUPPORTED', 'DEPRECATED', 'UNSUPPORTED', 'HIDDEN')

#: The version of the templates that are made of a type.
GENERATED = '2016-10-14'

_PARAMETER_TYPES = {
    INTEGER: 'number',
    NUMBER: 'number',
    BOOLEAN: 'boolean',
    LIST: 'comma_delimited_list',
    MAP: 'json',
}


#: What each function does, for who looks through them.
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
    """List the versions of templates, oldest first."""
    dialects = [
        {'version': f'{one.code_name}.{one.date}', 'type': 'cfn', 'aliases': []} for one in CFN
    ]
    return dialects + [
        {
            'version': f'heat_template_version.{one.date}',
            'type': 'hot',
            'aliases': [f'heat_template_version.{one.code_name}'] if one.code_name else [],
        }
        for one in VERSIONS
    ]


def template_functions(name: str, with_condition: bool) -> list[dict[str, str]]:
    """List the functions of a version, those of conditions too if they are asked for.

    :raises NotFound: if there is no such version.
    """
    version = ACCEPTED.get(str(name).removeprefix('heat_template_version.'))
    for one in CFN:
        if name == f'{one.code_name}.{one.date}':
            version = one
    if version is None:
        raise exception.NotFound(f'Template with version {name} not found')
    found = {one for one in version.functions if one in FUNCTIONS}
    if with_condition:
        found |= {one for one, dates in CONDITION_FUNCTIONS.items() if version.date in dates}
    return [{'functions': one, 'description': DESCRIPTIONS.get(one, '')} for one in sorted(found)]


def resource_types(
    types: Types,
    support_status: Any = None,
    name: Any = None,
    version: Any = None,
    with_description: bool = False,
) -> list[Any]:
    """List the types that may be used.

    :param name: a regular expression that their names begin with.
    :raises Invalid: if there is no such status.
    """
    if support_status is not None and support_status not in SUPPORT_STATUSES:
        raise exception.Invalid(
            reason=f'Invalid support status: use one of {", ".join(SUPPORT_STATUSES)}'
        )
    found = []
    for one in _named(types, name):
        schema = types.schema(one)
        if schema is None or schema.support_status == 'HIDDEN' or version is not None:
            continue  # none of them says since when it is there
        if support_status in (None, schema.support_status):
            found.append((one, schema))
    if with_description:
        return [{'resource_type': one, 'description': each.description} for one, each in found]
    return [one for one, _ in found]


def _named(types: Types, name: Any) -> list[str]:
    if name is None:
        return list(types.types)
    try:
        begins = Pattern(f'(?:{name}).*')
    except PatternError:
        return []
    return [one for one in types.types if begins.matches(one)]


def schema_of(types: Types, name: str) -> TypeSchema:
    """Return the schema of a type.

    :raises EntityNotFound: if there is none.
    """
    found = types.schema(str(name))
    if found is None:
        raise exception.EntityNotFound(entity='Resource Type', name=str(name)[:255])
    return found


def resource_schema(types: Types, name: str, with_description: bool) -> dict[str, Any]:
    """Describe a type, its properties and attributes."""
    schema = schema_of(types, name)
    attributes = {
        key: {'description': one.description, 'type': one.type.lower()}
        for key, one in schema.attributes.items()
    }
    attributes['show'] = {
        'description': 'Detailed information about resource.',
        'type': 'map',
    }
    shown: dict[str, Any] = {
        'resource_type': name,
        'properties': {key: _property(one) for key, one in schema.properties.items()},
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


def _property(one: Property) -> dict[str, Any]:
    shown: dict[str, Any] = {
        'type': one.type.lower(),
        'required': one.required,
        'update_allowed': one.update_allowed,
        'immutable': False,
    }
    if one.description:
        shown['description'] = one.description
    if one.default is not None:
        shown['default'] = one.default
    if one.constraints:
        shown['constraints'] = [_constraint(each) for each in one.constraints]
    if isinstance(one.schema, Property):
        shown['schema'] = {'*': _property(one.schema)}
    elif one.schema is not None:
        shown['schema'] = {key: _property(each) for key, each in one.schema.items()}
    return shown


def _constraint(one: Constraint) -> dict[str, Any]:
    shown: dict[str, Any]
    if isinstance(one, Length | Range):
        limits = {'min': one.min, 'max': one.max}
        name = 'length' if isinstance(one, Length) else 'range'
        shown = {name: {key: limit for key, limit in limits.items() if limit is not None}}
    elif isinstance(one, Modulo):
        shown = {'modulo': {'step': one.step, 'offset': one.offset}}
    elif isinstance(one, AllowedValues):
        shown = {'allowed_values': list(one.allowed)}
    elif isinstance(one, AllowedPattern):
        shown = {'allowed_pattern': one.pattern}
    else:
        shown = {'custom_constraint': type(one).__name__}
    if one.description:
        shown['description'] = one.description
    return shown


def generated_template(types: Types, name: str, kind: str) -> dict[str, Any]:
    """Make a template with one resource of a type: its properties are the parameters.

    :param kind: hot, or cfn for Heat's dialect of CloudFormation.
    :raises NotSupported: for another kind.
    """
    schema = schema_of(types, name)
    if kind not in ('hot', 'cfn'):
        raise exception.NotSupported(feature=f'A template of the kind {kind} (use hot or cfn)')
    place = name.rpartition(':')[2]
    described = {key: _parameter(one) for key, one in schema.properties.items()}
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
            key: {'description': one.description, 'value': {'get_attr': [place, key]}}
            for key, one in schema.attributes.items()
        },
    }


def _cfn_template(
    name: str, place: str, schema: TypeSchema, described: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Make the same in Heat's dialect of CloudFormation."""
    parameters = {}
    for key, one in described.items():
        parameter = Parameter(
            key,
            one['type'],
            one.get('description', ''),
            one.get('default'),
            schema.properties[key].constraints,
        )
        shown = summary.parameter(parameter)
        parameters[key] = {each: shown[each] for each in shown if each not in ('NoEcho', 'Label')}
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
            key: {'Description': one.description, 'Value': {'Fn::GetAtt': [place, key]}}
            for key, one in schema.attributes.items()
        },
    }


def _parameter(one: Property) -> Mapping[str, Any]:
    made: dict[str, Any] = {'type': _PARAMETER_TYPES.get(one.type, 'string')}
    if one.type == LIST and isinstance(one.schema, Property) and one.schema.type in (LIST, MAP):
        made['type'] = 'json'  # a list of anything but texts
    if one.description:
        made['description'] = one.description
    if one.default is not None:
        made['default'] = one.default
    elif not one.required:
        made['default'] = {LIST: [], MAP: {}}.get(one.type, '')
        if made['type'] in ('number', 'boolean') or one.constraints:
            del made['default']
    if one.constraints:
        made['constraints'] = [_constraint(each) for each in one.constraints]
    return made
