"""Derived configurations: inputs with their values, and what they are filled into."""

from __future__ import annotations

from typing import Any

from heatconv.resources.software import derived
from heatconv.tests.unit.resources.software.base import SoftwareTestCase, Urls


class InputsTest(SoftwareTestCase):
    def inputs(self, action: str = 'CREATE', **properties: Any) -> list[dict[str, Any]]:  # type: ignore[override]
        source = properties.pop('source', {})
        resource = self.resource('SoftwareDeployment', server='server-1', **properties)
        return derived.inputs(resource, action, source, lambda: Urls().signed(resource))

    def test_values(self) -> None:
        source = {
            'inputs': [
                {'name': 'given', 'type': 'Number', 'description': 'd'},
                {'name': 'default', 'default': 'x'},
                {'name': 'nothing', 'replace_on_change': True},
            ]
        }
        values = {'given': 1, 'undeclared': [2]}
        given, default, nothing, undeclared, *_ = self.inputs(source=source, input_values=values)
        self.assertEqual(
            {'name': 'given', 'type': 'Number', 'description': 'd', 'value': 1}, given
        )
        self.assertEqual(
            ('x', 'x', 'String'), tuple(default[one] for one in ('value', 'default', 'type'))
        )
        self.assertEqual((None, True), (nothing['value'], nothing['replace_on_change']))
        self.assertEqual({'name': 'undeclared', 'type': 'String', 'value': [2]}, undeclared)

    def test_what_is_deployed(self) -> None:
        inputs = self.inputs('UPDATE', signal_transport='HEAT_SIGNAL')
        self.assertEqual(
            {
                'deploy_server_id': 'server-1',
                'deploy_action': 'UPDATE',
                'deploy_stack_id': 'stack/stack-id',
                'deploy_resource_name': 'name',
                'deploy_signal_transport': 'HEAT_SIGNAL',
            },
            derived.values_of(inputs),
        )
        self.assertTrue(all(one['description'] and one['type'] == 'String' for one in inputs))

    def test_derived_config_of_another_deployment(self) -> None:
        source = {
            'inputs': [
                {'name': 'i', 'default': 1, 'value': 2},
                {'name': 'deploy_signal_id', 'value': 'of another'},
                {'name': 'deploy_own'},
            ]
        }
        inputs = self.inputs(source=source, signal_transport='NO_SIGNAL')
        values = derived.values_of(inputs)
        self.assertEqual(('1', None), (values['i'], values['deploy_own']))
        self.assertNotIn('deploy_signal_id', values)

    def test_signed_url(self) -> None:
        values = derived.values_of(self.inputs())
        self.assertEqual('http://signal/token?signature=token-token', values['deploy_signal_id'])
        self.assertEqual('POST', values['deploy_signal_verb'])
        self.assertEqual('CFN_SIGNAL', values['deploy_signal_transport'])
        for transport in ('HEAT_SIGNAL', 'NO_SIGNAL'):
            values = derived.values_of(self.inputs(signal_transport=transport))
            self.assertNotIn('deploy_signal_id', values)
            self.assertNotIn('deploy_signal_verb', values)

    def test_no_url(self) -> None:
        resource = self.resource('SoftwareDeployment', server='s')
        values = derived.values_of(derived.inputs(resource, 'CREATE', {}, str))
        self.assertNotIn('deploy_signal_id', values)

    def test_replaced_inputs(self) -> None:
        before = [{'name': 'a', 'value': 1}, {'name': 'b', 'value': 1}, {'name': 'c', 'value': 1}]
        now = [
            {'name': 'a', 'value': 2, 'replace_on_change': True},
            {'name': 'b', 'value': 1, 'replace_on_change': True},
            {'name': 'c', 'value': 2},
            {'name': 'new', 'value': 2, 'replace_on_change': True},
        ]
        self.assertEqual(['a'], derived.replaced_inputs(before, now))


class TriggerTest(SoftwareTestCase):
    def test_actions_of_the_deployment(self) -> None:
        self.assertTrue(derived.is_triggered('CREATE', {}, ['CREATE']))
        self.assertFalse(derived.is_triggered('UPDATE', {}, ['CREATE']))

    def test_actions_of_a_component(self) -> None:
        configs = [{'actions': ['CREATE']}, {'actions': ['DELETE', 'UPDATE']}]
        source = {'group': 'component', 'config': {'configs': configs}}
        for action in ('CREATE', 'DELETE', 'UPDATE'):
            self.assertTrue(derived.is_triggered(action, source, []))
        self.assertFalse(derived.is_triggered('RESUME', source, ['RESUME']))
        for config in (None, ''):
            empty = {'group': 'component', 'config': config}
            self.assertFalse(derived.is_triggered('CREATE', empty, ['CREATE']))


class SubstitutionTest(SoftwareTestCase):
    def test_inputs_are_filled_in(self) -> None:
        config = {
            'a': {'get_input': 'x'},
            'b': [{'get_input': 'y'}, {'get_input': 'x', 'other': 1}, 'get_input'],
            'c': {'get_input': {'get_input': 'x'}},
            'd': {'get_param': 'x'},
        }
        self.assertEqual(
            {
                'a': 1,
                'b': [{'k': 2}, {'get_input': 'x', 'other': 1}, 'get_input'],
                'c': {'get_input': 1},
                'd': {'get_param': 'x'},
            },
            derived.substituted(config, 'get_input', {'x': 1, 'y': {'k': 2}}, True),
        )

    def test_another_key(self) -> None:
        config = {'a': {'get_input': 'x'}, 'b': {'fill': 'x'}}
        self.assertEqual(
            {'a': {'get_input': 'x'}, 'b': 1}, derived.substituted(config, 'fill', {'x': 1}, False)
        )

    def test_missing_input(self) -> None:
        config = {'a': [{'get_input': 'x'}]}
        self.assertEqual({'a': [None]}, derived.substituted(config, 'get_input', {}, False))
        error = self.assertRaises(ValueError, derived.substituted, config, 'get_input', {}, True)
        self.assertEqual('The Parameter (x) was not provided.', str(error))
        # An input without a value exists.
        self.assertEqual(
            {'a': [None]}, derived.substituted(config, 'get_input', {'x': None}, True)
        )

    def test_what_is_filled_in_stays(self) -> None:
        self.assertEqual(
            {'get_input': 'y'},
            derived.substituted({'get_input': 'x'}, 'get_input', {'x': {'get_input': 'y'}}, True),
        )


class ConfigTest(SoftwareTestCase):
    def test_name(self) -> None:
        named = self.resource('SoftwareDeployment', server='s', name='own')
        plain = self.resource('SoftwareDeployment', server='s')
        for resource, source, name in (
            (named, {'name': 'of-config'}, 'own'),
            (plain, {'name': 'of-config'}, 'of-config'),
            (plain, {}, 'stack-name-token'),
        ):
            self.assertEqual(name, derived.config(resource, source, [], '')['name'])

    def test_copy(self) -> None:
        resource = self.resource('SoftwareDeployment', server='s')
        source = {'group': 'g', 'options': {'o': 1}, 'outputs': [{'name': 'out'}]}
        made = derived.config(resource, source, [{'name': 'i'}], 'text')
        self.assertEqual(
            ('g', {'o': 1}, 'text', [{'name': 'i'}]),
            tuple(made[one] for one in ('group', 'options', 'config', 'inputs')),
        )
        output = {'name': 'out', 'type': 'String', 'error_output': False}
        self.assertEqual([output], made['outputs'])
        self.assertEqual('Heat::Ungrouped', derived.config(resource, {}, [], '')['group'])

    def test_id(self) -> None:
        one = self.resource('SoftwareDeployment', server='s')
        other = self.resource('SoftwareDeployment', 'other', server='s')
        ids = {
            derived.config_id(resource, number) for resource in (one, other) for number in (1, 2)
        }
        self.assertEqual(4, len(ids))
        self.assertEqual(derived.config_id(one, 1), derived.config_id(one, 1))
        for config_id in ids:
            self.assertEqual([8, 4, 4, 4, 12], [len(part) for part in config_id.split('-')])
