"""What the registry gives to plugins, and which plugin a type has."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv.hot.registry import TEMPLATE_RESOURCE
from heatconv.resources.nested import TemplateResource, UsesNestedStacks
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.resources.scaling.policy import ScalingPolicy
from heatconv.resources.signal_urls import NoSignalUrls, UsesSignalUrls
from heatconv.resources.software.store import UsesSoftware
from heatconv.sim.moves import SimClock


class RegistryTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.registry = Registry.installed(MemoryRecords(), SimClock())
        self.plugins: list[Any] = [self.registry.plugin(name) for name in self.registry.types]
        self.plugins.append(self.registry.plugin('a.yaml'))

    def test_only_users_get_access(self) -> None:
        children: Any = object()
        software: Any = object()
        urls: Any = NoSignalUrls()
        self.registry.nest(children, software, urls)
        for plugin in self.plugins:
            given = vars(plugin)
            for user, name, value in (
                (UsesNestedStacks, 'children', children),
                (UsesSoftware, 'software', software),
                (UsesSignalUrls, 'urls', urls),
            ):
                expected = value if isinstance(plugin, user) else None
                self.assertIs(expected, given.get(name), (plugin, name))
        # What is not given stays.
        self.registry.nest(children)
        for plugin in self.plugins:
            if isinstance(plugin, UsesSoftware):
                self.assertIs(software, plugin.software)
            if isinstance(plugin, UsesSignalUrls):
                self.assertIs(urls, plugin.urls)

    def test_groups_that_a_policy_changes(self) -> None:
        children: Any = object()
        self.registry.nest(children)
        expected = ['AWS::AutoScaling::AutoScalingGroup', 'OS::Heat::AutoScalingGroup']
        policies = [plugin for plugin in self.plugins if isinstance(plugin, ScalingPolicy)]
        self.assertEqual(2, len(policies))
        for policy in policies:
            self.assertEqual(expected, list(policy.groups))

    def test_types_that_are_names_of_templates(self) -> None:
        for name in ('a.yaml', 'file:///a.template', TEMPLATE_RESOURCE):
            self.assertIsInstance(self.registry.plugin(name), TemplateResource)
        self.assertIsNone(self.registry.plugin('a.txt'))
        # No template may declare it.
        self.assertIsNone(self.registry.schema(TEMPLATE_RESOURCE))
        self.assertIsNotNone(self.registry.schema('a.yaml'))
        self.assertIsNone(self.registry.schema('No::Type'))
        self.assertIsNone(Registry({}).plugin('a.yaml'))
