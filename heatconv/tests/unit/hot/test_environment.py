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

from heatconv.hot import environment
from heatconv.hot.errors import InvalidSection
from heatconv.tests.unit.hot.raising import TemplateTestCase


class EnvironmentTest(TemplateTestCase):
    def test_sections(self) -> None:
        self.assertEqual(
            {'parameters': {'a': 1}, 'parameter_defaults': {}},
            environment.validate(
                {
                    'parameters': {'a': 1},
                    'parameter_defaults': None,
                    'event_sinks': [],
                    'resource_registry': {'resources': {}},
                    'encrypted_param_names': [],
                    'parameter_merge_strategies': {},
                }
            ),
        )

    def test_not_supported_yet(self) -> None:
        for name, value in (('event_sinks', [{}]),):
            self.assert_wrong(
                InvalidSection,
                name,
                ('not supported yet', 'parameter_defaults, parameters'),
                environment.validate,
                {name: value},
            )

    def test_unknown(self) -> None:
        self.assert_wrong(
            InvalidSection,
            'parameter',
            "did you mean 'parameters'?",
            environment.validate,
            {'parameter': {}},
        )

    def test_shape(self) -> None:
        self.assert_wrong(
            InvalidSection,
            'parameters',
            'a map, not a list',
            environment.validate,
            {'parameters': []},
        )
        self.assert_wrong(
            InvalidSection,
            'parameters',
            'must be a string',
            environment.validate,
            {'parameters': {1: 2}},
        )
        self.assert_wrong(InvalidSection, '', 'a map, not a list', environment.validate, [])

    def test_the_later_wins(self) -> None:
        first = {'parameters': {'a': 1, 'b': {'x': 1}}, 'parameter_defaults': {'c': 1}}
        second = {'parameters': {'b': {'y': 2}}, 'parameter_defaults': {'c': 2, 'd': 3}}
        self.assertEqual(
            {'parameters': {'a': 1, 'b': {'y': 2}}, 'parameter_defaults': {'c': 2, 'd': 3}},
            environment.merge([first, second]),
        )
        self.assertEqual({'a': 1, 'b': {'x': 1}}, first['parameters'])
        self.assertEqual({'parameters': {}, 'parameter_defaults': {}}, environment.merge([]))

    def test_place_in_a_merge(self) -> None:
        self.assert_wrong(
            InvalidSection, '1.nothing', 'no section', environment.merge, [{}, {'nothing': 1}]
        )
