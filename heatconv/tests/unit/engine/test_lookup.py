"""What a request finds, and that it is of its own project."""

from __future__ import annotations

from typing import Any

import testtools

from heatconv import exception
from heatconv.engine.lookup import Lookup, name_of
from heatconv.resources.registry import Registry
from heatconv.tests.unit.convergence.rows import (
    CREATED,
    DELETE_FAILED,
    DELETING,
    INIT,
    UPDATE_FAILED,
    row,
)
from heatconv.tests.unit.engine.parts import EngineTestCase, context, thing


class NameTest(testtools.TestCase):
    def test_names(self) -> None:
        for right in ('a', 'A1_-.', 'x' * 255):
            self.assertEqual(right, name_of(right))

    def test_what_is_no_name(self) -> None:
        for wrong in ('', '1a', '_a', 'a b', 'a/b', 'é', 'a\n', 'x' * 256, None, 5, ['a']):
            self.assertRaises(exception.StackValidationFailed, name_of, wrong)


class LookupTestCase(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.lookup = Lookup(self.store, Registry({}))

    def deleted(self, name: str) -> dict[str, str]:
        identity = self.made(name=name)
        self.call('delete_stack', identity)
        self.parts.rest()
        return identity


class StackTest(LookupTestCase):
    def test_identity_of_the_project(self) -> None:
        identity = self.create()
        bare = {'stack_id': identity['stack_id']}
        for one in (identity, bare):
            self.assertEqual('stack', self.lookup.stack(self.context, one).name)

    def test_stack_of_another_project_is_not_found(self) -> None:
        identity = self.create()
        other = context('other')
        bare = {'stack_id': identity['stack_id']}
        for one in (identity, bare, {**identity, 'tenant': 'other'}):
            error = self.refused(exception.EntityNotFound, self.lookup.stack, other, one)
            self.assertIn('could not be found', str(error))
        self.refused(
            exception.EntityNotFound, self.lookup.by_name_or_id, other, identity['stack_id']
        )
        self.refused(exception.EntityNotFound, self.lookup.by_name_or_id, other, 'stack')
        self.assertEqual([], self.lookup.list(other))

    def test_identity_that_does_not_hold_together(self) -> None:
        identity = self.create()
        self.create(name='second')
        for wrong in (
            {**identity, 'stack_name': 'second'},
            {**identity, 'tenant': 'other'},
            {**identity, 'stack_id': 'none'},
            {**identity, 'stack_id': None},
            {'stack_name': 'stack'},
            'stack',
            None,
        ):
            self.refused(exception.EntityNotFound, self.lookup.stack, self.context, wrong)

    def test_not_found_tells_what_was_looked_for(self) -> None:
        wrong = {'stack_id': 'none', 'stack_name': 'x' * 1000}
        error = self.refused(exception.EntityNotFound, self.lookup.stack, self.context, wrong)
        self.assertEqual(f'The Stack ({"x" * 255}) could not be found.', str(error))

    def test_deleted_stack_is_found_only_when_asked_for(self) -> None:
        identity = self.deleted('stack')
        self.refused(exception.EntityNotFound, self.lookup.stack, self.context, identity)
        self.assertIsNotNone(self.lookup.stack(self.context, identity, True).deleted_at)

    def test_name_finds_the_stack_that_lives_and_an_id_any(self) -> None:
        old = self.deleted('stack')['stack_id']
        self.refused(exception.EntityNotFound, self.lookup.by_name_or_id, self.context, 'stack')
        new = self.create()['stack_id']
        self.assertEqual(new, self.lookup.by_name_or_id(self.context, 'stack').id)
        self.assertEqual(old, self.lookup.by_name_or_id(self.context, old).id)


class ListTest(LookupTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.identities: dict[str, dict[str, str]] = {}
        for name, resources in (
            ('b', {'A': thing()}),
            ('a', {'A': thing(properties={'fail': True})}),
            ('c', {}),
        ):
            self.identities[name] = self.made(resources, name)
            self.parts.elapse(1)
        self.create(name='d')

    def names(self, **query: Any) -> str:
        return ''.join(stack.name for stack in self.lookup.list(self.context, **query))

    def test_newest_first_unless_sorted(self) -> None:
        self.assertEqual('dcab', self.names())
        self.assertEqual('abcd', self.names(sort_keys=['name']))
        self.assertEqual('dcba', self.names(sort_keys=['stack_name'], sort_dir='desc'))
        self.assertEqual('bacd', self.names(sort_dir='asc'))
        self.assertEqual('bacd', self.names(sort_keys=['creation_time']))
        # COMPLETE, FAILED, IN_PROGRESS
        self.assertEqual('bcad', self.names(sort_keys=['stack_status', 'name']))

    def test_unknown_sort_key(self) -> None:
        self.assertEqual('dcab', self.names(sort_keys=['size']))
        self.assertEqual('abcd', self.names(sort_keys=['size', 'name']))

    def test_pages(self) -> None:
        self.assertEqual('dc', self.names(limit=2))
        marker = self.identities['c']['stack_id']
        self.assertEqual('a', self.names(limit=1, marker=marker))
        self.assertEqual('ab', self.names(marker=marker))

    def test_filters(self) -> None:
        of = self.identities
        for filters, found in (
            ({'name': 'a'}, 'a'),
            ({'stack_name': ['a', 'c']}, 'ca'),
            ({'id': of['b']['stack_id']}, 'b'),
            ({'stack_id': [of['b']['stack_id'], of['c']['stack_id']]}, 'cb'),
            ({'action': 'CREATE'}, 'dcab'),
            ({'action': 'UPDATE'}, ''),
            ({'status': 'COMPLETE'}, 'cb'),
            ({'status': 'IN_PROGRESS'}, 'd'),
            ({'status': ['FAILED', 'IN_PROGRESS']}, 'da'),
            ({'stack_status': 'CREATE_COMPLETE'}, 'cb'),
            ({'stack_status': 'CREATE_IN_PROGRESS'}, 'd'),
            ({'stack_status': 'UPDATE_COMPLETE'}, ''),
            ({'status': 'COMPLETE', 'name': ['a', 'b']}, 'b'),
            ({'username': 'user'}, 'dcab'),
            ({'username': 'nobody'}, ''),
            ({'tenant': 'project'}, 'dcab'),
            ({'tenant': 'other'}, ''),
            ({'owner_id': of['a']['stack_id']}, ''),
        ):
            self.assertEqual(found, self.names(filters=filters), filters)

    def test_unknown_filter_does_not_find_everything(self) -> None:
        error = self.refused(exception.StackValidationFailed, self.names, filters={'size': 'x'})
        self.assertIn('filters: size is none of', str(error))

    def test_deleted_ones_only_when_asked_for(self) -> None:
        self.call('delete_stack', self.identities['c'])
        self.parts.rest()
        self.assertEqual('dab', self.names())
        self.assertEqual('dcab', self.names(show_deleted=True))


class RowsTest(LookupTestCase):
    def test_newest_row_stands_for_a_name(self) -> None:
        rows = [row('a1'), row('a2', INIT), row('b1', name='B')]
        found = self.lookup.newest(rows, 'A')
        self.assertEqual('a2', found and found.id)
        self.assertIsNone(self.lookup.newest(rows, 'C'))

    def test_row_that_is_going_stands_for_its_name_only_if_there_is_no_other(self) -> None:
        for doomed in (DELETING, DELETE_FAILED):
            for other in (CREATED, UPDATE_FAILED):
                found = self.lookup.newest([row('a1', other), row('a2', doomed)], 'A')
                self.assertEqual('a1', found and found.id)
            found = self.lookup.newest([row('a1', doomed)], 'A')
            self.assertEqual('a1', found and found.id)

    def test_required_by_names_each_once(self) -> None:
        rows = [
            row('a1'),
            row('b1', name='C', requires=('a1', 'gone')),
            row('b2', name='B', requires=('a1', 'b1')),
            row('b3', name='B', requires=('a1',)),
        ]
        self.assertEqual(
            {'a1': ['B', 'C'], 'b1': ['B'], 'b2': [], 'b3': []}, self.lookup.required_by(rows)
        )
