"""A site comes up for a try by hand, and goes down without a trace."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import tempfile

import fixtures
import testtools

from heatconv.tests.heat_api import by_hand
from heatconv.tests.heat_api.client import Client


class TestByHand(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.place = self.useFixture(fixtures.TempDir()).path
        self.addCleanup(self.run_command, 'down')

    def run_command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the module that tools/heat-api runs."""
        return subprocess.run(
            [sys.executable, '-m', by_hand.__name__, self.place, *words],
            capture_output=True,
            text=True,
            timeout=by_hand.WAIT_SECONDS,
        )

    def test_up_and_down(self) -> None:
        self.assertEqual(1, self.run_command('status').returncode)
        database = pathlib.Path(self.useFixture(fixtures.TempDir()).path, 'heatconv.sqlite')
        up = self.run_command('up', '--database', f'sqlite:///{database}')
        self.assertEqual(0, up.returncode, up.stderr)
        state = by_hand.Place(pathlib.Path(self.place)).read()
        parts = {'RabbitMQ', 'heatconv-engine', 'heatconv-worker', 'heat-api'}
        self.assertEqual(parts, set(state['pids']))

        variables = dict(re.findall(r'^export (OS_\w+)=(.*)$', up.stdout, re.M))
        home = pathlib.Path(tempfile.gettempdir())
        answer = Client(variables, home).run('orchestration', 'build', 'info')
        self.assertEqual(0, answer.code, str(answer))

        self.assertLessEqual(set(state['pids'].values()), set(by_hand.left(state['directory'])))
        status = self.run_command('status')
        self.assertEqual(0, status.returncode, status.stdout)
        self.assertEqual(1, self.run_command('up').returncode)

        self.assertEqual(0, self.run_command('down').returncode)
        self.assertEqual(1, self.run_command('status').returncode)
        self.assertEqual([], by_hand.left(state['directory']))
        self.assertFalse(pathlib.Path(state['directory']).exists())
        self.assertEqual([], list(pathlib.Path(self.place).iterdir()))
