"""Servers that talk to heat-api-cfn: os-collect-config by its collector cfn, and signals."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from heatconv.tests.agents.cloudformation import Keys, arn
from heatconv.tests.agents.machine import Machine
from heatconv.tests.agents.running import ServersTest
from heatconv.tests.agents.test_cfn_signal import CfnSignalTest, waiting
from heatconv.tests.agents.test_heat_collector import (
    RESULTS,
    component,
    deployment,
    result,
    script,
)


class CfnTest(ServersTest):
    def setUp(self) -> None:
        super().setUp()
        login, _ = self.server_user()
        #: The keys of the server.
        admin = self.identity.login('admin', 'admin', self.identity.password)
        self.keys = Keys(self.identity, login, admin.token)
        self.url = self.site.heat_api_cfn.url

    def signal_url(self, path: str, method: str, stack: str, resource: str) -> str:
        """Return a URL that signals a resource, signed as Heat does with the keys of a server."""
        name = arn(self.login.project_id, stack, self.shown(stack)['id'], resource)
        return self.keys.signed(f'{self.url}/v1/{path}/{name}', method)

    def resource_status(self, stack: str, resource: str) -> str:
        """Return the status of a resource; none if it is not there yet."""
        shown = {
            one['resource_name']: one['resource_status']
            for one in self.ask(f'stacks/{stack}/{self.shown(stack)["id"]}/resources')['resources']
        }
        return str(shown.get(resource, ''))


class CollectorTest(CfnTest):
    def setUp(self) -> None:
        super().setUp()
        self.machine = self.useFixture(Machine())

    def deployed(self, resources: Any, **outputs: Any) -> str:
        """Create a stack with a server, and start the agents of the server."""
        credentials = {
            'metadata_url': f'{self.url}/v1/',
            'access_key_id': self.keys.access,
            'secret_access_key': self.keys.secret,
        }
        server = {
            'type': 'OS::Heat::DeployedServer',
            'metadata': {'os-collect-config': {'cfn': credentials, 'polling_interval': 1}},
        }
        name = self.stack({'server': server, **resources}, **outputs)
        where = {'stack_name': name, 'path': 'server.Metadata'}
        self.machine.start(DEFAULT={'collectors': 'cfn'}, cfn={**credentials, **where})
        return name

    def test_script(self) -> None:
        name = self.deployed(
            {
                'script': script(),
                'hello': deployment('script', input_values={'whom': 'größe <&>'}),
            },
            **RESULTS,
        )
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertEqual(
            {
                'stdout': 'hello größe <&> from CREATE\n',
                'stderr': 'warning: größe\n',
                'code': 0,
                'twice': 'größe <&>, größe <&>',
            },
            self.outputs(name),
        )
        # os-apply-config has written what the metadata say of the collector.
        self.assertIn('path = server.Metadata', self.machine.file('agent.conf').read_text())

    def test_two_after_each_other(self) -> None:
        second = deployment('two')
        second['depends_on'] = 'first'
        name = self.deployed(
            {
                'one': component(CREATE='echo one; exit 0'),
                'two': component(CREATE='echo two; exit 4'),
                'first': deployment('one'),
                'second': second,
            },
            first=result('first', 'deploy_stdout'),
        )
        self.assertEqual('CREATE_FAILED', self.at_rest(name))
        self.assertEqual('one\n', self.outputs(name)['first'])
        self.assertIn('status code: 4', self.shown(name)['stack_status_reason'])


class WaitConditionTest(CfnTest, CfnSignalTest):
    def test_cfn_signal(self) -> None:
        name = self.stack(waiting(2), data=result('wait', 'Data'))
        self.eventually(lambda: self.resource_status(name, 'handle') == 'CREATE_COMPLETE')
        url = self.signal_url('waitcondition', 'PUT', name, 'handle')
        for unique in ('one', 'größe'):
            self.cfn_signal(url, '-i', unique, '-d', f'{unique}!')
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertEqual(
            {'one': 'one!', 'größe': 'größe!'}, json.loads(self.outputs(name)['data'])
        )


class SignalTest(CfnTest):
    def test_signal(self) -> None:
        group = {
            'type': 'OS::Heat::AutoScalingGroup',
            'properties': {
                'min_size': 1,
                'max_size': 3,
                'resource': {'type': 'OS::Heat::RandomString'},
            },
        }
        policy = {
            'type': 'OS::Heat::ScalingPolicy',
            'properties': {
                'auto_scaling_group_id': {'get_resource': 'group'},
                'adjustment_type': 'change_in_capacity',
                'scaling_adjustment': 1,
            },
        }
        name = self.stack(
            {'group': group, 'up': policy}, size={'get_attr': ['group', 'current_size']}
        )
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        url = self.signal_url('signal', 'POST', name, 'up')
        self.post(url, {'current': 'alarm', 'reason': 'busy'})
        self.eventually(lambda: self.outputs(name)['size'] == 2)
        # A signature is for one path.
        other = url.replace('up?', 'group?')
        refused = self.assertRaises(subprocess.CalledProcessError, self.post, other, None)
        self.assertIn(b'403', refused.stderr)

    def test_deployment(self) -> None:
        """A deployment whose server has no heatconv-signal, but keys."""
        parts = {
            'server': {'type': 'OS::Heat::DeployedServer'},
            'script': script(),
            'hello': deployment('script', signal_transport='HEAT_SIGNAL'),
        }
        name = self.stack(parts, **RESULTS)
        self.eventually(lambda: self.resource_status(name, 'hello') == 'CREATE_IN_PROGRESS')
        url = self.signal_url('signal', 'POST', name, 'hello')
        self.post(
            url, {'deploy_stdout': 'aus', 'deploy_status_code': 0, 'twice': 'a, a', 'other': 1}
        )
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertEqual(
            {'stdout': 'aus', 'stderr': None, 'code': 0, 'twice': 'a, a'}, self.outputs(name)
        )

    def post(self, url: str, body: Any) -> None:
        """Send a signal as curl does."""
        command = ['curl', '-sS', '-f', '-X', 'POST', '-H', 'Content-Type: application/json']
        if body is not None:
            command += ['--data-binary', json.dumps(body)]
        subprocess.run([*command, url], check=True, capture_output=True, timeout=60)
