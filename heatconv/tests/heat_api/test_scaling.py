"""Groups that scale, and software deployments, through the stock client and heat-api."""

from __future__ import annotations

import json

from heatconv.tests.heat_api.running import SiteTest

POLICY = {
    'auto_scaling_group_id': {'get_resource': 'group'},
    'adjustment_type': 'change_in_capacity',
    'scaling_adjustment': 1,
}
SCALING = {
    'group': {
        'type': 'OS::Heat::AutoScalingGroup',
        'properties': {
            'min_size': 1,
            'max_size': 3,
            'resource': {'type': 'OS::Heat::RandomString'},
        },
    },
    'up': {'type': 'OS::Heat::ScalingPolicy', 'properties': POLICY},
}

DEPLOYMENT = {
    'config': {
        'type': 'OS::Heat::SoftwareConfig',
        'properties': {
            'group': 'script',
            'config': 'hostname',
            'outputs': [{'name': 'host'}],
        },
    },
    'deployment': {
        'type': 'OS::Heat::SoftwareDeployment',
        'properties': {'config': {'get_resource': 'config'}, 'server': 'server-1'},
    },
}


class TestScaling(SiteTest):
    def size(self) -> int:
        shown = self.json('stack', 'output', 'show', 'demo', 'size')
        return int(shown['output_value'])

    def test_signal_changes_the_size(self) -> None:
        outputs = {'size': {'value': {'get_attr': ['group', 'current_size']}}}
        self.make('demo', SCALING, outputs=outputs)
        self.assertEqual(1, self.size())
        self.works('stack', 'resource', 'signal', 'demo', 'up')
        self.eventually(lambda: self.size() == 2)
        # Outside of a nested stack nothing has changed.
        self.assertEqual('CREATE_COMPLETE', self.json('stack', 'show', 'demo')['stack_status'])
        listed = self.json('stack', 'resource', 'list', '-n', '1', 'demo')
        types = [one['resource_type'] for one in listed]
        self.assertEqual(2, types.count('OS::Heat::RandomString'))

    def test_deployment_waits_for_its_server(self) -> None:
        outputs = {
            'host': {'value': {'get_attr': ['deployment', 'host']}},
            'code': {'value': {'get_attr': ['deployment', 'deploy_status_code']}},
        }
        self.make('demo', DEPLOYMENT, wait=False, outputs=outputs)
        self.eventually(lambda: self.json('software', 'deployment', 'list'))
        (deployment,) = self.json('software', 'deployment', 'list')
        self.assertEqual('IN_PROGRESS', deployment['status'])
        config = self.json('software', 'config', 'show', deployment['config_id'])
        self.assertEqual('hostname', config['config'])
        data = json.dumps({'host': 'web-1', 'deploy_status_code': 0})
        self.works('stack', 'resource', 'signal', 'demo', 'deployment', '--data', data)
        self.until('demo', 'CREATE_COMPLETE')
        values = {
            name: self.json('stack', 'output', 'show', 'demo', name)['output_value']
            for name in outputs
        }
        self.assertEqual({'host': 'web-1', 'code': 0}, values)

    def test_schema_of_a_type(self) -> None:
        shown = self.json('orchestration', 'resource', 'type', 'show', 'OS::Heat::ScalingPolicy')
        self.assertTrue(shown['properties']['auto_scaling_group_id']['required'])
        self.assertIn('signal_url', shown['attributes'])
