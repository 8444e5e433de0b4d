"""Write a drawn template in CloudFormation's language, as far as it goes."""

from __future__ import annotations

from typing import Any

SECTIONS = {
    'description': 'Description',
    'parameters': 'Parameters',
    'conditions': 'Conditions',
    'resources': 'Resources',
    'outputs': 'Outputs',
}
KEYS = {
    'type': 'Type',
    'default': 'Default',
    'hidden': 'NoEcho',
    'properties': 'Properties',
    'depends_on': 'DependsOn',
    'deletion_policy': 'DeletionPolicy',
    'metadata': 'Metadata',
    'condition': 'Condition',
    'value': 'Value',
}
TYPES = {
    'string': 'String',
    'number': 'Number',
    'json': 'Json',
    'boolean': 'Boolean',
    'comma_delimited_list': 'CommaDelimitedList',
}
FUNCTIONS = {
    'get_param': 'Ref',
    'get_resource': 'Ref',
    'get_attr': 'Fn::GetAtt',
    'list_join': 'Fn::Join',
    'str_split': 'Fn::Split',
    'if': 'Fn::If',
    'equals': 'Fn::Equals',
    'not': 'Fn::Not',
    'and': 'Fn::And',
    'or': 'Fn::Or',
    'map_merge': 'Fn::FindInMap',
    'list_concat': 'Fn::Select',
    'digest': 'Fn::Base64',
}


def as_cfn(template: dict[str, Any], key: str, version: str) -> dict[str, Any]:
    """Return a template with other words for the same."""
    made: dict[str, Any] = {key: version, 'Mappings': {'a': {'b': {'': 1, 'a': ['x']}}}}
    for name, section in template.items():
        if name == 'heat_template_version':
            continue
        if not isinstance(section, dict):
            made[SECTIONS.get(name, name)] = section
        elif name == 'conditions':
            made['Conditions'] = _value(section)
        else:
            made[SECTIONS.get(name, name)] = {
                one: _declaration(declared) for one, declared in section.items()
            }
    return made


def _declaration(declared: Any) -> Any:
    if not isinstance(declared, dict):
        return declared
    made = {KEYS.get(key, key): _value(one) for key, one in declared.items()}
    kind = made.get('Type')
    if isinstance(kind, str):
        made['Type'] = TYPES.get(kind, kind)
    made.pop('constraints', None)
    return made


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == 'get_attr' and isinstance(argument, list):
            return {'Fn::GetAtt': argument[:2]}
        if name in FUNCTIONS:
            argument = _value(argument)
            return {FUNCTIONS[name]: [argument] if name == 'not' else argument}
    return {key: _value(one) for key, one in value.items()}
