"""Configurations: what is stored of them, and what agents get."""

from __future__ import annotations

from typing import Any

import yaml

from heatconv.convergence.model import Reality
from heatconv.hot.errors import InvalidProperty, TemplateError
from heatconv.hot.functions import ListNode, MapNode, Node
from heatconv.hot.functions.reference import GetAttr
from heatconv.resources.software.declarations import declared_inputs, declared_outputs
from heatconv.tests.unit.resources.software.base import PROJECT, Killed, SoftwareTestCase

#: The properties of one resource of each type.
GIVEN: dict[str, dict[str, Any]] = {
    'SoftwareConfig': {'config': '#!/bin/sh', 'group': 'script'},
    'StructuredConfig': {'config': {'a': [1, {'b': None}]}},
    'CloudConfig': {'cloud_config': {'b': 1, 'a': ['x']}},
    'MultipartMime': {'parts': [{'config': 'text'}]},
    'SoftwareComponent': {'configs': [{'tool': 'script', 'config': 'text'}]},
}


class ConfigTest(SoftwareTestCase):
    def stored(self) -> dict[str, Any]:
        content = self.software.config(PROJECT, 'token')
        assert content is not None
        return dict(content)

    def test_everything_twice(self) -> None:
        for type_name, given in GIVEN.items():
            self.anew()
            plugin, resource = self.plugin(type_name), self.resource(type_name, **given)
            self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)
            plugin.create(resource)
            first = plugin.observe(resource)
            self.assertEqual((Reality.READY, 'token'), (first.reality, first.physical_id))
            self.assertEqual(dict(resource.properties), first.properties)
            self.assertEqual({'config'}, set(first.attributes))
            before = self.stored()
            plugin.create(resource)
            self.assertEqual(before, self.stored())
            for _ in range(2):
                plugin.update(resource, ())
                self.assertEqual(before, self.stored())
            for _ in range(2):
                plugin.delete(resource)
                self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)

    def test_dead_after_any_write(self) -> None:
        for type_name, given in GIVEN.items():
            for moment in range(2):
                self.anew()
                plugin, resource = self.plugin(type_name), self.resource(type_name, **given)
                for call, after in (
                    (plugin.create, Reality.READY),
                    (plugin.delete, Reality.ABSENT),
                ):
                    self.store.left = moment
                    self.assertRaises(Killed, call, resource)
                    self.store.left = None
                    call(resource)
                    self.assertEqual(after, plugin.observe(resource).reality)

    def test_software_config(self) -> None:
        _, observed = self.made(
            'SoftwareConfig',
            config='#!/bin/sh',
            inputs=[{'name': 'i', 'default': 1, 'type': 'Number', 'replace_on_change': True}],
            outputs=[{'name': 'o', 'error_output': True, 'description': 'd'}],
            options={'x': 1},
        )
        self.assertEqual({'config': '#!/bin/sh'}, observed.attributes)
        stored = self.stored()
        self.assertEqual('stack-name-token', stored['name'])
        self.assertEqual(('Heat::Ungrouped', {'x': 1}), (stored['group'], stored['options']))
        declared = {'name': 'i', 'type': 'Number', 'default': 1, 'replace_on_change': True}
        self.assertEqual([declared], stored['inputs'])
        output = {'name': 'o', 'type': 'String', 'error_output': True, 'description': 'd'}
        self.assertEqual([output], stored['outputs'])

    def test_empty(self) -> None:
        for type_name, empty in (('SoftwareConfig', ''), ('StructuredConfig', {})):
            self.anew()
            _, observed = self.made(type_name)
            self.assertEqual({'config': empty}, observed.attributes)
            stored = self.stored()
            self.assertEqual(
                ([], [], {}), tuple(stored[one] for one in ('inputs', 'outputs', 'options'))
            )

    def test_what_was_changed_by_hand_is_restored(self) -> None:
        resource, before = self.made('SoftwareConfig', config='own')
        self.software.drop_config(PROJECT, 'token')
        self.config('token', config='by hand')
        plugin = self.plugin('SoftwareConfig')
        plugin.update(resource, ['config'])
        self.assertEqual(before, plugin.observe(resource))

    def test_structured_config_stays_a_map(self) -> None:
        _, observed = self.made('StructuredConfig', config={'a': {'get_input': 'x'}})
        self.assertEqual({'config': {'a': {'get_input': 'x'}}}, observed.attributes)

    def test_cloud_config(self) -> None:
        _, observed = self.made('CloudConfig', cloud_config={'b': 1, 'a': ['x']})
        self.assertEqual('#cloud-config\na:\n- x\nb: 1\n', observed.attributes['config'])
        stored = self.stored()
        self.assertEqual('Heat::Ungrouped', stored['group'])
        rest = tuple(stored[one] for one in ('inputs', 'outputs', 'options'))
        self.assertEqual(([], [], {}), rest)
        self.anew()
        _, observed = self.made('CloudConfig')
        self.assertEqual({}, yaml.safe_load(observed.attributes['config']))

    def test_component(self) -> None:
        given = {
            'configs': [{'tool': 't', 'config': 'a'}, {'tool': 't', 'actions': ['DELETE']}],
            'inputs': [{'name': 'i'}],
            'outputs': [{'name': 'o'}],
            'options': {'x': 1},
        }
        _, observed = self.made('SoftwareComponent', **given)
        self.assertEqual({'config': None}, observed.attributes)
        stored = self.stored()
        self.assertEqual('component', stored['group'])
        configs = stored['config']['configs']
        self.assertEqual(
            [['CREATE', 'UPDATE'], ['DELETE']], [config['actions'] for config in configs]
        )
        self.assertEqual(['i'], [one['name'] for one in stored['inputs']])
        self.assertEqual(['o'], [one['name'] for one in stored['outputs']])
        self.assertEqual({'x': 1}, stored['options'])

    def test_component_without_options(self) -> None:
        self.made('SoftwareComponent', configs=[{'tool': 't'}])
        rest = tuple(self.stored()[one] for one in ('inputs', 'outputs', 'options'))
        self.assertEqual(([], [], {}), rest)

    def test_component_with_two_configs_for_one_action(self) -> None:
        one = {'tool': 't', 'actions': ['CREATE', 'DELETE']}
        two = {'tool': 't'}
        error = self.assertRaises(
            InvalidProperty, self.resource, 'SoftwareComponent', configs=[one, two]
        )
        self.assertIn('same action', str(error))
        self.assertEqual('properties.configs', error.path)
        for wrong in ([], [{'tool': 't', 'actions': []}], [{}]):
            self.assertRaises(TemplateError, self.resource, 'SoftwareComponent', configs=wrong)
        check = self.plugin('SoftwareComponent').schema.check
        assert check is not None
        # It has no hash, like many nodes.
        dynamic = GetAttr('A', 'b', [])
        compiled = ListNode([MapNode(one), MapNode({'actions': ListNode([dynamic, 'DELETE'])})])
        self.assertRaises(InvalidProperty, check, {'configs': compiled})
        check({'configs': ListNode([Node(), MapNode({'actions': Node()})])})


class DeclarationsTest(SoftwareTestCase):
    def test_inputs(self) -> None:
        self.assertEqual([], declared_inputs(None))
        self.assertEqual([{'name': 'i', 'type': 'String'}], declared_inputs([{'name': 'i'}]))
        for type_name, default, kept in (
            ('String', 1, '1'),
            ('Number', '2', 2),
            ('CommaDelimitedList', [1], [1]),
            ('Json', {'a': 1}, {'a': 1}),
            ('Boolean', 'true', True),
            # The default of any type was once a string.
            ('Number', '', ''),
        ):
            declared = {'name': 'i', 'type': type_name, 'default': default}
            self.assertEqual([{**declared, 'default': kept}], declared_inputs([declared]))
        for type_name, default in (
            ('Number', 'x'),
            ('CommaDelimitedList', 'a'),
            ('Json', []),
            ('Boolean', 'maybe'),
        ):
            declared = {'name': 'i', 'type': type_name, 'default': default}
            error = self.assertRaises(TemplateError, declared_inputs, [declared])
            self.assertEqual('0.default', error.path)

    def test_values_of_inputs(self) -> None:
        # The client of Heat derives configurations itself.
        self.assertEqual(
            [{'name': 'i', 'type': 'Number', 'value': 'x'}, {'name': 'j', 'type': 'String'}],
            declared_inputs([{'name': 'i', 'type': 'Number', 'value': 'x'}, {'name': 'j'}]),
        )

    def test_outputs(self) -> None:
        self.assertEqual([], declared_outputs(None))
        self.assertEqual(
            [{'name': 'o', 'type': 'String', 'error_output': False}],
            declared_outputs([{'name': 'o'}]),
        )

    def test_what_is_refused(self) -> None:
        for wrong in ({}, 'x', [1], [{}], [{'name': 'i', 'type': 'string'}], [{'name': [1]}]):
            for declared in (declared_inputs, declared_outputs):
                self.assertRaises(TemplateError, declared, wrong)
        self.assertRaises(TemplateError, declared_inputs, [{'name': 'i', 'error_output': True}])
        self.assertRaises(TemplateError, declared_outputs, [{'name': 'o', 'default': 1}])

    def test_refused_in_a_template(self) -> None:
        for wrong in ({'inputs': [{'type': 'String'}]}, {'outputs': [{'name': 'o', 'x': 1}]}):
            self.assertRaises(TemplateError, self.resource, 'SoftwareConfig', **wrong)
