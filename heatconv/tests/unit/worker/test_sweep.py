"""What one look finds: claims of the dead, rows in doubt, lost wishes and nodes."""

from __future__ import annotations

from typing import Any
from unittest import mock

from heatconv.convergence import states
from heatconv.convergence.model import NodeKey
from heatconv.engine.prepare import prepare
from heatconv.runtime import effects
from heatconv.runtime.effects import Task
from heatconv.storage.stack_query import StackQuery
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing
from heatconv.worker import sweep
from heatconv.worker.sweep import EVERYTHING, Sweep

WAIT_SECONDS = 8.0


class SweepTest(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.tasks: list[Task] = []
        self.room = 100

    def sweep(self, lost_after: float = WAIT_SECONDS) -> None:
        def submit(task: Task) -> bool:
            if len(self.tasks) == self.room:
                return False
            self.tasks.append(task)
            return True

        parts = self.parts
        Sweep(
            self.store,
            self.heard,
            parts.clock,
            parts.ids,
            lambda: parts.checker().recovery,
            submit,
        ).run(lost_after)

    def finish(self) -> None:
        while self.tasks:
            self.parts.run(self.tasks.pop(0))

    def prepared(self, count: int = 1) -> list[NodeKey]:
        """Have stacks prepared, and return the nodes that were announced."""
        for number in range(count):
            self.create({'A': thing()}, f'stack{number}')
            self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        keys, self.heard.keys = list(self.heard.keys), []
        return keys

    def claimed(self, count: int = 1) -> list[NodeKey]:
        """Have nodes whose create was begun."""
        keys = self.prepared(count)
        for key in keys:
            self.parts.run(self.parts.checker().check(key), 4)
        return keys

    def test_nothing_is_left_over(self) -> None:
        self.made({'A': thing()})
        self.parts.clock.time += 1
        self.sweep()
        self.assertEqual(([], [], []), (self.tasks, self.heard.casts[2:], self.heard.wishes))
        self.assertEqual('', self.log.output)

    def test_lease_that_has_run_out_is_void_and_its_claims_with_it(self) -> None:
        keys = self.claimed()
        old = self.parts.lease.id
        self.parts.clock.time += 10
        self.sweep()
        self.assertEqual([], self.tasks)
        self.parts.clock.time += 1
        self.parts.restart()
        self.sweep()
        self.assertEqual([self.parts.lease.id], [lease.id for lease in self.store.leases()])
        self.assertIn(f'Lease {old} has expired', self.log.output)
        self.assertIn('Taking over A', self.log.output)
        self.finish()
        self.assertEqual(({}, keys), (self.store.claims(), self.heard.keys))

    def test_row_in_doubt_that_no_node_is_about_is_settled(self) -> None:
        self.claimed()
        identity = self.call('identify_stack', 'stack0')
        self.call('stack_cancel_update', identity, False)
        self.parts.crash()
        self.sweep()
        self.finish()
        self.assertEqual(states.CREATING, states.state(self.rows(identity)['A']))
        self.sweep()
        self.finish()
        self.assertEqual(states.CREATE_FAILED, states.state(self.rows(identity)['A']))

    def test_rows_in_doubt_are_settled_while_there_is_room(self) -> None:
        self.claimed(3)
        for number in range(3):
            self.call('stack_cancel_update', self.call('identify_stack', f'stack{number}'), False)
        self.parts.crash()
        self.sweep()
        self.finish()
        for room, left in ((2, 1), (100, 0)):
            self.room = room
            self.sweep()
            self.finish()
            self.assertEqual(left, len(self.store.unsettled_rows(100)))

    def late(self, minutes: float, prepared: bool = True, **args: Any) -> dict[str, str]:
        """Have a stack of five minutes that is under way since some."""
        slow = template({'A': thing(properties={'wait_secs': -1})})
        arguments = {'timeout_mins': 5, **args}
        identity = self.call('create_stack', 'stack', slow, None, None, arguments)
        if prepared:
            self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
            task = self.parts.start(self.parts.checker().check(self.heard.keys.pop()))
            task.until(effects.Sleep)
        self.heard.wishes.clear()
        self.parts.elapse(minutes * 60)
        self.sweep()
        return dict(identity)

    def test_stack_in_time_goes_on(self) -> None:
        identity = self.late(4.99)
        self.assertEqual('CREATE_IN_PROGRESS', self.state(identity))
        self.assertNotEqual([], self.store.nodes(identity['stack_id']))

    def test_stack_that_takes_too_long_fails(self) -> None:
        identity = self.late(5)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertEqual('Stack CREATE timed out', self.stack(identity).reason)
        self.assertEqual(([], []), (self.store.nodes(identity['stack_id']), self.heard.wishes))
        self.assertIn(f'Stack stack ({identity["stack_id"]}) has timed out', self.log.output)
        before = self.stack(identity)
        self.parts.elapse(1000)
        self.sweep()
        self.assertEqual(before, self.stack(identity))

    def test_stack_that_takes_too_long_rolls_back_in_as_much_time(self) -> None:
        identity = self.late(5, disable_rollback=False)
        self.assertEqual('ROLLBACK_IN_PROGRESS', self.state(identity))
        self.assertEqual([identity['stack_id']], self.heard.wishes)
        self.assertEqual(self.parts.clock.now() + 300, self.stack(identity).deadline)

    def test_wish_that_nobody_prepares_in_time_is_dropped(self) -> None:
        identity = self.late(5, prepared=False)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertEqual([], self.heard.wishes)

    def test_wish_nobody_prepared_is_announced_again(self) -> None:
        identity = self.create()
        self.heard.wishes.clear()
        self.sweep()
        self.assertEqual([identity['stack_id']], self.heard.wishes)

    def test_ready_node_is_announced_again_when_it_waits_too_long(self) -> None:
        keys = self.prepared()
        self.parts.clock.time += WAIT_SECONDS
        self.sweep()
        self.assertEqual([], self.heard.keys)
        self.parts.clock.time += 0.1
        self.sweep()
        self.assertEqual(keys, self.heard.keys)
        self.sweep()  # it was announced just now
        self.assertEqual(keys, self.heard.keys)
        self.parts.elapse(WAIT_SECONDS + 0.1)
        self.sweep()
        self.assertEqual(keys * 2, self.heard.keys)

    def test_patience_of_nothing_finds_what_was_there_before(self) -> None:
        keys = self.prepared()
        self.parts.clock.time += 0.1
        self.sweep(0.0)
        self.assertEqual(keys, self.heard.keys)

    def test_running_node_is_not_lost(self) -> None:
        self.claimed()
        self.parts.elapse(1000)
        self.sweep()
        self.assertEqual(([], []), (self.heard.keys, self.tasks))

    def test_what_finds_no_room_is_left_to_the_next_sweep(self) -> None:
        keys = self.claimed(3)
        self.parts.crash()
        self.room = 2
        self.sweep()
        self.assertEqual(2, len(self.tasks))
        self.finish()
        self.assertEqual(2, len(self.heard.keys))
        self.sweep()
        self.finish()
        self.assertEqual(sorted(keys), sorted(self.heard.keys))

    def test_several_who_look_at_once_do_no_harm(self) -> None:
        keys = self.claimed()
        self.parts.crash()
        self.sweep()
        self.sweep()
        self.assertEqual(2, len(self.tasks))
        self.finish()
        self.assertEqual(keys, self.heard.keys)
        self.parts.rest()
        self.assert_at_rest(self.call('identify_stack', 'stack0'))

    def test_stack_past_its_deadline_fails_though_no_message_comes(self) -> None:
        self.claimed()
        self.parts.clock.time += 60 * 60 + 1
        self.sweep()
        (stack,) = self.store.stacks(StackQuery(None))
        self.assertEqual(('CREATE', 'FAILED'), (stack.action, stack.status))
        self.assertIn('timed out', stack.reason)
        self.assertEqual([], self.store.nodes(stack.id))

    def test_each_looks_after_its_own_and_now_and_then_after_all(self) -> None:
        keys = self.claimed(2)
        self.parts.crash()
        stacks = sorted(one.id for one in self.store.stacks(StackQuery(None)))
        taken: list[Task] = []

        def submit(task: Task) -> bool:
            taken.append(task)
            return True

        parts = self.parts
        sweep = Sweep(
            self.store,
            self.heard,
            parts.clock,
            parts.ids,
            lambda: parts.checker().recovery,
            submit,
            lambda keys: {key for key in keys if key == stacks[0]},
        )
        for _ in range(EVERYTHING - 1):
            sweep.run(WAIT_SECONDS)
        self.assertEqual(EVERYTHING - 1, len(taken))
        sweep.run(WAIT_SECONDS)
        self.assertEqual(EVERYTHING + 1, len(taken))
        self.assertEqual(2, len(keys))

    def test_lost_nodes_and_wishes_of_others_are_left_to_them(self) -> None:
        self.prepared(2)
        self.create({'A': thing()}, 'wishes')
        self.heard.wishes.clear()
        self.parts.clock.time += 100
        stacks = {one.name: one.id for one in self.store.stacks(StackQuery(None))}
        parts = self.parts

        def sweep(owned: str) -> None:
            Sweep(
                self.store,
                self.heard,
                parts.clock,
                parts.ids,
                lambda: parts.checker().recovery,
                lambda task: True,
                lambda keys: {key for key in keys if key == stacks[owned]},
            ).run(WAIT_SECONDS)

        sweep('stack0')
        self.assertEqual((1, []), (len(self.heard.keys), self.heard.wishes))
        sweep('wishes')
        self.assertEqual((1, [stacks['wishes']]), (len(self.heard.keys), self.heard.wishes))
        sweep('stack1')
        self.assertEqual(2, len(self.heard.keys))

    def test_many_lost_nodes_are_announced_in_one_look(self) -> None:
        keys = self.prepared(12)
        self.heard.casts = []
        self.parts.clock.time += 100
        with mock.patch('heatconv.worker.sweep.LIMIT', 5):
            self.sweep()
        self.assertEqual([5, 5, 2], self.heard.casts)
        self.assertEqual(sorted(keys), sorted(self.heard.keys))

    def test_what_waits_here_does_not_stand_before_what_others_lost(self) -> None:
        self.prepared(2)
        self.parts.clock.time += 100
        traversals = sorted(key.traversal_id for key in self.store.lost_nodes(1e12, 10))
        self.parts.clock.time += 100
        parts = self.parts
        Sweep(
            self.store,
            self.heard,
            parts.clock,
            parts.ids,
            lambda: parts.checker().recovery,
            lambda task: True,
            backlog=lambda: traversals[:1],
        ).run(WAIT_SECONDS)
        self.assertEqual(traversals[1:], [key.traversal_id for key in self.heard.keys])

    def test_it_is_gone_on_with_while_there_may_be_more(self) -> None:
        keys = self.prepared(5)
        self.heard.casts = []
        self.parts.clock.time += 100
        parts = self.parts
        backlog: list[str] = []
        look = Sweep(
            self.store,
            self.heard,
            parts.clock,
            parts.ids,
            lambda: parts.checker().recovery,
            lambda task: True,
            backlog=lambda: backlog,
        )
        self.patch(sweep, 'LIMIT', 2)
        self.patch(sweep, 'PAGES', 1)
        more = [look.run(WAIT_SECONDS), look.go_on(WAIT_SECONDS), look.go_on(WAIT_SECONDS)]
        self.assertEqual(([2, 2, 1], [True, True, False]), (self.heard.casts, more))
        self.assertEqual(sorted(keys), sorted(self.heard.keys))
        # What waits here is left out of a look, but not of what goes on with it.
        parts.clock.time += 100
        backlog.extend(key.traversal_id for key in keys)
        self.heard.casts = []
        self.assertEqual((True, []), (look.run(WAIT_SECONDS), self.heard.casts))
        self.assertTrue(look.go_on(WAIT_SECONDS))
        self.assertEqual([2], self.heard.casts)
