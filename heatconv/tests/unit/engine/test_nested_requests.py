"""Requests of plugins for nested stacks, some of them at the same time."""

from __future__ import annotations

import dataclasses
from typing import Any

import fixtures

from heatconv import exception
from heatconv.convergence.model import Action, Status
from heatconv.engine.plugin_view import as_plugin_sees
from heatconv.engine.requests.nested import new_nested, update_nested
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_scaling import ScalingTestCase, group


class NestedRequestsTest(ScalingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made({'group': group()})
        self.nested = self.child(self.identity)

    def now(self) -> Any:
        return self.store.stack(self.nested.id)

    def content(self, value: str) -> dict[str, Any]:
        return {'template': template({'one': thing(value)})}

    def requested(self, value: str, before: str | None) -> bool:
        return update_nested(self.parts.requests, self.nested, self.content(value), before)

    def test_two_creates(self) -> None:
        owner = self.stack(self.identity)
        create = (self.parts.requests, owner, 'group', self.nested.name, self.content('a'))
        before = self.now()
        self.assertEqual([False], self.parts.requests.insert([new_nested(*create)]))
        self.assertEqual(before, self.now())
        self.assertEqual([], self.heard.wishes)

    def test_name_of_another_stack(self) -> None:
        other = self.stack(self.made({'other': thing()}, 'other'))
        create = (self.parts.requests, other, 'x', self.nested.name, self.content('a'))
        self.assertEqual([False], self.parts.requests.insert([new_nested(*create)]))
        self.assertEqual([], self.heard.wishes)

    def test_content_that_another_request_has_changed(self) -> None:
        first = self.now().newest_template_id
        self.assertTrue(self.requested('a', first))
        before = self.now()
        for value in 'ab':
            self.assertFalse(self.requested(value, first))
            self.assertEqual(before, self.now())

    def test_on_its_way(self) -> None:
        self.assertTrue(self.requested('a', self.now().newest_template_id))
        before = self.now()
        self.assertEqual(Status.IN_PROGRESS, before.status)
        self.assertTrue(self.requested('a', before.newest_template_id))
        self.assertEqual(before, self.now())
        # Another content is requested nevertheless.
        self.assertTrue(self.requested('b', before.newest_template_id))
        self.assertNotEqual(before.wish_id, self.now().wish_id)

    def test_same_content_after_its_end(self) -> None:
        self.assertTrue(self.requested('a', self.now().newest_template_id))
        self.parts.rest()
        before = self.now()
        self.assertEqual('UPDATE_COMPLETE', f'{before.action}_{before.status}')
        self.assertTrue(self.requested('a', before.newest_template_id))
        self.assertEqual(Status.IN_PROGRESS, self.now().status)

    def test_same_content_during_a_check(self) -> None:
        self.assertTrue(self.requested('a', self.now().newest_template_id))
        self.parts.rest()
        self.call('stack_check', {**self.identity, **self._identity()})
        before = self.now()
        self.assertEqual((Action.CHECK, Status.IN_PROGRESS), (before.action, before.status))
        self.assertTrue(self.requested('a', before.newest_template_id or before.last_good_id))
        self.assertEqual(
            (Action.UPDATE, Status.IN_PROGRESS), (self.now().action, self.now().status)
        )

    def _identity(self) -> dict[str, str]:
        return {'stack_id': self.nested.id, 'stack_name': self.nested.name}


CONTENT = {'template': template({'one': thing()})}


class AccessTest(ScalingTestCase):
    """What plugins read and request through `NestedStacks`."""

    def setUp(self) -> None:
        super().setUp()
        self.identity = self.made({'group': group()})
        self.children = self.parts.registry.plugin('OS::Heat::AutoScalingGroup').children
        self.resource = as_plugin_sees(
            self.stack(self.identity), self.rows(self.identity)['group']
        )
        self.name = self.child(self.identity).name

    def test_name_of_a_stack_that_is_not_nested(self) -> None:
        self.made({'other': thing()}, 'other')
        error = self.refused(
            exception.HeatconvException, self.children.find, self.resource, 'other'
        )
        self.assertIn('is not nested in this one', str(error))
        self.assertIsNone(self.children.sibling(self.resource, 'other'))
        self.assertIsNone(self.children.sibling(self.resource, 'none'))
        self.assertIsNone(self.children.find(self.resource, 'none'))

    def test_repeated_delete(self) -> None:
        child = self.children.find(self.resource, self.name)
        self.children.delete(child)
        self.parts.rest()
        deleted = self.store.stack(child.id)
        self.assertIsNotNone(deleted.deleted_at)
        self.children.delete(child)
        self.assertEqual(deleted, self.store.stack(child.id))
        self.assertEqual([], self.heard.wishes)

    def test_deepest(self) -> None:
        child = self.child(self.identity)
        inner = dataclasses.replace(self.resource, stack_id=child.id)
        self.children._max_depth = 2
        error = self.refused(
            exception.HeatconvException, self.children.create, inner, 'deep', CONTENT
        )
        self.assertIn('Recursion depth exceeds 2', str(error))
        self.children.create(self.resource, 'flat', CONTENT)
        self.children._max_depth = 3
        self.children.create(inner, 'deep', CONTENT)
        self.assertIsNotNone(self.store.stack_by_name('project', 'deep'))

    def test_which_members_work(self) -> None:
        child = self.children.find(self.resource, self.name)
        (row,) = self.store.resources(child.id)
        states = (
            ('failed', 'CREATE', 'FAILED'),
            ('mended', 'CREATE', 'FAILED'),
            ('mended', 'UPDATE', 'COMPLETE'),
            ('leaves', 'DELETE', 'FAILED'),
            ('changes', 'UPDATE', 'IN_PROGRESS'),
            ('works', 'CREATE', 'COMPLETE'),
        )
        rows = [
            dataclasses.replace(row, name=name, action=Action(action), status=Status(status))
            for name, action, status in states
        ]
        with fixtures.MockPatchObject(self.store, 'resources', lambda _: rows):
            self.assertEqual({'failed'}, self.children.failed(child))
            self.assertEqual({'mended', 'works'}, self.children.complete(child))

    def test_busy(self) -> None:
        self.assertFalse(self.children.busy(self.resource.token))
        self.assertTrue(self.children.busy('none'))
