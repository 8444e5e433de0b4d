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

"""Compiled definitions of resources and outputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from heatconv.hot.errors import ResolutionError, TemplateError, kind
from heatconv.hot.functions.node import Frame, Node, resolve
from heatconv.hot.limits import RESOLVE_BUDGET, Budget
from heatconv.hot.scope import Scope

DELETE = 'Delete'
RETAIN = 'Retain'
SNAPSHOT = 'Snapshot'


@dataclass(frozen=True, slots=True)
class ResourceDefinition:
    """One resource of a template.

    :ivar type: its type, after the mappings of the environment. All resources of nested templates
        have the type :data:`heatconv.hot.registry.TEMPLATE_RESOURCE`, so that a resource keeps its
        identity if its template is renamed.
    :ivar properties: the compiled properties.
    :ivar requires: sorted names of the required resources.
    :ivar deletion_policy: DELETE, RETAIN or SNAPSHOT.
    :ivar metadata: the compiled metadata.
    :ivar attributes_used: the attributes of other resources that it reads, as sorted pairs of the
        name of a resource and the name of an attribute.
    :ivar restricted: operations that the environment forbids: ``update``, ``replace``.
    :ivar update_policy: as written in the template.
    :ivar external_id: physical id of a resource that exists independently of the stack; the stack
        only refers to it. None for a resource that the stack manages.
    :ivar declared_type: its type as written, if that differs from ``type``; else empty.
    :ivar template: the file name of its nested template; empty for any other resource.
    :ivar reads: sorted names of the required resources that functions refer to.
    :ivar compiled_update_policy: the update policy, compiled.
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
    declared_type: str = ''
    template: str = ''
    reads: tuple[str, ...] = ()
    compiled_update_policy: Any = field(default_factory=dict)

    def resolve(self, scope: Scope) -> dict[str, Any]:
        """Resolve the properties. They are not checked against the resource type.

        Parts of the result may be shared with the template: do not change them in place.

        :returns: the values of the properties, by name.
        :raises TemplateError: a ResolutionError if a resource does not exist or the result is too
            large; otherwise the error of a function.
        """
        values = _resolved(self.properties, scope, f'resources.{self.name}.properties')
        return dict(values)

    def resolve_metadata(self, scope: Scope) -> dict[str, Any]:
        """Resolve the metadata, as :meth:`resolve` does the properties."""
        path = f'resources.{self.name}.metadata'
        metadata = _resolved(self.metadata, scope, path)
        if not isinstance(metadata, dict | None):
            raise ResolutionError(f'it must be a map, not {kind(metadata)}', path)
        return dict(metadata or {})

    def resolve_update_policy(self, scope: Scope) -> dict[str, Any]:
        """Resolve the update policy, as :meth:`resolve` does the properties."""
        path = f'resources.{self.name}.update_policy'
        return dict(_resolved(self.compiled_update_policy, scope, path) or {})


@dataclass(frozen=True, slots=True)
class OutputDefinition:
    """One output of a template.

    :ivar value: the compiled value.
    :ivar requires: sorted names of the resources that it reads.
    :ivar attributes_used: the attributes that it reads, as sorted pairs of the name of a resource
        and the name of an attribute.
    """

    name: str
    description: str = ''
    value: Any = None
    requires: tuple[str, ...] = ()
    attributes_used: tuple[tuple[str, str], ...] = ()

    def resolve(self, scope: Scope) -> Any:
        """Resolve the value.

        :raises TemplateError: as :meth:`ResourceDefinition.resolve`.
        """
        return _resolved(self.value, scope, f'outputs.{self.name}.value')


def _resolved(compiled: Any, scope: Scope, path: str) -> Any:
    """Resolve a compiled value.

    :param path: path of the value, for errors.
    """
    if not isinstance(compiled, Node):
        return compiled
    try:
        return resolve(compiled, Frame(scope, Budget(RESOLVE_BUDGET, ResolutionError)))
    except TemplateError as error:
        error.under(path)
        raise
