"""Resources whose physical resource is a nested stack.

Such a plugin requests a stack and observes it; it never blocks. A repeated request finds the
existing stack, because the name of the stack contains the token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from heatconv.convergence.model import Status
from heatconv.hot import nested
from heatconv.hot.functions import stacks
from heatconv.hot.schema import TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource
from heatconv.runtime.ports import Clock

#: Length limit of Heat's physical_resource_name.
NAME_LENGTH = 255
#: Characters that names of stacks must not have.
UNUSUAL = re.compile('[^a-zA-Z0-9_.-]')
#: This many characters of the token make a name unique.
TOKEN_LENGTH = 12

#: The first polling interval of a nested stack, in seconds.
SOON = 0.05


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a nested stack.

    :ivar reference_id: what ``get_resource`` returns for it.
    """

    reference_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NestedStack:
    """A nested stack, as its plugin sees it.

    :ivar since: time of the latest request, in seconds since the epoch.
    :ivar template_id: id of the requested content.
    """

    id: str
    status: Status
    reason: str
    since: float
    template_id: str | None


class NestedStacks(Protocol):
    """Creates and observes nested stacks."""

    #: Size limit of a nested template, in bytes.
    max_template_size: int

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return template, environment and files of the stack that owns a resource."""

    def made_of(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the content that a nested stack was requested with."""

    def find(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of a resource, or None."""

    def create(self, resource: Resource, name: str, content: Mapping[str, Any]) -> None:
        """Request the nested stack of a resource, unless it exists."""

    def update(self, child: NestedStack, content: Mapping[str, Any]) -> None:
        """Request another content for a nested stack."""

    def delete(self, child: NestedStack) -> None:
        """Request the deletion of a nested stack."""

    def outputs(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the values of the outputs, by name."""

    def members(self, child: NestedStack) -> Mapping[str, Member]:
        """Return the healthy resources of a nested stack, by name."""


class NestedPlugin(Plugin):
    """A resource type whose physical resources are nested stacks; see `NestedStacks`."""

    nests = True
    repairs_failed_create = True

    children: NestedStacks

    def __init__(self, records: Any, clock: Clock) -> None:
        self._clock = clock

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        """Return the content of a nested stack: template, environment and files.

        :param owner: the content of the stack that owns the resource.
        :param before: the present nested stack; None before its creation.
        """
        raise NotImplementedError

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        """Return the attributes of a resource."""
        raise NotImplementedError

    def name(self, resource: Resource) -> str:
        """Return the name of the nested stack of a resource."""
        tail = f'-{resource.token[-TOKEN_LENGTH:]}'
        stem = f'{resource.stack_name}-{resource.name}'
        return UNUSUAL.sub('_', stem)[: NAME_LENGTH - len(tail)] + tail

    def create(self, resource: Resource) -> None:
        name = self.name(resource)
        if self.children.find(resource, name) is None:
            self.children.create(resource, name, self._wanted(resource, None))

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        name = self.name(resource)
        child = self.children.find(resource, name)
        if child is None:
            # The nested stack was deleted by hand: create it again.
            self.children.create(resource, name, self._wanted(resource, None))
        else:
            self.children.update(child, self._wanted(resource, child))

    def delete(self, resource: Resource) -> None:
        child = self.children.find(resource, self.name(resource))
        if child is not None:
            self.children.delete(child)

    def observe(self, resource: Resource) -> Observation:
        child = self.children.find(resource, self.name(resource))
        if child is None:
            return Observation(Reality.ABSENT)
        if child.status == Status.IN_PROGRESS:
            # A pending stack is polled often, and its content may be large.
            waited = self._clock.now() - child.since
            return Observation(
                Reality.PENDING,
                physical_id=child.id,
                retry_after=max(SOON, waited / 4),
                yields=True,
            )
        properties = self.children.made_of(child).get('properties')
        if child.status == Status.FAILED:
            return Observation(
                Reality.FAILED, physical_id=child.id, properties=properties, reason=child.reason
            )
        return Observation(
            Reality.READY,
            physical_id=child.id,
            attributes=self.attributes(child),
            properties=properties,
        )

    def members(self, child: NestedStack) -> dict[str, Any]:
        """Return the attributes that expose the resources of the nested stack."""
        members = self.children.members(child)
        return {
            stacks.MEMBERS: {
                name: [member.reference_id, stacks.shown(member.attributes)]
                for name, member in members.items()
            }
        }

    def _wanted(self, resource: Resource, before: NestedStack | None) -> dict[str, Any]:
        owner = self.children.content(resource.template_id)
        content = self.content(resource, owner, before)
        # The content as requested, for observations; and the facade of the resource.
        content['properties'] = dict(resource.properties)
        facade = resource.properties.get(nested.FACADE)
        return content if facade is None else {**content, 'facade': facade}

    def within(
        self,
        resource: Resource,
        owner: Mapping[str, Any],
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the content of a nested stack with a given template."""
        environment = nested.child_environment(
            owner.get('environment') or {}, resource.name, resource.type, parameters
        )
        files = nested.used_files(
            template, environment, owner.get('files') or {}, self.children.max_template_size
        )
        return {'template': template, 'environment': environment, 'files': files}


class TemplateResource(NestedPlugin):
    """A resource whose type is a template; its properties are the parameters of the template."""

    schema = TypeSchema(any_property=True, any_attribute=True, nested=True)

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        template = nested.source_of(
            owner.get('files') or {}, resource.type, self.children.max_template_size
        )
        parameters = {
            name: value
            for name, value in resource.properties.items()
            if not name.startswith(nested.OWN)
        }
        return self.within(resource, owner, template, parameters)

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        return {**self.children.outputs(child), **self.members(child)}
