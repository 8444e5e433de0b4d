"""Stacks without any server: a whole life, and lives that are cut short."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import fixtures
import testtools

from heatconv.db.records import DatabaseRecords
from heatconv.embedded import Embedded
from heatconv.tests.quiet import Quiet
from heatconv.tests.walk import Walk

SLOW_CHAIN = """\
heat_template_version: 2018-08-31
resources:
  a: {type: OS::Heat::TestResource, properties: {action_wait_secs: {create: 0.4}}}
  b:
    type: OS::Heat::TestResource
    properties: {action_wait_secs: {create: 0.4}, value: {get_resource: a}}
  c:
    type: OS::Heat::TestResource
    properties: {action_wait_secs: {create: 0.4}, value: {get_resource: b}}
  d:
    type: OS::Heat::RandomString
    depends_on: c
"""


CHOSEN = """\
heat_template_version: wallaby
parameters: {big: {type: boolean, default: false}}
conditions: {big: {get_param: big}}
resources:
  a: {type: OS::Heat::Value, properties: {value: {get_file: motd}}}
  b:
    type: OS::Heat::TestResource
    condition: big
    properties: {value: {get_attr: [a, value]}}
  c:
    type: OS::Heat::Value
    properties: {value: {if: [big, {get_attr: [b, output]}, small]}}
outputs: {o: {value: {get_attr: [c, value]}}}
"""


class WholeLifeTest(Walk, testtools.TestCase):
    def test_whole_life(self) -> None:
        self.useFixture(Quiet())  # one resource fails on purpose
        runtime = Embedded(self.useFixture(fixtures.TempDir()).path)
        self.addCleanup(runtime.stop)
        runtime.start()
        call = runtime.client.call

        def at_rest(identity: Any) -> str:
            self.assertTrue(runtime.wait_idle(30))
            stack = runtime.store.stack(identity['stack_id'])
            assert stack is not None
            return f'{stack.action}_{stack.status}'

        self.live_a_whole_life(call, at_rest, DatabaseRecords(runtime.store.database))


class CommandTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.environment = {
            **os.environ,
            'HEATCONV_STATE_DIR': str(self.directory / 'state'),
            'NO_COLOR': '1',
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, '-m', 'heatconv.cli.main', *words]

    def run_command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, timeout=60
        )

    def records(self) -> list[tuple[str, str]]:
        """Return token and physical id of all that the plugins have made."""
        file = self.directory / 'state' / 'heatconv.sqlite'
        if not file.exists():
            return []
        try:
            with sqlite3.connect(file, timeout=5) as connection:
                return connection.execute(
                    'SELECT token, physical_id FROM virtual_resource ORDER BY token'
                ).fetchall()
        except sqlite3.OperationalError:
            return []  # no tables yet

    def killed_when(self, moment: Callable[[], bool], *words: str) -> None:
        """Run a command and kill it at a moment."""
        process = subprocess.Popen(
            self.command(*words),
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + 30
        while not moment():
            self.assertIsNone(process.poll(), 'it ended before the moment came')
            self.assertLess(time.monotonic(), ends)
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def test_create_that_is_killed_goes_on_with_the_next_command(self) -> None:
        template = self.directory / 'slow.yaml'
        template.write_text(SLOW_CHAIN)
        for made in (1, 2, 3):
            self.killed_when(
                lambda made=made: len(self.records()) >= made,
                *('stack', 'create', f'demo{made}', '-t', str(template)),
            )
            before = self.records()
            shown = self.run_command('stack', 'list', '-f', 'json')
            self.assertEqual(0, shown.returncode, shown.stderr)
            waited = self.run_command('stack', 'show', f'demo{made}', '-f', 'json')
            self.assertEqual('CREATE_COMPLETE', json.loads(waited.stdout)['stack_status'])
            after = self.records()
            self.assertEqual(4, len(after))
            self.assertEqual(before, [one for one in after if one in before])
            gone = self.run_command('stack', 'delete', f'demo{made}', '--yes')
            self.assertEqual(0, gone.returncode, gone.stderr)
            self.assertEqual([], self.records())

    def done(self, *words: str) -> str:
        """Run a command that must succeed; return what it printed."""
        ended = self.run_command(*words)
        self.assertEqual(0, ended.returncode, ended.stderr)
        return ended.stdout

    def test_stack_with_conditions_and_files_is_looked_at_and_goes_back(self) -> None:
        template = self.directory / 'chosen.yaml'
        template.write_text(CHOSEN)
        (self.directory / 'motd').write_text('welcome')
        output = ('stack', 'output', 'show', 'demo', 'o', '-f', 'value', '-c', 'output_value')
        self.done('stack', 'create', 'demo', '-t', str(template))
        self.assertEqual('small\n', self.done(*output))
        snapshot = self.done('stack', 'snapshot', 'create', 'demo', '-f', 'value', '-c', 'id')
        self.done('stack', 'update', 'demo', '-t', str(template), '--parameter', 'big=true')
        self.assertEqual('welcome\n', self.done(*output))
        self.done('stack', 'check', 'demo')
        self.done('stack', 'suspend', 'demo')
        refused = self.run_command('stack', 'update', 'demo', '-t', str(template))
        self.assertEqual(1, refused.returncode)
        self.assertIn('suspended', refused.stderr)
        self.done('stack', 'resume', 'demo')
        self.done('stack', 'snapshot', 'restore', 'demo', snapshot.strip())
        self.assertEqual('small\n', self.done(*output))
        self.done('stack', 'resource', 'mark', 'unhealthy', 'demo', 'a', 'broken')
        before = self.records()
        self.done('stack', 'update', 'demo', '-t', str(template))
        self.assertNotEqual(before, self.records())
        exported = json.loads(self.done('stack', 'export', 'demo'))
        self.assertEqual(['a', 'c'], sorted(exported['resources']))
        missing = self.directory / 'missing.yaml'
        missing.write_text(CHOSEN.replace('motd', 'nowhere'))
        refused = self.run_command('stack', 'create', 'other', '-t', str(missing))
        self.assertEqual(2, refused.returncode)
        self.assertIn('cannot read the file nowhere', refused.stderr)

    def test_state_that_cannot_be_used_is_told_with_its_place(self) -> None:
        state = self.directory / 'state'
        state.mkdir()
        (state / 'heatconv.sqlite').write_bytes(b'this is no database' * 100)
        shown = self.run_command('stack', 'list')
        self.assertEqual(1, shown.returncode)
        self.assertIn(f'{state}: the state cannot be used: file is not a database', shown.stderr)
        self.assertNotIn('Traceback', shown.stderr)

    def test_state_is_for_its_owner_whatever_its_name(self) -> None:
        state = self.directory / 'odd?name#%41'
        state.mkdir(mode=0o755)
        self.environment['HEATCONV_STATE_DIR'] = str(state)
        shown = self.run_command('stack', 'list')
        self.assertEqual(0, shown.returncode, shown.stderr)
        self.assertEqual([state], list(self.directory.iterdir()))
        mode = (state / 'heatconv.sqlite').stat().st_mode
        self.assertEqual(0o600, mode & 0o777)

    def test_looking_waits_for_no_stack_that_never_ends(self) -> None:
        template = self.directory / 'endless.yaml'
        template.write_text(SLOW_CHAIN.replace('0.4', '-1'))
        self.killed_when(
            lambda: len(self.records()) >= 1, 'stack', 'create', 'demo', '-t', str(template)
        )
        checked = self.run_command('stack', 'validate', '-t', str(template))
        self.assertEqual(0, checked.returncode, checked.stderr)
        shown = self.run_command('stack', 'show', 'demo', '-f', 'value', '-c', 'stack_status')
        self.assertEqual((0, 'CREATE_IN_PROGRESS\n'), (shown.returncode, shown.stdout))
        self.assertIn('heatconv stack cancel --no-rollback demo', shown.stderr)
        gone = self.run_command('stack', 'delete', 'demo', '--yes')
        self.assertEqual(0, gone.returncode, gone.stderr)
        self.assertEqual([], self.records())
