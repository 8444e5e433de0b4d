"""What would be, what stacks are made of, and what users say of resources."""

from __future__ import annotations

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import GREETING, NOTHING, tested


class TestPreviews(SiteTest):
    def test_create(self) -> None:
        shown = self.json(
            *('stack', 'create', 'demo', '--dry-run', '-t', self.template(**GREETING)),
            *('--parameter', 'name=you', '--tags', 'red'),
        )
        self.assertEqual('demo', shown['stack_name'])
        self.assertEqual('you', shown['parameters']['name'])
        self.assertEqual(['red'], shown['tags'])
        resources = {one['resource_name']: one for one in shown['resources']}
        self.assertEqual({'secret', 'greeting'}, set(resources))
        self.assertEqual(16, resources['secret']['properties']['length'])
        self.assertEqual([], self.json('stack', 'list'))

    def test_update(self) -> None:
        self.make('demo', {**tested(value='a'), **NOTHING, 'gone': {'type': 'OS::Heat::None'}})
        template = self.template(
            {**tested(value='b'), **NOTHING, 'new': {'type': 'OS::Heat::None'}}
        )
        shown = self.json('stack', 'update', 'demo', '--dry-run', '-t', template)
        outcomes = {
            outcome: [one['resource_name'] for one in resources]
            for outcome, resources in shown.items()
        }
        self.assertEqual(
            {
                'added': ['new'],
                'deleted': ['gone'],
                'replaced': [],
                'unchanged': ['nothing'],
                'updated': ['r'],
            },
            outcomes,
        )
        kept = self.json('stack', 'resource', 'show', 'demo', 'r')
        self.assertEqual('a', kept['attributes']['output'])

    def test_update_of_parameters(self) -> None:
        self.make('demo', **GREETING)
        command = ('stack', 'update', 'demo', '--dry-run', '--existing')
        shown = self.json(*command, '--parameter', 'name=you')
        self.assertEqual(['greeting'], [one['resource_name'] for one in shown['updated']])


class TestSources(SiteTest):
    def test_environment(self) -> None:
        parameters = {**GREETING['parameters'], 'pin': {'type': 'string', 'hidden': True}}
        template = self.template(**{**GREETING, 'parameters': parameters})
        environment = self.file('env.yaml', {'parameter_defaults': {'name': 'default'}})
        self.create('demo', template, '-e', environment, '--parameter', 'pin=1234')
        answer = self.works('stack', 'environment', 'show', 'demo', '-f', 'json')
        self.assertEqual({'name': 'default'}, answer.json()['parameter_defaults'])
        self.assertEqual({'pin': '******'}, answer.json()['parameters'])

    def test_files(self) -> None:
        (self.home / 'motd').write_text('Hello from a file')
        resources = {
            'r': {'type': 'OS::Heat::Value', 'properties': {'value': {'get_file': 'motd'}}}
        }
        outputs = {'text': {'value': {'get_attr': ['r', 'value']}}}
        self.create('demo', self.template(resources, outputs=outputs))
        files = self.json('stack', 'file', 'list', 'demo')['files']
        self.assertEqual(['Hello from a file'], list(files.values()))
        shown = self.json('stack', 'output', 'show', 'demo', 'text')
        self.assertEqual('Hello from a file', shown['output_value'])


class TestMarks(SiteTest):
    def status(self) -> str:
        """Return the status of the resource."""
        status: str = self.json('stack', 'resource', 'show', 'demo', 'r')['resource_status']
        return status

    def test_unhealthy_resource_is_replaced(self) -> None:
        self.make('demo', tested(value='a'))
        mark = ('stack', 'resource', 'mark', 'unhealthy', 'demo')
        before = self.json('stack', 'resource', 'show', 'demo', 'r')
        self.works(*mark, 'r', 'it smells')
        shown = self.json('stack', 'resource', 'show', 'demo', 'r')
        self.assertEqual('CHECK_FAILED', shown['resource_status'])
        self.assertEqual('it smells', shown['resource_status_reason'])
        self.works(*mark, '--reset', 'r')
        self.assertEqual('CHECK_COMPLETE', self.status())
        self.works(*mark, 'r')
        self.works('stack', 'update', 'demo', '--existing')
        self.until('demo', 'UPDATE_COMPLETE')
        after = self.json('stack', 'resource', 'show', 'demo', 'r')
        self.assertNotEqual(before['physical_resource_id'], after['physical_resource_id'])
        said = self.refused(*mark, 'unknown')
        self.assertEqual('Stack or resource not found: demo unknown', said)
