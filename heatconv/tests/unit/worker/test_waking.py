"""An operation on a nested stack ends as soon as this process ends the action of the stack."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import fixtures

from heatconv.engine.prepare import prepare
from heatconv.resources import nested as nested_plugins
from heatconv.runtime.ports import SystemClock
from heatconv.tests.unit.engine.parts import template, thing
from heatconv.tests.unit.engine.test_nested import NestedTestCase, inner, nested
from heatconv.worker.check import Checker
from heatconv.worker.loop import Loop

#: A poll in these tests comes too late for `WAIT_SECONDS`.
POLL_SECONDS = 1_000.0
WAIT_SECONDS = 20


class WakingTest(NestedTestCase):
    clock_type = SystemClock

    def setUp(self) -> None:
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch(f'{nested_plugins.__name__}.SOON', POLL_SECONDS))
        parts = self.parts
        checker = Checker(parts.lease.id, parts.ids, parts.clock, POLL_SECONDS)

        def more(may: Any) -> Any:
            if not self.heard.keys:
                return None
            key = self.heard.keys.pop(0)
            return ('project', key.traversal_id), checker.check(key)

        loop = Loop(
            self.store,
            parts.templates,
            parts.caller,
            self.heard,
            parts.clock,
            threads=2,
            more=more,
        )
        announce = self.heard.nodes

        def nodes(keys: Any, near: bool = False) -> None:
            announce(keys, near)
            loop.wake()

        self.heard.nodes = nodes  # type: ignore[method-assign]
        thread = threading.Thread(target=loop.run, daemon=True)
        thread.start()
        self.addCleanup(thread.join, WAIT_SECONDS)
        self.addCleanup(loop.stop)
        self.loop = loop

    def ends(self, identity: Any, action: str) -> str:
        """Prepare what was asked for, and wait for the end of an action; return the state."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            while self.heard.wishes:
                self.parts.run(prepare(self.heard.wishes.pop(0), self.parts.ids))
            stack = self.store.stack(identity['stack_id'])
            if stack.action == action and stack.status != 'IN_PROGRESS':
                break
            time.sleep(0.005)
        return f'{stack.action}_{stack.status}'

    def requested(self, resources: Any, file: str, identity: Any = None) -> Any:
        """Create or update a stack; return its identity before anything is done."""
        given = (template(resources), None, {'inner.yaml': file}, None)
        if identity is None:
            return self.call('create_stack', 'stack', *given)
        self.call('update_stack', identity, *given)
        return identity

    def test_life(self) -> None:
        identity = self.requested({'N': nested(), 'M': nested()}, inner())
        self.assertEqual('CREATE_COMPLETE', self.ends(identity, 'CREATE'))
        self.requested({'N': nested(color='new'), 'M': nested()}, inner(), identity)
        self.assertEqual('UPDATE_COMPLETE', self.ends(identity, 'UPDATE'))
        self.call('delete_stack', identity)
        self.assertEqual('DELETE_COMPLETE', self.ends(identity, 'DELETE'))
        self.assertEqual(0, self.loop.live)

    def test_heads_of_many_templates_are_read_together(self) -> None:
        heads: list[int] = []
        read = self.store.template_heads

        def counted(template_ids: Any) -> Any:
            heads.append(len(template_ids))
            return read(template_ids)

        self.store.template_heads = counted
        made = []
        for number in range(5):
            content = template({'A': thing(number)})
            made.append(self.call('create_stack', f's{number}', content, None, None, None))
        keys: list[Any] = []
        self.heard.nodes = lambda found, near=False: keys.extend(found)  # type: ignore
        while self.heard.wishes:
            self.parts.run(prepare(self.heard.wishes.pop(0), self.parts.ids))
        # Another process has prepared them.
        self.parts.templates._kept.clear()
        self.heard.keys.extend(keys)
        self.loop.wake()
        for identity in made:
            self.ends(identity, 'CREATE')
        self.assertIn(5, heads)

    def test_failure(self) -> None:
        failing = {'type': 'OS::Heat::TestResource', 'properties': {'fail': True}}
        file = json.dumps(template({'I': failing}, parameters={'size': {'type': 'string'}}))
        identity = self.requested({'N': nested()}, file)
        self.assertEqual('CREATE_FAILED', self.ends(identity, 'CREATE'))
