"""OS::Heat::Delay waits as long as its properties say, however often it is asked."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from heatconv.convergence.model import Reality, Verb
from heatconv.hot.errors import TemplateError
from heatconv.resources.delay import Delay, pause
from heatconv.resources.plugin import PluginCall, Resource
from heatconv.resources.records import MemoryRecords
from heatconv.sim.moves import SimClock
from heatconv.tests.unit.engine.parts import EngineTestCase

TOKEN = 'token'


def resource(token: str = TOKEN, **properties: Any) -> Resource:
    """Return a resource with the defaults filled in."""
    resolved = Delay.schema.resolve_properties(properties)
    return Resource(token, 'D', 'OS::Heat::Delay', 'id', 'stack', 'project', resolved)


class DelayTestCase(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = SimClock()
        self.records = MemoryRecords()

    @property
    def plugin(self) -> Delay:
        """Return a plugin as another process would have it: it remembers nothing."""
        return Delay(self.records, self.clock)

    def reality(self, delay: Resource) -> Reality:
        return self.plugin.observe(delay).reality


class PluginTest(DelayTestCase):
    def test_nothing_waits_by_default(self) -> None:
        delay = resource()
        self.plugin.create(delay)
        seen = self.plugin.observe(delay)
        self.assertEqual((Reality.READY, 'stack-D-token'), (seen.reality, seen.physical_id))
        self.assertEqual(dict(delay.properties), dict(seen.properties or {}))
        self.plugin.delete(delay)
        self.assertEqual(Reality.ABSENT, self.reality(delay))
        self.assertEqual([], self.records.all())

    def test_create_waits_and_a_repeated_one_does_not_begin_anew(self) -> None:
        delay = resource(min_wait=10)
        self.plugin.create(delay)
        self.clock.time += 4
        self.plugin.create(delay)
        seen = self.plugin.observe(delay)
        self.assertEqual((Reality.PENDING, 6.0), (seen.reality, seen.retry_after))
        self.assertEqual('stack-D-token', seen.physical_id)
        self.assertEqual(delay.properties, seen.properties)
        self.clock.time += 5.9
        self.assertEqual(Reality.PENDING, self.reality(delay))
        self.clock.time += 0.1
        self.assertEqual(Reality.READY, self.reality(delay))
        # By default a delete does not wait.
        self.plugin.delete(delay)
        self.assertEqual([], self.records.all())

    def test_delete_waits_and_a_repeated_one_does_not_begin_anew(self) -> None:
        delay = resource(min_wait=10, actions=['DELETE'])
        self.plugin.create(delay)
        self.assertEqual(Reality.READY, self.reality(delay))
        self.plugin.delete(delay)
        self.clock.time += 4
        self.plugin.delete(delay)
        seen = self.plugin.observe(delay)
        self.assertEqual((Reality.PENDING, 6.0), (seen.reality, seen.retry_after))
        self.clock.time += 6
        self.assertEqual(Reality.ABSENT, self.reality(delay))
        self.assertEqual(Reality.ABSENT, self.reality(delay))
        self.assertEqual([], self.records.all())
        self.plugin.delete(delay)
        self.assertEqual([], self.records.all())

    def test_delete_of_what_is_being_created(self) -> None:
        delay = resource(min_wait=10, actions=['CREATE', 'DELETE'])
        self.plugin.create(delay)
        self.clock.time += 4
        self.plugin.delete(delay)
        self.clock.time += 9
        self.assertEqual(Reality.PENDING, self.reality(delay))
        self.clock.time += 1
        self.assertEqual(Reality.ABSENT, self.reality(delay))

    def test_update_changes_the_properties_and_takes_no_time(self) -> None:
        before = resource(min_wait=10)
        self.assertEqual(frozenset(), self.plugin.replace_on_change(before.properties))
        self.plugin.create(before)
        self.clock.time += 10
        after = resource(min_wait=20, actions=['CREATE', 'DELETE'])
        for _ in range(2):
            self.plugin.update(after, ['min_wait'])
            seen = self.plugin.observe(after)
            self.assertEqual(
                (Reality.READY, after.properties), (seen.reality, dict(seen.properties or {}))
            )
        self.plugin.delete(after)
        self.clock.time += 19
        self.assertEqual(Reality.PENDING, self.reality(after))

    def test_adopted_one_does_not_wait(self) -> None:
        delay = dataclasses.replace(resource(min_wait=10), physical_id='other')
        self.plugin.adopt(delay)
        seen = self.plugin.observe(delay)
        self.assertEqual((Reality.READY, 'other'), (seen.reality, seen.physical_id))

    def test_a_pause_is_never_predicted(self) -> None:
        none, long = resource('none'), resource('long', min_wait=1, actions=['CREATE', 'DELETE'])
        for verb in (Verb.CREATE, Verb.DELETE):
            calls = [PluginCall(verb, one) for one in (none, long)]
            first, second = self.plugin.predict(calls)
            self.assertIsNotNone(first, verb)
            self.assertIsNone(second, verb)
            self.plugin.perform(calls)
            self.clock.time += 1
        self.assertEqual(Reality.ABSENT, self.reality(long))

    def test_suspend_and_resume_wait_once_each(self) -> None:
        delay = resource(min_wait=10, actions=['SUSPEND', 'RESUME'])
        self.plugin.create(delay)
        self.assertEqual(Reality.READY, self.reality(delay))

        def act(action: str, operation: str) -> list[Any]:
            verb = Verb(action.lower())
            return self.plugin.perform([PluginCall(verb, delay, operation=operation)])

        for operation, action in (('1', 'SUSPEND'), ('2', 'RESUME')):
            (seen,) = act(action, operation)
            self.assertEqual((Reality.PENDING, 10.0), (seen.reality, seen.retry_after))
            self.clock.time += 4
            (seen,) = act(action, operation)
            self.assertEqual((Reality.PENDING, 6.0), (seen.reality, seen.retry_after))
            self.clock.time += 6
            self.assertEqual(Reality.READY, act(action, operation)[0].reality)
        self.assertEqual(Reality.READY, act('SUSPEND', '1')[0].reality, 'it comes too late')

    def test_suspend_without_a_pause_writes_nothing(self) -> None:
        for actions in ([], ['CREATE']):
            delay = resource(min_wait=10, actions=actions)
            self.plugin.create(delay)
            before = self.records.all()
            self.plugin.act(delay, 'SUSPEND', '1')
            self.assertEqual(before, self.records.all())
            self.plugin.delete(delay)

    def test_properties_that_cannot_be(self) -> None:
        for wrong in (
            {'min_wait': -1},
            {'max_jitter': -1},
            {'jitter_multiplier': -1},
            {'actions': ['UPDATE']},
        ):
            self.assertRaises(TemplateError, resource, **wrong)
        resource(actions=['SUSPEND', 'RESUME'])


class JitterTest(DelayTestCase):
    def test_other_processes_wait_as_long(self) -> None:
        delay = resource(min_wait=5, max_jitter=3, jitter_multiplier=10)
        until = set()
        for _ in range(3):
            self.records = MemoryRecords()
            self.plugin.create(delay)
            until.add(self.records.all()[0].state['until'])
        self.assertEqual({self.clock.now() + pause(delay, 'CREATE')}, until)

    def test_resources_and_actions_wait_differently(self) -> None:
        both = ['CREATE', 'DELETE']
        pauses = {
            pause(resource(f'token-{number}', max_jitter=1, actions=both), action)
            for number in range(20)
            for action in both
        }
        self.assertEqual(40, len(pauses))
        # They are spread over the whole range.
        self.assertLess(min(pauses), 0.2)
        self.assertGreater(max(pauses), 0.8)

    @given(st.text(), st.floats(0, 100), st.floats(0, 100), st.floats(0, 100))
    def test_limits(self, token: str, least: float, jitter: float, unit: float) -> None:
        delay = resource(token, min_wait=least, max_jitter=jitter, jitter_multiplier=unit)
        waits = pause(delay, 'CREATE')
        self.assertLessEqual(least, waits)
        self.assertLessEqual(waits, least + jitter * unit)
        self.assertEqual(0, pause(delay, 'DELETE'))

    def test_properties_that_were_never_saved(self) -> None:
        unknown = Resource('token', 'D', 'OS::Heat::Delay', 'id', 'stack', 'project')
        self.assertEqual(0, pause(unknown, 'DELETE'))
        self.plugin.delete(unknown)
        some = dataclasses.replace(unknown, properties={'min_wait': 5})
        self.assertEqual(0, pause(some, 'DELETE'))


class StackTest(EngineTestCase):
    DELAY: ClassVar[dict[str, Any]] = {
        'type': 'OS::Heat::Delay',
        'properties': {'min_wait': 30, 'max_jitter': 2, 'actions': ['CREATE', 'DELETE']},
    }

    def test_life(self) -> None:
        began = self.parts.clock.now()
        identity = self.made({'D': self.DELAY})
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertGreaterEqual(self.parts.clock.now() - began, 30)
        row = self.rows(identity)['D']
        changed = {**self.DELAY, 'properties': {'min_wait': 40, 'actions': ['DELETE']}}
        began = self.parts.clock.now()
        self.update(identity, {'D': changed})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertEqual(row.id, self.rows(identity)['D'].id)
        self.assertLess(self.parts.clock.now() - began, 10)
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assertGreaterEqual(self.parts.clock.now() - began, 40)
        self.assertEqual([], self.parts.records.all())

    def test_a_worker_dies_after_each_question(self) -> None:
        for action in ('create', 'delete'):
            step = 0
            while True:
                self.anew()
                identity = self.create({'D': self.DELAY})
                if action == 'delete':
                    self.parts.rest()
                    self.call('delete_stack', identity)
                ended = self.parts.rest(most=step) < step
                if not ended:
                    self.parts.recover()
                    self.parts.recover()
                state = f'{action.upper()}_COMPLETE'
                self.assertEqual(state, self.state(identity), f'after {step}')
                left = self.parts.records.all()
                self.assertEqual(action == 'create', len(left) == 1, f'after {step}: {left}')
                if ended:
                    break
                step += 1
            self.assertGreater(step, 10)
