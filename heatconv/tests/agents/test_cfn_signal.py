"""``cfn-signal`` of heat-cfntools, and the wait conditions of CloudFormation."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
from typing import Any

from heatconv.tests.agents import places
from heatconv.tests.agents.running import ServersTest

#: Where cfn-signal writes its log, wherever it runs.
LOG = pathlib.Path('/var/log/cfn-signal.log')

SECONDS = 60


def waiting(count: int) -> dict[str, Any]:
    """Return resources that wait for signals."""
    return {
        'handle': {'type': 'AWS::CloudFormation::WaitConditionHandle'},
        'wait': {
            'type': 'AWS::CloudFormation::WaitCondition',
            'properties': {'Handle': {'get_resource': 'handle'}, 'Timeout': 300, 'Count': count},
        },
    }


class CfnSignalTest(ServersTest):
    """Has cfn-signal, where it runs."""

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

    def cfn_signal(self, url: str, *words: str) -> None:
        """Run cfn-signal; it succeeds if the request is sent, whatever the answer is."""
        ended = subprocess.run(
            [places.program('cfn-signal'), *words, url],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        self.assertEqual(0, ended.returncode, ended.stdout + ended.stderr)


class SignedUrlTest(CfnSignalTest):
    def waits(self, count: int) -> str:
        """Create a stack that waits; return its name."""
        outputs = {'url': {'get_resource': 'handle'}, 'data': {'get_attr': ['wait', 'Data']}}
        name = self.stack(waiting(count), **outputs)
        self.eventually(lambda: bool(self.outputs(name)['url']))
        self.url = self.outputs(name)['url']
        return name

    def signal(self, *words: str) -> None:
        self.cfn_signal(self.url, *words)

    def data(self, name: str) -> Any:
        return json.loads(self.outputs(name)['data'])

    def test_success(self) -> None:
        name = self.waits(3)
        self.signal('-i', 'one')
        self.signal('--success', 'true', '--id', 'two', '--data', 'größe: "10" \'5\'')
        # An id counts once, with its latest data.
        self.signal('-e', '0', '-i', 'two', '-d', 'second', '-r', 'again')
        time.sleep(2)
        self.assertEqual('CREATE_IN_PROGRESS', self.shown(name)['stack_status'])
        self.signal('--exit-code', '0', '-i', '3', '-d', '{"port": "größer"}')
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertEqual(
            {
                'one': 'Application has completed configuration.',
                'two': 'second',
                '3': '{"port": "größer"}',
            },
            self.data(name),
        )

    def test_failure(self) -> None:
        for words, reason in (
            (('--exit-code', '1', '--reason', 'no disk "sda"'), 'no disk "sda"'),
            (('--success', 'false', '-r', 'kein Speicher für "web"'), 'kein Speicher für "web"'),
            (('-e', '127'), 'Configuration Complete'),
        ):
            name = self.waits(2)
            self.signal('-i', 'good')
            self.signal(*words, '-i', 'bad')
            self.assertEqual('CREATE_FAILED', self.at_rest(name))
            said = self.shown(name)['stack_status_reason']
            self.assertIn(f'WaitConditionFailure: resources.wait: {reason}', said)

    def test_wrong_signature(self) -> None:
        name = self.waits(1)
        self.cfn_signal(self.url + '0', '-i', 'one', '-d', 'wrong')
        self.signal('-i', 'one', '-d', 'right')
        self.assertEqual('CREATE_COMPLETE', self.at_rest(name))
        self.assertEqual({'one': 'right'}, self.data(name))
