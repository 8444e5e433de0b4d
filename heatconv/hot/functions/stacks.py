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

"""Attributes of nested stacks, which give access to the resources in them.

The attribute ``resource.NAME`` is the resource NAME of the nested stack, as in Heat
(heat/common/grouputils.py). Any other attribute of a group is a list with that attribute of each
member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: Key of the members: by name of the resource, a pair of its reference id and its attributes.
MEMBERS = 'OS::members'
#: Key of a value that is true for a group.
GROUP = 'OS::group'
#: Key of the reference id, if that is not the physical id.
REFERENCE = 'OS::stack_id'
#: Prefix of keys that are not visible as attributes.
OWN = 'OS::'
#: Prefix of the attribute that is a resource in a nested stack.
RESOURCE = 'resource.'

#: Follows keys and indices into a value.
Select = Callable[[Any, list[Any]], Any]


def shown(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the visible attributes."""
    return {name: value for name, value in attributes.items() if not name.startswith(OWN)}


def attribute(attributes: Mapping[str, Any], name: str, path: list[Any], select: Select) -> Any:
    """Return an attribute of a resource, or a part of one.

    :param attributes: all attributes of the resource, which may be a nested stack.
    :param path: keys and indices to follow into the attribute.
    :return: None if the attribute does not exist.
    """
    members = attributes.get(MEMBERS)
    if name in attributes or members is None:
        return select(attributes.get(name), path)
    if name.startswith(RESOURCE):
        return _member_attribute(members, name.removeprefix(RESOURCE), path, select)
    if not attributes.get(GROUP):
        return None
    if name == 'attributes':
        # The first key is the name of an attribute; the result maps each member to it.
        if not path:
            return None
        return {member_name: select(member[1], path) for member_name, member in members.items()}
    return [select(member[1], [name, *path]) for member in members.values()]


def _member_attribute(
    members: Mapping[str, Any], dotted: str, path: list[Any], select: Select
) -> Any:
    """Return an attribute of a member, or its reference id if no attribute is named.

    :param dotted: the name of the member, or that name and keys, separated by dots. The name may
        contain dots itself, but then no keys can follow it.
    """
    name, _, attribute_name = (dotted, '', '') if dotted in members else dotted.partition('.')
    if name not in members:
        return None
    reference, attributes = members[name]
    keys = [*attribute_name.split('.'), *path] if attribute_name else path
    return select(attributes, keys) if keys else reference
