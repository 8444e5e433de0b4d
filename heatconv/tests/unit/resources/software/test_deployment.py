"""Deployments: what begins an action, what ends it, and what a crash leaves."""

from __future__ import annotations

import dataclasses
from typing import Any

from heatconv.convergence.model import Action, Event, Reality, Status
from heatconv.hot.errors import InvalidProperty, TemplateError
from heatconv.resources.plugin import Plugin, Resource, SignalIgnored
from heatconv.tests.unit.resources.software.base import PROJECT, SoftwareTestCase

ALL = ['CREATE', 'UPDATE', 'DELETE']


def changed(resource: Resource, **properties: Any) -> Resource:
    """Return a resource with other properties, from another template."""
    return dataclasses.replace(
        resource,
        properties={**resource.properties, **properties},
        template_id=f'{resource.template_id or ""}+',
    )


class DeploymentTestCase(SoftwareTestCase):
    type_name = 'SoftwareDeployment'

    def setUp(self) -> None:
        super().setUp()
        self.with_config()

    def with_config(self) -> None:
        self.config(
            inputs=[{'name': 'i', 'default': 'd'}],
            outputs=[{'name': 'o'}, {'name': 'e', 'error_output': True}],
            options={'x': 1},
        )

    @property
    def type(self) -> Plugin:
        return self.plugin(self.type_name)

    def begun(self, **properties: Any) -> Resource:
        """Create a deployment."""
        given = {'server': 'server-1', 'config': 'config', **properties}
        resource, _ = self.made(self.type_name, **given)
        return resource

    def reality(self, resource: Resource) -> Reality:
        return self.type.observe(resource).reality

    def state(self) -> tuple[str, str]:
        content = self.deployment()
        return content['action'], content['status']

    def signal(self, resource: Resource, **details: Any) -> str:
        """Signal a deployment, and return the reason of the event that is saved with it."""
        self.take_signal(resource, details)
        return self.signal_events(resource)[-1]

    def take_signal(self, resource: Resource, details: Any) -> None:
        def event_of(reason: str) -> Event:
            return Event(
                resource.stack_id,
                resource.name,
                resource.type,
                resource.token,
                Action.SIGNAL,
                Status.COMPLETE,
                reason,
            )

        self.assertIsNone(self.type.take_signal(resource, details, event_of))

    def signal_events(self, resource: Resource) -> list[str]:
        """Return the reasons of the saved events."""
        return [one.event.reason for one in self.store.events(resource.stack_id)]


class CreateTest(DeploymentTestCase):
    def test_waits_for_its_signal(self) -> None:
        resource = self.begun(input_values={'i': 1})
        observed = self.type.observe(resource)
        self.assertEqual((Reality.PENDING, 'token'), (observed.reality, observed.physical_id))
        self.assertFalse(observed.yields)
        content = self.deployment()
        self.assertEqual(('CREATE', 'IN_PROGRESS'), self.state())
        self.assertEqual(
            ('server-1', {'i': 1}, 'Deploy data available'),
            tuple(content[one] for one in ('server_id', 'input_values', 'status_reason')),
        )
        reason = self.signal(resource, o='out', deploy_stdout='text', deploy_status_code=0)
        self.assertEqual('deployment token succeeded', reason)
        observed = self.type.observe(resource)
        self.assertEqual(Reality.READY, observed.reality)
        self.assertEqual(dict(resource.properties), observed.properties)
        self.assertEqual(
            {
                'o': 'out',
                'e': None,
                'deploy_stdout': 'text',
                'deploy_stderr': None,
                'deploy_status_code': 0,
            },
            observed.attributes,
        )

    def test_derived_config(self) -> None:
        self.begun(name='own')
        derived = self.deployment()['derived']
        self.assertEqual({}, self.deployment()['input_values'])
        self.assertEqual(self.deployment()['config_id'], derived['id'])
        self.assertEqual(
            ('own', 'script', '#!/bin/sh', {'x': 1}),
            tuple(derived[one] for one in ('name', 'group', 'config', 'options')),
        )
        self.assertEqual(self.clock.now(), derived['created_at'])
        inputs = self.inputs()
        self.assertEqual(
            ('d', 'CREATE', 'server-1'),
            tuple(inputs[one] for one in ('i', 'deploy_action', 'deploy_server_id')),
        )
        self.assertIn('signature=token-token', inputs['deploy_signal_id'])
        (shown,) = self.software.deployed_on(PROJECT, 'server-1')
        self.assertEqual(derived['id'], shown['id'])
        self.assertEqual(derived['inputs'], shown['inputs'])
        self.assertEqual([], self.software.deployed_on(PROJECT, 'server-2'))
        self.assertEqual([], self.software.deployed_on('other', 'server-1'))
        found = self.software.find_config(PROJECT, derived['id'])
        assert found is not None
        self.assertEqual('#!/bin/sh', found['config'])
        # It is no configuration of its own, but can be deployed.
        self.assertIsNone(self.software.config(PROJECT, derived['id']))
        self.made(self.type_name, token='second', server='s', config=derived['id'])
        self.assertEqual('#!/bin/sh', self.deployment('second')['derived']['config'])

    def test_failure(self) -> None:
        for details in ({'deploy_status_code': 3}, {'e': 'bad'}):
            self.anew()
            self.with_config()
            resource = self.begun()
            self.assertIn('failed', self.signal(resource, **details))
            observed = self.type.observe(resource)
            self.assertEqual((Reality.FAILED, 'token'), (observed.reality, observed.physical_id))
            self.assertRegex(observed.reason, '^Deployment to server failed: (deploy_|e : bad)')
            self.assertEqual(details.get('e'), observed.attributes['e'])
            self.assertEqual(dict(resource.properties), observed.properties)

    def test_signals_without_effect(self) -> None:
        resource = self.begun()
        self.signal(resource, o=1)
        before = self.deployment()
        for details in ({'o': 2}, {'deploy_status_code': 1}):
            error = self.assertRaises(SignalIgnored, self.signal, resource, **details)
            self.assertIn('token', str(error))
            self.assertEqual(before, self.deployment())
        missing = self.resource(self.type_name, 'other', server='s')
        self.assertRaises(SignalIgnored, self.signal, missing)
        self.assertRaises(ValueError, self.take_signal, self.started('third'), ['no map'])

    def started(self, token: str) -> Resource:
        resource, _ = self.made(self.type_name, token=token, server='s', config='config')
        return resource

    def test_signal_of_another_project_or_incarnation(self) -> None:
        resource = self.begun()
        for change in ({'project_id': 'other'}, {'token': 'former'}):
            foreign = dataclasses.replace(resource, **change)  # type: ignore[arg-type]
            self.assertRaises(SignalIgnored, self.signal, foreign)
        self.assertEqual(Reality.PENDING, self.reality(resource))

    def test_no_signal(self) -> None:
        resource = self.begun(signal_transport='NO_SIGNAL')
        self.assertEqual(Reality.READY, self.reality(resource))
        self.assertEqual('Not waiting for outputs signal', self.deployment()['status_reason'])
        self.assertNotIn('deploy_signal_id', self.inputs())
        self.assertEqual(1, len(self.software.deployed_on(PROJECT, 'server-1')))

    def test_action_that_is_not_deployed(self) -> None:
        resource = self.begun(actions=['UPDATE'])
        observed = self.type.observe(resource)
        self.assertEqual((Reality.READY, 'token'), (observed.reality, observed.physical_id))
        names = {'o', 'e', 'deploy_stdout', 'deploy_stderr', 'deploy_status_code'}
        self.assertEqual(dict.fromkeys(names), observed.attributes)
        self.assertEqual([], self.software.deployed_on(PROJECT, 'server-1'))
        self.assertEqual('Not deployed', self.deployment()['status_reason'])
        self.type.update(changed(resource, input_values={'i': 2}), ['input_values'])
        self.assertEqual(('UPDATE', 'IN_PROGRESS'), self.state())

    def test_component(self) -> None:
        component = [{'actions': ['CREATE'], 'tool': 't'}, {'actions': ['DELETE'], 'tool': 't'}]
        self.config('parts', group='component', config={'configs': component})
        resource = self.begun(config='parts', actions=['UPDATE'])
        self.assertEqual(('CREATE', 'IN_PROGRESS'), self.state())
        self.assertEqual({'configs': component}, self.deployment()['derived']['config'])
        self.signal(resource)
        self.type.update(changed(resource, name='n'), ['name'])
        self.assertEqual(Reality.READY, self.reality(resource))
        self.type.delete(resource)
        self.assertEqual(('DELETE', 'IN_PROGRESS'), self.state())

    def test_no_config(self) -> None:
        self.begun(config=None, input_values={'a': 1})
        derived = self.deployment()['derived']
        self.assertEqual(('', 'Heat::Ungrouped'), (derived['config'], derived['group']))
        self.assertEqual(1, self.inputs()['a'])

    def test_config_that_does_not_exist(self) -> None:
        error = self.assertRaises(LookupError, self.begun, config='none')
        self.assertIn('Software config with id none not found', str(error))
        self.assertEqual([], self.deployments())

    def test_what_is_refused(self) -> None:
        for transport, service in (('TEMP_URL_SIGNAL', 'Swift'), ('ZAQAR_SIGNAL', 'Zaqar')):
            for kind, given in (
                (self.type_name, {'server': 's'}),
                (f'{self.type_name}Group', {'servers': {}}),
            ):
                error = self.assertRaises(
                    InvalidProperty, self.resource, kind, signal_transport=transport, **given
                )
                self.assertIn(f'{transport} needs {service}', str(error))
                self.assertEqual('properties.signal_transport', error.path)
        for wrong in ({'actions': ['CHECK']}, {'signal_transport': 'X'}):
            self.assertRaises(TemplateError, self.resource, self.type_name, server='s', **wrong)
        self.assertRaises(TemplateError, self.resource, self.type_name)


class UpdateTest(DeploymentTestCase):
    def updated(self, resource: Resource, **properties: Any) -> Resource:
        new = changed(resource, **properties)
        self.type.update(new, list(properties))
        return new

    def test_deploys_again(self) -> None:
        resource = self.begun()
        self.signal(resource, o='first')
        first = self.deployment()['config_id']
        new = self.updated(resource, input_values={'i': 2})
        self.assertEqual(('UPDATE', 'IN_PROGRESS'), self.state())
        self.assertEqual((2, 'UPDATE'), (self.inputs()['i'], self.inputs()['deploy_action']))
        second = self.deployment()['config_id']
        self.assertNotEqual(first, second)
        self.assertIsNone(self.software.find_config(PROJECT, first))
        # The outputs stay until there are others.
        self.assertEqual('first', self.type.observe(new).attributes['o'])
        self.signal(new, o='second')
        observed = self.type.observe(new)
        self.assertEqual((Reality.READY, 'second'), (observed.reality, observed.attributes['o']))
        self.assertEqual(dict(new.properties), observed.properties)

    def test_same_update_twice(self) -> None:
        resource = self.begun()
        self.signal(resource)
        new = self.updated(resource, input_values={'i': 2})
        before = self.deployment()
        self.type.update(new, ['input_values'])
        self.assertEqual(before, self.deployment())
        self.signal(new)
        after = self.deployment()
        self.type.update(new, ())
        self.assertEqual(after, self.deployment())

    def test_update_of_what_is_around_the_properties(self) -> None:
        # The metadata of the definition, for example: Heat deploys again.
        resource = self.begun()
        self.signal(resource)
        self.updated(resource)
        self.assertEqual(('UPDATE', 'IN_PROGRESS'), self.state())

    def test_update_that_failed_is_repeated(self) -> None:
        resource = self.begun()
        self.signal(resource)
        new = self.updated(resource, input_values={'i': 2})
        self.signal(new, deploy_status_code=1)
        failed = self.deployment()['config_id']
        self.type.update(new, ())
        self.assertEqual(('UPDATE', 'IN_PROGRESS'), self.state())
        self.assertNotEqual(failed, self.deployment()['config_id'])

    def test_action_that_is_not_deployed(self) -> None:
        resource = self.begun(actions=['CREATE'])
        self.signal(resource, o=1)
        before = self.deployment()
        new = self.updated(resource, input_values={'i': 2})
        observed = self.type.observe(new)
        self.assertEqual((Reality.READY, 1), (observed.reality, observed.attributes['o']))
        self.assertEqual(dict(new.properties), observed.properties)
        after = self.deployment()
        for key in ('derived', 'config_id', 'action'):
            self.assertEqual(before[key], after[key])

    def test_create_is_not_awaited_by_an_update_that_deploys_nothing(self) -> None:
        resource = self.begun(actions=['CREATE'])
        new = self.updated(resource, name='n')
        self.assertEqual(Reality.READY, self.reality(new))

    def test_input_that_starts_anew(self) -> None:
        self.config('strict', inputs=[{'name': 'i', 'replace_on_change': True}, {'name': 'j'}])
        resource = self.begun(config='strict', input_values={'i': 1, 'j': 1})
        self.signal(resource, deploy_stdout='old')
        first = self.deployment()['config_id']
        other = self.updated(resource, input_values={'i': 1, 'j': 2})
        self.assertEqual(('UPDATE', 'IN_PROGRESS'), self.state())
        self.signal(other, deploy_stdout='old')
        before = self.deployment()['config_id']
        new = self.updated(other, input_values={'i': 2, 'j': 2})
        self.assertEqual(('CREATE', 'IN_PROGRESS'), self.state())
        self.assertEqual('CREATE', self.inputs()['deploy_action'])
        self.assertNotIn(self.deployment()['config_id'], (first, before))
        self.assertIsNone(self.type.observe(new).attributes['deploy_stdout'])
        again = self.deployment()
        self.type.update(new, ())
        self.assertEqual(again, self.deployment())

    def test_deployment_that_was_deleted_by_hand(self) -> None:
        resource = self.begun()
        self.software.drop_deployment(PROJECT, 'token')
        self.assertEqual(Reality.ABSENT, self.reality(resource))
        self.updated(resource, name='n')
        self.assertEqual(('UPDATE', 'IN_PROGRESS'), self.state())

    def test_two_processes_update_at_once(self) -> None:
        resource = self.begun()
        self.signal(resource)
        new = changed(resource, input_values={'i': 2})
        change_deployment = self.software.change_deployment

        def overtaken(*args: Any) -> None:
            self.software.change_deployment = change_deployment  # type: ignore[method-assign]
            self.type.update(new, ())
            self.signal(new, o='done')
            change_deployment(*args)

        self.software.change_deployment = overtaken  # type: ignore[method-assign]
        self.type.update(new, ())
        self.assertEqual(('UPDATE', 'COMPLETE'), self.state())
        self.assertEqual('done', self.type.observe(new).attributes['o'])


class StructuredTest(CreateTest):
    type_name = 'StructuredDeployment'

    def with_config(self) -> None:
        super().with_config()
        self.config('map', config={'a': {'get_input': 'i'}, 'b': {'get_input': 'deploy_action'}})

    def test_inputs_are_filled_in(self) -> None:
        self.begun(config='map', input_values={'i': [1]})
        self.assertEqual({'a': [1], 'b': 'CREATE'}, self.deployment()['derived']['config'])

    def test_another_key(self) -> None:
        self.config('other', config={'a': {'get_input': 'i'}, 'b': {'fill': 'i'}})
        self.begun(config='other', input_key='fill', input_values={'i': 1})
        self.assertEqual({'a': {'get_input': 'i'}, 'b': 1}, self.deployment()['derived']['config'])

    def test_missing_input(self) -> None:
        resource = self.begun(config='map')
        self.assertIsNone(self.deployment()['derived']['config']['a'])
        self.type.delete(resource)
        error = self.assertRaises(
            ValueError, self.begun, config='map', input_values_validate='STRICT'
        )
        self.assertEqual('The Parameter (i) was not provided.', str(error))
        self.assertEqual([], self.deployments())
        self.assertRaises(
            TemplateError, self.resource, self.type_name, server='s', input_values_validate='X'
        )

    def test_no_config(self) -> None:
        self.begun(config=None)
        self.assertEqual({}, self.deployment()['derived']['config'])
