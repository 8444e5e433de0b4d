"""Everything in one process: it starts, works, stops, and goes on where another ended."""

from __future__ import annotations

import os
import pathlib
import socket
import stat
import time
from typing import Any

import fixtures
import testtools

from heatconv import exception
from heatconv.convergence import states
from heatconv.db import migration
from heatconv.db.database import Database
from heatconv.db.records import DatabaseRecords
from heatconv.db.store import DatabaseStore
from heatconv.embedded import Embedded
from heatconv.engine import wire_format
from heatconv.engine.content import StackContent
from heatconv.engine.requests.core import Requests
from heatconv.engine.requests.create import create_stack
from heatconv.runtime.ports import SystemClock
from heatconv.storage.values import Lease
from heatconv.tests.unit.engine.parts import Parts, template, thing

WAIT_SECONDS = 20
#: No process has this id: it is beyond what a kernel gives.
NOBODY = 2**22 + 1


class EmbeddedTestCase(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / 'state'

    def start(self, project: str = 'project') -> Embedded:
        embedded = Embedded(self.directory, project)
        self.addCleanup(embedded.stop)
        embedded.start()
        return embedded

    def create(self, embedded: Embedded, resources: Any, name: str = 'stack') -> dict[str, str]:
        made: dict[str, str] = embedded.client.call(
            'create_stack',
            stack_name=name,
            template=template(resources),
            params=None,
            files=None,
            args=None,
        )
        return made

    def state(self, embedded: Embedded, identity: Any) -> str:
        stack = embedded.store.stack(identity['stack_id'])
        assert stack is not None
        return f'{stack.action}_{stack.status}'


class EmbeddedTest(EmbeddedTestCase):
    def test_stack_is_made_and_is_there_the_next_time(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('USER', 'somebody'))
        first = self.start()
        identity = self.create(first, {'A': thing(), 'B': thing({'get_resource': 'A'})})
        self.assertTrue(first.wait_idle(WAIT_SECONDS))
        self.assertEqual('CREATE_COMPLETE', self.state(first, identity))
        shown = first.client.call('show_stack', stack_identity=identity)
        self.assertEqual('somebody', shown[0]['stack_owner'])
        first.stop()
        self.assertEqual([], first.store.leases())
        second = self.start()
        self.assertEqual([], second.interrupted())
        shown = second.client.call('list_stack_resources', stack_identity=identity)
        self.assertEqual(['A', 'B'], sorted(one['resource_name'] for one in shown))

    def test_directory_is_made_and_nobody_else_s(self) -> None:
        self.start()
        self.assertEqual(0o700, stat.S_IMODE(os.stat(self.directory).st_mode))
        self.assertIn('heatconv.sqlite', os.listdir(self.directory))

    def test_waiting_may_take_too_long(self) -> None:
        embedded = self.start()
        self.create(embedded, {'A': thing(properties={'wait_secs': -1})})
        self.assertIs(False, embedded.wait_idle(0.0))
        self.assertIs(True, embedded.wait_idle(0.0, embedded.in_progress()))

    def test_project(self) -> None:
        identity = self.create(self.start('one'), {})
        other = self.start('other')
        self.assertEqual('one', identity['tenant'])
        error = self.assertRaises(
            exception.EntityNotFound, other.client.call, 'show_stack', stack_identity=identity
        )
        self.assertIn('stack', str(error))

    def test_stop_twice_and_without_a_start(self) -> None:
        embedded = self.start()
        embedded.stop()
        embedded.stop()
        Embedded(self.directory).stop()


class InterruptedTest(EmbeddedTestCase):
    """An earlier process was killed."""

    def killed(
        self, steps: int, pid: int = NOBODY, host: str = socket.gethostname()
    ) -> dict[str, str]:
        """Leave what a process leaves that is killed after so many steps of a create."""
        self.directory.mkdir(exist_ok=True)
        database = Database(f'sqlite:///{self.directory}/heatconv.sqlite', max_retries=1)
        self.addCleanup(database.close)
        migration.upgrade(database)
        parts = Parts(
            lambda clock, ids: DatabaseStore(database, clock, ids),
            SystemClock,
            DatabaseRecords(database),
        )
        requests = Requests(parts.store, parts.templates, parts.heard, parts.clock, parts.ids)
        content = StackContent({'template': template({'A': thing()}), 'environment': {}}, {})
        stack = create_stack(requests, 'project', '', 'stack', content)
        parts.rest(steps)
        self.claimed = self.lease(parts, parts.lease.id, pid, host)
        self.parts = parts
        return wire_format.identity(stack)

    def lease(self, parts: Parts, lease_id: str, pid: int, host: str) -> str:
        """Make a lease look as if it were that of another process; it is valid for long."""
        parts.store.void_leases(0.0, [lease_id])
        now = parts.clock.now()
        parts.store.grant_lease(Lease(lease_id, 'worker', host, pid, now, now + 1e6))
        return lease_id

    def leases(self) -> list[str]:
        return [lease.id for lease in self.parts.store.leases()]

    def assert_goes_on(self, identity: Any) -> None:
        embedded = self.start()
        self.assertEqual(['stack'], embedded.interrupted())
        self.assertTrue(embedded.wait_idle(WAIT_SECONDS))
        self.assertEqual('CREATE_COMPLETE', self.state(embedded, identity))
        self.assertEqual(1, len(self.parts.records.all()))
        self.assertNotIn(self.claimed, self.leases())

    def test_wish_that_nobody_prepared(self) -> None:
        self.assert_goes_on(self.killed(0))

    def test_nodes_that_nobody_was_told_of(self) -> None:
        self.assert_goes_on(self.killed(4))

    def test_create_that_nobody_saw_the_end_of(self) -> None:
        identity = self.killed(10)
        (row,) = self.parts.store.resources(identity['stack_id'])
        self.assertEqual((states.CREATING, self.claimed), (states.state(row), row.claim))
        self.assertEqual(1, len(self.parts.records.all()))
        self.assert_goes_on(identity)

    def test_process_that_is_alive_or_of_another_host_is_left_alone(self) -> None:
        for pid, host in ((os.getpid(), socket.gethostname()), (NOBODY, 'elsewhere')):
            self.directory = self.directory / 'next'
            self.directory.parent.mkdir(exist_ok=True)
            self.killed(10, pid, host)
            embedded = self.start()
            self.assertEqual([], embedded.interrupted())
            self.assertIn(self.claimed, self.leases())
            self.assertEqual({self.claimed: 1}, self.parts.store.claims())

    def test_one_of_two_is_dead(self) -> None:
        self.killed(10)
        alive = self.lease(self.parts, 'alive', os.getpid(), socket.gethostname())
        embedded = self.start()
        # Whether the stack is under way or interrupted, the other one knows.
        self.assertEqual([], embedded.interrupted())
        self.assertNotIn(self.claimed, self.leases())
        self.assertIn(alive, self.leases())

    def test_nested_stack_is_a_part_of_its_owner(self) -> None:
        endless = {'type': 'OS::Heat::TestResource', 'properties': {'wait_secs': -1}}
        group = {'type': 'OS::Heat::ResourceGroup', 'properties': {'resource_def': endless}}
        first = self.start()
        self.create(first, {'G': group})
        ends = time.monotonic() + WAIT_SECONDS
        while len(first.in_progress()) < 2:
            self.assertLess(time.monotonic(), ends)
            time.sleep(0.05)
        first.stop()
        self.assertEqual(['stack'], self.start('project').interrupted())

    def test_stack_at_rest_was_not_interrupted(self) -> None:
        self.killed(1000)
        self.assertEqual([], self.start().interrupted())
