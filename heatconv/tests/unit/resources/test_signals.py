"""Signals are kept in order, by whoever takes them, and none gets lost."""

from __future__ import annotations

import threading
from typing import Any

import testtools

from heatconv.convergence.model import Action, Event, Status
from heatconv.db.records import DatabaseRecords
from heatconv.db.store import DatabaseStore
from heatconv.resources.plugin import Resource
from heatconv.resources.records import MemoryRecords, Signal
from heatconv.resources.wait_condition import WaitConditionHandle
from heatconv.runtime.ports import SystemClock, SystemIds
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

    def test_default_ids_count_the_signals_that_are_there(self) -> None:
        for given, expected in (('a', 'a'), ('a', 'a'), (None, '2'), ('4', '4'), (None, '5')):
            added = self.records.add_signal('t', given, 'SUCCESS', None, None)
            self.assertEqual(expected, added.id)

    def test_default_reason_counts_the_signals(self) -> None:
        for given, reason in (('2', 1), ('x', 2), (None, 3), ('x', 4)):
            added = self.records.add_signal('t', given, 'SUCCESS', None, None)
            self.assertEqual(  # type: ignore[attr-defined]
                f'Signal {reason} received', added.reason
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


class ToldTest(testtools.TestCase):
    """A signal and the event that tells of it are kept together, or neither is."""

    def setUp(self) -> None:
        super().setUp()
        database = self.useFixture(databases.SqliteDatabase()).database
        self.records = DatabaseRecords(database)
        self.store = DatabaseStore(database, SystemClock(), SystemIds())
        self.plugin = WaitConditionHandle(self.records, SystemClock())
        self.resource = Resource('t', 'H', 'OS::Heat::WaitConditionHandle', 's', 'stack', 'p')

    def told(self, reason: str) -> Event:
        return Event('s', 'H', 'Type', 't', Action.SIGNAL, Status.COMPLETE, reason)

    def test_in_one_transaction(self) -> None:
        self.assertIsNone(self.plugin.take_signal(self.resource, {'reason': 'why'}, self.told))
        self.assertEqual(1, len(self.records.signals('t')))
        events = [one.event for one in self.store.events('s')]
        self.assertEqual([self.told('status:SUCCESS reason:why')], events)

    def test_who_dies_in_between_has_kept_neither(self) -> None:
        def dies(reason: str) -> Event:
            raise OSError('the process dies here')

        self.assertRaises(OSError, self.plugin.take_signal, self.resource, {}, dies)
        self.assertEqual(([], []), (self.records.signals('t'), self.store.events('s')))
