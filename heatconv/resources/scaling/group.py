"""OS::Heat::AutoScalingGroup: a group whose size signals change.

As in heat/engine/resources/openstack/heat/autoscaling_group.py. The definitions of the members are
in the content of the nested stack, where an update of the group and a signal both change them.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from heatconv.convergence.model import Event
from heatconv.hot.constraints import Range
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import ListNode, MapNode, stacks
from heatconv.hot.schema import INTEGER, LIST, MAP, NUMBER, Attribute, Property, TypeSchema
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Resource, SignalIgnored
from heatconv.resources.rollouts import UNFINISHED, RolloutPlugin, definitions_in
from heatconv.resources.scaling import batches, capacity
from heatconv.resources.scaling.batches import Definition, Policy

#: The version of the generated templates, as in Heat.
VERSION = '2015-04-30'
#: Key in the content of the nested stack: the cooldown, and the token and type of the group.
SCALING = 'scaling'
#: Key in the content of the nested stack: the definition of the members that signals add.
MEMBER = 'member'
#: Number of characters of the name of a member, as in Heat.
NAME_LENGTH = 12


def check_sizes(smallest: Any, largest: Any, desired: Any) -> None:
    """Check the sizes of a group against each other.

    Those that are no numbers are not known yet, or not given.

    :raises InvalidProperty: in the wording of Heat.
    """
    smallest, largest, desired = (
        size if isinstance(size, int) else None for size in (smallest, largest, desired)
    )
    if smallest is not None and largest is not None and largest < smallest:
        raise InvalidProperty('MinSize can not be greater than MaxSize')
    if desired is not None and (
        (smallest is not None and desired < smallest)
        or (largest is not None and desired > largest)
    ):
        raise InvalidProperty('DesiredCapacity must be between MinSize and MaxSize')


def _check_sizes(properties: Mapping[str, Any]) -> None:
    check_sizes(*map(properties.get, ('min_size', 'max_size', 'desired_capacity')))


def _members_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of a member; see `TypeSchema.members`."""
    definition = properties.get('resource')
    if isinstance(definition, MapNode | ListNode):
        definition = definition.items
    return {'member': definition} if isinstance(definition, Mapping) else {}


class ScalingGroup(RolloutPlugin):
    """The common part of the groups that scale.

    A subclass reads the sizes and the definition of a member from its properties.
    """

    is_live = True

    #: Whether signals may change its size.
    scales: ClassVar[bool] = True

    def definition(self, resource: Resource) -> Definition:
        """Return the definition of a new member.

        :raises ValueError: if it refers to something that does not exist.
        """
        raise NotImplementedError

    def rolls(self, resource: Resource) -> bool:
        """Say whether an update changes the definitions of the present members, in batches."""
        return True

    def limits(self, properties: Mapping[str, Any]) -> tuple[int, int, int | None]:
        """Return the smallest and the largest size, and the desired one if it is given."""
        raise NotImplementedError

    def cooldown(self, properties: Mapping[str, Any]) -> float:
        """Return the cooldown after a change of the size, in seconds."""
        raise NotImplementedError

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        new = self.definition(resource)
        smallest, largest, desired = self.limits(resource.properties)
        if before is None:
            size = smallest if desired is None else desired
            self.check_size(size)
            members = batches.definitions(
                (), size, size, new_names(resource.token, ''), lambda _: new
            )
            return self._assembled(resource, owner, {}, members, new)
        present = self.children.made_of(before)
        members_now = self._in_order(before, present)
        fresh = new_names(resource.token, before.template_id or '')
        size = sum(1 for _, _, failed in members_now if not failed)
        final = capacity.adjusted(
            size, size if desired is None else desired, capacity.EXACT, smallest, largest
        )
        self.check_size(final)
        complete = self.children.complete(before)
        members_now.sort(key=lambda member: _turn(member, member[0] in complete, new))
        ordered = [(name, definition) for name, definition, _ in members_now]
        retried = sum(1 for _, old, failed in members_now if failed and old == new)
        under_way = any(
            not failed and name not in complete for name, old, failed in members_now if old == new
        )
        batch = self._batch(resource, present, ordered, new, desired, retried, under_way)
        if batch is not None:
            target, total, changes = batch
            members = batches.definitions(ordered, total, changes, fresh, lambda _: new)
            updated = sum(1 for definition in members.values() if definition == new)
            content = self._assembled(resource, owner, present, members, new)
            if not (batches.is_rolled_out(target, total, updated) and total == final):
                content[UNFINISHED] = {'target': target}
            return content
        members = batches.definitions(ordered, final, 0, fresh, lambda _: new)
        return self._assembled(resource, owner, present, members, new)

    def _batch(
        self,
        resource: Resource,
        present: Mapping[str, Any],
        members: Sequence[tuple[str, Definition]],
        new: Definition,
        desired: int | None,
        retried: int,
        under_way: bool,
    ) -> tuple[int, int, int] | None:
        """Return the next batch of a rolling update.

        :param retried: see `batches.next_batch`; likewise ``under_way``.
        :return: the target size, the size during the batch and the number of changes; None if no
            batch is left.
        """
        updated = sum(1 for _, definition in members if definition == new)
        size = len(members)
        unfinished = present.get(UNFINISHED)
        if (not unfinished and updated == size) or not self.rolls(resource):
            return None
        target = int((unfinished or {}).get('target', size))
        target = target if desired is None else min(desired, target)
        if batches.is_rolled_out(target, size, updated):
            return None
        policy = self.policy(resource, present)
        total, changes = batches.next_batch(target, size, updated, policy, retried, under_way)
        return target, total, changes

    def _assembled(
        self,
        resource: Resource,
        owner: Mapping[str, Any],
        present: Mapping[str, Any],
        members: Mapping[str, Definition],
        new: Definition,
    ) -> dict[str, Any]:
        """Return the content with the given definitions of the members.

        :param present: the present content; empty before the creation. Members that keep their
            definition may need its files.
        :param new: the definition of the members that signals add.
        """
        template = {'heat_template_version': VERSION, 'resources': dict(members)}
        files = {**(present.get('files') or {}), **(owner.get('files') or {})}
        # A signal adds members when there may be none that use the files.
        content = self.within(resource, {**owner, 'files': files}, template, {}, new)
        same = definitions_in(present) == members
        scaling = present.get(SCALING) if same else None
        content[MEMBER] = new
        content[SCALING] = scaling or self._scaling(
            {'token': resource.token, 'type': resource.type},
            self.cooldown(resource.properties),
            present,
        )
        return content

    def reference(self, resource: Resource, child: NestedStack) -> dict[str, Any]:
        return {stacks.REFERENCE: child.name}

    def _scaling(
        self, group: Mapping[str, Any], cooldown: float, present: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what is saved with a change of the size.

        The earliest time of the next change never moves back, as in Heat.

        :param group: the token and the type of the group.
        :param cooldown: in seconds.
        """
        until = self._clock.now() + max(cooldown, 0)
        before = (present.get(SCALING) or {}).get('until', 0.0)
        return {
            'token': group['token'],
            'type': group['type'],
            'cooldown': max(cooldown, 0),
            'until': max(until, before),
        }

    def _in_order(
        self, child: NestedStack, content: Mapping[str, Any]
    ) -> list[tuple[str, Definition, bool]]:
        """Return name, definition and whether it failed of each member.

        Those that are removed or replaced first come first: the failed ones, then the oldest.
        """
        members, failed = self.children.members(child), self.children.failed(child)
        rows = []
        for name, definition in definitions_in(content).items():
            # One that is not created yet is the newest.
            created = members[name].created_at if name in members else math.inf
            rows.append((name not in failed, created, name, definition))
        rows.sort(key=lambda row: row[:3])
        return [(name, definition, not works) for works, _, name, definition in rows]

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        members = self.members(child)
        content = self.children.made_of(child)
        names = [name for name, _, failed in self._in_order(child, content) if not failed]
        references = {
            name: members[stacks.MEMBERS][name][0]
            for name in names
            if name in members[stacks.MEMBERS]
        }
        values = {
            'current_size': len(names),
            'refs': list(references.values()),
            'refs_map': references,
        }
        return {
            **{name: value for name, value in values.items() if name in self.schema.attributes},
            **members,
            stacks.ORDER: names,
        }

    def adjust(
        self,
        child: NestedStack,
        adjustment: float,
        adjustment_type: str,
        step: int | None,
        cooldown: float | None,
        event_of: Callable[[str], Event],
    ) -> bool:
        """Change the size of a group by a signal.

        :param child: its nested stack.
        :param cooldown: in seconds; None for that of the group.
        :param event_of: creates the event for the signal from a description of the change. It is
            saved with the change.
        :return: False if another request changed the group since ``child`` was read.
        :raises SignalIgnored: if the group must not or need not change now.
        """
        present = self.children.made_of(child)
        properties = present.get('properties') or {}
        self._check_adjustable(child, present)
        members = self._in_order(child, present)
        size = sum(1 for _, _, failed in members if not failed)
        smallest, largest, _ = self.limits(properties)
        wanted = capacity.adjusted(size, adjustment, adjustment_type, smallest, largest, step)
        if wanted == size:
            raise SignalIgnored(f'the size of the group stays {size}')
        self.check_size(wanted)
        group = present[SCALING]
        new = present[MEMBER]
        definitions = batches.definitions(
            [(name, definition) for name, definition, _ in members],
            wanted,
            0,
            new_names(group['token'], child.template_id or ''),
            lambda _: new,
        )
        seconds = self.cooldown(properties) if cooldown is None else cooldown
        content = {
            **present,
            'template': {**present['template'], 'resources': definitions},
            SCALING: self._scaling(group, seconds, present),
        }
        change = f'{adjustment_type} : {adjustment:g}, {size} to {wanted} members'
        return self.children.update(child, content, [event_of(change)])

    def _check_adjustable(self, child: NestedStack, content: Mapping[str, Any]) -> None:
        """Check that a signal may change a group now; the order is that of Heat.

        :raises SignalIgnored: if not.
        """
        scaling = content.get(SCALING)
        if scaling is None or UNFINISHED in content or self.children.busy(scaling['token']):
            raise SignalIgnored('an update of the group is in progress, or has failed')
        if child.in_progress:
            raise SignalIgnored('the size of the group changes already')
        now = self._clock.now()
        until = max(scaling['until'], self._last_change(child) + scaling['cooldown'])
        if now < until:
            raise SignalIgnored(f'the group is in its cooldown for another {until - now:.0f} s')


class AutoScalingGroup(ScalingGroup):
    """A group of resources of any type."""

    schema = TypeSchema(
        description='A number of resources of one definition, which signals change.',
        version='2014.1',
        properties={
            'resource': Property(
                MAP,
                required=True,
                update_allowed=True,
                description='The definition of each resource, as in a template.',
            ),
            'max_size': Property(
                INTEGER,
                required=True,
                update_allowed=True,
                constraints=(Range(0),),
                description='The largest number of resources.',
            ),
            'min_size': Property(
                INTEGER,
                required=True,
                update_allowed=True,
                constraints=(Range(0),),
                description='The smallest number of resources.',
            ),
            'cooldown': Property(
                INTEGER,
                update_allowed=True,
                description='Seconds after a change of the size in which signals are ignored.',
            ),
            'desired_capacity': Property(
                INTEGER,
                update_allowed=True,
                description='The number of resources after a create or an update.',
            ),
            'rolling_updates': Property(
                MAP,
                update_allowed=True,
                description='How the resources are updated in batches.',
                default={'min_in_service': 0, 'max_batch_size': 1, 'pause_time': 0},
                schema={
                    'min_in_service': Property(
                        INTEGER,
                        default=0,
                        constraints=(Range(0),),
                        description='The smallest number of resources that stay in service.',
                    ),
                    'max_batch_size': Property(
                        INTEGER,
                        default=1,
                        constraints=(Range(1),),
                        description='The largest number of resources in a batch.',
                    ),
                    'pause_time': Property(
                        NUMBER,
                        default=0,
                        constraints=(Range(0),),
                        description='Seconds between two batches.',
                    ),
                },
            ),
        },
        attributes={
            'outputs': Attribute(MAP, 'An attribute of each resource, by name.'),
            'outputs_list': Attribute(LIST, 'An attribute of each resource.'),
            'current_size': Attribute(INTEGER, 'The number of resources.'),
            'refs': Attribute(LIST, 'The reference id of each resource.'),
            'refs_map': Attribute(MAP, 'The reference id of each resource, by name.'),
        },
        nested=True,
        members=_members_of,
        check=_check_sizes,
    )

    def definition(self, resource: Resource) -> Definition:
        declared = resource.properties['resource']
        return {key: value for key, value in declared.items() if value is not None}

    def limits(self, properties: Mapping[str, Any]) -> tuple[int, int, int | None]:
        return properties['min_size'], properties['max_size'], properties.get('desired_capacity')

    def cooldown(self, properties: Mapping[str, Any]) -> float:
        return float(properties.get('cooldown') or 0)

    def policy(self, resource: Resource, content: Mapping[str, Any]) -> Policy:
        return Policy.read(resource.properties.get('rolling_updates') or {})


def _turn(member: tuple[str, Definition, bool], complete: bool, new: Definition) -> int:
    """Return the turn of a member in a rolling update, to be changed or removed.

    Those that are out of service anyway come first. A member that has the new definition already
    comes last, unless it failed.
    """
    _, definition, failed = member
    if failed or (not complete and definition != new):
        return 0
    return 1 if definition != new else 2


def new_names(token: str, template_id: str) -> Iterator[str]:
    """Yield names for new members.

    They are the same for a request that is repeated, and others for each change of a group.

    :param token: the token of the group.
    :param template_id: id of the content that is changed; empty before the creation.
    """
    for index in itertools.count():
        digest = hashlib.sha256(f'{token}/{template_id}/{index}'.encode()).digest()
        yield base64.b32encode(digest).decode().lower()[:NAME_LENGTH]
