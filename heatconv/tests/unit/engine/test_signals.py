"""Signals: what users tell resources, and what waits for it."""

from __future__ import annotations

import json
from typing import Any

from heatconv import exception
from heatconv.engine.signals import Signals
from heatconv.resources.registry import Registry
from heatconv.tests.unit.engine.parts import EngineTestCase, context, thing

HANDLE = 'OS::Heat::WaitConditionHandle'
CONDITION = 'OS::Heat::WaitCondition'


def waiting(count: int = 1, timeout: int = 600, **more: Any) -> dict[str, Any]:
    """Return a handle, a condition that waits for it, and what waits for that."""
    properties = {'handle': {'get_resource': 'H'}, 'timeout': timeout, 'count': count}
    return {
        'H': {'type': HANDLE},
        'C': {'type': CONDITION, 'properties': {**properties, **more}},
        'A': thing({'get_attr': ['C', 'data']}),
    }


class SignalTest(EngineTestCase):
    def signal(self, identity: Any, details: Any = None, name: str = 'H', **more: Any) -> Any:
        return self.call('resource_signal', identity, name, details, **more)

    def begun(self, resources: Any) -> Any:
        """Have a stack made up to where it waits."""
        identity = self.create(resources)
        self.parts.rest(40)
        self.assertEqual('CREATE_IN_PROGRESS', self.state(identity))
        return identity

    def rest(self) -> None:
        """Let somebody else go on: what waited was abandoned."""
        self.parts.recover()

    def test_condition_waits_for_its_signals(self) -> None:
        identity = self.begun(waiting(2))
        self.signal(identity, {'data': 'first', 'id': 'one'})
        self.signal(identity, {'data': {'a': 1}})
        self.rest()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        rows = self.rows(identity)
        self.assertEqual({'one': 'first', '2': {'a': 1}}, json.loads(rows['C'].attributes['data']))
        told = self.call('list_events', identity, {'resource_action': 'SIGNAL'}, sort_dir='asc')
        self.assertEqual(
            [
                'Signal: status:SUCCESS reason:Signal 1 received',
                'Signal: status:SUCCESS reason:Signal 2 received',
            ],
            [one['resource_status_reason'] for one in told],
        )
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual([], self.parts.records.signals(rows['H'].id))

    def test_declared_metadata_stays(self) -> None:
        identity = self.made({'H': {'type': HANDLE, 'metadata': {'own': 1}}})
        self.signal(identity, {'id': 'one'})
        shown = self.call('describe_stack_resource', identity, 'H')
        self.assertEqual({'own': 1}, shown['metadata'])

    def test_type_that_is_not_installed(self) -> None:
        identity = self.made({'H': {'type': HANDLE}})
        signals = Signals(self.store, Registry({}))
        stack, row = self.stack(identity), self.rows(identity)['H']
        self.refused(exception.ResourceActionNotSupported, signals.take, stack, row, None)
        self.assertFalse(signals.hears_until_the_end(row))
        self.assertEqual({}, signals.received(stack, row))
        self.assertEqual({'own': 1}, signals.metadata(stack, row, {'own': 1}))

    def test_same_signal_twice_counts_once(self) -> None:
        identity = self.begun(waiting(2))
        self.signal(identity, {'id': 'one', 'data': 'a'})
        said = self.signal(identity, {'id': 'one', 'data': 'b'}, sync_call=True)
        self.assertEqual(['one'], list(said))
        self.assertEqual('b', said['one']['data'])

    def test_first_failure_fails(self) -> None:
        identity = self.begun(waiting(3))
        self.signal(identity, {'status': 'FAILURE', 'reason': 'no disk'})
        self.rest()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('WaitConditionFailure: resources.C: no disk', self.stack(identity).reason)

    def test_time_is_up(self) -> None:
        identity = self.begun(waiting(2, 30))
        self.signal(identity, {'reason': 'only one'})
        self.parts.elapse(31)
        self.rest()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn(
            'WaitConditionTimeout: resources.C: 1 of 2 received - only one',
            self.stack(identity).reason,
        )

    def test_handle_of_another_project(self) -> None:
        identity = self.made({'H': {'type': HANDLE}})
        handle = self.rows(identity)['H'].physical_id
        self.signal(identity, {'data': 'secret'})
        self.context = context('other')
        taken = self.made(
            {
                'C': {
                    'type': CONDITION,
                    'properties': {'handle': handle, 'timeout': 5},
                }
            },
            'theirs',
        )
        self.assertEqual('CREATE_FAILED', self.state(taken))
        self.assertIn('there is no handle', self.stack(taken).reason)
        self.refused(exception.EntityNotFound, self.signal, identity)

    def test_what_is_no_signal(self) -> None:
        identity = self.made({'H': {'type': HANDLE}, 'A': thing('x')})
        for details in (
            {'status': 'MAYBE'},
            {'word': 1},
            [1],
            'text',
            {'id': 'x' * 256},
            {'id': ''},
            {'id': [1]},
        ):
            error = self.refused(exception.StackValidationFailed, self.signal, identity, details)
            self.assertIn('signal:', str(error))
        self.refused(exception.ResourceActionNotSupported, self.signal, identity, None, 'A')
        self.refused(exception.ResourceNotFound, self.signal, identity, None, 'none')

    def test_resource_that_is_not_there_yet_or_suspended(self) -> None:
        identity = self.create({'H': {'type': HANDLE}})
        self.parts.rest(6)
        self.assertEqual('INIT', self.rows(identity)['H'].action)
        self.refused(exception.NotSupported, self.signal, identity)
        self.parts.recover()
        self.call('stack_suspend', identity)
        self.parts.rest()
        error = self.refused(exception.NotSupported, self.signal, identity)
        self.assertIn('Signal resource during SUSPEND', str(error))
        reasons = [
            (one['resource_name'], one['resource_action'], one['resource_status'])
            for one in self.call('list_events', identity)
            if one['resource_status_reason'] == 'Cannot signal resource during SUSPEND'
        ]
        self.assertEqual([('H', 'SUSPEND', 'COMPLETE')], reasons)

    def test_no_address_to_signal_by(self) -> None:
        identity = self.made({'H': {'type': HANDLE}})
        shown = self.call('describe_stack_resource', identity, 'H', ['curl_cli'])
        self.assertIsNone(shown['attributes']['curl_cli'])

    def test_metadata_is_what_the_template_says_or_what_was_told(self) -> None:
        told = {'description': 'A thing.', 'metadata': {'of': {'get_resource': 'H'}}}
        identity = self.made({'A': thing('x', **told), 'H': {'type': HANDLE}})
        handle = self.rows(identity)['H'].physical_id
        for _ in range(2):
            shown = self.call('describe_stack_resource', identity, 'A')
            self.assertEqual(
                ('A thing.', {'of': handle}), (shown['description'], shown['metadata'])
            )
            # Nothing compiled is at hand any more.
            self.parts.templates._kept.clear()
        self.signal(identity, {'id': 'one', 'data': 'd'})
        shown = self.call('describe_stack_resource', identity, 'H')
        self.assertEqual('d', shown['metadata']['one']['data'])

    def test_metadata_of_what_is_on_its_way_out(self) -> None:
        identity = self.made(
            {'A': thing('x', metadata={'a': 1}, properties={'action_wait_secs': {'delete': 50}})}
        )
        self.update(identity, {'B': thing('y')})
        self.parts.rest(25)
        shown = self.call('describe_stack_resource', identity, 'A')
        self.assertEqual({'a': 1}, shown['metadata'])
