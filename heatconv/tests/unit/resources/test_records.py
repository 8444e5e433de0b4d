"""Drafts of records save exactly what has changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import testtools

from heatconv.resources.records import Draft, MemoryRecords, Record, Writes


class Saved(MemoryRecords):
    """Records that remember what a draft saves: the tokens added, replaced and removed."""

    saves: tuple[list[str], list[str], list[str]] | None = None

    def save(
        self, added: Sequence[Record], replaced: Sequence[Record], removed: Sequence[str]
    ) -> bool:
        self.saves = (
            [record.token for record in added],
            [record.token for record in replaced],
            list(removed),
        )
        return super().save(added, replaced, removed)


def record(token: str, value: int = 0) -> Record:
    return Record(token, 'Type', token, {'value': value})


class DraftTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.records = Saved()
        for token in 'abc':
            self.records.add(record(token))
        self.draft = Draft(self.records, 'abc', 'z')

    def test_nothing_has_changed(self) -> None:
        self.assertTrue(self.draft.finish())
        self.assertIsNone(self.records.saves)
        for token in 'abx':
            self.assertIsNone(self.draft.take(token))

    def test_each_change_is_saved_once(self) -> None:
        self.draft.add(record('d'))
        self.draft.add(record('a', 1))
        self.draft.replace(record('b', 1))
        self.draft.replace(record('x', 1))
        for token in 'cyz':
            self.draft.remove(token)
        self.assertTrue(self.draft.finish())
        self.assertEqual((['d'], ['b'], ['c', 'z']), self.records.saves)
        self.assertEqual([record('a'), record('b', 1), record('d')], self.records.all())

    def test_added_and_removed_leaves_nothing(self) -> None:
        self.draft.add(record('d'))
        self.draft.remove('d')
        self.assertIsNone(self.draft.take('d'))
        self.assertTrue(self.draft.finish())
        self.assertIsNone(self.records.saves)

    def test_writes_of_one_record(self) -> None:
        self.draft.add(record('d'))
        changed = dataclasses.replace(record('b'), state={'x': 1})
        self.draft.replace(changed)
        self.draft.remove('c')
        self.draft.remove('z')
        self.assertEqual(Writes(added=(record('d'),)), self.draft.take('d'))
        self.assertEqual(Writes(replaced=(changed,)), self.draft.take('b'))
        self.assertEqual(Writes(removed=('c',)), self.draft.take('c'))
        self.assertEqual(Writes(removed=('z',)), self.draft.take('z'))
        # They are forgotten.
        for token in 'abcdz':
            self.assertIsNone(self.draft.take(token))
        self.assertTrue(self.draft.finish())
        self.assertIsNone(self.records.saves)

    def test_record_that_another_process_has_added(self) -> None:
        self.draft.add(record('d', 1))
        self.records.add(record('d', 2))
        self.assertFalse(self.draft.finish())
        self.assertEqual(record('d', 2), self.records.get('d'))
