"""Many tasks in one thread: commits together, room for so many, an end in order."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import fixtures

from heatconv.convergence.model import Kind, NodeKey, Observation, Reality, Verb
from heatconv.convergence.step import Call, Commit, Outcome
from heatconv.engine.prepare import prepare
from heatconv.runtime import effects
from heatconv.runtime.effects import Task
from heatconv.runtime.ports import SystemClock
from heatconv.storage.handlers import answer
from heatconv.storage.memory import MemoryStore, served
from heatconv.tests.unit.convergence.rows import row
from heatconv.tests.unit.engine.parts import EngineTestCase, thing
from heatconv.worker import loop as worker_loop
from heatconv.worker.loop import CROWDED_SECONDS, MANY, SHARE, Entry, Loop

WAIT_SECONDS = 10

LANE = ('project', 'stack')


class Counting(MemoryStore):
    """Counts what each call is about; fails those calls it is told to."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.calls: dict[str, list[int]] = {'commit': [], 'views': [], 'serving': []}
        self.fails: set[str] = set()

    def commit(self, commits: Sequence[Commit]) -> list[Outcome]:
        self._count('commit', len(commits))
        return super().commit(commits)

    def views(self, keys: Sequence[NodeKey]) -> Any:
        self._count('views', len(keys))
        return super().views(keys)

    def serving(self, keys: Any) -> Any:
        keys = list(keys)
        self._count('serving', len(keys))
        return super().serving(keys)

    def _count(self, name: str, items: int) -> None:
        self.calls[name].append(items)
        if name in self.fails:
            raise OSError('the database is gone')


class LoopTestCase(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.lost = 0

    def loop(self, **options: Any) -> Loop:
        parts = self.parts
        given: dict[str, Any] = {'caller': parts.caller, 'clock': parts.clock, **options}
        return Loop(
            self.store,
            parts.templates,
            announcer=self.heard,
            threads=2,
            on_lost=self.on_lost,
            **given,
        )

    def on_lost(self) -> None:
        self.lost += 1

    def drain(self, loop: Loop) -> None:
        """Let a loop do what it has, and return."""
        loop.stop()
        loop.run()

    def running(self, loop: Loop) -> None:
        """Run a loop beside the test, until its end."""
        thread = threading.Thread(target=loop.run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, WAIT_SECONDS)
        self.addCleanup(loop.stop)

    def wait(self, holds: Callable[[], bool]) -> None:
        ends = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert time.monotonic() < ends, 'it takes too long'
            time.sleep(0.001)


class CountedTestCase(LoopTestCase):
    store_type = Counting

    def unchanged(self, count: int) -> list[NodeKey]:
        """Have so many updates to check that change nothing, each of a stack of its own."""
        resources = {'A': thing(), 'B': thing({'get_resource': 'A'})}
        identities = [self.create(resources, f'stack{number}') for number in range(count)]
        self.parts.rest()
        for identity in identities:
            self.update(identity, resources)
            self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids, settles=False))
        keys, self.heard.keys = list(self.heard.keys), []
        self.heard.casts.clear()
        for calls in self.store.calls.values():
            calls.clear()
        return keys

    def check(self, keys: Sequence[NodeKey], **options: Any) -> None:
        loop = self.loop(**options)
        for key in keys:
            loop.submit(self.parts.checker().check(key))
        self.drain(loop)
        self.assertEqual((0, 0), (loop.live, self.lost))


class GroupCommitTest(CountedTestCase):
    def test_what_is_waiting_is_loaded_committed_and_announced_together(self) -> None:
        keys = self.unchanged(5)
        self.check(keys)
        self.assertEqual(([5], [5], [5]), self.sizes())
        self.assertEqual({'B'}, {key.name for key in self.heard.keys if key.kind == 'u'})
        self.heard.casts.clear()
        self.check([key for key in self.heard.keys if key.kind == 'u'])
        self.assertEqual([5], self.store.calls['serving'])

    def sizes(self) -> tuple[list[int], list[int], list[int]]:
        return (self.store.calls['views'], self.store.calls['commit'], self.heard.casts)

    def test_batch_size(self) -> None:
        self.check(self.unchanged(5), batch_size=2)
        self.assertEqual([[1, 2, 2]] * 3, [sorted(one) for one in self.sizes()])

    def test_batches_of_one_go_step_by_step(self) -> None:
        self.check(self.unchanged(3), batch_size=1)
        self.assertEqual(([1] * 3, [1] * 3, [1] * 3), self.sizes())

    def test_each_gets_its_own_answer(self) -> None:
        keys = self.unchanged(3)
        got: dict[NodeKey, Any] = {}

        def look(key: NodeKey) -> Task:
            view = yield effects.Load(key)
            rows = yield effects.LoadServingRows((key, key._replace(name='none')))
            got[key] = (view.node.key, list(rows))

        loop = self.loop()
        for key in keys:
            loop.submit(look(key))
        self.drain(loop)
        self.assertEqual({key: (key, [key]) for key in keys}, got)


class LostTest(CountedTestCase):
    def test_store_that_fails_drops_those_who_asked_and_no_others(self) -> None:
        keys = self.unchanged(3)
        self.store.fails = {'commit'}
        told: list[str] = []

        def other() -> Task:
            told.append((yield effects.LoadStack('none')) or 'nothing')
            told.append((yield effects.LoadRow('none')) or 'nothing')

        loop = self.loop()
        for key in keys:
            loop.submit(self.parts.checker().check(key))
        loop.submit(other())
        self.drain(loop)
        self.assertEqual((0, 1, ['nothing'] * 2), (loop.live, self.lost, told))
        self.assertIn('3 tasks are dropped', self.log.output)
        self.assertEqual([], self.heard.keys)

    def test_question_that_nobody_can_answer_drops_its_task_alone(self) -> None:
        told: list[Any] = []

        def asks(template_id: str | None) -> Task:
            told.append((yield effects.CompileTemplate(template_id)))

        loop = self.loop()
        for template_id in (None, 'gone', None):
            loop.submit(asks(template_id))
        self.drain(loop)
        self.assertEqual((0, 1, 2), (loop.live, self.lost, len(told)))
        self.assertIn('because CompileTemplate has failed', self.log.output)

    def test_task_that_is_dropped_is_closed(self) -> None:
        self.store.fails = {'commit'}
        closed: list[bool] = []

        def tidy() -> Task:
            try:
                yield effects.Save(Commit())
            except GeneratorExit:
                closed.append(True)
                raise

        loop = self.loop()
        kept = tidy()
        loop.submit(kept)
        self.drain(loop)
        self.assertEqual([True], closed)

    def test_room_of_those_who_are_dropped_is_free(self) -> None:
        keys = self.unchanged(1)
        self.store.fails = {'views'}
        loop = self.loop(capacity=1)
        self.running(loop)
        self.assertTrue(loop.submit(self.parts.checker().check(keys[0])))
        self.wait(lambda: loop.live == 0)
        self.store.fails = set()
        self.assertTrue(loop.submit(self.parts.checker().check(keys[0])))
        self.wait(lambda: self.heard.casts != [])
        self.assertEqual(1, self.lost)

    def test_task_with_a_fault_is_dropped_alone(self) -> None:
        keys = self.unchanged(1)

        def faulty() -> Task:
            yield effects.LoadRow('none')
            raise ZeroDivisionError

        loop = self.loop()
        loop.submit(faulty())
        loop.submit(self.parts.checker().check(keys[0]))
        self.drain(loop)
        self.assertEqual((0, 1, [1]), (loop.live, self.lost, self.heard.casts))
        self.assertIn('it raised an exception', self.log.output)


def sleeper(seconds: float = 1e6, done: Callable[[], None] = lambda: None) -> Task:
    yield effects.Sleep(seconds)
    done()


def acting(done: Callable[[], None]) -> Task:
    yield effects.CallPlugin(Call(Verb.OBSERVE, row('a1'), {}), 'project', 'stack')
    done()


def quickly(done: Callable[[], None]) -> Task:
    done()
    yield effects.Trace(row('a1'), 'done')


def given(waiting: list[Task]) -> Any:
    """Give what waits, the first first."""
    return lambda may: (LANE, waiting.pop(0)) if waiting else None


class Blocking:
    """A plugin that takes its time."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go_on = threading.Event()

    def gathers(self, effect: effects.CallPlugin) -> bool:
        return False

    def bulk(self, effect: effects.CallPlugin) -> int:
        return 1

    def predicts(self, effect: Any) -> bool:
        return False

    def perform_many(self, asked: Sequence[effects.CallPlugin]) -> list[Observation]:
        self.asked.set()
        self.go_on.wait(WAIT_SECONDS)
        return [Observation(Reality.READY) for _ in asked]


class RoomTest(LoopTestCase):
    def test_so_many_at_once_sleeping_ones_included(self) -> None:
        loop = self.loop(capacity=2)
        self.assertTrue(loop.submit(sleeper()))
        self.assertTrue(loop.submit(sleeper()))
        self.assertFalse(loop.submit(sleeper()))
        self.assertEqual(2, loop.live)

    def test_what_waits_begins_when_there_is_room(self) -> None:
        caller = Blocking()
        done: list[str] = []
        waiting = [acting(lambda name=name: done.append(name)) for name in ('first', 'second')]
        loop = self.loop(
            capacity=1,
            caller=caller,
            more=given(waiting),
        )
        self.running(loop)
        loop.wake()
        caller.asked.wait(WAIT_SECONDS)
        self.assertEqual((1, 1, []), (len(waiting), loop.live, done))
        caller.go_on.set()
        self.wait(lambda: loop.live == 0 and not waiting)
        self.assertEqual(['first', 'second'], done)

    def test_what_waits_is_told_of_again_and_again(self) -> None:
        waiting: list[Task] = []
        done: list[int] = []
        loop = self.loop(more=given(waiting))
        self.running(loop)
        for number in range(100):
            waiting.append(quickly(lambda number=number: done.append(number)))
            loop.wake()
        self.wait(lambda: len(done) == 100)

    def test_only_so_many_are_awake(self) -> None:
        caller = Blocking()
        made: list[Task] = []

        def more(may: Any) -> Any:
            if not may('stack'):
                return None
            made.append(acting(lambda: None))
            return LANE, made[-1]

        loop = self.loop(batch_size=3, caller=caller, more=more)
        self.running(loop)
        loop.wake()
        caller.asked.wait(WAIT_SECONDS)
        self.wait(lambda: loop.live == 6)
        time.sleep(0.05)
        self.assertEqual((6, 6), (loop.live, len(made)))
        loop.stop()
        caller.go_on.set()


class TurnsTest(LoopTestCase):
    def test_first_task_of_a_stack_begins_though_another_has_filled_the_loop(self) -> None:
        caller = Blocking()
        waiting = [('large', acting(lambda: None)) for _ in range(9)]
        waiting.append(('small', acting(lambda: None)))

        def more(may: Any) -> Any:
            for index, (stack, task) in enumerate(waiting):
                if may(stack):
                    del waiting[index]
                    return ('project', stack), task
            return None

        loop = self.loop(batch_size=2, caller=caller, more=more)
        self.running(loop)
        loop.wake()
        self.wait(lambda: loop.live == 5)
        self.assertEqual(['large'] * 5, [stack for stack, _ in waiting])
        loop.stop()
        caller.go_on.set()

    def test_rounds_are_short_while_several_stacks_have_something_to_do(self) -> None:
        loop = self.loop()

        def put(stack: str, count: int) -> None:
            for _ in range(count):
                loop._put(Entry(('project', stack), quickly(lambda: None), None))

        put('large', 50)
        self.assertEqual(50, len(loop._next_batch()))
        put('large', 50)
        put('small', 1)
        batch = loop._next_batch()
        self.assertEqual(1, sum(one.lane[1] == 'small' for one in batch))
        self.assertLessEqual(len(batch), SHARE + 1)
        # A round later the small one may be waiting for its plugin.
        self.assertLessEqual(len(loop._next_batch()), SHARE)
        self.parts.clock.time += CROWDED_SECONDS + 0.1
        put('large', 1)
        self.assertGreater(len(loop._next_batch()), SHARE)


class GatherTest(LoopTestCase):
    """How long answers wait for more to be committed with them."""

    def gathered(self, loop: Loop, stacks: int, given: int) -> int:
        """Return how many answers there are to go on with."""
        for number in range(stacks):
            loop._active[f'stack{number}'] = self.parts.clock.now()

        def later() -> None:
            for _ in range(given):
                loop._inbox.put(Entry(('project', 'stack0'), quickly(lambda: None), None))

        timer = threading.Timer(0.005, later)
        timer.start()
        self.addCleanup(timer.join)
        loop._gather()
        return len(loop._ready)

    def test_nobody_waits_where_the_threads_have_little_to_do(self) -> None:
        self.assertEqual(0, self.gathered(self.loop(clock=SystemClock()), 1, 5))

    def test_answers_wait_while_the_threads_have_enough_to_do(self) -> None:
        caller = Blocking()
        loop = self.loop(clock=SystemClock(), caller=caller)
        for _ in range(6):
            loop._calls.pool.submit('project', 'stack0', caller.perform_many, ())
        self.addCleanup(caller.go_on.set)
        self.assertEqual(5, self.gathered(loop, 1, 5))

    def test_no_longer_than_until_there_are_enough(self) -> None:
        caller = Blocking()
        loop = self.loop(clock=SystemClock(), caller=caller, batch_size=9)
        for _ in range(6):
            loop._calls.pool.submit('project', 'stack0', caller.perform_many, ())
        self.addCleanup(caller.go_on.set)
        self.assertEqual(3, self.gathered(loop, 1, 50))

    def test_answers_of_many_stacks_wait_for_each_other(self) -> None:
        self.assertEqual(0, self.gathered(self.loop(clock=SystemClock()), MANY - 1, 5))
        self.assertEqual(5, self.gathered(self.loop(clock=SystemClock()), 2 * MANY, 5))


class EndTest(LoopTestCase):
    def test_loop_without_tasks_ends_at_once(self) -> None:
        loop = self.loop()
        self.drain(loop)
        self.assertFalse(loop.submit(sleeper()))
        self.assertEqual(0, loop.live)

    def test_what_acts_is_finished_and_what_sleeps_is_dropped(self) -> None:
        caller = Blocking()
        loop = self.loop(caller=caller, clock=SystemClock())
        done: list[str] = []
        loop.submit(sleeper(done=lambda: done.append('slept')))
        loop.submit(acting(lambda: done.append('acted')))
        thread = threading.Thread(target=loop.run, daemon=True)
        thread.start()
        caller.asked.wait(WAIT_SECONDS)
        loop.stop()
        self.assertFalse(loop.submit(sleeper()))
        self.assertTrue(thread.is_alive())
        caller.go_on.set()
        thread.join(WAIT_SECONDS)
        self.assertEqual((False, ['acted']), (thread.is_alive(), done))


class WaitingTest(LoopTestCase):
    def test_loop_that_waits_costs_nothing(self) -> None:
        for task in (None, sleeper(WAIT_SECONDS)):
            loop = self.loop(clock=SystemClock())
            if task is not None:
                loop.submit(task)
            self.running(loop)
            time.sleep(0.005)
            began = time.process_time()
            time.sleep(0.04)
            self.assertLess(time.process_time() - began, 0.02)

    def test_sleepers_wake_in_the_order_of_their_time(self) -> None:
        loop = self.loop(clock=SystemClock())
        self.running(loop)
        woken: list[float] = []
        began = time.monotonic()
        for seconds in (0.02, 0.01, 0.0):
            loop.submit(sleeper(seconds, lambda seconds=seconds: woken.append(seconds)))
        self.wait(lambda: loop.live == 0)
        self.assertEqual([0.0, 0.01, 0.02], woken)
        self.assertGreaterEqual(time.monotonic() - began, 0.02)

    def test_plugin_that_takes_its_time_holds_nobody_up(self) -> None:
        caller = Blocking()
        loop = self.loop(caller=caller)
        self.running(loop)
        done: list[str] = []

        def quick() -> Task:
            yield effects.LoadStack('none')
            done.append('quick')

        loop.submit(acting(lambda: done.append('slow')))
        caller.asked.wait(WAIT_SECONDS)
        loop.submit(quick())
        self.wait(lambda: done == ['quick'])
        caller.go_on.set()
        self.wait(lambda: done == ['quick', 'slow'])


class AnswerTest(LoopTestCase):
    def test_rows_stacks_and_nodes_are_those_of_the_store(self) -> None:
        identity = self.create({'A': thing()})
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids, settles=False))
        (row,) = self.store.resources(identity['stack_id'])
        for effect, found in (
            (effects.LoadRow(row.id), row),
            (effects.LoadStack(identity['stack_id']), self.stack(identity)),
            (effects.LoadReadyNodes(row.id), self.heard.keys),
            (effects.LoadServingRows(tuple(self.heard.keys)), {self.heard.keys[0]: served(row)}),
        ):
            self.assertEqual(found, self.parts.answer(effect))

    def test_traces_are_logged_for_those_who_look_closely(self) -> None:
        log = self.useFixture(fixtures.FakeLogger(level=logging.DEBUG))
        key = NodeKey('t', Kind.UPDATE, 'A')
        for subject in (key, row('a1')):
            self.assertIsNone(self.parts.answer(effects.Trace(subject, 'why')))
        self.assertEqual('t/update/A: why\nA (a1): why\n', log.output)

    def test_what_needs_a_runtime_of_its_own_is_not_answered(self) -> None:
        parts = self.parts
        effect = effects.Sleep(1.0)
        self.assertRaises(TypeError, answer, effect, self.store, parts.templates, self.heard)

    def test_hints_are_announced(self) -> None:
        key = NodeKey('t', Kind.UPDATE, 'A')
        for effect in (effects.Cast((key,)), effects.CastWish('s')):
            self.assertIsNone(answer(effect, self.store, self.parts.templates, self.heard))
        self.assertEqual(([key], ['s']), (self.heard.keys, self.heard.wishes))


class TogetherTest(LoopTestCase):
    """Which calls of plugins are made as one."""

    def test_calls_of_one_stack_type_and_verb_up_to_what_the_plugin_takes(self) -> None:
        made: list[list[tuple[str, str]]] = []

        class Recording:
            def gathers(self, effect: effects.CallPlugin) -> bool:
                return False

            def bulk(self, effect: effects.CallPlugin) -> int:
                return 2 if effect.call.row.type == 'Type' else 1

            def predicts(self, effect: Any) -> bool:
                return False

            def perform_many(self, asked: Sequence[effects.CallPlugin]) -> list[Observation]:
                made.append([(one.call.row.id, one.call.verb) for one in asked])
                return [Observation(Reality.READY) for _ in asked]

        def acts(name: str, verb: Verb, kind: str = 'Type') -> Task:
            yield effects.CallPlugin(Call(verb, row(name, type=kind), {}), 'project', 'stack')

        waiting = [
            (('p', 's'), acts('a', Verb.CREATE)),
            (('p', 's'), acts('b', Verb.CREATE)),
            (('p', 's'), acts('c', Verb.CREATE)),
            (('p', 's'), acts('d', Verb.DELETE)),
            (('p', 't'), acts('e', Verb.CREATE)),
            (('p', 's'), acts('f', Verb.CREATE, 'SingleMember')),
            (('p', 's'), acts('g', Verb.CREATE, 'SingleMember')),
        ]
        loop = self.loop(caller=Recording())
        entries = []
        for lane, task in waiting:
            effect = next(task)
            entries.append((Entry(lane, task, None), effect))
        groups = [
            ''.join(effect.call.row.id for _, effect in together)
            for together in loop._calls.batches(entries)
        ]
        self.assertEqual(['ab', 'c', 'd', 'e', 'f', 'g'], sorted(groups))
        loop._calls.perform(entries[:2])
        self.assertEqual([[('a', 'create'), ('b', 'create')]], made)
        told = [loop._inbox.get_nowait() for _ in range(2)]
        self.assertEqual(['ready'] * 2, [one.answer.reality for one in told])  # type: ignore


class GatherBesideTest(LoopTestCase):
    def test_waits_a_moment_for_others_that_are_being_asked(self) -> None:
        loop = self.loop(caller=Blocking())
        self.addCleanup(loop._calls.pool.close)
        self.patch(worker_loop, 'TOGETHER_SECONDS', WAIT_SECONDS)
        blocking = threading.Event()
        loop._calls.pool.submit(*LANE, blocking.wait, WAIT_SECONDS)
        loop._put(Entry(LANE, sleeper(), None))
        timer = threading.Timer(0.05, lambda: loop._inbox.put(Entry(LANE, sleeper(), None)))
        timer.start()
        threading.Timer(0.1, lambda: loop._inbox.put(None)).start()
        loop._gather()
        self.assertEqual(2, len(loop._ready))
        blocking.set()
        self.wait(lambda: not loop._calls.pool.active)
        # Nobody else is being asked: there is nothing to wait for.
        began = time.monotonic()
        loop._gather()
        self.assertLess(time.monotonic() - began, WAIT_SECONDS / 2)
