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

from heatconv.hot.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    Length,
    Modulo,
    Range,
)
from heatconv.hot.errors import InvalidParameter, InvalidProperty
from heatconv.tests.unit.hot.raising import TemplateTestCase


class ConstraintTest(TemplateTestCase):
    def right(self, constraint: Constraint, *values: Any) -> None:
        for value in values:
            constraint.check(value)

    def wrong(self, constraint: Constraint, telling: str, *values: Any) -> None:
        for value in values:
            self.assert_wrong(InvalidProperty, 'a.b', telling, constraint.check, value, 'a.b')

    def test_length(self) -> None:
        both = Length(1, 2)
        self.right(both, 'a', 'ab', [1], {'a': 1, 'b': 2})
        self.wrong(both, 'the length must be from 1 to 2, not 3', 'abc', [1, 2, 3])
        self.wrong(both, 'not 0', '', [], {})
        self.wrong(both, 'it must have a length, but a number has none', 1)
        self.wrong(Length(min=2), 'of at least 2', 'a')
        self.wrong(Length(max=2), 'of at most 2', 'abc')
        self.right(Length(min=2), 'a' * 99)
        self.right(Length(max=2), '')

    def test_range(self) -> None:
        self.right(Range(1, 3), 1, 3, 1.5)
        self.wrong(Range(1, 3), 'a number from 1 to 3', 0, 4, 3.1, '2')
        self.wrong(Range(-1), 'a number of at least -1', -2)
        self.right(Range(-1), -1, 10**20)
        self.wrong(Range(max=0), 'of at most 0', 1)

    def test_modulo(self) -> None:
        self.right(Modulo(10, 3), 3, 13, -7)
        self.right(Modulo(-10, -3), -3, 7)
        self.wrong(Modulo(10, 3), 'a multiple of 10, plus 3', 10, 4, '3')
        for step, offset in ((0, 0), (2, 2), (3, -1), (-3, 1), (-3, -3)):
            self.raised(ValueError, Modulo, step, offset)

    def test_allowed_values(self) -> None:
        self.right(AllowedValues(('a', 'b')), 'a', ['a', 'b'], [])
        self.wrong(AllowedValues(('a', 'b')), 'it must be one of a, b', 'c', ['a', 'c'], {}, None)
        self.wrong(AllowedValues(('a',)), 'it must be a', 'c')
        self.right(AllowedValues((1,)), 1, 1.0)
        self.wrong(AllowedValues((1,)), 'it must be 1', True)
        self.wrong(AllowedValues((True,)), 'it must be True', 1)

    def test_allowed_pattern(self) -> None:
        self.right(AllowedPattern('[a-z]+'), 'abc')
        self.wrong(AllowedPattern('[a-z]+'), 'it must match the pattern [a-z]+', 'abC', 'Abc', 1)
        self.wrong(AllowedPattern('a*'), 'longer than 4096', 'a' * 5000)
        self.raised(ValueError, AllowedPattern, '(')

    def test_description_of_the_template(self) -> None:
        error = self.assert_wrong(
            InvalidProperty, '', 'only Unicorns', Range(1, 2, 'only Unicorns').check, 3
        )
        self.assertEqual('only Unicorns', error.message)

    def test_kind_of_error(self) -> None:
        self.assert_wrong(
            InvalidParameter, '', 'at least 1', Range(1).check, 0, error=InvalidParameter
        )

    def test_never_tells_the_value(self) -> None:
        for constraint in (
            Length(1, 2),
            Range(1),
            Modulo(2),
            AllowedValues(('a',)),
            AllowedPattern('a'),
        ):
            error = self.raised(InvalidProperty, constraint.check, 'sesame')
            self.assertNotIn('sesame', str(error))

    def test_equality(self) -> None:
        self.assertEqual(AllowedPattern('a'), AllowedPattern('a'))
        self.assertNotEqual(AllowedPattern('a'), AllowedPattern('b'))
        self.assertEqual(hash(AllowedValues(('a',))), hash(AllowedValues(('a',))))
