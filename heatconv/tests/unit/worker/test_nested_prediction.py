"""Small nested stacks are created complete by the commit of their owner's resource."""

from __future__ import annotations

from typing import Any

import fixtures

from heatconv.convergence.model import Stack, Status
from heatconv.engine.requests.nested import new_nested
from heatconv.storage.stack_query import StackQuery
from heatconv.tests.unit.engine.parts import Parts, template, thing
from heatconv.tests.unit.worker.test_prediction import StoreTestCase, Watched

#: A resource whose delete takes a while.
SLOW = thing(properties={'action_wait_secs': {'delete': 60}})

INNER = template(
    {
        'a': thing({'get_param': 'value'}, metadata={'m': {'get_param': 'value'}}),
        'b': thing({'get_attr': ['a', 'output']}),
    },
    parameters={'value': {'type': 'string', 'default': 'v'}},
    outputs={'out': {'value': {'get_attr': ['b', 'output']}}},
)


class NestedPredictionTest(StoreTestCase):
    def make_parts(self) -> Parts:
        database = self.records.database
        return Parts(
            lambda clock, ids: Watched(database, clock, ids), records=self.records, at_once=True
        )

    def asked(self, count: int = 3, inner: Any = None, **properties: Any) -> dict[str, str]:
        """Request a stack of nested stacks; return its identity."""
        outer = {f'n{number}': self.nested(**properties) for number in range(count)}
        identity: dict[str, str] = self.call(
            'create_stack', 'stack', template(outer), None, {'inner.yaml': inner or INNER}, None
        )
        return identity

    def nested(self, **properties: Any) -> dict[str, Any]:
        return {'type': 'inner.yaml', 'properties': properties}

    def children(self, identity: Any) -> list[Stack]:
        stacks: list[Stack] = self.store.stacks(
            StackQuery(None, owners=(identity['stack_id'],), show_deleted=True)
        )
        return stacks

    def ended(self, identity: Any) -> str:
        """Check until the action of a stack ends; return its state."""
        self.checked()
        while self.state(identity).endswith('IN_PROGRESS'):
            # The loop drops the tasks that sleep: another process takes them over.
            self.parts.recover()
            self.checked()
        return self.state(identity)

    def stacks_brought(self) -> list[int]:
        return [sum(len(one.stacks) for one in writes) for _, writes in self.store.brought]

    def test_one_commit_creates_all_of_them(self) -> None:
        identity = self.asked(value='one')
        self.checked()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual(3, sum(self.stacks_brought()))
        self.assertEqual(3, max(self.stacks_brought()))
        children = self.children(identity)
        self.assertEqual([Status.COMPLETE] * 3, [child.status for child in children])
        tokens = []
        for child in children:
            rows = self.store.resources(child.id)
            self.assertEqual(['a', 'b'], [row.name for row in rows])
            self.assertEqual({'one'}, {row.properties['value'] for row in rows})
            tokens += [row.id for row in rows]
        self.assertEqual(sorted(tokens), sorted(self.tokens()))
        row = self.row(identity, 'n0')
        self.assertEqual('one', row.attributes['out'])
        self.assertIn(row.physical_id, [child.id for child in children])
        self.assertIsNone(row.claim)

    def test_update_and_delete(self) -> None:
        identity = self.asked(value='one')
        self.checked()
        outer = {f'n{number}': self.nested(value='two') for number in range(3)}
        self.call('update_stack', identity, template(outer), None, {'inner.yaml': INNER}, None)
        self.assertEqual('UPDATE_COMPLETE', self.ended(identity))
        self.assertEqual('two', self.row(identity, 'n0').attributes['out'])
        self.call('delete_stack', identity)
        self.assertEqual('DELETE_COMPLETE', self.ended(identity))
        self.assertEqual([], self.tokens())
        self.assertEqual(
            [('DELETE', 'COMPLETE')] * 3,
            [(child.action.value, child.status.value) for child in self.children(identity)],
        )

    def test_nobody_has_done_anything_before_the_commit(self) -> None:
        identity = self.asked(1)
        self.store.dies = True
        self.checked()
        self.assertEqual([], self.children(identity))
        self.assertEqual([], self.tokens())
        self.assertLess(0, self.lost)
        self.store.dies = False
        self.parts.recover_once()
        self.checked()
        self.parts.recover()
        self.checked()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual(1, len(self.children(identity)))
        self.assertEqual(2, len(self.tokens()))

    def test_somebody_else_is_faster(self) -> None:
        identity = self.asked(1)
        self.parts.prepare_all()
        (key,) = self.heard.keys

        def other() -> None:
            loop = self.loop()
            self.heard.keys.append(key)
            loop._begin_more()
            loop.stop()
            loop.run()

        self.store.before = other
        self.checked()
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual(1, len(self.children(identity)))
        self.assertEqual(2, len(self.tokens()))

    def test_what_fails_is_requested_and_says_why(self) -> None:
        inner = template(
            {'a': thing({'get_param': 'value'}, properties={'fail': True})},
            parameters={'value': {'type': 'string', 'default': 'v'}},
        )
        identity = self.asked(2, inner)
        self.assertEqual('CREATE_FAILED', self.ended(identity))
        self.assertEqual(0, sum(self.stacks_brought()))
        self.assertIn('Test Resource failed', self.stack(identity).reason)

    def test_value_that_is_not_valid_fails_as_ever(self) -> None:
        inner = template(
            {'a': thing(properties={'wait_secs': {'get_param': 'value'}})},
            parameters={'value': {'type': 'string'}},
        )
        identity = self.asked(2, inner, value='x')
        self.checked()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertIn('wait_secs', self.stack(identity).reason)
        self.assertEqual([], self.children(identity))

    def test_output_without_a_value_is_left_to_a_request(self) -> None:
        wrong = {'str_replace': {'template': 'a', 'params': {'get_param': 'value'}}}
        inner = template(
            {'a': thing({'get_param': 'value'})},
            parameters={'value': {'type': 'string'}},
            outputs={'out': {'value': wrong}},
        )
        # The engine does not know the value yet.
        outer = {'x': thing('x'), 'n0': self.nested(value={'get_attr': ['x', 'output']})}
        identity = self.call(
            'create_stack', 'stack', template(outer), None, {'inner.yaml': inner}, None
        )
        self.assertEqual('CREATE_FAILED', self.ended(identity))
        self.assertIn('must be a map', self.stack(identity).reason)
        self.assertEqual([], self.children(identity))

    def test_long_contents(self) -> None:
        outer = {f'n{number}': self.nested(value={'get_param': 'p'}) for number in range(8)}
        identity = self.call(
            'create_stack',
            'stack',
            template(outer, parameters={'p': {'type': 'string'}}),
            {'parameters': {'p': 'x' * 25_000}},
            {'inner.yaml': INNER},
            None,
        )
        self.assertEqual('CREATE_COMPLETE', self.ended(identity))
        self.assertEqual(8, sum(self.stacks_brought()))

    def test_no_more_are_predicted_together_than_others_can_wait_for(self) -> None:
        planned = []

        def counted(*args: Any) -> Any:
            if args[-1]:
                planned.append(args)
            return new_nested(*args)

        self.useFixture(fixtures.MonkeyPatch('heatconv.engine.predictions.PREDICTED', 4))
        self.useFixture(fixtures.MonkeyPatch('heatconv.engine.nested_stacks.new_nested', counted))
        identity = self.asked(5)
        self.assertEqual('CREATE_COMPLETE', self.ended(identity))
        self.assertEqual(5, len(self.children(identity)))
        self.assertEqual(2, sum(self.stacks_brought()))
        # The others were not even planned in vain.
        self.assertEqual(2, len(planned))
        # The others were not too slow.
        self.assertEqual({}, self.parts.registry.plugin('inner.yaml')._slow)

    def test_one_that_is_slow_does_not_slow_the_others_down(self) -> None:
        inner = template(
            {'a': thing(properties={'wait_secs': {'get_param': 'seconds'}})},
            parameters={'seconds': {'type': 'number', 'default': 0}},
        )
        outer = {f'n{number}': self.nested(seconds=int(number == 0)) for number in range(4)}
        identity = self.call(
            'create_stack', 'stack', template(outer), None, {'inner.yaml': inner}, None
        )
        self.assertEqual('CREATE_COMPLETE', self.ended(identity))
        self.assertEqual(3, sum(self.stacks_brought()))

    def test_template_that_is_slow_is_tried_once(self) -> None:
        tried = []
        create = self.parts.at_once.create

        def counted(*args: Any) -> Any:
            tried.append(args)
            return create(*args)

        self.useFixture(fixtures.MockPatchObject(self.parts.at_once, 'create', counted))
        inner = template({'a': thing(properties={'wait_secs': 1})})
        outer = {'n0': self.nested(), 'n1': {**self.nested(), 'depends_on': 'n0'}}
        identity = self.call(
            'create_stack', 'stack', template(outer), None, {'inner.yaml': inner}, None
        )
        self.assertEqual('CREATE_COMPLETE', self.ended(identity))
        self.assertEqual(1, len(tried))

    def test_template_is_compiled_once(self) -> None:
        compiled = []
        compile_template = self.parts.templates._compiled

        def counted(content: Any, *args: Any, **kwargs: Any) -> Any:
            compiled.append(content)
            return compile_template(content, *args, **kwargs)

        self.useFixture(fixtures.MockPatchObject(self.parts.templates, '_compiled', counted))
        outer = {f'n{number}': self.nested(value=str(number)) for number in range(4)}
        identity = self.call(
            'create_stack', 'stack', template(outer), None, {'inner.yaml': INNER}, None
        )
        self.assertEqual('CREATE_COMPLETE', self.ended(identity))
        inner = [one for one in compiled if 'n0' not in one['template']['resources']]
        self.assertEqual(1, len(inner))

    def test_times(self) -> None:
        identity = self.asked(1)
        self.parts.prepare_all()
        self.store.before = lambda: self.parts.elapse(5)
        self.checked()
        (child,) = self.children(identity)
        self.assertEqual(child.created_at, child.updated_at)
        for row in self.store.resources(child.id):
            self.assertEqual(
                (child.created_at, child.created_at), (row.created_at, row.updated_at)
            )

    def test_update_to_a_value_that_is_not_valid(self) -> None:
        inner = template(
            {'a': thing(properties={'wait_secs': {'get_param': 'seconds'}})},
            parameters={'seconds': {'type': 'string', 'default': '0'}},
        )
        identity = self.call(
            'create_stack',
            'stack',
            template({'n0': self.nested()}),
            None,
            {'inner.yaml': inner},
            None,
        )
        self.assertEqual('CREATE_COMPLETE', self.ended(identity))
        (child,) = self.children(identity)
        outer = template({'n0': self.nested(seconds='x')})
        self.call('update_stack', identity, outer, None, {'inner.yaml': inner}, None)
        self.assertEqual('UPDATE_FAILED', self.ended(identity))
        self.assertIn('wait_secs', self.stack(identity).reason)
        self.assertEqual(child, self.children(identity)[0], 'it was not even requested')

    def test_attributes_stay_until_it_is_deleted(self) -> None:
        inner = template(
            {
                'group': {
                    'type': 'OS::Heat::AutoScalingGroup',
                    'properties': {'min_size': 1, 'max_size': 2, 'resource': SLOW},
                }
            },
            outputs={'out': {'value': {'get_attr': ['group', 'current_size']}}},
        )
        outer = {'n0': self.nested(), 'm': thing(metadata={'n': {'get_attr': ['n0', 'out']}})}
        identity = self.call(
            'create_stack', 'stack', template(outer), None, {'inner.yaml': inner}, None
        )
        self.assertEqual('CREATE_COMPLETE', self.ended(identity))
        (child,) = self.children(identity)
        self.call('delete_stack', {'stack_name': child.name, 'stack_id': child.id})
        self.parts.prepare_all()
        shown = self.call('describe_stack_resource', identity, 'n0', ['out'])
        self.assertEqual(1, shown['attributes']['out'])
        shown = self.call('describe_stack_resource', identity, 'm')
        self.assertEqual({'n': 1}, shown['metadata'])

    def metadata(self, child: Stack) -> Any:
        """Return the metadata of a resource of a nested stack, as the engine shows it."""
        named = {'stack_name': child.name, 'stack_id': child.id}
        return self.call('describe_stack_resource', named, 'a')['metadata']

    def test_engine_knows_the_values_of_its_parameters(self) -> None:
        """An engine of the same process finds no template that is to be resolved with values."""
        identity = self.asked(1, value='one')
        self.checked()
        (child,) = self.children(identity)
        self.assertEqual({'m': 'one'}, self.metadata(child))
        outer = {'n0': self.nested(value='one'), 'more': thing()}
        for _ in range(2):
            self.parts.templates._kept.clear()
            self.call('update_stack', identity, template(outer), None, {'inner.yaml': INNER}, None)
            self.assertEqual('UPDATE_COMPLETE', self.ended(identity))
            (child,) = self.children(identity)
            self.assertEqual('UPDATE', child.action)
            self.assertEqual({'m': 'one'}, self.metadata(child))
