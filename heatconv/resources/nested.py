"""Resource types whose physical resources are nested stacks.

Their plugins request nested stacks and observe them; they never block. A repeated request finds
the existing nested stack, because its name contains the token.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from heatconv.convergence.model import Status, Verb
from heatconv.hot import nested
from heatconv.hot.functions import stacks
from heatconv.hot.schema import TypeSchema
from heatconv.resources.nested_stacks import NestedStack, NestedStacks
from heatconv.resources.nested_templates import NestedTemplates
from heatconv.resources.plugin import (
    Observation,
    Plugin,
    PluginCall,
    Prediction,
    Reality,
    Resource,
    TransientError,
)
from heatconv.resources.records import Writes
from heatconv.runtime.ports import Clock

#: Length limit of Heat's physical_resource_name.
NAME_LENGTH = 255
#: Characters that the name of a stack must not contain; they are replaced.
UNUSUAL = re.compile('[^a-zA-Z0-9_.-]')
#: The last characters of the token, in this number, make the name of a nested stack unique.
TOKEN_LENGTH = 12

#: Number of attempts to update a nested stack that other requests change.
CONFLICTS = 10

#: Largest number of nested stacks that are requested or observed together.
BULK = 50

#: Shortest polling interval of a nested stack, in seconds. A worker that ends an action of it
#: continues its owner immediately.
SOON = 0.2


#: Largest number of templates that are known not to be complete immediately.
SLOW = 1_000

#: A nested stack, None if it does not exist, or the exception of a request for it.
Found = NestedStack | Exception | None


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

    def perform(self, calls: Sequence[PluginCall]) -> list[Observation | Exception]:
        """Serve calls for many nested stacks by a few statements."""
        verb = calls[0].verb
        if self.proceeds or verb not in (Verb.CREATE, Verb.UPDATE, Verb.DELETE, Verb.OBSERVE):
            return super().perform(calls)
        resources = [call.resource for call in calls]
        found = self.children.find_all([(one, self.name(one)) for one in resources])
        if verb == Verb.UPDATE:
            found = self._update_all(calls, found)
        elif verb == Verb.DELETE:
            found = self._delete_all(found)
        if verb in (Verb.CREATE, Verb.UPDATE):
            # A nested stack that was deleted by hand is created again by an update.
            found = self._create_missing(resources, found)
        ended = [
            child for child in found if isinstance(child, NestedStack) and not child.in_progress
        ]
        outcomes: list[Observation | Exception] = []
        with self.children.ahead(ended):
            for resource, child in zip(resources, found, strict=True):
                try:
                    outcomes.append(
                        child if isinstance(child, Exception) else self.observed(resource, child)
                    )
                except Exception as error:  # of this resource alone
                    outcomes.append(error)
        return outcomes

    def _create_missing(
        self, resources: Sequence[Resource], found: Sequence[Found]
    ) -> list[Found]:
        """Request the nested stacks that do not exist; return all of them, or exceptions."""
        results = list(found)
        wanted: list[tuple[Resource, str, Mapping[str, Any]]] = []
        places: list[int] = []
        for place, resource in enumerate(resources):
            if found[place] is not None:
                continue
            try:
                content = self._desired_content(resource, None)
            except Exception as error:  # of this resource alone
                results[place] = error
                continue
            wanted.append((resource, self.name(resource), content))
            places.append(place)
        created = self.children.create_all(wanted) if wanted else ()
        for place, child in zip(places, created, strict=True):
            results[place] = child
        return results

    def _update_all(self, calls: Sequence[PluginCall], found: Sequence[Found]) -> list[Found]:
        """Request updates of the nested stacks that exist; return all of them, or exceptions."""
        results = list(found)
        wanted: list[tuple[NestedStack, Mapping[str, Any]]] = []
        places: list[int] = []
        for place, (call, child) in enumerate(zip(calls, found, strict=True)):
            if not isinstance(child, NestedStack):
                continue
            try:
                content = self._desired_content(call.resource, child)
            except Exception as error:  # of this resource alone
                results[place] = error
                continue
            wanted.append((child, content))
            places.append(place)
        updated = self.children.update_all(wanted) if wanted else ()
        for place, now in zip(places, updated, strict=True):
            results[place] = now
            if now is None:
                # Another request has changed it meanwhile.
                call = calls[place]
                try:
                    self.update(call.resource, call.changed)
                    results[place] = self.children.find(call.resource, self.name(call.resource))
                except Exception as error:  # of this resource alone
                    results[place] = error
        return results

    def _delete_all(self, found: Sequence[Found]) -> list[Found]:
        """Request the deletion of the nested stacks; return them as they are then."""
        results = list(found)
        places = [place for place, child in enumerate(found) if isinstance(child, NestedStack)]
        children = [child for child in found if isinstance(child, NestedStack)]
        deleted = self.children.delete_all(children) if children else ()
        for place, child in zip(places, deleted, strict=True):
            results[place] = child
        return results

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
        return self.observed(resource, self.children.find(resource, self.name(resource)))

    def observed(self, resource: Resource, child: NestedStack | None) -> Observation:
        """Return the observation of a resource from its nested stack."""
        if child is None:
            return Observation(Reality.ABSENT)
        if child.in_progress:
            # Without the properties: a nested stack in progress is polled often, and they are read
            # with its content, which may be large.
            elapsed = self._clock.now() - child.since
            return Observation(
                Reality.PENDING,
                physical_id=child.id,
                retry_after=max(SOON, elapsed / 3),
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
        later: Any = None,
    ) -> dict[str, Any]:
        """Return the content of a nested stack: a template, its environment and its files.

        :param owner: the content of the stack that owns the resource.
        :param template: the template of the nested stack.
        :param parameters: the values of its parameters.
        :param later: what the template may contain later, with the same files.
        """
        environment = self.environment(resource, owner, parameters)
        files = self.files(owner, environment, [template, later])
        return {'template': template, 'environment': environment, 'files': files}

    def files(
        self, owner: Mapping[str, Any], environment: Mapping[str, Any], declared: Any
    ) -> dict[str, Any]:
        """Return the files that a nested stack uses.

        :param owner: the content of the stack that owns the resource.
        :param environment: the environment of the nested stack.
        :param declared: its template, or a list with it.
        """
        files = owner.get('files') or {}
        return nested.used_files(declared, environment, files, self.children.max_template_size)


class TemplateResource(NestedPlugin):
    """Any resource type that is the name of a template.

    The properties of a resource are the parameters of the template, and its attributes the
    outputs.
    """

    schema = TypeSchema(any_property=True, any_attribute=True, nested=True, keeps_null=True)
    bulk = BULK
    gathers = True
    predicts = True

    def __init__(self, records: Any, clock: Clock) -> None:
        super().__init__(records, clock)
        #: Templates whose stacks are not complete immediately: ids of the contents that have them,
        #: and their names.
        self._slow: dict[tuple[str | None, str], None] = {}
        self._templates = NestedTemplates()

    def predict(self, calls: Sequence[PluginCall]) -> list[Prediction | None]:
        """Predict the creation of small nested stacks: a commit saves them complete."""
        predictions: list[Prediction | None] = [None] * len(calls)
        if calls[0].verb != Verb.CREATE:
            return predictions
        wanted: list[tuple[Resource, str, Mapping[str, Any]]] = []
        places: list[int] = []
        for place, call in enumerate(calls):
            resource = call.resource
            if _template_of(resource) in self._slow:
                continue
            # An exception is raised again by the call itself, which reports it.
            with contextlib.suppress(Exception):
                content = self._desired_content(resource, None)
                wanted.append((resource, self.name(resource), content))
                places.append(place)
        created = self.children.predict_all(wanted) if wanted else []
        for place, (resource, _, _), new in zip(places, wanted, created, strict=False):
            if new is None:
                continue
            with contextlib.suppress(Exception), self.children.as_if_saved(new) as child:
                observation = self.observed(resource, child)
                # A request tells whether the template is wrong, or an output has no value.
                if not observation.attributes.get(stacks.ERRORS):
                    predictions[place] = observation, Writes(stacks=(new,))
        if created and not any(predictions):
            self._note_slow({_template_of(resource) for resource, _, _ in wanted})
        return predictions

    def _note_slow(self, templates: Collection[tuple[str | None, str]]) -> None:
        """Remember templates whose nested stacks are not predicted any more."""
        self._slow.update(dict.fromkeys(templates))
        while len(self._slow) > SLOW:
            del self._slow[next(iter(self._slow))]

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        content_id, name = _template_of(resource)
        template = self._templates.template(
            content_id, owner, name, self.children.max_template_size
        )
        parameters = {
            name: value
            for name, value in resource.properties.items()
            if not name.startswith(nested.OWN)
        }
        environment = self.environment(
            resource, owner, nested.parameter_values(template, parameters)
        )
        files = self._templates.files(
            content_id, owner, name, lambda: self.files(owner, environment, template)
        )
        return {'template': template, 'environment': environment, 'files': files}

    def reference(self, resource: Resource, child: NestedStack) -> dict[str, Any]:
        # The ARN of the stack, as in Heat (heat/common/identifier.py). An output can set another.
        arn = f'arn:openstack:heat::{resource.project_id}:stacks/{child.name}/{child.id}'
        return {stacks.REFERENCE: arn}

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        values, errors = self.children.outputs(child)
        attributes = {**values, **self.members(child)}
        return {**attributes, stacks.ERRORS: errors} if errors else attributes


def _template_of(resource: Resource) -> tuple[str | None, str]:
    """Return the id of the content that has the template of a nested stack, and its name."""
    return resource.template_id, str(resource.properties.get(nested.TYPE))
