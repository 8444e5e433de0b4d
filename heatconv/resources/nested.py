"""Resource types whose physical resources are nested stacks.

Their plugins request nested stacks and observe them; they never block. A repeated request finds
the existing nested stack, because its name contains the token.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from heatconv.convergence.model import Event, Status
from heatconv.hot import nested
from heatconv.hot.functions import stacks
from heatconv.hot.schema import TypeSchema
from heatconv.resources.plugin import Observation, Plugin, Reality, Resource, TransientError
from heatconv.runtime.ports import Clock

#: Length limit of Heat's physical_resource_name.
NAME_LENGTH = 255
#: Characters that the name of a stack must not contain; they are replaced.
UNUSUAL = re.compile('[^a-zA-Z0-9_.-]')
#: The last characters of the token, in this number, make the name of a nested stack unique.
TOKEN_LENGTH = 12

#: Number of attempts to update a nested stack that other requests change.
CONFLICTS = 10

#: Shortest polling interval of a nested stack, in seconds.
SOON = 0.05


@dataclass(frozen=True, slots=True)
class Member:
    """A resource of a nested stack, as its owner can refer to it.

    :ivar reference_id: what ``get_resource`` returns for it.
    :ivar attributes: what ``get_attr`` returns for it.
    :ivar created_at: in seconds since the epoch; likewise ``updated_at``, None if it never was.
    """

    reference_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    updated_at: float | None = None


@dataclass(frozen=True, slots=True)
class NestedStack:
    """A nested stack, as its plugin sees it.

    :ivar name: its name.
    :ivar status: status of its latest action.
    :ivar reason: reason of that status.
    :ivar since: time of the latest request, in seconds since the epoch.
    :ivar template_id: id of the content that was requested last.
    """

    id: str
    name: str
    status: Status
    reason: str
    since: float
    template_id: str | None

    @property
    def in_progress(self) -> bool:
        """Say whether an action on it is in progress."""
        return self.status == Status.IN_PROGRESS


class NestedStacks(Protocol):
    """Requests and observes nested stacks; engine and store implement it."""

    #: Size limit of a nested template, in bytes.
    max_template_size: int

    @property
    def max_resources(self) -> int:
        """Return the largest number of resources of a stack; negative for no limit."""

    def content(self, template_id: str | None) -> Mapping[str, Any]:
        """Return a content of an owning stack: template, environment and files.

        :param template_id: see `Resource.template_id`.
        """

    def made_of(self, child: NestedStack) -> Mapping[str, Any]:
        """Return the content that was requested last for a nested stack."""

    def find(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of a resource by its name; None if it does not exist."""

    def sibling(self, resource: Resource, name: str) -> NestedStack | None:
        """Return the nested stack of another resource of the stack; None if it does not exist.

        :param name: name of the nested stack.
        """

    def create(
        self,
        resource: Resource,
        name: str,
        content: Mapping[str, Any],
        adopts: Mapping[str, Any] | None = None,
    ) -> None:
        """Request the nested stack of a resource, unless it exists.

        :param adopts: exported resources to adopt, by name; None if nothing is adopted.
        """

    def update(
        self, child: NestedStack, content: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Request another content for a nested stack.

        :param child: the nested stack that the content was computed from.
        :param events: events of its owner, saved with the request.
        :return: False if another content was requested since then, and nothing was changed.
        """

    def delete(self, child: NestedStack) -> None:
        """Request the deletion of a nested stack."""

    def busy(self, token: str) -> bool:
        """Say whether an operation on a resource is in progress, or its latest has failed.

        :param token: the token of the resource; one that does not exist counts as busy.
        """

    def outputs(self, child: NestedStack) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """Return the values of the outputs of a nested stack by name, and the errors by name."""

    def members(self, child: NestedStack) -> Mapping[str, Member]:
        """Return the resources of a nested stack that have a physical resource, by name."""

    def failed(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack that have failed."""

    def complete(self, child: NestedStack) -> Collection[str]:
        """Return the names of the resources of a nested stack that are complete."""


class UsesNestedStacks:
    """A plugin that works with nested stacks; `Registry.nest` sets ``children``."""

    children: NestedStacks


class NestedPlugin(UsesNestedStacks, Plugin):
    """A resource type whose physical resources are nested stacks.

    A subclass computes the content of a nested stack and the attributes of its resource.
    """

    nests = True
    repairs_failed_create = True
    repairs_failed_update = True

    #: Whether signals change its attributes without an operation on the resource.
    is_live: ClassVar[bool] = False

    def __init__(self, records: Any, clock: Clock) -> None:
        self._clock = clock

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        """Return the content of a nested stack: template, environment and files.

        :param resource: the resource, with its desired properties.
        :param owner: the content of the stack that owns the resource.
        :param before: the present nested stack; None before its creation.
        """
        raise NotImplementedError

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        """Return the attributes of a resource, computed from its nested stack."""
        raise NotImplementedError

    def name(self, resource: Resource) -> str:
        """Return the name of a nested stack: owning stack, resource, part of the token."""
        tail = f'-{resource.token[-TOKEN_LENGTH:]}'
        stem = f'{resource.stack_name}-{resource.name}'
        return UNUSUAL.sub('_', stem)[: NAME_LENGTH - len(tail)] + tail

    def check_size(self, size: int) -> None:
        """Check the size of a group before its members are defined: it may be any number.

        :raises ValueError: if a stack may not have so many resources.
        """
        most = self.children.max_resources
        if 0 <= most < size:
            raise ValueError(f'{size} resources are more than the {most} that a stack may have')

    def create(self, resource: Resource) -> None:
        name = self.name(resource)
        if self.children.find(resource, name) is None:
            self.children.create(resource, name, self._desired_content(resource, None))

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        name = self.name(resource)
        for _ in range(CONFLICTS):
            child = self.children.find(resource, name)
            if child is None:
                # The nested stack was deleted by hand: create it again.
                self.children.create(resource, name, self._desired_content(resource, None))
                return
            if self.children.update(child, self._desired_content(resource, child)):
                return
        raise TransientError('other requests change the nested stack all the time')

    def adopt(self, resource: Resource) -> None:
        resources = resource.adopted.get('resources')
        if not isinstance(resources, Mapping):
            raise ValueError('the exported nested stack has no resources')
        name = self.name(resource)
        if self.children.find(resource, name) is None:
            content = self._desired_content(resource, None)
            self.children.create(resource, name, content, resources)

    def delete(self, resource: Resource) -> None:
        child = self.children.find(resource, self.name(resource))
        if child is not None:
            self.children.delete(child)

    def observe(self, resource: Resource) -> Observation:
        child = self.children.find(resource, self.name(resource))
        if child is None:
            return Observation(Reality.ABSENT)
        if child.in_progress:
            # Without the properties: a nested stack in progress is polled often, and they are read
            # with its content, which may be large.
            elapsed = self._clock.now() - child.since
            return Observation(
                Reality.PENDING,
                physical_id=child.id,
                retry_after=max(SOON, elapsed / 4),
                yields=True,
            )
        # A nested stack that failed has attributes as well: those of the resources that are there.
        failed = child.status == Status.FAILED
        return Observation(
            Reality.FAILED if failed else Reality.READY,
            physical_id=child.id,
            attributes={**self.reference(resource, child), **self.attributes(child)},
            properties=self.observed_properties(self.children.made_of(child)),
            reason=child.reason if failed else '',
            # Perhaps its own user or a signal has failed it.
            yields=failed,
        )

    def observed_properties(self, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the properties that a nested stack has, from its content."""
        properties: Mapping[str, Any] | None = content.get('properties')
        return properties

    def reference(self, resource: Resource, child: NestedStack) -> dict[str, Any]:
        """Return the attribute that sets the reference id; none if it is the physical id."""
        return {}

    def present_attributes(self, resource: Resource) -> dict[str, Any] | None:
        """Return the attributes that a resource has now; None without a nested stack."""
        child = self.children.find(resource, self.name(resource))
        if child is None:
            return None
        return {**self.reference(resource, child), **self.attributes(child)}

    def members(self, child: NestedStack) -> dict[str, Any]:
        """Return the attribute that exposes the resources of a nested stack to its owner."""
        members = self.children.members(child)
        return {
            stacks.MEMBERS: {
                name: [member.reference_id, dict(member.attributes)]
                for name, member in members.items()
            }
        }

    def _desired_content(self, resource: Resource, before: NestedStack | None) -> dict[str, Any]:
        """Return the content to request: that of the type, with the properties and the facade."""
        owner = self.children.content(resource.template_id)
        content = self.content(resource, owner, before)
        # `observe` returns the properties; ``resource_facade`` in the nested template reads the
        # facade.
        content['properties'] = dict(resource.properties)
        facade = resource.properties.get(nested.FACADE)
        return content if facade is None else {**content, 'facade': facade}

    def environment(
        self, resource: Resource, owner: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the environment of a nested stack.

        :param owner: the content of the stack that owns the resource.
        :param parameters: the values of the parameters of its template.
        """
        return nested.child_environment(
            owner.get('environment') or {},
            resource.name,
            str(resource.properties.get(nested.TYPE) or resource.type),
            parameters,
        )

    def within(
        self,
        resource: Resource,
        owner: Mapping[str, Any],
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the content of a nested stack: a template, its environment and its files.

        :param owner: the content of the stack that owns the resource.
        :param template: the template of the nested stack.
        :param parameters: the values of its parameters.
        """
        environment = self.environment(resource, owner, parameters)
        files = nested.used_files(
            template, environment, owner.get('files') or {}, self.children.max_template_size
        )
        return {'template': template, 'environment': environment, 'files': files}


class TemplateResource(NestedPlugin):
    """Any resource type that is the name of a template.

    The properties of a resource are the parameters of the template, and its attributes the
    outputs.
    """

    schema = TypeSchema(any_property=True, any_attribute=True, nested=True, keeps_null=True)

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        template = nested.source_of(
            owner.get('files') or {},
            str(resource.properties.get(nested.TYPE)),
            self.children.max_template_size,
        )
        parameters = {
            name: value
            for name, value in resource.properties.items()
            if not name.startswith(nested.OWN)
        }
        values = nested.parameter_values(template, parameters)
        return self.within(resource, owner, template, values)

    def reference(self, resource: Resource, child: NestedStack) -> dict[str, Any]:
        # The ARN of the stack, as in Heat (heat/common/identifier.py). An output can set another.
        arn = f'arn:openstack:heat::{resource.project_id}:stacks/{child.name}/{child.id}'
        return {stacks.REFERENCE: arn}

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        values, errors = self.children.outputs(child)
        attributes = {**values, **self.members(child)}
        return {**attributes, stacks.ERRORS: errors} if errors else attributes
