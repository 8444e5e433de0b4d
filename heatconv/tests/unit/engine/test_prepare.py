"""Engines prepare wishes: several at once, newer ones in between, and after crashes."""

from __future__ import annotations

from typing import Any

from heatconv.convergence import invariants
from heatconv.engine.prepare import prepare
from heatconv.runtime import effects
from heatconv.tests.unit.engine.parts import Driven, EngineTestCase, thing

A, B = {'A': thing('1')}, {'A': thing('2'), 'B': thing()}


class PrepareTest(EngineTestCase):
    def task(self, identity: Any) -> Driven:
        return self.parts.start(prepare(identity['stack_id'], self.parts.ids))

    def assert_consistent(self, identity: Any) -> None:
        stack = self.stack(identity)
        rows, nodes = self.store.resources(stack.id), self.store.nodes(stack.id)
        self.assertEqual([], invariants.violations(stack, rows, nodes))

    def assert_has(self, identity: Any, resources: Any) -> None:
        """Assert that in the end there is what one template says."""
        self.parts.rest()
        self.assert_at_rest(identity)
        values = {name: one['properties']['value'] for name, one in resources.items()}
        rows = self.rows(identity)
        self.assertEqual(values, {name: (rows[name].properties or {})['value'] for name in rows})

    def test_one_after_the_other_and_nothing_twice(self) -> None:
        identity = self.create(B)
        task = self.task(identity)
        kinds: list[type] = []
        while task.effect is not None:
            kinds.append(type(task.effect))
            task.step()
        self.assertEqual(
            [
                effects.LoadStack,
                effects.CompileTemplate,
                effects.Prepare,
                effects.Trace,
                effects.Cast,
            ],
            kinds,
        )
        self.assertEqual(['A', 'B'], [key.name for key in self.heard.keys])
        self.assert_consistent(identity)

    def test_only_leaves_are_announced(self) -> None:
        identity = self.create({'B': thing({'get_resource': 'A'}), 'A': thing()})
        self.task(identity).go_on()
        self.assertEqual(['A'], [key.name for key in self.heard.keys])

    def test_wish_for_nothing_is_fulfilled_at_once(self) -> None:
        identity = self.create()
        self.task(identity).go_on()
        self.assertEqual(('CREATE_COMPLETE', []), (self.state(identity), self.heard.casts))

    def test_stack_without_a_wish_or_that_is_gone(self) -> None:
        identity = self.made(A)
        before = self.stack(identity)
        for task in (self.task(identity), self.task({'stack_id': 'gone'})):
            self.assertTrue(task.go_on())
            self.assertEqual(1, task.answered)
        self.assertEqual(before, self.stack(identity))

    def test_wish_announced_twice_is_prepared_once(self) -> None:
        identity = self.create(A)
        first, second = self.task(identity), self.task(identity)
        one, other = first.until(effects.Prepare), second.until(effects.Prepare)
        self.assertEqual(one.wish_id, other.wish_id)
        first.go_on()
        prepared = self.stack(identity)
        second.go_on()
        self.assertEqual(prepared, self.stack(identity))
        self.assertEqual(1, len(self.heard.keys))
        self.assert_has(identity, A)

    def test_two_requests_at_once_and_the_later_wins(self) -> None:
        identity = self.made(A)
        self.update(identity, {'A': thing('old'), 'C': thing()})
        # Both engines have looked, at different wishes, before either prepares.
        first = self.task(identity)
        old = first.until(effects.Prepare)
        self.update(identity, B)
        second = self.task(identity)
        new = second.until(effects.Prepare)
        self.heard.wishes.clear()
        self.assertNotEqual(old.wish_id, new.wish_id)
        first.go_on()  # refused, so it looks again, and prepares the newer
        second.go_on()
        self.assert_consistent(identity)
        self.assert_has(identity, B)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))

    def test_loser_prepares_the_newer_wish_if_nobody_did(self) -> None:
        identity = self.made(A)
        self.update(identity, {'C': thing()})
        loser = self.task(identity)
        loser.until(effects.Prepare)
        self.update(identity, B)
        self.heard.wishes.clear()  # the message of the newer wish is lost
        loser.go_on()
        self.assert_has(identity, B)

    def test_prepared_wish_is_not_prepared_over_a_newer_traversal(self) -> None:
        identity = self.made(A)
        self.update(identity, {'C': thing()})
        late = self.task(identity)
        late.until(effects.Prepare)
        self.update(identity, B)
        self.parts.rest()
        before = self.stack(identity)
        late.go_on()
        self.assertEqual((before, []), (self.stack(identity), self.heard.keys))

    def test_replaces_the_traversal_under_way(self) -> None:
        identity = self.create(A)
        self.task(identity).go_on()
        old = self.stack(identity).traversal_id
        self.update(identity, B)
        self.task(identity).go_on()
        traversals = {node.key.traversal_id for node in self.store.nodes(identity['stack_id'])}
        self.assertEqual({self.stack(identity).traversal_id}, traversals)
        self.assertNotIn(old, traversals)
        self.assert_has(identity, B)

    def test_engine_dies_after_each_step(self) -> None:
        steps = 0
        while True:
            identity = self.create(B, name=f'stack{steps}')
            ended = self.task(identity).go_on(steps)
            self.assert_consistent(identity)
            if ended:
                break
            self.heard.wishes.clear()
            self.parts.recover()
            self.assertEqual('CREATE_COMPLETE', self.state(identity), f'after {steps}')
            rows = self.rows(identity)
            self.assertEqual(['A', 'B'], sorted(rows), f'after {steps}')
            steps += 1
        self.assertEqual(5, steps)

    def test_wish_is_lost_and_the_sweep_announces_it(self) -> None:
        identity = self.create(A)
        self.heard.wishes.clear()
        self.parts.sweep()
        self.assertEqual([identity['stack_id']], self.heard.wishes)
        self.assert_has(identity, A)

    def test_endpoint_does_it_all(self) -> None:
        identity = self.create(A)
        self.engine.prepare.prepare(None, identity['stack_id'])
        self.assertEqual(['A'], [key.name for key in self.heard.keys])
        self.assertIsNone(self.stack(identity).wish_id)
        self.heard.wishes.clear()
        self.assert_has(identity, A)
