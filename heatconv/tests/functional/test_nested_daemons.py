"""Many nested stacks on one worker: none starves, and none is lost when the worker is killed."""

from __future__ import annotations

import time
from typing import Any

import testtools

from heatconv.storage.stack_query import StackQuery
from heatconv.tests import databases
from heatconv.tests.functional.daemons import Daemons

MEMBERS = 100
#: Each nested stack takes two times this time, in seconds.
STEP_SECONDS = 2.0


def thing(seconds: float = 0.0, **more: Any) -> dict[str, Any]:
    waits = {'action_wait_secs': {'create': seconds}} if seconds else {}
    return {'type': 'OS::Heat::TestResource', 'properties': {'value': 'v', **waits}, **more}


def template(resources: dict[str, Any]) -> dict[str, Any]:
    return {'heat_template_version': '2018-08-31', 'resources': resources}


GROUP = template(
    {
        'group': {
            'type': 'OS::Heat::ResourceGroup',
            'properties': {'count': MEMBERS, 'resource_def': {'type': 'inner.yaml'}},
        }
    }
)


class NestedTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.daemons = self.useFixture(
            Daemons(
                databases.postgresql,
                workers=1,
                threads=8,
                lease_duration=5.0,
                action_timeout=1.0,
                heartbeat_interval=0.5,
            )
        )

    def create(self, name: str, content: Any, inner: Any = None) -> Any:
        files = {} if inner is None else {'inner.yaml': inner}
        return self.daemons.client.call(
            'create_stack', stack_name=name, template=content, params={}, files=files, args={}
        )

    def nested(self) -> list[Any]:
        return [
            stack
            for stack in self.daemons.store.stacks(StackQuery('project', nested=True))
            if stack.owner_id is not None
        ]

    def test_hundred_on_eight_threads_leave_room_for_others(self) -> None:
        inner = template(
            {
                'a': thing(STEP_SECONDS),
                'b': thing(STEP_SECONDS, depends_on='a'),
                'c': thing(STEP_SECONDS),
            }
        )
        began = time.monotonic()
        hundred = self.create('hundred', GROUP, inner)
        self.daemons.wait(lambda: len(self.nested()) > MEMBERS // 2, 'the nested stacks')
        asked = time.monotonic()
        other = self.create('other', template({'x': thing()}))
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(other))
        answered = time.monotonic()
        self.assertEqual('IN_PROGRESS', self.daemons.store.stack(hundred['stack_id']).status)
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(hundred))
        # One after the other on eight threads they would take fifty seconds.
        self.assertLess(time.monotonic() - began, 2 * STEP_SECONDS + 20)
        self.assertLess(answered - asked, 10)

    def test_killed_worker_loses_and_doubles_nothing(self) -> None:
        inner = template({'a': thing(), 'b': thing(depends_on='a'), 'c': thing()})
        identity = self.create('hundred', GROUP, inner)
        for part in (1, MEMBERS // 2):
            self.daemons.wait(lambda part=part: len(self.nested()) >= part, 'nested stacks')
            self.daemons.kill('worker')
            self.daemons.start('worker')
        self.assertEqual('CREATE_COMPLETE', self.daemons.at_rest(identity, 120))
        self.assertEqual(MEMBERS + 1, len(self.nested()))
        self.assertEqual(3 * MEMBERS, len(self.daemons.records.all()))
        self.daemons.client.call('delete_stack', stack_identity=identity)
        self.daemons.wait(lambda: len(self.nested()) < MEMBERS // 2, 'the deletes')
        self.daemons.kill('worker')
        self.daemons.start('worker')
        self.assertEqual('DELETE_COMPLETE', self.daemons.at_rest(identity, 120))
        self.assertEqual(([], []), (self.nested(), self.daemons.records.all()))
