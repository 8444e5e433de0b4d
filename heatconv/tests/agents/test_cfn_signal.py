"""``cfn-signal`` of heat-cfntools, and the wait conditions of CloudFormation."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
from typing import Any

import testtools

from heatconv.tests.agents import places
from heatconv.tests.agents.embedded import Embedded

#: Where cfn-signal writes its log, wherever it runs.
LOG = pathlib.Path('/var/log/cfn-signal.log')

SECONDS = 60


def waiting(count: int) -> dict[str, Any]:
    """Return a template of CloudFormation that waits for signals."""
    return {
        'AWSTemplateFormatVersion': '2010-09-09',
        'Resources': {
            'handle': {'Type': 'AWS::CloudFormation::WaitConditionHandle'},
            'wait': {
                'Type': 'AWS::CloudFormation::WaitCondition',
                'Properties': {
                    'Handle': {'Ref': 'handle'},
                    'Timeout': '300',
                    'Count': str(count),
                },
            },
        },
        'Outputs': {
            'url': {'Value': {'Ref': 'handle'}},
            'data': {'Value': {'Fn::GetAtt': ['wait', 'Data']}},
        },
    }


class CfnSignalTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest('cfn-signal runs as root only')
        if sys.version_info >= (3, 12):
            self.skipTest('heat-cfntools needs boto, which does not run with this Python')
        if shutil.which('curl') is None:
            self.skipTest('cfn-signal needs curl')
        if not LOG.exists():
            self.addCleanup(LOG.unlink, missing_ok=True)
        self.heatconv = self.useFixture(Embedded())
        self.heatconv.start('signal', 'serve', until='Taking signals')

    def waits(self, count: int) -> subprocess.Popen[str]:
        """Create a stack that waits; return the command that does."""
        path = self.heatconv.file(waiting(count))
        process = self.heatconv.start('stack', 'create', 'demo', '-t', path, until='demo.wait')
        self.url = self.eventually(lambda: self.heatconv.output('demo', 'url'))
        return process

    def eventually(self, value: Any) -> Any:
        ends = time.monotonic() + SECONDS
        while not (found := value()):
            self.assertLess(time.monotonic(), ends)
        return found

    def signal(self, *words: str, url: str = '') -> None:
        """Run cfn-signal; it succeeds if the request is sent, whatever the answer is."""
        ended = subprocess.run(
            [places.program('cfn-signal'), *words, url or self.url],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.assertEqual(0, ended.returncode, ended.stdout + ended.stderr)

    def reason(self) -> str:
        """Return the reason for the status of the condition."""
        return self.heatconv.works(
            *('stack', 'resource', 'show', 'demo', 'wait', '-f', 'value'),
            *('-c', 'resource_status_reason'),
        )

    def data(self) -> Any:
        return json.loads(self.heatconv.output('demo', 'data'))

    def test_success(self) -> None:
        process = self.waits(3)
        self.signal('-i', 'one')
        self.signal('--success', 'true', '--id', 'two', '--data', 'größe: "10" \'5\'')
        # An id counts once, with its latest data.
        self.signal('-e', '0', '-i', 'two', '-d', 'second', '-r', 'again')
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.fail(f'it has ended with {process.wait(3)}')
        self.signal('--exit-code', '0', '-i', '3', '-d', '{"port": 80}')
        self.assertEqual(0, process.wait(SECONDS))
        self.assertEqual(
            {
                'one': 'Application has completed configuration.',
                'two': 'second',
                '3': '{"port": 80}',
            },
            self.data(),
        )

    def test_failure(self) -> None:
        for words, reason in (
            (('--exit-code', '1', '--reason', 'no disk "sda"'), 'no disk "sda"'),
            (('--success', 'false', '-r', 'kein Speicher für "web"'), 'kein Speicher für "web"'),
            (('-e', '127'), 'Configuration Complete'),
        ):
            process = self.waits(2)
            self.signal('-i', 'good')
            self.signal(*words, '-i', 'bad')
            self.assertEqual(1, process.wait(SECONDS))
            self.assertIn(f'WaitConditionFailure: resources.wait: {reason}', self.reason())
            self.heatconv.works('stack', 'delete', 'demo', '--yes')

    def test_wrong_signature(self) -> None:
        process = self.waits(1)
        self.signal('-i', 'one', '-d', 'wrong', url=self.url + '0')
        self.signal('-i', 'one', '-d', 'right')
        self.assertEqual(0, process.wait(SECONDS))
        self.assertEqual({'one': 'right'}, self.data())
