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

from heatconv.hot.constraints import AllowedValues, Length, Range
from heatconv.hot.errors import InvalidProperty, UnknownProperty
from heatconv.hot.functions.node import ListNode, MapNode
from heatconv.hot.functions.reference import GetResource
from heatconv.hot.schema import (
    ANY,
    BOOLEAN,
    INTEGER,
    LIST,
    MAP,
    NUMBER,
    STRING,
    Property,
    TypeSchema,
)
from heatconv.tests.unit.hot.raising import TemplateTestCase

LATER = GetResource('other')


def one(type_: str, **kwargs: Any) -> TypeSchema:
    return TypeSchema({'p': Property(type_, **kwargs)})


class ConversionTest(TemplateTestCase):
    def test_conversions(self) -> None:
        for type_, value, expected in (
            (STRING, 'a', 'a'),
            (STRING, 1, '1'),
            (STRING, True, 'True'),
            (INTEGER, 2**256 - 1, 2**256 - 1),
            (INTEGER, 3, 3),
            (INTEGER, '3', 3),
            (INTEGER, ' -3 ', -3),
            (INTEGER, 3.0, 3),
            (NUMBER, '3', 3),
            (NUMBER, '1.5', 1.5),
            (NUMBER, '1e3', 1000.0),
            (NUMBER, 2.5, 2.5),
            (BOOLEAN, 'true', True),
            (BOOLEAN, 'False', False),
            (BOOLEAN, True, True),
            (LIST, [1, 'a'], [1, 'a']),
            (MAP, {'a': [1]}, {'a': [1]}),
            (ANY, 'a', 'a'),
            (ANY, [1], [1]),
            (ANY, False, False),
        ):
            got = one(type_).resolve_properties({'p': value})
            self.assertEqual({'p': expected}, got)
            self.assertIs(type(expected), type(got['p']))

    def test_wrong_types(self) -> None:
        for type_, telling, values in (
            (STRING, 'must be a string', ([], {}, 1.5)),
            (INTEGER, 'an integer such as 3', ('x', '1.5', 1.5, True, [], '', '9' * 200)),
            (INTEGER, 'at most 256 bits', (2**256, '9' * 99)),
            (NUMBER, 'a number such as 3 or 1.5', ('x', 'nan', 'inf', '1e999', [], False)),
            (BOOLEAN, 'true or false', ('maybe', 'yes', 0, 2, [], 1.0, '')),
            (LIST, 'must be a list', ('a', {}, 1)),
            (MAP, 'must be a map', ('{}', [], 1)),
        ):
            for value in values:
                self.assert_wrong(
                    InvalidProperty,
                    'here.p',
                    telling,
                    one(type_).resolve_properties,
                    {'p': value},
                    'here',
                )

    def test_never_tells_the_value(self) -> None:
        for type_ in (INTEGER, NUMBER, BOOLEAN, LIST, MAP):
            error = self.raised(InvalidProperty, one(type_).resolve_properties, {'p': 'sesame'})
            self.assertNotIn('sesame', str(error))

    def test_null_is_the_default_or_empty(self) -> None:
        for type_, empty in (
            (STRING, ''),
            (INTEGER, 0),
            (NUMBER, 0),
            (BOOLEAN, False),
            (LIST, []),
            (MAP, {}),
        ):
            got = one(type_, required=True).resolve_properties({'p': None})
            self.assertEqual({'p': empty}, got)
            self.assertIs(type(empty), type(got['p']))
        self.assertEqual({}, one(ANY, required=True).resolve_properties({'p': None}))
        self.assertEqual({'p': 'd'}, one(STRING, default='d').resolve_properties({'p': None}))
        self.assert_wrong(
            InvalidProperty,
            'properties.p',
            'at least 1',
            one(STRING, constraints=(Length(min=1),)).resolve_properties,
            {'p': None},
        )

    def test_required(self) -> None:
        schema = one(STRING, required=True, description='Its name.')
        self.assert_wrong(
            InvalidProperty,
            'properties.p',
            ("'p' is missing", 'Its name.'),
            schema.resolve_properties,
            {},
        )
        self.assertEqual({'p': ''}, schema.resolve_properties({'p': ''}))

    def test_defaults_are_copies(self) -> None:
        default = [{'a': [1]}]
        got = one(LIST, default=default).resolve_properties({})
        got['p'][0]['a'].append(2)
        self.assertEqual([{'a': [1]}], default)

    def test_false_defaults_count(self) -> None:
        self.assertEqual({'p': 0}, one(NUMBER, default=0).resolve_properties({}))
        self.assertEqual({'p': False}, one(BOOLEAN, default=False).resolve_properties({}))

    def test_constraints(self) -> None:
        schema = one(INTEGER, constraints=(Range(1), Range(max=5)))
        self.assertEqual({'p': 5}, schema.resolve_properties({'p': '5'}))
        for value, telling in ((0, 'at least 1'), (6, 'at most 5')):
            self.assert_wrong(
                InvalidProperty, 'properties.p', telling, schema.resolve_properties, {'p': value}
            )

    def test_unknown(self) -> None:
        schema = TypeSchema({'flavor': Property(STRING), 'image': Property(STRING)})
        self.assert_wrong(
            UnknownProperty,
            'properties.flavour',
            "did you mean 'flavor'?",
            schema.resolve_properties,
            {'flavour': 'x'},
        )
        self.assert_wrong(
            UnknownProperty,
            'properties.zz',
            'use one of flavor, image',
            schema.resolve_properties,
            {'zz': 'x'},
        )

    def test_any_property(self) -> None:
        schema = TypeSchema({'n': Property(INTEGER)}, any_property=True)
        self.assertEqual(
            {'n': 1, 'x': [1]}, schema.resolve_properties({'n': '1', 'x': [1], 'y': None})
        )


class NestedTest(TemplateTestCase):
    schema = one(
        LIST,
        schema=Property(
            MAP,
            schema={
                'size': Property(INTEGER, required=True, constraints=(Range(1),)),
                'kind': Property(
                    STRING, default='plain', constraints=(AllowedValues(('plain',)),)
                ),
            },
        ),
        constraints=(Length(max=2),),
    )

    def test_converts_and_fills_in(self) -> None:
        self.assertEqual(
            {'p': [{'size': 2, 'kind': 'plain'}]},
            self.schema.resolve_properties({'p': [{'size': '2'}]}),
        )

    def test_places(self) -> None:
        for kind, path, value in (
            (InvalidProperty, 'p.1.size', [{'size': 1}, {'size': 0}]),
            (InvalidProperty, 'p.0.size', [{}]),
            (InvalidProperty, 'p.0.kind', [{'size': 1, 'kind': 'x'}]),
            (UnknownProperty, 'p.0.sise', [{'sise': 1}]),
            (InvalidProperty, 'p.0', ['x']),
            (InvalidProperty, 'p.0.size', [None]),
            (InvalidProperty, 'p', [{'size': 1}, {'size': 1}, {'size': 1}]),
        ):
            self.assert_wrong(
                kind, 'properties.' + path, '', self.schema.resolve_properties, {'p': value}
            )

    def test_map_of_alike(self) -> None:
        schema = one(MAP, schema=Property(INTEGER))
        self.assertEqual(
            {'p': {'a': 1, 'b': None}}, schema.resolve_properties({'p': {'a': '1', 'b': None}})
        )
        self.assert_wrong(
            InvalidProperty,
            'properties.p.a',
            'integer',
            schema.resolve_properties,
            {'p': {'a': 'x'}},
        )


class StaticTest(TemplateTestCase):
    def test_leaves_out_what_is_not_known(self) -> None:
        NestedTest.schema.check_static(MapNode({'p': LATER}))
        NestedTest.schema.check_static(MapNode({'p': ListNode([LATER])}))
        NestedTest.schema.check_static(MapNode({'p': ListNode([MapNode({'size': LATER})])}))
        one(MAP, schema=Property(INTEGER)).check_static(MapNode({'p': MapNode({'a': LATER})}))
        one(STRING).check_static(LATER)

    def test_finds_what_is_known(self) -> None:
        for kind, path, value in (
            (UnknownProperty, 'p.0.x', ListNode([MapNode({'size': 1, 'x': LATER})])),
            (InvalidProperty, 'p.0.size', ListNode([MapNode({'kind': LATER})])),
            (InvalidProperty, 'p.0.size', ListNode([MapNode({'kind': LATER, 'size': 0})])),
            (InvalidProperty, 'p.1', ListNode([LATER, 'x'])),
            (InvalidProperty, 'p', MapNode({'size': LATER})),
        ):
            self.assert_wrong(
                kind, 'at.' + path, '', NestedTest.schema.check_static, MapNode({'p': value}), 'at'
            )
        self.assert_wrong(
            InvalidProperty,
            'properties.p',
            'a string, not a list',
            one(STRING).check_static,
            MapNode({'p': ListNode([LATER])}),
        )
        self.assert_wrong(
            InvalidProperty,
            'properties.p.a',
            'integer',
            one(MAP, schema=Property(INTEGER)).check_static,
            MapNode({'p': MapNode({'a': 'x', 'b': LATER})}),
        )

    def test_required_and_known_later(self) -> None:
        one(STRING, required=True).check_static(MapNode({'p': LATER}))


class TypeSchemaTest(TemplateTestCase):
    def test_replace_on_change(self) -> None:
        schema = TypeSchema(
            {
                'a': Property(STRING),
                'b': Property(STRING, update_allowed=True),
                'c': Property(STRING),
            }
        )
        self.assertEqual(frozenset(('a', 'c')), schema.replace_on_change)
