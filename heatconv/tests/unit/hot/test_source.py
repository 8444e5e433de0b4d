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

import json
import math

import fixtures
import yaml
from hypothesis import given
from hypothesis import strategies as st

from heatconv.hot import document, source
from heatconv.hot.errors import InvalidYaml, TemplateError, TooLarge
from heatconv.tests.unit.hot.raising import TemplateTestCase

MAX = 1_000_000
LOADERS = (document._Loader, yaml.SafeLoader)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec='utf-8')),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(st.text(st.characters(codec='utf-8')), below, max_size=4)
    ),
    max_leaves=20,
)


class ParseTest(TemplateTestCase):
    def parsed(self, text: str | bytes) -> object:
        return source.parse(text, MAX)

    def wrong(self, text: str | bytes, *telling: str, kind: type[TemplateError] = InvalidYaml):
        return self.assert_wrong(kind, '', telling, source.parse, text, MAX)

    def test_scalars_are_those_of_yaml(self) -> None:
        text = 'a: 1\nb: 1.5\nc: yes\nd: null\ne: "1"\nf: 0x10\ng:\nh: !!str 3\ni: !!float 1\n'
        self.assertEqual(
            {
                'a': 1,
                'b': 1.5,
                'c': True,
                'd': None,
                'e': '1',
                'f': 16,
                'g': None,
                'h': '3',
                'i': 1.0,
            },
            self.parsed(text),
        )

    def test_dates_stay_strings(self) -> None:
        self.assertEqual(
            {'heat_template_version': '2013-05-23', 'at': '2001-12-14 21:59:43'},
            self.parsed('heat_template_version: 2013-05-23\nat: 2001-12-14 21:59:43'),
        )
        self.assertEqual({'a': '2013-05-23'}, self.parsed('a: !!timestamp 2013-05-23'))

    def test_keys_are_strings_as_written(self) -> None:
        self.assertEqual(
            {'1': 'a', 'yes': 'b', '2013-05-23': 'c', '~': 'd'},
            self.parsed('1: a\nyes: b\n2013-05-23: c\n~: d'),
        )

    def test_json_is_taken(self) -> None:
        self.assertEqual({'a': '\U0001f600/'}, self.parsed('\t{"a": "\\ud83d\\ude00\\/"}'))

    def test_bytes_and_byte_order_mark(self) -> None:
        self.assertEqual({'ä': 1}, self.parsed('\ufeffä: 1'.encode()))
        self.assertEqual({'ä': 1}, self.parsed('\ufeffä: 1'))

    def test_empty_is_an_empty_map(self) -> None:
        self.assertEqual({}, self.parsed('# nothing\n'))
        self.assertEqual({}, self.parsed(''))

    def test_aliases_and_merges(self) -> None:
        text = 'a: &a {x: 1, y: 2}\nb: *a\nc:\n  y: 3\n  <<: *a\nd: {<<: [{x: 7}, *a]}\n'
        self.assertEqual(
            {
                'a': {'x': 1, 'y': 2},
                'b': {'x': 1, 'y': 2},
                'c': {'x': 1, 'y': 3},
                'd': {'x': 7, 'y': 2},
            },
            self.parsed(text),
        )

    def test_aliases_of_scalars(self) -> None:
        self.assertEqual({'a': 1, 'b': 1, '1': 2}, self.parsed('a: &x 1\nb: *x\n*x : 2'))

    def test_place_of_a_syntax_error(self) -> None:
        self.wrong('a: 1\nb: c: d', 'mapping values', 'line 2, column 5')
        self.wrong('a: [1', 'expected', 'line 2, column 1')

    def test_duplicate_key(self) -> None:
        for text, value, key, lines in (
            ('a:\n  x: 1\n  x: 2', {'a': {'x': 2}}, 'x', (2, 3)),
            ('{"a": 1,\n "a": 2}', {'a': 2}, 'a', (1, 2)),
            ('1: a\n\n"1": b', {'1': 'b'}, '1', (1, 3)),
        ):
            repeated: list[str] = []
            self.assertEqual(value, source.parse(text, 1000, repeated=repeated))
            first, second = lines
            telling = f'is in line {first}, and again in line {second}'
            self.assertEqual([f'the key {key!r} {telling}'], repeated)
        # Not of keys that a merge brings.
        repeated = []
        source.parse('x: &x {a: 1}\ny: {<<: *x, a: 2}\nz: {a: 3}', 1000, repeated=repeated)
        self.assertEqual([], repeated)

    def test_tags_make_no_objects(self) -> None:
        for tag in ('!!python/object:os.system', '!foo', '!!set', '!!binary', '!!omap'):
            self.wrong(f'a: {tag} {{}}', 'tag', 'not allowed', 'line 1, column 4')
        self.wrong('a: !!binary Zm9v', 'not allowed')

    def test_false_numbers(self) -> None:
        self.wrong('a: !!int abc', 'this is no int', 'line 1, column 4')
        self.wrong('a: !!int ""', 'this is no int')
        self.wrong('a: !!bool 1', 'this is no bool')
        self.wrong('a: 1\nb: .nan', 'finite', 'line 2, column 4', 'quote')
        self.wrong('a: -.inf', 'finite')
        self.wrong('a: 0x' + 'f' * 90, '256 bits')
        self.assertEqual({'a': '1' * 5000}, self.parsed('a: ' + '1' * 5000))

    def test_keys_that_are_no_strings(self) -> None:
        self.wrong('? [a]\n: 1', 'key must be a string', 'line 1')

    def test_document_must_be_one_map(self) -> None:
        self.wrong('- a', 'must be a map, not a list')
        self.wrong('text', 'not a string')
        self.wrong('a: 1\n---\nb: 2', 'one document', 'line 2')

    def test_not_text(self) -> None:
        self.wrong(b'a: \xff', 'UTF-8 at byte 3')
        self.wrong('a: \ud800', 'surrogates')
        self.wrong('a: \x01', 'template')

    def test_self_reference(self) -> None:
        self.wrong('a: &a [1, *a]', "'a' refers to a value that contains it", 'line 1, column 11')
        self.wrong('&a b: {c: *x}', "'x' has no anchor", 'line 1')

    def test_billion_laughs(self) -> None:
        lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]']
        lines += [f'a{i}: &a{i} [{",".join([f"*a{i - 1}"] * 10)}]' for i in range(1, 30)]
        self.wrong('\n'.join(lines), '200000 values', 'line 6', kind=TooLarge)

    def test_merges_count(self) -> None:
        lines = ['a0: &a0 {x: 1}']
        lines += [f'a{i}: &a{i} {{<<: [{",".join([f"*a{i - 1}"] * 10)}]}}' for i in range(1, 30)]
        self.wrong('\n'.join(lines), '200000 values', kind=TooLarge)

    def test_depth(self) -> None:
        self.assertEqual(1, len(source.parse('a: ' + '[' * 99 + ']' * 99, MAX)))
        self.wrong('a: ' + '[' * 100 + ']' * 100, '100 levels', 'column 103', kind=TooLarge)
        self.raised(TemplateError, source.parse, 'a: ' + '[' * 900_000, MAX)
        self.raised(TemplateError, source.parse, '{"a":' * 100_000, MAX)

    def test_depth_through_aliases(self) -> None:
        lines = ['a0: &a0 ' + '[' * 60 + ']' * 60, 'b: ' + '[' * 60 + '*a0' + ']' * 60]
        self.wrong('\n'.join(lines), '100 levels', 'line 2', kind=TooLarge)

    def test_size_in_bytes(self) -> None:
        self.assertEqual({'a': 'ä'}, source.parse('a: ä', 5))
        self.assert_wrong(
            TooLarge,
            '',
            'environment has 5 bytes, more than the 4',
            source.parse,
            'a: ä',
            4,
            'environment',
        )

    def test_number_of_values_may_be_chosen(self) -> None:
        self.assertEqual({'a': [1]}, source.parse('a: [1]', MAX, max_nodes=4))
        self.assert_wrong(TooLarge, '', '3 values', source.parse, 'a: [1]', MAX, max_nodes=3)


class PythonLoaderTest(ParseTest):
    """The same without libyaml, whose syntax errors differ in words."""

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch('heatconv.hot.document._Loader', yaml.SafeLoader))

    def test_place_of_a_syntax_error(self) -> None:
        self.wrong('a: 1\nb: c: d', 'mapping values', 'line 2, column 5')


class LawTest(TemplateTestCase):
    @given(st.text() | st.binary())
    def test_only_template_errors(self, text: str | bytes) -> None:
        for loader in LOADERS:
            with fixtures.MonkeyPatch('heatconv.hot.document._Loader', loader):
                try:
                    source.parse(text, 10_000)
                except TemplateError:
                    pass

    @given(st.text('a&*:![]{}<>-? "\'\n#|%1', max_size=40))
    def test_only_template_errors_from_punctuation(self, text: str) -> None:
        for loader in LOADERS:
            with fixtures.MonkeyPatch('heatconv.hot.document._Loader', loader):
                try:
                    source.parse(text, 10_000)
                except TemplateError:
                    pass

    @given(st.dictionaries(st.text(st.characters(codec='utf-8')), JSON, max_size=4))
    def test_reads_any_json(self, value: dict[str, object]) -> None:
        self.assertEqual(value, source.parse(json.dumps(value), MAX))


class BoundTest(TemplateTestCase):
    def wrong(self, kind: type[TemplateError], path: str, telling: str, value: object) -> None:
        self.assert_wrong(kind, path, telling, source.bound, value, 'env')

    def test_takes_json(self) -> None:
        source.bound({'a': [1, 1.5, True, None, 'ä', {}]})

    def test_refuses_what_json_has_not(self) -> None:
        self.wrong(InvalidYaml, 'env.a.1', 'not a set', {'a': [1, {2}]})
        self.wrong(InvalidYaml, 'env.a', 'not a bytes', {'a': b''})
        self.wrong(InvalidYaml, 'env.b', 'not a bytes', {'a': {'x': [1]}, 'b': b''})
        self.wrong(InvalidYaml, 'env.a', 'finite', {'a': math.inf})
        source.bound({'a': 2**256 - 1})
        self.wrong(InvalidYaml, 'env.a', '256 bits', {'a': 2**256})
        self.wrong(InvalidYaml, 'env.a', 'Unicode', {'a': '\ud800'})
        self.wrong(InvalidYaml, 'env.a', 'key must be a string', {'a': {1: 2}})
        self.wrong(InvalidYaml, 'env', 'key must be a string', {None: 2})

    def test_refuses_too_much(self) -> None:
        deep: list[object] = []
        for _ in range(100):
            deep = [deep]
        error = self.raised(TooLarge, source.bound, deep)
        self.assertIn('100 levels', str(error))
        source.bound(deep[0])
        loop: list[object] = []
        loop.append(loop)
        self.raised(TooLarge, source.bound, loop)
        wide: list[object] = [1] * 10
        for _ in range(20):
            wide = [wide] * 10
        self.assertIn('200000', str(self.raised(TooLarge, source.bound, wide)))

    @given(
        st.recursive(
            st.none()
            | st.integers()
            | st.floats()
            | st.binary(max_size=1)
            | st.text(st.characters(), max_size=2)
            | st.just(2**300),
            lambda below: (
                st.lists(below, max_size=4)
                | st.dictionaries(st.text(max_size=2) | st.integers(0, 3), below, max_size=4)
            ),
        ),
        st.integers(1, 30),
    )
    def test_both_ways_take_the_same(self, value: object, most: int) -> None:
        """The quick one refuses just what the one does that tells where it is wrong."""

        def taken() -> bool:
            try:
                source.bound(value, max_nodes=most)
            except TemplateError:
                return False
            return True

        quick = source._within(value, most)
        with fixtures.MonkeyPatch('heatconv.hot.source._within', lambda *_: False):
            self.assertEqual(taken(), quick)
