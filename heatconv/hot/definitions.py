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

"""What a compiled template says of one resource and of one output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from heatconv.hot.errors import ResolutionError, TemplateError
from heatconv.hot.functions.node import Frame, Node, resolve
from heatconv.hot.limits import RESOLVE_BUDGET, Budget
from heatconv.hot.scope import Scope

DELETE = 'Delete'
RETAIN = 'Retain'
SNAPSHOT = 'Snapshot'


@dataclass(frozen=True, slots=True)
class ResourceDefinition:
    """One resource of a template.

    :ivar properties: compiled.
    :ivar requires: sorted names of the resources it depends on.
    :ivar attributes_used: the attributes of others that it reads, as pairs of
        resource and attribute, sorted.
    :ivar update_policy: as it was written.
    :ivar external_id: of what is there without the stack, which only refers to it.
    :ivar restricted: what the environment forbids to do to it: ``update``, ``replace``.
    """

    name: str
    type: str
    properties: Any = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    deletion_policy: str = DELETE
    metadata: Any = field(default_factory=dict)
    description: str = ''
    attributes_used: tuple[tuple[str, str], ...] = ()
    restricted: tuple[str, ...] = ()
    update_policy: Any = None
    external_id: str | None = None

    def resolve(self, scope: Scope) -> dict[str, Any]:
        """Compute the properties; they are not checked against the type.

        Parts may be shared with the template: do not change them in place.

        :raises TemplateError: a ResolutionError if a resource is not there or
            the result is too large; else what a function says.
        """
        values = _resolved(self.properties, scope, f'resources.{self.name}.properties')
        return dict(values)

    def resolve_metadata(self, scope: Scope) -> dict[str, Any]:
        """Compute the metadata, as :meth:`resolve` does the properties."""
        return dict(_resolved(self.metadata, scope, f'resources.{self.name}.metadata'))


@dataclass(frozen=True, slots=True)
class OutputDefinition:
    """One output of a template.

    :ivar value: compiled.
    :ivar requires: sorted names of the resources it reads.
    """

    name: str
    description: str = ''
    value: Any = None
    requires: tuple[str, ...] = ()
    attributes_used: tuple[tuple[str, str], ...] = ()

    def resolve(self, scope: Scope) -> Any:
        """Compute the value.

        :raises TemplateError: as for a resource.
        """
        return _resolved(self.value, scope, f'outputs.{self.name}.value')


def _resolved(compiled: Any, scope: Scope, path: str) -> Any:
    if not isinstance(compiled, Node):
        return compiled
    try:
        return resolve(compiled, Frame(scope, Budget(RESOLVE_BUDGET, ResolutionError)))
    except TemplateError as error:
        error.under(path)
        raise
