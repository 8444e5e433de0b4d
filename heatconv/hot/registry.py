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

"""The section ``resource_registry`` of an environment: a mapping of types to types.

As in Heat (heat/engine/environment.py): a name maps to a name; with ``*`` at the end of both, to
all that begin so; null forbids a type; below ``resources``, other mappings apply to resources of
some names. The longest matching name decides. The section also has hooks, at which a resource
waits for a signal, and restricted actions.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any

from heatconv.convergence.hooks import HOOKS
from heatconv.hot.errors import InvalidSection, UnknownType, kind, shown
from heatconv.hot.suggest import suggestion

RESOURCES = 'resources'
#: Longest chain of mappings.
_STEPS = 10
#: Longest pattern; longer ones would take long to match.
_LENGTH = 255
_HOOKS = 'hooks'
_RESTRICTED = 'restricted_actions'
#: File name endings of templates.
_TEMPLATES = ('.yaml', '.template')
#: The valid entries of each key.
_SAID = {_HOOKS: HOOKS, _RESTRICTED: ('update', 'replace')}


def is_template(type_: str) -> bool:
    """Say whether a type is the name of a template."""
    return type_.endswith(_TEMPLATES)


class TypeNames:
    """Maps type names to types.

    :param section: as written.
    :raises InvalidSection: if it is invalid.
    """

    def __init__(self, section: Any = None) -> None:
        self._of_all: dict[str, str | None] = {}
        self._of_some: list[tuple[str, dict[str, str | None]]] = []
        #: For each key of _SAID: patterns of resource names, and their entries.
        self._said: dict[str, list[tuple[str, tuple[str, ...]]]] = {key: [] for key in _SAID}
        #: Whether any entry applies to resources of nested stacks.
        self._within = False
        if section is None:
            return
        if not isinstance(section, Mapping):
            raise InvalidSection(f'it must be a map, not {kind(section)}')
        for name, target in section.items():
            if name == RESOURCES:
                self._resources(target)
            elif name != 'base_url':
                self._of_all[_name(name)] = _target(name, target)

    def _resources(self, section: Any) -> None:
        if not isinstance(section, Mapping | None):
            raise InvalidSection(f'it must be a map, not {kind(section)}', RESOURCES)
        for pattern, one in (section or {}).items():
            path = f'{RESOURCES}.{pattern}'
            if not isinstance(one, Mapping):
                raise InvalidSection(f'it must be a map, not {kind(one)}', path)
            names: dict[str, str | None] = {}
            for name, target in one.items():
                if name in _SAID:
                    said = _said(name, target, path)
                    if said:
                        self._said[name].append((_name(pattern), said))
                elif isinstance(target, Mapping):
                    # It applies to resources of a nested stack, and is passed on to it.
                    self._within = bool(TypeNames({RESOURCES: {name: target}})) or self._within
                elif name != 'base_url':
                    names[_name(name)] = _target(name, target)
            if names:
                self._of_some.append((_name(pattern), names))

    def __bool__(self) -> bool:
        mappings = self._of_all or self._of_some or any(self._said.values())
        return bool(mappings) or self._within

    @property
    def has_hooks(self) -> bool:
        """Say whether any resource has hooks."""
        return bool(self._said[_HOOKS])

    def hooks(self, resource: str) -> tuple[str, ...]:
        """Return the hooks of a resource, in the order in which it reaches them."""
        requested = self._said_of(_HOOKS, resource)
        return tuple(hook for hook in HOOKS if hook in requested)

    def restricted(self, resource: str) -> tuple[str, ...]:
        """Return the restricted actions of a resource."""
        return self._said_of(_RESTRICTED, resource)

    def _said_of(self, what: str, resource: str) -> tuple[str, ...]:
        entries: dict[str, None] = {}
        for pattern, said in self._said[what]:
            if fnmatch.fnmatchcase(resource, pattern):
                entries.update(dict.fromkeys(said))
        return tuple(entries)

    def meant(self, type_: str, resource: str) -> str:
        """Return the type that a resource has after all mappings.

        :param type_: as written in its definition.
        :raises UnknownType: if it is forbidden, or the mappings are circular.
        """
        for _ in range(_STEPS):
            mapped, after = self._step(type_, resource)
            if not mapped or after == type_:
                return type_
            if after is None:
                raise UnknownType(
                    f'the environment takes the resource type {shown(type_)} away', 'type'
                )
            type_ = after
        raise UnknownType('types stand for each other in the environment', 'type')

    def possible(self, type_: str, resource: str) -> tuple[str, ...]:
        """Return the types that a type may map to, for a resource of this name or of any."""
        types: dict[str, None] = {}
        for name in (resource, ''):
            try:
                types[self.meant(type_, name)] = None
            except UnknownType:
                continue
        return tuple(types)

    def _step(self, type_: str, resource: str) -> tuple[bool, str | None]:
        for pattern, names in self._of_some:
            if fnmatch.fnmatchcase(resource, pattern):
                mapped, after = _matched(names, type_)
                if mapped:
                    return mapped, after
        return _matched(self._of_all, type_)


def _matched(names: Mapping[str, str | None], type_: str) -> tuple[bool, str | None]:
    if type_ in names:
        return True, names[type_]
    fitting = [name for name in names if name.endswith('*') and type_.startswith(name[:-1])]
    if not fitting:
        return False, None
    name = max(fitting, key=len)
    target = names[name]
    if target is None or not target.endswith('*'):
        return True, target
    return True, target[:-1] + type_[len(name) - 1 :]


def _said(name: str, value: Any, path: str) -> tuple[str, ...]:
    """Parse one or a list of hooks or restricted actions."""
    entries = [value] if isinstance(value, str) else value or ()
    if not isinstance(entries, list | tuple):
        raise InvalidSection(f'it must be a list, not {kind(entries)}', f'{path}.{name}')
    for word in entries:
        if word not in _SAID[name]:
            raise InvalidSection(
                f'there is no {shown(word)} among the {name.replace("_", " ")}',
                f'{path}.{name}',
                suggestion(str(word), _SAID[name]),
            )
    return tuple(entries)


def _name(name: Any) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= _LENGTH:
        raise InvalidSection(f'a name must be a string of 1 to {_LENGTH} characters')
    return name


def _target(name: Any, target: Any) -> str | None:
    if target is None or target == '':
        return None
    if not isinstance(target, str):
        raise InvalidSection(f'it must be the name of a type, not {kind(target)}', str(name))
    if len(target) > _LENGTH:
        raise InvalidSection(f'a name must have {_LENGTH} characters at most', str(name))
    return target
