"""Updates and actions that are refused leave what is there as it is."""

from __future__ import annotations

import json
from typing import Any

from heatconv import exception
from heatconv.engine.requests.snapshot import take_snapshot
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing

#: A value that fails at run time.
BROKEN = {'str_split': [',', {'get_attr': ['B', 'output']}, 7]}


class RefusedTest(EngineTestCase):
    def test_check_of_a_refused_update(self) -> None:
        identity = self.made({'A': thing('x'), 'B': thing('y')})
        kept = self.rows(identity)['A'].id
        self.update(identity, {'A': thing(BROKEN), 'B': thing('y')})
        self.parts.rest()
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_FAILED', self.state(identity))
        # The resource is not replaced for that.
        self.update(identity, {'A': thing('z'), 'B': thing('y')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(kept, self.rows(identity)['A'].id)

    def test_checks_do_not_make_a_failed_resource_healthy(self) -> None:
        failing = thing('x', properties={'fail': True})
        identity = self.made({'A': failing})
        for _ in range(2):
            self.call('stack_check', identity)
            self.parts.rest()
        self.assertEqual('', self.rows(identity)['A'].frozen)

    def test_external_resource(self) -> None:
        external = {'type': 'OS::Heat::TestResource', 'external_id': 'some'}
        identity = self.made({'A': external, 'B': thing('y')})
        broken = {**external, 'properties': {'value': BROKEN}}
        self.update(identity, {'A': broken, 'B': thing('y')})
        self.parts.rest()
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.update(identity, {'A': external, 'B': thing('y')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        row = self.rows(identity)['A']
        self.assertEqual(('some', True, 'UPDATE'), (row.physical_id, row.external, row.action))
        # It was not begun to be updated.
        events = [
            f'{event["resource_action"]}_{event["resource_status"]}'
            for event in self.call('list_events', identity)
            if event['resource_name'] == 'A'
        ]
        self.assertNotIn('UPDATE_IN_PROGRESS', events)

    def test_nested_stack_that_may_not_be_updated(self) -> None:
        files = {'inner.yaml': json.dumps(template({'I': thing('x')}))}
        environment = {'resource_registry': {'resources': {'N': {'restricted_actions': 'update'}}}}

        def ask(value: str, identity: Any = None) -> Any:
            source = template({'N': {'type': 'inner.yaml'}, 'A': thing(value)})
            if identity is None:
                identity = self.call('create_stack', 'stack', source, environment, files, None)
            else:
                self.call('update_stack', identity, source, environment, files, None)
            self.parts.rest()
            return identity

        identity = ask('x')
        ask('y', identity)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_nested_stack_is_not_updated_by_its_create(self) -> None:
        files = {'inner.yaml': json.dumps(template({'I': thing('x')}))}
        hooks = {'hooks': ['post-create', 'post-update']}
        environment = {'resource_registry': {'resources': {'N': hooks}}}
        source = template({'N': {'type': 'inner.yaml'}})
        identity = self.call('create_stack', 'stack', source, environment, files, None)
        self.parts.rest()
        self.assertEqual('CREATE_IN_PROGRESS', self.state(identity))
        self.call('resource_signal', identity, 'N', {'unset_hook': 'post-create'})
        self.parts.rest()
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertEqual('CREATE', self.rows(identity)['N'].action)
        # The next update reaches it again.
        self.call('update_stack', identity, source, None, files, None)
        self.parts.rest()
        self.assertEqual('UPDATE', self.rows(identity)['N'].action)

    def test_suspend_while_an_update_is_in_progress(self) -> None:
        files = {'inner.yaml': json.dumps(template({'I': thing('x')}))}
        source = template({'N': {'type': 'inner.yaml'}})
        identity = self.call('create_stack', 'stack', source, None, files, None)
        self.parts.rest()
        self.call('update_stack', identity, source, None, files, None)
        self.refused(exception.ActionInProgress, self.call, 'stack_suspend', identity)
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_snapshot_that_is_refused(self) -> None:
        identity = self.made({'A': thing('x')})
        requests = self.engine.requests
        stack = self.stack(identity)
        # Another request begins the update between the look at the stack and the snapshot.
        self.update(identity, {'A': thing('y')})
        self.refused(exception.ActionInProgress, take_snapshot, requests, stack, 'snap')
        self.assertEqual([], self.store.snapshots(identity['stack_id']))

    def test_cloudformation_template_that_is_not_valid(self) -> None:
        for wrong in (
            {'AWSTemplateFormatVersion': '2010-09-09', 'Foo': {}},
            {'HeatTemplateFormatVersion': '2099-01-01'},
        ):
            for method in ('create_stack', 'preview_stack'):
                error = self.assertRaises(
                    exception.HeatconvException,
                    self.call,
                    *(method, 'stack', wrong, None, None, None),
                )
                self.assertIn(
                    error.error_type, ('StackValidationFailed', 'InvalidTemplateVersion')
                )
