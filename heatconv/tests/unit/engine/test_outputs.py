"""Which resources the outputs of a stack are resolved from."""

from __future__ import annotations

from typing import Any

from heatconv.engine import outputs
from heatconv.tests.unit.engine.parts import EngineTestCase, thing

VALUE = {'value': {'get_attr': ['A', 'output']}, 'description': 'Of A.'}
NAME = {'value': {'get_param': 'OS::stack_name'}}


class OutputsTest(EngineTestCase):
    def values(self, identity: Any, *desired: str) -> list[dict[str, Any]]:
        stack = self.stack(identity)
        compiled = self.parts.templates.get(stack.newest_template_id)
        return outputs.values(self.store.resources, stack, compiled, desired)

    def value(self, identity: Any) -> Any:
        return self.values(identity, 'value')[0]['output_value']

    def test_values_in_the_order_of_the_template(self) -> None:
        identity = self.made({'A': thing('x')}, outputs={'value': VALUE, 'name': NAME})
        self.assertEqual(
            [
                {'output_key': 'value', 'description': 'Of A.', 'output_value': 'x'},
                {
                    'output_key': 'name',
                    'description': 'No description given',
                    'output_value': 'stack',
                },
            ],
            self.values(identity),
        )
        self.assertEqual(['name'], [one['output_key'] for one in self.values(identity, 'name')])

    def test_output_without_a_value_says_why_and_spares_the_others(self) -> None:
        identity = self.create({'A': thing('x')}, outputs={'value': VALUE, 'name': NAME})
        value, name = self.values(identity)
        self.assertIsNone(value['output_value'])
        self.assertEqual("the resource 'A' is not there", value['output_error'])
        self.assertEqual('stack', name['output_value'])
        self.assertNotIn('output_error', name)

    def test_failed_resource_gives_its_last_value(self) -> None:
        identity = self.made({'A': thing('x')}, outputs={'value': VALUE})
        self.update(
            identity, {'A': thing('y', properties={'fail': True})}, outputs={'value': VALUE}
        )
        self.parts.rest()
        self.assertEqual('x', self.value(identity))

    def test_unhealthy_resource_gives_its_value(self) -> None:
        identity = self.made({'A': thing('x')}, outputs={'value': VALUE})
        self.call('resource_mark_unhealthy', identity, 'A', True)
        self.assertEqual('x', self.value(identity))

    def test_resource_that_is_being_updated_gives_its_last_value(self) -> None:
        slow = {'wait_secs': -1}
        identity = self.made({'A': thing('x')}, outputs={'value': VALUE})
        self.update(identity, {'A': thing('y', properties=slow)}, outputs={'value': VALUE})
        self.begin(identity)
        self.assertEqual('IN_PROGRESS', self.rows(identity)['A'].status)
        self.assertEqual('x', self.value(identity))

    def begin(self, identity: Any) -> None:
        """Have the update of A begun, and abandon it there."""
        self.engine.prepare.prepare(None, identity['stack_id'])
        while self.heard.keys:
            self.parts.run(self.parts.checker().check(self.heard.keys.pop(0)), 6)

    def test_replaced_resource_gives_its_value_until_the_new_one_is_there(self) -> None:
        identity = self.made({'A': thing('x', replaced='1')}, outputs={'value': VALUE})
        self.update(identity, {'A': thing('y', replaced='2')}, outputs={'value': VALUE})
        self.engine.prepare.prepare(None, identity['stack_id'])
        self.heard.wishes.clear()
        seen: list[Any] = []
        while self.heard.keys:
            seen.append((len(self.store.resources(identity['stack_id'])), self.value(identity)))
            self.parts.run(self.parts.checker().check(self.heard.keys.pop(0)))
        # One row, then the new one not yet begun, then both, the new one healthy.
        self.assertEqual([(1, 'x'), (2, 'x'), (2, 'y')], seen)
        self.assertEqual('y', self.value(identity))

    def test_template_without_outputs_asks_for_no_resources(self) -> None:
        identity = self.made({'A': thing()})
        stack = self.stack(identity)
        compiled = self.parts.templates.get(stack.template_id)
        rows_of: Any = None
        self.assertEqual([], outputs.values(rows_of, stack, compiled))

    def test_names(self) -> None:
        identity = self.create({'A': thing()}, outputs={'value': VALUE, 'name': NAME})
        compiled = self.parts.templates.get(self.stack(identity).newest_template_id)
        self.assertEqual(
            [
                {'output_key': 'value', 'description': 'Of A.'},
                {'output_key': 'name', 'description': 'No description given'},
            ],
            outputs.names(compiled),
        )
        self.assertEqual([], outputs.names(None))
