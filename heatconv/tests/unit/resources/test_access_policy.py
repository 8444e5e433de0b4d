"""OS::Heat::AccessPolicy keeps a list of names that exist."""

from __future__ import annotations

from typing import Any

from heatconv.tests.unit.engine.parts import EngineTestCase, thing


def policy(*names: str) -> dict[str, Any]:
    return {'type': 'OS::Heat::AccessPolicy', 'properties': {'AllowedResources': list(names)}}


class AccessPolicyTest(EngineTestCase):
    def test_life(self) -> None:
        resources = {'A': thing('a'), 'P': policy('A', 'P')}
        identity = self.made(resources)
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        row = self.rows(identity)['P']
        self.update(identity, {**resources, 'A': thing('b')})
        self.parts.rest()
        self.assertEqual(row.id, self.rows(identity)['P'].id)
        # Another list is another policy.
        self.update(identity, {**resources, 'P': policy('A')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assertNotEqual(row.id, self.rows(identity)['P'].id)
        self.assert_at_rest(identity)
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual([], self.parts.records.all())

    def test_name_that_does_not_exist(self) -> None:
        identity = self.made({'A': thing('a'), 'P': policy('A', 'B')})
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn(
            "AllowedResources: the stack has no resource 'B'", self.rows(identity)['P'].reason
        )
        self.update(identity, {'B': thing('a'), 'P': policy('B')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity), self.stack(identity).reason)
        self.assert_at_rest(identity)

    def test_template_of_cloudformation(self) -> None:
        source = {
            'HeatTemplateFormatVersion': '2012-12-12',
            'Resources': {
                'P': {
                    'Type': 'OS::Heat::AccessPolicy',
                    'Properties': {'AllowedResources': ['P']},
                }
            },
        }
        identity = self.call('create_stack', 'stack', source, None, None, None)
        self.parts.rest()
        self.assertEqual('CREATE_COMPLETE', self.state(identity), self.stack(identity).reason)

    def test_a_worker_dies_after_each_question(self) -> None:
        step = 0
        while True:
            self.anew()
            identity = self.create({'P': policy('P')})
            ended = self.parts.rest(most=step) < step
            if not ended:
                self.parts.recover()
            self.assertEqual('CREATE_COMPLETE', self.state(identity), f'after {step}')
            self.assert_at_rest(identity)
            if ended:
                break
            step += 1
        self.assertGreater(step, 5)
