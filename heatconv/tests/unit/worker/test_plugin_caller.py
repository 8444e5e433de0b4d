"""Whatever a plugin does, an observation comes of it, or nothing was done."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import fixtures
import testtools

from heatconv.convergence.model import Observation, Reality, Verb
from heatconv.convergence.step import Call
from heatconv.resources.plugin import Resource, TransientError
from heatconv.resources.registry import Registry
from heatconv.resources.test_resource import TestResource
from heatconv.runtime.effects import CallPlugin
from heatconv.storage.base import StoreUnavailable
from heatconv.tests.unit.convergence.rows import CREATING, row
from heatconv.tests.unit.engine.parts import ACTION_TIMEOUT, LEASE_DURATION, Parts
from heatconv.worker.plugin_caller import PluginCaller

TYPE = 'OS::Heat::TestResource'
PROPERTIES = {'value': 'x', 'wait_secs': 0}


class EventOf(TestResource):
    """Notes what it is asked and told."""

    asked: list[tuple[str, Resource, Any]]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked = []

    def create(self, resource: Resource) -> None:
        self.asked.append(('create', resource, None))
        super().create(resource)

    def update(self, resource: Resource, changed: Sequence[str]) -> None:
        self.asked.append(('update', resource, changed))
        super().update(resource, changed)

    def delete(self, resource: Resource) -> None:
        self.asked.append(('delete', resource, None))
        super().delete(resource)

    def observe(self, resource: Resource) -> Observation:
        self.asked.append(('observe', resource, None))
        return super().observe(resource)


class Half(EventOf):
    """Makes the resource and raises then."""

    def create(self, resource: Resource) -> None:
        super().create(resource)
        raise RuntimeError('half-way')


class Away(TestResource):
    def create(self, resource: Resource) -> None:
        raise TransientError('away', 7.0)


class HalfAndAway(Half):
    def observe(self, resource: Resource) -> Observation:
        raise TransientError('away', 7.0)


class Outage(TestResource):
    def create(self, resource: Resource) -> None:
        raise StoreUnavailable('no route to 10.0.0.1')


class HalfAndOutage(Half):
    def observe(self, resource: Resource) -> Observation:
        raise StoreUnavailable('no route to 10.0.0.1')


class Unreachable(EventOf):
    def observe(self, resource: Resource) -> Observation:
        raise OSError('unreachable')


class PerformerTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.parts = Parts()
        self.serve(EventOf)

    def serve(self, plugin: type[EventOf]) -> None:
        self.plugin = plugin(self.parts.records, self.parts.clock)
        self.caller = PluginCaller(Registry({TYPE: self.plugin}), self.parts.lease, ACTION_TIMEOUT)

    def effect(self, verb: Verb = Verb.CREATE, **changes: Any) -> CallPlugin:
        properties = {**PROPERTIES, **changes.pop('properties', {})}
        claimed = row('a1', CREATING, type=TYPE, claim=self.parts.lease.id)
        claimed = dataclasses.replace(claimed, **changes)
        return CallPlugin(Call(verb, claimed, properties, ('value',)), 'project', 'stack')

    def perform(self, verb: Verb = Verb.CREATE, **changes: Any) -> Observation:
        seen = self.caller.perform(self.effect(verb, **changes))
        assert seen is not None
        return seen

    def test_what_is_asked_is_done_then_observed(self) -> None:
        for verb, reality in (
            (Verb.CREATE, Reality.READY),
            (Verb.UPDATE, Reality.READY),
            (Verb.OBSERVE, Reality.READY),
            (Verb.DELETE, Reality.ABSENT),
        ):
            self.plugin.asked.clear()
            seen = self.perform(verb)
            self.assertEqual(reality, seen.reality)
            verbs = [asked for asked, _, _ in self.plugin.asked]
            self.assertEqual(verbs, ['observe'] if verb == 'observe' else [verb, 'observe'])

    def test_plugin_is_told_all_about_the_resource(self) -> None:
        self.perform(Verb.UPDATE, physical_id='physical')
        _, resource, changed = self.plugin.asked[0]
        self.assertEqual(
            Resource('a1', 'A', TYPE, 's', 'stack', 'project', PROPERTIES, 'physical', 'old'),
            resource,
        )
        self.assertEqual(('value',), changed)

    def test_plugin_that_raises_has_failed_and_says_why(self) -> None:
        seen = self.perform(properties={'fail': True})
        self.assertEqual(
            Observation(Reality.FAILED, reason='ValueError: Test Resource failed A'), seen
        )
        self.assertIn('failed to create A (a1)', self.log.output)

    def test_what_is_real_after_a_failure_is_told(self) -> None:
        self.serve(Half)
        seen = self.perform()
        self.assertEqual(
            (Reality.FAILED, 'RuntimeError: half-way', 'stack-A-a1', 'x'),
            (seen.reality, seen.reason, seen.physical_id, (seen.properties or {})['value']),
        )
        self.assertEqual({'output': 'x'}, seen.attributes)

    def test_plugin_that_cannot_even_observe(self) -> None:
        self.serve(Unreachable)
        seen = self.perform()
        self.assertEqual(Observation(Reality.FAILED, reason='OSError: unreachable'), seen)
        self.assertEqual(1, len(self.parts.records.all()))

    def test_plugin_that_cannot_act_just_now(self) -> None:
        self.serve(Away)
        seen = self.perform()
        self.assertEqual(Observation(Reality.UNKNOWN, reason='away', retry_after=7.0), seen)

    def test_outage_of_the_database_fails_nothing(self) -> None:
        """A nested stack, for instance, may have been requested nevertheless."""
        reason = 'the database is temporarily unavailable'
        for plugin, before in ((Outage, ''), (HalfAndOutage, 'RuntimeError: half-way; ')):
            self.serve(plugin)
            self.assertEqual(
                Observation(Reality.UNKNOWN, reason=before + reason), self.perform(), plugin
            )
        self.assertIn('no route to 10.0.0.1', self.log.output)

    def test_what_a_failure_left_must_be_known(self) -> None:
        """Without its id nobody would replace it."""
        self.serve(HalfAndAway)
        seen = self.perform()
        self.assertEqual(
            Observation(Reality.UNKNOWN, reason='RuntimeError: half-way; away', retry_after=7.0),
            seen,
        )

    def test_type_without_a_plugin_has_failed(self) -> None:
        seen = self.perform(type='OS::Nova::Server')
        self.assertEqual(
            (Reality.FAILED, 'no plugin for OS::Nova::Server is installed'),
            (seen.reality, seen.reason),
        )

    def test_nothing_is_done_when_the_lease_is_too_short(self) -> None:
        lease = self.parts.lease.id
        effect = self.effect()
        self.parts.clock.time += LEASE_DURATION - ACTION_TIMEOUT
        self.assertIsNone(self.caller.perform(effect))
        self.assertEqual([], self.plugin.asked)
        self.assertNotEqual(lease, self.parts.lease.id)

    def test_lease_just_long_enough(self) -> None:
        effect = self.effect()
        self.parts.clock.time += LEASE_DURATION - ACTION_TIMEOUT - 0.001
        self.assertIsNotNone(self.caller.perform(effect))

    def test_nothing_is_done_under_the_lease_of_another_or_none(self) -> None:
        lease = self.parts.lease.id
        for claim in ('other', None):
            self.assertIsNone(self.caller.perform(self.effect(claim=claim)))
        self.assertEqual(([], lease), (self.plugin.asked, self.parts.lease.id))

    def test_what_makes_up_for_a_late_action_needs_no_lease(self) -> None:
        self.perform()
        effect = dataclasses.replace(self.effect(Verb.DELETE, claim='void'), compensates=True)
        seen = self.caller.perform(effect)
        self.assertEqual(Reality.ABSENT, seen and seen.reality)
        self.assertEqual([], self.parts.records.all())
