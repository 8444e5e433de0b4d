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
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from heatconv.hot.errors import (
    InvalidArguments,
    InvalidReference,
    InvalidSection,
    ResolutionError,
    TemplateError,
    TooLarge,
    UnknownFunction,
)
from heatconv.hot.functions import FUNCTIONS, Context, Frame, Node, resolve
from heatconv.hot.limits import COMPILE_BUDGET, Budget
from heatconv.hot.schema import Attribute, TypeSchema
from heatconv.hot.scope import ResourceState, Scope
from heatconv.hot.versions import ACCEPTED
from heatconv.tests.unit.hot.raising import TemplateTestCase

LATEST = '2021-04-16'
SCHEMA = TypeSchema(attributes={'addresses': Attribute(), 'name': Attribute()})
STATE = ResourceState('id-1', {'addresses': {'net': ['10.0.0.1', '10.0.0.2']}, 'name': 'web'})
SCOPE = Scope({'OS::stack_name': 'owned'}, {'server': STATE})
PARAMETERS = {
    'size': 3,
    'name': 'db',
    'config': {'list': [{'k': 'v'}], 'text': 'xyz'},
    'flag': True,
    'names': ['a', 'b'],
}


def context(version: str = LATEST, budget: int = COMPILE_BUDGET, **undecided: None) -> Context:
    return Context(
        ACCEPTED[version],
        FUNCTIONS,
        Budget(budget),
        PARAMETERS,
        undecided,
        {'server': SCHEMA},
        {'motd': 'hello', 'other': {'a': 1}},
    )


def run(value: Any, version: str = LATEST, scope: Scope = SCOPE) -> Any:
    return resolve(context(version).compile(value), Frame(scope))


class FunctionTestCase(TemplateTestCase):
    def wrong(
        self,
        kind: type[TemplateError],
        path: str,
        telling: str | tuple[str, ...],
        value: Any,
        version: str = LATEST,
    ) -> None:
        self.assert_wrong(kind, path, telling, context(version).compile, value)


class RecognitionTest(FunctionTestCase):
    def test_data_stays_as_it_is(self) -> None:
        value = {'a': [1, 2.5, None, True, 'get_param'], 'b': {'x': {}}}
        compiled = context().compile(value)
        self.assertEqual(value, compiled)

    def test_map_with_more_keys_is_data(self) -> None:
        value = {'get_param': 'size', 'other': 1}
        self.assertEqual(value, run(value))

    def test_looks_like_a_function(self) -> None:
        for name in (
            'get_parm',
            'get_input',
            'map_hash_max_size',
            'Fn::Nothing',
            'get_param:size',
        ):
            value = {'x': [{name: 1}]}
            self.assertEqual(value, run(value))

    def test_not_of_this_version(self) -> None:
        # The name of a function of later versions is data, as in Heat.
        value = {'x': {'str_split': []}}
        self.assertEqual(value, context('2013-05-23').compile(value))
        self.wrong(
            UnknownFunction,
            'x.Ref',
            ('Ref is a function up to version 2013-05-23 only', 'str_replace'),
            {'x': {'Ref': 'a'}},
            '2014-10-16',
        )

    def test_values_that_json_has_not(self) -> None:
        self.wrong(InvalidSection, 'x', 'finite', {'x': math.nan})
        self.wrong(InvalidSection, 'x', 'set', {'x': {1}})
        self.wrong(InvalidSection, 'x', 'key must be a string', {'x': {1: 2, 'a': 3}})
        self.wrong(InvalidSection, 'x', 'key must be a string', {'x': {1: 2}})

    def test_what_must_be_written_out(self) -> None:
        for name in ('list_join', 'str_replace', 'repeat', 'filter', 'contains', 'yaql'):
            for argument in ({'get_param': 'config'}, {'get_attr': ['server', 'name']}):
                self.wrong(InvalidArguments, name, 'written out', {name: argument})
        merged = {'map_merge': {'get_param': ['config', 'list']}}
        self.assertEqual({'k': 'v'}, run(merged))

    def test_depth(self) -> None:
        value: Any = 'x'
        for _ in range(101):
            value = [value]
        error = self.raised(TooLarge, context().compile, value)
        self.assertIn('100 levels', str(error))
        context().compile(value[0])
        for _ in range(50_000):
            value = {'list_join': [',', value]}
        self.raised(TooLarge, context().compile, value)

    def test_references_are_gathered_in_order(self) -> None:
        built = context()
        built.schemas = {'b': SCHEMA, 'a': SCHEMA}
        built.compile([{'get_attr': ['b', 'name', 'x']}, {'x': {'get_resource': 'a'}}])
        self.assertEqual(['b', 'a'], list(built.references.resources))
        self.assertEqual([('b', 'name')], list(built.references.attributes))


class ParameterTest(FunctionTestCase):
    def test_values_are_known_at_once(self) -> None:
        self.assertEqual(
            [3, 'db', True],
            context().compile(
                [{'get_param': 'size'}, {'get_param': ['name']}, {'get_param': 'flag'}]
            ),
        )

    def test_path(self) -> None:
        self.assertEqual('v', run({'get_param': ['config', 'list', 0, 'k']}))
        self.assertEqual('v', run({'get_param': ['config', 'list', '0', 'k']}))
        self.assertEqual('b', run({'get_param': ['names', 1]}))

    def test_path_that_leads_nowhere_is_empty(self) -> None:
        for path in (['x'], ['list', 1], ['list', 'x'], ['list', 0, 'k', 'z'], [['list']]):
            self.assertEqual('', run({'get_param': ['config', *path]}), path)
        self.assertEqual('', run({'get_param': ['size', 0]}))

    def test_functions_in_the_path(self) -> None:
        self.assertEqual('db', run({'get_param': {'list_join': ['', ['na', 'me']]}}))
        scope = Scope({}, {'server': ResourceState('text')})
        self.assertEqual(
            'xyz', run({'get_param': ['config', {'get_resource': 'server'}]}, scope=scope)
        )

    def test_pseudo(self) -> None:
        compiled = context().compile({'get_param': 'OS::stack_name'})
        self.assertIsInstance(compiled, Node)
        self.assertEqual('owned', compiled.resolve(Frame(SCOPE)))
        self.assert_wrong(
            ResolutionError,
            'a.get_param',
            'OS::stack_id',
            run,
            {'a': {'get_param': 'OS::stack_id'}},
        )

    def test_unknown(self) -> None:
        self.wrong(
            InvalidReference, 'x.get_param', "did you mean 'size'?", {'x': {'get_param': 'sizes'}}
        )
        self.wrong(
            InvalidReference,
            'x.get_param',
            'use one of OS::project_id, OS::stack_id, OS::stack_name, config',
            {'x': {'get_param': 'OS::region'}},
        )

    def test_arguments(self) -> None:
        for argument in ({}, [], 3, None, [1], {'a': 1}):
            self.wrong(
                InvalidArguments,
                'get_param',
                ('must be a string', 'write {get_param: name}'),
                {'get_param': argument},
            )
        self.wrong(
            InvalidArguments,
            'get_param',
            'before run time',
            {'get_param': {'get_resource': 'server'}},
        )

    def test_without_a_value(self) -> None:
        compiled = context(later=None).compile({'get_param': ['later', 'x']})
        self.assert_wrong(
            ResolutionError, 'get_param', "'later' has no value", resolve, compiled, Frame(SCOPE)
        )

    def test_many_uses_of_a_large_parameter(self) -> None:
        value = [{'get_param': 'config'}] * 1000
        context().compile(value)
        self.assert_wrong(
            TooLarge,
            '100.get_param',
            'fewer places',
            context(budget=1001 + 100 * 7 + 3).compile,
            value,
        )


class ReferenceTest(FunctionTestCase):
    def test_get_resource(self) -> None:
        self.assertEqual('id-1', run({'get_resource': 'server'}))

    def test_get_attr_in_every_version(self) -> None:
        for version in ('2013-05-23', '2014-10-16', LATEST):
            for expected, path in (
                ('web', ['name']),
                ('10.0.0.2', ['addresses', 'net', 1]),
                (None, ['addresses', 'net', 2]),
                (None, ['addresses', 'net', '1']),
                (None, ['addresses', 'other', 0]),
                (None, ['name', 'x', 'y']),
                (None, ['show']),
            ):
                self.assertEqual(expected, run({'get_attr': ['server', *path]}, version), path)

    def test_path_from_a_function(self) -> None:
        scope = Scope({}, {'server': ResourceState('net', STATE.attributes)})
        self.assertEqual(
            ['10.0.0.1', '10.0.0.2'],
            run({'get_attr': ['server', 'addresses', {'get_resource': 'server'}]}, scope=scope),
        )

    def test_all_attributes(self) -> None:
        built = context()
        compiled = built.compile({'get_attr': ['server']})
        shown = ResourceState('id-1', {'show': {}, **STATE.attributes})
        for state in (STATE, shown):
            scope = Scope({}, {'server': state})
            self.assertEqual(dict(STATE.attributes), resolve(compiled, Frame(scope)))
        self.assertEqual(
            [('server', 'addresses'), ('server', 'name')], list(built.references.attributes)
        )
        self.wrong(
            InvalidArguments,
            'get_attr',
            '[resource, attribute',
            {'get_attr': ['server']},
            '2015-04-30',
        )

    def test_unknown_resource(self) -> None:
        for value in ({'get_resource': 'sever'}, {'get_attr': ['sever', 'name']}):
            self.wrong(
                InvalidReference,
                'x.' + next(iter(value)),
                ("no resource 'sever'", "did you mean 'server'?"),
                {'x': value},
            )

    def test_unknown_attribute(self) -> None:
        self.wrong(
            InvalidReference,
            'get_attr',
            "did you mean 'addresses'?",
            {'get_attr': ['server', 'adresses']},
        )
        built = context()
        built.schemas = {'any': TypeSchema(any_attribute=True)}
        built.compile({'get_attr': ['any', 'whatever']})

    def test_arguments(self) -> None:
        for argument in ('server', [], None, 3, {}):
            self.wrong(
                InvalidArguments, 'get_attr', 'write {get_attr: [resource', {'get_attr': argument}
            )
        self.wrong(InvalidArguments, 'get_attr', 'must be a string', {'get_attr': ['server', 1]})
        self.wrong(InvalidArguments, 'get_resource', 'not a list', {'get_resource': ['server']})
        dynamic = {'get_param': 'OS::stack_name'}
        self.wrong(InvalidReference, 'get_resource', 'before run time', {'get_resource': dynamic})
        self.wrong(
            InvalidArguments, 'get_attr', 'before run time', {'get_attr': ['server', dynamic]}
        )

    def test_missing_at_run_time(self) -> None:
        for value in ({'get_resource': 'server'}, {'get_attr': ['server', 'name']}):
            self.assert_wrong(
                ResolutionError,
                'a.0.' + next(iter(value)),
                "'server' is not there",
                run,
                {'a': [value]},
                scope=Scope(),
            )

    def test_large_attributes_are_bounded(self) -> None:
        state = ResourceState('x', {'name': ['x'] * 10_000})
        self.assert_wrong(
            ResolutionError,
            '49.get_attr',
            'larger than',
            run,
            [{'get_attr': ['server', 'name']}] * 100,
            scope=Scope({}, {'server': state}),
        )
        deep: Any = 'x'
        for _ in range(300):
            deep = [deep]
        state = ResourceState('x', {'name': deep})
        self.assert_wrong(
            ResolutionError,
            'get_attr',
            'deeper than 200',
            run,
            {'get_attr': ['server', 'name']},
            scope=Scope({}, {'server': state}),
        )


def replaced(template: Any, params: Any, version: str = LATEST) -> Any:
    return run({'str_replace': {'template': template, 'params': params}}, version)


class StrReplaceTest(FunctionTestCase):
    def test_longest_first_and_only_once(self) -> None:
        self.assertEqual('b-ab', replaced('$a-$ab', {'$a': 'b', '$ab': 'ab'}))
        self.assertEqual('ba', replaced('ab', {'a': 'b', 'b': 'a'}))
        # The longest is looked for everywhere before any shorter one.
        self.assertEqual('aX', replaced('abcd', {'bcd': 'X', 'ab': 'Y'}))
        self.assertEqual('Xc', replaced('abc', {'bc': 'Y', 'ab': 'X'}))

    def test_scalars(self) -> None:
        self.assertEqual(
            '1 1.5 True  s',
            replaced('a b c d e', {'a': 1, 'b': 1.5, 'c': True, 'd': None, 'e': 's'}),
        )

    def test_placeholder_that_looks_like_a_function(self) -> None:
        self.assertEqual('a-1', replaced('a-get_x', {'get_x': 1}))
        self.assertEqual('a-web', replaced('a-str_', {'str_': {'get_attr': ['server', 'name']}}))
        self.assertEqual(
            'v',
            replaced('k', {'get_param': ['config', 'list', 0]}),
        )
        self.assertEqual('{"get_y": 1}', replaced('get_x', {'get_x': {'get_y': 1}}))

    def test_structures_as_json_since_liberty(self) -> None:
        params = {'x': {'b': [1, None], 'a': 'ü'}}
        self.assertEqual('{"a": "\\u00fc", "b": [1, null]}', replaced('x', params, '2015-10-15'))
        self.wrong(
            InvalidArguments,
            'str_replace.params.x',
            'a string or number, not a map',
            {'str_replace': {'template': 'x', 'params': params}},
            '2015-04-30',
        )

    def test_at_run_time(self) -> None:
        value = {
            'template': 'http://H:P',
            'params': {
                'H': {'get_attr': ['server', 'addresses', 'net', 0]},
                'P': {'get_param': 'size'},
            },
        }
        self.assertEqual('http://10.0.0.1:3', run({'str_replace': value}))
        self.assertEqual('id-1', replaced({'get_resource': 'server'}, {'H': 'x'}))
        self.assertEqual('web', replaced('x', {'x': {'get_attr': ['server', 'name']}}))

    def test_syntax(self) -> None:
        for path, telling, value in (
            ('', 'it needs a map, not a list', []),
            (
                '',
                "'params' is missing",
                {
                    'template': 'x',
                },
            ),
            ('', "'template' is missing", {'params': {}}),
            ('', "did you mean 'params'?", {'template': 'x', 'parms': {}}),
            ('.template', 'must be a string, not a number', {'template': 1, 'params': {}}),
            ('.params', 'must be a map, not a list', {'template': 'x', 'params': []}),
            ('.params', 'placeholder must not be empty', {'template': 'x', 'params': {'': 1}}),
        ):
            self.wrong(InvalidArguments, 'str_replace' + path, (telling,), {'str_replace': value})

    def test_syntax_is_checked_before_run_time(self) -> None:
        dynamic = {'get_resource': 'server'}
        self.wrong(
            InvalidArguments,
            'str_replace.template',
            'must be a string',
            {'str_replace': {'template': [dynamic][:0], 'params': {'x': dynamic}}},
        )
        self.wrong(
            InvalidArguments,
            'str_replace',
            "'template' is missing",
            {'str_replace': {'params': {'x': dynamic}}},
        )

    def test_wrong_type_at_run_time(self) -> None:
        self.assert_wrong(
            InvalidArguments,
            'a.str_replace.template',
            'must be a string, not a map',
            run,
            {
                'a': {
                    'str_replace': {
                        'template': {'get_attr': ['server', 'addresses']},
                        'params': {},
                    }
                }
            },
        )

    def test_amplification_is_bounded(self) -> None:
        value: Any = 'a' * 1000
        for _ in range(20):
            value = {'str_replace': {'template': 'x' * 1000, 'params': {'x': value}}}
        error = self.raised(TooLarge, context().compile, value)
        self.assertIn('4000000 characters', str(error))

    def test_many_placeholders_are_bounded(self) -> None:
        params = {f'{number:x}': 'y' for number in range(20_000)}
        self.raised(
            TooLarge,
            context().compile,
            {'str_replace': {'template': 'x' * 1_000_000, 'params': params}},
        )

    @given(
        st.text('abc', max_size=12),
        st.dictionaries(st.text('abc', min_size=1, max_size=3), st.text('abXY', max_size=3)),
    )
    def test_is_what_heat_does(self, template: str, params: dict[str, str]) -> None:
        def replace(text: str, keys: list[str]) -> str:
            if not keys:
                return text
            return params[keys[0]].join(replace(one, keys[1:]) for one in text.split(keys[0]))

        keys = sorted(sorted(params), key=len, reverse=True)
        self.assertEqual(replace(template, keys), replaced(template, params))

    @given(st.text(), st.text('xyz', min_size=1))
    def test_without_a_placeholder_nothing_changes(self, template: str, value: str) -> None:
        self.assertEqual(template, replaced(template, {}))
        self.assertEqual(template, replaced(template, {template + 'x': value}))


class ListJoinTest(FunctionTestCase):
    def test_one_list(self) -> None:
        for version in ('2013-05-23', LATEST):
            self.assertEqual('a,,b', run({'list_join': [',', ['a', None, 'b']]}, version))
            self.assertEqual('', run({'list_join': [',', None]}, version))
            self.assertEqual('a/b', run({'list_join': ['/', {'get_param': 'names'}]}, version))

    def test_several_lists_since_liberty(self) -> None:
        value = {'list_join': ['-', ['a'], [], None, ['b', {'y': 1, 'x': 2}, [1]]]}
        self.assertEqual('a-b-{"x": 2, "y": 1}-[1]', run(value, '2015-10-15'))
        self.assertEqual('a', run({'list_join': ['-', '', ['a'], {}, 0, False]}, '2015-10-15'))
        self.wrong(
            InvalidArguments, 'list_join.1', 'a list', {'list_join': ['-', '']}, '2015-04-30'
        )
        self.wrong(
            InvalidArguments,
            'list_join',
            ('a delimiter and a list', 'write {list_join'),
            value,
            '2015-04-30',
        )

    def test_at_run_time(self) -> None:
        value = {'list_join': [',', {'get_attr': ['server', 'addresses', 'net']}]}
        self.assertEqual('10.0.0.1,10.0.0.2', run(value))
        wrong = {'list_join': [',', {'get_attr': ['server', 'name']}]}
        self.assert_wrong(InvalidArguments, 'list_join.1', 'a list, not a string', run, wrong)

    def test_arguments(self) -> None:
        for path, telling, value in (
            ('', 'needs a list, not a string', 'x'),
            ('', 'a delimiter and a list', [',']),
            ('.0', 'delimiter must be a string, not a number', [1, []]),
            ('.1', 'a list, not a string', [',', 'abc']),
            ('.1.1', 'a string, map or list, not a number', [',', ['a', 1]]),
            ('.2.0', 'not a boolean', [',', ['a'], [True]]),
        ):
            self.wrong(InvalidArguments, 'list_join' + path, telling, {'list_join': value})
        self.wrong(
            InvalidArguments,
            'list_join.1.0',
            'must be a string, not a list',
            {'list_join': [',', [[]]]},
            '2013-05-23',
        )
        self.wrong(
            InvalidArguments,
            'list_join.0',
            'delimiter must be a string',
            {'list_join': [1, {'get_attr': ['server', 'name']}]},
        )

    def test_size_is_bounded(self) -> None:
        value = {'list_join': ['x' * 100_000, [''] * 1000]}
        self.raised(TooLarge, context().compile, value)

    @given(st.text(), st.lists(st.text()), st.lists(st.text()))
    def test_joins(self, delimiter: str, first: list[str], second: list[str]) -> None:
        self.assertEqual(
            delimiter.join(first + second), run({'list_join': [delimiter, first, second]})
        )

    # One key could be that of a function.
    @given(st.dictionaries(st.text(), st.integers(), min_size=2))
    def test_json_can_be_read_again(self, value: dict[str, int]) -> None:
        self.assertEqual(value, json.loads(run({'list_join': ['', [value]]})))
