"""Workers die, are superseded, or only seem dead, at each step of a check."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from heatconv.convergence import states
from heatconv.convergence.model import Verb
from heatconv.engine.prepare import prepare
from heatconv.runtime import effects
from heatconv.tests.unit.engine.parts import Driven, EngineTestCase, thing
from heatconv.worker.check import Checker

A = {'A': thing('x', replaced='1')}
IN_PLACE = {'A': thing('y', replaced='1')}
REPLACED = {'A': thing('x', replaced='2')}
FAILING = {'A': thing('x', replaced='1', properties={'fail': True})}
#: Names of stacks, each of which is another history.
NAMES = [f'stack{number}' for number in range(200)]


class CrashTestCase(EngineTestCase):
    def crashes(self, ask: Callable[[str], dict[str, str]]) -> Iterator[tuple[int, Any]]:
        """Die after each question of what a request leads to, and recover from it.

        :param ask: makes the request, in a stack of that name.
        """
        for steps, name in enumerate(NAMES):
            identity = ask(name)
            answered = self.parts.rest(steps)
            self.parts.recover()
            yield steps, identity
            if answered < steps:
                return
            self.call('delete_stack', identity)
            self.parts.rest()
        self.fail('it does not come to rest')

    def assert_is(self, identity: Any, state: str, resources: Any, when: Any = None) -> None:
        """Assert what a stack has come to: row, record and template say the same."""
        self.assertEqual(state, self.state(identity), when)
        self.assert_at_rest(identity)
        rows = self.rows(identity)
        self.assertEqual(sorted(resources), sorted(rows), when)
        for name, row in rows.items():
            for key, value in resources[name]['properties'].items():
                self.assertEqual(value, (row.properties or {})[key], when)
            record = self.parts.records.get(row.token)
            assert record is not None
            self.assertEqual(
                (record.physical_id, record.properties), (row.physical_id, row.properties)
            )

    def updated(self, name: str, resources: Any) -> dict[str, str]:
        identity = self.made(A, name)
        self.update(identity, resources)
        return identity


class CrashTest(CrashTestCase):
    def test_create(self) -> None:
        for steps, identity in self.crashes(lambda name: self.create(A, name)):
            self.assert_is(identity, 'CREATE_COMPLETE', A, steps)
        self.assertGreater(steps, 12)

    def test_update_in_place(self) -> None:
        for steps, identity in self.crashes(lambda name: self.updated(name, IN_PLACE)):
            self.assert_is(identity, 'UPDATE_COMPLETE', IN_PLACE, steps)

    def test_replacement(self) -> None:
        for steps, identity in self.crashes(lambda name: self.updated(name, REPLACED)):
            self.assert_is(identity, 'UPDATE_COMPLETE', REPLACED, steps)
        self.assertGreater(steps, 25)

    def test_failed_create(self) -> None:
        for steps, identity in self.crashes(lambda name: self.create(FAILING, name)):
            self.assertEqual('CREATE_FAILED', self.state(identity), steps)
            self.assertEqual([], self.parts.records.all())

    def test_delete(self) -> None:
        def ask(name: str) -> dict[str, str]:
            identity = self.made(A, name)
            self.call('delete_stack', identity)
            return identity

        for steps, name in enumerate(NAMES):
            identity = ask(name)
            answered = self.parts.rest(steps)
            self.parts.recover()
            self.assertEqual('DELETE_COMPLETE', self.state(identity), steps)
            self.assert_at_rest(identity)
            if answered < steps:
                break
        self.assertGreater(steps, 10)

    def test_long_create(self) -> None:
        slow = {'A': thing('x', properties={'wait_secs': 3})}
        for steps, identity in self.crashes(lambda name: self.create(slow, name)):
            self.assert_is(identity, 'CREATE_COMPLETE', slow, steps)

    def test_two_deaths_in_a_row(self) -> None:
        for first, second in itertools.product(range(5, 14, 2), range(0, 12, 3)):
            identity = self.updated(f's{first}-{second}', REPLACED)
            self.parts.rest(first)
            self.parts.crash()
            self.parts.sweep()
            self.parts.rest(second)
            self.parts.recover()
            self.assert_is(identity, 'UPDATE_COMPLETE', REPLACED, (first, second))
            self.call('delete_stack', identity)
            self.parts.rest()


class SupersededTest(CrashTestCase):
    def superseded(self, resources: Any, then: Any, meets: bool = False) -> None:
        """Supersede an update at each question of its checks; no sweep may be needed.

        :param meets: the new traversal is checked before the old check goes on,
            so that it meets the claim.
        """
        for steps, name in enumerate(NAMES):
            identity = self.updated(name, resources)
            self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
            task: Driven | None = None
            for _ in range(steps):
                if task is None or task.effect is None:
                    if not self.heard.keys:
                        break
                    task = self.check()
                task.step()
            over = not self.heard.keys and (task is None or task.effect is None)
            self.update(identity, then)
            self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
            if meets:
                self.parts.rest()
            if task is not None:
                task.go_on()
            self.parts.rest()
            self.assert_is(identity, 'UPDATE_COMPLETE', then, steps)
            if over:
                return
            self.call('delete_stack', identity)
            self.parts.rest()
        self.fail('it does not come to rest')

    def check(self) -> Driven:
        return self.parts.start(self.parts.checker().check(self.heard.keys.pop(0)))

    def test_update_by_another(self) -> None:
        self.superseded(IN_PLACE, {'A': thing('z', replaced='1')})

    def test_update_by_another_that_meets_the_claim(self) -> None:
        self.superseded(IN_PLACE, {'A': thing('z', replaced='1')}, meets=True)

    def test_replacement_by_another_that_meets_the_claim(self) -> None:
        self.superseded(REPLACED, {'A': thing('x', replaced='3')}, meets=True)

    def test_replacement_by_another(self) -> None:
        self.superseded(REPLACED, {'A': thing('x', replaced='3')})

    def test_replacement_that_is_taken_back(self) -> None:
        self.superseded(REPLACED, A)

    def test_failure_that_is_mended(self) -> None:
        self.superseded(FAILING, IN_PLACE)

    def test_removal_that_is_taken_back(self) -> None:
        self.superseded({'B': thing('x')}, A)


class LeaseTest(CrashTestCase):
    def test_action_does_not_start_when_the_lease_is_too_short(self) -> None:
        identity = self.create(A)
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        lease = self.parts.lease.id
        task = self.parts.start(self.parts.checker().check(self.heard.keys.pop()))
        task.until(effects.CallPlugin)
        self.parts.clock.time += 6  # of ten, and an action may take four
        task.step()
        self.assertIsInstance(task.effect, effects.Trace)
        self.assertIn('left to others', task.effect.reason)
        self.assertTrue(task.go_on())
        self.assertEqual([], self.parts.records.all())
        self.assertNotEqual(lease, self.parts.lease.id)
        row = self.rows(identity)['A']
        self.assertEqual((states.CREATING, lease), (states.state(row), row.claim))
        # The claim is free once that lease has run out: it is never renewed.
        self.parts.elapse(5)
        self.parts.sweep()
        self.parts.rest()
        self.assert_is(identity, 'CREATE_COMPLETE', A)

    def test_poll_ends_with_the_lease(self) -> None:
        identity = self.create({'A': thing(properties={'wait_secs': 30})})
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        task = self.parts.start(self.parts.checker().check(self.heard.keys.pop()))
        task.until(effects.Sleep)
        self.parts.clock.time += 7
        task.say(None)
        self.assertTrue(task.go_on())
        row = self.rows(identity)['A']
        self.assertEqual((False, True), (row.suspect, row.claim is not None))


class ZombieTest(CrashTestCase):
    """A worker is taken for dead while it is about to act, and acts all the same."""

    def zombie(self, identity: Any, verb: Verb) -> Driven:
        """Have a worker begin an action and be taken for dead."""
        while self.heard.wishes:
            self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        while True:
            task = self.parts.start(self.parts.checker().check(self.heard.keys.pop(0)))
            while task.effect is not None:
                if isinstance(task.effect, effects.CallPlugin) and task.effect.call.verb == verb:
                    self.parts.crash()
                    return task
                task.step()

    def deleting(self) -> Driven:
        """Return the check that is about to delete."""
        while True:
            task = self.parts.start(self.parts.checker().check(self.heard.keys.pop(0)))
            while task.effect is not None:
                if isinstance(task.effect, effects.CallPlugin):
                    self.assertEqual(Verb.DELETE, task.effect.call.verb)
                    return task
                task.step()

    def test_create_of_a_row_that_is_gone_is_made_up_for(self) -> None:
        identity = self.create(A)
        zombie = self.zombie(identity, Verb.CREATE)
        self.call('delete_stack', identity)
        self.parts.recover()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        zombie.act()
        self.assertEqual(1, len(self.parts.records.all()))
        made_up = zombie.until(effects.CallPlugin)
        self.assertEqual((Verb.DELETE, True), (made_up.call.verb, made_up.compensates))
        self.parts.clock.time += 1000  # whatever its lease says
        self.assertTrue(zombie.go_on())
        self.assertEqual([], self.parts.records.all())

    def test_slow_create_of_a_row_that_is_gone_is_made_up_for(self) -> None:
        identity = self.create({'A': thing('x', properties={'wait_secs': 1e6})})
        zombie = self.zombie(identity, Verb.CREATE)
        self.call('delete_stack', identity)
        self.parts.recover()
        zombie.act()
        self.assertIsInstance(zombie.effect, effects.Sleep)
        self.assertEqual(1, len(self.parts.records.all()))
        zombie.until(effects.CallPlugin)  # another look, for which its lease is too old
        zombie.say(None)
        made_up = zombie.until(effects.CallPlugin)
        self.assertEqual((Verb.DELETE, True), (made_up.call.verb, made_up.compensates))

    def test_slow_update_after_others_took_over_is_found_out(self) -> None:
        slow = {'A': thing('y', replaced='1', properties={'wait_secs': 1e6})}
        identity = self.updated('stack', slow)
        zombie = self.zombie(identity, Verb.UPDATE)
        self.update(identity, A)
        self.parts.recover()
        self.assert_is(identity, 'UPDATE_COMPLETE', A)
        zombie.act()
        zombie.until(effects.CallPlugin)
        zombie.say(None)
        self.assertTrue(zombie.go_on())
        self.assertTrue(self.rows(identity)['A'].suspect)

    def test_late_update_of_what_is_being_deleted(self) -> None:
        slow = {'A': thing('x', properties={'action_wait_secs': {'delete': 5}})}
        changed = {'A': thing('y', properties={'action_wait_secs': {'delete': 5}})}
        identity = self.made(slow)
        self.update(identity, changed)
        zombie = self.zombie(identity, Verb.UPDATE)
        self.call('delete_stack', identity)
        self.parts.prepare_all()
        self.parts.sweep()
        deleting = self.deleting()
        deleting.act()
        zombie.act()
        verbs = []
        while deleting.effect is not None and len(verbs) < 9:
            if isinstance(deleting.effect, effects.CallPlugin):
                verbs.append(deleting.effect.call.verb)
            deleting.step()
        self.assertEqual([Verb.OBSERVE, Verb.DELETE], verbs[:2])
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertEqual([], self.parts.records.all())

    def test_what_is_made_up_for_is_deleted_until_it_is_gone(self) -> None:
        identity = self.create({'A': thing('x', properties={'action_wait_secs': {'delete': 5}})})
        zombie = self.zombie(identity, Verb.CREATE)
        self.call('delete_stack', identity)
        self.parts.recover()
        zombie.act()
        self.parts.clock.time += 1000  # whatever its lease says
        zombie.until(effects.CallPlugin)
        zombie.act()
        # Another zombie undoes the delete.
        (record,) = self.parts.records.all()
        state = {**record.state, 'action': 'update', 'seconds': 0}
        self.parts.records.replace(dataclasses.replace(record, state=state))
        self.assertTrue(zombie.go_on(50))
        self.assertEqual([], self.parts.records.all())

    def test_what_never_acted_has_nothing_to_make_up_for(self) -> None:
        identity = self.create(A)
        zombie = self.zombie(identity, Verb.CREATE)
        self.call('delete_stack', identity)
        self.parts.recover()
        zombie.say(None)
        while zombie.effect is not None:
            self.assertNotIsInstance(zombie.effect, effects.CallPlugin)
            zombie.step()

    def test_create_that_others_did_too_is_the_same_resource(self) -> None:
        identity = self.create(A)
        zombie = self.zombie(identity, Verb.CREATE)
        self.parts.recover()
        self.assert_is(identity, 'CREATE_COMPLETE', A)
        zombie.act()
        self.assertTrue(zombie.go_on())
        self.parts.sweep()
        self.assert_is(identity, 'CREATE_COMPLETE', A)

    def test_late_update_is_found_out(self) -> None:
        identity = self.updated('stack', IN_PLACE)
        zombie = self.zombie(identity, Verb.UPDATE)
        then = {'A': thing('z', replaced='1')}
        self.update(identity, then)
        self.parts.recover()
        self.assert_is(identity, 'UPDATE_COMPLETE', then)
        zombie.act()
        self.assertEqual('y', self.parts.records.all()[0].properties['value'])
        self.assertTrue(zombie.go_on())
        self.assertTrue(self.rows(identity)['A'].suspect)
        self.parts.sweep()
        # What is real is known, so that the next update mends it.
        row = self.rows(identity)['A']
        self.assertEqual((False, 'y'), (row.suspect, (row.properties or {})['value']))
        self.update(identity, then)
        self.parts.rest()
        self.assert_is(identity, 'UPDATE_COMPLETE', then)

    def test_late_delete_of_a_row_that_is_gone_needs_nothing(self) -> None:
        identity = self.made(A)
        self.call('delete_stack', identity)
        zombie = self.zombie(identity, Verb.DELETE)
        self.parts.recover()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        before = self.store.events(identity['stack_id'])
        zombie.act()
        self.assertTrue(zombie.go_on())
        self.assertEqual(before, self.store.events(identity['stack_id']))

    def test_late_observation_changes_nothing(self) -> None:
        identity = self.create(A)
        self.zombie(identity, Verb.CREATE)
        self.parts.sweep()
        zombie = self.zombie(identity, Verb.OBSERVE)
        self.parts.recover()
        before = self.rows(identity)
        zombie.act()
        self.assertTrue(zombie.go_on())
        self.assertEqual(before, self.rows(identity))
        self.assert_is(identity, 'CREATE_COMPLETE', A)

    def test_finish_of_one_whose_claim_is_void_is_refused(self) -> None:
        identity = self.create(A)
        zombie = self.zombie(identity, Verb.CREATE)
        zombie.act()
        self.parts.sweep()
        claim = self.rows(identity)['A'].claim
        self.assertIsNone(claim)
        zombie.go_on()
        self.assertNotEqual('CREATE_COMPLETE', self.state(identity))
        self.parts.rest()
        for _ in range(2):
            self.parts.sweep()
            self.parts.rest()
        self.assert_is(identity, 'CREATE_COMPLETE', A)

    def test_checker_of_a_void_lease_gets_nothing_done(self) -> None:
        identity = self.create(A)
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        old = self.parts.lease.id
        key = self.heard.keys.pop()
        self.parts.crash()
        self.parts.run(Checker(old, self.parts.ids, self.parts.clock).check(key))
        self.assertEqual([], self.parts.records.all())
        self.parts.recover()
        self.assert_is(identity, 'CREATE_COMPLETE', A)
