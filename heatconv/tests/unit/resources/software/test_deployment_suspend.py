"""Deployments of SUSPEND and RESUME: each action of the stack begins one, once."""

from __future__ import annotations

from typing import Any

from heatconv.convergence.model import Reality
from heatconv.resources.plugin import Resource
from heatconv.tests.unit.resources.software.test_deployment import DeploymentTestCase, changed

BOTH = ['CREATE', 'SUSPEND', 'RESUME']


class ActTest(DeploymentTestCase):
    def complete(self, **properties: Any) -> Resource:
        resource = self.begun(**properties)
        if self.reality(resource) == Reality.PENDING:
            self.signal(resource, deploy_status_code=0)
        return resource

    def act(self, resource: Resource, action: str, operation: str) -> Reality:
        self.type.act(resource, action, operation)
        return self.reality(resource)

    def test_each_action_waits_for_its_signal(self) -> None:
        resource = self.complete(actions=BOTH)
        for operation, action in (('1', 'SUSPEND'), ('2', 'RESUME'), ('3', 'SUSPEND')):
            self.assertEqual(Reality.PENDING, self.act(resource, action, operation))
            self.assertEqual((action, 'IN_PROGRESS'), self.state())
            inputs = {one['name']: one['value'] for one in self.deployment()['derived']['inputs']}
            self.assertEqual(action, inputs['deploy_action'])
            self.signal(resource, deploy_status_code=0)
            self.assertEqual(Reality.READY, self.act(resource, action, operation), 'not again')
            self.assertEqual((action, 'COMPLETE'), self.state())

    def test_repeated_call_begins_nothing(self) -> None:
        resource = self.complete(actions=BOTH)
        self.act(resource, 'SUSPEND', '1')
        before = self.deployment()
        self.act(resource, 'SUSPEND', '1')
        self.assertEqual(before, self.deployment())

    def test_late_call_begins_nothing(self) -> None:
        resource = self.complete(actions=['SUSPEND'])
        self.act(resource, 'SUSPEND', '1')
        self.signal(resource, deploy_status_code=0)
        # The resume deploys nothing, but it is seen that it came.
        self.assertEqual(Reality.READY, self.act(resource, 'RESUME', '2'))
        before = self.deployment()
        self.assertEqual(Reality.READY, self.act(resource, 'SUSPEND', '1'))
        self.assertEqual(before, self.deployment())

    def test_late_call_that_has_read_already(self) -> None:
        resource = self.complete(actions=['SUSPEND'])
        software = self.type.software  # type: ignore[attr-defined]
        change = software.change_deployment

        def late(*args: Any) -> None:
            software.change_deployment = change
            self.type.act(resource, 'RESUME', '2')
            change(*args)

        software.change_deployment = late
        self.assertEqual(Reality.READY, self.act(resource, 'SUSPEND', '1'))
        self.assertEqual('2', self.deployment()['operation'])

    def test_late_call_does_not_displace_a_delete(self) -> None:
        """The delete would otherwise wait for a signal of the suspend, and then for ever."""
        resource = self.complete(actions=['SUSPEND', 'DELETE'])
        self.type.delete(resource)
        before = self.deployment()
        self.assertEqual(Reality.PENDING, self.act(resource, 'SUSPEND', '1'))
        self.assertEqual(before, self.deployment())
        self.signal(resource, deploy_status_code=0)
        self.assertEqual(Reality.ABSENT, self.reality(resource))

    def test_delete_during_a_late_call(self) -> None:
        resource = self.complete(actions=['SUSPEND', 'DELETE'])
        software = self.type.software  # type: ignore[attr-defined]
        change = software.change_deployment

        def late(*args: Any) -> None:
            software.change_deployment = change
            self.type.act(resource, 'SUSPEND', '1')
            change(*args)

        software.change_deployment = late
        self.type.delete(resource)
        self.assertEqual(('DELETE', 'IN_PROGRESS'), self.state())

    def test_late_call_after_an_input_started_anew(self) -> None:
        self.config('strict', inputs=[{'name': 'i', 'replace_on_change': True}])
        resource = self.complete(config='strict', actions=BOTH, input_values={'i': 1})
        for operation, action in (('1', 'SUSPEND'), ('2', 'RESUME')):
            self.act(resource, action, operation)
            self.signal(resource, deploy_status_code=0)
        new = changed(resource, input_values={'i': 2})
        self.type.update(new, ['input_values'])
        self.assertEqual(('CREATE', 'IN_PROGRESS'), self.state())
        before = self.deployment()
        self.act(new, 'SUSPEND', '1')
        self.assertEqual(before, self.deployment())

    def test_nothing_is_written_unless_one_of_them_is_deployed(self) -> None:
        resource = self.complete(actions=['CREATE', 'UPDATE', 'DELETE'])
        before = self.deployment()
        for operation, action in (('1', 'SUSPEND'), ('2', 'RESUME')):
            self.assertEqual(Reality.READY, self.act(resource, action, operation))
        self.assertEqual(before, self.deployment())

    def test_failed_suspend_and_the_resume_after_it(self) -> None:
        resource = self.complete(actions=['SUSPEND'])
        self.act(resource, 'SUSPEND', '1')
        self.signal(resource, deploy_status_code=1)
        observed = self.type.observe(resource)
        self.assertEqual(Reality.FAILED, observed.reality)
        self.assertIn('Deployment to server failed', observed.reason)
        self.assertEqual(Reality.READY, self.act(resource, 'RESUME', '2'))

    def test_one_that_is_gone(self) -> None:
        resource = self.complete(actions=BOTH)
        self.type.delete(resource)
        self.assertEqual(Reality.ABSENT, self.act(resource, 'SUSPEND', '1'))

    def test_update_after_it_is_an_update(self) -> None:
        resource = self.complete(actions=[*BOTH, 'UPDATE'])
        self.act(resource, 'SUSPEND', '1')
        self.signal(resource, deploy_status_code=0)
        self.act(resource, 'RESUME', '2')
        self.signal(resource, deploy_status_code=0)
        self.type.update(resource, [])
        self.assertEqual(('RESUME', 'COMPLETE'), self.state(), 'begun already: nothing changed')
