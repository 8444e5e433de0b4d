"""What the stock client shows of stacks, and of heatconv."""

from __future__ import annotations

import json

import yaml

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import ENDLESS, FAILING, GREETING, NOTHING


class TestEvents(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        self.make('demo', **GREETING)

    def statuses(self, *words: str) -> list[tuple[str, str]]:
        """Return resources and statuses of the events of a list."""
        return [
            (one['resource_name'], one['resource_status'])
            for one in self.json('stack', 'event', 'list', 'demo', *words)
        ]

    def test_list(self) -> None:
        begun, done = 'CREATE_IN_PROGRESS', 'CREATE_COMPLETE'
        everything = [
            *(('demo', begun), ('secret', begun), ('secret', done)),
            *(('greeting', begun), ('greeting', done), ('demo', done)),
        ]
        self.assertEqual(everything, self.statuses())
        self.assertEqual(everything, self.statuses('--nested-depth', '2'))
        self.assertEqual(everything[::-1], self.statuses('--sort', ':desc'))
        self.assertEqual(everything[:2], self.statuses('--limit', '2'))
        self.assertEqual(everything[1:3], self.statuses('--resource', 'secret'))
        self.assertEqual(
            [one for one in everything if one[1] == done],
            self.statuses('--filter', 'resource_status=COMPLETE'),
        )

    def test_after_a_marker(self) -> None:
        ids = [one['id'] for one in self.json('stack', 'event', 'list', 'demo')]
        after = self.json('stack', 'event', 'list', 'demo', '--marker', ids[2])
        self.assertEqual(ids[3:], [one['id'] for one in after])

    def test_log(self) -> None:
        lines = self.works('stack', 'event', 'list', 'demo', '--format', 'log').out.splitlines()
        self.assertEqual(6, len(lines))
        self.assertTrue(lines[0].endswith('[demo]: CREATE_IN_PROGRESS  Stack CREATE started'))

    def test_show(self) -> None:
        listed = self.json('stack', 'event', 'list', 'demo', '--resource', 'secret')[1]
        shown = self.json('stack', 'event', 'show', 'demo', 'secret', listed['id'])
        self.assertEqual(listed['id'], shown['id'])
        self.assertEqual('CREATE_COMPLETE', shown['resource_status'])
        self.assertEqual('OS::Heat::RandomString', shown['resource_type'])
        self.assertEqual(listed['physical_resource_id'], shown['physical_resource_id'])
        self.refused('stack', 'event', 'show', 'demo', 'greeting', listed['id'])


class TestResources(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        self.make('demo', **GREETING)

    def names(self, *words: str) -> list[str]:
        """Return the names of the resources of a list."""
        rows = self.json('stack', 'resource', 'list', 'demo', *words)
        return sorted(one['resource_name'] for one in rows)

    def test_list(self) -> None:
        rows = self.json('stack', 'resource', 'list', 'demo')
        types = {one['resource_name']: one['resource_type'] for one in rows}
        self.assertEqual(
            {'secret': 'OS::Heat::RandomString', 'greeting': 'OS::Heat::Value'}, types
        )
        self.assertEqual({'CREATE_COMPLETE'}, {one['resource_status'] for one in rows})
        self.assertTrue(all(one['physical_resource_id'] for one in rows), rows)
        self.assertEqual(['secret'], self.names('--filter', 'name=secret'))
        self.assertEqual([], self.names('--filter', 'status=FAILED'))
        self.assertEqual(['greeting'], self.names('--filter', 'type=OS::Heat::Value'))
        long = self.json('stack', 'resource', 'list', 'demo', '--long', '-n', '2')
        self.assertEqual({'demo'}, {one['stack_name'] for one in long})

    def test_dot(self) -> None:
        answer = self.works('stack', 'resource', 'list', 'demo', '-f', 'dot')
        self.assertTrue(answer.out.startswith('digraph'), answer.out)
        self.assertIn('secret', answer.out)

    def test_show(self) -> None:
        shown = self.json('stack', 'resource', 'show', 'demo', 'secret', '--with-attr', 'value')
        self.assertEqual('secret', shown['resource_name'])
        self.assertEqual('OS::Heat::RandomString', shown['resource_type'])
        self.assertEqual(['greeting'], shown['required_by'])
        self.assertEqual(16, len(shown['attributes']['value']))
        said = self.refused('stack', 'resource', 'show', 'demo', 'nothing')
        self.assertEqual('Stack or resource not found: demo nothing', said)

    def test_metadata(self) -> None:
        self.assertEqual({}, self.works('stack', 'resource', 'metadata', 'demo', 'secret').json())
        self.make('told', {'nothing': {'type': 'OS::Heat::None', 'metadata': {'a': [1]}}})
        said = self.works('stack', 'resource', 'metadata', 'told', 'nothing').json()
        self.assertEqual({'a': [1]}, said)
        said = self.refused('stack', 'resource', 'metadata', 'demo', 'nothing')
        self.assertEqual('Stack demo or resource nothing not found.', said)


class TestOutputsAndTemplate(SiteTest):
    def test_outputs(self) -> None:
        self.make('demo', **GREETING)
        listed = self.json('stack', 'output', 'list', 'demo')
        self.assertEqual(['greeting', 'length'], [one['output_key'] for one in listed])
        self.assertEqual('What there is to say.', listed[0]['description'])
        every = self.json('stack', 'output', 'show', 'demo', '--all')
        self.assertEqual('Hello, world', every['greeting']['output_value'])
        self.assertEqual(16, every['length']['output_value'])
        one = self.json('stack', 'output', 'show', 'demo', 'greeting')
        self.assertEqual(every['greeting'], one)
        said = self.refused('stack', 'output', 'show', 'demo', 'nothing')
        self.assertEqual('Stack demo or output nothing not found.', said)

    def test_template(self) -> None:
        name = self.template(**GREETING)
        self.create('demo', name)
        shown = yaml.safe_load(self.works('stack', 'template', 'show', 'demo').out)
        self.assertEqual(json.loads((self.home / name).read_text()), shown)


class TestFailuresAndHooks(SiteTest):
    def test_failures(self) -> None:
        self.make('demo', {**FAILING, **NOTHING}, wait=False)
        self.until('demo', 'CREATE_FAILED')
        said = yaml.safe_load(self.works('stack', 'failures', 'list', 'demo', '--long').out)
        self.assertEqual(['demo.broken'], list(said))
        self.assertEqual('CREATE_FAILED', said['demo.broken']['status'])
        self.assertEqual(
            'ValueError: resources.broken: Test Resource failed broken',
            said['demo.broken']['status_reason'].strip(),
        )
        self.make('fine', NOTHING)
        self.assertEqual('', self.works('stack', 'failures', 'list', 'fine').out)

    def test_no_hooks_are_pending(self) -> None:
        self.make('demo', ENDLESS, wait=False)
        self.assertEqual([], self.json('stack', 'hook', 'poll', 'demo'))
        self.works('stack', 'delete', '-y', 'demo')
