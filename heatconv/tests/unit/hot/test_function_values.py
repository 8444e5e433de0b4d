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

from hypothesis import given
from hypothesis import strategies as st

from heatconv.hot.errors import InvalidArguments, InvalidReference, ResolutionError
from heatconv.hot.functions import Frame, resolve
from heatconv.tests.unit.hot.test_functions import SCOPE, FunctionTestCase, context, run

ATTR: dict[str, Any] = {'get_attr': ['server', 'addresses', 'net']}
NAME = {'get_attr': ['server', 'name']}


class ValueTest(FunctionTestCase):
    def equal(self, expected: Any, value: Any, version: str = '2021-04-16') -> None:
        self.assertEqual(expected, run(value, version))

    def refused(self, name: str, path: str, telling: str, *arguments: Any) -> None:
        for argument in arguments:
            self.wrong(InvalidArguments, f'{name}{path}', telling, {name: argument})

    def test_file(self) -> None:
        self.equal('hello', {'get_file': 'motd'})
        self.equal({'a': 1}, {'get_file': 'other'})
        self.equal('hello db', {'list_join': [' ', [{'get_file': 'motd'}, {'get_param': 'name'}]]})
        self.wrong(InvalidReference, 'get_file', "did you mean 'motd'?", {'get_file': 'mots'})
        self.refused('get_file', '', 'a string, not a list', ['motd'])
        self.refused('get_file', '', 'before run time', NAME)

    def test_str_split(self) -> None:
        self.equal(['a', 'b'], {'str_split': [',', 'a,b']})
        self.equal('b', {'str_split': [',', 'a,b', 1]})
        self.equal('b', {'str_split': [',', 'a,b', '-1']})
        self.equal(None, {'str_split': [',', None]})
        self.equal(['w', 'b'], {'str_split': ['e', NAME]})
        self.refused('str_split', '.2', 'no piece 2', [',', 'a,b', 2])
        self.refused('str_split', '.2', 'a number', [',', 'a', 'x'], [',', 'a', None])
        self.refused('str_split', '.0', 'not be empty', ['', 'a'])
        self.refused('str_split', '', 'write {str_split', 'a,b', {}, [','], [',', 'a', 0, 1])

    def test_digest(self) -> None:
        self.equal('900150983cd24fb0d6963f7d28e17f72', {'digest': ['md5', 'abc']})
        self.equal(
            'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
            {'digest': ['SHA256', 'abc']},
        )
        self.equal('2567a5ec9705eb7ac2c984033e06189d', {'digest': ['md5', NAME]})
        self.refused('digest', '.0', "did you mean 'sha256'", ['sha25', 'abc'])
        self.refused('digest', '.1', 'Latin-1', ['md5', '☃'])
        self.refused('digest', '.1', 'not a number', ['md5', 1])
        self.refused('digest', '', 'write {digest', 'abc', ['md5'])

    def test_map_merge(self) -> None:
        self.equal({'a': 2, 'b': 1}, {'map_merge': [{'a': 1, 'b': 1}, None, {'a': 2}]})
        self.equal(
            {'net': ['10.0.0.1', '10.0.0.2'], 'x': 1},
            {'map_merge': [{'get_attr': ['server', 'addresses']}, {'x': 1}]},
        )
        self.refused('map_merge', '.1', 'a map, not a list', [{}, []])
        self.refused('map_merge', '', 'a list of maps', {'a': 1}, 'x')

    def test_map_replace(self) -> None:
        given_ = {'a': 'x', 'b': [1]}
        self.equal(
            {'A': 'y', 'b': [1]},
            {'map_replace': [given_, {'keys': {'a': 'A'}, 'values': {'x': 'y'}}]},
        )
        self.equal(given_, {'map_replace': [given_, {'keys': {'a': 'a'}}]})
        self.equal({}, {'map_replace': [None, None]})
        self.refused('map_replace', '.1.keys', 'is there already', [given_, {'keys': {'a': 'b'}}])
        both = {'keys': {'a': 'c', 'b': 'c'}}
        self.refused('map_replace', '.1.keys', 'is there already', [given_, both])
        self.refused('map_replace', '.1', 'does not take', [given_, {'key': {}}])
        self.refused('map_replace', '', 'write {map_replace', {}, [{}], [{}, {}, {}])

    def test_lists(self) -> None:
        self.equal([1, 2, 1], {'list_concat': [[1, 2], None, [1]]})
        self.equal([1, 'a', [1]], {'list_concat_unique': [[1, 'a', [1]], [[1], 1, 'a']]})
        self.equal(['10.0.0.1', '10.0.0.2', 'x'], {'list_concat': [ATTR, ['x']]})
        self.refused('list_concat', '.1', 'a list, not a string', [[1], 'x'])
        self.refused('list_concat_unique', '', 'a list of lists', {}, 'x')
        self.equal(['b'], {'filter': [['a', 'c'], ['a', 'b', 'c']]})
        self.equal(['10.0.0.2'], {'filter': [['10.0.0.1'], ATTR]})
        self.equal(['a'], {'filter': [None, ['a']]})
        self.equal(None, {'filter': [['a'], None]})
        self.refused('filter', '.1', 'a list, not a map', [['a'], {'a': 1}])
        self.refused('filter', '', 'write {filter', 'a', ['a'], [1, 2, 3])
        self.equal(True, {'contains': ['a', ['a']]})
        self.equal(True, {'contains': ['10.0.0.2', ATTR]})
        self.equal(False, {'contains': ['x', 'abc']})
        self.refused('contains', '.1', 'a list, not a map', ['a', {'a': 1}])

    def test_repeat(self) -> None:
        self.equal(
            [{'n': 'a-1'}, {'n': 'a-2'}, {'n': 'b-1'}, {'n': 'b-2'}],
            {
                'repeat': {
                    'template': {'n': '%x%-%y%'},
                    'for_each': {'%x%': {'get_param': 'names'}, '%y%': ['1', '2']},
                }
            },
        )
        in_step = {
            'template': '%x%%y%',
            'for_each': {'%x%': ['a', 'b'], '%y%': ['1', '2']},
            'permutations': False,
        }
        self.equal(['a1', 'b2'], {'repeat': in_step})
        self.equal(['a1', 'a2', 'b1', 'b2'], {'repeat': in_step}, '2016-10-14')
        self.equal(['k'], {'repeat': {'template': 'x', 'for_each': {'x': {'k': 1}}}})
        self.equal([], {'repeat': {'template': 'x', 'for_each': {'x': None}}})
        from_function = {'template': 'x', 'for_each': {'get_param': 'names'}}
        self.refused('repeat', '.for_each', 'must be a map', from_function)
        self.equal(['web'], {'repeat': {'template': NAME, 'for_each': {'z': ['b']}}})
        self.equal([{'m': 1}], {'repeat': {'template': {'k': 1}, 'for_each': {'k': ['m']}}})
        uneven = {**in_step, 'for_each': {'%x%': ['a'], '%y%': ['1', '2']}}
        self.refused('repeat', '.for_each', 'equally long', uneven)
        self.refused('repeat', '.for_each.x', 'a list', {'template': 'x', 'for_each': {'x': 'a'}})
        self.refused(
            'repeat', '.for_each', 'must be a string', {'template': 'x', 'for_each': {'x': [1]}}
        )
        self.refused('repeat', '', 'write {repeat', 'x', {'template': 1}, {'for_each': {}})
        self.refused('repeat', '.permutations', 'true or false', {**in_step, 'permutations': 'x'})

    def test_repeat_does_not_explode(self) -> None:
        many = {f'%{place}%': [str(one) for one in range(100)] for place in range(9)}
        error = self.raised(
            Exception, context().compile, {'repeat': {'template': 'x', 'for_each': many}}
        )
        self.assertIn('larger than the limit', str(error))

    def test_make_url(self) -> None:
        self.equal(
            'https://me:p%40ss@[::1]:8004/v1/a%20b?a=1&b=x/y#end',
            {
                'make_url': {
                    'scheme': 'https',
                    'username': 'me',
                    'password': 'p@ss',
                    'host': '::1',
                    'port': 8004,
                    'path': '/v1/a b',
                    'query': {'a': 1, 'b': 'x/y'},
                    'fragment': 'end',
                }
            },
        )
        self.equal('//web', {'make_url': {'host': NAME}})
        self.refused('make_url', '.port', 'from 1 to 65535', {'port': 0}, {'port': 'x'})
        self.refused('make_url', '.hots', "did you mean 'host'", {'hots': 'x'})
        self.refused('make_url', '.scheme', "':'", {'scheme': 'http:'})
        self.refused('make_url', '.host', 'a string', {'host': 1})
        self.refused('make_url', '', 'needs a map', 'x')

    def test_strict_replacement(self) -> None:
        for name in ('str_replace_strict', 'str_replace_vstrict'):
            self.equal('a web', {name: {'template': 'a X', 'params': {'X': NAME}}})
            self.refused(
                name,
                '.params.Y',
                'not in the text',
                {'template': 'a X', 'params': {'X': 'b', 'Y': 'c'}},
            )
            # The shorter one is nowhere left.
            self.refused(
                name,
                '.params.X',
                'not in the text',
                {'template': 'XX', 'params': {'XX': 'b', 'X': 'c'}},
            )
        empty = {'template': 'a X', 'params': {'X': ''}}
        self.equal('a ', {'str_replace_strict': empty})
        for value in ('', None, [], {}):
            self.refused(
                'str_replace_vstrict',
                '.params.X',
                'not be empty',
                {'template': 'a X', 'params': {'X': value}},
            )

    def test_facade(self) -> None:
        self.refused('resource_facade', '', 'use one of deletion_policy', 'x', ['metadata'], None)
        node = context().compile({'resource_facade': 'metadata'})
        error = self.raised(ResolutionError, resolve, node, Frame(SCOPE))
        self.assertEqual('resource_facade', error.path)


class YaqlTest(FunctionTestCase):
    def test_expressions(self) -> None:
        for expected, expression in (
            (6, '$.data.l.sum()'),
            ([2, 3], '$.data.l.where($ > 1)'),
            ({'a': 1}, 'dict(a => 1)'),
            ('1970-01-01 00:00:00', "datetime(1970, 1, 1).format('%Y-%m-%d %H:%M:%S')"),
            ([1, 2], 'set(2, 1)'),
            ({'1': 1, 'null': None}, 'dict(1 => 1, null => null)'),
        ):
            given_ = {'expression': expression, 'data': {'l': [1, 2, 3]}}
            self.assertEqual(expected, run({'yaql': given_}), expression)

    def test_data_of_run_time(self) -> None:
        value = {'yaql': {'expression': '$.data.len()', 'data': ATTR}}
        self.assertEqual(2, run(value))

    def test_what_is_refused(self) -> None:
        for path, telling, argument in (
            ('.expression', 'no expression', {'expression': '$.data.('}),
            ('.expression', 'a string', {'expression': 1}),
            ('.expression', 'longer than', {'expression': '1' * 20_000}),
            ('.expression', 'no expression', {'expression': '(' * 5_000}),
            ('.expression', 'fails', {'expression': '$.data.nothing()'}),
            ('.expression', 'fails', {'expression': 'random()'}),
            ('.expression', 'fails', {'expression': 'now()'}),
            ('.expression', 'fails', {'expression': 'range(100000).sum()'}),
            ('.expression', 'fails', {'expression': "'x' * 100000"}),
            ('', 'does not take', {'expression': '1', 'date': 1}),
            ('', 'is missing', {'data': 1}),
            ('', 'needs a map', '1'),
        ):
            self.wrong(InvalidArguments, f'yaql{path}', telling, {'yaql': argument})

    @given(st.text(alphabet='$.()[]{}<>=!+-*/ ,\'"abdt019', max_size=40))
    def test_anything_is_a_value_or_a_clean_error(self, expression: str) -> None:
        try:
            run({'yaql': {'expression': expression, 'data': {'a': [1, {'b': 'x'}]}}})
        except InvalidArguments as error:
            self.assertEqual('yaql.expression', error.path)
