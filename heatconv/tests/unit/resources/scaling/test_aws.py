"""The groups of CloudFormation, as far as no nested stack is needed."""

from __future__ import annotations

import types
from typing import Any

import testtools

from heatconv.hot import nested
from heatconv.hot.errors import InvalidProperty
from heatconv.hot.functions import Node
from heatconv.resources.plugin import Resource
from heatconv.resources.records import MemoryRecords, Record
from heatconv.resources.scaling.aws import (
    AwsAutoScalingGroup,
    InstanceGroup,
    LaunchConfiguration,
    seconds_of,
)
from heatconv.resources.scaling.batches import Policy
from heatconv.sim.moves import SimClock

LAUNCH = 'AWS::AutoScaling::LaunchConfiguration'


class ChecksTest(testtools.TestCase):
    def test_launch_configuration(self) -> None:
        check = LaunchConfiguration.schema.check
        assert check is not None
        check({'ImageId': 'i', 'InstanceType': 't'})
        check({'InstanceId': 's'})
        check({'InstanceId': Node()})
        for wrong in ({}, {'ImageId': 'i'}, {'InstanceType': 't'}, {'InstanceId': ''}):
            self.assertRaises(InvalidProperty, check, wrong)

    def test_group(self) -> None:
        check = AwsAutoScalingGroup.schema.check
        assert check is not None
        valid: dict[str, Any] = {'MinSize': 0, 'MaxSize': 2, 'LaunchConfigurationName': 'l'}
        check(valid)
        check({**valid, 'VPCZoneIdentifier': ['z']})
        check({**valid, 'VPCZoneIdentifier': []})
        check({**valid, 'VPCZoneIdentifier': Node(), 'MinSize': Node()})
        for wrong, message in (
            ({'MinSize': -1}, 'less than zero'),
            ({'VPCZoneIdentifier': ['y', 'z']}, 'other than one VPCZoneIdentifier'),
            ({'InstanceId': 's'}, "Either 'InstanceId' or"),
            ({'LaunchConfigurationName': ''}, "Either 'InstanceId' or"),
        ):
            error = self.assertRaises(InvalidProperty, check, {**valid, **wrong})
            self.assertIn(message, str(error))

    def test_durations(self) -> None:
        for duration, seconds in (('PT1H2M3S', 3_723), ('PT0S', 0), ('PT90S', 90), ('PT', 0)):
            self.assertEqual(seconds, seconds_of(duration))
        for wrong in ('', '5', 'P1D', 'PT1S ', 'PT-1S', f'PT{"9" * 5_000}S'):
            self.assertRaises(ValueError, seconds_of, wrong)


class GroupTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.records = MemoryRecords()
        self.records.add(Record('launch', LAUNCH, 'launch', {'ImageId': 'i'}))
        self.records.add(Record('other', 'OS::Heat::None', 'other', {}))
        self.plugin = AwsAutoScalingGroup(self.records, SimClock())
        children: Any = types.SimpleNamespace(referred=self.referred)
        self.plugin.children = children

    def referred(self, resource: Resource, reference: str) -> str | None:
        """Return the token of a resource of the stack: here it is the reference id too."""
        return reference if self.records.get(reference) else None

    def resource(self, rolling: Any = None, **properties: Any) -> Resource:
        policies = {} if rolling is None else {'AutoScalingRollingUpdate': rolling}
        given = {
            'LaunchConfigurationName': 'launch',
            nested.FACADE: {'update_policy': policies},
            **properties,
        }
        return Resource('t', 'group', 'type', 's', 'stack', 'p', given)

    def test_policy(self) -> None:
        rolling = {'MinInstancesInService': 2, 'MaxBatchSize': 3, 'PauseTime': 'PT4S'}
        self.assertEqual(Policy(2, 3, 4), self.plugin.policy(self.resource(rolling), {}))
        self.assertEqual(Policy(0, 1, 0), self.plugin.policy(self.resource({}), {}))
        nothing = dict.fromkeys(rolling)
        self.assertEqual(Policy(0, 1, 0), self.plugin.policy(self.resource(nothing), {}))

    def test_rolls(self) -> None:
        self.assertFalse(self.plugin.rolls(self.resource()))
        self.assertTrue(self.plugin.rolls(self.resource({'PauseTime': 'PT1H'})))
        too_long = self.resource({'PauseTime': 'PT1H1S'})
        error = self.assertRaises(ValueError, self.plugin.rolls, too_long)
        self.assertIn('Maximum PauseTime is 1 hour', str(error))

    def test_definition(self) -> None:
        definition = self.plugin.definition(self.resource(VPCZoneIdentifier=['z']))
        self.assertEqual('OS::Heat::ScaledResource', definition['type'])
        self.assertEqual('z', definition['properties']['SubnetId'])
        self.assertNotIn('SubnetId', self.plugin.definition(self.resource())['properties'])
        for reference in ('none', 'other', '', None):
            wrong = self.resource(LaunchConfigurationName=reference)
            error = self.assertRaises(ValueError, self.plugin.definition, wrong)
            self.assertIn(f'({reference or ""}) reference can not be found', str(error))

    def test_tags(self) -> None:
        own = {'Key': 'a', 'Value': '1'}
        names = ['metering.groupname', 'metering.AutoScalingGroupName']
        for tags, expected in (
            (None, names),
            ([own], ['a', *names]),
            ([{'Key': 'metering.x', 'Value': ''}], ['metering.x', names[1]]),
        ):
            found = self.plugin.tags(self.resource(Tags=tags))
            self.assertEqual(expected, [tag['Key'] for tag in found])

    def test_sizes_and_cooldown(self) -> None:
        self.assertEqual(60.0, self.plugin.cooldown({'Cooldown': 60}))
        self.assertEqual(0.0, self.plugin.cooldown({'Cooldown': None}))
        self.assertEqual(0.0, self.plugin.cooldown({}))
        group = InstanceGroup(self.records, SimClock())
        self.assertEqual((3, 3, 3), group.limits({'Size': 3}))
        self.assertEqual((0, 0, 0), group.limits({'Size': -3}))
