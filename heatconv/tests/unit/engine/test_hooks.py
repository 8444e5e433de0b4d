"""Hooks and restricted actions: where a resource waits, and what is not done to it."""

from __future__ import annotations

from typing import Any

from heatconv import exception
from heatconv.tests.unit.engine.parts import EngineTestCase, template, thing

AB = {'A': thing('x'), 'B': thing({'get_resource': 'A'})}


def hooked(**hooks: Any) -> dict[str, Any]:
    """Return an environment with hooks by name."""
    return {'resource_registry': {'resources': {n: {'hooks': h} for n, h in hooks.items()}}}


class HookTest(EngineTestCase):
    def clear(self, identity: Any, name: str, hook: str) -> None:
        self.call('resource_signal', identity, name, {'unset_hook': hook})
        self.parts.rest()

    def told(self, identity: Any) -> list[tuple[str, str]]:
        shown = self.call('list_events', identity, sort_dir='asc')
        return [
            (one['resource_name'], one['resource_status_reason'])
            for one in shown
            if 'Hook' in one['resource_status_reason']
        ]

    def states(self, identity: Any) -> dict[str, str]:
        rows = self.store.resources(identity['stack_id'])
        return {row.name: f'{row.action}_{row.status}' for row in rows}

    def updated(self, identity: Any, resources: Any, environment: Any = None) -> None:
        self.call('update_stack', identity, template(resources), environment, None, None)
        self.parts.rest()

    def test_before_and_after_a_create(self) -> None:
        identity = self.made(AB, params=hooked(A=['pre-create', 'post-create']))
        self.assertEqual({'A': 'INIT_COMPLETE', 'B': 'INIT_COMPLETE'}, self.states(identity))
        self.assertEqual([], self.parts.records.all())
        self.clear(identity, 'A', 'pre-create')
        self.assertEqual({'A': 'CREATE_COMPLETE', 'B': 'INIT_COMPLETE'}, self.states(identity))
        self.clear(identity, 'A', 'post-create')
        self.assertEqual('CREATE_COMPLETE', self.state(identity))
        self.assertEqual(
            [
                ('A', 'CREATE paused until Hook pre-create is cleared'),
                ('A', 'Hook pre-create is cleared'),
                ('A', 'CREATE paused until Hook post-create is cleared'),
                ('A', 'Hook post-create is cleared'),
            ],
            self.told(identity),
        )
        self.assert_at_rest(identity)

    def test_before_and_after_an_update(self) -> None:
        identity = self.made(AB)
        environment = hooked(**{'*': ['pre-update', 'post-update']})
        self.updated(identity, {'A': thing('y'), 'B': thing({'get_resource': 'A'})}, environment)
        self.assertEqual('x', self.rows(identity)['A'].attributes['output'])
        self.clear(identity, 'A', 'pre-update')
        self.assertEqual('y', self.rows(identity)['A'].attributes['output'])
        self.assertEqual('UPDATE_IN_PROGRESS', self.state(identity))
        self.clear(identity, 'A', 'post-update')
        # B does not change, but pauses before that is decided.
        self.clear(identity, 'B', 'pre-update')
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotIn(
            ('B', 'UPDATE paused until Hook post-update is cleared'), self.told(identity)
        )

    def test_before_an_update_that_changes_nothing(self) -> None:
        environment = hooked(A='pre-update')
        identity = self.made(AB, params=environment)
        for _ in range(2):
            self.updated(identity, AB, environment)
            self.assertEqual('UPDATE_IN_PROGRESS', self.state(identity))
            self.clear(identity, 'A', 'pre-update')
            self.assertEqual('UPDATE_COMPLETE', self.state(identity))

    def test_before_an_update_that_replaces(self) -> None:
        environment = hooked(A='pre-update')
        identity = self.made({'A': thing('x', replaced='1')}, params=environment)
        (old,) = self.store.resources(identity['stack_id'])
        self.updated(identity, {'A': thing('x', replaced='2')}, environment)
        self.assertEqual([old.id], [row.id for row in self.store.resources(identity['stack_id'])])
        self.clear(identity, 'A', 'pre-update')
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotEqual(old.id, self.rows(identity)['A'].id)

    def test_create_that_is_interrupted_is_no_update(self) -> None:
        for step in range(60):
            self.anew()
            identity = self.create(AB, params=hooked(A='pre-update', B='pre-update'))
            self.parts.rest(step)
            self.parts.recover()
            self.assertEqual('CREATE_COMPLETE', self.state(identity), step)

    def test_before_and_after_a_delete(self) -> None:
        identity = self.made(AB, params=hooked(A=['pre-delete', 'post-delete']))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual({'A': 'CREATE_COMPLETE'}, self.states(identity))
        self.assertEqual(1, len(self.parts.records.all()))
        self.clear(identity, 'A', 'pre-delete')
        self.assertEqual({'A': 'DELETE_IN_PROGRESS'}, self.states(identity))
        self.assertEqual([], self.parts.records.all())
        self.clear(identity, 'A', 'post-delete')
        self.assertEqual('DELETE_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)

    def test_delete_after_a_delete_that_failed_has_the_hooks_still(self) -> None:
        failing = thing('x', properties={'fail': False})
        identity = self.made({'A': failing}, params=hooked(A=['pre-delete']))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.call('stack_rollback', identity)
        self.parts.rest()
        self.assertEqual('ROLLBACK_COMPLETE', self.state(identity))
        self.call('delete_stack', identity)
        self.parts.rest()
        self.clear(identity, 'A', 'pre-delete')
        self.assertEqual('DELETE_COMPLETE', self.state(identity))

    def test_what_is_replaced_waits_before_it_goes(self) -> None:
        environment = hooked(A='pre-delete')
        identity = self.made({'A': thing('x', replaced='1')}, params=environment)
        (old,) = self.store.resources(identity['stack_id'])
        self.updated(identity, {'A': thing('x', replaced='2')}, environment)
        self.assertEqual(2, len(self.parts.records.all()))
        self.clear(identity, 'A', 'pre-delete')
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotEqual(old.id, self.rows(identity)['A'].id)
        self.assert_at_rest(identity)

    def test_hook_of_an_update_that_takes_its_place(self) -> None:
        identity = self.made(AB, params=hooked(A='pre-create'))
        self.updated(identity, AB)
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)

    def test_hooks_survive_death_at_any_moment(self) -> None:
        for step in range(60):
            self.anew()
            identity = self.create(AB, params=hooked(A=['pre-create', 'post-create']))
            self.parts.rest(step)
            self.parts.recover()
            self.clear(identity, 'A', 'pre-create')
            self.assertEqual('CREATE_IN_PROGRESS', self.state(identity), step)
            self.clear(identity, 'A', 'post-create')
            self.assertEqual('CREATE_COMPLETE', self.state(identity), step)
            self.assert_at_rest(identity)

    def test_post_hook_survives_death_in_the_create(self) -> None:
        for step in range(40):
            self.anew()
            identity = self.made(AB, params=hooked(A=['pre-create', 'post-create']))
            self.call('resource_signal', identity, 'A', {'unset_hook': 'pre-create'})
            self.parts.rest(step)
            self.parts.recover()
            self.assertEqual('CREATE_IN_PROGRESS', self.state(identity), step)
            self.clear(identity, 'A', 'post-create')
            self.assertEqual('CREATE_COMPLETE', self.state(identity), step)

    def test_hook_that_is_not_there(self) -> None:
        identity = self.made(AB, params=hooked(A='pre-create'))
        for name, hook, telling in (
            ('A', 'post-create', 'is not defined on'),
            ('B', 'pre-create', 'is not defined on'),
            ('A', 'before', 'Invalid hook type "before"'),
            ('A', None, 'Invalid hook type "None"'),
            ('A', ['pre-create'], 'Invalid hook type'),
        ):
            error = self.refused(exception.InvalidBreakPointHook, self.clear, identity, name, hook)
            self.assertIn(telling, str(error))
        self.clear(identity, 'A', 'pre-create')
        self.refused(exception.InvalidBreakPointHook, self.clear, identity, 'A', 'pre-create')

    def test_stack_that_waits_times_out(self) -> None:
        identity = self.made(AB, params=hooked(A='pre-create'))
        self.parts.elapse(61 * 60)
        self.parts.sweep()
        self.assertEqual('CREATE_FAILED', self.state(identity))
        self.assertEqual([], self.store.nodes(identity['stack_id']))


class RestrictedTest(EngineTestCase):
    def restricted(self, actions: Any, resources: Any) -> Any:
        identity = self.made({'A': thing('x', replaced='1')})
        before = self.rows(identity)['A']
        registry = {'resources': {'A': {'restricted_actions': actions}}}
        self.call(
            'update_stack',
            identity,
            template(resources),
            {'resource_registry': registry},
            None,
            None,
        )
        self.parts.rest()
        return identity, before

    def test_update_is_restricted(self) -> None:
        identity, before = self.restricted('update', {'A': thing('y', replaced='1')})
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.assertIn('update is restricted for resource.', self.stack(identity).reason)
        self.assertEqual(before, self.rows(identity)['A'])
        told = self.call('list_events', identity, {'resource_name': 'A'})[0]
        self.assertEqual(
            ('UPDATE', 'FAILED', 'update is restricted for resource.'),
            (
                told['resource_action'],
                told['resource_status'],
                told['resource_status_reason'],
            ),
        )

    def test_replace_is_restricted(self) -> None:
        identity, before = self.restricted(['replace'], {'A': thing('x', replaced='2')})
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.assertEqual(before, self.rows(identity)['A'])
        # What is not forbidden is done.
        self.update(identity, {'A': thing('y', replaced='1')})
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))

    def test_one_does_not_forbid_the_other(self) -> None:
        identity, _ = self.restricted('replace', {'A': thing('y', replaced='1')})
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))

    def test_replacement_where_updates_are_restricted(self) -> None:
        identity, before = self.restricted('update', {'A': thing('x', replaced='2')})
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assertNotEqual(before.id, self.rows(identity)['A'].id)
