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

from heatconv.hot.errors import ResolutionError

#: Key of the members: by name of the resource, a pair of its reference id and its attributes.
MEMBERS = 'OS::members'
#: Key of the names of the members of a group that scales, the oldest first.
ORDER = 'OS::order'
#: Key of a value that is true for a group.
GROUP = 'OS::group'
#: Key of the reference id, if that is not the physical id.
REFERENCE = 'OS::stack_id'
#: Key of a map from the names of outputs that do not resolve to the reasons.
ERRORS = 'OS::errors'
#: Key of a value that is true if every attribute exists and is null.
ANY = 'OS::any'
#: Key of a value that is true if every other attribute exists and is an empty map.
EMPTY = 'OS::empty'
#: Prefix of keys that are not visible as attributes.
OWN = 'OS::'
#: Prefix of the attribute that is a resource in a nested stack.
RESOURCE = 'resource.'
#: The attribute with all details of a physical resource, which every resource has.
SHOW = 'show'
#: The attributes of a group that are returned as a whole, whatever path follows, as in Heat.
_WHOLE = ('refs_map', 'removed_rsrc_list')

#: Follows keys and indices into a value.
Select = Callable[[Any, list[Any]], Any]


def shown(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the visible attributes."""
    return {name: value for name, value in attributes.items() if not name.startswith(OWN)}


def attribute(
    attributes: Mapping[str, Any], name: str, path: list[Any], select: Select, resource: str
) -> Any:
    """Return an attribute of a resource, or a part of one.

    :param attributes: all attributes of the resource, which may be a nested stack.
    :param path: keys and indices to follow into the attribute.
    :param resource: name of the resource, for errors.
    :raises ResolutionError: if the attribute or the member that it names does not exist.
    """
    if name in attributes:
        grouped = attributes.get(GROUP) and name in _WHOLE
        return attributes[name] if grouped else select(attributes[name], path)
    if attributes.get(EMPTY) and name != SHOW:
        return select({}, path)
    members = attributes.get(MEMBERS)
    if members is not None and ORDER in attributes:
        return _scaled(members, attributes[ORDER], name, path, select, resource)
    if members is None:
        # No attribute is known of a resource that was never observed.
        if not attributes or name == SHOW or attributes.get(ANY):
            return None
        raise _incorrect(resource, name)
    if name.startswith(RESOURCE):
        return _member_attribute(members, name.removeprefix(RESOURCE), path, select, resource)
    errors = attributes.get(ERRORS) or {}
    if name in errors:
        raise ResolutionError(f'Error in {resource} output {name}: {errors[name]}')
    if name == SHOW:
        return None
    if not attributes.get(GROUP):
        raise _incorrect(resource, name)
    if name == 'attributes':
        # The first key is the name of an attribute; the result maps each member to it.
        if not path:
            raise _incorrect(resource, name)
        first, *rest = path
        return {
            member: attribute(values, str(first), rest, select, member)
            for member, (_, values) in members.items()
        }
    return [
        attribute(values, name, path, select, member) for member, (_, values) in members.items()
    ]


def _scaled(
    members: Mapping[str, Any],
    order: list[str],
    name: str,
    path: list[Any],
    select: Select,
    resource: str,
) -> Any:
    """Return an attribute of a group that scales.

    As in heat/engine/resources/openstack/heat/autoscaling_group.py: ``outputs`` and
    ``outputs_list`` need the name of an attribute, and ``resource.N`` counts from the oldest.

    :param order: the names of the members, the oldest first.
    """
    if name == SHOW:
        return None
    if name.startswith(RESOURCE):
        index, _, dotted = name.removeprefix(RESOURCE).partition('.')
        if not index.isdecimal() or int(index) >= len(order) or order[int(index)] not in members:
            raise ResolutionError(f"Member '{index}' not found in group resource '{resource}'.")
        member = order[int(index)]
        reference, values = members[member]
        keys = [dotted, *path] if dotted else path
        if not keys:
            return reference
        return attribute(values, str(keys[0]), list(keys[1:]), select, member)
    if name not in ('outputs', 'outputs_list') or not path:
        raise _incorrect(resource, name)
    first, *rest = path
    outputs = {
        member: attribute(members[member][1], str(first), rest, select, member)
        for member in order
        if member in members
    }
    return outputs if name == 'outputs' else list(outputs.values())


def _incorrect(resource: str, name: str) -> ResolutionError:
    """Return the error for an attribute that does not exist, in Heat's wording."""
    return ResolutionError(f'The Referenced Attribute ({resource} {name}) is incorrect.')


def _member_attribute(
    members: Mapping[str, Any], dotted: str, path: list[Any], select: Select, resource: str
) -> Any:
    """Return an attribute of a member, or its reference id if no attribute is named.

    :param dotted: the name of the member, or that name and an attribute, separated by a dot. The
        attribute may be a resource of the member, such as ``resource.NAME.ATTRIBUTE``. The name
        may contain dots itself, but then no attribute can follow it.
    :return: null if the group has no members, as in Heat (heat/common/grouputils.py).
    :raises ResolutionError: if the member or its attribute does not exist.
    """
    if not members:
        return None
    name, _, first = (dotted, '', '') if dotted in members else dotted.partition('.')
    if name not in members:
        raise ResolutionError(f"Member '{name}' not found in group resource '{resource}'.")
    reference, attributes = members[name]
    keys = [first, *path] if first else path
    if not keys:
        return reference
    if first and first not in attributes and not first.startswith(RESOURCE):
        # Keys to follow into the attribute may be separated by dots too.
        keys = [*first.split('.'), *path]
    return attribute(attributes, str(keys[0]), list(keys[1:]), select, name)
