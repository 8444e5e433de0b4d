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

"""Reuse of the compiled resources of the previous template of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heatconv.hot.definitions import ResourceDefinition


@dataclass(frozen=True, slots=True)
class PreviousDefinitions:
    """The compiled resources of the previous template of a stack.

    Reuse saves time, because an update usually changes a small part of a large template.

    :ivar section: the section ``resources`` as written.
    :ivar definitions: the compiled resources, by name.
    """

    section: Mapping[str, Any]
    definitions: Mapping[str, ResourceDefinition]

    def same(self, section: Mapping[Any, Any]) -> Mapping[str, ResourceDefinition]:
        """Return the definitions that a new section would compile to the same result.

        A definition depends on its declaration, and on the type and the condition of each resource
        that it refers to.

        :param section: the new section as written.
        """
        changed = {
            name
            for name, declaration in self.section.items()
            if not _same_target(declaration, section.get(name))
        }
        if changed and len(self.definitions) < len(self.section):
            # Some conditions were false. A definition does not record references to the resources
            # that those conditions disabled.
            return {}
        return {
            name: definition
            for name, definition in self.definitions.items()
            if name in section
            and self.section[name] == section[name]
            and (not changed or changed.isdisjoint(definition.requires))
        }

    def has_edges_of(self, definitions: Mapping[str, ResourceDefinition]) -> bool:
        """Say whether each definition requires the same resources as the previous one of its name.

        Then the definitions are free of cycles, because the previous ones are.
        """
        previous = self.definitions
        return all(
            name in previous
            and (definition is previous[name] or definition.requires == previous[name].requires)
            for name, definition in definitions.items()
        )


def _same_target(previous: Any, declaration: Any) -> bool:
    """Say whether two declarations of a resource are the same for references to it."""
    if not isinstance(previous, dict) or not isinstance(declaration, dict):
        return False
    return all(previous.get(key) == declaration.get(key) for key in ('type', 'condition'))
