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

from __future__ import annotations

from typing import Any

from heatconv.hot import environment, errors
from heatconv.hot.registry import TypeNames
from heatconv.hot.template import compile_definition, compile_template, read_head
from heatconv.tests.unit.hot.raising import TemplateTestCase
from heatconv.tests.unit.hot.test_template import TYPES, hot

SECTION = {
    'My::Server': 'OS::Nova::Server',
    'My::*': 'Your::*',
    'Your::None': 'OS::Heat::None',
    'Gone::Type': None,
    'Round::A': 'Round::B',
    'Round::B': 'Round::A',
    'resources': {
        'web*': {'My::Server': 'OS::Heat::None'},
        'quiet': {'hooks': []},
    },
}


class TypeNamesTest(TemplateTestCase):
    def test_which_type_is_meant(self) -> None:
        names = TypeNames(SECTION)
        for type_, resource, meant in (
            ('My::Server', 'a', 'OS::Nova::Server'),
            ('My::Server', 'web1', 'OS::Heat::None'),
            ('My::None', 'a', 'OS::Heat::None'),
            ('My::Other', 'a', 'Your::Other'),
            ('OS::Heat::None', 'a', 'OS::Heat::None'),
        ):
            self.assertEqual(meant, names.meant(type_, resource), (type_, resource))
        self.assertEqual('X', TypeNames(None).meant('X', 'a'))

    def test_types_that_lead_nowhere(self) -> None:
        names = TypeNames(SECTION)
        for type_, telling in (('Gone::Type', 'forbids the'), ('Round::A', 'circular')):
            self.assert_wrong(errors.UnknownType, 'type', telling, names.meant, type_, 'a')

    def test_hooks_and_restricted_actions(self) -> None:
        names = TypeNames(
            {
                'resources': {
                    'web*': {'hooks': ['post-create', 'pre-create']},
                    'web1': {'hooks': 'pre-delete', 'restricted_actions': ['replace']},
                }
            }
        )
        self.assertTrue(names)
        self.assertTrue(names.has_hooks)
        self.assertEqual(('pre-create', 'post-create', 'pre-delete'), names.hooks('web1'))
        self.assertEqual(('pre-create', 'post-create'), names.hooks('web2'))
        self.assertEqual((), names.hooks('db'))
        self.assertEqual(('replace',), names.restricted('web1'))
        self.assertFalse(TypeNames(SECTION).has_hooks)

    def test_what_cannot_be_one(self) -> None:
        for path, telling, section in (
            ('', 'a map, not a list', []),
            ('A', 'name of a type, not a number', {'A': 1}),
            ('A', '255 characters at most', {'A': 'x' * 256}),
            ('', 'a string of 1', {1: 'A'}),
            ('resources', 'a map', {'resources': 'x'}),
            ('resources.a', 'a map', {'resources': {'a': 'x'}}),
            ('resources.a.hooks', "no 'soon' among", {'resources': {'a': {'hooks': 'soon'}}}),
            ('resources.a.hooks', "no '1' among", {'resources': {'a': {'hooks': [1]}}}),
            ('resources.a.hooks', 'a list, not a map', {'resources': {'a': {'hooks': {'b': 1}}}}),
            (
                'resources.a.restricted_actions',
                'among the restricted actions',
                {'resources': {'a': {'restricted_actions': 'delete'}}},
            ),
        ):
            self.assert_wrong(errors.InvalidSection, path, telling, TypeNames, section)


class EnvironmentTest(TemplateTestCase):
    def compiled(self, section: Any, type_: str = 'My::Server') -> Any:
        source = hot({'a': {'type': type_, 'properties': {'image': 'x'}}})
        given = environment.merge([{'resource_registry': section}])
        return compile_template(source, given, TYPES.get, tuple(TYPES))

    def test_resources_are_of_the_type_that_is_meant(self) -> None:
        self.assertEqual('OS::Nova::Server', self.compiled(SECTION).resources['a'].type)
        error = self.raised(errors.UnknownType, self.compiled, SECTION, 'Gone::Type')
        self.assertEqual('resources.a.type', error.path)
        self.raised(errors.UnknownType, self.compiled, {})

    def test_definition_alone(self) -> None:
        head = read_head(hot(), {'resource_registry': SECTION})
        made = compile_definition('web1', {'type': 'My::Server'}, head, lambda name: TYPES[name])
        self.assertEqual('OS::Heat::None', made.type)

    def test_later_environments_win(self) -> None:
        merged = environment.merge(
            [
                {'resource_registry': {'A': 'B', 'C': 'D', 'resources': {'x': {'A': 'E'}}}},
                {'resource_registry': {'A': 'F', 'resources': {'y': {'A': 'G'}}}},
                {'encrypted_param_names': ['p'], 'event_sinks': []},
            ]
        )
        self.assertEqual(
            {'A': 'F', 'C': 'D', 'resources': {'x': {'A': 'E'}, 'y': {'A': 'G'}}},
            merged['resource_registry'],
        )
        error = self.raised(
            errors.InvalidSection, environment.merge, [{'resource_registry': {'A': 1}}]
        )
        self.assertEqual('0.resource_registry.A', error.path)
