"""Software configurations and deployments: kept and handed out, each to its project."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.runtime import effects
from heatconv.tests.unit.engine.parts import EngineTestCase, context, thing


class SoftwareTest(EngineTestCase):
    def config(self, name: str = 'c', **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.call(
            'create_software_config', 'script', name, '#!/bin/sh', **more
        )
        return made

    def deployment(self, config_id: Any = None, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.call(
            'create_software_deployment', 'server-1', config_id, **more
        )
        return made

    def test_config(self) -> None:
        made = self.config(inputs=[{'name': 'i'}], outputs=[{'name': 'o'}])
        declared = {'name': 'i', 'type': 'String'}
        output = {'name': 'o', 'type': 'String', 'error_output': False}
        self.assertEqual(
            ('c', 'script', '#!/bin/sh', [declared], [output], {}),
            tuple(
                made[key] for key in ('name', 'group', 'config', 'inputs', 'outputs', 'options')
            ),
        )
        self.assertEqual(made, self.call('show_software_config', made['id']))
        second = self.config('d')
        listed = self.call('list_software_configs')
        self.assertEqual(['c', 'd'], [one['name'] for one in listed])
        self.assertNotIn('config', listed[0])
        self.assertEqual(
            [second['id']],
            [one['id'] for one in self.call('list_software_configs', 1, made['id'])],
        )
        self.call('delete_software_config', made['id'])
        self.refused(exception.NotFound, self.call, 'show_software_config', made['id'])

    def test_deployment(self) -> None:
        config = self.config()
        made = self.deployment(config['id'], input_values={'a': 1}, action='CREATE')
        self.assertEqual(
            ('server-1', config['id'], {'a': 1}, 'CREATE', 'COMPLETE', None),
            tuple(
                made[key]
                for key in (
                    'server_id',
                    'config_id',
                    'input_values',
                    'action',
                    'status',
                    'updated_time',
                )
            ),
        )
        self.assertEqual(made, self.call('show_software_deployment', made['id']))
        self.assertEqual(made, self.call('check_software_deployment', made['id']))
        self.assertEqual([made], self.call('list_software_deployments'))
        self.assertEqual([], self.call('list_software_deployments', 'server-2'))
        self.assertEqual(
            [config['id']],
            [one['id'] for one in self.call('metadata_software_deployments', 'server-1')],
        )
        error = self.refused(exception.Invalid, self.call, 'delete_software_config', config['id'])
        self.assertIn('referenced', str(error))
        changed = self.call(
            'update_software_deployment', made['id'], status='FAILED', output_values={'x': 'y'}
        )
        self.assertEqual(('FAILED', {'x': 'y'}), (changed['status'], changed['output_values']))
        self.assertIsNotNone(changed['updated_time'])
        self.call('delete_software_deployment', made['id'])
        self.call('delete_software_config', config['id'])
        self.assertEqual([], self.call('list_software_deployments'))

    def test_signal(self) -> None:
        config = self.config(outputs=[{'name': 'o'}, {'name': 'e', 'error_output': True}])
        made = self.deployment(config['id'], status='IN_PROGRESS')
        said = self.call(
            'signal_software_deployment',
            made['id'],
            {'o': 1, 'deploy_stdout': 'hi', 'deploy_status_code': 0},
        )
        self.assertIn('succeeded', said)
        shown = self.call('show_software_deployment', made['id'])
        told = (shown['status'], shown['status_reason'])
        self.assertEqual(('COMPLETE', 'Outputs received'), told)
        outputs = shown['output_values']
        self.assertEqual((1, 'hi'), (outputs['o'], outputs['deploy_stdout']))
        bad = {'e': 'bad', 'deploy_status_code': 2}
        # Nothing is awaited any more.
        self.assertIsNone(self.call('signal_software_deployment', made['id'], bad))
        self.assertEqual(shown, self.call('show_software_deployment', made['id']))
        self.call('update_software_deployment', made['id'], status='IN_PROGRESS')
        said = self.call('signal_software_deployment', made['id'], bad)
        self.assertEqual(f'deployment {made["id"]} failed', said)
        shown = self.call('show_software_deployment', made['id'])
        self.assertEqual('FAILED', shown['status'])
        self.assertIn('non-zero status code: 2', shown['status_reason'])
        self.assertIn('e : bad', shown['status_reason'])
        self.assertEqual(1, shown['output_values']['o'])

    def test_deployment_without_config(self) -> None:
        self.deployment()
        self.assertEqual([], self.call('metadata_software_deployments', 'server-1'))
        self.assertEqual([], self.call('list_software_configs'))
        self.refused(exception.NotFound, self.call, 'show_software_config', 'none')

    def test_two_signals_at_once(self) -> None:
        made = self.deployment(status='IN_PROGRESS')
        change_software = self.store.change_software

        def overtaken(*args: Any) -> Any:
            self.store.change_software = change_software
            self.call('signal_software_deployment', made['id'], {'deploy_stdout': 'first'})
            return change_software(*args)

        self.store.change_software = overtaken
        second = {'deploy_stdout': 'second', 'deploy_status_code': 1}
        self.assertIsNone(self.call('signal_software_deployment', made['id'], second))
        shown = self.call('show_software_deployment', made['id'])
        self.assertEqual('COMPLETE', shown['status'])
        self.assertEqual('first', shown['output_values']['deploy_stdout'])

    def test_other_projects_see_nothing(self) -> None:
        config = self.config()
        made = self.deployment(config['id'])
        self.context = context('other')
        self.assertEqual([], self.call('list_software_configs'))
        self.assertEqual([], self.call('list_software_deployments'))
        self.assertEqual([], self.call('metadata_software_deployments', 'server-1'))
        for method in ('show_software_config', 'delete_software_config'):
            self.refused(exception.NotFound, self.call, method, config['id'])
        for method, *more in (
            ('show_software_deployment',),
            ('check_software_deployment',),
            ('delete_software_deployment',),
            ('update_software_deployment',),
            ('signal_software_deployment', {}),
        ):
            self.refused(exception.NotFound, self.call, method, made['id'], *more)
        self.refused(exception.NotFound, self.deployment, config['id'])

    def test_what_is_refused(self) -> None:
        for wrong in ({'inputs': {}}, {'outputs': [1]}, {'inputs': [{'name': [1]}]}):
            self.refused(exception.StackValidationFailed, self.config, **wrong)
        self.refused(exception.StackValidationFailed, self.config, 'x' * 256)
        self.refused(exception.RequestLimitExceeded, self.config, options={'a': 'x' * 20_000})
        for wrong in ({'input_values': 1}, {'action': 1}, {'deployment_id': ''}):
            self.refused(exception.StackValidationFailed, self.deployment, **wrong)
        for nothing in (None, ''):
            self.refused(
                exception.StackValidationFailed,
                self.call,
                'metadata_software_deployments',
                nothing,
            )
        made = self.deployment(deployment_id='owned')
        self.assertEqual('owned', made['id'])
        self.refused(exception.StackValidationFailed, self.deployment, deployment_id='owned')


class ConfigResourceTest(EngineTestCase):
    def test_life(self) -> None:
        resources = {
            'S': {
                'type': 'OS::Heat::SoftwareConfig',
                'properties': {
                    'config': '#!/bin/sh',
                    'group': 'script',
                    'inputs': [{'name': 'i'}],
                },
            },
            'M': {'type': 'OS::Heat::StructuredConfig', 'properties': {'config': {'a': 1}}},
            'A': thing({'get_attr': ['S', 'config']}),
        }
        identity = self.made(resources)
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        rows = self.rows(identity)
        self.assertEqual('#!/bin/sh', rows['A'].attributes['output'])
        shown = self.call('show_software_config', rows['S'].physical_id)
        self.assertEqual(
            ('#!/bin/sh', 'script', [{'name': 'i', 'type': 'String'}]),
            (shown['config'], shown['group'], shown['inputs']),
        )
        self.assertNotIn('properties', shown)
        kept = self.call('show_software_config', rows['M'].physical_id)
        self.assertEqual({'a': 1}, kept['config'])
        resources['S']['properties']['config'] = '#!/bin/bash'
        self.update(identity, resources)
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertNotEqual(rows['S'].physical_id, self.rows(identity)['S'].physical_id)
        self.assertEqual(2, len(self.call('list_software_configs')))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual([], self.call('list_software_configs'))


class PhysicalTest(EngineTestCase):
    def test_resource_of_a_physical_id(self) -> None:
        identity = self.made({'A': thing('x'), 'B': thing('y')})
        known = self.rows(identity)['B'].physical_id
        found = self.call('find_physical_resource', known)
        self.assertEqual(
            (identity['stack_id'], '/resources/B'), (found['stack_id'], found['path'])
        )
        self.refused(exception.EntityNotFound, self.call, 'find_physical_resource', 'none')
        self.context = context('other')
        self.refused(exception.EntityNotFound, self.call, 'find_physical_resource', known)


class SuspendTest(EngineTestCase):
    """A stack with a deployment of its suspend and its resume."""

    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made(
            {
                'C': {'type': 'OS::Heat::SoftwareConfig', 'properties': {'config': 'script'}},
                'D': {
                    'type': 'OS::Heat::SoftwareDeployment',
                    'properties': {
                        'config': {'get_resource': 'C'},
                        'server': 'server-1',
                        'actions': ['SUSPEND', 'RESUME'],
                    },
                },
            }
        )
        self.assertEqual('CREATE_COMPLETE', self.state(self.identity))

    def begin(self, action: str) -> Any:
        """Request an action; return the check of the deployment, up to its first poll."""
        self.call(f'stack_{action.lower()}', self.identity)
        self.parts.prepare_all()
        while True:
            key = self.heard.keys.pop(0)
            if key.name == 'D':
                task = self.parts.start(self.parts.checker().check(key))
                task.until(effects.Sleep)
                return task
            self.parts.run(self.parts.checker().check(key))

    def signal(self, code: int) -> None:
        self.call('resource_signal', self.identity, 'D', {'deploy_status_code': code})

    def test_stack_waits_for_the_signals(self) -> None:
        for action in ('SUSPEND', 'RESUME', 'SUSPEND'):
            task = self.begin(action)
            self.assertEqual(f'{action}_IN_PROGRESS', self.state(self.identity))
            (configured,) = self.call('metadata_software_deployments', 'server-1')
            inputs = {one['name']: one['value'] for one in configured['inputs']}
            self.assertEqual(action, inputs['deploy_action'])
            self.signal(0)
            task.go_on()
            self.parts.rest()
            self.assertEqual(f'{action}_COMPLETE', self.state(self.identity))
            self.assertEqual(action, self.rows(self.identity)['D'].action)

    def test_failure(self) -> None:
        task = self.begin('SUSPEND')
        self.signal(1)
        task.go_on()
        self.parts.rest()
        self.assertEqual('SUSPEND_FAILED', self.state(self.identity))
        self.assertIn('Deployment to server failed', self.stack(self.identity).reason)

    def test_worker_that_dies_meanwhile(self) -> None:
        self.begin('SUSPEND')
        before = self.parts.store.all_software('project', 'deployment')
        self.parts.crash()
        self.signal(0)
        self.parts.recover()
        self.assertEqual('SUSPEND_COMPLETE', self.state(self.identity))
        numbers = {one.content['number'] for one in before}
        after = self.parts.store.all_software('project', 'deployment')
        self.assertEqual(numbers, {one.content['number'] for one in after}, 'begun once')
