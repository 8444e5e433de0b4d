"""Deployments: their deletion, and the death of a process at each write."""

from __future__ import annotations

from heatconv.convergence.model import Reality
from heatconv.resources.plugin import SignalIgnored
from heatconv.storage.values import CONFIG
from heatconv.tests.unit.resources.software.base import PROJECT, Killed
from heatconv.tests.unit.resources.software.test_deployment import (
    ALL,
    DeploymentTestCase,
    changed,
)


class DeleteTest(DeploymentTestCase):
    def test_no_action(self) -> None:
        resource = self.begun()
        for _ in range(2):
            self.type.delete(resource)
            self.assertEqual(Reality.ABSENT, self.reality(resource))
            self.assertEqual([], self.deployments())

    def test_waits_for_its_signal(self) -> None:
        resource = self.begun(actions=ALL)
        self.signal(resource)
        created = self.deployment()['config_id']
        self.type.delete(resource)
        begun = self.deployment()
        self.assertEqual(('DELETE', 'IN_PROGRESS'), self.state())
        self.assertEqual('DELETE', self.inputs()['deploy_action'])
        self.assertNotEqual(created, begun['config_id'])
        self.assertEqual(Reality.PENDING, self.reality(resource))
        self.type.delete(resource)
        self.assertEqual(begun, self.deployment())
        self.assertIn('succeeded', self.signal(resource, deploy_status_code=0))
        self.assertEqual(Reality.ABSENT, self.reality(resource))
        self.assertEqual([], self.deployments())
        self.assertEqual([], self.software.deployed_on(PROJECT, 'server-1'))
        self.assertRaises(SignalIgnored, self.signal, resource)

    def test_failure_and_another_attempt(self) -> None:
        resource = self.begun(actions=ALL)
        self.signal(resource)
        self.type.delete(resource)
        self.signal(resource, deploy_status_code=1)
        self.assertEqual(Reality.FAILED, self.reality(resource))
        failed = self.deployment()['config_id']
        self.type.delete(resource)
        self.assertEqual(('DELETE', 'IN_PROGRESS'), self.state())
        self.assertNotEqual(failed, self.deployment()['config_id'])
        self.signal(resource)
        self.assertEqual(Reality.ABSENT, self.reality(resource))

    def test_late_signal_of_the_create(self) -> None:
        resource = self.begun(actions=ALL)
        self.type.delete(resource)
        self.assertRaises(SignalIgnored, self.signal, resource, deploy_action='CREATE')
        self.assertEqual(('DELETE', 'IN_PROGRESS'), self.state())
        self.signal(resource, deploy_action='DELETE')
        self.assertEqual(Reality.ABSENT, self.reality(resource))

    def test_no_signal(self) -> None:
        resource = self.begun(actions=ALL, signal_transport='NO_SIGNAL')
        self.type.delete(resource)
        self.assertEqual([], self.deployments())

    def test_config_that_does_not_exist_any_more(self) -> None:
        resource = self.begun(actions=ALL)
        self.software.drop_config(PROJECT, 'config')
        self.type.delete(resource)
        self.assertEqual([], self.deployments())

    def test_properties_of_the_last_update(self) -> None:
        resource = self.begun(actions=ALL)
        self.type.update(changed(resource, input_values={'i': 2}), ())
        self.type.delete(resource)
        self.assertEqual(2, self.inputs()['i'])

    def test_delete_that_a_user_ended(self) -> None:
        resource = self.begun(actions=ALL)
        self.type.delete(resource)
        ended = {**self.deployment(), 'status': 'COMPLETE'}
        self.software.change_deployment(PROJECT, 'token', lambda _: ended)
        self.assertEqual(Reality.ABSENT, self.reality(resource))
        self.type.delete(resource)
        self.assertEqual([], self.deployments())

    def test_what_no_action_has_deployed(self) -> None:
        resource = self.begun(actions=['UPDATE'])
        self.type.delete(resource)
        self.assertEqual(Reality.ABSENT, self.reality(resource))
        self.assertEqual([], self.deployments())
        resource = self.begun(actions=['DELETE'])
        self.type.delete(resource)
        self.assertEqual(('DELETE', 'IN_PROGRESS'), self.state())

    def test_nothing_there(self) -> None:
        self.type.delete(self.resource(self.type_name, server='s', actions=ALL))
        self.assertEqual([], self.deployments())

    def test_signals_during_a_delete_arrive(self) -> None:
        self.assertEqual((), self.type.deaf_actions)


class CrashTest(DeploymentTestCase):
    """Each operation is one write: before it nothing has happened, after it everything."""

    def test_dead_before_and_after_each_write(self) -> None:
        for moment in range(2):
            self.anew()
            self.with_config()
            given = {'server': 's', 'config': 'config', 'actions': ALL}
            resource = self.resource(self.type_name, **given)
            new = changed(resource, input_values={'i': 2})
            for call, args, action in (
                (self.type.create, (resource,), 'CREATE'),
                (self.type.update, (new, ()), 'UPDATE'),
                (self.type.delete, (new,), 'DELETE'),
            ):
                self.store.left = moment
                self.assertRaises(Killed, call, *args)
                self.store.left = None
                call(*args)
                self.assertEqual((action, 'IN_PROGRESS'), self.state())
                number = self.deployment()['number']
                self.assertEqual({'CREATE': 1, 'UPDATE': 2, 'DELETE': 3}[action], number)
                self.store.left = moment
                self.assertRaises(Killed, self.signal, new)
                self.store.left = None
                if moment:
                    self.assertRaises(SignalIgnored, self.signal, new)
                else:
                    self.signal(new)
                # The event is saved with the result, once.
                self.assertEqual(number, len(self.signal_events(new)))
            self.assertEqual([], self.deployments())
            self.assertEqual(
                ['config'], [one.id for one in self.store.all_software(PROJECT, CONFIG)]
            )
