"""OS::Heat::ScalingPolicy and AWS::AutoScaling::ScalingPolicy: a signal changes a group's size.

As in heat/engine/resources/openstack/heat/scaling_policy.py. The change of the size is one update
of the nested stack of the group. It is made only if the nested stack is as it was read, so that of
two signals at the same time the second finds the group in progress or in its cooldown.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from heatconv.convergence.model import Event
from heatconv.hot.constraints import AllowedValues, Range
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import stacks
from heatconv.hot.schema import INTEGER, NUMBER, STRING, Attribute, Property, TypeSchema
from heatconv.resources.nested import CONFLICTS, UsesNestedStacks
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Observation, Resource, TransientError
from heatconv.resources.scaling.capacity import ADJUSTMENT_TYPES, AWS_ADJUSTMENT_TYPES, PERCENT
from heatconv.resources.scaling.group import SCALING, ScalingGroup
from heatconv.resources.signal_urls import UsesSignalUrls
from heatconv.resources.virtual import VirtualPlugin


def _step_check(
    step: str, adjustment_type: str, percent: str
) -> Callable[[Mapping[str, Any]], None]:
    """Return the check that only a percentage has a smallest step; some values may be nodes.

    :param step: name of the property with the smallest step.
    :param adjustment_type: name of the property with the type of the adjustment.
    :param percent: the type that is a percentage.
    """

    def check(properties: Mapping[str, Any]) -> None:
        kind = properties.get(adjustment_type)
        if properties.get(step) is not None and isinstance(kind, str) and kind != percent:
            raise InvalidProperty(
                f'{step} property should only be specified for {adjustment_type} with value '
                f'{percent}.'
            )

    return check


class ScalingPolicy(UsesNestedStacks, UsesSignalUrls, VirtualPlugin):
    """Changes the size of a group with each signal."""

    takes_signals = True

    predicts: ClassVar[bool] = False

    #: The plugins of groups, by the name of their type; `Registry.nest` sets it.
    groups: Mapping[str, ScalingGroup] = {}

    schema = TypeSchema(
        description='Changes the size of a group that scales.',
        properties={
            'auto_scaling_group_id': Property(
                STRING, required=True, description='A reference to the group.'
            ),
            'scaling_adjustment': Property(
                NUMBER,
                required=True,
                update_allowed=True,
                description='The number of resources, or of per cent.',
            ),
            'adjustment_type': Property(
                STRING,
                required=True,
                update_allowed=True,
                constraints=(AllowedValues(ADJUSTMENT_TYPES),),
                description='Whether it is a change, a new size, or a change in per cent.',
            ),
            'cooldown': Property(
                NUMBER,
                update_allowed=True,
                description='Seconds after a change of the size in which signals are ignored.',
            ),
            'min_adjustment_step': Property(
                INTEGER,
                update_allowed=True,
                constraints=(Range(0),),
                description='The smallest number of resources for a change in per cent.',
            ),
        },
        attributes={
            'alarm_url': Attribute(STRING, 'The signed URL that changes the size.'),
            'signal_url': Attribute(STRING, 'The same URL.'),
        },
        check=_step_check('min_adjustment_step', 'adjustment_type', PERCENT),
    )

    def observe(self, resource: Resource) -> Observation:
        observation = super().observe(resource)
        if observation.physical_id is None:
            return observation
        url = self.urls.signed(resource) or None
        return dataclasses.replace(
            observation, attributes=dict.fromkeys(self.schema.attributes, url)
        )

    def physical_id(self, resource: Resource) -> str:
        return resource.token

    def take_signal(
        self, resource: Resource, details: Any, event_of: Callable[[str], Event]
    ) -> None:
        if details is not None and not isinstance(details, Mapping):
            raise ValueError('a signal must be a map')
        properties = self.translated(resource.properties)
        for _ in range(CONFLICTS):
            child, plugin = self._group(resource, properties['auto_scaling_group_id'])
            if plugin.adjust(
                child,
                properties['scaling_adjustment'],
                properties['adjustment_type'],
                properties.get('min_adjustment_step'),
                properties.get('cooldown'),
                event_of,
            ):
                return
        raise TransientError('other requests change the group all the time')

    def translated(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the properties by the names of OS::Heat::ScalingPolicy."""
        return properties

    def _group(self, resource: Resource, reference: str) -> tuple[NestedStack, ScalingGroup]:
        """Return the nested stack of the group and the plugin of its type.

        :raises ValueError: if the stack has no such group.
        """
        child = self.children.sibling(resource, reference)
        scaling = {} if child is None else self.children.made_of(child).get(SCALING) or {}
        plugin = self.groups.get(scaling.get('type', ''))
        if child is None or plugin is None:
            raise ValueError(f'the stack has no scaling group {reference}')
        return child, plugin


#: The properties of AWS::AutoScaling::ScalingPolicy, by those of OS::Heat::ScalingPolicy.
_AWS_NAMES = {
    'auto_scaling_group_id': 'AutoScalingGroupName',
    'scaling_adjustment': 'ScalingAdjustment',
    'adjustment_type': 'AdjustmentType',
    'cooldown': 'Cooldown',
    'min_adjustment_step': 'MinAdjustmentStep',
}


class AwsScalingPolicy(ScalingPolicy):
    """The same with the names of CloudFormation; its reference id is the signed URL."""

    schema = TypeSchema(
        description='Changes the size of a group that scales.',
        properties={
            _AWS_NAMES[name]: dataclasses.replace(declared, type=INTEGER)
            if declared.type == NUMBER
            else declared
            for name, declared in ScalingPolicy.schema.properties.items()
        }
        | {
            'AdjustmentType': dataclasses.replace(
                ScalingPolicy.schema.properties['adjustment_type'],
                constraints=(AllowedValues(tuple(AWS_ADJUSTMENT_TYPES)),),
            )
        },
        attributes={'AlarmUrl': Attribute(STRING, 'The signed URL that changes the size.')},
        check=_step_check('MinAdjustmentStep', 'AdjustmentType', 'PercentChangeInCapacity'),
    )

    def observe(self, resource: Resource) -> Observation:
        observation = super().observe(resource)
        url = observation.attributes.get('AlarmUrl')
        if not url:
            return observation
        attributes = {**observation.attributes, stacks.REFERENCE: url}
        return dataclasses.replace(observation, attributes=attributes)

    def translated(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        values = {name: properties.get(aws) for name, aws in _AWS_NAMES.items()}
        kind = AWS_ADJUSTMENT_TYPES.get(str(values['adjustment_type']))
        return {**values, 'adjustment_type': kind}
