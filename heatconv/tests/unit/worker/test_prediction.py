"""What plugins of the store's own types would do is done by the commit that tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heatconv.convergence.model import Action, NodeKey, Status, Verb
from heatconv.convergence.step import Call, Commit, Outcome, Verdict
from heatconv.db.records import DatabaseRecords
from heatconv.db.store import DatabaseStore
from heatconv.resources.records import Record, Writes
from heatconv.runtime import effects
from heatconv.runtime.effects import Task
from heatconv.tests.databases import SqliteDatabase
from heatconv.tests.unit.convergence.rows import row
from heatconv.tests.unit.engine.parts import ACTION_TIMEOUT, EngineTestCase, Parts, thing
from heatconv.worker.loop import Lane, Loop
from heatconv.worker.plugin_caller import PluginCaller

WAIT_SECONDS = 10


class Watched(DatabaseStore):
    """Notes what each commit brings; dies instead, or lets others act just before."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.brought: list[tuple[list[bool], list[Writes]]] = []
        self.dies = False
        self.before: Any = None

    def commit_and_view(self, commits: Sequence[Commit], most: int) -> tuple[list[Outcome], Any]:
        brought = [one.plugin_writes for one in commits if one.plugin_writes is not None]
        self.brought.append(([one.fused for one in commits], brought))
        if self.dies:
            raise OSError('the process dies here')
        if self.before is not None:
            before, self.before = self.before, None
            before()
        return super().commit_and_view(commits, most)


class StoreTestCase(EngineTestCase):
    """Records are in the database of the store, and a real loop checks."""

    in_store = True

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
        caller = PluginCaller(parts.registry, parts.lease, ACTION_TIMEOUT, self.in_store)

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
            caller,
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

    def tokens(self) -> list[str]:
        return [one.token for one in self.records.all()]

    def told(self, identity: Any) -> list[str]:
        return [
            f'{one.event.resource_name} {one.event.action} {one.event.status}'
            for one in self.store.events(identity['stack_id'])
            if one.event.resource_type == 'OS::Heat::TestResource'
        ]


class ForesightTest(StoreTestCase):
    def test_one_commit_does_all_of_it(self) -> None:
        identity = self.create({'A': thing(), 'B': thing()})
        self.checked()
        fused, brought = self.store.brought[0]
        self.assertEqual(([True, True], 2), (fused, len(brought)))
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)
        begun, done = [
            [f'{name} CREATE {status}' for name in 'AB' for status in some]
            for some in (('IN_PROGRESS',), ('COMPLETE',))
        ]
        self.assertEqual(sorted(begun + done), sorted(self.told(identity)))
        self.assertLess(self.told(identity).index(begun[0]), self.told(identity).index(done[0]))

    def test_update_and_delete_too(self) -> None:
        identity = self.create({'A': thing('one'), 'B': thing('one')})
        self.checked()
        self.store.brought.clear()
        self.update(identity, {'A': thing('two')})
        self.checked()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        (kept,) = self.records.all()
        self.assertEqual('two', kept.properties['value'])
        changed = [writes for _, brought in self.store.brought for writes in brought]
        self.assertEqual(
            [(0, 1, 0), (0, 0, 1)],
            [(len(one.added), len(one.replaced), len(one.removed)) for one in changed],
        )
        self.assert_at_rest(identity)

    def test_who_dies_before_the_commit_has_done_nothing(self) -> None:
        identity = self.create({'A': thing()})
        self.store.dies = True
        self.checked()
        self.assertEqual((1, []), (self.lost, self.tokens()))
        self.assertEqual(Action.INIT, self.row(identity).action)
        self.assertEqual([], self.store.dead_claims(10))
        self.store.dies = False
        self.parts.crash()
        self.parts.sweep()
        self.parts.rest()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual([self.row(identity).id], self.tokens())

    def test_somebody_else_is_faster(self) -> None:
        identity = self.create({'A': thing()})
        self.parts.prepare_all()
        (key,) = self.heard.keys

        def other() -> None:
            self.parts.run(self.parts.checker().check(key))

        self.store.before = other
        self.checked()
        self.assertEqual(0, self.lost)
        self.assertEqual([self.row(identity).id], self.tokens())
        self.assertEqual(['A CREATE IN_PROGRESS', 'A CREATE COMPLETE'], self.told(identity))

    def test_what_takes_its_time_is_claimed_first(self) -> None:
        identity = self.create({'A': thing(properties={'wait_secs': 100})})
        self.checked()
        self.assertEqual([self.row(identity).id], self.tokens())
        self.assertEqual([[False]], [fused for fused, _ in self.store.brought])
        self.assertEqual(self.parts.lease.id, self.row(identity).claim)

    def test_what_fails_is_claimed_first_and_harms_no_other(self) -> None:
        identity = self.create({'A': thing(properties={'fail': True}), 'B': thing()})
        self.checked()
        self.assertEqual(Status.FAILED, self.row(identity).status)
        self.assertEqual(Status.COMPLETE, self.row(identity, 'B').status)
        self.assertEqual([False, True], sorted(self.store.brought[0][0]))
        self.assertEqual([self.row(identity, 'B').id], self.tokens())

    def test_record_that_is_there_already_is_taken_for_what_was_asked_for(self) -> None:
        """Somebody taken for dead has acted late and died: nothing else tells of it."""
        identity = self.create({'A': thing(), 'B': thing()})
        self.parts.prepare_all()
        plugin = self.parts.registry.plugin('OS::Heat::TestResource')
        token = self.row(identity).id
        properties = plugin.schema.resolve_properties({'value': 'a'})
        state = {'action': 'create', 'since': 0, 'seconds': 0}
        self.records.add(Record(token, 'OS::Heat::TestResource', 'there', properties, state))
        self.checked()
        self.assertEqual((0, 'CREATE_COMPLETE'), (self.lost, self.state(identity)))
        self.assertEqual('there', self.row(identity).physical_id)
        self.assert_at_rest(identity)

    def test_only_the_commit_that_does_it_writes_it(self) -> None:
        """Whatever else a task asks next, nothing was done."""

        def task() -> Task:
            call = Call(Verb.CREATE, row('a1', type='OS::Heat::TestResource'), {'value': 'x'})
            seen = yield effects.Predict(call, 'project', 'stack')
            assert seen is not None
            outcome = yield effects.Save(Commit(suspects='nobody'))
            assert outcome.verdict == Verdict.REFUSED

        loop = self.loop()
        loop.submit(task())
        loop.stop()
        loop.run()
        self.assertEqual((0, []), (self.lost, self.tokens()))
        self.assertEqual([([False], [])], self.store.brought)


class ElsewhereTest(StoreTestCase):
    """Records that are elsewhere are written after the claim, as everything else is."""

    in_store = False

    def test_claim_first(self) -> None:
        identity = self.create({'A': thing()})
        self.checked()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual([], [one for one in self.store.brought if one[1] or any(one[0])])


class AheadTest(EngineTestCase):
    """What a commit has told of nodes is asked of no store again, and told once."""

    def test_views_of_the_last_commit_are_used_once(self) -> None:
        asked: list[NodeKey] = []
        parts = self.parts
        loop = Loop(self.store, parts.templates, parts.caller, self.heard, parts.clock)
        self.addCleanup(loop._calls.pool.close)
        self.create({'A': thing(), 'B': thing()})
        parts.prepare_all()
        first, second = self.heard.keys
        seen = self.store.views([first])[0]

        def views(keys: Sequence[NodeKey]) -> Any:
            asked.extend(keys)
            return type(self.store).views(self.store, keys)

        self.patch(self.store, 'views', views)
        loop._ahead = {first: seen}
        answers = loop._views([second, first])
        self.assertIs(seen, answers[1])
        self.assertEqual([second], asked)
        loop._views([first])
        self.assertEqual([second, first], asked)
