#    Licensed under the Apache License, Version 2.0 (the "License"); you may
#    not use this file except in compliance with the License. You may obtain
#    a copy of the License at
#
#         http://www.apache.org/licenses/LICENSE-2.0
#
#    Unless required by applicable law or agreed to in writing, software
#    distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
#    WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
#    License for the specific language governing permissions and limitations
#    under the License.

"""What is imported before anything is done: it decides how long help takes."""

from __future__ import annotations

import json
import subprocess
import sys

import testtools

HEAVY = (
    'oslo_config',
    'oslo_db',
    'oslo_messaging',
    'prettytable.colortable',
    'rich',
    'sqlalchemy',
    'yaml',
    'cmd2',
    'heatconv.db',
    'heatconv.embedded',
    'heatconv.hot',
    'heatconv.rpc',
)

CODE = """
import contextlib, io, json, sys
from heatconv.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as out:
    code = main(sys.argv[1:])
assert code == 0, code
assert 'stack' in out.getvalue()
print(json.dumps(sorted(sys.modules)))
"""


class StartupTest(testtools.TestCase):
    def modules(self, *argv: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, '-c', CODE, *argv], capture_output=True, text=True, check=True
        )
        return set(json.loads(done.stdout))

    def test_help_imports_no_command(self) -> None:
        modules = self.modules('--help')
        self.assertEqual(set(), modules.intersection(HEAVY))
        self.assertNotIn('heatconv.cli.commands.stack_actions', modules)

    def test_help_of_a_command(self) -> None:
        modules = self.modules('stack', 'create', '--help')
        self.assertEqual(set(), modules.intersection(HEAVY))
        self.assertIn('heatconv.cli.commands.stack_actions', modules)
        self.assertLess(len(modules), 350)
