"""Plugins that act on many resources at once do for each what they would do for it alone."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.convergence.model import Reality, Verb
from heatconv.resources.plugin import Plugin, PluginCall, Resource
from heatconv.resources.records import MemoryRecords, Record
from heatconv.resources.test_resource import TestResource
from heatconv.sim.moves import SimClock
from heatconv.tests import databases


class Counting:
    """Counts what records are asked."""

    def __init__(self, records: Any) -> None:
        self._records = records
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self._records, name)


def asked(verb: Verb, *tokens: str, changed: Any = (), **properties: Any) -> list[PluginCall]:
    return [
        PluginCall(
            verb,
            Resource(token, token, 'Type', 's', 'stack', 'p', {'value': token, **properties}),
            changed,
        )
        for token in tokens
    ]


class BulkTest(testtools.TestCase):
    def records(self) -> Any:
        return MemoryRecords()

    def setUp(self) -> None:
        super().setUp()
        self.counting = Counting(self.records())
        self.plugin = TestResource(self.counting, SimClock())

    def realities(self, what: list[PluginCall]) -> list[Any]:
        return [
            type(seen) if isinstance(seen, Exception) else seen.reality
            for seen in self.plugin.perform(what)
        ]

    def test_many_are_created_by_one_write(self) -> None:
        self.assertEqual(['ready'] * 3, self.realities(asked(Verb.CREATE, 'a', 'b', 'c')))
        self.assertEqual(['save'], self.counting.asked)
        self.assertEqual(['a', 'b', 'c'], [one.token for one in self.counting.all()])

    def test_what_is_there_already_is_found_and_not_made_again(self) -> None:
        self.plugin.perform(asked(Verb.CREATE, 'b'))
        seen = self.plugin.perform(asked(Verb.CREATE, 'a', 'b', 'c', wait_secs=5))
        self.assertEqual(
            [Reality.PENDING, Reality.READY, Reality.PENDING],
            [one.reality for one in seen],  # type: ignore[union-attr]
        )

    def test_one_that_fails_harms_no_other(self) -> None:
        what = [*asked(Verb.CREATE, 'a'), *asked(Verb.CREATE, 'b', fail=True)]
        self.assertEqual(['ready', ValueError], self.realities(what))
        self.assertEqual(['a'], [one.token for one in self.counting.all()])

    def test_what_goes_at_once_is_not_read_first(self) -> None:
        self.plugin.perform(asked(Verb.CREATE, 'a', 'b'))
        del self.counting.asked[:]
        self.assertEqual(['absent'] * 3, self.realities(asked(Verb.DELETE, 'a', 'b', 'gone')))
        self.assertEqual(['save'], self.counting.asked)
        self.assertEqual([], self.counting.all())

    def test_update_and_delete(self) -> None:
        self.plugin.perform(asked(Verb.CREATE, 'a', 'b'))
        seen = self.plugin.perform(asked(Verb.UPDATE, 'a', 'b', changed=['value'], wait_secs=1))
        self.assertEqual([1, 1], [one.properties['wait_secs'] for one in seen])  # type: ignore
        going = asked(Verb.DELETE, 'a', 'b', wait_secs=1)
        self.assertEqual(['pending'] * 2, self.realities(going))
        self.plugin.clock.time += 2  # type: ignore[attr-defined]
        self.assertEqual(['absent'] * 2, self.realities(asked(Verb.OBSERVE, 'a', 'b')))
        self.assertEqual([], self.counting.all())

    def test_update_of_what_is_gone_makes_nothing(self) -> None:
        self.assertEqual(['absent'], self.realities(asked(Verb.UPDATE, 'a')))
        self.assertEqual([], self.counting.all())

    def test_outcome_of_a_plugin_that_knows_no_bulk(self) -> None:
        class Half(Plugin):
            def create(self, resource: Resource) -> None:
                if resource.token == 'b':
                    raise OSError('no')

            def observe(self, resource: Resource) -> Any:
                return resource.token

        seen = Half().perform(asked(Verb.CREATE, 'a', 'b'))
        self.assertEqual(('a', OSError), (seen[0], type(seen[1])))
        self.assertEqual(1, Half.bulk)


class DatabaseBulkTest(BulkTest):
    """The same on a database."""

    def records(self) -> Any:
        from heatconv.db.records import DatabaseRecords

        return DatabaseRecords(self.useFixture(databases.SqliteDatabase()).database)

    def test_words_that_are_no_plain_text(self) -> None:
        odd = Record('t', 'Type', 'id', {'value': 'é\x00\ud800"\\'}, {})
        self.counting.save([odd], [], [])
        self.assertEqual({'t': odd}, self.counting.some(['t', 'u']))
