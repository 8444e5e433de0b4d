"""Real parts of an engine and a worker in memory, driven by hand."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import fixtures
import oslo_messaging
import testtools
from oslo_context import context as contexts

from heatconv.convergence import invariants
from heatconv.convergence.model import NodeKey, Resource, Stack
from heatconv.engine.nested_stacks import NestedStacks
from heatconv.engine.prepare import prepare
from heatconv.engine.requests.core import Requests
from heatconv.engine.service import Engine
from heatconv.engine.software_configs import StoredConfigs
from heatconv.hot.limits import MAX_TEMPLATE_SIZE
from heatconv.resources.records import MemoryRecords
from heatconv.resources.registry import Registry
from heatconv.runtime import effects
from heatconv.runtime.effects import Effect, Task
from heatconv.sim.moves import SimClock, SimIds
from heatconv.storage.handlers import answer
from heatconv.storage.memory import MemoryStore
from heatconv.templates.cache import TemplateCache
from heatconv.worker.at_once import AtOnce
from heatconv.worker.check import Checker
from heatconv.worker.lease import LeaseKeeper
from heatconv.worker.plugin_caller import PluginCaller
from heatconv.worker.sweep import Sweep

LEASE_DURATION = 10.0
ACTION_TIMEOUT = 4.0


class Heard:
    """Remembers what is announced until somebody takes it.

    :ivar casts: how many nodes each announcement named; likewise ``near``.
    """

    def __init__(self) -> None:
        self.keys: list[NodeKey] = []
        self.wishes: list[str] = []
        self.casts: list[int] = []
        self.near: list[bool] = []

    def nodes(self, keys: Sequence[NodeKey], near: bool = False) -> None:
        self.near.append(near)
        self.keys.extend(keys)
        self.casts.append(len(keys))

    def wish(self, stack_id: str) -> None:
        self.wishes.append(stack_id)


class Parts:
    """What engine and worker are built from, and a runtime as simple as can be."""

    def __init__(
        self,
        store_type: Callable[[Any, Any], Any] = MemoryStore,
        clock_type: Callable[[], Any] = SimClock,
        records: Any = None,
        at_once: bool = False,
    ) -> None:
        self.clock = clock_type()
        self.ids = SimIds()
        self.store = store_type(self.clock, self.ids)
        self.records = records or MemoryRecords()
        self.registry = Registry.installed(self.records, self.clock)
        self.templates = TemplateCache(self.store, self.registry)
        self.heard = Heard()
        #: What plugins ask for.
        self.requests = Requests(self.store, self.templates, self.heard, self.clock, self.ids)
        self.at_once = AtOnce(self.registry, self.clock)
        self.children = NestedStacks(
            self.store,
            self.templates,
            self.requests,
            MAX_TEMPLATE_SIZE,
            at_once=self.at_once if at_once else None,
        )
        self.registry.nest(self.children, StoredConfigs(self.store, self.clock))
        #: Whether what no check could find anything to do for is left out.
        self.settles = True
        self.restart()

    def restart(self) -> None:
        """Start as a new process: with another lease."""
        self.lease = LeaseKeeper(self.store, self.clock, self.ids, LEASE_DURATION)
        self.lease.start()
        self.caller = PluginCaller(self.registry, self.lease, ACTION_TIMEOUT)

    def crash(self) -> None:
        """Die with all that was said but not heard, be noticed and start again."""
        self.store.void_leases(0.0, [self.lease.id])
        self.heard.keys, self.heard.wishes = [], []
        self.restart()

    def elapse(self, seconds: float) -> None:
        """Let time pass while the lease is kept alive."""
        self.clock.time += seconds
        self.lease.renew()

    def prepare_all(self) -> None:
        """Prepare what was asked for, and check nothing."""
        while self.heard.wishes:
            self.run(prepare(self.heard.wishes.pop(0), self.ids, self.settles))

    def checker(self) -> Checker:
        return Checker(self.lease.id, self.ids, self.clock, 1.0)

    def answer(self, effect: Effect, caller: PluginCaller | None = None) -> Any:
        """Answer any question at once; time passes when it is to be slept."""
        if isinstance(effect, effects.CallPlugin):
            return (caller or self.caller).perform(effect)
        if isinstance(effect, effects.Sleep):
            self.elapse(effect.seconds)
            return None
        return answer(effect, self.store, self.templates, self.heard)

    def start(self, task: Task) -> Driven:
        """Start a task, for this process as it is now."""
        return Driven(self, task)

    def run(self, task: Task, most: int | None = None) -> bool:
        """Answer all a task asks, or so much at most; return whether it ended.

        A task that has not ended is abandoned where its process would have died.
        """
        return self.start(task).go_on(most)

    def rest(self, most: int | None = None) -> int:
        """Do all that is announced, or answer so much of it at most.

        :return: how many questions were answered.
        """
        answered = 0
        asleep: list[Driven] = []
        while self.heard.wishes or self.heard.keys or asleep:
            if self.heard.wishes:
                driven = self.start(prepare(self.heard.wishes.pop(0), self.ids, self.settles))
            elif self.heard.keys:
                driven = self.start(self.checker().check(self.heard.keys.pop(0)))
            else:
                driven = asleep.pop(0)
            before = driven.answered
            ended = driven.go_on(None if most is None else most - answered, awake=True)
            answered += driven.answered - before
            if most is not None and answered >= most:
                break
            if not ended:
                asleep.append(driven)
        return answered

    def sweep(self) -> None:
        """Look once for all that is left over, and take it up."""
        self.elapse(100)

        def submit(task: Task) -> bool:
            self.run(task)
            return True

        Sweep(
            self.store,
            self.heard,
            self.clock,
            self.ids,
            lambda: self.checker().recovery,
            submit,
        ).run(50)

    def recover_once(self) -> None:
        """Crash, sweep once, and do a little of what is left."""
        self.crash()
        self.sweep()
        self.rest(40)

    def recover(self) -> None:
        """Crash, then sweep until everything is at rest."""
        self.crash()
        # What the dead may have done is looked for a sweep later, and settled by the next.
        for _ in range(4):
            self.sweep()
            self.rest()


class Driven:
    """One task, answered a question at a time.

    It stays with the lease it was started under, so it may become a zombie.

    :ivar effect: what it asks now; None at its end.
    :ivar answered: how many of its questions were answered.
    """

    def __init__(self, parts: Parts, task: Task) -> None:
        self._parts = parts
        self._caller = parts.caller
        self._task = task
        self.answered = 0
        self.effect: Any = None
        self._send(None)

    def say(self, answer: Any) -> None:
        """Answer the question with something of one's own."""
        self.answered += 1
        self._send(answer)

    def step(self) -> None:
        """Answer the question."""
        self.say(self._parts.answer(self.effect, self._caller))

    def act(self) -> None:
        """Do what is asked, as one that has looked at its lease long ago."""
        self.say(self._caller.act(self.effect))

    def go_on(self, most: int | None = None, awake: bool = False) -> bool:
        """Answer all questions, or so many at most; return whether it ended.

        :param awake: no longer than until it is to sleep.
        """
        last = None if most is None else self.answered + most
        while self.effect is not None and self.answered != last:
            self.step()
            if awake and isinstance(self.effect, effects.Sleep):
                break
        return self.effect is None

    def until(self, kind: type) -> Any:
        """Answer questions until one of a kind is asked; return that one."""
        while not isinstance(self.effect, kind):
            assert self.effect is not None, f'it ended before {kind.__name__}'
            self.step()
        return self.effect

    def _send(self, answer: Any) -> None:
        try:
            self.effect = self._task.send(answer)
            while isinstance(self.effect, effects.Predict):
                # Reality is not in this store: that is no moment to die at.
                self.effect = self._task.send(None)
        except StopIteration:
            self.effect = None


def thing(value: Any = 'a', **more: Any) -> dict[str, Any]:
    """Return a resource of a template; ``replaced`` is what a change of replaces."""
    properties = {'value': value}
    if 'replaced' in more:
        properties['update_replace_value'] = more.pop('replaced')
    properties.update(more.pop('properties', {}))
    return {'type': 'OS::Heat::TestResource', 'properties': properties, **more}


def template(resources: Any = None, **sections: Any) -> dict[str, Any]:
    """Return a template."""
    # As each request brings its own.
    resources = copy.deepcopy(resources or {})
    made = {'heat_template_version': '2018-08-31', 'resources': resources, **sections}
    return {name: section for name, section in made.items() if section}


def context(project_id: str | None = 'project', user_id: str = 'user') -> Any:
    """Return the context of a request."""
    return contexts.RequestContext(project_id=project_id, user_id=user_id, overwrite=False)


class EngineTestCase(testtools.TestCase):
    """An engine, called as its server calls it."""

    store_type: type[MemoryStore] = MemoryStore
    clock_type: type = SimClock

    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.anew()

    def anew(self) -> None:
        """Begin with an empty store."""
        self.parts = self.make_parts()
        self.store: Any = self.parts.store
        self.heard = self.parts.heard
        self.context = context()
        self.engine = Engine(
            self.store,
            self.parts.templates,
            self.heard,
            self.parts.clock,
            self.parts.ids,
            max_template_size=10_000,
        )

    def make_parts(self) -> Parts:
        return Parts(self.store_type, self.clock_type)

    def method(self, name: str) -> Callable[..., Any]:
        """Return a method of the engine API, from the endpoint that a server would ask."""
        endpoint = next(one for one in self.engine.endpoints if hasattr(one, name))
        found: Callable[..., Any] = getattr(endpoint, name)
        return found

    def allow(self, **limits: Any) -> None:
        """Change what users and plugins may ask for at most."""
        for requests in (self.engine.requests, self.parts.requests):
            requests.limits = dataclasses.replace(requests.limits, **limits)

    def call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the engine API."""
        try:
            return self.method(method)(self.context, *args, **kwargs)
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
