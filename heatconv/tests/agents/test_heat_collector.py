"""Deployments that os-collect-config gets from heat-api, and that heat-config applies."""

from __future__ import annotations

import json
from typing import Any

from heatconv.tests.agents.machine import Machine
from heatconv.tests.agents.running import ServersTest

SCRIPT = """\
#!/bin/sh
echo "hello $whom from $deploy_action"
echo "warning: größe" >&2
printf '%s' "$whom, $whom" > "$heat_outputs_path.twice"
exit ${code:-0}
"""


def server(**metadata: Any) -> dict[str, Any]:
    return {
        'type': 'OS::Heat::DeployedServer',
        'properties': {'name': 'web', 'software_config_transport': 'POLL_SERVER_HEAT'},
        'metadata': metadata,
    }


def script(text: str = SCRIPT) -> dict[str, Any]:
    return {
        'type': 'OS::Heat::SoftwareConfig',
        'properties': {
            'group': 'script',
            'config': text,
            'inputs': [{'name': 'whom', 'default': 'nobody'}, {'name': 'code', 'default': '0'}],
            'outputs': [{'name': 'twice'}],
        },
    }


def deployment(config: str, kind: str = 'Software', **properties: Any) -> dict[str, Any]:
    return {
        'type': f'OS::Heat::{kind}Deployment',
        'properties': {
            'config': {'get_resource': config},
            'server': {'get_resource': 'server'},
            **properties,
        },
    }


def structured(group: str, **config: Any) -> dict[str, Any]:
    return {
        'type': 'OS::Heat::StructuredConfig',
        'properties': {'group': group, 'config': config},
    }


def component(**scripts: str) -> dict[str, Any]:
    """Return a component with a script for each action."""
    configs = [
        {'actions': [action], 'config': f'#!/bin/sh\n{text}\n', 'tool': 'script'}
        for action, text in scripts.items()
    ]
    return {'type': 'OS::Heat::SoftwareComponent', 'properties': {'configs': configs}}


def result(name: str, attribute: str) -> dict[str, Any]:
    return {'get_attr': [name, attribute]}


RESULTS = {
    'stdout': result('hello', 'deploy_stdout'),
    'stderr': result('hello', 'deploy_stderr'),
    'code': result('hello', 'deploy_status_code'),
    'twice': result('hello', 'twice'),
}


class HeatCollectorTest(ServersTest):
    def setUp(self) -> None:
        super().setUp()
        self.machine = self.useFixture(Machine({'settings': 'port={{port}}\n'}))
        _, self.credentials = self.server_user()

    def deployed(self, resources: Any, **outputs: Any) -> str:
        """Create a stack with a server, and start the agents of the server."""
        credentials = self.credentials
        declared = {'os-collect-config': {'heat': credentials, 'polling_interval': 1}}
        name = self.stack({'server': server(**declared), **resources}, **outputs)
        where = {'stack_id': f'{name}/{self.shown(name)["id"]}', 'resource_name': 'server'}
        self.machine.start(DEFAULT={'collectors': 'heat'}, heat={**credentials, **where})
        self.resources = {'server': server(**declared), **resources}
        return name

    def test_script(self) -> None:
        parts = {
            'script': script(),
            'hello': deployment('script', input_values={'whom': 'wörld "a"\n$HOME'}),
        }
        name = self.deployed(parts, **RESULTS)
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        said = 'wörld "a"\n$HOME'
        self.assertEqual(
            {
                'stdout': f'hello {said} from CREATE\n',
                'stderr': 'warning: größe\n',
                'code': 0,
                'twice': f'{said}, {said}',
            },
            self.outputs(name),
        )
        # os-apply-config has written the configuration that the metadata has.
        self.assertIn('collectors = local', self.machine.file('agent.conf').read_text())

        parts['hello'] = deployment('script', input_values={'whom': 'you'})
        self.update(name, {**self.resources, **parts}, **RESULTS)
        self.assertEqual('UPDATE_COMPLETE', self.at_rest(name))
        self.assertEqual('hello you from UPDATE\n', self.outputs(name)['stdout'])

        parts['hello'] = deployment('script', input_values={'whom': 'you', 'code': '3'})
        self.update(name, {**self.resources, **parts}, **RESULTS)
        self.assertEqual('UPDATE_FAILED', self.at_rest(name))
        reason = self.shown(name)['stack_status_reason']
        self.assertIn('Deployment exited with non-zero status code: 3', reason)

    def test_other_hooks(self) -> None:
        path = str(self.machine.root / 'made.json')
        port = {'get_input': 'port'}
        name = self.deployed(
            {
                'file': structured('json-file', **{path: {'port': port, 'of': 'größe'}}),
                'write': deployment('file', 'Structured', input_values={'port': 80}),
                'settings': structured('os-apply-config', port=port),
                # No hook reports what os-apply-config does.
                'set': deployment(
                    'settings',
                    'Structured',
                    input_values={'port': 81},
                    signal_transport='NO_SIGNAL',
                ),
                'service': component(CREATE='echo started', UPDATE='echo restarted'),
                'serve': deployment('service'),
            },
            stdout=result('serve', 'deploy_stdout'),
        )
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertEqual({'stdout': 'started\n'}, self.outputs(name))
        made = json.loads(self.machine.file('made.json').read_text())
        self.assertEqual({'port': 80, 'of': 'größe'}, made)
        self.assertEqual('port=81\n', self.machine.file('settings').read_text())

    def test_delete(self) -> None:
        made = self.machine.root / 'made'
        name = self.deployed(
            {
                'service': component(CREATE=f'touch {made}', DELETE=f'rm {made}'),
                'serve': deployment('service'),
            }
        )
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertTrue(made.exists())
        self.delete(name)
        self.gone(name)
        self.assertFalse(made.exists())

    def test_signal_by_heat_api(self) -> None:
        keys = ('auth_url', 'user_id', 'password', 'project_id', 'region_name')
        # In place of the signed URL, heat-config-notify logs in with these.
        values = {f'deploy_{key}': self.credentials[key] for key in keys}
        values['deploy_auth_url'] += '/v3'
        name = self.deployed(
            {
                'script': script(),
                'hello': deployment(
                    'script', signal_transport='HEAT_SIGNAL', input_values={'whom': 'me', **values}
                ),
            },
            **RESULTS,
        )
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertEqual('hello me from CREATE\n', self.outputs(name)['stdout'])
