"""Stacks are made, changed, listed and removed with the stock client."""

from __future__ import annotations

import re

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import ENDLESS, FAILING, GREETING, NOTHING, tested

TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z')


class TestCreate(SiteTest):
    def test_waits_and_shows(self) -> None:
        answer = self.works(
            *('stack', 'create', 'demo', '--wait', '--poll', '1'),
            *('-t', self.template(**GREETING), '--parameter', 'name=you'),
        )
        events = re.findall(r'\[(.+?)\]: (\w+) ', answer.out)
        self.assertEqual(('demo', 'CREATE_IN_PROGRESS'), events[0])
        self.assertEqual(('demo', 'CREATE_COMPLETE'), events[-1])
        self.assertIn(('demo.secret', 'CREATE_COMPLETE'), events)
        shown = self.json('stack', 'show', 'demo')
        self.assertEqual('CREATE_COMPLETE', shown['stack_status'])
        self.assertEqual('Stack CREATE completed successfully', shown['stack_status_reason'])
        self.assertEqual('A greeting.', shown['description'])
        self.assertEqual('you', shown['parameters']['name'])
        self.assertEqual('demo', shown['parameters']['OS::stack_name'])
        self.assertEqual(shown['id'], shown['parameters']['OS::stack_id'])
        self.assertTrue(TIME.match(shown['creation_time']), shown['creation_time'])
        self.assertIsNone(shown['deletion_time'])
        values = {one['output_key']: one['output_value'] for one in shown['outputs']}
        self.assertEqual({'greeting': 'Hello, you', 'length': 16}, values)
        self.assertTrue(shown['links'][0]['href'].endswith(f'/stacks/demo/{shown["id"]}'))

    def test_options(self) -> None:
        template = self.template(**GREETING)
        environment = self.file('env.yaml', {'parameters': {'name': 'environment'}})
        self.create(
            'demo',
            template,
            *('-e', environment, '--tags', 'red,round', '--timeout', '7', '--enable-rollback'),
        )
        shown = self.json('stack', 'show', 'demo')
        self.assertEqual(['red', 'round'], sorted(shown['tags']))
        self.assertEqual(7, shown['timeout_mins'])
        self.assertFalse(shown['disable_rollback'])
        self.assertEqual('environment', shown['parameters']['name'])

    def test_parameter_file(self) -> None:
        (self.home / 'name.txt').write_text('from a file')
        self.create('demo', self.template(**GREETING), '--parameter-file', 'name=name.txt')
        shown = self.json('stack', 'output', 'show', 'demo', 'greeting')
        self.assertEqual('Hello, from a file', shown['output_value'])

    def test_without_outputs(self) -> None:
        self.make('demo', **GREETING)
        self.assertNotIn('outputs', self.json('stack', 'show', 'demo', '--no-resolve-outputs'))

    def test_failure_is_told(self) -> None:
        template = self.template(FAILING)
        said = self.refused('stack', 'create', 'demo', '-t', template, '--wait', '--poll', '1')
        self.assertIn('Resource CREATE failed: ValueError: resources.broken: ', said)
        self.assertIn('Stack demo CREATE_FAILED', said)
        self.assertEqual('CREATE_FAILED', self.json('stack', 'show', 'demo')['stack_status'])

    def test_hidden_parameter(self) -> None:
        parameters = {'password': {'type': 'string', 'hidden': True}}
        template = self.template(NOTHING, parameters=parameters)
        self.create('demo', template, '--parameter', 'password=open-sesame')
        answer = self.works('stack', 'show', 'demo', '-f', 'json')
        self.assertEqual('******', answer.json()['parameters']['password'])
        self.assertNotIn('open-sesame', answer.out)

    def test_template_in_cloudformation_s_language(self) -> None:
        template = self.file(
            'cfn.json',
            {
                'AWSTemplateFormatVersion': '2010-09-09',
                'Parameters': {'Size': {'Type': 'String', 'AllowedValues': ['s', 'l']}},
                'Mappings': {'Words': {'s': {'word': 'small'}, 'l': {'word': 'large'}}},
                'Conditions': {'Large': {'Fn::Equals': [{'Ref': 'Size'}, 'l']}},
                'Resources': {
                    'Thing': {
                        'Type': 'OS::Heat::TestResource',
                        'Properties': {
                            'value': {'Fn::FindInMap': ['Words', {'Ref': 'Size'}, 'word']}
                        },
                    },
                    'More': {'Type': 'OS::Heat::None', 'Condition': 'Large'},
                },
                'Outputs': {
                    'Word': {'Value': {'Fn::GetAtt': ['Thing', 'output']}},
                    'Name': {'Value': {'Ref': 'AWS::StackName'}},
                },
            },
        )
        self.create('demo', template, '--parameter', 'Size=s')
        shown = self.json('stack', 'show', 'demo')
        outputs = {one['output_key']: one['output_value'] for one in shown['outputs']}
        self.assertEqual({'Word': 'small', 'Name': 'demo'}, outputs)
        listed = self.json('stack', 'resource', 'list', 'demo')
        self.assertEqual(['Thing'], [one['resource_name'] for one in listed])
        said = self.refused('stack', 'create', '-t', template, '--parameter', 'Size=x', 'other')
        self.assertIn('Size', said)


class TestList(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        for name, tags in (('apple', 'red,round'), ('cherry', 'red'), ('pear', 'green')):
            self.make(name, NOTHING, tags=tags)

    def names(self, *words: str) -> list[str]:
        """Return the names of the stacks that a list has."""
        return [one['Stack Name'] for one in self.json('stack', 'list', *words)]

    def test_order_and_pages(self) -> None:
        everything = self.json('stack', 'list')
        self.assertEqual(['pear', 'cherry', 'apple'], [one['Stack Name'] for one in everything])
        self.assertEqual(['apple', 'cherry', 'pear'], self.names('--sort', 'stack_name:asc'))
        self.assertEqual(['pear', 'cherry', 'apple'], self.names('--sort', 'stack_name:desc'))
        self.assertEqual(['pear', 'cherry'], self.names('--limit', '2'))
        self.assertEqual(['apple'], self.names('--marker', everything[1]['ID']))
        self.assertEqual({'CREATE_COMPLETE'}, {one['Stack Status'] for one in everything})

    def test_filters(self) -> None:
        self.assertEqual(['pear'], self.names('--property', 'name=pear'))
        self.assertEqual([], self.names('--property', 'status=FAILED'))
        self.assertEqual(['apple'], self.names('--tags', 'red,round'))
        self.assertEqual(
            ['cherry', 'apple'], self.names('--tags', 'red,round', '--tag-mode', 'any')
        )
        self.assertEqual(['pear', 'cherry'], self.names('--tags', 'round', '--tag-mode', 'not'))
        self.assertEqual(['pear'], self.names('--tags', 'red,round', '--tag-mode', 'not-any'))

    def test_columns(self) -> None:
        short = self.json('stack', 'list', '--short')
        self.assertEqual({'ID', 'Stack Name', 'Project', 'Stack Status'}, set(short[0]))
        nested = self.json('stack', 'list', '--nested', '--hidden')
        self.assertEqual([None, None, None], [one['Parent'] for one in nested])

    def test_administrators_see_all_projects(self) -> None:
        # Other tests have projects of their own, at the same time.
        everywhere = self.json('stack', 'list', '--all-projects')
        here = {one['ID'] for one in self.json('stack', 'list')}
        self.assertLessEqual(here, {one['ID'] for one in everywhere})
        long = self.json('stack', 'list', '--long')
        self.assertIn('Stack Owner', long[0])

    def test_deleted(self) -> None:
        pear = self.json('stack', 'show', 'pear')['id']
        self.works('stack', 'delete', '-y', 'pear')
        self.until(pear, 'DELETE_COMPLETE')
        self.assertEqual(['cherry', 'apple'], self.names())
        deleted = {
            one['Stack Name']: one['Deletion Time']
            for one in self.json('stack', 'list', '--deleted')
        }
        self.assertEqual({'apple', 'cherry', 'pear'}, set(deleted))
        self.assertTrue(TIME.match(deleted['pear']), deleted['pear'])
        self.assertIsNone(deleted['apple'])


class TestUpdate(SiteTest):
    def value(self, output: str = 'greeting') -> str:
        """Return the value of an output."""
        shown = self.json('stack', 'output', 'show', 'demo', output)
        value: str = shown['output_value']
        return value

    def test_existing(self) -> None:
        self.create('demo', self.template(**GREETING), '--parameter', 'name=one', '--tags', 'a')
        answer = self.works(
            'stack', 'update', 'demo', '--existing', '--parameter', 'name=two', '--wait'
        )
        self.assertIn('[demo]: UPDATE_COMPLETE', answer.out)
        self.assertEqual('Hello, two', self.value())
        self.works('stack', 'update', 'demo', '--existing', '--clear-parameter', 'name')
        self.until('demo', 'UPDATE_COMPLETE')
        self.assertEqual('Hello, world', self.value())
        self.assertEqual(['a'], self.json('stack', 'show', 'demo')['tags'])

    def test_another_template(self) -> None:
        self.make('demo', **GREETING)
        before = self.json('stack', 'show', 'demo')
        template = self.template(NOTHING, 'other.yaml')
        self.works(
            *('stack', 'update', 'demo', '-t', template, '--tags', 'new', '--timeout', '9'),
            *('--rollback', 'enabled', '--wait'),
        )
        after = self.json('stack', 'show', 'demo')
        self.assertEqual(before['id'], after['id'])
        self.assertEqual('UPDATE_COMPLETE', after['stack_status'])
        self.assertEqual((['new'], 9, False), self.options_of(after))
        rows = self.json('stack', 'resource', 'list', 'demo')
        self.assertEqual(['nothing'], [one['resource_name'] for one in rows])

    def options_of(self, shown: dict[str, object]) -> tuple[object, object, object]:
        """Return tags, time limit and whether a failure is left as it is."""
        return shown['tags'], shown['timeout_mins'], shown['disable_rollback']

    def test_failure_is_told(self) -> None:
        self.make('demo', tested(value='a'))
        template = self.template(tested(value='b', fail=True))
        said = self.refused('stack', 'update', 'demo', '-t', template, '--wait')
        self.assertIn('Stack demo UPDATE_FAILED', said)
        self.assertEqual('UPDATE_FAILED', self.json('stack', 'show', 'demo')['stack_status'])

    def test_cancel_goes_back(self) -> None:
        self.make('demo', tested(value='a'))
        slow = self.template(tested(value='b', action_wait_secs={'update': 5}), 'slow.yaml')
        self.works('stack', 'update', 'demo', '-t', slow)
        answer = self.works('stack', 'cancel', 'demo', '-f', 'json')
        self.assertEqual('ROLLBACK_IN_PROGRESS', answer.json()[0]['Stack Status'])
        self.until('demo', 'ROLLBACK_COMPLETE')
        shown = self.json('stack', 'resource', 'show', 'demo', 'r')
        self.assertEqual('a', shown['attributes']['output'])


class TestDelete(SiteTest):
    def test_several(self) -> None:
        for name in ('one', 'two'):
            self.make(name, NOTHING)
        self.works('stack', 'delete', '-y', '--wait', 'one', 'two')
        self.assertEqual([], self.json('stack', 'list'))
        self.assertEqual('Stack not found: one', self.refused('stack', 'show', 'one'))

    def test_while_it_is_made(self) -> None:
        self.works('stack', 'create', 'demo', '-t', self.template(ENDLESS))
        shown = self.json('stack', 'show', 'demo')
        self.assertEqual('CREATE_IN_PROGRESS', shown['stack_status'])
        self.works('stack', 'delete', '-y', 'demo')
        self.until(shown['id'], 'DELETE_COMPLETE')

    def test_cancel_create(self) -> None:
        self.works('stack', 'create', 'demo', '-t', self.template(ENDLESS))
        said = self.refused('stack', 'cancel', 'demo')
        self.assertEqual(
            "Stack demo with status 'create_in_progress' not in cancelable state", said
        )
        self.works('stack', 'cancel', '--no-rollback', 'demo')
        self.until('demo', 'CREATE_FAILED')
        self.works('stack', 'delete', '-y', 'demo')
