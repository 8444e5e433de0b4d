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

import pickle

import testtools

from heatconv.hot import suggest
from heatconv.hot.errors import InvalidProperty, TemplateError


class ErrorTest(testtools.TestCase):
    def test_text(self) -> None:
        self.assertEqual('a.b: wrong (fix)', str(TemplateError('wrong', 'a.b', 'fix')))
        self.assertEqual('wrong', str(TemplateError('wrong')))

    def test_path_grows_at_its_front(self) -> None:
        error = TemplateError('wrong')
        error.under(0)
        error.under('a', 'b')
        error.under('')
        self.assertEqual('a.b.0', error.path)

    def test_names_are_cut(self) -> None:
        error = TemplateError('wrong')
        error.under('x' * 10_000)
        self.assertEqual(255, len(error.path))

    def test_travels(self) -> None:
        error = InvalidProperty('wrong', 'b', 'fix')
        error.under('a')
        self.assertEqual('a.b: wrong (fix)', str(pickle.loads(pickle.dumps(error))))  # noqa: S301


class SuggestionTest(testtools.TestCase):
    def test_close(self) -> None:
        self.assertEqual(
            "did you mean 'server'?", suggest.suggestion('sevrer', ['volume', 'server'])
        )
        self.assertEqual("did you mean 'server'?", suggest.suggestion('SERVER', ['a', 'server']))

    def test_none_close(self) -> None:
        self.assertEqual('use one of a, b', suggest.suggestion('xyz', ['b', 'a']))
        self.assertEqual('use a', suggest.suggestion('xyz', ['a']))
        self.assertEqual('', suggest.suggestion('xyz', []))

    def test_many_are_cut(self) -> None:
        remedy = suggest.suggestion('x', [f'name{number:07}' for number in range(200_000)])
        self.assertIn('name0000019, ...', remedy)
        self.assertNotIn('name0000020', remedy)

    def test_found_among_many(self) -> None:
        names = [f'{number:020}' for number in range(100_000)] + ['server']
        self.assertEqual("did you mean 'server'?", suggest.suggestion('serer', names))
