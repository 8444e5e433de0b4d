"""The examples that signals change, with ``heatconv signal serve`` and a real ``curl``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

import fixtures
import testtools

from heatconv.tests.embedded.examples import DIRECTORY

TIMEOUT = 60


class SignalsTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        if shutil.which('curl') is None:
            self.skipTest('curl is not installed')
        self.state = self.useFixture(fixtures.TempDir()).path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, '-m', 'heatconv.cli.main', '--state-dir', self.state, *words]

    def done(self, *words: str) -> str:
        """Run a command that must succeed; return what it prints."""
        ended = subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        self.assertEqual(0, ended.returncode, ended.stderr)
        return ended.stdout

    def started(self, *words: str, until: str) -> subprocess.Popen[str]:
        """Start a command; return when it has printed a line with some words."""
        process = subprocess.Popen(
            self.command(*words), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self.addCleanup(process.wait, TIMEOUT)
        self.addCleanup(process.kill)
        assert process.stderr is not None
        self.addCleanup(process.stderr.close)
        for line in process.stderr:
            if until in line:
                return process
        raise AssertionError(f'{words} has ended with {process.wait()}')

    def output(self, stack: str, name: str) -> str:
        shown = ('-f', 'value', '-c', 'output_value')
        return self.done('stack', 'output', 'show', stack, name, *shown).strip()

    def curl(self, *words: str) -> Any:
        ended = subprocess.run(
            ['curl', '-s', *words], capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        self.assertEqual(0, ended.returncode, ended.stderr)
        return json.loads(ended.stdout)['result']

    def assert_size(self, expected: int) -> None:
        ends = time.monotonic() + TIMEOUT
        while self.output('demo', 'size') != str(expected):
            self.assertLess(time.monotonic(), ends)

    def test_examples(self) -> None:
        example = str(DIRECTORY / 'scaling.yaml')
        self.done('stack', 'create', 'demo', '-t', example, '--parameter', 'cooldown=0')
        self.assertEqual('2', self.output('demo', 'size'))
        self.done('stack', 'signal', 'demo', 'scale_up')
        self.assertEqual('3', self.output('demo', 'size'))
        server = self.started('signal', 'serve', until='Taking signals')
        second = subprocess.run(
            self.command('signal', 'serve'), capture_output=True, text=True, timeout=TIMEOUT
        )
        self.assertEqual(1, second.returncode)
        self.assertIn('cannot listen on 127.0.0.1:8006', second.stderr)
        url = self.output('demo', 'scale_down_url')
        self.assertIn('403', self.curl_status(url + '0'))
        self.assertEqual('received', self.curl('-X', 'POST', url))
        self.assert_size(2)

        wait = str(DIRECTORY / 'wait.yaml')
        waiting = self.started('stack', 'create', 'waiting', '-t', wait, until='ready')
        report = self.output('waiting', 'report')
        for name in ('web-1', 'web-2'):
            # As a user would paste it into a shell.
            subprocess.run(
                ['/bin/sh', '-c', report.replace('web-1', name)], capture_output=True, check=True
            )
        self.assertEqual(0, waiting.wait(TIMEOUT))
        self.assertEqual({'web-1', 'web-2'}, set(json.loads(self.output('waiting', 'reports'))))

        # The key stays with the state: the URL is good for another server.
        server.send_signal(signal.SIGINT)
        self.assertEqual(0, server.wait(TIMEOUT))
        self.assertEqual(0o600, os.stat(os.path.join(self.state, 'signal.key')).st_mode & 0o777)
        self.started('signal', 'serve', until='Taking signals')
        self.assertEqual('received', self.curl('-X', 'POST', url))
        self.assert_size(1)
        self.assertIn('stays 1', self.curl('-X', 'POST', url))

    def curl_status(self, url: str) -> str:
        """Return the status line of the answer."""
        return subprocess.run(
            ['curl', '-s', '-i', '-X', 'POST', url], capture_output=True, text=True, check=True
        ).stdout.splitlines()[0]
