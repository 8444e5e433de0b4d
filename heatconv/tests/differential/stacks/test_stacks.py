"""Stacks as Heat's engine makes them and as heatconv does.

``HEATCONV_TEST_STACKS`` says how many are made up, or which: ``200``, or ``700-800``.
"""

from __future__ import annotations

import logging
import os

import fixtures
import testtools
from testtools import matchers
from testtools.content import text_content

from heatconv.tests.differential.heat_side import ABSENT
from heatconv.tests.differential.stacks.comparing import Comparison, report
from heatconv.tests.differential.stacks.deliberate import DELIBERATE
from heatconv.tests.differential.stacks.generator import history
from heatconv.tests.differential.stacks.written import alike, deliberate

_DEFAULT = '40'
#: How many histories are shown.
_SHOWN = 5
#: The deliberate differences, and those of them that many a history shows beside its own.
_NAMES = {one.name for one in DELIBERATE}
_ANYWHERE = {'attributes of groups are shown', 'a replacement is no update'}


def _seeds() -> range:
    first, _, last = os.environ.get('HEATCONV_TEST_STACKS', _DEFAULT).rpartition('-')
    return range(int(first or 0), int(last))


class StacksTestCase(testtools.TestCase):
    """Skips its tests where Heat is not installed."""

    def setUp(self) -> None:
        super().setUp()
        if ABSENT:
            self.skipTest(ABSENT)
        self.useFixture(fixtures.FakeLogger(level=logging.CRITICAL))
        self.comparison = Comparison()


class MadeUpTest(StacksTestCase):
    def test_we_do_as_heat_does(self) -> None:
        wrong: list[str] = []
        for seed in _seeds():
            made = history(seed)
            found = self.comparison.differences(made)
            if found:
                wrong.append(report(made, found))
        seen = self.comparison.seen
        self.addDetail('seen', text_content(str(dict(seen))))
        shown = '\n\n'.join(wrong[:_SHOWN])
        self.assertEqual(0, len(wrong), f'{len(wrong)} of {len(_seeds())} differ:\n{shown}')
        # Most of them must succeed, or refusals would be all that is compared.
        succeeded = seen['CREATE_COMPLETE'] + seen['UPDATE_COMPLETE']
        self.assertThat(succeeded, matchers.GreaterThan(len(_seeds())))


class WrittenTest(StacksTestCase):
    def test_what_is_meant_to_differ_does(self) -> None:
        wrong = []
        for one in deliberate():
            self.comparison.seen.clear()
            found = self.comparison.differences(one)
            if found:
                wrong.append(report(one, found))
            elif not self.comparison.seen[one.name]:
                wrong.append(f'{one.name!r} is like Heat now: take it off the list')
        self.assertEqual(0, len(wrong), '\n\n'.join(wrong))

    def test_what_was_mended_is_alike(self) -> None:
        wrong = []
        for one in alike():
            self.comparison.seen.clear()
            found = self.comparison.differences(one)
            if found:
                wrong.append(report(one, found))
            explained = (_NAMES - _ANYWHERE) & set(self.comparison.seen)
            if explained:
                wrong.append(f'{one.name!r} is explained by {explained}')
        self.assertEqual(0, len(wrong), '\n\n'.join(wrong))


class ListTest(testtools.TestCase):
    def test_every_deliberate_difference_has_a_case(self) -> None:
        named = {one.name for one in deliberate()}
        self.assertEqual({one.name for one in DELIBERATE}, named)
