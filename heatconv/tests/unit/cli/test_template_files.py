"""Files that templates and environments name are sent along, under one name each."""

from __future__ import annotations

import argparse
import io
import os
from typing import Any

from heatconv.cli.errors import UsageError
from heatconv.cli.input import arguments
from heatconv.cli.input.inputs import read_inputs
from heatconv.cli.settings import Settings
from heatconv.tests.unit.cli.base import CliTestCase


class FilesTest(CliTestCase):
    def write(self, name: str, text: str) -> str:
        directory = os.path.dirname(name)
        if directory:
            os.makedirs(os.path.join(self.path(), directory), exist_ok=True)
        return self.file(name, text)

    def path(self) -> str:
        return os.path.dirname(self.file('anchor', ''))

    def gather(self, template: str, *environments: str) -> tuple[Any, dict[str, Any]]:
        options = [part for path in environments for part in ('-e', path)]
        parser = argparse.ArgumentParser()
        arguments.add_input_options(parser)
        args = parser.parse_args(['-t', template, *options])
        settings = Settings(self.directory)
        inputs = read_inputs(args, io.StringIO(), settings)
        return {'template': inputs.template, 'environment': inputs.environment}, inputs.files

    def test_names_are_relative_to_the_file_they_stand_in(self) -> None:
        self.write('lib/deep/inner.yaml', 'a: {get_file: ../motd}')
        self.write('lib/outer.yaml', 'r: {b: {type: deep/inner.yaml}, c: {get_file: ./motd}}')
        self.write('lib/motd', 'hello')
        root = self.write('root.yaml', 'r: {a: {type: lib/outer.yaml}, b: {get_file: ./own}}')
        self.write('own', 'owned')
        made, files = self.gather(root)
        self.assertEqual(
            {'r': {'a': {'type': 'lib/outer.yaml'}, 'b': {'get_file': 'own'}}}, made['template']
        )
        self.assertEqual(
            {
                'lib/outer.yaml': {
                    'r': {
                        'b': {'type': 'lib/deep/inner.yaml'},
                        'c': {'get_file': 'lib/motd'},
                    }
                },
                'lib/deep/inner.yaml': {'a': {'get_file': 'lib/motd'}},
                'lib/motd': 'hello',
                'own': 'owned',
            },
            files,
        )

    def test_templates_of_a_registry(self) -> None:
        self.write('types/thing.yaml', 'a: 1')
        environment = self.write(
            'types/env.yaml',
            'resource_registry: {"My::A": thing.yaml, "My::B": "OS::Heat::None", '
            'resources: {x: {"My::C": thing.yaml, hooks: pre-create}}}',
        )
        root = self.write('stacks/root.yaml', 'a: 1')
        made, files = self.gather(root, environment)
        self.assertEqual({'../types/thing.yaml': {'a': 1}}, files)
        self.assertEqual(
            {
                'My::A': '../types/thing.yaml',
                'My::B': 'OS::Heat::None',
                'resources': {'x': {'My::C': '../types/thing.yaml', 'hooks': 'pre-create'}},
            },
            made['environment']['resource_registry'],
        )

    def test_template_that_a_property_names(self) -> None:
        self.write('lib/inner.json', '{"a": {"get_file": "motd"}}')
        self.write('lib/motd', 'hello')
        for type_key, properties_key in (('type', 'properties'), ('Type', 'Properties')):
            properties = 'Parameters: {p: inner.json}, TemplateURL: inner.json'
            self.write(
                'lib/outer.yaml',
                f'r: {{{type_key}: "AWS::CloudFormation::Stack", '
                f'{properties_key}: {{{properties}}}}}',
            )
            _, files = self.gather(self.write('root.yaml', 'r: {type: lib/outer.yaml}'))
            self.assertEqual(
                {
                    'lib/outer.yaml': {
                        'r': {
                            type_key: 'AWS::CloudFormation::Stack',
                            properties_key: {
                                'Parameters': {'p': 'inner.json'},
                                'TemplateURL': 'lib/inner.json#.yaml',
                            },
                        }
                    },
                    'lib/inner.json#.yaml': {'a': {'get_file': 'lib/motd'}},
                    'lib/motd': 'hello',
                },
                files,
            )

    def test_properties_that_name_no_template(self) -> None:
        for text in (
            '{type: "My::Type", properties: {TemplateURL: inner.yaml}}',
            '{type: "AWS::CloudFormation::Stack", properties: {TemplateURL: {get_param: p}}}',
            '{type: "AWS::CloudFormation::Stack", properties: {get_param: p}}',
            '{type: "AWS::CloudFormation::Stack"}',
            '{type: "AWS::CloudFormation::Stack", properties: text}',
        ):
            _, files = self.gather(self.write('root.yaml', f'r: {text}'))
            self.assertEqual({}, files, text)

    def test_template_by_url_that_cannot_be_read(self) -> None:
        text = 'r: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: none.yaml}}'
        error = self.assertRaises(UsageError, self.gather, self.write('root.yaml', text))
        self.assertIn('cannot read the file none.yaml', error.message)
        self.assertIn('r.Properties.TemplateURL', error.where or '')

    def test_registries_add_up(self) -> None:
        first = self.write('1.yaml', 'resource_registry: {resources: {x: {hooks: pre-create}}}')
        second = self.write('2.yaml', 'resource_registry: {resources: {y: {hooks: pre-update}}}')
        made, _ = self.gather(self.write('root.yaml', 'a: 1'), first, second)
        self.assertEqual(
            {'x': {'hooks': 'pre-create'}, 'y': {'hooks': 'pre-update'}},
            made['environment']['resource_registry']['resources'],
        )

    def test_template_that_names_itself(self) -> None:
        root = self.write('root.yaml', 'r: {type: root.yaml}')
        self.assertEqual({'root.yaml': {'r': {'type': 'root.yaml'}}}, self.gather(root)[1])

    def test_what_cannot_be_read(self) -> None:
        for text, telling in (
            ('r: {type: none.yaml}', 'cannot read the file none.yaml'),
            ('r: {get_file: none}', 'cannot read the file none'),
            ('r: {get_file: "ftp://host/x"}', 'not an http, https or file URL'),
        ):
            error = self.assertRaises(UsageError, self.gather, self.write('root.yaml', text))
            self.assertIn(telling, error.message)
        bad = self.write('bad.yaml', 'a: [')
        error = self.assertRaises(
            UsageError, self.gather, self.write('root.yaml', 'r: {type: bad.yaml}')
        )
        self.assertEqual(bad, error.where)
