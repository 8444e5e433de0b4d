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

import itertools
import re
import time

from hypothesis import given
from hypothesis import strategies as st

from heatconv.hot.patterns import Pattern, PatternError
from heatconv.tests.unit.hot.raising import TemplateTestCase

PATTERNS = (
    'abc',
    'a|b|',
    'a*',
    'a+b?',
    '(ab)*',
    '(a|b){2,3}',
    'a{2}',
    'a{2,}',
    '[a-c]+',
    '[^a]',
    '.',
    r'\d+',
    r'\w*\W',
    r'\s',
    r'\S\D',
    '^a$',
    'a$',
    r'\ba\b',
    r'a\B',
    r'\Aa\Z',
    '(?i)aB',
    '(?i)[^a]',
    '(?s).',
    '(?:a(?=b))b',
    '(?!a).*',
    '(?=.*b)(?=.*a)[ab1]+',
    'a*?b',
    '(a*)*b',
    '((a|ab)(c|bcd))',
    '(?x) a  b',
    '(?P<n>a)b',
    '[A-Z][a-z]*',
    '',
    '(?i:a)b',
    '(|a)+b',
    'a^b',
    'a(?!)|b',
    'a(?=)b',
)


class PatternTest(TemplateTestCase):
    def test_is_fullmatch_of_all_short_texts(self) -> None:
        texts = [
            ''.join(letters)
            for length in range(4)
            for letters in itertools.product('abAB1 \n_-', repeat=length)
        ]
        for pattern in PATTERNS:
            ours, theirs = Pattern(pattern), re.compile(pattern)
            for text in texts:
                if ours.matches(text) != (theirs.fullmatch(text) is not None):
                    self.fail(f'{pattern!r} {text!r}')

    @given(st.sampled_from(PATTERNS), st.text('abcdAB1 _\n-', max_size=8))
    def test_is_fullmatch(self, pattern: str, text: str) -> None:
        self.assertEqual(re.fullmatch(pattern, text) is not None, Pattern(pattern).matches(text))

    @given(st.sampled_from(PATTERNS), st.text(max_size=4))
    def test_is_fullmatch_of_anything(self, pattern: str, text: str) -> None:
        self.assertEqual(re.fullmatch(pattern, text) is not None, Pattern(pattern).matches(text))

    def test_catastrophes_take_no_time(self) -> None:
        start = time.monotonic()
        for pattern in ('(a+)+$', '(a|a)*b', '(a|aa)+$', 'a*a*a*a*a*b', '(.*)*x', '(a?){50}a{50}'):
            try:
                self.assertFalse(Pattern(pattern).matches('a' * 4000 + '!'))
            except PatternError as error:
                self.assertIn('too long to match', str(error))
        self.assertLess(time.monotonic() - start, 10)

    def test_costly_lookahead_is_stopped(self) -> None:
        error = self.raised(PatternError, Pattern('((?=.*b)[ab])*').matches, 'a' * 4000 + 'b')
        self.assertIn('takes too long', str(error))

    def test_limits(self) -> None:
        for telling, pattern in (
            ('longer than 1024', 'a' * 1025),
            ('too large', '((a{100}){100}){100}'),
            ('too large', '(){100}' * 100),
            ('nested', '(' * 100 + ')' * 100),
        ):
            error = self.raised(PatternError, Pattern, pattern)
            self.assertIn(telling, str(error))
        error = self.raised(PatternError, Pattern('a*').matches, 'a' * 4097)
        self.assertIn('longer than 4096', str(error))
        self.assertTrue(Pattern('a*').matches('a' * 4096))

    def test_not_supported(self) -> None:
        for pattern in (
            r'(a)\1',
            '(?<=a)b',
            '(?<!a)b',
            '(?>a)',
            'a*+',
            '(?m)a',
            '(?a)a',
            '(?a:a)',
            '(a)(?(1)b)',
        ):
            error = self.raised(PatternError, Pattern, pattern)
            self.assertIn('not supported', str(error))

    def test_no_expression(self) -> None:
        for pattern in ('(', '[', '*', '(?z)', 'a{2,1}'):
            error = self.raised(PatternError, Pattern, pattern)
            self.assertIn('no regular expression', str(error))

    @given(st.text('ab()[]{}|*+?\\.^$1,=!:<', max_size=20))
    def test_only_pattern_errors(self, pattern: str) -> None:
        try:
            Pattern(pattern).matches('ab1')
        except PatternError:
            pass
