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

"""``Ref`` and ``Fn::...``: the functions of CloudFormation.

The first versions of HOT have them as well. Most are other forms of functions of HOT.
``Fn::GetAZs`` has the value that it has in Heat where the cloud names no zones
(heat/engine/cfn/functions.py).
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
from heatconv.hot.functions.str_replace import replace_scalars
from heatconv.hot.limits import Budget
from heatconv.hot.suggest import listing, suggestion
from heatconv.hot.versions import CFN

_FACADE = {
    'Metadata': 'metadata',
    'DeletionPolicy': 'deletion_policy',
    'UpdatePolicy': 'update_policy',
}


def ref(argument: Any, context: Context) -> Any:
    """Build a reference to a parameter, or to a resource if no parameter has the name.

    Parameters come first because a worker that compiles a single definition knows all parameters,
    but not all resources. A name cannot belong to both.
    """
    if not isinstance(argument, str):
        raise InvalidArguments(
            f'it needs a name, not {kind(argument)}', '', 'write {Ref: parameter or resource}'
        )
    if context.version in CFN and argument in PSEUDO:
        return _pseudo(argument, context)
    is_parameter = argument in context.parameters or argument in context.undecided
    if not is_parameter and argument not in HOT_PSEUDO and argument in context.schemas:
        return get_resource(argument, context)
    return get_param(argument, context)


def _of_list(
    name: str, lengths: tuple[int, ...], syntax: str, evaluate: Callable[[Any, Budget], Any]
) -> Builder:
    """Return the builder of a function whose argument is a list.

    :param lengths: the valid lengths of the list.
    :param syntax: an example, for error messages.
    """

    def build(argument: Any, context: Context) -> Any:
        compiled = context.compile(argument)
        items = compiled.items if isinstance(compiled, ListNode) else compiled
        if not isinstance(items, list) or len(items) not in lengths:
            raise InvalidArguments('its arguments are not what it takes', '', f'write {syntax}')
        return context.evaluated(name, evaluate, compiled)

    return build


def selected(argument: Any, budget: Budget) -> Any:
    """Select an item of a list, or a value of a map; the list or map may be given as JSON.

    :return: '' if the item does not exist.
    """
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
        position = int(index)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArguments('the index must be a number', '0') from None
    return values[position] if -len(values) <= position < len(values) else ''


def split(argument: Any, budget: Budget) -> list[str]:
    """Split a string at each delimiter, which must not be empty."""
    for position, operand in enumerate(argument):
        if not isinstance(operand, str) or not (operand or position):
            raise InvalidArguments(f'it must be a string, not {kind(operand)}', str(position))
    delimiter, text = argument
    budget.spend_text(len(text))
    pieces: list[str] = text.split(delimiter)
    budget.spend(len(pieces))
    return pieces


def replaced(argument: Any, budget: Budget) -> str:
    """Replace the placeholders of a text; the argument is the map and then the text."""
    return replace_scalars({'params': argument[0], 'template': argument[1]}, budget)


def plain(argument: Any, context: Context) -> Any:
    """Build ``Fn::Base64``, whose value is its argument: as in Heat, nothing is encoded."""

    def evaluate(value: Any, budget: Budget) -> str:
        if not isinstance(value, str):
            raise InvalidArguments(f'it needs a string, not {kind(value)}')
        return value

    return context.evaluated('Fn::Base64', evaluate, context.compile(argument))


def mapped(argument: Any, budget: Budget) -> dict[str, str]:
    """Build a map from a list of strings such as ``.member.0.Name=key``.

    The argument is the name of the member field with the key, that of the field with the value,
    and the list. Members that lack one of the fields are left out.
    """
    key_name, value_name, members = argument
    if not isinstance(key_name, str) or not isinstance(value_name, str):
        raise InvalidArguments('the names must be strings', '0')
    if members == '':
        return {}  # an empty list to Heat
    if not isinstance(members, list):
        raise InvalidArguments(f'it must be a list, not {kind(members)}', '2')
    budget.spend(len(members))
    by_number: dict[str, dict[str, str]] = {}
    for index, member in enumerate(members):
        name, equals, value = member.partition('=') if isinstance(member, str) else ('', '', '')
        parts = name.split('.')
        if not equals:
            raise InvalidArguments('it must be a text such as .member.0.Name=key', f'2.{index}')
        if len(parts) == 4 and parts[:2] == ['', 'member']:
            by_number.setdefault(parts[2], {})[parts[3]] = value
    return {
        member[key_name]: member[value_name]
        for _, member in sorted(by_number.items())
        if key_name in member and value_name in member
    }


def facade(argument: Any, context: Context) -> Any:
    """Build ``Fn::ResourceFacade``; see `heatconv.hot.functions.facade`."""
    if not isinstance(argument, str) or argument not in _FACADE:
        raise InvalidArguments('there is no such part of a resource', '', listing(_FACADE))
    return resource_facade(_FACADE[argument], context)


def replace(argument: Any, context: Context) -> Any:
    """Build ``Fn::Replace``; a placeholder in its map may look like a function."""
    syntax = 'write {Fn::Replace: [{placeholder: value}, text]}'
    if not isinstance(argument, list) or len(argument) != 2:
        raise InvalidArguments('its arguments are not what it takes', '', syntax)
    compiled = []
    for index, part in enumerate(argument):
        try:
            is_map = index == 0 and isinstance(part, dict) and 'Ref' not in part
            compiled.append(context.compile_map(part) if is_map else context.compile(part))
        except TemplateError as error:
            error.under(index)
            raise
    if not isinstance(compiled[0], dict | Node | MapNode):
        raise InvalidArguments(f'it must be a map, not {kind(compiled[0])}', '0', syntax)
    dynamic = any(isinstance(part, Node) for part in compiled)
    return context.evaluated('Fn::Replace', replaced, ListNode(compiled) if dynamic else compiled)


def get_att(argument: Any, context: Context) -> Any:
    """Build ``Fn::GetAtt``, which is ``get_attr`` with exactly a resource and an attribute."""
    compiled = context.compile(argument)
    if not isinstance(compiled, list) or len(compiled) != 2:
        raise InvalidArguments(
            'its arguments are not what it takes', '', 'write {Fn::GetAtt: [resource, attribute]}'
        )
    return get_attr(compiled, context)


def find_in_map(argument: Any, context: Context) -> Any:
    """Look up a value in the section Mappings.

    Its keys must be known before run time. If a key is a parameter without a value, the value is
    unknown.
    """
    syntax = 'write {Fn::FindInMap: [mapping, key, key]}'
    compiled = context.compile(argument)
    if isinstance(compiled, ListNode):
        if any(isinstance(part, Undecided) for part in compiled.items):
            return Unknown()
        raise InvalidArguments('its keys must be known before run time', '', syntax)
    if not isinstance(compiled, list) or len(compiled) != 3:
        raise InvalidArguments('its arguments are not what it takes', '', syntax)
    mapping: Any = context.mappings
    for position, key in enumerate(compiled):
        # A key may be a number; its text is looked up.
        name = key if isinstance(key, str) else str(key)
        if not isinstance(mapping, Mapping) or name not in mapping:
            raise InvalidReference(
                f'there is no {shown(name)}',
                str(position),
                suggestion(name, list(mapping) if isinstance(mapping, Mapping) else []),
            )
        mapping = mapping[name]
    return mapping


@dataclass(frozen=True, slots=True)
class Unknown(Node):
    """A value of a mapping whose keys depend on parameters without a value."""

    def resolve(self, frame: Frame) -> Any:
        raise ResolutionError('a parameter has no value', 'Fn::FindInMap')


@dataclass(frozen=True, slots=True)
class StackArn(Node):
    """``AWS::StackId``: the ARN of the stack (heat/common/identifier.py, arn)."""

    def resolve(self, frame: Frame) -> Any:
        pseudo = frame.scope.pseudo
        try:
            tenant, name = pseudo['OS::project_id'], pseudo['OS::stack_name']
            return f'arn:openstack:heat::{tenant}:stacks/{name}/{pseudo["OS::stack_id"]}'
        except KeyError:
            raise ResolutionError('AWS::StackId is not known', 'Ref') from None


def _pseudo(name: str, context: Context) -> Any:
    """Build the value of a pseudo parameter of the dialects."""
    if name == 'AWS::StackName':
        return get_param('OS::stack_name', context)
    return StackArn() if name == 'AWS::StackId' else REGION


#: Pseudo parameters of the CloudFormation dialects.
PSEUDO = ('AWS::StackId', 'AWS::StackName', 'AWS::Region')
#: Heat's default region (heat/engine/cfn/parameters.py).
REGION = 'ap-southeast-1'


def if_(argument: Any, context: Context) -> Any:
    """Build ``Fn::If``; see ``if``."""
    return conditions.FUNCTIONS['if'](argument, context)


def not_(argument: Any, context: Context) -> Any:
    """Build ``Fn::Not``: the negation of a condition that stands alone in a list."""
    if not isinstance(argument, list) or len(argument) != 1:
        raise InvalidArguments(
            'it needs a condition in a list', '', 'write {Fn::Not: [condition]}'
        )
    return conditions.CONDITION_FUNCTIONS['not'](argument[0], context)


def param_ref(argument: Any, context: Context) -> Any:
    """Build the ``Ref`` of a condition, which can refer to parameters only."""
    if not isinstance(argument, str):
        raise InvalidArguments(
            f'it needs the name of a parameter, not {kind(argument)}', '', 'write {Ref: parameter}'
        )
    return _pseudo(argument, context) if argument in PSEUDO else get_param(argument, context)


def get_azs(argument: Any, context: Context) -> list[str]:
    """Build ``Fn::GetAZs``: the availability zones of a region."""
    context.compile(argument)
    return ['nova']


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
    'Fn::GetAZs': get_azs,
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
