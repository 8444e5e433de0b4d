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

"""The resource registry: the section ``resource_registry`` of an environment.

The section maps names of resource types to other names, as in Heat (heat/engine/environment.py):

* A name maps to another name. If both end with ``*``, all names with the first prefix map to names
  with the second prefix.
* A name that maps to null is forbidden.
* Entries below ``resources`` apply only to resources whose names match a pattern.
* If several names match, the longest decides.

For some resources the section also has hooks, at which the resource waits for a signal, and
restricted actions.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from heatconv.convergence.hooks import HOOKS
from heatconv.hot.errors import InvalidSection, UnknownType, kind, shown
from heatconv.hot.suggest import suggestion

RESOURCES = 'resources'
#: A chain of this number of mappings counts as circular.
_MAX_MAPPINGS = 10
#: Longest name or pattern, in characters; longer patterns would take long to match.
_MAX_LENGTH = 255
_HOOKS = 'hooks'
_RESTRICTED = 'restricted_actions'
#: The type of all resources whose type is declared as the file name of a template.
TEMPLATE_RESOURCE = 'OS::Heat::TemplateResource'
#: File name extensions of templates.
_TEMPLATES = ('.yaml', '.template')
#: The settings of resources, and the valid values of each.
_SETTINGS = {_HOOKS: HOOKS, _RESTRICTED: ('update', 'replace')}


def is_template(type_: str) -> bool:
    """Say whether a type is the file name of a template."""
    return type_.endswith(_TEMPLATES)


class TypeNames:
    """A parsed resource registry: the mappings of types, and the settings of resources.

    It is false if it is empty.

    :param section: the section as written; None for an empty registry.
    :raises InvalidSection: if the section is invalid.
    """

    def __init__(self, section: Any = None) -> None:
        #: The mappings for all resources; a forbidden type maps to None.
        self._mappings: dict[str, str | None] = {}
        #: Patterns of resource names, and the mappings for these resources.
        self._resource_mappings: list[tuple[str, dict[str, str | None]]] = []
        #: For each setting: patterns of resource names, and the values for these resources.
        self._settings: dict[str, list[tuple[str, tuple[str, ...]]]] = {
            key: [] for key in _SETTINGS
        }
        #: Whether any entry applies to resources of nested stacks.
        self._has_nested = False
        if section is None:
            return
        if not isinstance(section, Mapping):
            raise InvalidSection(f'it must be a map, not {kind(section)}')
        for name, target in section.items():
            if name == RESOURCES:
                self._resources(target)
            elif name != 'base_url':
                self._mappings[_name(name)] = _target(name, target)

    def _resources(self, section: Any) -> None:
        """Parse the entries below ``resources``."""
        if not isinstance(section, Mapping | None):
            raise InvalidSection(f'it must be a map, not {kind(section)}', RESOURCES)
        for pattern, entries in (section or {}).items():
            path = f'{RESOURCES}.{pattern}'
            if not isinstance(entries, Mapping):
                raise InvalidSection(f'it must be a map, not {kind(entries)}', path)
            mappings: dict[str, str | None] = {}
            for name, target in entries.items():
                if name in _SETTINGS:
                    values = _setting(name, target, path)
                    if values:
                        self._settings[name].append((_name(pattern), values))
                elif isinstance(target, Mapping):
                    # An entry for resources of the nested stack, which inherits it. Parsing the
                    # entry checks it here.
                    self._has_nested = (
                        bool(TypeNames({RESOURCES: {name: target}})) or self._has_nested
                    )
                elif name != 'base_url':
                    mappings[_name(name)] = _target(name, target)
            if mappings:
                self._resource_mappings.append((_name(pattern), mappings))

    def __bool__(self) -> bool:
        entries = self._mappings or self._resource_mappings or any(self._settings.values())
        return bool(entries) or self._has_nested

    @property
    def has_hooks(self) -> bool:
        """Say whether any resource has hooks."""
        return bool(self._settings[_HOOKS])

    def hooks(self, resource: str) -> tuple[str, ...]:
        """Return the hooks of a resource, in the order in which the resource reaches them."""
        requested = self._setting_of(_HOOKS, resource)
        return tuple(hook for hook in HOOKS if hook in requested)

    def restricted(self, resource: str) -> tuple[str, ...]:
        """Return the restricted actions of a resource."""
        return self._setting_of(_RESTRICTED, resource)

    def _setting_of(self, setting: str, resource: str) -> tuple[str, ...]:
        """Return the values of a setting for a resource, from all matching patterns."""
        values: dict[str, None] = {}
        for pattern, pattern_values in self._settings[setting]:
            if fnmatch.fnmatchcase(resource, pattern):
                values.update(dict.fromkeys(pattern_values))
        return tuple(values)

    def meant(self, type_: str, resource: str | None) -> str:
        """Return the type of a resource after all mappings.

        :param type_: the type as written in the template.
        :param resource: name of the resource; None for the type of resources without a mapping of
            their own.
        :raises UnknownType: if the type is forbidden, or the mappings are circular. A chain of 10
            or more mappings counts as circular.
        """
        for _ in range(_MAX_MAPPINGS):
            is_mapped, target = self._step(type_, resource)
            if not is_mapped or target == type_:
                return type_
            if target is None:
                raise UnknownType(
                    f'the environment forbids the resource type {shown(type_)} here', 'type'
                )
            type_ = target
        raise UnknownType('the mappings of types in the environment are circular', 'type')

    def possible(self, type_: str, resource: str) -> tuple[str, ...]:
        """Return the types that a type may map to.

        It may be mapped for the resource of this name, or for a resource of any name. Forbidden
        types are left out.
        """
        types: dict[str, None] = {}
        for name in (resource, ''):
            try:
                types[self.meant(type_, name)] = None
            except UnknownType:
                continue
        return tuple(types)

    def _step(self, type_: str, resource: str | None) -> tuple[bool, str | None]:
        """Apply one mapping to a type.

        :returns: whether any mapping matches, and its target; the target None forbids the type.
        """
        for pattern, mappings in self._resource_mappings:
            if resource is not None and fnmatch.fnmatchcase(resource, pattern):
                is_mapped, target = _target_of(mappings, type_)
                if is_mapped:
                    return is_mapped, target
        return _target_of(self._mappings, type_)


def _target_of(mappings: Mapping[str, str | None], type_: str) -> tuple[bool, str | None]:
    """Return whether any mapping matches a type, and the target of the longest match."""
    if type_ in mappings:
        return True, mappings[type_]
    matching = [name for name in mappings if name.endswith('*') and type_.startswith(name[:-1])]
    if not matching:
        return False, None
    name = max(matching, key=len)
    target = mappings[name]
    if target is None or not target.endswith('*'):
        return True, target
    return True, target[:-1] + type_[len(name) - 1 :]


def _setting(name: str, value: Any, path: str) -> tuple[str, ...]:
    """Parse the value of a setting: one hook or restricted action, or a list of them.

    :param name: name of the setting.
    :param path: path of the resource, for errors.
    """
    entries = [value] if isinstance(value, str) else value or ()
    if not isinstance(entries, list | tuple):
        raise InvalidSection(f'it must be a list, not {kind(entries)}', f'{path}.{name}')
    for entry in entries:
        if entry not in _SETTINGS[name]:
            raise InvalidSection(
                f'there is no {shown(entry)} among the {name.replace("_", " ")}',
                f'{path}.{name}',
                suggestion(str(entry), _SETTINGS[name]),
            )
    return tuple(entries)


def _name(name: Any) -> str:
    """Check and return the name of a type, or the pattern of names of resources."""
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_LENGTH:
        raise InvalidSection(f'a name must be a string of 1 to {_MAX_LENGTH} characters')
    return name


def _target(name: Any, target: Any) -> str | None:
    """Check and return the target of a mapping; None if the type is forbidden.

    :param name: the name that is mapped, for errors.
    """
    if target is None or target == '':
        return None
    if not isinstance(target, str):
        raise InvalidSection(f'it must be the name of a type, not {kind(target)}', str(name))
    if len(target) > _MAX_LENGTH:
        raise InvalidSection(f'a name must have {_MAX_LENGTH} characters at most', str(name))
    return target
