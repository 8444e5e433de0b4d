"""Small nested stacks are created complete by the commit of their owner's resource."""

from __future__ import annotations

from typing import Any

from heatconv.convergence.model import Stack, Status
from heatconv.storage.stack_query import StackQuery
from heatconv.tests.unit.engine.parts import Parts, template, thing
from heatconv.tests.unit.worker.test_prediction import StoreTestCase, Watched

INNER = template(
    {
        'a': thing({'get_param': 'value'}),
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
