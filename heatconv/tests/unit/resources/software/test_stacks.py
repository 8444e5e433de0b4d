"""Stacks that deploy software: what users and agents see of them, from create to delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heatconv import exception
from heatconv.runtime import effects
from heatconv.runtime.effects import Effect
from heatconv.tests.unit.engine.parts import EngineTestCase, Parts, thing
from heatconv.worker.plugin_caller import PluginCaller

SCRIPT = {
    'type': 'OS::Heat::SoftwareConfig',
    'properties': {
        'config': '#!/bin/sh',
        'group': 'script',
        'inputs': [{'name': 'i'}],
        'outputs': [{'name': 'o'}],
    },
}
SERVER = {'type': 'OS::Heat::DeployedServer'}


def deployment(**properties: Any) -> dict[str, Any]:
    """Return a deployment of the script on the server."""
    given = {'config': {'get_resource': 'C'}, 'server': {'get_resource': 'S'}, **properties}
    return {'type': 'OS::Heat::SoftwareDeployment', 'properties': given}


def resources(**properties: Any) -> dict[str, Any]:
    """Return a server, a script, its deployment, and what reads an output of it."""
    return {
        'S': SERVER,
        'C': SCRIPT,
        'D': deployment(**properties),
        'A': thing({'get_attr': ['D', 'o']}),
    }


class Servers(Parts):
    """An engine and a worker; servers work while the worker waits.

    :ivar work: called whenever the worker sleeps.
    """

    work: Callable[[], Any] | None = None

    def answer(self, effect: Effect, caller: PluginCaller | None = None) -> Any:
        if isinstance(effect, effects.Sleep) and self.work is not None:
            self.work()
        return super().answer(effect, caller)


class StackTestCase(EngineTestCase):
    parts: Servers

    def make_parts(self) -> Servers:
        return Servers(self.store_type, self.clock_type)

    def rest_with(self, *details: dict[str, Any]) -> list[str]:
        """Go on to the end; each awaited deployment is signaled the next of these details.

        :return: the actions that were deployed.
        """
        left, actions = list(details), []

        def work() -> None:
            for one in self.call('list_software_deployments'):
                if one['status'] == 'IN_PROGRESS':
                    actions.append(one['action'])
                    self.call('signal_software_deployment', one['id'], left.pop(0))

        self.parts.work = work
        self.parts.rest()
        self.parts.work = None
        self.assertEqual([], left)
        return actions

    def begun(self, template: Any, **more: Any) -> Any:
        """Have a stack made up to where it waits."""
        identity = self.create(template, **more)
        self.parts.rest(120)
        self.assertEqual('CREATE_IN_PROGRESS', self.state(identity))
        return identity

    def signal(self, identity: Any, details: Any = None, name: str = 'D') -> Any:
        return self.call('resource_signal', identity, name, details)

    def row(self, identity: Any, name: str) -> Any:
        return self.rows(identity)[name]

    def deployed(self, server_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call('metadata_software_deployments', server_id)
        return found

    def inputs(self, server_id: str) -> dict[str, Any]:
        (config,) = self.deployed(server_id)
        return {one['name']: one['value'] for one in config['inputs']}


class DeploymentTest(StackTestCase):
    def test_life(self) -> None:
        outputs = {'out': {'value': {'get_attr': ['D', 'deploy_stdout']}}}
        identity = self.begun(resources(input_values={'i': 1}), outputs=outputs)
        server = self.row(identity, 'S').physical_id
        inputs = self.inputs(server)
        self.assertEqual(
            (1, 'CREATE', server),
            tuple(inputs[one] for one in ('i', 'deploy_action', 'deploy_server_id')),
        )
        self.assertEqual(f'stack/{identity["stack_id"]}', inputs['deploy_stack_id'])
        self.signal(identity, {'o': 'made', 'deploy_stdout': 'text', 'deploy_status_code': 0})
        self.parts.recover()
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual('made', self.row(identity, 'A').attributes['output'])
        shown = self.call('show_stack', identity, True)[0]['outputs']
        self.assertEqual('text', shown[0]['output_value'])
        events = self.call('list_events', identity, {'resource_action': 'SIGNAL'})
        token = self.row(identity, 'D').physical_id
        self.assertEqual(
            [f'Signal: deployment {token} succeeded'],
            [one['resource_status_reason'] for one in events],
        )
        # A repeated signal does nothing, and leaves no event.
        self.signal(identity, {'o': 'again', 'deploy_status_code': 1})
        self.assertEqual(events, self.call('list_events', identity, {'resource_action': 'SIGNAL'}))
        (listed,) = self.call('list_software_deployments', server)
        self.assertEqual((token, 'COMPLETE'), (listed['id'], listed['status']))
        self.assertEqual(listed, self.call('show_software_deployment', token))
        self.assertEqual('made', listed['output_values']['o'])
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual([], self.call('list_software_deployments'))
        self.assertEqual([], self.call('list_software_configs'))

    def test_signal_through_the_api_of_deployments(self) -> None:
        identity = self.begun(resources())
        token = self.row(identity, 'D').id
        said = self.call('signal_software_deployment', token, {'o': 'x'})
        self.assertEqual(f'deployment {token} succeeded', said)
        self.assertIsNone(self.call('signal_software_deployment', token, {'o': 'y'}))
        error = self.refused(
            exception.StackValidationFailed, self.call, 'signal_software_deployment', token, [1]
        )
        self.assertIn('details', str(error))
        self.parts.recover()
        self.assertEqual('x', self.row(identity, 'A').attributes['output'])

    def test_update_deploys_again(self) -> None:
        identity = self.begun(resources(input_values={'i': 1}))
        self.signal(identity, {'o': 'made'})
        self.parts.recover()
        before = self.row(identity, 'D')
        self.update(identity, resources(input_values={'i': 2}))
        self.parts.rest(120)
        self.assertEqual('UPDATE_IN_PROGRESS', self.state(identity))
        self.assertEqual(
            (2, 'UPDATE'),
            tuple(
                self.inputs(self.row(identity, 'S').physical_id)[one]
                for one in ('i', 'deploy_action')
            ),
        )
        self.signal(identity, {'o': 'updated'})
        self.parts.recover()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual(before.id, self.row(identity, 'D').id)
        self.assertEqual('updated', self.row(identity, 'A').attributes['output'])

    def test_another_config_is_an_update(self) -> None:
        identity = self.begun(resources())
        self.signal(identity)
        self.parts.recover()
        server = self.row(identity, 'S').physical_id
        template = resources()
        template['C'] = {**SCRIPT, 'properties': {**SCRIPT['properties'], 'config': 'other'}}
        self.update(identity, template)
        self.parts.rest(120)
        (config,) = self.deployed(server)
        self.assertEqual('other', config['config'])
        self.signal(identity)
        self.parts.recover()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_failure_and_repair(self) -> None:
        identity = self.create(resources())
        self.assertEqual(['CREATE'], self.rest_with({'deploy_status_code': 7}))
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('Deployment to server failed', self.stack(identity).reason)
        self.assertIn('non-zero status code: 7', self.stack(identity).reason)
        failed = self.row(identity, 'D').physical_id
        self.update(identity, resources())
        self.assertEqual(['CREATE'], self.rest_with({'o': 'repaired'}))
        # It is replaced, as in Heat.
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertNotEqual(failed, self.row(identity, 'D').physical_id)
        self.assertEqual('repaired', self.row(identity, 'A').attributes['output'])
        self.assertEqual(1, len(self.call('list_software_deployments')))

    def test_update_that_fails_is_replaced(self) -> None:
        identity = self.create(resources())
        self.rest_with({})
        failed = self.row(identity, 'D').physical_id
        self.update(identity, resources(input_values={'i': 1}))
        self.assertEqual(['UPDATE'], self.rest_with({'deploy_status_code': 7}))
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.update(identity, resources(input_values={'i': 1}))
        self.assertEqual(['CREATE'], self.rest_with({}))
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertNotEqual(failed, self.row(identity, 'D').physical_id)

    def test_delete_waits_for_its_signal(self) -> None:
        identity = self.begun(resources(actions=['CREATE', 'DELETE']))
        self.signal(identity)
        self.parts.recover()
        server = self.row(identity, 'S').physical_id
        self.call('delete_stack', identity)
        self.parts.rest(120)
        self.assertEqual('DELETE_IN_PROGRESS', self.state(identity))
        self.assertEqual('DELETE', self.inputs(server)['deploy_action'])
        # The server and the configuration stay until then.
        self.assertEqual({'C', 'D', 'S'}, set(self.rows(identity)))
        self.signal(identity, {'deploy_status_code': 0})
        self.parts.recover()
        self.assertEqual('DELETE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual([], self.call('list_software_deployments'))

    def test_delete_that_fails_can_be_repeated(self) -> None:
        identity = self.create(resources(actions=['CREATE', 'DELETE']))
        self.rest_with({})
        for code, state in ((1, 'DELETE_FAILED'), (0, 'DELETE_COMPLETE')):
            self.call('delete_stack', identity)
            self.assertEqual(['DELETE'], self.rest_with({'deploy_status_code': code}))
            self.assertEqual(state, self.state(identity))
        self.assertEqual([], self.call('list_software_deployments'))

    def test_replaced_deployment_deploys_its_delete(self) -> None:
        template = resources(actions=['CREATE', 'DELETE'])
        identity = self.create(template)
        self.rest_with({})
        first = self.row(identity, 'D').physical_id
        template['D']['properties']['server'] = 'another'
        self.update(identity, template)
        self.assertEqual(['CREATE', 'DELETE'], self.rest_with({}, {}))
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        (left,) = self.call('list_software_deployments')
        self.assertEqual('another', left['server_id'])
        self.assertNotEqual(first, left['id'])

    def test_delete_while_the_create_is_awaited(self) -> None:
        identity = self.begun(resources())
        self.call('delete_stack', identity)
        self.parts.recover()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual([], self.call('list_software_deployments'))

    def test_delete_is_ended_by_the_api_of_deployments(self) -> None:
        identity = self.begun(resources(actions=['CREATE', 'DELETE']))
        self.signal(identity)
        self.parts.recover()
        token = self.row(identity, 'D').physical_id
        self.call('delete_stack', identity)
        self.parts.rest(120)
        self.call('update_software_deployment', token, status='COMPLETE')
        self.refused(exception.NotFound, self.call, 'show_software_deployment', token)
        self.parts.recover()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))

    def test_no_signal(self) -> None:
        outputs = {'out': {'value': {'get_attr': ['D', 'o']}}}
        identity = self.made(resources(signal_transport='NO_SIGNAL'), outputs=outputs)
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        shown = self.call('show_stack', identity, True)[0]['outputs']
        self.assertIsNone(shown[0]['output_value'])
        self.assertEqual(1, len(self.deployed(self.row(identity, 'S').physical_id)))

    def test_unknown_output(self) -> None:
        template = resources(signal_transport='NO_SIGNAL')
        template['A'] = thing({'get_attr': ['D', 'nothing']})
        identity = self.made(template)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn(
            'The Referenced Attribute (D nothing) is incorrect', self.stack(identity).reason
        )

    def test_refused_transports(self) -> None:
        for transport in ('TEMP_URL_SIGNAL', 'ZAQAR_SIGNAL'):
            template = resources(signal_transport=transport)
            self.refused(exception.StackValidationFailed, self.create, template)

    def test_missing_config(self) -> None:
        identity = self.made(resources(config='none'))
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('Software config with id none not found', self.stack(identity).reason)


class DerivedConfigTest(StackTestCase):
    def test_derived_config_in_the_api(self) -> None:
        identity = self.begun(resources())
        (config,) = self.deployed(self.row(identity, 'S').physical_id)
        self.assertEqual(config, self.call('show_software_config', config['id']))
        listed = [one['id'] for one in self.call('list_software_configs')]
        self.assertEqual({config['id'], self.row(identity, 'C').physical_id}, set(listed))
        error = self.refused(exception.Invalid, self.call, 'delete_software_config', config['id'])
        self.assertIn('referenced', str(error))
        (deployed,) = self.call('list_software_deployments')
        self.assertEqual(config['id'], deployed['config_id'])
        self.assertEqual('IN_PROGRESS', deployed['status'])
        self.assertNotIn('derived', deployed)

    def test_deployment_that_a_user_changes(self) -> None:
        identity = self.begun(resources())
        own = self.call('create_software_config', 'script', 'own', 'text')
        token = self.row(identity, 'D').id
        self.call('update_software_deployment', token, config_id=own['id'])
        (config,) = self.deployed(self.row(identity, 'S').physical_id)
        self.assertEqual((own['id'], 'text'), (config['id'], config['config']))

    def test_what_is_not_deployed_is_not_listed(self) -> None:
        identity = self.made(resources(actions=['UPDATE']))
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        token = self.row(identity, 'D').physical_id
        self.assertEqual([], self.call('list_software_deployments'))
        self.refused(exception.NotFound, self.call, 'show_software_deployment', token)
        self.assertEqual([], self.deployed(self.row(identity, 'S').physical_id))


class ServerTest(StackTestCase):
    def test_metadata(self) -> None:
        template = resources(signal_transport='NO_SIGNAL')
        template['S'] = {**SERVER, 'metadata': {'own': 1}}
        identity = self.made(template)
        shown = self.call('describe_stack_resource', identity, 'S')['metadata']
        self.assertEqual(1, shown['own'])
        self.assertEqual(self.deployed(self.row(identity, 'S').physical_id), shown['deployments'])
        self.assertEqual(['cfn', 'local'], shown['os-collect-config']['collectors'])
        other = self.call('describe_stack_resource', identity, 'D')['metadata']
        self.assertEqual({}, other)

    def test_refused_transports(self) -> None:
        for transport in ('POLL_TEMP_URL', 'ZAQAR_MESSAGE'):
            server = {**SERVER, 'properties': {'software_config_transport': transport}}
            self.refused(exception.StackValidationFailed, self.create, {'S': server})
