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

"""Environment files that are merged, not overwritten."""

from __future__ import annotations

from typing import Any

from heatconv.hot import environment, errors, merge_strategies
from heatconv.tests.unit.hot.raising import TemplateTestCase

TYPES = {
    's': 'string',
    'n': 'number',
    'l': 'comma_delimited_list',
    'j': 'json',
    'b': 'boolean',
}


def env(strategy: Any = None, **parameters: Any) -> dict[str, Any]:
    made: dict[str, Any] = {'parameters': parameters}
    if strategy is not None:
        made['parameter_merge_strategies'] = (
            strategy if isinstance(strategy, dict) else {'default': strategy}
        )
    return made


class StrategiesTest(TemplateTestCase):
    def merged(self, *environments: Any) -> Any:
        for one in environments:
            environment.validate(one)
        return merge_strategies.merged(environments, TYPES)['parameters']

    def test_by_type(self) -> None:
        for name, first, second, expected in (
            ('s', 'a', 'b', 'ab'),
            ('n', 1, 2, 3),
            ('l', 'a,b', 'c', 'a,b,c'),
            ('l', ['a'], ['b', 'c'], ['a', 'b', 'c']),
            ('j', {'a': {'x': 1}, 'b': 2}, {'a': {'y': 2}}, {'a': {'y': 2}, 'b': 2}),
            ('j', '{"a": 1}', {'b': 2}, {'a': 1, 'b': 2}),
        ):
            found = self.merged(env('merge', **{name: first}), env('merge', **{name: second}))
            self.assertEqual(expected, found[name], (name, first))

    def test_deep(self) -> None:
        first = {'a': {'x': 1, 'l': [1], 's': 'a'}, 'b': 2}
        second = {'a': {'y': 2, 'l': [2], 's': 'b'}, 'b': None}
        found = self.merged(env('deep_merge', j=first), env('deep_merge', j=second))
        self.assertEqual({'a': {'x': 1, 'l': [1, 2], 's': 'ab', 'y': 2}, 'b': 2}, found['j'])
        self.assertEqual({'x': 1, 'l': [1], 's': 'a'}, first['a'])

    def test_which_strategy(self) -> None:
        self.assertEqual('b', self.merged(env(s='a'), env(s='b'))['s'])
        found = self.merged(
            env({'s': 'merge', 'default': 'overwrite'}, s='a', n=1),
            env({'s': 'merge'}, s='b', n=2),
        )
        self.assertEqual({'s': 'ab', 'n': 2}, found)
        # What a file says nothing of is as another has said.
        self.assertEqual('ab', self.merged(env('merge', s='a'), env(s='b'))['s'])

    def test_what_cannot_be_merged(self) -> None:
        for path, first, second in (
            ('1.parameters.b', env('merge', b=True), env('merge', b=False)),
            ('1.parameters.j', env('merge', j={'a': 1}), env('merge', j='[')),
            ('1.parameters.l', env('merge', l='a'), env('merge', l=['b'])),
            ('1.parameters.n', env('merge', n='1'), env('merge', n=2)),
            ('1.parameters.n', env('merge', n={'a': 1}), env('merge', n=2)),
            ('1.parameters.n', env('merge', n=1), env('merge', n=True)),
            ('1.parameters.s', env('merge', s={'a': 1}), env('merge', s='b')),
            ('1.parameters.s', env('merge', s='a'), env({'s': 'deep_merge'}, s='b')),
        ):
            error = self.raised(errors.InvalidSection, self.merged, first, second)
            self.assertEqual(path, error.path)

    def test_section_that_is_none(self) -> None:
        for path, section in (
            ('parameter_merge_strategies', 'merge'),
            ('parameter_merge_strategies.s', {'s': 'together'}),
        ):
            error = self.raised(
                errors.InvalidSection,
                environment.validate,
                {'parameter_merge_strategies': section},
            )
            self.assertEqual(path, error.path)
        self.assertNotIn('parameter_merge_strategies', environment.validate(env('merge')))
