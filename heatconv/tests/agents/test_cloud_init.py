"""The user data that configurations result in, as cloud-init itself reads it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
from typing import Any

import fixtures
import testtools

from heatconv.tests.agents import places
from heatconv.tests.agents.embedded import Embedded, template
from heatconv.tests.embedded.examples import DIRECTORY

READ = pathlib.Path(__file__).with_name('read_user_data.py')

#: A message as a user may write it, whose headers tell cloud-init how to merge.
MERGED = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/cloud-config
X-Merge-Type: list(append)+dict(recurse_array)+str()

#cloud-config
packages: [curl]
--b
Content-Type: multipart/mixed; boundary="inner"

--inner
Content-Type: text/x-shellscript; charset="utf-8"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="deep.sh"

IyEvYmluL3NoCmVjaG8gw7xiZXIK
--inner--
--b--
"""


def cloud_config(**content: Any) -> dict[str, Any]:
    return {'type': 'OS::Heat::CloudConfig', 'properties': {'cloud_config': content}}


def config(text: str) -> dict[str, Any]:
    return {'type': 'OS::Heat::SoftwareConfig', 'properties': {'group': 'script', 'config': text}}


def message(*parts: Any) -> dict[str, Any]:
    return {'type': 'OS::Heat::MultipartMime', 'properties': {'parts': list(parts)}}


class CloudInitTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        if shutil.which('apt-get') is None:
            self.skipTest('cloud-init is installed by apt-get, which is not on this machine')
        self.heatconv = self.useFixture(Embedded())

    def user_data(self, resources: Any) -> str:
        """Return the user data that the resource u of a stack has."""
        made = template(resources, user_data={'get_attr': ['u', 'config']})
        self.heatconv.works('stack', 'create', 'demo', '-t', self.heatconv.file(made))
        return self.heatconv.output('demo', 'user_data')

    def read(self, user_data: str) -> Any:
        """Return what cloud-init makes of user data; it must not warn."""
        directory = self.useFixture(fixtures.TempDir()).path
        ended = subprocess.run(
            [str(places.PYTHON), str(READ), directory],
            input=user_data.encode(),
            capture_output=True,
            timeout=60,
            env={**os.environ, 'PYTHONPATH': str(places.CLOUD_INIT)},
            check=False,
        )
        self.assertEqual((0, ''), (ended.returncode, ended.stderr.decode()))
        return json.loads(ended.stdout)

    def reads(self, resources: Any) -> Any:
        return self.read(self.user_data(resources))

    def test_cloud_config(self) -> None:
        content = {
            'hostname': 'grün',
            'packages': ['nginx', 'curl'],
            'write_files': [{'path': '/etc/motd', 'content': 'a\n  b: "c"\n#d\n', 'owner': None}],
            'bootcmd': [['echo', 'yes', '1.0', '']],
            'growpart': {'mode': False, 'devices': []},
        }
        self.assertEqual(content, self.reads({'u': cloud_config(**content)})['cloud_config'])

    def test_empty_cloud_config(self) -> None:
        # cloud-init rejects a null, and says so.
        self.assertEqual({}, self.reads({'u': cloud_config()})['cloud_config'])

    def test_script(self) -> None:
        script = '#!/bin/sh\necho ünïcode\n'
        got = self.reads({'u': config(script)})
        self.assertEqual([{'text': script, 'runs': True}], list(got['scripts'].values()))

    def test_parts(self) -> None:
        script, hook = '#!/bin/sh\necho "größe"\n', '#cloud-boothook\ntrue\n'
        got = self.reads(
            {
                'base': cloud_config(hostname='web', packages=['nginx']),
                'script': config(script),
                'u': message(
                    {'config': {'get_resource': 'base'}},
                    {
                        'config': {'get_resource': 'script'},
                        'filename': 'größe.sh',
                        'subtype': 'x-shellscript',
                    },
                    {
                        'config': '#cloud-config\nfqdn: web.example.org\n',
                        'filename': 'more.yaml',
                        'subtype': 'cloud-config',
                    },
                    {'config': {'get_attr': ['script', 'config']}, 'subtype': 'x-shellscript'},
                    # Heat takes the subtype from the file name.
                    {'config': hook, 'filename': 'cloud-boothook.sh'},
                    {'config': 'what no handler knows\n', 'subtype': 'x-mine'},
                ),
            }
        )
        self.assertEqual(
            [
                ('text/cloud-config', 'part-001'),
                ('text/x-shellscript', 'größe.sh'),
                ('text/cloud-config', 'more.yaml'),
                ('text/x-shellscript', 'part-004'),
                ('text/cloud-boothook', 'cloud-boothook.sh'),
                ('text/x-mine', 'part-006'),
            ],
            [(part['type'], part['filename']) for part in got['parts']],
        )
        self.assertEqual(script, got['parts'][1]['text'])
        self.assertEqual(hook, got['parts'][4]['text'])
        self.assertEqual('what no handler knows\n', got['parts'][5]['text'])
        self.assertEqual(
            {'hostname': 'web', 'packages': ['nginx'], 'fqdn': 'web.example.org'},
            got['cloud_config'],
        )
        runs = {'text': script, 'runs': True}
        # cloud-init keeps only some characters of the name of a script.
        self.assertEqual({'gre.sh': runs, 'part-004': runs}, got['scripts'])

    def test_messages_within_messages(self) -> None:
        script = '#!/bin/sh\necho äußerst\n'
        got = self.reads(
            {
                'base': cloud_config(packages=['nginx']),
                'inner': message(
                    {
                        'config': {'get_resource': 'base'},
                        'filename': 'base.yaml',
                        'subtype': 'cloud-config',
                    },
                    {'config': script, 'filename': 'a.sh', 'subtype': 'x-shellscript'},
                ),
                'between': message({'config': {'get_resource': 'inner'}, 'type': 'multipart'}),
                'u': message(
                    {'config': {'get_resource': 'between'}, 'type': 'multipart'},
                    {'config': MERGED, 'type': 'multipart'},
                    {'config': '#!/bin/sh\n', 'filename': 'z.sh', 'subtype': 'x-shellscript'},
                ),
            }
        )
        self.assertEqual(
            ['base.yaml', 'a.sh', 'part-003', 'deep.sh', 'z.sh'],
            [part['filename'] for part in got['parts']],
        )
        self.assertEqual({'packages': ['nginx', 'curl']}, got['cloud_config'])
        texts = {name: one['text'] for name, one in got['scripts'].items()}
        self.assertEqual(
            {'a.sh': script, 'deep.sh': '#!/bin/sh\necho über\n', 'z.sh': '#!/bin/sh\n'}, texts
        )

    def test_no_parts(self) -> None:
        got = self.reads({'u': message()})
        self.assertEqual(({}, {}), (got['cloud_config'], got['scripts']))

    def test_example(self) -> None:
        path = str(DIRECTORY / 'software.yaml')
        self.heatconv.works('stack', 'create', 'demo', '-t', path, '--parameter', 'port=81')
        got = self.read(self.heatconv.output('demo', 'user_data'))
        self.assertEqual({'hostname': 'web-1', 'packages': ['nginx']}, got['cloud_config'])
        self.assertIn('listen 81;', got['scripts']['start.sh']['text'])
