"""What counts as an update of a resource, and the order of resources in actions."""

from __future__ import annotations

from typing import Any

from heatconv.tests.unit.engine.parts import EngineTestCase, thing


class UpdateTest(EngineTestCase):
    def events(self, identity: Any, name: str = 'A') -> list[str]:
        """Return the events of a resource, oldest first."""
        listed = self.call('list_events', identity, {'resource_name': name}, sort_dir='asc')
        return [f'{one["resource_action"]}_{one["resource_status"]}' for one in listed]

    def test_parts_of_a_definition(self) -> None:
        b = thing('b')
        for changed in (
            thing('x', metadata={'k': 'v'}),
            thing('x', depends_on='B'),
            thing('x', deletion_policy='Retain'),
            thing('x', update_policy={}),
        ):
            self.anew()
            identity = self.made({'A': thing('x'), 'B': b})
            physical_id = self.rows(identity)['A'].physical_id
            self.parts.elapse(10)
            for resources in (changed, changed, thing('x')):
                self.update(identity, {'A': resources, 'B': b})
                self.parts.rest()
                self.assertEqual('UPDATE_COMPLETE', self.state(identity))
            # The update that changes nothing is none of the resource.
            updates = self.events(identity)[2:]
            self.assertEqual(['UPDATE_IN_PROGRESS', 'UPDATE_COMPLETE'] * 2, updates, changed)
            self.assertEqual(physical_id, self.rows(identity)['A'].physical_id)
            self.assertEqual(2, len(self.events(identity, 'B')))
            self.assert_at_rest(identity)

    def test_description_is_no_part(self) -> None:
        identity = self.made({'A': thing('x')})
        before = self.call('describe_stack_resource', identity, 'A')
        self.parts.elapse(10)
        self.update(identity, {'A': thing('x', description='Mine.')})
        self.parts.rest()
        after = self.call('describe_stack_resource', identity, 'A')
        self.assertEqual('Mine.', after['description'])
        self.assertEqual(before['updated_time'], after['updated_time'])
        self.assertEqual(2, len(self.events(identity)))

    def test_metadata_of_an_attribute(self) -> None:
        a = thing('x', metadata={'from': {'get_attr': ['B', 'output']}})
        identity = self.made({'A': a, 'B': thing('b')})
        self.update(identity, {'A': a, 'B': thing('c')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.events(identity)[-1])


class OrderTest(EngineTestCase):
    CHAIN = {  # noqa: RUF012
        'a': thing('a'),
        'b': thing({'get_attr': ['a', 'output']}),
        'c': thing('c', depends_on='b'),
    }

    def order(self, identity: Any, action: str) -> str:
        listed = self.call('list_events', identity, {'resource_action': action}, sort_dir='asc')
        return ''.join(
            one['resource_name']
            for one in listed
            if one['resource_status'] == 'COMPLETE' and one['resource_name'] != 'stack'
        )

    def test_dependents_are_suspended_first(self) -> None:
        identity = self.made(self.CHAIN)
        for method, action, expected in (
            ('stack_suspend', 'SUSPEND', 'cba'),
            ('stack_resume', 'RESUME', 'abc'),
            ('stack_check', 'CHECK', 'abc'),
        ):
            self.call(method, identity)
            self.parts.rest()
            self.assertEqual(f'{action}_COMPLETE', self.state(identity))
            self.assertEqual(expected, self.order(identity, action))
            self.assert_at_rest(identity)


class CheckTest(EngineTestCase):
    def test_resource_that_failed_before_is_check_failed(self) -> None:
        fails = thing('x', properties={'fail': True}, depends_on='B')
        identity = self.made({'A': fails, 'B': thing('b')})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_FAILED', self.state(identity))
        states = {name: f'{row.action}_{row.status}' for name, row in self.rows(identity).items()}
        self.assertEqual({'A': 'CHECK_FAILED', 'B': 'CHECK_COMPLETE'}, states)
        self.update(identity, {'A': thing('x'), 'B': thing('b')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)


class FailureTest(EngineTestCase):
    def test_test_resource_fails_after_its_time(self) -> None:
        slow = {'action_wait_secs': {'create': 30, 'update': 40}}
        began = self.parts.clock.time
        identity = self.made({'A': thing('x', properties={**slow, 'fail': True})})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertGreaterEqual(self.parts.clock.time - began, 30)
        self.assertIn(
            'ValueError: resources.A: Test Resource failed A', self.stack(identity).reason
        )
        self.update(identity, {'A': thing('x', properties=slow)})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))

        before = self.rows(identity)['A']
        began = self.parts.clock.time
        self.update(identity, {'A': thing('y', properties={**slow, 'fail': True})})
        self.parts.rest()
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.assertGreaterEqual(self.parts.clock.time - began, 40)
        self.assertEqual('x', self.rows(identity)['A'].attributes['output'])
        # As in Heat, a resource whose update failed is replaced.
        self.update(identity, {'A': thing('y', properties=slow)})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        after = self.rows(identity)['A']
        self.assertNotEqual(before.id, after.id)
        self.assertEqual('y', after.attributes['output'])
        self.assert_at_rest(identity)

    def test_update_without_another_value_takes_no_time(self) -> None:
        slow = {'action_wait_secs': {'update': 1_000}}
        identity = self.made({'A': thing('x')})
        began = self.parts.clock.time
        self.update(identity, {'A': thing('x', properties=slow)})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertLess(self.parts.clock.time - began, 100)
