"""Checks each change of a group: its size, its batches, and that no signal is lost or repeated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from heatconv.convergence.model import Action, Status
from heatconv.resources.rollouts import UNFINISHED
from heatconv.sim.watcher import Watcher

#: Number of members that a signal adds.
ADJUSTMENTS = {'up': 1, 'down': -1}


class GroupChecker(Watcher):
    """Checks each content of a nested stack against the one before.

    The content before is the one that the store had at that moment, not the one that the plugin
    had read: so a signal that an update overwrites is found.
    """

    def content_changed(
        self, world: Any, owner_id: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Check a content that was requested.

        :param before: the content that it replaces; empty for a new nested stack.
        """
        if world.signalling and world.acting is None:
            self._check_signal(world, before, after)
        elif UNFINISHED in after:
            self._check_batch(world, before, after)
        else:
            self._check_final(world, before, after)

    def _check_signal(
        self, world: Any, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Check that a signal changes the size by its adjustment, and nothing else."""
        old, new = _members(before), _members(after)
        policy = world.signalling[-1]
        works = _working(world, old)
        properties = before['properties']
        wanted = len(works) + ADJUSTMENTS[policy]
        wanted = max(min(wanted, properties['max_size']), properties['min_size'])
        if len(new) != wanted:
            world.violate(f'group: signal {policy} made {len(new)} of {len(works)}, not {wanted}')
        if any(new[name] != old[name] for name in new if name in old):
            world.violate(f'group: signal {policy} changed a member')
        gone = [name for name in works if name not in new]
        created = _created(world)
        kept = [created[name] for name in new if name in created]
        if any(created[name] > min(kept, default=math.inf) for name in gone if name in created):
            world.violate(f'group: signal {policy} removed {gone}, which are not the oldest')
        if UNFINISHED in before:
            world.violate(f'group: signal {policy} during an update')
        if world.clock.time < before['scaling']['until']:
            world.violate(f'group: signal {policy} within the cooldown')

    def _check_batch(
        self, world: Any, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Check the limits of a batch."""
        old, new = _members(before), _members(after)
        policy = _policy(after)
        works = _complete(world, old)
        changed = [name for name in new if old.get(name) != new[name]]
        # A member that is under way is a part of the batch, unless its turn is still to come.
        goes_on = [name for name in new if name not in works and old.get(name) == new[name]]
        wanted = after['properties'].get('resource')
        if wanted is not None and changed:
            changed += [name for name in goes_on if new[name] == wanted]
        if len(changed) > policy['max_batch_size']:
            world.violate(f'group: a batch changes {len(changed)} members')
        kept = [name for name in works if new.get(name) == old[name]]
        size = (
            after[UNFINISHED].get('target', len(old))
            if isinstance(after[UNFINISHED], Mapping)
            else after['properties']['count']
        )
        promised = min(policy.get('min_in_service', 0), size, len(old))
        if 'count' in after['properties']:
            # A number that the group does not have any more goes at once, as in Heat.
            works = [name for name in works if name in new]
        # A member that is not complete is not in service, whatever the batch does.
        if len(kept) < min(promised, len(works)):
            world.violate(f'group: a batch leaves {len(kept)} members in service, not {promised}')

    def _check_final(
        self, world: Any, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> None:
        """Check size and definitions after the last batch."""
        properties, new = after['properties'], _members(after)
        if 'count' in properties:
            names = [str(number) for number in range(properties['count'])]
            if sorted(new) != names:
                world.violate(f'group: members {sorted(new)}, not {names}')
            return
        desired = properties.get('desired_capacity')
        works = _working(world, _members(before))
        size = desired or (len(works) if before else properties['min_size'])
        wanted = max(min(size, properties['max_size']), properties['min_size'])
        if len(new) != wanted:
            world.violate(f'group: an update made {len(new)} of {len(works)}, not {wanted}')
        if any(definition != properties['resource'] for definition in new.values()):
            world.violate('group: an update left a member with another definition')

    def rested(self, world: Any) -> None:
        """Compare the members with the content of the nested stack."""
        for snapshot in world.snapshots.values():
            stack = snapshot.stack
            complete = stack.status == Status.COMPLETE and stack.action != Action.DELETE
            if stack.owner_id is None or not complete or stack.deleted_at is not None:
                continue
            content = world.store.template(stack.template_id or '') or {}
            owner = world.snapshots[stack.owner_id].stack
            if owner.owner_id is not None:
                continue  # a member of the group
            if owner.status == Status.COMPLETE and owner.action != Action.DELETE:
                if UNFINISHED in content and not world.zombie_acted:
                    world.violate('group: the last batch is missing')
            if world.zombie_acted:
                continue
            found = {
                physical.logical_name: physical.properties
                for physical in world.reality.rows.values()
                if physical.token in snapshot.rows
            }
            found.update(_nested_members(world, stack.id))
            wanted = {
                name: definition['properties'] for name, definition in _members(content).items()
            }
            if found != wanted:
                world.violate(f'group: members are {found}, not {wanted}')


def _members(content: Mapping[str, Any]) -> Mapping[str, Any]:
    members: Mapping[str, Any] = (content.get('template') or {}).get('resources') or {}
    return members


def _nested_members(world: Any, group_id: str) -> dict[str, Any]:
    """Return the properties of the resource in each member that is a nested stack."""
    members = [
        snapshot
        for snapshot in world.snapshots.values()
        if snapshot.stack.owner_id == group_id and snapshot.stack.deleted_at is None
    ]
    return {
        member.stack.owner_resource: physical.properties
        for member in members
        for physical in world.reality.rows.values()
        if physical.token in member.rows
    }


def _policy(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the policy of the batch that has this content."""
    properties = content['properties']
    if 'rolling_updates' in properties:
        policy: Mapping[str, Any] = properties['rolling_updates']
    else:
        policy = properties['OS::facade']['update_policy'][content[UNFINISHED]]
    return policy


def _working(world: Any, members: Mapping[str, Any]) -> list[str]:
    """Return the names of the members that have not failed."""
    child = world.child_of()
    failed = () if child is None else world.children.failed(child)
    return [name for name in members if name not in failed]


def _complete(world: Any, members: Mapping[str, Any]) -> list[str]:
    """Return the names of the members that are in service: with nothing under way."""
    child = world.child_of()
    complete = () if child is None else world.children.complete(child)
    return [name for name in members if name in complete]


def _created(world: Any) -> dict[str, float]:
    """Return the time of creation of each member that works."""
    child = world.child_of()
    if child is None:
        return {}
    failed = world.children.failed(child)
    members = world.children.members(child)
    return {name: member.created_at for name, member in members.items() if name not in failed}
