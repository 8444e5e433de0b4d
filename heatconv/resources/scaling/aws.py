"""The groups of CloudFormation: instances that a launch configuration defines.

As in heat/engine/resources/aws/autoscaling and heat/engine/resources/openstack/heat/
instance_group.py. A member has the type OS::Heat::ScaledResource, which the environment may map to
a template; otherwise it is an AWS::EC2::Instance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from heatconv.hot import environment as environments
from heatconv.hot.custom_constraints import Custom
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import stacks
from heatconv.hot.schema import (
    BOOLEAN,
    INTEGER,
    LIST,
    MAP,
    NUMBER,
    STRING,
    Attribute,
    Property,
    TypeSchema,
)
from heatconv.resources.nested_stacks import NestedStack
from heatconv.resources.plugin import Resource
from heatconv.resources.records import BulkRecords
from heatconv.resources.rollouts import update_policy
from heatconv.resources.scaling.batches import Definition, Policy
from heatconv.resources.scaling.group import ScalingGroup, check_sizes
from heatconv.resources.virtual import VirtualPlugin
from heatconv.runtime.ports import Clock

#: The type of the members, and what it is unless the environment maps it.
SCALED, INSTANCE = 'OS::Heat::ScaledResource', 'AWS::EC2::Instance'
MAPPED = {SCALED: INSTANCE}

#: A duration in ISO 8601, hours to seconds only, as in Heat.
DURATION = re.compile(r'PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?')
#: Longest pause between two batches, in seconds, as in Heat.
LONGEST_PAUSE = 3_600

#: A pair of a key and its value; Heat describes those of an instance group only.
_PAIR = {name: Property(STRING, required=True) for name in ('Key', 'Value')}
_DESCRIBED_PAIR = {
    'Key': Property(STRING, required=True, description='The key.'),
    'Value': Property(STRING, required=True, description='The value.'),
}


def seconds_of(duration: str) -> int:
    """Return the seconds of a duration such as PT1M30S.

    :raises ValueError: if it is no such duration.
    """
    match = DURATION.fullmatch(duration)
    if match is None:
        raise ValueError('a duration must be written as PT1H2M3S')
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 3_600 * hours + 60 * minutes + seconds


def _check_launch(properties: Mapping[str, Any]) -> None:
    """Check properties that depend on each other, in the wording of Heat."""
    if not properties.get('InstanceId') and not (
        properties.get('ImageId') and properties.get('InstanceType')
    ):
        raise InvalidProperty('If without InstanceId, ImageId and InstanceType are required.')


class LaunchConfiguration(VirtualPlugin):
    """The definition of the instances of a group; it is no resource of a cloud itself."""

    schema = TypeSchema(
        description='The properties of the instances of a group.',
        properties={
            'ImageId': Property(
                STRING,
                constraints=(Custom('glance.image'),),
                description='The image of the instances.',
            ),
            'InstanceType': Property(
                STRING,
                constraints=(Custom('nova.flavor'),),
                description='The flavor of the instances.',
            ),
            'InstanceId': Property(
                STRING,
                constraints=(Custom('nova.server'),),
                description='An existing instance to take the properties from.',
            ),
            'KeyName': Property(
                STRING,
                constraints=(Custom('nova.keypair'),),
                description='The key pair of the instances.',
            ),
            'UserData': Property(STRING, description='The user data of the instances.'),
            'SecurityGroups': Property(LIST, description='The names of the security groups.'),
            'BlockDeviceMappings': Property(
                LIST,
                description='The volumes of the instances.',
                schema=Property(
                    MAP,
                    schema={
                        'DeviceName': Property(
                            STRING, required=True, description='The name of the device.'
                        ),
                        'Ebs': Property(
                            MAP,
                            description='The volume.',
                            schema={
                                'DeleteOnTermination': Property(
                                    BOOLEAN,
                                    default=True,
                                    description='Whether it is deleted with its instance.',
                                ),
                                'SnapshotId': Property(
                                    STRING,
                                    constraints=(Custom('cinder.snapshot'),),
                                    description='The snapshot that it is made of.',
                                ),
                                'VolumeSize': Property(STRING, description='Its size in GB.'),
                                'Iops': Property(NUMBER, description='Without an effect.'),
                                'VolumeType': Property(STRING, description='Without an effect.'),
                            },
                        ),
                        'NoDevice': Property(MAP, description='Without an effect.'),
                        'VirtualName': Property(STRING, description='Without an effect.'),
                    },
                ),
            ),
            'NovaSchedulerHints': Property(
                LIST,
                description='Hints for the scheduler of Nova.',
                schema=Property(MAP, schema=_PAIR),
            ),
        },
        check=_check_launch,
    )


class _InstanceGroup(ScalingGroup):
    """The common part of both groups.

    :cvar update_policy_name: the part of the update policy that has an effect.
    """

    update_policy_name: ClassVar[str]

    def __init__(self, records: BulkRecords, clock: Clock) -> None:
        super().__init__(records, clock)
        self._records = records

    def tags(self, resource: Resource) -> list[dict[str, Any]]:
        """Return the tags of the members, with those by which Ceilometer finds the group."""
        tags = list(resource.properties.get('Tags') or ())
        if any(str(tag['Key']).startswith('metering.') for tag in tags):
            return tags
        return [*tags, {'Key': 'metering.groupname', 'Value': self.name(resource)}]

    def definition(self, resource: Resource) -> Definition:
        reference = str(resource.properties.get('LaunchConfigurationName') or '')
        token = self.children.referred(resource, reference)
        launch = None if token is None else self._records.get(token)
        if launch is None or launch.type != 'AWS::AutoScaling::LaunchConfiguration':
            raise ValueError(f'LaunchConfigurationName ({reference}) reference can not be found.')
        properties = {**launch.properties, 'Tags': self.tags(resource)}
        if properties.pop('InstanceId', None):
            raise ValueError('InstanceId needs Nova: give ImageId and InstanceType')
        zones = resource.properties.get('VPCZoneIdentifier')
        if zones:
            properties['SubnetId'] = zones[0]
        return {'type': SCALED, 'properties': properties}

    def policy(self, resource: Resource, content: Mapping[str, Any]) -> Policy:
        policy = update_policy(resource, self.update_policy_name)
        return Policy(
            int(policy.get('MinInstancesInService') or 0),
            int(policy.get('MaxBatchSize') or 1),
            seconds_of(str(policy.get('PauseTime') or 'PT0S')),
        )

    def rolls(self, resource: Resource) -> bool:
        policy = update_policy(resource, self.update_policy_name)
        if policy and self.policy(resource, {}).pause > LONGEST_PAUSE:
            raise ValueError('Maximum PauseTime is 1 hour.')
        return bool(policy)

    def environment(
        self, resource: Resource, owner: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        environment = super().environment(resource, owner, parameters)
        registry = environment.get(environments.REGISTRY) or {}
        return {**environment, environments.REGISTRY: {**self.schema.mapped, **registry}}

    def attributes(self, child: NestedStack) -> dict[str, Any]:
        attributes = super().attributes(child)
        members = attributes[stacks.MEMBERS]
        addresses = [
            str(members[name][1].get('PublicIp') or '0.0.0.0')  # noqa: S104 - as in Heat
            for name in attributes[stacks.ORDER]
            if name in members
        ]
        return {**attributes, 'InstanceList': ','.join(addresses) or None}


#: The properties that both groups have.
_COMMON = {
    'AvailabilityZones': Property(LIST, required=True, description='Without an effect.'),
    'LoadBalancerNames': Property(
        LIST, description='Load balancers of the instances; there are none without a cloud.'
    ),
    'Tags': Property(
        LIST,
        description='Tags of the instances.',
        schema=Property(MAP, schema=_PAIR),
    ),
}
_ATTRIBUTES = {
    'InstanceList': Attribute(STRING, 'The addresses of the instances, separated by commas.')
}


def _members_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of a member; see `TypeSchema.members`."""
    return {'member': {'type': SCALED}}


class InstanceGroup(_InstanceGroup):
    """A group of instances whose size only an update changes."""

    update_policy_name = 'RollingUpdate'
    scales = False

    schema = TypeSchema(
        description='A number of instances of one launch configuration.',
        properties={
            **_COMMON,
            'Tags': Property(
                LIST,
                description='Tags of the instances.',
                schema=Property(MAP, schema=_DESCRIBED_PAIR),
            ),
            'LaunchConfigurationName': Property(
                STRING,
                required=True,
                update_allowed=True,
                description='A reference to the launch configuration.',
            ),
            'Size': Property(
                INTEGER, required=True, update_allowed=True, description='The number of instances.'
            ),
        },
        attributes=_ATTRIBUTES,
        nested=True,
        members=_members_of,
        mapped=MAPPED,
    )

    def limits(self, properties: Mapping[str, Any]) -> tuple[int, int, int | None]:
        size = max(properties['Size'], 0)
        return size, size, size

    def cooldown(self, properties: Mapping[str, Any]) -> float:
        return 0.0


def _check_sizes(properties: Mapping[str, Any]) -> None:
    """Check properties that depend on each other, in the wording of Heat."""
    check_sizes(*map(properties.get, ('MinSize', 'MaxSize', 'DesiredCapacity')))
    smallest = properties.get('MinSize')
    if isinstance(smallest, int) and smallest < 0:
        raise InvalidProperty('The size of AutoScalingGroup can not be less than zero')
    zones = properties.get('VPCZoneIdentifier')
    if isinstance(zones, list) and len(zones) > 1:
        raise InvalidProperty(
            'Anything other than one VPCZoneIdentifier is not supported.', 'VPCZoneIdentifier'
        )
    if bool(properties.get('InstanceId')) == bool(properties.get('LaunchConfigurationName')):
        raise InvalidProperty("Either 'InstanceId' or 'LaunchConfigurationName' must be provided.")


class AwsAutoScalingGroup(_InstanceGroup):
    """A group of instances whose size signals change."""

    update_policy_name = 'AutoScalingRollingUpdate'

    schema = TypeSchema(
        description='A number of instances of one launch configuration, which signals change.',
        version='2014.1',
        properties={
            **_COMMON,
            'LaunchConfigurationName': Property(
                STRING,
                update_allowed=True,
                description='A reference to the launch configuration.',
            ),
            'InstanceId': Property(
                STRING,
                constraints=(Custom('nova.server'),),
                description='An existing instance to take the properties from.',
            ),
            'MaxSize': Property(
                INTEGER,
                required=True,
                update_allowed=True,
                description='The largest number of instances.',
            ),
            'MinSize': Property(
                INTEGER,
                required=True,
                update_allowed=True,
                description='The smallest number of instances.',
            ),
            'Cooldown': Property(
                INTEGER,
                update_allowed=True,
                description='Seconds after a change of the size in which signals are ignored.',
            ),
            'DesiredCapacity': Property(
                INTEGER,
                update_allowed=True,
                description='The number of instances after a create or an update.',
            ),
            'VPCZoneIdentifier': Property(
                LIST,
                description='The subnet of the instances: exactly one.',
                schema=Property(STRING, description='The id of the subnet.'),
            ),
        },
        attributes=_ATTRIBUTES,
        nested=True,
        members=_members_of,
        mapped=MAPPED,
        check=_check_sizes,
    )

    def tags(self, resource: Resource) -> list[dict[str, Any]]:
        name = {'Key': 'metering.AutoScalingGroupName', 'Value': self.name(resource)}
        return [*super().tags(resource), name]

    def limits(self, properties: Mapping[str, Any]) -> tuple[int, int, int | None]:
        return properties['MinSize'], properties['MaxSize'], properties.get('DesiredCapacity')

    def cooldown(self, properties: Mapping[str, Any]) -> float:
        return float(properties.get('Cooldown') or 0)
