"""What a signal does to a deployment."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.resources.software.signals import (
    derived_config,
    is_deleted,
    is_listed,
    outcome,
)

OUTPUTS = [{'name': 'o'}, {'name': 'e', 'error_output': True}]


class OutcomeTest(testtools.TestCase):
    def taken(self, details: Any, **content: Any) -> Any:
        return outcome('id', {'status': 'IN_PROGRESS', **content}, OUTPUTS, details)

    def test_success(self) -> None:
        taken = self.taken(
            {'o': 1, 'x': 2, 'deploy_stdout': 'out', 'deploy_status_code': 0}, server_id='s'
        )
        self.assertEqual('deployment id succeeded', taken.reason)
        self.assertEqual(
            {
                'server_id': 's',
                'status': 'COMPLETE',
                'status_reason': 'Outputs received',
                'output_values': {
                    'o': 1,
                    'deploy_stdout': 'out',
                    'deploy_stderr': None,
                    'deploy_status_code': 0,
                },
            },
            taken.content,
        )

    def test_status_code(self) -> None:
        for code in (None, 0, '0', ''):
            self.assertEqual(
                'COMPLETE', self.taken({'deploy_status_code': code}).content['status']
            )
        for code in (1, '2', -1):
            taken = self.taken({'deploy_status_code': code})
            self.assertEqual('FAILED', taken.content['status'])
            self.assertEqual(f'deployment id failed ({code})', taken.reason)
            self.assertEqual(
                f'deploy_status_code : Deployment exited with non-zero status code: {code}',
                taken.content['status_reason'],
            )

    def test_error_output(self) -> None:
        taken = self.taken({'e': 'bad', 'deploy_status_code': 1})
        self.assertEqual('deployment id failed', taken.reason)
        self.assertEqual('FAILED', taken.content['status'])
        self.assertIn('status code: 1, e : bad', taken.content['status_reason'])
        # Heat: the output is there, whatever its value.
        self.assertEqual('FAILED', self.taken({'e': ''}).content['status'])

    def test_outputs_of_earlier_actions_stay(self) -> None:
        before = {'o': 1, 'deploy_stdout': 'old'}
        values = self.taken(None, output_values=before).content['output_values']
        self.assertEqual((1, None), (values['o'], values['deploy_stdout']))
        self.assertEqual({'o': 1, 'deploy_stdout': 'old'}, before)

    def test_nothing_is_awaited(self) -> None:
        for status in ('COMPLETE', 'FAILED'):
            self.assertIsNone(self.taken({}, status=status))

    def test_another_action_is_awaited(self) -> None:
        inputs = [
            {'name': 'deploy_action', 'value': 'DELETE'},
            {'name': 'deploy_signal_id', 'value': 'url'},
        ]
        derived = {'id': 'c', 'inputs': inputs}
        for stale in ({'deploy_action': 'CREATE'}, {'deploy_signal_id': 'other'}):
            self.assertIsNone(self.taken(stale, derived=derived))
        for fresh in ({}, {'deploy_action': 'DELETE', 'deploy_signal_id': 'url'}):
            self.assertIsNotNone(self.taken(fresh, derived=derived))

    def test_configuration_without_outputs(self) -> None:
        for outputs in (None, ()):
            taken = outcome('id', {'status': 'IN_PROGRESS'}, outputs, {'o': 1})
            assert taken is not None
            self.assertNotIn('o', taken.content['output_values'])

    def test_what_is_no_signal(self) -> None:
        for wrong in ([], 'text', 1):
            self.assertRaises(ValueError, self.taken, wrong)

    def test_end_of_a_delete(self) -> None:
        removed = {'action': 'DELETE', 'derived': {'inputs': []}}
        self.assertTrue(self.taken({}, **removed).removes)
        self.assertFalse(self.taken({'deploy_status_code': 1}, **removed).removes)
        self.assertFalse(self.taken({}, action='DELETE').removes)
        self.assertFalse(self.taken({}, **{**removed, 'action': 'UPDATE'}).removes)


class ContentTest(testtools.TestCase):
    def test_is_deleted(self) -> None:
        deleted = {'action': 'DELETE', 'status': 'COMPLETE', 'derived': {}}
        self.assertTrue(is_deleted(deleted))
        for change in ({'action': 'UPDATE'}, {'status': 'IN_PROGRESS'}):
            self.assertFalse(is_deleted({**deleted, **change}))
        del deleted['derived']
        self.assertFalse(is_deleted(deleted))

    def test_derived_config(self) -> None:
        derived = {'id': 'c'}
        self.assertEqual(derived, derived_config({'config_id': 'c', 'derived': derived}))
        self.assertIsNone(derived_config({'config_id': 'd', 'derived': derived}))
        self.assertIsNone(derived_config({'config_id': 'c'}))
        self.assertIsNone(derived_config({'config_id': None, 'derived': None}))

    def test_is_listed(self) -> None:
        self.assertTrue(is_listed({}))
        self.assertTrue(is_listed({'derived': {'id': 'c'}}))
        self.assertFalse(is_listed({'derived': None}))
