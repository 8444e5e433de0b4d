"""Resources whose reality is a stack of their own.

Such a plugin asks for stacks, and looks at what became of them: it never waits, and what
it asks for twice is there once, since the name of the stack is made of the token.
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

#: Heat's physical_resource_name has so many characters at most.
NAME_LENGTH = 255
#: What names of stacks do not have.
UNUSUAL = re.compile('[^a-zA-Z0-9_.-]')
#: So many of the token make a name unique.
TOKEN_LENGTH = 12

#: Seconds between two looks at a nested stack, at first.
SOON = 0.05


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a nested stack.

    :ivar reference_id: what others refer to it by.
    """

    reference_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NestedStack:
    """A nested stack, as its plugin sees it.

    :ivar since: when something was asked of it last, in seconds since the epoch.
    :ivar template_id: of what it was asked to be.
    """

    id: str
    status: Status
    reason: str
    since: float
    template_id: str | None


class NestedStacks(Protocol):
    """Makes nested stacks."""

    #: Of a nested template, in bytes.
    max_template_size: int

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return template, environment and files of the stack that a resource is in."""

    def made_of(self, child: NestedStack) -> Mapping[str, Any]:
        """Return what a stack was asked to be: its content, as its plugin gave it."""

    def find(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the stack that a resource is, or None."""

    def create(self, resource: Resource, name: str, content: Mapping[str, Any]) -> None:
        """Ask for the stack that a resource is to be, unless it is there."""

    def update(self, child: NestedStack, content: Mapping[str, Any]) -> None:
        """Ask for a stack to become something else."""

    def delete(self, child: NestedStack) -> None:
        """Ask for a stack to go."""

    def outputs(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the values of the outputs."""

    def members(self, child: NestedStack) -> Mapping[str, Member]:
        """Return the resources in it that others may refer to, by name."""


class NestedPlugin(Plugin):
    """A resource type whose resources are stacks; see `NestedStacks`."""

    nests = True
    mends = True

    children: NestedStacks

    def __init__(self, records: Any, clock: Clock) -> None:
        self._clock = clock

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        """Return what a nested stack is to be: template, environment and files.

        :param owner: the content of the stack that the resource is in.
        :param before: what it is now; None if it is to be made.
        """
        raise NotImplementedError

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        """Return the attributes of a resource."""
        raise NotImplementedError

    def name(self, resource: Resource) -> str:
        """Return the name of the stack that a resource is."""
        tail = f'-{resource.token[-TOKEN_LENGTH:]}'
        words = f'{resource.stack_name}-{resource.name}'
        return UNUSUAL.sub('_', words)[: NAME_LENGTH - len(tail)] + tail

    def create(self, resource: Resource) -> None:
        name = self.name(resource)
        if self.children.find(resource, name) is None:
            self.children.create(resource, name, self._wanted(resource, None))

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        name = self.name(resource)
        child = self.children.find(resource, name)
        if child is None:
            # It went behind our back: what is asked for is that it is there.
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
            # It is asked often, and what it is made of may be large.
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
        """Return the part of the attributes that resources of the nested stack are."""
        members = self.children.members(child)
        return {
            stacks.MEMBERS: {
                name: [one.reference_id, stacks.shown(one.attributes)]
                for name, one in members.items()
            }
        }

    def _wanted(self, resource: Resource, before: NestedStack | None) -> dict[str, Any]:
        owner = self.children.content(resource.template_id)
        made = self.content(resource, owner, before)
        # What it is made of, to tell it again; and what it stands for.
        made['properties'] = dict(resource.properties)
        facade = resource.properties.get(nested.FACADE)
        return made if facade is None else {**made, 'facade': facade}

    def within(
        self,
        resource: Resource,
        owner: Mapping[str, Any],
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the content of a nested stack with a template."""
        environment = nested.child_environment(
            owner.get('environment') or {}, resource.name, resource.type, parameters
        )
        files = nested.used_files(
            template, environment, owner.get('files') or {}, self.children.max_template_size
        )
        return {'template': template, 'environment': environment, 'files': files}


class TemplateResource(NestedPlugin):
    """A resource whose type is a template: its properties are the parameters."""

    schema = TypeSchema(any_property=True, any_attribute=True, nested=True)

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        template = nested.source_of(
            owner.get('files') or {}, resource.type, self.children.max_template_size
        )
        given = {
            name: value
            for name, value in resource.properties.items()
            if not name.startswith(nested.OWN)
        }
        return self.within(resource, owner, template, given)

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        return {**self.children.outputs(child), **self.members(child)}
