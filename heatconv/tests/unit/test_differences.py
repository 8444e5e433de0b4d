"""The documentation lists every deliberate difference from Heat."""

from __future__ import annotations

import testtools

from heatconv.tests.differential import differences


class TablesTest(testtools.TestCase):
    def test_tables_are_those_of_the_lists(self) -> None:
        if not differences.PAGE.exists():
            self.skipTest('not in a source tree')
        text = differences.PAGE.read_text()
        for name in differences.LISTS:
            self.assertIn(
                differences.table(name),
                text,
                'run python -m heatconv.tests.differential.differences',
            )

    def test_every_difference_is_listed(self) -> None:
        for name, listed in differences.LISTS.items():
            table = differences.table(name)
            for one in listed:
                self.assertIn(f'   * - {one.name}\n', table)
