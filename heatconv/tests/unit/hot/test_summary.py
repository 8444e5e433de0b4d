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

import testtools

from heatconv.hot.summary import validate_result
from heatconv.hot.template import compile_template, parse_schema

SOURCE = {
    'heat_template_version': 'queens',
    'description': 'All.',
    'parameters': {
        'name': {
            'type': 'string',
            'default': 'x',
            'label': 'Name',
            'description': 'D',
            'tags': ['t'],
            'constraints': [
                {'length': {'min': 1, 'max': 5}, 'description': 'short'},
                {'allowed_pattern': '[a-z]*', 'description': 'lower case'},
                {'custom_constraint': 'dns_name'},
                {'allowed_values': ['x', 'y']},
            ],
        },
        'secret': {'type': 'string', 'default': 'sesame', 'hidden': True},
        'size': {
            'type': 'number',
            'default': 0,
            'constraints': [{'range': {'min': 0}}, {'modulo': {'step': 2, 'offset': 0}}],
        },
        'list': {'type': 'comma_delimited_list', 'default': 'a,b'},
        'map': {'type': 'json'},
        'flag': {'type': 'boolean', 'default': False},
    },
    'parameter_groups': [{'parameters': ['name']}],
}


class SummaryTest(testtools.TestCase):
    def test_shape_of_heat(self) -> None:
        expected = {
            'Description': 'All.',
            'Parameters': {
                'name': {
                    'Type': 'String',
                    'Default': 'x',
                    'Description': 'D',
                    'NoEcho': 'false',
                    'Label': 'Name',
                    'MinLength': 1,
                    'MaxLength': 5,
                    'AllowedPattern': '[a-z]*',
                    'AllowedValues': ['x', 'y'],
                    'CustomConstraint': 'dns_name',
                    'ConstraintDescription': 'short lower case',
                    'Tags': ['t'],
                },
                'secret': {
                    'Type': 'String',
                    'Default': 'sesame',
                    'Description': '',
                    'NoEcho': 'true',
                    'Label': 'secret',
                },
                'size': {
                    'Type': 'Number',
                    'Default': 0,
                    'Description': '',
                    'NoEcho': 'false',
                    'Label': 'size',
                    'MinValue': 0,
                    'Step': 2,
                    'Offset': 0,
                },
                'list': {
                    'Type': 'CommaDelimitedList',
                    'Default': 'a,b',
                    'Description': '',
                    'NoEcho': 'false',
                    'Label': 'list',
                },
                'map': {'Type': 'Json', 'Description': '', 'NoEcho': 'false', 'Label': 'map'},
                'flag': {
                    'Type': 'Boolean',
                    'Default': False,
                    'Description': '',
                    'NoEcho': 'false',
                    'Label': 'flag',
                },
            },
            'ParameterGroups': [{'parameters': ['name']}],
        }
        self.assertEqual(expected, validate_result(parse_schema(SOURCE)))
        template = compile_template(SOURCE, {}, lambda name: None, allow_missing=True)
        self.assertEqual(expected, validate_result(template))

    def test_values_and_defaults_of_an_environment(self) -> None:
        given = {'parameters': {'list': 'c,d'}, 'parameter_defaults': {'size': '8', 'list': 'e'}}
        described = validate_result(parse_schema(SOURCE), given)['Parameters']
        self.assertEqual(('c,d', 'e'), (described['list']['Value'], described['list']['Default']))
        self.assertEqual('8', described['size']['Default'])
        self.assertNotIn('Value', described['size'])

    def test_without_groups(self) -> None:
        result = validate_result(parse_schema({'heat_template_version': 'rocky'}))
        self.assertEqual({'Description': 'No description', 'Parameters': {}}, result)
