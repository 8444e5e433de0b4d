"""Hooks through the stock client: a resource waits until somebody clears it."""

from __future__ import annotations

from heatconv.tests.heat_api.running import SiteTest
from heatconv.tests.heat_api.templates import NOTHING, tested


class TestHooks(SiteTest):
    def pending(self, stack: str) -> list[tuple[str, str]]:
        shown = self.json('stack', 'hook', 'poll', stack)
        return [(one['Resource Name'], one['Resource Status Reason']) for one in shown]

    def test_hook_before_a_create(self) -> None:
        template = self.template(NOTHING)
        self.works('stack', 'create', '--pre-create', 'nothing', '-t', template, 'demo')
        self.until_pending('demo', 'nothing', 'CREATE paused until Hook pre-create is cleared')
        self.works('stack', 'hook', 'clear', '--pre-create', 'demo', 'nothing')
        self.until('demo', 'CREATE_COMPLETE')
        said = self.refused('stack', 'hook', 'poll', 'demo')
        self.assertIn('not IN_PROGRESS', said)

    def test_hook_before_an_update(self) -> None:
        self.make('demo', tested(value='a'))
        template = self.template(tested(value='b'))
        self.works('stack', 'update', '--pre-update', 'r', '-t', template, 'demo')
        self.until_pending('demo', 'r', 'UPDATE paused until Hook pre-update is cleared')
        self.works('stack', 'hook', 'clear', '--pre-update', 'demo', 'r')
        self.until('demo', 'UPDATE_COMPLETE')

    def test_hook_before_a_delete(self) -> None:
        environment = {'resource_registry': {'resources': {'noth*': {'hooks': 'pre-delete'}}}}
        given = self.file('environment.json', environment)
        self.works('stack', 'create', '--wait', '-e', given, '-t', self.template(NOTHING), 'demo')
        self.works('stack', 'delete', '-y', 'demo')
        self.until_pending('demo', 'nothing', 'DELETE paused until Hook pre-delete is cleared')
        self.works('stack', 'hook', 'clear', '--pre-delete', 'demo', 'nothing')
        self.gone('demo')

    def test_hook_that_is_not_there(self) -> None:
        self.make('demo', NOTHING)
        said = self.refused('stack', 'hook', 'clear', '--pre-create', 'demo', 'nothing')
        self.assertIn('The "pre-create" hook is not defined on', said)

    def until_pending(self, stack: str, name: str, reason: str) -> None:
        self.eventually(lambda: self.pending(stack) == [(name, reason)])
