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

"""The members of groups, checked before a stack changes.

A group is a resource whose properties contain the definitions of other resources, its members.
They become a nested stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from heatconv.hot.errors import InvalidReference
from heatconv.hot.functions import Context, MapNode, stacks
from heatconv.hot.functions.reference import has_attribute
from heatconv.hot.suggest import suggestion


def check_members(name: str, properties: Any, context: Context) -> None:
    """Check the definitions of the members of a group, as far as they are known.

    :param name: name of the group; any other resource is valid.
    :param properties: its compiled properties.
    :raises TemplateError: if a definition is invalid; the path begins below the group.
    """
    schema = context.schemas[name]
    if schema.members is None or context.schemas_of_members is None:
        return
    items = properties.items if isinstance(properties, MapNode) else properties
    if isinstance(items, Mapping):
        context.members[name] = context.schemas_of_members(name, schema, items)


def check_member_attributes(used: Iterable[tuple[str, str]], context: Context) -> None:
    """Check that the members of groups have the attributes that are read of all members.

    :param used: pairs of the name of a resource and the name of an attribute.
    :raises InvalidReference: if a member has no such attribute.
    """
    for name, attribute in used:
        if name not in context.members or attribute in context.schemas[name].attributes:
            continue
        for member, schema in context.members[name].items():
            if schema.nested or has_attribute(schema, attribute):
                continue  # the outputs of a nested template may change, as in Heat
            if not attribute.startswith(stacks.RESOURCE):
                raise InvalidReference(
                    f'The Referenced Attribute ({member} {attribute}) is incorrect.',
                    remedy=suggestion(attribute, [*schema.attributes, stacks.SHOW]),
                )
