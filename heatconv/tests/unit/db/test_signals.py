"""Signals of several threads in one transaction: none is lost, and none counts twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import testtools

from heatconv.convergence.model import Action, Event, Status
from heatconv.db import signals
from heatconv.db.records import DatabaseRecords
from heatconv.resources import records as record_limits
from heatconv.resources.records import Signal
from heatconv.storage.base import CommitUnknown, StoreUnavailable
from heatconv.tests import databases
from heatconv.tests.quiet import Quiet
from heatconv.tests.together import together


def event(signal: Signal) -> Event:
    return Event('stack', 'handle', 'type', None, Action.SIGNAL, Status.COMPLETE, signal.reason)


class GroupCommitTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.useFixture(Quiet())
        self.database = self.useFixture(databases.SqliteDatabase())
        self.records = DatabaseRecords(self.database.database)

    def add(self, signal_id: str | None = None, data: Any = None) -> Signal:
        return self.records.add_signal('t', signal_id, 'SUCCESS', None, data, event)

    def once(self, before: Callable[[], None], after: Callable[[], None]) -> None:
        """Let something happen before or after the first transaction."""
        save, calls = self.records._save_once, iter([True])

        def saved(group: Any, exact: bool) -> None:
            first = next(calls, False)
            if first:
                before()
            save(group, exact)
            if first:
                after()

        self.records._save_once = saved  # type: ignore[method-assign]

    @staticmethod
    def away() -> None:
        raise CommitUnknown('the connection is lost')

    def test_commit_without_an_answer_is_not_repeated(self) -> None:
        self.once(lambda: None, self.away)
        self.assertEqual('1', self.add(data='x').id)
        self.assertEqual(['x'], [one.data for one in self.records.signals('t')])

    def test_commit_that_was_not_made_is_repeated(self) -> None:
        self.once(self.away, lambda: None)
        self.assertEqual('1', self.add(data='x').id)
        self.assertEqual(['x'], [one.data for one in self.records.signals('t')])

    def test_database_that_stays_away(self) -> None:
        def save(group: Any, exact: bool) -> None:
            self.away()

        self.records._save_once = save  # type: ignore[method-assign]
        self.assertRaises(StoreUnavailable, self.add)
        self.assertEqual([], self.records.signals('t'))

    def together(self, *adds: Callable[[], Any]) -> list[Any]:
        """Add signals in one transaction: they queue up while another thread commits."""
        return together(self.records._gathering, adds)

    def test_one_transaction_for_all(self) -> None:
        groups: list[int] = []
        save = self.records._save_once

        def saved(group: Any, exact: bool) -> None:
            groups.append(len(group))
            save(group, exact)

        self.records._save_once = saved  # type: ignore[method-assign]
        results = self.together(*[self.add] * 5)
        self.assertEqual([5], groups)
        self.assertEqual(list('12345'), sorted(one.id for one in results))
        self.assertEqual(5, len(self.records.signals('t')))

    def test_fault_of_one_does_not_fail_the_others(self) -> None:
        def broken(signal: Signal) -> Event:
            raise ValueError('no event')

        def bad() -> Any:
            return self.records.add_signal('t', 'bad', 'SUCCESS', None, None, broken)

        results = self.together(lambda: self.add('a'), bad, lambda: self.add('b'))
        errors = [one for one in results if isinstance(one, Exception)]
        self.assertEqual(['no event'], [str(error) for error in errors])
        self.assertEqual({'a', 'b'}, {one.id for one in self.records.signals('t')})

    def test_default_id_that_many_signals_have_taken(self) -> None:
        for number in range(2, 30):
            self.add(str(number))
        self.assertEqual('1', self.add('1').id)
        self.records.add_signal('u', '2', 'SUCCESS', None, None)
        self.assertEqual('30', self.add().id)
        taken = [str(number) for number in range(2, 12)]
        for one in taken:
            self.records.add_signal('v', one, 'SUCCESS', None, None)
        for _ in range(3):
            self.records.add_signal('v', None, 'SUCCESS', None, None)
        self.assertEqual(13, len({one.id for one in self.records.signals('v')}))

    def exactness(self) -> list[bool]:
        """Return a list to which each transaction adds whether it read all ids."""
        exact_ones: list[bool] = []
        save = self.records._save_once

        def saved(group: Any, exact: bool) -> None:
            exact_ones.append(exact)
            save(group, exact)

        self.records._save_once = saved  # type: ignore[method-assign]
        return exact_ones

    def test_default_id_that_is_taken_needs_no_second_transaction(self) -> None:
        self.add('2')
        transactions = self.exactness()
        self.assertEqual('3', self.add().id)
        self.assertEqual([False], transactions)

    def test_taken_default_id_of_the_second_signal_needs_no_second_transaction(self) -> None:
        self.add('3')
        transactions = self.exactness()
        self.assertEqual({'2', '4'}, {one.id for one in self.together(self.add, self.add)})
        self.assertEqual([False], transactions)

    def test_few_ids_are_read(self) -> None:
        for number in range(50):
            self.add(f's{number}')
        group = [
            signals._Pending('t', signal_id, 'SUCCESS', None, None, None, 'e')
            for signal_id in (None, 's7')
        ]
        with self.records.database.batch() as script:
            some = signals._present(script, group, False)['t']
            all_ = signals._present(script, group, True)['t']
        self.assertEqual((50, ['s7']), (len(some), list(some)))
        self.assertEqual(50, len(list(all_)))

    def test_default_ids_in_a_transaction_count_those_before(self) -> None:
        def add(signal_id: str | None) -> Callable[[], Signal]:
            return lambda: self.add(signal_id)

        transactions = self.exactness()
        self.together(add('a'), add('b'), add('b'), add(None), add(None))
        self.assertEqual([False], transactions)
        self.assertEqual(['a', 'b', '3', '4'], [signal.id for signal in self.records.signals('t')])

    def test_number_of_signals_is_bounded(self) -> None:
        self.patch(record_limits, 'MOST_SIGNALS', 3)
        for _ in range(3):
            self.add()
        error = self.assertRaises(ValueError, self.add)
        self.assertIn('3 signals at most', str(error))
        # One that replaces another is taken.
        self.assertEqual('new', self.add('1', 'new').data)
        self.assertEqual(3, len(self.records.signals('t')))
