"""The catalogue for template authors: template versions, functions and resource types.

It also generates an example template for a resource type. All formats are those of Heat
(heat/engine/service.py and resource.py).
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
from heatconv.hot.custom_constraints import Custom
from heatconv.hot.functions import FUNCTIONS, stacks
from heatconv.hot.parameters import Parameter
from heatconv.hot.patterns import Pattern, PatternError
from heatconv.hot.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    LIST,
    MAP,
    NUMBER,
    Attribute,
    Property,
    TypeSchema,
)
from heatconv.hot.versions import ACCEPTED, CFN, CONDITION_FUNCTIONS, VERSIONS
from heatconv.templates.cache import Types

#: The support statuses by which a request may filter.
SUPPORT_STATUSES = ('UNKNOWN', 'SUPPORTED', 'DEPRECATED', 'UNSUPPORTED', 'HIDDEN')

#: The HOT version of generated templates.
GENERATED = '2016-10-14'

#: Types of the parameters of a generated template, by property type; `string` for all others.
_PARAMETER_TYPES = {
    INTEGER: 'number',
    NUMBER: 'number',
    BOOLEAN: 'boolean',
    LIST: 'comma_delimited_list',
    MAP: 'json',
}

#: Parts of the description of a parameter that a generated template in the dialect of
#: CloudFormation leaves out. The last one cannot be written in it.
_NOT_CFN = ('NoEcho', 'Label', 'CustomConstraint')

#: The descriptions that a user reads in the list of functions.
DESCRIPTIONS: Mapping[str, str] = {
    'Fn::And': 'Returns true if all of its conditions are true.',
    'Fn::Base64': 'Returns a string unchanged.',
    'Fn::Equals': 'Returns true if two values are equal.',
    'Fn::FindInMap': 'Returns a value of the section Mappings.',
    'Fn::GetAZs': 'Returns the availability zones of a region.',
    'Fn::GetAtt': 'Returns an attribute of a resource.',
    'Fn::If': 'Returns one of two values, depending on a condition.',
    'Fn::Join': 'Joins the items of a list into a string.',
    'Fn::MemberListToMap': 'Builds a map from strings such as .member.0.Name=key.',
    'Fn::Not': 'Returns true if its condition is false.',
    'Fn::Or': 'Returns true if at least one of its conditions is true.',
    'Fn::Replace': 'Replaces placeholders in a string.',
    'Fn::ResourceFacade': 'Returns a part of the parent resource of a nested stack.',
    'Fn::Select': 'Returns one item of a list or a map.',
    'Fn::Split': 'Splits a string into a list.',
    'Ref': 'Returns the reference id of a resource, or the value of a parameter.',
    'and': 'Returns true if all of its conditions are true.',
    'contains': 'Returns true if a list contains a value.',
    'digest': 'Returns the digest of a string.',
    'equals': 'Returns true if two values are equal.',
    'filter': 'Removes values from a list.',
    'get_attr': 'Returns an attribute of a resource, or a part of the attribute.',
    'get_file': 'A function for including a file inline.',
    'get_param': 'Returns the value of a parameter, or a part of the value.',
    'get_resource': 'Returns the reference id of a resource, usually its physical id.',
    'if': 'Returns one of two values, depending on a condition.',
    'list_concat': 'Concatenates lists.',
    'list_concat_unique': 'Concatenates lists without duplicate items.',
    'list_join': 'Joins the items of lists into a string.',
    'make_url': 'Builds a URL from its parts and escapes them.',
    'map_merge': 'Merges maps; later values take precedence.',
    'map_replace': 'Replaces keys and values of a map.',
    'not': 'Returns true if its condition is false.',
    'or': 'Returns true if at least one of its conditions is true.',
    'repeat': 'Builds a list by filling in a template for each of several values.',
    'resource_facade': 'Returns a part of the parent resource of a nested stack.',
    'str_replace': 'Replaces placeholders in a string.',
    'str_replace_strict': 'Replaces placeholders in a string; each must occur.',
    'str_replace_vstrict': 'Replaces placeholders in a string; each must occur and have a value.',
    'str_split': 'Splits a string into a list.',
    'yaql': 'Evaluates a YAQL expression on data.',
}


def template_versions() -> list[dict[str, Any]]:
    """List the template versions, oldest first."""
    cfn_versions = [
        {'version': f'{version.code_name}.{version.date}', 'type': 'cfn', 'aliases': []}
        for version in CFN
    ]
    return cfn_versions + [
        {
            'version': f'heat_template_version.{version.date}',
            'type': 'hot',
            'aliases': [f'heat_template_version.{version.code_name}'] if version.code_name else [],
        }
        for version in VERSIONS
    ]


def template_functions(name: str, with_condition: bool) -> list[dict[str, str]]:
    """List the functions of a template version.

    :param name: the name of the version, in full or without the prefix heat_template_version.
    :param with_condition: whether to include the functions of conditions.
    :raises NotFound: if the version does not exist.
    """
    version = ACCEPTED.get(str(name).removeprefix('heat_template_version.'))
    for cfn_version in CFN:
        if name == f'{cfn_version.code_name}.{cfn_version.date}':
            version = cfn_version
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
    """List the resource types, without hidden ones.

    :param support_status: the only support status to list; None for all.
    :param name: a regular expression for the beginning of the type names; None for all.
    :param version: the release of Heat that introduced the types to list; None for all.
    :param with_description: list descriptions with the names.
    :raises Invalid: if the support status does not exist.
    """
    if support_status is not None and support_status not in SUPPORT_STATUSES:
        raise exception.Invalid(
            reason=f'Invalid support status: use one of {", ".join(SUPPORT_STATUSES)}'
        )
    matching = []
    for type_name in _matching_names(types, name):
        schema = types.schema(type_name)
        if schema is None or schema.support_status == 'HIDDEN':
            continue
        if version not in (None, schema.version):
            continue
        if support_status in (None, schema.support_status):
            matching.append((type_name, schema))
    if with_description:
        return [
            {'resource_type': type_name, 'description': schema.description}
            for type_name, schema in matching
        ]
    return [type_name for type_name, _ in matching]


def _matching_names(types: Types, name: Any) -> list[str]:
    """Return the type names whose beginning matches a pattern; none if it is not valid."""
    if name is None:
        return list(types.types)
    try:
        pattern = Pattern(f'(?:{name}).*')
    except PatternError:
        return []
    return [type_name for type_name in types.types if pattern.matches(type_name)]


def schema_of(types: Types, name: str) -> TypeSchema:
    """Return the schema of a resource type.

    :raises EntityNotFound: if the type does not exist.
    """
    schema = types.schema(str(name))
    if schema is None:
        raise exception.EntityNotFound(entity='Resource Type', name=str(name)[:255])
    return schema


def resource_schema(types: Types, name: str, with_description: bool) -> dict[str, Any]:
    """Describe a resource type with its properties and attributes.

    :raises EntityNotFound: if the type does not exist.
    """
    schema = schema_of(types, name)
    attributes = {key: _attribute(declared) for key, declared in schema.attributes.items()}
    attributes[stacks.SHOW] = _attribute(Attribute(MAP, 'Detailed information about resource.'))
    answer: dict[str, Any] = {
        'resource_type': name,
        'properties': {
            key: _property(declared) for key, declared in schema.listed_properties.items()
        },
        'attributes': attributes,
        'support_status': {
            'status': schema.support_status,
            'message': None,
            'version': schema.version,
            'previous_status': None,
        },
    }
    if with_description:
        answer['description'] = schema.description
    return answer


def _attribute(declared: Attribute) -> dict[str, Any]:
    """Describe an attribute; as in Heat, one of any type has no type."""
    described = {'description': declared.description}
    return described if declared.type == ANY else {**described, 'type': declared.type.lower()}


def _property(declared: Property) -> dict[str, Any]:
    """Describe a property and, recursively, the properties in a list or a map."""
    described: dict[str, Any] = {
        'type': declared.type.lower(),
        'required': declared.required,
        'update_allowed': declared.update_allowed,
        'immutable': False,
    }
    if declared.description:
        described['description'] = declared.description
    if declared.default is not None:
        described['default'] = declared.default
    if declared.constraints:
        described['constraints'] = [_constraint(constraint) for constraint in declared.constraints]
    if isinstance(declared.schema, Property):
        described['schema'] = {'*': _property(declared.schema)}
    elif declared.schema is not None:
        described['schema'] = {key: _property(nested) for key, nested in declared.schema.items()}
    return described


def _constraint(constraint: Constraint) -> dict[str, Any]:
    """Describe a constraint of a property or a parameter."""
    described: dict[str, Any]
    if isinstance(constraint, Length | Range):
        limits = {'min': constraint.min, 'max': constraint.max}
        name = 'length' if isinstance(constraint, Length) else 'range'
        described = {name: {key: limit for key, limit in limits.items() if limit is not None}}
    elif isinstance(constraint, Modulo):
        described = {'modulo': {'step': constraint.step, 'offset': constraint.offset}}
    elif isinstance(constraint, AllowedValues):
        described = {'allowed_values': list(constraint.allowed)}
    elif isinstance(constraint, AllowedPattern):
        described = {'allowed_pattern': constraint.pattern}
    else:
        assert isinstance(constraint, Custom)
        described = {'custom_constraint': constraint.name}
    if constraint.description:
        described['description'] = constraint.description
    return described


def generated_template(types: Types, name: str, kind: str) -> dict[str, Any]:
    """Generate a template with one resource of a type.

    Each property is set by a parameter, and each attribute is an output.

    :param kind: hot, or cfn for Heat's dialect of CloudFormation.
    :raises EntityNotFound: if the type does not exist.
    :raises NotSupported: for another kind.
    """
    schema = schema_of(types, name)
    if kind not in ('hot', 'cfn'):
        raise exception.NotSupported(feature=f'A template of the kind {kind} (use hot or cfn)')
    resource_name = name.rpartition(':')[2]
    parameters = {key: _parameter(declared) for key, declared in schema.listed_properties.items()}
    if kind == 'cfn':
        return _cfn_template(name, resource_name, schema, parameters)
    return {
        'heat_template_version': GENERATED,
        'description': f'Initial template of {resource_name}',
        'parameters': parameters,
        'resources': {
            resource_name: {
                'type': name,
                'properties': {key: {'get_param': key} for key in schema.listed_properties},
            }
        },
        'outputs': {
            key: {
                'description': attribute.description,
                'value': {'get_attr': [resource_name, key]},
            }
            for key, attribute in schema.attributes.items()
        },
    }


def _cfn_template(
    type_name: str,
    resource_name: str,
    schema: TypeSchema,
    hot_parameters: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Generate the template in Heat's dialect of CloudFormation."""
    parameters = {}
    for key, declaration in hot_parameters.items():
        parameter = Parameter(
            key,
            declaration['type'],
            declaration.get('description', ''),
            declaration.get('default'),
            schema.properties[key].constraints,
            written_default=declaration.get('default'),
        )
        described = summary.parameter(parameter)
        parameters[key] = {field: described[field] for field in described if field not in _NOT_CFN}
    return {
        CFN[1].code_name: CFN[1].date,
        'Description': f'Initial template of {resource_name}',
        'Parameters': parameters,
        'Resources': {
            resource_name: {
                'Type': type_name,
                'Properties': {key: {'Ref': key} for key in schema.listed_properties},
            }
        },
        'Outputs': {
            key: {
                'Description': attribute.description,
                'Value': {'Fn::GetAtt': [resource_name, key]},
            }
            for key, attribute in schema.attributes.items()
        },
    }


def _parameter(declared: Property) -> Mapping[str, Any]:
    """Return the declaration of the HOT parameter that sets a property."""
    parameter: dict[str, Any] = {'type': _PARAMETER_TYPES.get(declared.type, 'string')}
    if (
        declared.type == LIST
        and isinstance(declared.schema, Property)
        and declared.schema.type in (LIST, MAP)
    ):
        # The items of a comma_delimited_list are strings.
        parameter['type'] = 'json'
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
