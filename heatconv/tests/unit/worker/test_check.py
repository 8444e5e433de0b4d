"""Checks of one node at a time: what is asked in which order, and what interferes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from heatconv.convergence import check, states
from heatconv.convergence.dead_claims import DeadClaim
from heatconv.convergence.model import Kind, NodeStatus, Verb
from heatconv.convergence.step import Outcome, Verdict
from heatconv.resources.plugin import Observation, Resource, TransientError
from heatconv.resources.registry import Registry
from heatconv.resources.test_resource import TestResource
from heatconv.runtime import effects
from heatconv.templates.cache import TemplateCache
from heatconv.tests.unit.engine.parts import thing
from heatconv.tests.unit.worker.checking import A, CheckTestCase
from heatconv.worker import check as worker_check
from heatconv.worker.check import CONFLICTS, Checker

FOREVER = {'wait_secs': -1}


class Stubborn(TestResource):
    """Takes any value and keeps its own."""

    def create(self, resource: Resource) -> None:
        super().create(dataclasses.replace(resource, properties=kept(resource.properties)))

    def update(self, resource: Resource, changed: Any) -> None:
        super().update(dataclasses.replace(resource, properties=kept(resource.properties)), ())


def kept(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**properties, 'value': 'kept'}


class Blind(TestResource):
    """Cannot tell which properties its resources have."""

    def observe(self, resource: Resource) -> Observation:
        return dataclasses.replace(super().observe(resource), properties=None)


class OrderTest(CheckTestCase):
    def test_every_step_is_saved_before_anything_is_said_or_done(self) -> None:
        identity, task = self.begun({**A, 'B': thing({'get_resource': 'A'})})
        kinds = []
        while task.effect is not None:
            kinds.append(type(task.effect))
            if isinstance(task.effect, effects.CallPlugin):
                row = self.rows(identity)['A']
                self.assertEqual((states.CREATING, self.parts.lease.id), (state(row), row.claim))
            if isinstance(task.effect, effects.Cast):
                self.assertEqual(states.CREATED, state(self.rows(identity)['A']))
            task.step()
        self.assertEqual(
            [
                effects.Load,
                effects.CompileDefinition,
                effects.Trace,
                effects.Save,
                effects.CallPlugin,
                effects.Trace,
                effects.Save,
                effects.Cast,
            ],
            kinds,
        )
        self.assertEqual(['B'], [key.name for key in self.heard.keys])

    def test_what_is_required_is_asked_for_by_its_node(self) -> None:
        _, task = self.begun({**A, 'B': thing({'get_resource': 'A'})})
        task.go_on()
        task = self.checking(self.key('B'))
        asked = task.until(effects.LoadServingRows)
        self.assertEqual(['A'], [key.name for key in asked.keys])
        call = task.until(effects.CallPlugin).call
        self.assertRegex(call.properties['value'], '^stack-A-0+')
        self.assertEqual(1, len(call.row.requires))

    def last_of(self, resources: Any) -> Any:
        """Make all of a stack but F, whose check has just begun."""
        identity = self.create(resources)
        self.parts.prepare_all()
        first, self.heard.keys = list(self.heard.keys), []
        for key in first:
            self.parts.run(self.parts.checker().check(key))
        return identity, self.checking(self.key('F'))

    def test_many_that_are_required_are_read_in_pieces(self) -> None:
        self.patch(worker_check, 'SERVED', 2)
        last = thing({'get_resource': 'B'}, depends_on=list('ACDE'))
        resources = {**{name: thing() for name in 'ABCDE'}, 'F': last}
        identity, task = self.last_of(resources)
        asked = []
        while not isinstance(task.effect, effects.CallPlugin):
            if isinstance(task.effect, effects.LoadServingRows):
                asked.append(''.join(key.name for key in task.effect.keys))
            task.step()
        self.assertEqual(['AB', 'CD', 'E'], asked)
        rows = self.rows(identity)
        expected = tuple(sorted(rows[name].id for name in 'ABCDE'))
        self.assertEqual(expected, task.effect.call.row.requires)
        self.assertRegex(task.effect.call.properties['value'], '^stack-B-0+')
        task.go_on()
        # An update that changes nothing finds the fingerprint that this has left.
        self.update(identity, resources, description='again')
        self.parts.prepare_all()
        self.assertEqual([], [key for key in self.heard.keys if key.kind == Kind.UPDATE])

    def test_one_of_many_that_is_gone_ends_it(self) -> None:
        self.patch(worker_check, 'SERVED', 2)
        last = thing(depends_on=list('ABC'))
        _, task = self.last_of({**{name: thing() for name in 'ABC'}, 'F': last})
        task.until(effects.LoadServingRows)
        task.step()
        self.assertIsInstance(task.effect, effects.LoadServingRows)
        task.say({})
        self.assertEqual('superseded while looking', task.effect.reason)

    def test_plugin_is_told_the_project_and_the_name_of_the_stack(self) -> None:
        _, task = self.begun()
        asked = task.until(effects.CallPlugin)
        self.assertEqual(
            ('project', 'stack', Verb.CREATE, False),
            (asked.project_id, asked.stack_name, asked.call.verb, asked.compensates),
        )

    def test_roots_are_checked_at_once_and_never_announced(self) -> None:
        identity, task = self.begun()
        self.assertTrue(task.go_on())
        self.assertEqual(('CREATE_COMPLETE', []), (self.state(identity), self.heard.keys))
        self.assert_at_rest(identity)

    def test_root_whose_worker_died_can_be_announced(self) -> None:
        identity, task = self.begun()
        while task.effect is not None:
            task.step()
            roots = [node for node in self.store.nodes(identity['stack_id']) if is_root(node)]
            if any(node.status == NodeStatus.READY for node in roots):
                break
        ready = next(node.key for node in roots if node.status == NodeStatus.READY)
        self.parts.run(self.parts.checker().check(ready))
        self.assertEqual('CREATE_COMPLETE', self.state(identity))

    def test_unchanged_resource_asks_no_plugin(self) -> None:
        self.parts.settles = False
        identity = self.made(A)
        self.update(identity, A)
        self.prepared(identity)
        task = self.checking(self.key())
        while task.effect is not None:
            self.assertNotIsInstance(task.effect, effects.CallPlugin)
            task.step()
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))


def state(row: Any) -> states.State:
    return states.state(row)


def is_root(node: Any) -> bool:
    return bool(node.key.kind == Kind.ROOT)


class MessageTest(CheckTestCase):
    def test_second_message_changes_nothing(self) -> None:
        identity, first = self.begun()
        key = first.effect.key
        while first.effect is not None:
            first.step()
            node = self.store.views([key])[0].node
            if node is None or node.status != NodeStatus.READY:
                rows = self.store.resources(identity['stack_id'])
                self.assertTrue(self.checking(key).go_on())
                self.assertEqual(rows, self.store.resources(identity['stack_id']))
        self.assertEqual(1, len(self.parts.records.all()))

    def test_of_two_that_begin_at_once_one_acts(self) -> None:
        identity, first = self.begun()
        second = self.checking(first.effect.key)
        first.until(effects.Save)
        second.until(effects.Save)
        first.step()
        second.step()  # refused: it looks again, and leaves it to the first
        self.assertIsInstance(second.effect, effects.Load)
        while second.effect is not None:
            self.assertNotIsInstance(second.effect, effects.CallPlugin)
            second.step()
        self.assertEqual([], self.heard.keys)
        first.go_on()
        self.assert_at_rest(identity)

    def test_node_that_is_always_refused_is_announced_anew(self) -> None:
        _, task = self.begun()
        refused = 0
        while not isinstance(task.effect, effects.Cast):
            if isinstance(task.effect, effects.Save):
                task.say(Outcome(Verdict.REFUSED))
                refused += 1
            else:
                task.step()
        key = task.effect.keys[0]
        self.assertEqual((CONFLICTS, 'A'), (refused, key.name))
        task.step()
        self.assertIsNone(task.effect)

    def test_node_that_is_superseded_while_it_looks(self) -> None:
        resources = {**A, 'B': thing({'get_resource': 'A'})}
        identity, task = self.begun(resources)
        task.go_on()
        task = self.checking(self.key('B'))
        task.until(effects.LoadServingRows)
        self.update(identity, resources)
        self.prepared(identity)
        while task.effect is not None:
            self.assertNotIsInstance(task.effect, effects.Save)
            task.step()

    def test_node_that_is_gone(self) -> None:
        identity, task = self.begun()
        self.call('stack_cancel_update', identity, False)
        self.assertTrue(task.go_on())
        self.assertEqual(states.INIT, state(self.rows(identity)['A']))
        self.assertEqual([], self.parts.records.all())


class OutcomeTest(CheckTestCase):
    def test_value_that_comes_out_wrong_fails_the_stack(self) -> None:
        identity = self.made(
            {**A, 'B': thing(properties={'wait_secs': {'get_attr': ['A', 'output']}})}
        )
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('resources.B.properties.wait_secs', self.stack(identity).reason)
        self.assertEqual(states.CREATE_FAILED, state(self.rows(identity)['B']))
        self.assertEqual(states.CREATED, state(self.rows(identity)['A']))

    def test_failure_announces_the_rollback(self) -> None:
        source = {'A': thing(properties={'fail': True})}
        identity = self.call(
            'create_stack',
            'stack',
            {'heat_template_version': '2018-08-31', 'resources': source},
            None,
            None,
            {'disable_rollback': False},
        )
        self.prepared(identity)
        self.checking(self.key()).go_on()
        self.assertEqual([identity['stack_id']], self.heard.wishes)
        self.parts.rest()
        self.assertEqual('ROLLBACK_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)

    def test_type_that_is_not_installed_here_fails_its_resource(self) -> None:
        identity = self.create({**A, 'B': {'type': 'OS::Heat::None'}})
        parts = self.parts
        plugin = parts.registry.plugin('OS::Heat::None')
        assert plugin is not None
        parts.registry = Registry({'OS::Heat::None': plugin})
        parts.templates = TemplateCache(self.store, parts.registry)
        parts.rest()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('OS::Heat::TestResource', self.stack(identity).reason)

    def test_what_is_not_as_asked_is_tried_again_a_few_times(self) -> None:
        self.serve(Stubborn)
        identity = self.made(A)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('still differ: value', self.stack(identity).reason)
        self.assertEqual('kept', (self.rows(identity)['A'].properties or {})['value'])
        begun = [
            one.event
            for one in self.store.events(identity['stack_id'])
            if (one.event.resource_name, one.event.status) == ('A', 'IN_PROGRESS')
        ]
        self.assertEqual(check.ATTEMPTS, len(begun))

    def test_plugin_that_cannot_tell_the_properties_is_believed(self) -> None:
        self.serve(Blind)
        identity = self.made(A)
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual('x', (self.rows(identity)['A'].properties or {})['value'])

    def test_cleanup_fails(self) -> None:
        identity = self.made(A)
        self.call('delete_stack', identity)
        self.serve(Undying)
        self.parts.rest()
        self.assertEqual('DELETE_FAILED', self.state(identity))
        self.assertIn('RuntimeError: resources.A: never', self.stack(identity).reason)
        self.assertEqual(states.DELETE_FAILED, state(self.rows(identity)['A']))


class Undying(TestResource):
    def delete(self, resource: Resource) -> None:
        raise RuntimeError('never')


class LongOperationTest(CheckTestCase):
    def test_it_is_looked_at_until_it_is_over(self) -> None:
        identity, task = self.begun({'A': thing(properties={'wait_secs': 3})})
        verbs, slept = [], 0.0
        while task.effect is not None:
            if isinstance(task.effect, effects.CallPlugin):
                verbs.append(task.effect.call.verb)
            if isinstance(task.effect, effects.Sleep):
                slept += task.effect.seconds
            task.step()
        self.assertEqual([Verb.CREATE] + [Verb.PROCEED] * 3, verbs)
        self.assertEqual((3.0, 'CREATE_COMPLETE'), (slept, self.state(identity)))

    def test_poll_interval(self) -> None:
        identity = self.create({'A': thing(properties=FOREVER)})
        self.prepared(identity)
        checker = Checker(self.parts.lease.id, self.parts.ids, self.parts.clock, 0.25)
        task = self.parts.start(checker.check(self.key()))
        self.assertEqual(0.25, task.until(effects.Sleep).seconds)

    def test_it_is_looked_at_to_its_end_though_its_node_is_gone(self) -> None:
        failing = {'B': thing(properties={'fail': True})}
        identity, task = self.begun({'A': thing(properties={'wait_secs': 3}), **failing})
        task.until(effects.Sleep)
        self.checking(self.key('B')).go_on()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertTrue(task.go_on())
        row = self.rows(identity)['A']
        self.assertEqual((None, states.CREATED), (row.claim, state(row)))

    def test_cancel_keeps_the_result_of_what_is_under_way(self) -> None:
        identity, task = self.begun({'A': thing(properties={'action_wait_secs': {'create': 60}})})
        task.until(effects.Sleep)
        self.call('stack_cancel_update', identity, False)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertTrue(task.go_on())
        row = self.rows(identity)['A']
        self.assertEqual((None, states.CREATED), (row.claim, state(row)))
        self.update(identity, {'A': thing('y')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(row.id, self.rows(identity)['A'].id)
        self.assert_at_rest(identity)

    def test_request_after_a_cancel_gives_up_what_is_under_way(self) -> None:
        identity, task = self.begun({'A': thing(properties={'action_wait_secs': {'create': -1}})})
        task.until(effects.Sleep)
        self.call('stack_cancel_update', identity, False)
        before = self.parts.clock.time
        old = self.rows(identity)['A']
        self.update(identity, A)
        self.prepared(identity)
        self.assertTrue(task.go_on())
        self.parts.rest()
        self.assertLess(self.parts.clock.time - before, 60)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotEqual(old.id, self.rows(identity)['A'].id)
        self.assert_at_rest(identity)

    def test_deadline_after_a_cancel_gives_up_what_is_under_way(self) -> None:
        identity, task = self.begun({'A': thing(properties={'action_wait_secs': {'create': -1}})})
        task.until(effects.Sleep)
        self.call('stack_cancel_update', identity, False)
        before = self.parts.clock.time
        self.assertTrue(task.go_on())
        self.assertEqual(3_600.0, self.parts.clock.time - before)
        row = self.rows(identity)['A']
        self.assertEqual((None, states.CREATE_FAILED), (row.claim, state(row)))
        self.assertIn('cancelled by the user', row.reason)
        self.update(identity, A)
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotEqual(row.id, self.rows(identity)['A'].id)
        self.assert_at_rest(identity)

    def test_rollback_does_not_wait_for_an_update_that_never_ends(self) -> None:
        identity = self.made(A)
        self.update(identity, {'A': thing('y', properties={'action_wait_secs': {'update': -1}})})
        self.prepared(identity)
        task = self.checking(self.key())
        task.until(effects.Sleep)
        self.call('stack_cancel_update', identity, True)
        self.prepared(identity)
        self.assertTrue(task.go_on())
        before = self.parts.clock.time
        self.parts.rest()
        self.assertEqual(before, self.parts.clock.time)
        self.assertEqual('ROLLBACK_COMPLETE', self.state(identity))
        self.assertEqual('x', self.parts.records.all()[0].properties['value'])
        self.assert_at_rest(identity)

    def test_it_is_given_up_when_the_stack_times_out(self) -> None:
        identity, task = self.begun({'A': thing(properties=FOREVER)})
        task.until(effects.Sleep)
        self.parts.elapse(3_600)
        self.parts.sweep()
        self.assertTrue(task.go_on())
        self.assertEqual('CREATE_FAILED', self.state(identity))
        row = self.rows(identity)['A']
        self.assertEqual((None, states.CREATE_FAILED), (row.claim, state(row)))
        self.assertIn('timed out', row.reason)

    def test_it_is_let_go_of_when_somebody_needs_the_row(self) -> None:
        identity, task = self.begun({'A': thing(properties=FOREVER)})
        task.until(effects.Sleep)
        self.call('delete_stack', identity)
        self.prepared(identity)
        self.assertTrue(task.go_on())
        row = self.rows(identity)['A']
        self.assertEqual((None, states.CREATING), (row.claim, state(row)))
        self.assertEqual([row.id], list(dict.fromkeys(key.name for key in self.heard.keys)))

    def test_whoever_waits_for_the_row_hears_of_it(self) -> None:
        identity, task = self.begun({'A': thing(properties=FOREVER)})
        task.until(effects.Sleep)
        self.update(identity, {'A': thing('y', properties=FOREVER)})
        self.prepared(identity)
        key = self.key()
        self.checking(key).go_on()  # meets the claim
        self.assertEqual([], self.heard.keys)
        task.go_on()
        self.assertEqual([key], self.heard.keys)

    def test_delete_that_takes_long(self) -> None:
        slow = {'action_wait_secs': {'delete': 2}}
        identity = self.made({'A': thing(properties=slow)})
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)


class Busy(TestResource):
    """Cannot act or look the first times."""

    times = 2
    retry_after: float | None = None

    def _refuse(self) -> None:
        if self.times > 0:
            self.times -= 1
            raise TransientError('over the rate limit', self.retry_after)

    def create(self, resource: Resource) -> None:
        self._refuse()
        super().create(resource)

    def delete(self, resource: Resource) -> None:
        self._refuse()
        super().delete(resource)


class LooksAway(TestResource):
    """Cannot look the first times, whatever was done."""

    times = 2

    def observe(self, resource: Resource) -> Observation:
        if self.times > 0:
            self.times -= 1
            raise TransientError('')
        return super().observe(resource)


class RetryTest(CheckTestCase):
    def reasons(self, identity: Any, name: str = 'A') -> list[str]:
        return [
            one.event.reason
            for one in self.store.events(identity['stack_id'])
            if one.event.resource_name == name
        ]

    def busy(self, plugin: type[TestResource] = Busy, **fields: Any) -> None:
        self.serve(type('Set', (plugin,), fields))

    def test_plugin_that_is_busy_is_asked_again_at_longer_intervals(self) -> None:
        identity = self.create(A)
        self.prepared(identity)
        self.busy()
        task = self.checking(self.key())
        verbs, slept = [], 0.0
        while task.effect is not None:
            if isinstance(task.effect, effects.CallPlugin):
                verbs.append(task.effect.call.verb)
            if isinstance(task.effect, effects.Sleep):
                slept += task.effect.seconds
            task.step()
        self.assertEqual([Verb.CREATE] * 3, verbs)
        self.assertEqual((3.0, 'CREATE_COMPLETE'), (slept, self.state(identity)))
        self.assertEqual(
            [
                'state changed',
                'retry 1 of 5 in 1 s: over the rate limit',
                'retry 2 of 5 in 2 s: over the rate limit',
                'state changed',
            ],
            self.reasons(identity),
        )
        self.assert_at_rest(identity)

    def test_plugin_says_when_to_ask_again(self) -> None:
        self.busy(times=1, retry_after=30.0)
        before = self.parts.clock.time
        identity = self.made(A)
        self.assertEqual(30.0, self.parts.clock.time - before)
        self.assertEqual('CREATE_COMPLETE', self.state(identity))

    def test_it_fails_after_so_many_times(self) -> None:
        self.busy(times=99)
        identity = self.made(A)
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('over the rate limit (tried 6 times)', self.stack(identity).reason)
        self.assertIsNone(self.rows(identity)['A'].claim)

    def test_what_cannot_be_looked_at_is_not_made_twice(self) -> None:
        self.busy(LooksAway)
        identity = self.made(A)
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual(1, len(self.parts.records.all()))
        self.assertIn('retry 1 of 5 in 1 s: temporarily unavailable', self.reasons(identity))

    def test_delete_is_asked_for_again(self) -> None:
        identity = self.made(A)
        self.busy(times=1)
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual([], self.parts.records.all())

    def test_delete_gets_through_while_a_plugin_asks_for_a_long_pause(self) -> None:
        self.busy(times=1, retry_after=600.0)
        identity, task = self.begun()
        task.until(effects.Sleep)
        self.assertEqual(1.0, task.effect.seconds)
        self.call('delete_stack', identity)
        self.prepared(identity)
        before = self.parts.clock.time
        self.assertTrue(task.go_on())
        self.assertEqual(1.0, self.parts.clock.time - before)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))

    def test_nobody_asks_again_for_a_stack_that_has_failed(self) -> None:
        self.busy(times=1, retry_after=600.0)
        identity, task = self.begun({**A, 'B': thing(properties={'fail': True})})
        task.until(effects.Sleep)
        self.checking(self.key('B')).go_on()
        self.assertTrue(task.go_on())
        self.assertEqual([], self.parts.records.all())
        self.parts.sweep()
        self.assertEqual(states.CREATE_FAILED, state(self.rows(identity)['A']))

    def test_who_took_over_meanwhile_is_made_up_for(self) -> None:
        self.busy(LooksAway, times=1)
        identity, task = self.begun()
        task.until(effects.CallPlugin)
        task.step()
        (dead_claim,) = self.store.resources(identity['stack_id'])
        self.parts.crash()
        self.parts.run(self.parts.checker().recovery.void(DeadClaim(dead_claim)))
        self.assertTrue(task.go_on())
        self.assertTrue(self.rows(identity)['A'].suspect)
