"""Nested stacks of one owner that are requested and observed by a few statements."""

from __future__ import annotations

import dataclasses
import json
import queue
from collections import Counter
from typing import Any

from heatconv import exception
from heatconv.convergence.evolve import evolve
from heatconv.convergence.model import Observation, Reality, Stack, Status, Verb
from heatconv.convergence.step import Call
from heatconv.engine import wire_format
from heatconv.engine.requests.core import NEAR, PLANNED
from heatconv.exception import HeatconvException
from heatconv.hot import nested as nesting
from heatconv.resources.nested import BULK
from heatconv.resources.plugin import PluginCall, Resource
from heatconv.runtime.effects import CallPlugin
from heatconv.storage.memory import MemoryStore
from heatconv.storage.stack_query import StackQuery
from heatconv.storage.values import Request
from heatconv.tests.unit.engine.parts import context, template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, inner
from heatconv.worker.call_batches import CallBatches
from heatconv.worker.lanes import SWEEP, Entry

TYPE = 'inner.yaml'


class Killed(BaseException):
    """The process ends here."""


class Counting(MemoryStore):
    """Counts the calls of each method by others."""

    def __init__(self, *args: Any) -> None:
        self.calls: Counter[str] = Counter()
        self._within = False
        super().__init__(*args)

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith('_') or not callable(found) or self._within:
            return found

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            self._within = True
            try:
                return found(*args, **kwargs)
            finally:
                self._within = False

        return counted


class TogetherTest(NestedTestCase):
    store_type = Counting

    def setUp(self) -> None:
        super().setUp()
        self.files = {TYPE: inner(), 'broken.yaml': 'nothing: at all'}
        self.identity = self.ask({'A': thing()}, self.files)
        self.owner = self.stack(self.identity)
        self.plugin: Any = self.parts.registry.plugin(TYPE)
        self.store.calls.clear()

    def resource(self, name: str, file: str = TYPE, **properties: Any) -> Resource:
        return Resource(
            f'token-{name}'.rjust(36, '0'),
            name,
            TYPE,
            self.owner.id,
            self.owner.name,
            self.owner.project_id,
            {nesting.TYPE: file, 'size': '1', **properties},
            template_id=self.owner.template_id,
        )

    def perform(self, verb: Verb, *resources: Resource) -> list[Any]:
        outcomes: list[Any] = self.plugin.perform([PluginCall(verb, one) for one in resources])
        return outcomes

    def realities(self, verb: Verb, *resources: Resource) -> list[Any]:
        return [getattr(one, 'reality', one) for one in self.perform(verb, *resources)]

    def children(self) -> dict[str, Stack]:
        return self.within(self.identity)

    def test_life_of_many_in_a_few_statements(self) -> None:
        many = [self.resource(f'N{number}', color=str(number)) for number in range(BULK)]
        self.assertEqual([Reality.PENDING] * BULK, self.realities(Verb.CREATE, *many))
        self.assertEqual(BULK, len(self.children()))
        self.assertEqual([], self.heard.wishes, 'no engine has to prepare anything')
        self.assertLess(self.store.calls.total(), 12, self.store.calls)
        self.parts.rest()

        for forgets in (False, True):
            if forgets:  # as a worker that has taken over
                self.parts.templates.__init__(self.store, self.parts.registry)
                self.plugin.children._reads.__init__(self.store)
            self.store.calls.clear()
            ready = self.perform(Verb.OBSERVE, *many)
            self.assertEqual([str(number) for number in range(BULK)], self.colors(ready))
            self.assertLess(self.store.calls.total(), 12, self.store.calls)

        changed = [self.resource(f'N{number}', color=f'c{number}') for number in range(BULK)]
        self.store.calls.clear()
        self.assertEqual([Reality.PENDING] * BULK, self.realities(Verb.UPDATE, *changed))
        self.assertEqual([], self.heard.wishes)
        self.assertLess(self.store.calls.total(), 12, self.store.calls)
        self.parts.rest()
        ready = self.perform(Verb.OBSERVE, *changed)
        self.assertEqual([f'c{number}' for number in range(BULK)], self.colors(ready))

        # Nothing to do: complete with the request itself.
        self.assertEqual([Reality.READY] * BULK, self.realities(Verb.UPDATE, *changed))

        self.store.calls.clear()
        self.assertEqual([Reality.PENDING] * BULK, self.realities(Verb.DELETE, *changed))
        self.assertEqual([], self.heard.wishes)
        self.assertLess(self.store.calls.total(), 12, self.store.calls)
        self.parts.rest()
        self.assertEqual([Reality.ABSENT] * BULK, self.realities(Verb.DELETE, *changed))
        self.assertEqual({}, self.children())

    def colors(self, observations: list[Any]) -> list[Any]:
        return [one.attributes['color'] for one in observations]

    def test_sweep_that_settles_rows_of_two_projects_finds_all_of_them(self) -> None:
        """The nested stacks of one project must not seem absent because of the other one."""
        resources = {'N': {'type': TYPE, 'properties': {'size': '1'}}}
        for project in ('one', 'two'):
            self.context = context(project)
            self.ask(resources, {TYPE: inner()})
        rows = [
            (stack, row)
            for stack in self.store.stacks(StackQuery(None))
            for row in self.store.resources(stack.id)
            if row.name == 'N'
        ]
        self.assertEqual(2, len(rows))
        lease = self.parts.lease.id
        answered: queue.SimpleQueue[Entry] = queue.SimpleQueue()
        calls = CallBatches(self.parts.caller, 2, answered.put, lambda: None)
        self.addCleanup(calls.pool.close)
        task: Any = None
        calls.submit(
            [
                (
                    Entry(SWEEP, task, None),
                    CallPlugin(
                        Call(Verb.OBSERVE, evolve(row, claim=lease), row.properties or {}),
                        stack.project_id,
                        stack.name,
                    ),
                )
                for stack, row in rows
            ]
        )
        seen = [answered.get(timeout=10).answer.reality for _ in rows]
        self.assertEqual([Reality.READY] * 2, seen)

    def test_repeated_create_finds_what_is_there(self) -> None:
        one, two = self.resource('N1'), self.resource('N2')
        self.perform(Verb.CREATE, one)
        before = self.children()['N1'].id
        outcomes = self.perform(Verb.CREATE, one, two)
        self.assertEqual(before, outcomes[0].physical_id)
        self.assertEqual({'N1', 'N2'}, set(self.children()))
        self.assertEqual(before, self.children()['N1'].id)

    def test_broken_one_fails_alone(self) -> None:
        works, broken, missing = (
            self.resource('works'),
            self.resource('broken', 'broken.yaml'),
            self.resource('missing', 'missing.yaml'),
        )
        for verb in (Verb.CREATE, Verb.UPDATE):
            outcomes = self.perform(verb, broken, works, missing)
            self.assertIsInstance(outcomes[0], Exception)
            self.assertIsInstance(outcomes[2], Exception)
            self.assertEqual(self.children()['works'].id, outcomes[1].physical_id)
            self.assertEqual({'works'}, set(self.children()))
            self.parts.rest()

    def test_foreign_stack_of_the_name_fails_one_alone(self) -> None:
        mine, taken = self.resource('mine'), self.resource('taken')
        name = self.plugin.name(taken)
        self.call('create_stack', name, template({'A': thing()}), None, None, None)
        self.parts.rest()
        for verb in (Verb.CREATE, Verb.UPDATE, Verb.OBSERVE, Verb.DELETE):
            outcomes = self.perform(verb, taken, mine)
            self.assertIn('is not nested in this one', str(outcomes[0]))
            self.assertIsInstance(outcomes[1], Observation, verb)
            self.parts.rest()
        self.assertIsNotNone(self.store.stack_by_name(self.owner.project_id, name))

    def test_stack_that_another_worker_created_meanwhile(self) -> None:
        one, two = self.resource('N1'), self.resource('N2')
        insert = self.store.insert_stacks

        def late(added: Any) -> Any:
            self.store.insert_stacks = insert
            self.perform(Verb.CREATE, one)
            return insert(added)

        self.store.insert_stacks = late
        outcomes = self.perform(Verb.CREATE, one, two)
        children = self.children()
        self.assertEqual(
            [children['N1'].id, children['N2'].id], [seen.physical_id for seen in outcomes]
        )

    def test_update_creates_what_was_deleted_by_hand(self) -> None:
        kept, gone = self.resource('kept'), self.resource('gone')
        self.perform(Verb.CREATE, kept, gone)
        self.parts.rest()
        self.call('delete_stack', wire_format.identity(self.children()['gone']))
        self.parts.rest()
        self.assertEqual([Reality.READY, Reality.PENDING], self.realities(Verb.UPDATE, kept, gone))
        self.assertEqual({'kept', 'gone'}, set(self.children()))

    def test_update_of_one_that_is_being_deleted_fails_alone(self) -> None:
        kept, gone = self.resource('kept'), self.resource('gone')
        self.perform(Verb.CREATE, kept, gone)
        self.parts.rest()
        self.call('delete_stack', wire_format.identity(self.children()['gone']))
        changed = [self.resource('kept', color='new'), self.resource('gone', color='new')]
        outcomes = self.perform(Verb.UPDATE, *changed)
        self.assertEqual(Reality.PENDING, outcomes[0].reality)
        self.assertIsInstance(outcomes[1], exception.NotSupported)

    def test_content_of_another_request_is_not_overwritten(self) -> None:
        one = self.resource('N1')
        self.perform(Verb.CREATE, one)
        self.parts.rest()
        children = self.plugin.children
        (child,) = children.find_all([(one, self.plugin.name(one))])
        content = children.made_of(child)
        newer = {**content, 'properties': {'newer': 1}}
        self.assertTrue(children.update(child, newer))
        self.assertEqual([None], children.update_all([(child, {**content, 'x': 1})]))
        self.parts.rest()
        (child,) = children.find_all([(one, self.plugin.name(one))])
        self.assertEqual({'newer': 1}, children.made_of(child)['properties'])
        # The plugin computes the content again.
        self.assertEqual(
            [Reality.PENDING], self.realities(Verb.UPDATE, self.resource('N1', color='z'))
        )

    def test_large_nested_stack_is_left_to_an_engine(self) -> None:
        resources = {f'I{number}': thing() for number in range(PLANNED + 1)}
        self.files['large.yaml'] = json.dumps(template(resources))
        self.files['small.yaml'] = json.dumps(template({'I0': thing()}))
        self.call('update_stack', self.identity, template({'A': thing()}), None, self.files, None)
        self.parts.rest()
        self.owner = self.stack(self.identity)

        def sized(file: str) -> Resource:
            one = self.resource('N1', file)
            return dataclasses.replace(one, properties={nesting.TYPE: file})

        for verb, file, wishes in (
            (Verb.CREATE, 'large.yaml', 1),
            (Verb.UPDATE, 'small.yaml', 1),
            (Verb.UPDATE, 'small.yaml', 0),
            (Verb.UPDATE, 'large.yaml', 1),
            (Verb.DELETE, 'large.yaml', 1),
        ):
            self.assertNotIsInstance(self.perform(verb, sized(file))[0], Exception)
            self.assertEqual(wishes, len(self.heard.wishes), (verb, file))
            self.parts.rest()
        self.assertEqual({}, self.children())

    def large(self, identity: Any) -> Resource:
        """Return a resource whose nested stack is too large for a request that is planned here."""
        resources = {f'I{number}': thing() for number in range(PLANNED + 1)}
        self.files['large.yaml'] = json.dumps(template(resources))
        self.call('update_stack', identity, template({'A': thing()}), None, self.files, None)
        self.parts.rest()
        self.owner = self.stack(identity)
        one = self.resource('N1', 'large.yaml')
        return dataclasses.replace(one, properties={nesting.TYPE: 'large.yaml'})

    def test_delete_of_a_large_nested_stack_that_has_failed(self) -> None:
        """What is observed after the request is the delete, not the failure before it."""
        large = self.large(self.identity)
        self.perform(Verb.CREATE, large)
        self.parts.prepare_all()
        (child,) = self.children().values()
        self.store.request(child.id, lambda now: Request(evolve(now, status=Status.FAILED)))
        self.assertEqual([Reality.FAILED], self.realities(Verb.OBSERVE, large))
        self.assertEqual([Reality.PENDING], self.realities(Verb.DELETE, large))

    def test_large_nested_stack_that_is_deleted_meanwhile(self) -> None:
        """It fails neither itself nor the others, and an update creates it again."""
        for verb, expected in ((Verb.DELETE, Reality.ABSENT), (Verb.UPDATE, Reality.PENDING)):
            large = self.large(self.identity)
            small = self.resource('small')
            self.perform(Verb.CREATE, large, small)
            self.parts.rest()
            before = self.children()['N1']
            request = self.store.request

            def late(*args: Any, before: Stack = before, request: Any = request) -> Any:
                self.store.request = request
                self.call('delete_stack', wire_format.identity(before))
                self.parts.rest()
                return request(*args)

            self.store.request = late
            changed = self.resource('small', color='new')
            self.assertEqual(
                [expected, Reality.PENDING], self.realities(verb, large, changed), verb
            )
            self.assertNotIn(before.id, [child.id for child in self.children().values()])
            self.parts.rest()

    def test_leaves_of_very_small_ones_are_near(self) -> None:
        for count, near in ((NEAR, True), (NEAR + 1, False)):
            name = f'of{count}.yaml'
            self.files[name] = json.dumps(template({f'I{one}': thing() for one in range(count)}))
            self.call(
                'update_stack', self.identity, template({'A': thing()}), None, self.files, None
            )
            self.parts.rest()
            self.owner = self.stack(self.identity)
            self.heard.near.clear()
            one = self.resource(f'N{count}', name)
            self.perform(Verb.CREATE, dataclasses.replace(one, properties={nesting.TYPE: name}))
            self.assertEqual([near], self.heard.near)
            self.parts.rest()

    def test_process_that_dies_before_it_announces(self) -> None:
        announce = self.heard.nodes

        def dies(*_: Any, **__: Any) -> None:
            raise Killed

        many = [self.resource(f'N{number}') for number in range(3)]
        changed = [self.resource(f'N{number}', color='new') for number in range(3)]
        for verb, resources in (
            (Verb.CREATE, many),
            (Verb.UPDATE, changed),
            (Verb.DELETE, changed),
        ):
            self.heard.nodes = dies  # type: ignore[method-assign]
            self.assertRaises(Killed, self.perform, verb, *resources)
            self.heard.nodes = announce  # type: ignore[method-assign]
            self.parts.recover()
            # The call is repeated by the worker that takes over.
            self.perform(verb, *resources)
            self.parts.rest()
            expected = 0 if verb == Verb.DELETE else 3
            self.assertEqual(expected, len(self.children()), verb)
            self.assertEqual(1 + expected, len(self.parts.records.all()), verb)
            if expected:
                colors = self.colors(self.perform(Verb.OBSERVE, *resources))
                self.assertEqual([resources[0].properties.get('color', 'red')] * 3, colors)

    def test_hooks_of_a_nested_delete(self) -> None:
        environment = {'resource_registry': {'resources': {'N': {'I': {'hooks': 'pre-delete'}}}}}
        self.ask({'A': thing()}, self.files, environment, self.identity)
        self.owner = self.stack(self.identity)
        self.perform(Verb.CREATE, self.resource('N'))
        self.parts.rest()
        self.perform(Verb.DELETE, self.resource('N'))
        self.parts.rest()
        (child,) = self.children().values()
        self.assertEqual(('DELETE', 'IN_PROGRESS'), (child.action, child.status))
        self.call(
            'resource_signal', wire_format.identity(child), 'I', {'unset_hook': 'pre-delete'}
        )
        self.parts.rest()
        self.assertEqual({}, self.children())

    def test_new_stack_has_its_time_of_creation(self) -> None:
        self.parts.elapse(100.0)
        (seen,) = self.perform(Verb.CREATE, self.resource('N1'))
        self.assertEqual(0.2, seen.retry_after)
        self.assertEqual(self.parts.clock.now(), self.children()['N1'].created_at)

    def test_too_deep(self) -> None:
        self.plugin.children._max_depth = 1
        self.assertRaises(HeatconvException, self.perform, Verb.CREATE, self.resource('N1'))
        self.assertEqual({}, self.children())
