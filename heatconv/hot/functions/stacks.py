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

"""Attributes of nested stacks: the resources in them.

``resource.NAME`` is a resource of the nested stack, as in Heat (heat/common/grouputils.py); any
other name of a group is a list, with the attribute of each member.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

#: Key of the members: the reference id and the attributes of each resource, by name.
MEMBERS = 'OS::members'
#: Key that is set for a group.
GROUP = 'OS::group'
#: Key of the reference id, where that is not the physical id.
REFERENCE = 'OS::stack_id'
#: Prefix of keys that are no visible attributes.
OWN = 'OS::'
#: Prefix of the name of a resource in a nested stack.
RESOURCE = 'resource.'

Select = Callable[[Any, list[Any]], Any]


def shown(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the visible attributes."""
    return {name: value for name, value in attributes.items() if not name.startswith(OWN)}


def attribute(attributes: Mapping[str, Any], name: str, path: list[Any], select: Select) -> Any:
    """Return an attribute, or a part of one.

    :param select: follows keys and indices into a value.
    """
    members = attributes.get(MEMBERS)
    if name in attributes or members is None:
        return select(attributes.get(name), path)
    if name.startswith(RESOURCE):
        return _of_one(members, name.removeprefix(RESOURCE), path, select)
    if not attributes.get(GROUP):
        return None
    if name == 'attributes':
        # With the name of an attribute as the first key: a map by member.
        if not path:
            return None
        return {one: select(of[1], path) for one, of in members.items()}
    return [select(of[1], [name, *path]) for of in members.values()]


def _of_one(members: Mapping[str, Any], words: str, path: list[Any], select: Select) -> Any:
    name, _, attribute_name = (words, '', '') if words in members else words.partition('.')
    if name not in members:
        return None
    reference, attributes = members[name]
    keys = [*attribute_name.split('.'), *path] if attribute_name else path
    return select(attributes, keys) if keys else reference
