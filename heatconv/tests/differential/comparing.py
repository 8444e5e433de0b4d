"""Tests that need Heat's own code."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache

import testtools
from testtools.content import text_content

from heatconv.tests.differential.case import Case
from heatconv.tests.differential.heat_side import ABSENT, HeatSide


@cache
def _heat() -> HeatSide:
    """Load Heat once for all tests of a process: it takes seconds."""
    return HeatSide()


class Compared(testtools.TestCase):
    """Skips its tests where Heat is not installed."""

    def setUp(self) -> None:
        super().setUp()
        if ABSENT:
            self.skipTest(ABSENT)
        self.heat = _heat()

    @contextlib.contextmanager
    def about(self, case: Case) -> Iterator[None]:
        """Say which case it is about, if something fails in it."""
        try:
            yield
        except Exception as error:
            error.add_note(str(case))
            raise

    def note(self, text: str) -> None:
        """Attach a text to the result."""
        self.addDetail('note', text_content(text))
