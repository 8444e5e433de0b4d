"""Nested stacks whose process is killed right before or after the transaction that makes them."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys
import time
from typing import Any

import fixtures
import testtools

from heatconv.db.records import DatabaseRecords
from heatconv.embedded import Embedded
from heatconv.hot import source
from heatconv.storage.stack_query import StackQuery

TEMPLATE = """\
heat_template_version: 2018-08-31
resources:
  group:
    type: OS::Heat::ResourceGroup
    properties: {count: 3, resource_def: {type: inner.yaml}}
"""
INNER = """\
heat_template_version: 2018-08-31
resources:
  a: {type: OS::Heat::TestResource}
  b: {type: OS::Heat::TestResource, depends_on: a}
"""
#: A process that makes a request, and kills itself at a transaction. Its arguments: the state
#: directory, the request, the transaction, and whether it dies before or after it.
KILLED = """\
import os, signal, sys, time
from heatconv.db.store import DatabaseStore
from heatconv.embedded import Embedded
from heatconv.tests.embedded.test_nested_kills import request

directory, action, method, moment = sys.argv[1:]
original = getattr(DatabaseStore, method)

def concerned(argument):
    if method == 'request_all':
        return any(one.at_once is not None for one in argument.values())
    return any(one.plugin_writes is not None and one.plugin_writes.stacks for one in argument)

def watched(self, argument, *more):
    dies = concerned(argument)
    if dies and moment == 'before':
        os.kill(os.getpid(), signal.SIGKILL)
    answer = original(self, argument, *more)
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

setattr(DatabaseStore, method, watched)
runtime = Embedded(directory)
runtime.start()
request(runtime, action)
time.sleep(60)
"""


def request(runtime: Embedded, action: str) -> None:
    """Create the stack, or delete it."""
    if action == 'create':
        runtime.client.call(
            'create_stack',
            stack_name='s',
            template=source.parse(TEMPLATE, 10_000),
            params={},
            files={'inner.yaml': INNER},
            args={},
        )
        return
    (stack,) = runtime.store.stacks(StackQuery(None))
    runtime.client.call('delete_stack', stack_identity=_identity(stack))


def _identity(stack: Any) -> dict[str, str]:
    return {'tenant': stack.project_id, 'stack_name': stack.name, 'stack_id': stack.id, 'path': ''}


class KillTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

    def killed(self, action: str, method: str, moment: str) -> None:
        arguments = [str(self.directory), action, method, moment]
        process = subprocess.run(
            [sys.executable, '-c', KILLED, *arguments], timeout=60, capture_output=True
        )
        self.assertEqual(-signal.SIGKILL, process.returncode, process.stderr.decode()[-2000:])

    def state(self, runtime: Embedded) -> tuple[list[str], int, int, int]:
        """Return the statuses of the stacks, and the numbers of rows, nodes and records."""
        stacks = runtime.store.stacks(StackQuery(None, nested=True))
        rows = sum(len(runtime.store.resources(stack.id)) for stack in stacks)
        nodes = sum(len(runtime.store.nodes(stack.id)) for stack in stacks)
        records = len(DatabaseRecords(runtime.store.database).all())
        # The members may be updated once more: the operation on their group was interrupted.
        return [one.status.value for one in stacks], rows, nodes, records

    def goes_on(self) -> tuple[list[str], int, int, int]:
        """Let another process go on until all is at rest; return the state then."""
        runtime = Embedded(self.directory)
        runtime.start()
        try:
            until = time.monotonic() + 60
            while runtime.in_progress() and time.monotonic() < until:
                time.sleep(0.1)
            return self.state(runtime)
        finally:
            runtime.stop()

    def test_create(self) -> None:
        for moment in ('before', 'after'):
            self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
            self.killed('create', 'commit_and_view', moment)
            # The stack, its group and three members; each member has two resources.
            expected = ['COMPLETE'] * 5, 1 + 3 + 6, 0, 6
            self.assertEqual(expected, self.goes_on(), moment)

    def test_delete(self) -> None:
        for moment in ('before', 'after'):
            self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
            self.killed('create', 'commit_and_view', 'after')
            self.goes_on()
            self.killed('delete', 'request_all', moment)
            self.assertEqual(([], 0, 0, 0), self.goes_on(), moment)
