"""The contents that are cached for nested stacks."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.engine import nested_reads
from heatconv.engine.nested_reads import NestedReads
from heatconv.tests.unit.engine.parts import Parts, template, thing


class KeepTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.reads = NestedReads(Parts().store)

    def kept(self, content: Any, length: int = 0) -> int:
        """Cache a content under ten ids; return how many of them are found then."""
        for number in range(10):
            self.reads.keep(str(number), content, length)
        return sum(bool(self.reads.content(str(number))) for number in range(10))

    def test_small_ones(self) -> None:
        self.assertEqual(10, self.kept({'template': template({'a': thing()})}))

    def test_long_ones(self) -> None:
        long = {'template': template({'a': thing('x' * nested_reads.LENGTH)})}
        self.assertEqual(nested_reads.KEPT, self.kept(long))

    def test_length_that_is_known(self) -> None:
        content = {'template': template({'a': thing()})}
        self.assertEqual(nested_reads.KEPT, self.kept(content, nested_reads.LENGTH + 1))

    def test_many_resources(self) -> None:
        many = {f'r{number}': thing() for number in range(nested_reads.SMALL + 1)}
        self.assertEqual(nested_reads.KEPT, self.kept({'template': template(many)}))
