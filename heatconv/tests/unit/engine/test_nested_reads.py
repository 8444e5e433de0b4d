"""The contents of nested stacks that are kept: many small ones, and few large ones."""

from __future__ import annotations

from typing import Any

from heatconv.engine.nested_reads import KEPT, KEPT_SMALL, LENGTH, SMALL, NestedReads
from heatconv.tests.unit.engine.parts import EngineTestCase


class NestedReadsTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.reads = NestedReads(self.store)
        self.read: list[str] = []
        template = self.store.template

        def counted(template_id: str) -> Any:
            self.read.append(template_id)
            return template(template_id)

        self.store.template = counted

    def saved(self, count: int, **sections: Any) -> list[str]:
        contents = [
            {'template': {'description': str(number)}, **sections} for number in range(count)
        ]
        return [self.store.save_template(content) for content in contents]

    def read_twice(self, ids: list[str]) -> int:
        """Return how many contents are read again when all are read a second time."""
        for key in ids:
            self.reads.content(key)
        self.read.clear()
        for key in ids:
            self.assertIn('template', self.reads.content(key))
        return len(self.read)

    def test_many_small_contents_are_kept(self) -> None:
        self.assertEqual(0, self.read_twice(self.saved(KEPT_SMALL)))
        self.assertEqual(0, self.read_twice(self.saved(KEPT, files={'f': 'x' * LENGTH})))
        many = self.saved(KEPT + 1, files={str(number): '' for number in range(SMALL + 1)})
        self.assertEqual(KEPT + 1, self.read_twice(many))

    def test_few_long_contents_are_kept(self) -> None:
        """They would otherwise take a thousand times as much memory as they may have."""
        for sections in ({'files': {'f': 'x' * LENGTH}}, {'environment': {'x': 'x' * LENGTH}}):
            self.assertEqual(KEPT + 1, self.read_twice(self.saved(KEPT + 1, **sections)))

    def test_long_contents_that_are_read_ahead(self) -> None:
        ids = self.saved(3 * KEPT, files={'f': 'x' * LENGTH})
        with self.reads.ahead({'s1', 's2'}, ids):
            self.assertEqual(sorted(ids), sorted(self.read))
            for key in ids:
                self.assertIn('files', self.reads.content(key))
            self.assertEqual(len(ids), len(self.read), 'none is read again')
        self.reads.content(ids[0])
        self.assertEqual(len(ids) + 1, len(self.read), 'they are not kept afterwards')
