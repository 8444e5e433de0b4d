"""Signals are kept in order, by whoever takes them, and none gets lost."""

from __future__ import annotations

import threading
from typing import Any

import testtools

from heatconv.db.records import DatabaseRecords
from heatconv.resources.records import MemoryRecords, Signal
from heatconv.tests import databases


class SignalsContract:
    records: Any

    def test_in_order(self) -> None:
        self.records.add_signal('t', 'b', 'SUCCESS', 'why', {'x': [1, None]})
        self.records.add_signal('t', None, 'FAILURE', None, None)
        self.records.add_signal('u', None, 'SUCCESS', None, 1)
        self.assertEqual(  # type: ignore[attr-defined]
            [
                Signal('b', 'SUCCESS', 'why', {'x': [1, None]}),
                Signal('2', 'FAILURE', 'Signal 2 received'),
            ],
            self.records.signals('t'),
        )
        self.records.drop_signals('t')
        self.assertEqual([], self.records.signals('t'))  # type: ignore[attr-defined]
        self.assertEqual(1, len(self.records.signals('u')))  # type: ignore[attr-defined]

    def test_same_id_takes_its_place(self) -> None:
        self.records.add_signal('t', 'a', 'SUCCESS', None, 1)
        self.records.add_signal('t', 'a', 'SUCCESS', None, 2)
        self.assertEqual(  # type: ignore[attr-defined]
            [2], [one.data for one in self.records.signals('t')]
        )

    def test_many_at_once(self) -> None:
        threads = [
            threading.Thread(
                target=self.records.add_signal, args=('t', None, 'SUCCESS', None, number)
            )
            for number in range(8)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual(  # type: ignore[attr-defined]
            list(range(8)), sorted(one.data for one in self.records.signals('t'))
        )


class MemorySignalsTest(SignalsContract, testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.records = MemoryRecords()


class SqliteSignalsTest(SignalsContract, testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.records = DatabaseRecords(self.useFixture(databases.SqliteDatabase()).database)
