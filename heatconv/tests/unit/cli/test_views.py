#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""Commands that show things: what they ask for and what stdout gets."""

from __future__ import annotations

import json

import yaml

from heatconv.tests.unit.cli.base import CliTestCase


class ViewsTest(CliTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.stack = self.engine.add(
            'demo',
            template={'heat_template_version': '2021-04-16', 'resources': {'b': {}, 'a': {}}},
            outputs=[
                {'output_key': 'url', 'description': 'Where', 'output_value': 'http://x'},
                {'output_key': 'map', 'description': '', 'output_value': {'a': [1, None]}},
            ],
        )
        for name in ('b', 'a'):
            self.engine.tell(self.stack, (name, 'CREATE', 'IN_PROGRESS', 'state changed'))
            self.engine.tell(self.stack, (name, 'CREATE', 'COMPLETE', 'state changed'))

    def test_list(self) -> None:
        result = self.cli('stack', 'list', '-f', 'json')
        (row,) = result.json
        self.assertEqual('CREATE_COMPLETE', row['stack_status'])
        self.assertEqual('id-of-demo', row['id'])
        self.assertIsNone(row['updated_time'])
        self.assertEqual('', result.err)

    def test_list_query(self) -> None:
        self.cli(
            *('stack', 'list', '--deleted', '--property', 'name=a', '--property', 'name=b'),
            *('--property', 'status=FAILED', '--sort', 'stack_name:desc'),
            *('--limit', '3', '--marker', 'id1'),
        )
        self.assertEqual(
            {
                'limit': 3,
                'marker': 'id1',
                'sort_keys': ['stack_name'],
                'sort_dir': 'desc',
                'filters': {'name': ['a', 'b'], 'status': ['FAILED']},
                'show_deleted': True,
                'show_nested': False,
            },
            self.engine.called('list_stacks')[0],
        )

    def test_list_without_stacks(self) -> None:
        self.engine.stacks.clear()
        self.assertEqual('', self.cli('stack', 'list').out)
        self.assertIn('There are no stacks', self.cli('stack', 'list', terminal=True).err)
        self.assertEqual([], self.cli('stack', 'list', '-f', 'json').json)

    def test_show(self) -> None:
        shown = self.cli('stack', 'show', 'demo', '-f', 'json').json
        self.assertEqual(['a', 'b'], shown['tags'])
        self.assertEqual('url', shown['outputs'][0]['output_key'])
        table = self.cli('stack', 'show', 'demo').out
        self.assertIn('OS::stack_name: demo', table)
        self.assertNotIn('None', table)

    def test_csv_of_one(self) -> None:
        result = self.cli('stack', 'show', 'demo', '-f', 'csv', '-c', 'stack_name', '-c', 'tags')
        self.assertEqual(
            ['"stack_name","tags"', '"demo","[""a"", ""b""]"'], result.out.splitlines()
        )

    def test_unknown_stack(self) -> None:
        result = self.cli('stack', 'show', 'nope')
        self.assertEqual((1, ''), (result.code, result.out))
        self.assertIn('heatconv: error: The Stack (nope) could not be found.', result.err)

    def test_unknown_column(self) -> None:
        result = self.cli('stack', 'list', '-c', 'colour')
        self.assertEqual(2, result.code)
        self.assertIn('stack_status', result.err)

    def test_resources(self) -> None:
        rows = self.cli('stack', 'resource', 'list', 'demo', '-f', 'json').json
        self.assertEqual(['b', 'a'], [row['resource_name'] for row in rows])
        shown = self.cli('stack', 'resource', 'show', 'demo', 'a', '-f', 'json').json
        self.assertEqual('CREATE_COMPLETE', shown['resource_status'])
        self.assertEqual({'output': 'x'}, shown['attributes'])
        missing = self.cli('stack', 'resource', 'show', 'demo', 'c')
        self.assertEqual(1, missing.code)
        self.assertIn('heatconv stack resource list', missing.err)

    def test_output_value_is_raw(self) -> None:
        def value(key: str) -> str:
            argv = ('stack', 'output', 'show', 'demo', key, '-f', 'value', '-c', 'output_value')
            return self.cli(*argv).out

        self.assertEqual('http://x\n', value('url'))
        self.assertEqual({'a': [1, None]}, json.loads(value('map')))

    def test_outputs(self) -> None:
        rows = self.cli('stack', 'output', 'list', 'demo', '-f', 'json').json
        self.assertEqual({'output_key': 'url', 'description': 'Where'}, rows[0])
        values = self.cli('stack', 'output', 'show', 'demo', '--all', '-f', 'json').json
        self.assertEqual({'url': 'http://x', 'map': {'a': [1, None]}}, values)
        self.assertEqual(1, self.cli('stack', 'output', 'show', 'demo', 'nope').code)

    def test_output_without_value(self) -> None:
        self.stack.outputs[0] |= {'output_value': None, 'output_error': 'not there'}
        result = self.cli('stack', 'output', 'show', 'demo', 'url')
        self.assertEqual(1, result.code)
        self.assertIn('url: not there', result.err)

    def test_one_output_without_value_hides_no_other(self) -> None:
        self.stack.outputs[0] |= {'output_value': None, 'output_error': 'not there'}
        result = self.cli('stack', 'output', 'show', 'demo', '--all', '-f', 'json')
        self.assertEqual((1, 'output url: not there\n'), (result.code, result.err))
        self.assertEqual({'url': None, 'map': {'a': [1, None]}}, result.json)

    def test_metadata(self) -> None:
        shown = self.cli('stack', 'resource', 'metadata', 'demo', 'a', '-f', 'json').json
        self.assertEqual({'deployments': [{'a': 1}]}, shown)

    def test_resource_types(self) -> None:
        types = self.cli('resource', 'type', 'list', '-f', 'value').out
        self.assertEqual('OS::Heat::Stack A stack.\n', types)
        shown = self.cli('resource', 'type', 'show', 'OS::Heat::Stack', '-f', 'json').json
        self.assertIs(True, shown['properties']['template']['required'])
        missing = self.cli('resource', 'type', 'show', 'OS::Heat::Stacks')
        self.assertEqual(1, missing.code)
        self.assertIn('heatconv resource type list', missing.err)

    def test_template_can_be_used_again(self) -> None:
        text = self.cli('stack', 'template', 'show', 'demo').out
        self.assertEqual(self.stack.template, yaml.safe_load(text))
        self.assertLess(text.index('b:'), text.index('a:'))

    def test_validate(self) -> None:
        for noun in ('stack', 'template'):
            result = self.cli(noun, 'validate', '-t', self.template(), '-f', 'json')
            self.assertEqual((0, 'fine'), (result.code, result.json['Description']))
        invalid = self.cli('stack', 'validate', '-t', self.file('t.yaml', 'resources: {}'))
        self.assertEqual(2, invalid.code)
        self.assertIn('t.yaml: no version', invalid.err)

    def test_events(self) -> None:
        rows = self.cli('stack', 'event', 'list', 'demo', '--resource', 'a', '-f', 'json').json
        self.assertEqual(['e2', 'e3'], [row['id'] for row in rows])
        self.assertEqual('CREATE_COMPLETE', rows[1]['resource_status'])
        argv = ('stack', 'event', 'list', 'demo', '--marker', 'e0', '--limit', '1', '-f', 'json')
        self.assertEqual(['e1'], [row['id'] for row in self.cli(*argv).json])
        argv = ('stack', 'event', 'list', 'demo', '--nested-depth', '2', '-f', 'json')
        self.assertEqual({'demo'}, {row['stack_name'] for row in self.cli(*argv).json})
        self.assertEqual(2, self.engine.called('list_events')[-1]['nested_depth'])


class FollowTest(CliTestCase):
    """event list --follow."""

    def setUp(self) -> None:
        super().setUp()
        self.stack = self.engine.add('demo')
        self.engine.begin(self.stack, 'CREATE')
        self.stack.frames = [
            [('a', 'CREATE', 'IN_PROGRESS', 'state changed')],
            [('a', 'CREATE', 'COMPLETE', 'state changed')],
            [('', 'CREATE', 'COMPLETE', 'done')],
        ]

    def test_embedded_ends_at_rest(self) -> None:
        self.embedded = True
        result = self.cli('stack', 'event', 'list', 'demo', '--follow')
        self.assertEqual(0, result.code)
        self.assertEqual(
            [
                '2026-11-24T10:00:00Z [demo] CREATE_IN_PROGRESS  Stack CREATE started',
                '2026-11-24T10:00:00Z [demo.a] CREATE_IN_PROGRESS  state changed',
                '2026-11-24T10:00:00Z [demo.a] CREATE_COMPLETE  state changed',
                '2026-11-24T10:00:00Z [demo] CREATE_COMPLETE  done',
            ],
            result.out.splitlines(),
        )

    def test_remote_goes_on_until_interrupted(self) -> None:
        def interrupt() -> None:
            if len(self.slept) == 10:
                raise KeyboardInterrupt

        self.on_sleep = interrupt
        result = self.cli('stack', 'event', 'list', 'demo', '--follow', '-f', 'json')
        self.assertEqual(130, result.code)
        rows = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(['e0', 'e1', 'e2', 'e3'], [row['id'] for row in rows])

    def test_ends_with_the_stack(self) -> None:
        self.stack.frames = [[('', 'DELETE', 'COMPLETE', '')]]
        self.assertEqual(0, self.cli('stack', 'event', 'list', 'demo', '--follow').code)
