"""The built-in resource types keep the contract of plugins."""

from __future__ import annotations

import dataclasses
from typing import Any

import testtools
from hypothesis import given
from hypothesis import strategies as st

from heatconv.convergence.model import Reality
from heatconv.hot.errors import TemplateError
from heatconv.resources import random_string
from heatconv.resources.plugin import Plugin, Resource
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.sim.moves import SimClock

TYPES = ('OS::Heat::None', 'OS::Heat::RandomString', 'OS::Heat::TestResource', 'OS::Heat::Value')

GIVEN: dict[str, dict[str, Any]] = {'OS::Heat::Value': {'value': [1, {'a': None}]}}


class TypesTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.clock = SimClock()
        self.records = MemoryRecords()
        self.registry = Registry.installed(self.records, self.clock)

    def plugin(self, type_name: str) -> Plugin:
        plugin = self.registry.plugin(type_name)
        assert plugin is not None
        return plugin

    def resource(self, type_name: str, **properties: Any) -> Resource:
        given_ = {**GIVEN.get(type_name, {}), **properties}
        resolved = self.plugin(type_name).schema.resolve_properties(given_, 'properties')
        return Resource('token', 'name', type_name, 'stack', 'stack', 'project', resolved)

    def test_the_four_types_are_installed(self) -> None:
        self.assertEqual(TYPES, tuple(one for one in self.registry.types if one in TYPES))
        self.assertIsNone(self.registry.plugin('OS::Nova::Server'))
        self.assertIsNone(self.registry.schema('OS::Nova::Server'))

    def test_everything_may_be_asked_twice(self) -> None:
        for type_name in TYPES:
            plugin, resource = self.plugin(type_name), self.resource(type_name)
            self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)
            plugin.create(resource)
            first = plugin.observe(resource)
            plugin.create(resource)
            self.assertEqual(first, plugin.observe(resource))
            self.assertEqual(Reality.READY, first.reality)
            self.assertEqual(dict(resource.properties), dict(first.properties or {}))
            self.assertEqual(1, len(self.records.all()))
            plugin.update(resource, ())
            plugin.update(resource, ())
            plugin.delete(resource)
            plugin.delete(resource)
            self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)
            plugin.update(resource, ())
            self.assertEqual([], self.records.all())

    def test_value_gives_back_what_it_is_given(self) -> None:
        plugin, resource = self.plugin('OS::Heat::Value'), self.resource('OS::Heat::Value')
        plugin.create(resource)
        self.assertEqual({'value': [1, {'a': None}]}, plugin.observe(resource).attributes)
        self.assertEqual(frozenset(), plugin.replace_on_change(resource.properties))

    def test_random_string_is_kept_and_never_shown_as_an_id(self) -> None:
        plugin = self.plugin('OS::Heat::RandomString')
        resource = self.resource('OS::Heat::RandomString', length=20)
        plugin.create(resource)
        seen = plugin.observe(resource)
        self.assertEqual(20, len(seen.attributes['value']))
        self.assertEqual('token', seen.physical_id)
        self.assertIn('salt', plugin.replace_on_change(resource.properties))

    def test_random_string_refuses_what_cannot_be(self) -> None:
        too_short = {'length': 3, 'character_classes': [{'class': 'digits', 'min': 4}]}
        error = self.assertRaises(
            TemplateError, self.resource, 'OS::Heat::RandomString', **too_short
        )
        self.assertIn('Length property cannot be smaller', str(error))
        nothing = self.resource('OS::Heat::RandomString', character_classes=[])
        error = self.assertRaises(ValueError, self.plugin(nothing.type).create, nothing)
        self.assertIn('neither character_classes nor', str(error))
        for wrong in ({'length': 0}, {'length': 513}, {'character_classes': [{'class': 'x'}]}):
            self.assertRaises(TemplateError, self.resource, 'OS::Heat::RandomString', **wrong)

    @given(
        st.integers(1, 64),
        st.lists(
            st.tuples(st.sampled_from(sorted(random_string.CLASSES)), st.integers(1, 5)),
            min_size=1,
        ),
        st.lists(st.tuples(st.text('#-_!', min_size=1), st.integers(1, 5))),
    )
    def test_random_string_has_of_each_kind_what_is_asked(
        self, length: int, classes: Any, sequences: Any
    ) -> None:
        properties = {
            'length': length,
            'character_classes': [{'class': name, 'min': least} for name, least in classes],
            'character_sequences': [{'sequence': one, 'min': least} for one, least in sequences],
        }
        needed = sum(least for _, least in classes + sequences)
        if needed > length:
            self.assertRaises(ValueError, random_string.generate, properties)
            return
        made = random_string.generate(properties)
        self.assertEqual(length, len(made))
        for name, least in classes:
            self.assertGreaterEqual(sum(one in random_string.CLASSES[name] for one in made), least)
        for sequence, least in sequences:
            self.assertGreaterEqual(sum(one in sequence for one in made), least)

    def test_none_takes_anything(self) -> None:
        resource = self.resource('OS::Heat::None', whatever=[1], more='x')
        self.assertEqual(frozenset(), self.plugin(resource.type).replace_on_change({}))

    def test_test_resource_fails_when_told(self) -> None:
        resource = self.resource('OS::Heat::TestResource', fail=True)
        plugin = self.plugin(resource.type)
        self.assertRaises(ValueError, plugin.create, resource)
        self.assertRaises(ValueError, plugin.update, resource, ())
        self.assertEqual(Reality.ABSENT, plugin.observe(resource).reality)

    def test_test_resource_replaces_when_told(self) -> None:
        plugin = self.plugin('OS::Heat::TestResource')
        self.assertEqual({'update_replace_value'}, plugin.replace_on_change({}))
        self.assertEqual(
            {'update_replace_value', 'value'}, plugin.replace_on_change({'update_replace': True})
        )

    def test_test_resource_waits_as_it_is_told(self) -> None:
        resource = self.resource(
            'OS::Heat::TestResource', wait_secs=2, action_wait_secs={'delete': 5}
        )
        plugin = self.plugin(resource.type)

        def after(seconds: float) -> Reality:
            self.clock.time += seconds
            return plugin.observe(resource).reality

        plugin.create(resource)
        self.assertEqual(Reality.PENDING, after(1.9))
        plugin.create(resource)
        self.assertEqual(Reality.READY, after(0.2))
        plugin.update(resource, ('value',))
        self.assertEqual(Reality.PENDING, after(1))
        self.assertEqual(Reality.READY, after(1))
        plugin.delete(resource)
        self.assertEqual(Reality.PENDING, after(4))
        plugin.delete(resource)
        self.assertEqual(Reality.ABSENT, after(1))

    def test_test_resource_waits_for_ever(self) -> None:
        resource = self.resource('OS::Heat::TestResource', wait_secs=-1)
        plugin = self.plugin(resource.type)
        plugin.create(resource)
        self.clock.time += 1e9
        self.assertEqual(Reality.PENDING, plugin.observe(resource).reality)

    def test_replace_of_a_record_that_is_gone_does_not_bring_it_back(self) -> None:
        plugin, resource = self.plugin('OS::Heat::Value'), self.resource('OS::Heat::Value')
        plugin.create(resource)
        record = self.records.get('token')
        assert record is not None
        self.records.remove('token')
        self.records.replace(dataclasses.replace(record, properties={}))
        self.assertEqual([], self.records.all())
