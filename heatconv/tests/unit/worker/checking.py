"""Check nodes by hand, a question at a time."""

from __future__ import annotations

from typing import Any

from heatconv.convergence.model import NodeKey
from heatconv.engine.prepare import prepare
from heatconv.resources.registry import Registry
from heatconv.resources.test_resource import TestResource
from heatconv.templates.cache import TemplateCache
from heatconv.tests.unit.engine.parts import ACTION_TIMEOUT, Driven, EngineTestCase, thing
from heatconv.worker.plugin_caller import PluginCaller

A = {'A': thing('x')}


class CheckTestCase(EngineTestCase):
    def prepared(self, identity: Any) -> None:
        """Prepare the wish of a stack; its leaves are announced."""
        self.heard.wishes.clear()
        self.parts.run(prepare(identity['stack_id'], self.parts.ids, self.parts.settles))

    def key(self, name: str = 'A') -> NodeKey:
        """Take the announcement of an update."""
        found = next(key for key in self.heard.keys if (key.kind, key.name) == ('u', name))
        self.heard.keys.remove(found)
        return found

    def checking(self, key: NodeKey) -> Driven:
        return self.parts.start(self.parts.checker().check(key))

    def begun(self, resources: Any = A, **sections: Any) -> tuple[dict[str, str], Driven]:
        """Ask for a stack and begin to check its A."""
        identity = self.create(resources, **sections)
        self.prepared(identity)
        return identity, self.checking(self.key())

    def serve(self, plugin: type[TestResource]) -> None:
        """Have another plugin serve the type."""
        parts = self.parts
        parts.registry = Registry({'OS::Heat::TestResource': plugin(parts.records, parts.clock)})
        parts.templates = TemplateCache(self.store, parts.registry)
        parts.caller = PluginCaller(parts.registry, parts.lease, ACTION_TIMEOUT)
