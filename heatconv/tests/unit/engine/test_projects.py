"""Projects see their own stacks only; administrators see those of all projects."""

from __future__ import annotations

import json
from typing import Any

from oslo_context import context as contexts

from heatconv import exception
from heatconv.resources.registry import Registry
from heatconv.tests.unit.engine.parts import EngineTestCase, context, template, thing


class AdministratorTest(EngineTestCase):
    def test_stacks_of_other_projects(self) -> None:
        identity = self.made({'A': thing('x')})
        self.context = contexts.RequestContext(
            project_id='admin', user_id='admin', is_admin=True, overwrite=False
        )
        self.assertEqual('stack', self.call('show_stack', identity)[0]['stack_name'])
        self.assertEqual(identity, self.call('identify_stack', identity['stack_id']))
        for method, state in (
            ('stack_suspend', 'SUSPEND_COMPLETE'),
            ('stack_resume', 'RESUME_COMPLETE'),
        ):
            self.call(method, identity)
            self.parts.rest()
            self.assertEqual(state, self.state(identity))
        self.update(identity, {'A': thing('y')})
        self.parts.rest()
        self.assertEqual('project', self.stack(identity).project_id)
        self.assertEqual('y', self.rows(identity)['A'].attributes['output'])
        # heat-api writes the project of the request into the identity.
        self.call('show_stack', {**identity, 'tenant': 'admin'})
        other = {**identity, 'stack_name': 'other'}
        self.refused(exception.EntityNotFound, self.call, 'show_stack', other)
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))

    def test_names_of_other_projects(self) -> None:
        self.made({'A': thing('x')})
        self.context = contexts.RequestContext(project_id='admin', is_admin=True, overwrite=False)
        self.refused(exception.EntityNotFound, self.call, 'identify_stack', 'stack')


class ExternalTest(EngineTestCase):
    """An external id of another project shows nothing of what it names."""

    SECRET = 'precious'
    INNER = json.dumps(template({'I': thing(SECRET)}))

    def definitions(self) -> dict[str, Any]:
        """Return a resource of each installed type, with a secret where it can have one."""
        kinds = ('Software', 'Structured')
        deploys = {'signal_transport': 'NO_SIGNAL', 'input_values': {'k': self.SECRET}}
        given: dict[str, Any] = {
            'AWS::CloudFormation::Stack': {'TemplateURL': 'inner.yaml'},
            'AWS::AutoScaling::AutoScalingGroup': {
                'AvailabilityZones': [],
                'LaunchConfigurationName': {'get_resource': 'AWSAutoScalingLaunchConfiguration'},
                'MinSize': 1,
                'MaxSize': 1,
            },
            'AWS::AutoScaling::LaunchConfiguration': {
                'ImageId': self.SECRET,
                'InstanceType': 'small',
            },
            'OS::Heat::InstanceGroup': {
                'AvailabilityZones': [],
                'LaunchConfigurationName': {'get_resource': 'AWSAutoScalingLaunchConfiguration'},
                'Size': 1,
            },
            'AWS::AutoScaling::ScalingPolicy': {
                'AutoScalingGroupName': {'get_resource': 'AutoScalingGroup'},
                'ScalingAdjustment': 1,
                'AdjustmentType': 'ChangeInCapacity',
            },
            'AWS::CloudFormation::WaitCondition': {
                'Handle': {'get_resource': 'WaitConditionHandle'},
                'Timeout': 60,
            },
            'OS::Heat::AutoScalingGroup': {
                'min_size': 1,
                'max_size': 1,
                'resource': thing(self.SECRET),
            },
            'OS::Heat::ScalingPolicy': {
                'auto_scaling_group_id': {'get_resource': 'AutoScalingGroup'},
                'scaling_adjustment': 1,
                'adjustment_type': 'change_in_capacity',
            },
            'OS::Heat::AccessPolicy': {'AllowedResources': ['Value']},
            'OS::Heat::Stack': {'template': self.INNER},
            'OS::Heat::ResourceGroup': {'resource_def': thing(self.SECRET)},
            'OS::Heat::ResourceChain': {'resources': ['OS::Heat::TestResource']},
            'OS::Heat::CloudConfig': {'cloud_config': {'k': self.SECRET}},
            'OS::Heat::MultipartMime': {'parts': [{'config': self.SECRET}]},
            'OS::Heat::SoftwareComponent': {'configs': [{'tool': 't', 'config': self.SECRET}]},
            **{f'OS::Heat::{kind}Deployment': {'server': 's', **deploys} for kind in kinds},
            **{
                f'OS::Heat::{kind}Deployment{kind_of_group}': {'servers': {'a': 's'}, **deploys}
                for kind in kinds
                for kind_of_group in ('Group', 's')
            },
            'OS::Heat::SoftwareConfig': {'config': self.SECRET},
            'OS::Heat::StructuredConfig': {'config': {'k': self.SECRET}},
            'OS::Heat::TestResource': {'value': self.SECRET},
            'OS::Heat::Value': {'value': self.SECRET},
            'OS::Heat::WaitCondition': {
                'handle': {'get_resource': 'WaitConditionHandle'},
                'timeout': 60,
            },
        }
        registry: Registry = self.parts.registry
        return {
            type_.removeprefix('OS::Heat::').replace('::', ''): {
                'type': type_,
                'properties': given.get(type_, {}),
            }
            for type_ in registry.types
        }

    def test_every_type(self) -> None:
        definitions = self.definitions()
        name = 'WaitConditionHandle'
        identity = self.made({name: definitions[name]})
        self.call('resource_signal', identity, name, {'id': 's', 'data': self.SECRET})
        files = {'inner.yaml': self.INNER}
        environment = {'resource_registry': {'AWS::EC2::Instance': 'OS::Heat::None'}}
        self.call('update_stack', identity, template(definitions), environment, files, None)
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        rows = self.rows(identity)
        generated = str(rows['RandomString'].attributes['value'])
        self.context = context('other')
        for name, definition in definitions.items():
            # By the physical id, and by the token, which names the records.
            for external_id in {rows[name].physical_id, rows[name].token}:
                external = {'type': definition['type'], 'external_id': external_id}
                other = self.made(
                    {'E': external},
                    f'external-{name}-{external_id}',
                    outputs={
                        'all': {'value': {'get_attr': ['E']}},
                        'reference': {'value': {'get_resource': 'E'}},
                    },
                )
                shown = repr(
                    [
                        self.call('show_stack', other),
                        self.call('describe_stack_resource', other, 'E'),
                        self.call('list_stack_resources', other, 5, True),
                        self.call('list_events', other),
                    ]
                )
                self.assertNotIn(self.SECRET, shown, name)
                self.assertNotIn(generated, shown, name)
        # Nothing of the first project was taken over, or deleted.
        for stack in self.call('list_stacks'):
            self.call('delete_stack', stack['stack_identity'])
        self.parts.rest()
        self.context = context()
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_condition_with_a_handle_of_another_project(self) -> None:
        handle = {'type': 'OS::Heat::WaitConditionHandle'}
        identity = self.made({'H': handle})
        self.call('resource_signal', identity, 'H', {'data': self.SECRET})
        physical_id = self.rows(identity)['H'].physical_id
        self.context = context('other')
        condition = {
            'type': 'OS::Heat::WaitCondition',
            'properties': {'handle': physical_id, 'timeout': 60},
        }
        other = self.made({'C': condition})
        self.assertEqual('CREATE_FAILED', self.state(other))
        self.assertNotIn(self.SECRET, repr(self.rows(other)))


class TagsTest(EngineTestCase):
    def tagged(self, *tags: str, **args: Any) -> list[str]:
        arguments = {'tags': list(tags), **args} if tags else args
        content = (template({}), None, None, arguments)
        self.call('update_stack', self.identity, *content)
        self.parts.rest()
        tags_now: list[str] = self.call('show_stack', self.identity)[0]['tags']
        return tags_now

    def test_update_without_tags_removes_them(self) -> None:
        self.identity = self.made({})
        self.assertEqual(['a', 'b'], self.tagged('a', 'b'))
        self.assertEqual(['a', 'b'], self.tagged(existing=True))
        self.assertEqual(['c', ''], self.tagged('c', '', existing=True))
        self.assertEqual([], self.tagged())

    def test_hidden_tags(self) -> None:
        self.identity = self.made({})
        self.tagged('hide"me', 'b')
        self.allow(hidden_tags=('hide"me', 'x'))
        self.assertEqual([], self.call('list_stacks'))
        self.assertEqual(0, self.call('count_stacks'))
        self.assertEqual(1, len(self.call('list_stacks', show_hidden=True)))
        self.assertEqual(1, self.call('count_stacks', show_hidden=True))
        self.tagged('hide', 'b')
        self.assertEqual(1, len(self.call('list_stacks')))


class OneRowTest(EngineTestCase):
    def test_replaced_resource_is_listed_once(self) -> None:
        identity = self.made({'A': thing('x', replaced='1')})
        old = self.rows(identity)['A']
        fails = thing('x', replaced='2', properties={'fail': True})
        self.update(identity, {'A': fails})
        self.parts.rest()
        rows = self.store.resources(identity['stack_id'])
        self.assertEqual(2, len(rows))
        for depth in (0, 2):
            (listed,) = self.call('list_stack_resources', identity, depth)
            self.assertEqual('FAILED', listed['resource_status'])
        (described,) = self.call('describe_stack_resources', identity, 'A')
        self.assertNotEqual(old.physical_id, described['physical_resource_id'])
