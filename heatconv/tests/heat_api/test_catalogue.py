"""What there is to make stacks of, and who makes them."""

from __future__ import annotations

import yaml

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import GREETING
from heatconv.version import VERSION

NEWEST = 'heat_template_version.2021-04-16'


class TestTemplates(SiteTest):
    def test_validate(self) -> None:
        template = self.template(**GREETING)
        shown = self.json(
            'orchestration', 'template', 'validate', '-t', template, '--parameter', 'name=you'
        )
        self.assertEqual('A greeting.', shown['Description'])
        self.assertEqual('String', shown['Parameters']['name']['Type'])
        self.assertEqual('world', shown['Parameters']['name']['Default'])
        self.assertEqual('Whom to greet.', shown['Parameters']['name']['Description'])

    def test_versions(self) -> None:
        listed = self.json('orchestration', 'template', 'version', 'list')
        aliases = {one['Version']: one['Aliases'] for one in listed}
        self.assertIn('heat_template_version.2013-05-23', aliases)
        self.assertIn('wallaby', str(aliases[NEWEST]))

    def test_functions(self) -> None:
        command = ('orchestration', 'template', 'function', 'list')
        plain = {one['Functions'] for one in self.json(*command, NEWEST)}
        self.assertLess({'get_attr', 'get_param', 'str_replace', 'if'}, plain)
        every = {one['Functions'] for one in self.json(*command, NEWEST, '--with_conditions')}
        self.assertLess(plain | {'equals', 'not'}, every)
        self.assertEqual('Template version not found: none', self.refused(*command, 'none'))


class TestTypes(SiteTest):
    def test_list(self) -> None:
        command = ('orchestration', 'resource', 'type', 'list')
        listed = {one['Resource Type'] for one in self.json(*command)}
        self.assertLess({'OS::Heat::None', 'OS::Heat::RandomString'}, listed)
        long = {one['Resource Type']: one['Description'] for one in self.json(*command, '--long')}
        self.assertEqual(listed, set(long))
        self.assertTrue(all(long.values()), long)
        chosen = self.json(*command, '--filter', 'name=.*Value')
        self.assertEqual(['OS::Heat::Value'], [one['Resource Type'] for one in chosen])

    def test_show(self) -> None:
        command = ('orchestration', 'resource', 'type', 'show')
        shown = self.json(*command, 'OS::Heat::RandomString')
        self.assertEqual('OS::Heat::RandomString', shown['resource_type'])
        self.assertFalse(shown['properties']['length']['required'])
        self.assertIn('value', shown['attributes'])
        self.assertEqual('SUPPORTED', shown['support_status']['status'])
        self.assertEqual(
            'Resource type not found: OS::Heat::Unknown',
            self.refused(*command, 'OS::Heat::Unknown'),
        )

    def test_generated_template_is_one(self) -> None:
        command = ('orchestration', 'resource', 'type', 'show', '--template-type', 'hot')
        made = yaml.safe_load(self.works(*command, 'OS::Heat::RandomString').out)
        self.assertEqual(
            ['OS::Heat::RandomString'], [one['type'] for one in made['resources'].values()]
        )
        template = self.file('made.yaml', made)
        shown = self.json('orchestration', 'template', 'validate', '-t', template)
        self.assertEqual(set(made['parameters']), set(shown['Parameters']))


class TestServices(SiteTest):
    def test_list(self) -> None:
        listed = self.json('orchestration', 'service', 'list')
        status = {one['Binary']: one['Status'] for one in listed}
        self.assertEqual({'heatconv-engine': 'up', 'heatconv-worker': 'up'}, status)
        self.assertEqual(len(listed), len({one['Engine ID'] for one in listed}))

    def test_build_info(self) -> None:
        shown = self.json('orchestration', 'build', 'info')
        self.assertEqual({'revision': VERSION}, shown['engine'])
