"""Groups that are created or updated in batches: one update of the nested stack after the other.

The content of the nested stack says whether batches are left. The next batch is computed from it
and from the desired properties alone, so that after a crash any worker continues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heatconv.convergence.model import Status
from heatconv.hot import nested
from heatconv.resources.nested import SOON, NestedPlugin
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Observation, Reality, Resource
from heatconv.resources.scaling.batches import Definition, Policy

#: Key in the content of a nested stack, and in the observed properties: present while batches are
#: left. The value is for the type that wrote it.
UNFINISHED = 'OS::unfinished'


#: The parts of an update policy.
ROLLING, BATCH_CREATE = 'rolling_update', 'batch_create'


class RolloutPlugin(NestedPlugin):
    """A nested stack that may be created or updated in batches.

    `content` returns the content of the next batch, with UNFINISHED unless it is the last.
    """

    proceeds = True

    def policy(self, resource: Resource, content: Mapping[str, Any]) -> Policy:
        """Return how the batches are made.

        :param content: the present content of the nested stack.
        """
        raise NotImplementedError

    def observed_properties(self, content: Mapping[str, Any]) -> Mapping[str, Any] | None:
        properties = super().observed_properties(content)
        if UNFINISHED not in content:
            return properties
        return {**(properties or {}), UNFINISHED: content[UNFINISHED]}

    def proceed(self, resource: Resource) -> Observation:
        observation = self.observe(resource)
        if observation.reality != Reality.READY or UNFINISHED not in (
            observation.properties or {}
        ):
            return observation
        child = self.children.find(resource, self.name(resource))
        if child is None:
            return observation
        content = self.children.made_of(child)
        if content.get('properties') != resource.properties:
            return observation  # another update has begun since then
        wait = self._wait(resource, child, content)
        if wait <= 0:
            self.update(resource, ())
        return Observation(
            Reality.PENDING,
            physical_id=child.id,
            retry_after=SOON if wait <= 0 else wait,
            yields=True,
        )

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        child = self.children.find(resource, self.name(resource))
        if child is not None and child.status != Status.FAILED:
            content = self.children.made_of(child)
            same = UNFINISHED in content and content.get('properties') == resource.properties
            if same and (child.in_progress or self._wait(resource, child, content) > 0):
                return  # another worker has begun the batch: `proceed` waits for its end
        super().update(resource, changed)

    def _wait(self, resource: Resource, child: NestedStack, content: Mapping[str, Any]) -> float:
        """Return the seconds until the next batch may begin; none are left if not positive."""
        pause = self.policy(resource, content).pause
        return self._last_change(child) + pause - self._clock.now()

    def _last_change(self, child: NestedStack) -> float:
        """Return when the latest operation on a member ended, in seconds since the epoch."""
        members = self.children.members(child).values()
        changes = [member.updated_at or member.created_at for member in members]
        return max(changes, default=child.since)


class PolicyRollout(RolloutPlugin):
    """A nested stack whose batches the update policy of its resource sets.

    The value of UNFINISHED is the part of the policy that applies.
    """

    def policy(self, resource: Resource, content: Mapping[str, Any]) -> Policy:
        return Policy.read(update_policy(resource, batches_of(content)))


def batches_of(content: Mapping[str, Any]) -> str:
    """Return the part of the update policy that applies to the next batch.

    :param content: the present content of the nested stack; empty before its creation.
    """
    return str(content.get(UNFINISHED) or (ROLLING if content else BATCH_CREATE))


def definitions_in(content: Mapping[str, Any]) -> dict[str, Definition]:
    """Return the definitions of the members in the content of a nested stack."""
    return (content.get('template') or {}).get('resources') or {}


def update_policy(resource: Resource, name: str) -> Mapping[str, Any]:
    """Return a part of the update policy of a resource; empty if the template has none."""
    facade = resource.properties.get(nested.FACADE) or {}
    part = (facade.get('update_policy') or {}).get(name)
    return part if isinstance(part, Mapping) else {}
