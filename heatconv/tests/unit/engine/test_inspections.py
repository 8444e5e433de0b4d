"""Check, suspend and resume: each resource is looked at, and none is changed."""

from __future__ import annotations

import dataclasses
from typing import Any

from heatconv import exception
from heatconv.tests.unit.engine.parts import EngineTestCase, thing

AB = {'A': thing('x'), 'B': thing({'get_resource': 'A'}), 'C': thing('z')}


class LookTest(EngineTestCase):
    def states(self, identity: Any) -> dict[str, str]:
        return {name: f'{row.action}_{row.status}' for name, row in self.rows(identity).items()}

    def events(self, identity: Any, action: str) -> list[tuple[str, str]]:
        shown = self.call('list_events', identity, {'resource_action': action}, sort_dir='asc')
        return [(one['resource_name'], one['resource_status']) for one in shown]

    def lose(self, identity: Any, name: str) -> None:
        """Have a resource go behind the stack's back."""
        self.parts.records.remove(self.rows(identity)[name].id)

    def test_check_of_what_is_well(self) -> None:
        identity = self.made(AB)
        before = self.rows(identity)
        self.call('stack_check', identity)
        self.assertEqual('CHECK_IN_PROGRESS', self.state(identity))
        self.parts.rest()
        self.assertEqual('CHECK_COMPLETE', self.state(identity))
        self.assertEqual(dict.fromkeys('ABC', 'CHECK_COMPLETE'), self.states(identity))
        self.assertEqual(
            [row.id for row in before.values()], [row.id for row in self.rows(identity).values()]
        )
        told = self.events(identity, 'CHECK')
        self.assertEqual(('stack', 'IN_PROGRESS'), told[0])
        self.assertEqual(('stack', 'COMPLETE'), told[-1])
        self.assertLess(told.index(('A', 'IN_PROGRESS')), told.index(('A', 'COMPLETE')))
        self.assert_at_rest(identity)

    def test_check_takes_over_what_is_real(self) -> None:
        identity = self.made(AB)
        row = self.rows(identity)['C']
        record = self.parts.records.get(row.id)
        assert record is not None
        changed = {**record.properties, 'value': 'drifted'}
        self.parts.records.replace(dataclasses.replace(record, properties=changed))
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('drifted', self.rows(identity)['C'].attributes['output'])
        self.update(identity, AB, description='again')
        self.parts.rest()
        self.assertEqual('z', self.rows(identity)['C'].attributes['output'])

    def test_check_finds_all_that_is_wrong(self) -> None:
        identity = self.made(AB)
        self.lose(identity, 'A')
        self.lose(identity, 'C')
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_FAILED', self.state(identity))
        self.assertEqual(
            {'A': 'CHECK_FAILED', 'B': 'CHECK_COMPLETE', 'C': 'CHECK_FAILED'},
            self.states(identity),
        )
        self.assertIn('resources.', self.stack(identity).reason)
        self.assertEqual([], self.store.nodes(identity['stack_id']))
        # An update makes it well again.
        self.update(identity, AB, description='again')
        self.parts.rest()
        self.assertEqual('UPDATE_COMPLETE', self.state(identity))
        self.assert_at_rest(identity)

    def test_what_was_told_to_be_wrong_may_be_well_again(self) -> None:
        identity = self.made(AB)
        self.call('resource_mark_unhealthy', identity, 'A', True)
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_COMPLETE', self.state(identity))
        self.assertEqual('CHECK_COMPLETE', self.states(identity)['A'])

    def test_check_keeps_what_a_rollback_goes_to(self) -> None:
        identity = self.made(AB)
        good = self.stack(identity).last_good_id
        self.update(identity, {'A': thing('x', properties={'fail': True})})
        self.parts.rest()
        self.assertEqual('UPDATE_FAILED', self.state(identity))
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_FAILED', self.state(identity))
        self.assertEqual(good, self.stack(identity).last_good_id)
        self.call('stack_rollback', identity)
        self.parts.rest()
        self.assertEqual('ROLLBACK_COMPLETE', self.state(identity))
        self.assertEqual(['A', 'B', 'C'], sorted(self.rows(identity)))
        self.assert_at_rest(identity)

    def test_suspended_stack_takes_no_update(self) -> None:
        identity = self.made(AB)
        self.call('stack_suspend', identity)
        self.parts.rest()
        self.assertEqual('SUSPEND_COMPLETE', self.state(identity))
        self.assertEqual(dict.fromkeys('ABC', 'SUSPEND_COMPLETE'), self.states(identity))
        self.refused(exception.NotSupported, self.update, identity, AB)
        self.call('stack_resume', identity)
        self.parts.rest()
        self.assertEqual('RESUME_COMPLETE', self.state(identity))
        self.update(identity, {'A': thing('y')})
        self.parts.rest()
        self.assertEqual(
            ('UPDATE_COMPLETE', ['A']), (self.state(identity), [*self.rows(identity)])
        )
        self.assert_at_rest(identity)

    def test_suspended_stack_can_be_deleted(self) -> None:
        identity = self.made(AB)
        self.call('stack_suspend', identity)
        self.parts.rest()
        self.call('delete_stack', identity)
        self.parts.rest()
        self.assertEqual(('DELETE_COMPLETE', []), (self.state(identity), self.parts.records.all()))

    def test_what_is_under_way_or_gone(self) -> None:
        identity = self.create(AB)
        for method in ('stack_check', 'stack_suspend', 'stack_resume'):
            self.refused(exception.ActionInProgress, self.call, method, identity)
        self.parts.rest()
        self.call('delete_stack', identity)
        self.refused(exception.NotSupported, self.call, 'stack_check', identity)

    def test_stack_without_resources(self) -> None:
        identity = self.made({})
        self.call('stack_check', identity)
        self.parts.rest()
        self.assertEqual('CHECK_COMPLETE', self.state(identity))

    def test_died_anywhere(self) -> None:
        for most in range(40):
            identity = self.made(AB, f'stack{most}')
            self.lose(identity, 'B')
            self.call('stack_check', identity)
            self.parts.rest(most)
            self.parts.recover()
            self.parts.rest()
            self.assertEqual('CHECK_FAILED', self.state(identity), most)
            self.assertEqual('CHECK_COMPLETE', self.states(identity)['C'], most)
            self.assertEqual([], self.store.nodes(identity['stack_id']), most)
