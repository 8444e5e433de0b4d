"""Stacks are looked at, put to sleep and woken."""

from __future__ import annotations

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import NOTHING, tested


class TestActions(SiteTest):
    def status(self, *words: str) -> list[str]:
        """Run an action without waiting; return the statuses that it shows."""
        return [one['Stack Status'] for one in self.json('stack', *words)]

    def resource(self) -> str:
        """Return the status of the resource."""
        status: str = self.json('stack', 'resource', 'show', 'demo', 'r')['resource_status']
        return status

    def test_check(self) -> None:
        self.make('demo', tested(value='a'))
        answer = self.works('stack', 'check', 'demo', '--wait')
        self.assertIn('[demo]: CHECK_COMPLETE', answer.out)
        self.assertEqual('CHECK_COMPLETE', self.json('stack', 'show', 'demo')['stack_status'])
        self.assertEqual('CHECK_COMPLETE', self.resource())

    def test_check_several(self) -> None:
        self.make('demo', NOTHING)
        self.make('other', NOTHING)
        shown = self.status('check', 'demo', 'other')
        self.assertEqual(2, len(shown))
        self.assertTrue(all(one.startswith('CHECK_') for one in shown), shown)
        self.until('other', 'CHECK_COMPLETE')

    def test_suspend_and_resume(self) -> None:
        self.make('demo', tested(value='a'))
        self.assertIn('[demo]: SUSPEND_COMPLETE', self.works(*self.wait_for('suspend')).out)
        self.assertEqual('SUSPEND_COMPLETE', self.json('stack', 'show', 'demo')['stack_status'])
        self.assertEqual('SUSPEND_COMPLETE', self.resource())
        self.assertIn('[demo]: RESUME_COMPLETE', self.works(*self.wait_for('resume')).out)
        self.assertEqual('RESUME_COMPLETE', self.json('stack', 'show', 'demo')['stack_status'])
        self.works('stack', 'delete', '-y', 'demo')

    def wait_for(self, action: str) -> tuple[str, ...]:
        """Return the command that waits for an action."""
        return ('stack', action, 'demo', '--wait')

    def test_unknown_stack(self) -> None:
        for action in ('check', 'suspend', 'resume'):
            self.assertEqual('Stack not found: nobody', self.refused('stack', action, 'nobody'))
