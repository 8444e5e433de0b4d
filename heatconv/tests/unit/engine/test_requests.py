"""What requests do to stacks: what is saved, what is announced, what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

from heatconv import exception
from heatconv.convergence.model import Action, Stack, Status
from heatconv.engine.content import StackContent
from heatconv.engine.prepare import prepare
from heatconv.engine.requests.cancel import cancel_update, rollback_stack
from heatconv.engine.requests.core import Limits, Requests
from heatconv.engine.requests.create import create_stack
from heatconv.engine.requests.delete import delete_stack
from heatconv.engine.requests.update import update_stack
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing


def content(resources: Any = None, **options: Any) -> StackContent:
    return StackContent({'template': template(resources), 'environment': {}}, options)


class RequestsTestCase(EngineTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.requests = self.with_limits()

    def with_limits(self, **limits: int) -> Requests:
        parts = self.parts
        return Requests(
            parts.store, parts.templates, parts.heard, parts.clock, parts.ids, Limits(**limits)
        )

    def begin(self, name: str = 'stack', project: str = 'project', **options: Any) -> Stack:
        return create_stack(
            self.requests, project, 'user', name, content({'A': thing()}, **options)
        )

    def now(self, stack: Stack) -> Stack:
        return self.stack({'stack_id': stack.id})

    def finished(self, **options: Any) -> Stack:
        stack = self.begin(**options)
        self.parts.rest()
        return self.now(stack)

    def reasons(self, stack: Stack) -> list[str]:
        """Return the actions and states that events of the stack itself tell."""
        events = [one.event for one in self.store.events(stack.id)]
        return [f'{one.action}_{one.status}' for one in events if one.resource_name is None]


class CreateTest(RequestsTestCase):
    def test_wish_is_saved_then_announced(self) -> None:
        stack = self.now(self.begin())
        self.assertEqual(
            (Action.CREATE, Status.IN_PROGRESS, 'project', 'user'),
            (stack.action, stack.status, stack.project_id, stack.username),
        )
        self.assertIsNotNone(stack.wish_id)
        stored = self.store.template(stack.wish_template_id or '')
        self.assertEqual(template({'A': thing()}), (stored or {})['template'])
        self.assertEqual([stack.id], self.heard.wishes)
        self.assertEqual(['CREATE_IN_PROGRESS'], self.reasons(stack))

    def test_options(self) -> None:
        stack = self.begin(timeout_mins=5, disable_rollback=False, tags=['a', 'b'])
        self.assertEqual(
            (5, False, ('a', 'b'), self.parts.clock.now() + 300),
            (stack.timeout_mins, stack.disable_rollback, stack.tags, stack.deadline),
        )

    def test_options_left_out(self) -> None:
        self.requests = self.with_limits(timeout_mins=7)
        stack = self.begin()
        self.assertEqual(
            (7, True, (), self.parts.clock.now() + 420),
            (stack.timeout_mins, stack.disable_rollback, stack.tags, stack.deadline),
        )

    def test_name_is_taken(self) -> None:
        self.begin()
        self.refused(exception.StackExists, self.begin)
        self.begin(project='other')
        self.assertEqual(2, len(self.heard.wishes))

    def test_name_of_a_deleted_stack_is_free(self) -> None:
        stack = self.finished()
        delete_stack(self.requests, stack)
        self.parts.rest()
        self.assertNotEqual(stack.id, self.begin().id)

    def test_quota_of_stacks_is_the_project_s(self) -> None:
        self.requests = self.with_limits(max_stacks_per_project=2)
        self.begin('one')
        self.begin('two')
        self.refused(exception.StackExists, self.begin, 'two')
        error = self.refused(exception.RequestLimitExceeded, self.begin, 'three')
        self.assertIn('this project has 2 stacks', str(error))
        self.begin('three', 'other')

    def test_quota_of_none_and_of_any_number(self) -> None:
        self.requests = self.with_limits(max_stacks_per_project=0)
        self.refused(exception.RequestLimitExceeded, self.begin)
        self.requests = self.with_limits(max_stacks_per_project=-1)
        self.begin()

    def test_quota_of_resources(self) -> None:
        self.requests = self.with_limits(max_resources_per_stack=1)
        two = content({'A': thing(), 'B': thing()})
        error = self.refused(
            exception.RequestLimitExceeded, create_stack, self.requests, 'project', '', 'two', two
        )
        self.assertIn('2 resources are more than the 1', str(error))
        stack = self.begin()
        self.refused(exception.RequestLimitExceeded, update_stack, self.requests, stack, two)
        update_stack(self.with_limits(max_resources_per_stack=2), stack, two)
        update_stack(self.with_limits(max_resources_per_stack=-1), stack, two)
        self.requests = self.with_limits(max_resources_per_stack=0)
        self.refused(exception.RequestLimitExceeded, self.begin, 'other')

    def test_nothing_is_stored_of_what_does_not_compile(self) -> None:
        wrong = StackContent({'template': {}, 'environment': {}}, {})
        self.refused(
            exception.InvalidTemplateVersion,
            create_stack,
            self.requests,
            'project',
            '',
            'x',
            wrong,
        )
        self.assertEqual((None, []), (self.store.stack_by_name('project', 'x'), self.heard.wishes))


class UpdateTest(RequestsTestCase):
    def update(self, stack: Stack, value: str = 'b', **options: Any) -> Stack:
        update_stack(self.requests, stack, content({'A': thing(value)}, **options))
        return self.now(stack)

    def test_wish_is_saved_then_announced(self) -> None:
        before = self.finished()
        after = self.update(before)
        self.assertEqual((Action.UPDATE, Status.IN_PROGRESS), (after.action, after.status))
        self.assertEqual(before.template_id, after.template_id)
        self.assertNotIn(after.wish_template_id, (None, before.template_id))
        self.assertEqual([after.id], self.heard.wishes)

    def test_options_left_out_stay(self) -> None:
        given = {'timeout_mins': 5, 'disable_rollback': False, 'tags': ['a']}
        stack = self.update(self.finished(**given))
        self.assertEqual(
            (5, False, ('a',)), (stack.timeout_mins, stack.disable_rollback, stack.tags)
        )
        self.parts.elapse(50)
        stack = self.update(stack, timeout_mins=6, disable_rollback=True, tags=['b'])
        self.assertEqual(
            (6, True, ('b',)), (stack.timeout_mins, stack.disable_rollback, stack.tags)
        )
        self.assertEqual(self.parts.clock.now() + 360, stack.deadline)
        self.assertEqual((), self.update(stack, tags=[]).tags)

    def test_update_is_taken_at_any_time_and_the_later_wins(self) -> None:
        stack = self.begin()
        self.update(stack, 'b')
        self.update(stack, 'c')
        self.parts.rest()
        self.assertEqual('c', self.parts.records.all()[0].properties['value'])
        self.assert_at_rest({'stack_id': stack.id})

    def test_stack_that_is_going_takes_no_update(self) -> None:
        stack = self.finished()
        delete_stack(self.requests, stack)
        going = self.now(stack)
        self.refused(exception.NotSupported, self.update, stack)
        self.assertEqual(going, self.now(stack))
        self.parts.rest()
        self.refused(exception.EntityNotFound, self.update, stack)


class ImmutableTest(RequestsTestCase):
    def content(self, size: int | None, immutable: bool = True) -> StackContent:
        declared = {'size': {'type': 'number', 'default': 1, 'immutable': immutable}}
        given = {} if size is None else {'size': size}
        return StackContent(
            {'template': template(parameters=declared), 'environment': {'parameters': given}}, {}
        )

    def test_parameter_that_may_not_change_keeps_its_value(self) -> None:
        stack = create_stack(self.requests, 'project', '', 'stack', self.content(2))
        for wrong in (3, None):
            error = self.refused(
                exception.ImmutableParameterModified,
                update_stack,
                self.requests,
                self.now(stack),
                self.content(wrong),
            )
            self.assertIn('updated: size', str(error))
        update_stack(self.requests, self.now(stack), self.content(2))
        update_stack(self.requests, self.now(stack), self.content(3, immutable=False))

    def test_parameter_that_is_new_or_was_of_a_template_that_is_gone(self) -> None:
        stack = self.begin()
        update_stack(self.requests, stack, self.content(2))
        self.store.purge_deleted(1e9)
        gone = dataclasses.replace(self.now(stack), wish_template_id='gone')
        update_stack(self.requests, gone, self.content(3))


class DeleteTest(RequestsTestCase):
    def test_second_delete_changes_nothing(self) -> None:
        stack = self.finished()
        delete_stack(self.requests, stack)
        first = self.now(stack)
        self.assertEqual((Action.DELETE, Status.IN_PROGRESS), (first.action, first.status))
        self.assertIsNone(first.wish_template_id)
        delete_stack(self.requests, stack)
        self.assertEqual((first, [stack.id]), (self.now(stack), self.heard.wishes))

    def test_stack_that_is_gone_is_not_found(self) -> None:
        stack = self.finished()
        delete_stack(self.requests, stack)
        self.parts.rest()
        self.refused(exception.EntityNotFound, delete_stack, self.requests, stack)


class RollbackTest(RequestsTestCase):
    def test_complete_stack_stays(self) -> None:
        stack = self.finished()
        rollback_stack(self.requests, stack)
        self.assertEqual((stack, []), (self.now(stack), self.heard.wishes))

    def test_failed_update_goes_back_to_the_last_good_template(self) -> None:
        stack = self.finished(timeout_mins=5)
        update_stack(self.requests, stack, content({'A': thing(properties={'fail': True})}))
        self.parts.rest()
        self.assertEqual((Action.UPDATE, Status.FAILED), self.of(stack))
        self.parts.elapse(50)
        rollback_stack(self.requests, stack)
        rolling = self.now(stack)
        self.assertEqual((Action.ROLLBACK, Status.IN_PROGRESS), self.of(stack))
        self.assertEqual(stack.template_id, rolling.wish_template_id)
        self.assertEqual(self.parts.clock.now() + 300, rolling.deadline)
        self.parts.rest()
        self.assertEqual((Action.ROLLBACK, Status.COMPLETE), self.of(stack))

    def of(self, stack: Stack) -> tuple[Action, Status]:
        now = self.now(stack)
        return (now.action, now.status)


class CancelTest(RequestsTestCase):
    def test_update_with_rollback_goes_back(self) -> None:
        stack = self.finished()
        update_stack(self.requests, stack, content({'A': thing('b')}))
        self.heard.wishes.clear()
        cancel_update(self.requests, stack, True)
        rolling = self.now(stack)
        self.assertEqual(
            (Action.ROLLBACK, stack.template_id, [stack.id]),
            (rolling.action, rolling.wish_template_id, self.heard.wishes),
        )

    def test_create_is_not_cancelled_with_rollback(self) -> None:
        stack = self.begin()
        error = self.refused(exception.NotSupported, cancel_update, self.requests, stack, True)
        self.assertIn('Cancelling CREATE IN_PROGRESS with rollback', str(error))
        self.assertIn('(cancel it without rollback, roll it back, or delete it)', str(error))

    def test_without_rollback_it_stops_where_it_is(self) -> None:
        stack = self.begin()
        self.parts.run(prepare(self.heard.wishes.pop(), self.parts.ids))
        self.assertNotEqual([], self.store.nodes(stack.id))
        cancel_update(self.requests, stack, False)
        self.assertEqual(
            ('CREATE_FAILED', [], []),
            (self.reasons(stack)[-1], self.store.nodes(stack.id), self.heard.wishes),
        )
        self.parts.rest()
        self.assertEqual([], self.parts.records.all())

    def test_nothing_under_way(self) -> None:
        stack = self.finished()
        for rollback, how in ((True, 'with rollback'), (False, 'without rollback')):
            error = self.refused(
                exception.NotSupported, cancel_update, self.requests, stack, rollback
            )
            self.assertIn(f'COMPLETE {how} (no action is in progress)', str(error))
        delete_stack(self.requests, stack)
        for rollback, how in ((True, 'with rollback'), (False, 'without rollback')):
            error = self.refused(
                exception.NotSupported, cancel_update, self.requests, stack, rollback
            )
            self.assertEqual(f'Cancelling DELETE IN_PROGRESS {how} is not supported.', str(error))
        self.assertEqual(Action.DELETE, self.now(stack).action)
