"""What plugins of the store's own types do is written by the commit that tells of it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from oslo_context import context

from heatconv import effects
from heatconv.convergence.model import Action, NodeKey, Status, Verb
from heatconv.convergence.step import Call, Commit, Outcome
from heatconv.db.records import DatabaseRecords
from heatconv.db.store import DatabaseStore
from heatconv.effects import Task
from heatconv.resources.records import Record, Writes
from heatconv.tests.databases import SqliteDatabase
from heatconv.tests.unit.convergence.rows import row
from heatconv.tests.unit.engine.parts import ACTION_TIMEOUT, EngineTestCase, Parts, thing
from heatconv.worker.loop import Lane, Loop
from heatconv.worker.performer import PluginPerformer

PATIENCE = 10
LANE = ('project', 'stack')


class Watched(DatabaseStore):
    """Notes what each commit brings; fails some, or is read from behind its back."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.brought: list[list[Writes]] = []
        self.fails_with_writes = False

    def commit_ahead(self, commits: Sequence[Commit], most: int) -> tuple[list[Outcome], Any]:
        brought = [one.beside for one in commits if one.beside is not None]
        self.brought.append(brought)
        if brought and self.fails_with_writes:
            raise OSError('the process dies here')
        return super().commit_ahead(commits, most)


class JoinedTest(EngineTestCase):
    def setUp(self) -> None:
        database = self.useFixture(SqliteDatabase()).database
        self.records = DatabaseRecords(database)
        super().setUp()
        self.lost = 0

    def make_parts(self) -> Parts:
        database = self.records.database
        return Parts(lambda clock, ids: Watched(database, clock, ids), records=self.records)

    def loop(self) -> Loop:
        parts = self.parts
        performer = PluginPerformer(parts.registry, parts.lease, ACTION_TIMEOUT, self.records)

        def more(may: Any) -> tuple[Lane, Task] | None:
            if not self.heard.keys:
                return None
            key = self.heard.keys.pop(0)
            return (('project', key.traversal_id), parts.checker().check(key))

        def lost() -> None:
            self.lost += 1

        return Loop(
            self.store,
            parts.templates,
            performer,
            self.heard,
            parts.clock,
            threads=1,
            on_lost=lost,
            more=more,
        )

    def checked(self) -> None:
        """Check what is announced, until nothing is."""
        self.parts.prepare_all()
        while self.heard.keys:
            loop = self.loop()
            loop._begin_more()
            loop.stop()
            loop.run()

    def row(self, identity: Any, name: str = 'A') -> Any:
        found = self.store.resources(identity['stack_id'])
        return next(one for one in found if one.name == name)

    def test_one_commit_writes_both(self) -> None:
        identity = self.create({'A': thing(), 'B': thing()})
        self.checked()
        self.assertEqual(Action.CREATE, self.row(identity).action)
        self.assertEqual(Status.COMPLETE, self.row(identity).status)
        self.assertEqual([0, 2], [len(one) for one in self.store.brought[:2]])
        tokens = sorted(one.token for one in self.records.all())
        self.assertEqual(sorted(self.row(identity, name).id for name in 'AB'), tokens)

    def test_what_dies_before_the_commit_has_done_nothing(self) -> None:
        identity = self.create({'A': thing()})
        self.store.fails_with_writes = True
        self.checked()
        self.assertEqual((1, []), (self.lost, self.records.all()))
        self.assertEqual(Status.IN_PROGRESS, self.row(identity).status)
        self.store.fails_with_writes = False
        self.parts.crash()
        self.parts.sweep()
        self.parts.rest()
        self.assertEqual(Status.COMPLETE, self.row(identity).status)
        self.assertEqual([self.row(identity).id], [one.token for one in self.records.all()])

    def test_what_is_not_ready_yet_is_written_at_once(self) -> None:
        identity = self.create({'A': thing(properties={'wait_secs': 100})})
        self.checked()
        self.assertEqual([self.row(identity).id], [one.token for one in self.records.all()])
        self.assertEqual([], [one for one in self.store.brought if one])

    def test_one_that_fails_harms_no_other_and_is_told_of(self) -> None:
        identity = self.create({'A': thing(properties={'fail': True}), 'B': thing()})
        self.checked()
        self.assertEqual(Status.FAILED, self.row(identity).status)
        self.assertEqual(Status.COMPLETE, self.row(identity, 'B').status)
        self.assertIn('failed to create A', self.log.output)
        # The thread serves others next, and its lines are not about this stack.
        self.assertIsNone(context.get_current())

    def test_too_short_a_lease_does_nothing(self) -> None:
        self.create({'A': thing()})
        self.parts.prepare_all()
        self.parts.clock.time += self.parts.lease.duration - ACTION_TIMEOUT
        self.checked()
        self.assertEqual([], self.records.all())
        self.assertEqual([[]], self.store.brought)

    def acted(self, then: Any) -> None:
        """Have a task create something, and then do as it likes."""

        def task() -> Task:
            claimed = row('a1', type='OS::Heat::TestResource', claim=self.parts.lease.id)
            call = Call(Verb.CREATE, claimed, {'value': 'x'})
            yield effects.Perform(call, 'project', 'stack')
            if then is not None:
                yield then

        loop = self.loop()
        loop.submit(task())
        loop.stop()
        loop.run()

    def test_whatever_comes_first_finds_it_written(self) -> None:
        for then in (effects.Sleep(1.0), effects.Cast(()), effects.Reload('a1'), None):
            self.acted(then)
            self.assertEqual(['a1'], [one.token for one in self.records.all()], then)
            self.records.remove('a1')
        self.assertEqual(0, self.lost)

    def test_task_that_somebody_else_was_faster_than_is_dropped(self) -> None:
        self.records.add(Record('a1', 'Type', 'p', {}, {}))
        self.acted(effects.Sleep(1.0))
        self.assertEqual(1, self.lost)
        self.assertEqual('p', self.records.all()[0].physical_id)

    def test_what_makes_up_for_something_goes_by_itself(self) -> None:
        call = Call(Verb.DELETE, row('a1', type='OS::Heat::TestResource'), {})
        performer = PluginPerformer(self.parts.registry, self.parts.lease, 4.0, self.records)
        self.assertTrue(performer.joins(effects.Perform(call, 'p', 's')))
        self.assertFalse(performer.joins(effects.Perform(call, 'p', 's', makes_up=True)))
        self.assertFalse(self.parts.performer.joins(effects.Perform(call, 'p', 's')))


class AheadTest(EngineTestCase):
    """What a commit has told of nodes is asked of no store again, and told once."""

    def test_views_of_the_last_commit_are_used_once(self) -> None:
        asked: list[NodeKey] = []
        loop = Loop(self.store, self.parts.templates, self.parts.performer, self.heard, None)  # type: ignore[arg-type]
        self.addCleanup(loop._pool.close)
        self.create({'A': thing(), 'B': thing()})
        self.parts.prepare_all()
        first, second = self.heard.keys
        seen = self.store.views([first])[0]
        lock = threading.Lock()

        def views(keys: Sequence[NodeKey]) -> Any:
            with lock:
                asked.extend(keys)
            return type(self.store).views(self.store, keys)

        self.patch(self.store, 'views', views)
        loop._ahead = {first: seen}
        answers = loop._views([second, first])
        self.assertIs(seen, answers[1])
        self.assertEqual([second], asked)
        loop._views([first])
        self.assertEqual([second, first], asked)
