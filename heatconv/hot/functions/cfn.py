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

"""``Ref`` and ``Fn::...``: what the first versions of HOT took over from CloudFormation.

``Fn::GetAZs`` asks a cloud, and is left out (heat/engine/cfn/functions.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot.errors import (
    InvalidArguments,
    InvalidReference,
    ResolutionError,
    TemplateError,
    kind,
    shown,
)
from heatconv.hot.functions import conditions
from heatconv.hot.functions.context import Builder, Context
from heatconv.hot.functions.facade import resource_facade
from heatconv.hot.functions.lists import join_one
from heatconv.hot.functions.node import Frame, ListNode, MapNode, Node
from heatconv.hot.functions.parameter import PSEUDO as HOT_PSEUDO
from heatconv.hot.functions.parameter import Undecided, get_param
from heatconv.hot.functions.reference import get_attr, get_resource
from heatconv.hot.functions.strings import replace_scalars
from heatconv.hot.limits import Budget
from heatconv.hot.suggest import listing, suggestion
from heatconv.hot.versions import CFN

_FACADE = {
    'Metadata': 'metadata',
    'DeletionPolicy': 'deletion_policy',
    'UpdatePolicy': 'update_policy',
}


def ref(argument: Any, context: Context) -> Any:
    """Build a reference to a parameter, or to a resource where there is no such parameter.

    A worker that compiles one definition knows all parameters, but not which resources there
    are; no name is that of both.
    """
    if not isinstance(argument, str):
        raise InvalidArguments(
            f'it needs a name, not {kind(argument)}', '', 'write {Ref: parameter or resource}'
        )
    if context.version in CFN and argument in PSEUDO:
        return _pseudo(argument, context)
    known = argument in context.parameters or argument in context.undecided
    if not known and argument not in HOT_PSEUDO and argument in context.schemas:
        return get_resource(argument, context)
    return get_param(argument, context)


def _of_list(
    name: str, lengths: tuple[int, ...], syntax: str, evaluate: Callable[[Any, Budget], Any]
) -> Builder:
    def build(argument: Any, context: Context) -> Any:
        compiled = context.compile(argument)
        known = compiled.items if isinstance(compiled, ListNode) else compiled
        if not isinstance(known, list) or len(known) not in lengths:
            raise InvalidArguments('its arguments are not what it takes', '', f'write {syntax}')
        return context.evaluated(name, evaluate, compiled)

    return build


def selected(argument: Any, budget: Budget) -> Any:
    """Return one of many; what is not there is an empty string."""
    index, values = argument
    if values is None or values == '':
        return ''
    if isinstance(values, str):
        budget.spend_text(len(values))
        try:
            values = json.loads(values)
        except (ValueError, RecursionError):
            raise InvalidArguments('the text is not JSON', '1') from None
        budget.spend_value(values)
    if isinstance(values, Mapping):
        if not isinstance(index, str):
            raise InvalidArguments(f'the key must be a string, not {kind(index)}', '0')
        return values.get(index, '')
    if not isinstance(values, list | tuple):
        raise InvalidArguments(f'it must be a list or a map, not {kind(values)}', '1')
    try:
        place = int(index)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArguments('the index must be a number', '0') from None
    return values[place] if -len(values) <= place < len(values) else ''


def split(argument: Any, budget: Budget) -> list[str]:
    """Cut a text."""
    for place, one in enumerate(argument):
        if not isinstance(one, str) or not (one or place):
            raise InvalidArguments(f'it must be a string, not {kind(one)}', str(place))
    delimiter, text = argument
    budget.spend_text(len(text))
    pieces: list[str] = text.split(delimiter)
    budget.spend(len(pieces))
    return pieces


def replaced(argument: Any, budget: Budget) -> str:
    """Fill placeholders in: the map comes first."""
    return replace_scalars({'params': argument[0], 'template': argument[1]}, budget)


def plain(argument: Any, context: Context) -> Any:
    """Build what stays as it is: nothing is encoded, as in Heat."""

    def evaluate(value: Any, budget: Budget) -> str:
        if not isinstance(value, str):
            raise InvalidArguments(f'it needs a string, not {kind(value)}')
        return value

    return context.evaluated('Fn::Base64', evaluate, context.compile(argument))


def mapped(argument: Any, budget: Budget) -> dict[str, str]:
    """Make a map of texts such as ``.member.0.Name=key``."""
    key_name, value_name, members = argument
    if not isinstance(key_name, str) or not isinstance(value_name, str):
        raise InvalidArguments('the names must be strings', '0')
    if not isinstance(members, list):
        raise InvalidArguments(f'it must be a list, not {kind(members)}', '2')
    budget.spend(len(members))
    found: dict[str, dict[str, str]] = {}
    for index, one in enumerate(members):
        name, equals, value = one.partition('=') if isinstance(one, str) else ('', '', '')
        parts = name.split('.')
        if not equals:
            raise InvalidArguments('it must be a text such as .member.0.Name=key', f'2.{index}')
        if len(parts) == 4 and parts[:2] == ['', 'member']:
            found.setdefault(parts[2], {})[parts[3]] = value
    return {
        one[key_name]: one[value_name]
        for _, one in sorted(found.items())
        if key_name in one and value_name in one
    }


def facade(argument: Any, context: Context) -> Any:
    """Return a part of the resource that a nested stack stands for."""
    if not isinstance(argument, str) or argument not in _FACADE:
        raise InvalidArguments('there is no such part of a resource', '', listing(_FACADE))
    return resource_facade(_FACADE[argument], context)


def replace(argument: Any, context: Context) -> Any:
    """Build a replacement; a placeholder may look like a function."""
    syntax = 'write {Fn::Replace: [{placeholder: value}, text]}'
    if not isinstance(argument, list) or len(argument) != 2:
        raise InvalidArguments('its arguments are not what it takes', '', syntax)
    compiled = []
    for index, one in enumerate(argument):
        try:
            is_map = index == 0 and isinstance(one, dict) and 'Ref' not in one
            compiled.append(context.compile_map(one) if is_map else context.compile(one))
        except TemplateError as error:
            error.under(index)
            raise
    if not isinstance(compiled[0], dict | Node | MapNode):
        raise InvalidArguments(f'it must be a map, not {kind(compiled[0])}', '0', syntax)
    dynamic = any(isinstance(one, Node) for one in compiled)
    return context.evaluated('Fn::Replace', replaced, ListNode(compiled) if dynamic else compiled)


def get_att(argument: Any, context: Context) -> Any:
    """Build a use of an attribute."""
    compiled = context.compile(argument)
    if not isinstance(compiled, list) or len(compiled) != 2:
        raise InvalidArguments(
            'its arguments are not what it takes', '', 'write {Fn::GetAtt: [resource, attribute]}'
        )
    return get_attr(compiled, context)


def find_in_map(argument: Any, context: Context) -> Any:
    """Return a value of the section Mappings; its keys must be known before run time."""
    syntax = 'write {Fn::FindInMap: [mapping, key, key]}'
    compiled = context.compile(argument)
    if isinstance(compiled, ListNode):
        if any(isinstance(one, Undecided) for one in compiled.items):
            return Unknown()
        raise InvalidArguments('its keys must be known before run time', '', syntax)
    if not isinstance(compiled, list) or len(compiled) != 3:
        raise InvalidArguments('its arguments are not what it takes', '', syntax)
    found: Any = context.mappings
    for place, key in enumerate(compiled):
        # Numbers are keys as they are written.
        name = key if isinstance(key, str) else str(key)
        if not isinstance(found, Mapping) or name not in found:
            raise InvalidReference(
                f'there is no {shown(name)}',
                str(place),
                suggestion(name, list(found) if isinstance(found, Mapping) else []),
            )
        found = found[name]
    return found


@dataclass(frozen=True, slots=True)
class Unknown(Node):
    """A value that depends on parameters which have none."""

    def resolve(self, frame: Frame) -> Any:
        raise ResolutionError('a parameter has no value', 'Fn::FindInMap')


@dataclass(frozen=True, slots=True)
class StackArn(Node):
    """What names a stack all over the cloud (heat/common/identifier.py, arn)."""

    def resolve(self, frame: Frame) -> Any:
        known = frame.scope.pseudo
        try:
            tenant, name = known['OS::project_id'], known['OS::stack_name']
            return f'arn:openstack:heat::{tenant}:stacks/{name}/{known["OS::stack_id"]}'
        except KeyError:
            raise ResolutionError('AWS::StackId is not known', 'Ref') from None


def _pseudo(name: str, context: Context) -> Any:
    if name == 'AWS::StackName':
        return get_param('OS::stack_name', context)
    return StackArn() if name == 'AWS::StackId' else REGION


#: Pseudo parameters of the dialects.
PSEUDO = ('AWS::StackId', 'AWS::StackName', 'AWS::Region')
#: What Heat says where nobody says anything (heat/engine/cfn/parameters.py).
REGION = 'ap-southeast-1'


def if_(argument: Any, context: Context) -> Any:
    """Build a choice."""
    return conditions.FUNCTIONS['if'](argument, context)


def not_(argument: Any, context: Context) -> Any:
    """Build the opposite of a condition, which is in a list here."""
    if not isinstance(argument, list) or len(argument) != 1:
        raise InvalidArguments(
            'it needs a condition in a list', '', 'write {Fn::Not: [condition]}'
        )
    return conditions.CONDITION_FUNCTIONS['not'](argument[0], context)


def param_ref(argument: Any, context: Context) -> Any:
    """Return the value of a parameter: there is nothing else to refer to in a condition."""
    if not isinstance(argument, str):
        raise InvalidArguments(
            f'it needs the name of a parameter, not {kind(argument)}', '', 'write {Ref: parameter}'
        )
    return _pseudo(argument, context) if argument in PSEUDO else get_param(argument, context)


CONDITION_FUNCTIONS: Mapping[str, Builder] = {
    'Ref': param_ref,
    'Fn::FindInMap': find_in_map,
    'Fn::Equals': conditions.CONDITION_FUNCTIONS['equals'],
    'Fn::Not': not_,
    'Fn::And': conditions.CONDITION_FUNCTIONS['and'],
    'Fn::Or': conditions.CONDITION_FUNCTIONS['or'],
}

FUNCTIONS: Mapping[str, Builder] = {
    'Fn::GetAtt': get_att,
    'Fn::FindInMap': find_in_map,
    'Fn::If': if_,
    'Ref': ref,
    'Fn::Select': _of_list('Fn::Select', (2,), '{Fn::Select: [index, list]}', selected),
    'Fn::Join': _of_list('Fn::Join', (2,), '{Fn::Join: [delimiter, [text, ...]]}', join_one),
    'Fn::Split': _of_list('Fn::Split', (2,), '{Fn::Split: [delimiter, text]}', split),
    'Fn::Replace': replace,
    'Fn::Base64': plain,
    'Fn::MemberListToMap': _of_list(
        'Fn::MemberListToMap', (3,), '{Fn::MemberListToMap: [key, value, [text, ...]]}', mapped
    ),
    'Fn::ResourceFacade': facade,
}
