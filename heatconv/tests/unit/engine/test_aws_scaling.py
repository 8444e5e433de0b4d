"""The groups of CloudFormation, with a template in place of instances."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.tests.unit.engine.parts import template
from heatconv.tests.unit.engine.test_scaling import ScalingTestCase

PROVIDER = template(
    {
        'random': {
            'type': 'OS::Heat::RandomString',
            'properties': {'salt': {'get_param': 'ImageId'}},
        }
    },
    parameters={
        name: {'type': kind, 'default': default}
        for name, kind, default in (
            ('ImageId', 'string', ''),
            ('InstanceType', 'string', ''),
            ('UserData', 'string', ''),
            ('SecurityGroups', 'comma_delimited_list', ''),
            ('Tags', 'comma_delimited_list', ''),
            ('SubnetId', 'string', ''),
        )
    },
    outputs={'PublicIp': {'value': {'get_param': 'ImageId'}}},
)

ROLLING = {'AutoScalingRollingUpdate': {'MaxBatchSize': 1, 'PauseTime': 'PT10S'}}


def stack(
    image: str = 'one',
    policy: Any = None,
    kind: str = 'AWS::AutoScaling::AutoScalingGroup',
    **group: Any,
) -> dict[str, Any]:
    """Return a template with a launch configuration, a group and a policy."""
    launch = {
        'Type': 'AWS::AutoScaling::LaunchConfiguration',
        'Properties': {'ImageId': image, 'InstanceType': 'small', 'SecurityGroups': ['sg']},
    }
    sizes = {'Size': 1} if kind.endswith('InstanceGroup') else {'MinSize': 1, 'MaxSize': 5}
    properties = {
        'AvailabilityZones': ['nova'],
        'LaunchConfigurationName': {'Ref': 'launch'},
        **sizes,
        **group,
    }
    up = {
        'Type': 'AWS::AutoScaling::ScalingPolicy',
        'Properties': {
            'AutoScalingGroupName': {'Ref': 'group'},
            'ScalingAdjustment': 1,
            'AdjustmentType': 'ChangeInCapacity',
        },
    }
    return {
        'AWSTemplateFormatVersion': '2010-09-09',
        'Resources': {
            'launch': launch,
            'group': {
                'Type': kind,
                'Properties': properties,
                **({'UpdatePolicy': policy} if policy else {}),
            },
            'up': up,
        },
        'Outputs': {'list': {'Value': {'Fn::GetAtt': ['group', 'InstanceList']}}},
    }


class AwsScalingTest(ScalingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.registry: Any = {'AWS::EC2::Instance': 'provider.yaml'}

    def content(self, source: Any) -> list[Any]:
        environment = {'resource_registry': self.registry}
        return [source, None, {'provider.yaml': PROVIDER}, environment]

    def asked(self, source: Any, identity: Any = None) -> Any:
        """Have a stack created or updated."""
        source_, _, files, environment = self.content(source)
        if identity is None:
            identity = self.call('create_stack', 'stack', source_, environment, files, None)
        else:
            self.call('update_stack', identity, source_, environment, files, None)
        self.parts.rest()
        return identity

    def images(self, identity: Any) -> list[str]:
        return str(self.outputs(identity)['list']).split(',')

    def test_reference_of_a_launch_configuration(self) -> None:
        source = stack()
        source['Outputs']['launch'] = {'Value': {'Ref': 'launch'}}
        identity = self.asked(source)
        before = self.outputs(identity)['launch']
        self.assertRegex(before, '^stack-launch-[a-zA-Z0-9]+$', 'its name, as in Heat')
        changed = stack('two', policy={'AutoScalingRollingUpdate': {'MaxBatchSize': 1}})
        changed['Outputs']['launch'] = {'Value': {'Ref': 'launch'}}
        self.asked(changed, identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertNotEqual(before, self.outputs(identity)['launch'])
        self.assertEqual(['two'], self.images(identity))

    def test_create_and_scale(self) -> None:
        identity = self.asked(stack(DesiredCapacity=2))
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual(['one', 'one'], self.images(identity))
        # Those of OS::Heat::AutoScalingGroup are not there.
        shown = set(self.rows(identity)['group'].attributes)
        self.assertIn('InstanceList', shown)
        self.assertEqual(set(), shown & {'current_size', 'refs', 'refs_map'})
        self.parts.elapse(1)
        self.assertEqual('', self.signal(identity))
        self.assertEqual(['one'] * 3, self.images(identity))
        (member, *_) = self.within(identity).values()
        resources = self.store.template(member.template_id)['template']['resources']
        tags = next(iter(resources.values()))['properties']['Tags']
        self.assertEqual(
            [('metering.groupname', member.name), ('metering.AutoScalingGroupName', member.name)],
            [(tag['Key'], tag['Value']) for tag in tags],
        )

    def test_signal_adds_the_first_member(self) -> None:
        identity = self.asked(stack(MinSize=0, DesiredCapacity=0))
        self.assertEqual('', self.signal(identity))
        self.assertEqual(['one'], self.images(identity))

    def test_other_configuration_without_a_policy_is_for_new_members(self) -> None:
        identity = self.asked(stack(DesiredCapacity=2))
        self.asked(stack('two', DesiredCapacity=3), identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual(['one', 'one', 'two'], self.images(identity))

    def test_rolling_update(self) -> None:
        identity = self.asked(stack(policy=ROLLING, DesiredCapacity=2))
        before = self.parts.clock.now()
        self.asked(stack('two', policy=ROLLING, DesiredCapacity=2), identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual(['two', 'two'], self.images(identity))
        self.assertGreaterEqual(self.parts.clock.now() - before, 10)
        # A new member has the new configuration.
        self.parts.elapse(1)
        self.signal(identity)
        self.assertEqual(['two'] * 3, self.images(identity))

    def test_type_of_members_can_be_mapped(self) -> None:
        self.registry = {'OS::Heat::ScaledResource': 'provider.yaml'}
        identity = self.asked(stack())
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_type_of_members_can_be_mapped_for_one_group(self) -> None:
        mappings = {'OS::Heat::ScaledResource': 'provider.yaml'}
        self.registry = {'resources': {'group': mappings}}
        error = self.refused(exception.StackValidationFailed, self.asked, stack())
        self.assertIn('AWS::EC2::Instance', str(error))
        self.registry = {'resources': {'group': {'*': mappings}}}
        identity = self.asked(stack())
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_instance_group(self) -> None:
        identity = self.asked(stack(kind='OS::Heat::InstanceGroup', Size=2))
        self.assertEqual(['one', 'one'], self.images(identity))
        self.asked(stack(kind='OS::Heat::InstanceGroup', Size=3), identity)
        self.assertEqual(['one'] * 3, self.images(identity))
        error = self.refused(exception.StackValidationFailed, self.signal, identity)
        self.assertIn('has no scaling group', str(error))

    def test_empty_group(self) -> None:
        identity = self.asked(stack(MinSize=0, DesiredCapacity=0))
        self.assertEqual({'list': None}, self.outputs(identity))
        self.parts.elapse(1)
        self.assertEqual('', self.signal(identity))
        self.assertEqual(['one'], self.images(identity))

    def test_refused_with_the_request(self) -> None:
        for source, words in (
            (stack(MinSize=6), 'MinSize can not be greater'),
            (stack(MinSize=-1), 'less than zero'),
            (stack(DesiredCapacity=9), 'DesiredCapacity must be between'),
            (stack(VPCZoneIdentifier=['a', 'b']), 'other than one VPCZoneIdentifier'),
            (stack(LaunchConfigurationName=''), "Either 'InstanceId' or"),
            (stack(''), 'ImageId and InstanceType are required'),
        ):
            error = self.refused(exception.StackValidationFailed, self.asked, source)
            self.assertIn(words, str(error))

    def test_without_instances(self) -> None:
        self.registry = {}
        error = self.assertRaises(exception.HeatconvException, self.asked, stack())
        self.assertIn('AWS::EC2::Instance', str(error))
        self.assertIn('map OS::Heat::ScaledResource to a template', str(error))

    def test_fails_at_the_create(self) -> None:
        for group, words in (
            ({'LaunchConfigurationName': 'none'}, 'reference can not be found'),
            ({'policy': {'AutoScalingRollingUpdate': {'PauseTime': 'P1D'}}}, 'PT1H2M3S'),
            ({'policy': {'AutoScalingRollingUpdate': {'PauseTime': 'PT2H'}}}, 'Maximum PauseTime'),
            (
                {'policy': {'AutoScalingRollingUpdate': {'MaxBatchSize': -1}}},
                'at least one member',
            ),
        ):
            self.anew()
            identity = self.asked(stack(**group))
            if self.state(identity) == 'CREATE_COMPLETE':
                self.asked(stack('two', **group), identity)
            self.assertIn(words, self.stack(identity).reason)
