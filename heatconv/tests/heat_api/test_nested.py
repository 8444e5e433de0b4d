"""Stacks within stacks through the stock client, which sends the files along."""

from __future__ import annotations

from typing import Any

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import tested

INNER: dict[str, Any] = {
    'heat_template_version': '2021-04-16',
    'parameters': {'size': {'type': 'string'}},
    'resources': tested(value={'get_param': 'size'}),
    'outputs': {'size': {'value': {'get_attr': ['r', 'output']}}},
}
OUTER = {'n': {'type': 'inner.yaml', 'properties': {'size': 'small'}}}
OUTPUTS = {'size': {'value': {'get_attr': ['n', 'size']}}}


class TestNested(SiteTest):
    def setUp(self) -> None:
        super().setUp()
        self.file('inner.yaml', INNER)

    def value(self, stack: str, output: str) -> Any:
        return self.json('stack', 'output', 'show', stack, output)['output_value']

    def test_life(self) -> None:
        self.create('demo', self.template(OUTER, outputs=OUTPUTS))
        self.assertEqual('small', self.value('demo', 'size'))
        bigger = {'n': {'type': 'inner.yaml', 'properties': {'size': 'big'}}}
        self.works(
            *('stack', 'update', '--wait', '-t', self.template(bigger, outputs=OUTPUTS), 'demo')
        )
        self.assertEqual('big', self.value('demo', 'size'))
        self.works('stack', 'delete', '-y', '--wait', 'demo')
        self.assertEqual([], self.json('stack', 'list', '--nested'))

    def test_views(self) -> None:
        self.create('demo', self.template(OUTER))
        listed = self.json('stack', 'resource', 'list', '-n', '2', 'demo')
        by_name = {one['resource_name']: one for one in listed}
        self.assertEqual(['n', 'r'], sorted(by_name))
        within = by_name['r']['stack_name']
        self.assertNotEqual('demo', within)
        self.assertEqual(
            ['demo', within],
            sorted((one['Stack Name'] for one in self.json('stack', 'list', '--nested')), key=len),
        )
        self.assertEqual(['demo'], [one['Stack Name'] for one in self.json('stack', 'list')])
        shown = self.json('stack', 'show', within)
        self.assertEqual(self.json('stack', 'show', 'demo')['id'], shown['parent'])
        told = self.works('stack', 'event', 'list', '--nested-depth', '1', 'demo').out
        self.assertIn('r]: CREATE_COMPLETE', told)
        self.assertIn(
            'nested',
            self.ask(f'stacks/{self.path("demo")}/resources/n')['resource']['links'][2]['rel'],
        )

    def path(self, stack: str) -> str:
        shown = self.ask(f'stacks/{stack}?resolve_outputs=false')['stack']
        return f'{shown["stack_name"]}/{shown["id"]}'

    def test_preview(self) -> None:
        self.create('demo', self.template(OUTER))
        self.file(
            'inner.yaml',
            {**INNER, 'resources': {**INNER['resources'], 'more': {'type': 'OS::Heat::None'}}},
        )
        template = self.template(OUTER)
        shown = self.json('stack', 'update', 'demo', '--dry-run', '--show-nested', '-t', template)
        self.assertEqual(['more'], [one['resource_name'] for one in shown['added']])
        self.assertEqual(['n'], [one['resource_name'] for one in shown['updated']])
        self.assertEqual(['r'], [one['resource_name'] for one in shown['unchanged']])

    def test_group_and_what_stands_for_a_template(self) -> None:
        registry = self.file('env.yaml', {'resource_registry': {'My::Thing': 'inner.yaml'}})
        group = {
            'g': {
                'type': 'OS::Heat::ResourceGroup',
                'properties': {
                    'count': 2,
                    'resource_def': {'type': 'My::Thing', 'properties': {'size': 's%index%'}},
                },
            }
        }
        outputs = {'sizes': {'value': {'get_attr': ['g', 'size']}}}
        self.create('demo', self.template(group, outputs=outputs), '-e', registry)
        self.assertEqual(['s0', 's1'], self.value('demo', 'sizes'))

    def test_hook_within(self) -> None:
        template = self.template(OUTER)
        self.works('stack', 'create', '--pre-create', 'n/r', '-t', template, 'demo')
        self.eventually(lambda: len(self.ask_all()) == 2)
        within = next(one for one in self.ask_all() if one != 'demo')
        self.eventually(lambda: bool(self.json('stack', 'hook', 'poll', within)))
        self.works('stack', 'hook', 'clear', '--pre-create', 'demo', 'n/r')
        self.until('demo', 'CREATE_COMPLETE')

    def ask_all(self) -> list[str]:
        return [one['stack_name'] for one in self.ask('stacks?show_nested=True')['stacks']]

    def test_what_is_wrong_within(self) -> None:
        self.file('inner.yaml', {**INNER, 'resources': tested(shade='x')})
        said = self.refused('stack', 'create', '-t', self.template(OUTER), 'demo')
        self.assertIn("there is no property 'shade'", said)
        self.assertIn('inner.yaml', said)
