"""Resource types whose physical resource is a nested stack with a timeout of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from heatconv.hot import nested
from heatconv.resources.nested import NestedPlugin
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Observation, Reality, Resource


class TimedStack(NestedPlugin):
    """A nested stack whose template, parameters and timeout are properties.

    The nested stack itself has the timeout of its owner. A shorter one is observed: the resource
    fails, and the next update or delete goes on with the nested stack as it is by then.
    """

    #: Name of the property with the timeout, in minutes, and of that with the parameters.
    timeout: ClassVar[str]
    parameters: ClassVar[str]

    def template(self, resource: Resource, owner: Mapping[str, Any]) -> dict[str, Any]:
        """Return the template of the nested stack, parsed.

        :param owner: the content of the stack that owns the resource.
        :raises ValueError: if it is missing or cannot be parsed.
        """
        raise NotImplementedError

    def content(
        self, resource: Resource, owner: Mapping[str, Any], before: NestedStack | None
    ) -> dict[str, Any]:
        template = self.template(resource, owner)
        parameters = resource.properties.get(self.parameters) or {}
        values = nested.parameter_values(template, parameters)
        return self.within(resource, owner, template, values)

    def observed(self, resource: Resource, child: NestedStack | None) -> Observation:
        observation = super().observed(resource, child)
        minutes = resource.properties.get(self.timeout) or 0
        if child is None or observation.reality != Reality.PENDING or minutes <= 0:
            return observation
        if child.since + 60 * minutes > self._clock.now():
            return observation
        return dataclasses.replace(
            observation,
            reality=Reality.FAILED,
            reason=f'Timed out: the nested stack {child.name} did not finish within {minutes} '
            f'minutes ({self.timeout})',
            retry_after=None,
            yields=False,
        )
