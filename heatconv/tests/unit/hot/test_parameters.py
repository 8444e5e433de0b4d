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

from heatconv.hot.constraints import AllowedPattern, AllowedValues, Length, Modulo, Range
from heatconv.hot.environment import validate
from heatconv.hot.errors import (
    InvalidParameter,
    InvalidSection,
    MissingParameter,
    TemplateError,
    UnknownParameter,
)
from heatconv.hot.parameters import Parameter, parse_parameters, values_of
from heatconv.hot.versions import ACCEPTED
from heatconv.tests.unit.hot.raising import TemplateTestCase


def declared(declaration: Any, version: str = 'wallaby') -> Parameter:
    return parse_parameters({'p': declaration}, ACCEPTED[version])['p']


class DeclarationTest(TemplateTestCase):
    def wrong(
        self,
        path: str,
        telling: str | tuple[str, ...],
        declaration: Any,
        kind: type[TemplateError] = InvalidParameter,
        version: str = 'wallaby',
    ) -> None:
        self.assert_wrong(
            kind, 'p' + path, telling, parse_parameters, {'p': declaration}, ACCEPTED[version]
        )

    def test_all_keys(self) -> None:
        self.assertEqual(
            Parameter('p', 'number', 'D', 4, (Range(1, 9),), True, 'L', True, ('a', 'b'), '4'),
            declared(
                {
                    'type': 'number',
                    'description': 'D',
                    'default': '4',
                    'hidden': 'yes',
                    'label': 'L',
                    'immutable': True,
                    'tags': ['a', 'b'],
                    'constraints': [{'range': {'min': 1, 'max': '9'}}],
                }
            ),
        )
        self.assertEqual({}, parse_parameters(None, ACCEPTED['rocky']))

    def test_every_constraint(self) -> None:
        def constraint(type_: str, value: Any) -> Any:
            return declared({'type': type_, 'constraints': [value]}).constraints[0]

        self.assertEqual(Length(1, None), constraint('string', {'length': {'min': 1}}))
        self.assertEqual(Length(None, 2), constraint('json', {'length': {'max': 2}}))
        self.assertEqual(Range(1.5, 2), constraint('number', {'range': {'min': 1.5, 'max': 2}}))
        self.assertEqual(Modulo(4, 1), constraint('number', {'modulo': {'step': 4, 'offset': 1}}))
        self.assertEqual(
            AllowedValues((1, 2), 'D'),
            constraint('number', {'allowed_values': ['1', 2], 'description': 'D'}),
        )
        self.assertEqual(AllowedValues(('1',)), constraint('string', {'allowed_values': [1]}))
        self.assertEqual(AllowedValues((True,)), constraint('boolean', {'allowed_values': ['on']}))
        self.assertEqual(AllowedPattern('a+'), constraint('string', {'allowed_pattern': 'a+'}))

    def test_wrong_declarations(self) -> None:
        self.wrong('', 'a map, not a string', 'string', InvalidSection)
        self.wrong('.type', ('type is missing', 'boolean, comma_delimited_list, json'), {})
        self.wrong('.type', ("'String'", 'use one of boolean'), {'type': 'String'})
        self.wrong('.type', 'use one of', {'type': []})
        self.wrong('.defualt', "'default'?", {'type': 'string', 'defualt': 1}, InvalidSection)
        self.wrong('.hidden', 'true or false', {'type': 'json', 'hidden': 'x'}, InvalidSection)
        self.wrong('.tags', 'must be a list', {'type': 'json', 'tags': 'a,b'}, InvalidSection)
        self.wrong(
            '.tags',
            'needs version 2018-03-02',
            {'type': 'json', 'tags': []},
            InvalidSection,
            'pike',
        )
        self.wrong('.default', 'a number', {'type': 'number', 'default': 'x'})
        self.wrong(
            '.default',
            'at least 3',
            {
                'type': 'number',
                'default': 1,
                'constraints': [{'range': {'min': 3}}],
            },
        )

    def test_wrong_names(self) -> None:
        for name, path in (('', ''), ('x' * 256, ''), ('OS::x', 'OS::x')):
            self.assert_wrong(
                InvalidSection,
                path,
                '',
                parse_parameters,
                {name: {'type': 'json'}},
                ACCEPTED['pike'],
            )
        self.assert_wrong(
            InvalidSection, '', 'a map, not a list', parse_parameters, ['x'], ACCEPTED['pike']
        )

    def test_wrong_constraints(self) -> None:
        for type_, path, telling, value in (
            ('string', '', 'a map, not a string', 'x'),
            ('string', '', ('one constraint', 'allowed_pattern, allowed_values, custom'), {}),
            ('string', '', 'one constraint', {'length': {}, 'range': {}}),
            ('string', '.lenght', "did you mean 'length'?", {'lenght': {}}),
            ('string', '.range', ('does not fit', 'use one of allowed_'), {'range': {}}),
            (
                'json',
                '.allowed_values',
                ('does not fit', 'use one of custom_constraint, length'),
                {'allowed_values': []},
            ),
            (
                'string',
                '.custom_constraint',
                ('no custom constraint', "did you mean 'nova.flavor'"),
                {'custom_constraint': 'nova.flavour'},
            ),
            ('string', '.description', 'a string', {'length': {}, 'description': 1}),
            ('string', '.length', 'a map, not a list', {'length': []}),
            ('string', '.length', 'needs a min or a max', {'length': {}}),
            ('string', '.length', 'min must not be larger', {'length': {'min': 2, 'max': 1}}),
            ('string', '.length.mim', 'use one of max, min', {'length': {'mim': 2}}),
            ('string', '.length.min', 'an integer', {'length': {'min': 1.5}}),
            ('number', '.modulo', 'offset is missing', {'modulo': {'step': 1}}),
            ('number', '.modulo', 'step must not be 0', {'modulo': {'step': 0, 'offset': 0}}),
            ('string', '.allowed_values', 'at least one', {'allowed_values': []}),
            ('number', '.allowed_values.1', 'a number', {'allowed_values': [1, 'x']}),
            ('string', '.allowed_pattern', 'a string', {'allowed_pattern': 1}),
            ('string', '.allowed_pattern', 'no regular expression', {'allowed_pattern': '('}),
        ):
            self.wrong('.constraints.0' + path, telling, {'type': type_, 'constraints': [value]})
        self.wrong('.constraints', 'a list', {'type': 'json', 'constraints': {}})
        self.wrong('.constraints', 'at most 32', {'type': 'json', 'constraints': [{}] * 33})
        self.wrong(
            '.constraints.0.modulo',
            'needs version 2017-02-24',
            {
                'type': 'number',
                'constraints': [{'modulo': {'step': 2, 'offset': 0}}],
            },
            version='newton',
        )


class ValueTest(TemplateTestCase):
    def test_conversions(self) -> None:
        for type_, value, expected in (
            ('string', 'a', 'a'),
            ('string', 1, '1'),
            ('string', True, 'True'),
            ('number', '3', 3),
            ('number', '3.5', 3.5),
            ('number', 3, 3),
            ('json', '{"a": [1]}', {'a': [1]}),
            ('json', {'a': 1}, {'a': 1}),
            ('json', '[]', []),
            ('json', '', ''),
            ('json', '5', 5),
            ('json', True, True),
            ('json', '"s"', 's'),
            ('comma_delimited_list', 'a, b,c ', ['a', ' b', 'c ']),
            ('comma_delimited_list', '', []),
            ('comma_delimited_list', ['a,b', 1, None], ['a,b', '1', 'None']),
            ('string', {'a': [1]}, "{'a': [1]}"),
            ('boolean', 'On', True),
            ('boolean', 'n', False),
            ('boolean', 1, True),
            ('boolean', False, False),
        ):
            got = declared({'type': type_}).convert(value)
            self.assertEqual((expected, type(expected)), (got, type(got)))

    def test_wrong_values(self) -> None:
        for type_, telling, value in (
            ('number', 'a number such as', 'x'),
            ('json', 'with JSON', '{'),
            ('json', 'with JSON', ' '),
            ('json', 'nested deeper', '[' * 200 + ']' * 200),
            ('json', 'with JSON', '[' * 100_000),
            ('json', 'finite', '{"a": NaN}'),
            ('comma_delimited_list', 'with commas', 3),
            ('boolean', 'true or false', 'maybe'),
        ):
            error = self.raised(InvalidParameter, declared({'type': type_}).convert, value)
            self.assertIn(telling, str(error))

    def test_which_value_counts(self) -> None:
        parameters = parse_parameters(
            {'p': {'type': 'string', 'default': 'template'}}, ACCEPTED['pike']
        )
        for expected, environment in (
            ('template', {}),
            ('default', {'parameter_defaults': {'p': 'default', 'unknown': 1}}),
            ('given', {'parameters': {'p': 'given'}, 'parameter_defaults': {'p': 'default'}}),
            ('default', {'parameters': {'p': None}, 'parameter_defaults': {'p': 'default'}}),
            ('', {'parameters': {'p': ''}}),
        ):
            self.assertEqual({'p': expected}, values_of(parameters, validate(environment)))

    def test_unknown(self) -> None:
        parameters = {'image': Parameter('image', 'string')}
        self.assert_wrong(
            UnknownParameter,
            'parameters.imgae',
            "did you mean 'image'?",
            values_of,
            parameters,
            validate({'parameters': {'imgae': 'x'}}),
        )
        self.assert_wrong(
            UnknownParameter,
            'parameters.x',
            'has no parameters',
            values_of,
            {},
            validate({'parameters': {'x': 'x'}}),
        )

    def test_missing(self) -> None:
        parameters = {'image': Parameter('image', 'string', 'Which image.')}
        self.assert_wrong(
            MissingParameter,
            'parameters.image',
            ('has no value', 'a string', 'Which image.'),
            values_of,
            parameters,
            validate({}),
        )
        self.assertEqual({}, values_of(parameters, validate({}), allow_missing=True))

    def test_wrong_value_and_its_place(self) -> None:
        parameters = {'n': Parameter('n', 'number', constraints=(Range(1, description='no!'),))}
        for section in ('parameters', 'parameter_defaults'):
            self.assert_wrong(
                InvalidParameter,
                section + '.n',
                'no!',
                values_of,
                parameters,
                validate({section: {'n': 0}}),
            )

    def test_hidden_values_are_not_told(self) -> None:
        for type_ in ('number', 'json', 'boolean'):
            parameters = {'p': Parameter('p', type_, hidden=True)}
            error = self.raised(
                InvalidParameter, values_of, parameters, validate({'parameters': {'p': 'sesame'}})
            )
            self.assertNotIn('sesame', str(error))
