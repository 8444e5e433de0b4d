"""Real parts of an engine and a worker in memory, driven by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import oslo_messaging
import testtools
from oslo_context import context as contexts

from heatconv import effects
from heatconv.convergence import invariants
from heatconv.convergence.model import NodeKey, Resource, Stack
from heatconv.effects import Effect, Task
from heatconv.engine.prepare import prepare
from heatconv.engine.requests import Limits
from heatconv.engine.service import Engine
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.storage.memory import MemoryStore
from heatconv.templates import TemplateCache
from heatconv.tests.sim.world import Counter, SteadyClock
from heatconv.worker.check import Checker
from heatconv.worker.lease import LeaseKeeper
from heatconv.worker.loop import answer
from heatconv.worker.performer import PluginPerformer
from heatconv.worker.sweep import Sweep

LEASE_DURATION = 10.0
ACTION_TIMEOUT = 4.0


class Heard:
    """Remembers what is announced until somebody takes it."""

    def __init__(self) -> None:
        self.keys: list[NodeKey] = []
        self.wishes: list[str] = []

    def nodes(self, keys: Sequence[NodeKey]) -> None:
        self.keys.extend(keys)

    def wish(self, stack_id: str) -> None:
        self.wishes.append(stack_id)


class Parts:
    """What engine and worker are built from, and a runtime as simple as can be."""

    def __init__(self) -> None:
        self.clock = SteadyClock()
        self.ids = Counter()
        self.store = MemoryStore(self.clock, self.ids)
        self.records = MemoryRecords()
        self.registry = Registry.installed(self.records, self.clock)
        self.templates = TemplateCache(self.store, self.registry)
        self.heard = Heard()
        self.restart()

    def restart(self) -> None:
        """Start as a new process: with another lease."""
        self.lease = LeaseKeeper(self.store, self.clock, self.ids, LEASE_DURATION)
        self.lease.start()
        self.performer = PluginPerformer(self.registry, self.lease, ACTION_TIMEOUT)

    def crash(self) -> None:
        """Die with all that was said but not heard, be noticed and start again."""
        self.store.void_leases(0.0, [self.lease.id])
        self.heard.keys, self.heard.wishes = [], []
        self.restart()

    def checker(self) -> Checker:
        return Checker(self.lease.id, self.ids, 1.0)

    def answer(self, effect: Effect) -> Any:
        """Answer any question at once; time passes when it is to be slept."""
        if isinstance(effect, effects.Perform):
            return self.performer.perform(effect)
        if isinstance(effect, effects.Sleep):
            self.clock.time += effect.seconds
            self.lease.renew()
            return None
        return answer(effect, self.store, self.templates, self.heard)

    def run(self, task: Task, most: int | None = None) -> bool:
        """Answer all a task asks, or so much at most; return whether it ended.

        A task that has not ended is abandoned where its process would have died.
        """
        said: Any = None
        answered = 0
        while True:
            try:
                effect = task.send(said)
            except StopIteration:
                return True
            if answered == most:
                return False
            said = self.answer(effect)
            answered += 1

    def rest(self) -> None:
        """Do all that is announced until nothing is."""
        while self.heard.wishes or self.heard.keys:
            if self.heard.wishes:
                self.run(prepare(self.heard.wishes.pop(0), self.ids))
            else:
                self.run(self.checker().check(self.heard.keys.pop(0)))

    def sweep(self) -> None:
        """Look once for all that is left over, and take it up."""
        self.clock.time += 1000
        self.lease.renew()

        def submit(task: Task) -> bool:
            self.run(task)
            return True

        Sweep(self.store, self.heard, self.clock, self.checker, submit).run(500)

    def recover(self) -> None:
        """Crash, then sweep until everything is at rest."""
        self.crash()
        for _ in range(3):
            self.sweep()
            self.rest()


def thing(value: Any = 'a', **more: Any) -> dict[str, Any]:
    """Return a resource of a template; ``replaced`` is what a change of replaces."""
    properties = {'value': value}
    if 'replaced' in more:
        properties['update_replace_value'] = more.pop('replaced')
    properties.update(more.pop('properties', {}))
    return {'type': 'OS::Heat::TestResource', 'properties': properties, **more}


def template(resources: Any = None, **sections: Any) -> dict[str, Any]:
    """Return a template."""
    made = {'heat_template_version': '2018-08-31', 'resources': resources or {}, **sections}
    return {name: section for name, section in made.items() if section}


def context(project_id: str | None = 'project', user_id: str = 'user') -> Any:
    """Return the context of a request."""
    return contexts.RequestContext(project_id=project_id, user_id=user_id, overwrite=False)


class EngineTestCase(testtools.TestCase):
    """An engine, called as its server calls it."""

    limits: Limits | None = None
    max_template_size = 10_000

    def setUp(self) -> None:
        super().setUp()
        self.parts = Parts()
        self.store = self.parts.store
        self.heard = self.parts.heard
        self.context = context()
        self.engine = Engine(
            self.store,
            self.parts.templates,
            self.heard,
            self.parts.clock,
            self.parts.ids,
            self.limits,
            self.max_template_size,
        )

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the engine API."""
        try:
            return getattr(self.engine.api, method)(self.context, *args, **kwargs)
        except oslo_messaging.ExpectedException as expected:
            # What it is raised in is what its caller gets.
            error = expected.exc_info[1]
            raise error from None

    def create(
        self, resources: Any = None, name: str = 'stack', params: Any = None, **sections: Any
    ) -> dict[str, str]:
        """Ask for a stack; return its identity."""
        made: dict[str, str] = self.call(
            'create_stack', name, template(resources, **sections), params, None, None
        )
        return made

    def made(self, *args: Any, **kwargs: Any) -> dict[str, str]:
        """Have a stack made; return its identity."""
        identity = self.create(*args, **kwargs)
        self.parts.rest()
        return identity

    def update(self, identity: Any, resources: Any = None, **sections: Any) -> None:
        """Ask for another template."""
        self.call('update_stack', identity, template(resources, **sections), None, None, None)

    def stack(self, identity: Any) -> Stack:
        found = self.store.stack(identity['stack_id'])
        assert found is not None
        return found

    def state(self, identity: Any) -> str:
        """Return what users see as the status of a stack."""
        stack = self.stack(identity)
        return f'{stack.action}_{stack.status}'

    def rows(self, identity: Any) -> dict[str, Resource]:
        """Return the rows of a stack by name; there must be one of each."""
        rows = self.store.resources(identity['stack_id'])
        by_name = {row.name: row for row in rows}
        self.assertEqual(len(rows), len(by_name), rows)
        return by_name

    def assert_at_rest(self, identity: Any) -> None:
        """Assert that nothing is left to do, and nothing is left over."""
        stack = self.stack(identity)
        rows, nodes = self.store.resources(stack.id), self.store.nodes(stack.id)
        self.assertEqual([], invariants.at_rest(stack, rows, nodes))
        self.assertEqual(
            sorted(row.id for row in rows), [one.token for one in self.parts.records.all()]
        )

    def refused(
        self, kind: type[Exception], call: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Exception:
        """Assert that a call raises just that kind, and return the error."""
        error: Exception = self.assertRaises(kind, call, *args, **kwargs)
        self.assertIs(kind, type(error))
        return error
