"""The faults that exploration must find are faults of the code as it is."""

from __future__ import annotations

import pathlib

import testtools

from heatconv.tests.mutants.catalogue import MUTANTS

ROOT = pathlib.Path(__file__).parents[3]


class CatalogueTest(testtools.TestCase):
    def test_each_can_be_put_in_at_one_place(self) -> None:
        stale = []
        for mutant in MUTANTS:
            source = ROOT / (mutant.module.replace('.', '/') + '.py')
            if source.read_text().count(mutant.old) != 1:
                stale.append(mutant.name)
        self.assertEqual([], stale)
