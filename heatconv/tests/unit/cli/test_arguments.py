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

"""What is understood of a command line and its environment."""

from __future__ import annotations

import argparse
import pathlib

import fixtures
import testtools

from heatconv.cli import settings
from heatconv.cli.commands.registry import ENTRIES
from heatconv.cli.errors import UsageError
from heatconv.cli.input import arguments
from heatconv.cli.main import HeatconvApp
from heatconv.tests.unit.cli.base import CliTestCase


def read(*argv: str, **environ: str) -> settings.Settings:
    options, _ = HeatconvApp().parser.parse_known_args(argv)
    return settings.read(options, environ)


class SettingsTest(testtools.TestCase):
    """Options count more than variables, variables more than defaults."""

    def test_defaults(self) -> None:
        found = read()
        self.assertTrue(found.embedded)
        self.assertEqual('default', found.project_id)
        self.assertEqual(pathlib.Path.home() / '.local' / 'state' / 'heatconv', found.state_dir)
        self.assertTrue(found.color)

    def test_state_dir(self) -> None:
        self.assertEqual(pathlib.Path('/xdg/heatconv'), read(XDG_STATE_HOME='/xdg').state_dir)
        environ = {'XDG_STATE_HOME': '/xdg', 'HEATCONV_STATE_DIR': '/env'}
        self.assertEqual(pathlib.Path('/env'), read(**environ).state_dir)
        self.assertEqual(pathlib.Path('/opt'), read('--state-dir', '/opt', **environ).state_dir)

    def test_relative_xdg_directory_is_ignored(self) -> None:
        self.assertTrue(read(XDG_STATE_HOME='state').state_dir.is_absolute())

    def test_project(self) -> None:
        self.assertEqual('p1', read(HEATCONV_PROJECT='p1').project_id)
        self.assertEqual('p2', read('--project', 'p2', HEATCONV_PROJECT='p1').project_id)

    def test_remote(self) -> None:
        self.assertEqual('rabbit://a', read(HEATCONV_TRANSPORT_URL='rabbit://a').transport_url)
        self.assertEqual(
            'rabbit://b',
            read('--transport-url', 'rabbit://b', HEATCONV_TRANSPORT_URL='x').transport_url,
        )
        found = read('--config-file', 'a', '--config-file', 'b')
        self.assertEqual(('a', 'b'), found.config_files)
        self.assertFalse(found.embedded)

    def test_state_dir_option_overrules_exported_transport(self) -> None:
        self.assertTrue(read('--state-dir', '/opt', HEATCONV_TRANSPORT_URL='x').embedded)

    def test_exported_state_dir_does_not_overrule_transport(self) -> None:
        found = read('--transport-url', 'rabbit://a', HEATCONV_STATE_DIR='/env')
        self.assertFalse(found.embedded)

    def test_contradiction(self) -> None:
        self.assertRaises(UsageError, read, '--state-dir', 'd', '--transport-url', 'x')
        self.assertRaises(UsageError, read, '--state-dir', 'd', '--config-file', 'x')

    def test_color(self) -> None:
        self.assertFalse(read('--no-color').color)
        self.assertFalse(read(NO_COLOR='1').color)
        # As the convention says: only if it is not empty.
        self.assertTrue(read(NO_COLOR='').color)


class CommandLineTest(CliTestCase):
    """Which command runs, and with what."""

    def test_global_options_stand_anywhere(self) -> None:
        self.cli('stack', 'list', '--project', 'p1')
        assert self.settings is not None
        self.assertEqual('p1', self.settings.project_id)
        self.cli('--project', 'p2', 'stack', 'list')
        self.assertEqual('p2', self.settings.project_id)

    def test_environment_is_read(self) -> None:
        self.useFixture(fixtures.EnvironmentVariable('HEATCONV_PROJECT', 'p3'))
        self.cli('stack', 'list')
        assert self.settings is not None
        self.assertEqual('p3', self.settings.project_id)

    def test_nothing_is_connected_for_help_and_bad_usage(self) -> None:
        for argv in (
            ('--help',),
            ('stack', 'create', '--help'),
            ('stack', 'create'),
            ('stack', 'create', 'demo', '-t', '/does/not/exist'),
            ('stack', 'update', 'demo'),
            ('stack', 'output', 'show', 'demo'),
        ):
            self.cli(*argv)
        self.assertEqual(0, self.sessions)

    def test_no_command(self) -> None:
        result = self.cli()
        self.assertEqual(2, result.code)
        self.assertIn('stack create', result.err)
        self.assertEqual('', result.out)

    def test_misspelt_command(self) -> None:
        result = self.cli('stack', 'craete', 'demo')
        self.assertEqual(2, result.code)
        self.assertIn('Did you mean: stack create?', result.err)

    def test_half_a_command(self) -> None:
        result = self.cli('stack', 'event')
        self.assertEqual(2, result.code)
        self.assertIn('It continues with: list', result.err)

    def test_unknown_global_option(self) -> None:
        result = self.cli('--foo', 'stack', 'list')
        self.assertEqual((2, True), (result.code, 'unknown option --foo' in result.err))

    def test_required_option(self) -> None:
        result = self.cli('stack', 'create', 'demo')
        self.assertEqual(2, result.code)
        self.assertIn('-t/--template', result.err)

    def test_wrong_values(self) -> None:
        for argv in (
            ('create', 'demo', '-t', self.template(), '--parameter', 'x'),
            ('create', 'demo', '-t', self.template(), '--parameter', '=x'),
            ('create', 'demo', '-t', self.template(), '--timeout', '0'),
            ('create', 'demo', '-t', self.template(), '--timeout', 'soon'),
            ('list', '--sort', 'colour'),
            ('list', '--sort', 'stack_name:up'),
            ('list', '--property', 'name'),
            ('update', 'demo', '--existing', '--enable-rollback', '--disable-rollback'),
            ('output', 'show', 'demo', 'key', '--all'),
            ('event', 'list', 'demo', '--follow', '--limit', '2'),
            ('event', 'list', 'demo', '--follow', '-f', 'yaml'),
            ('event', 'list', 'demo', '--follow', '--nested-depth', '1'),
        ):
            self.assertEqual(2, self.cli('stack', *argv).code, argv)

    def test_every_command_explains_itself(self) -> None:
        for entry in ENTRIES:
            result = self.cli(*entry.name.split(), '--help')
            self.assertEqual(0, result.code, entry.name)
            self.assertIn(entry.summary, result.out)
            if entry.name not in ('help', 'complete'):
                group = entry.name.split()[0].replace('template', 'stack')
                self.assertIn(f'Examples:\n  heatconv {group} ', result.out)
            # The table repeats the docstring, so that listing imports nothing.
            self.assertEqual(entry.summary, (entry.load().__doc__ or '').splitlines()[0])

    def test_overview_lists_all_commands(self) -> None:
        result = self.cli('--help')
        self.assertEqual(0, result.code)
        for entry in ENTRIES:
            self.assertIn(f'\n  {entry.name} ', result.out)

    def test_help_of_a_group(self) -> None:
        result = self.cli('help', 'stack', 'resource')
        self.assertIn('stack resource show', result.out)
        self.assertNotIn('stack create', result.out)

    def test_version(self) -> None:
        result = self.cli('--version')
        self.assertEqual(0, result.code)
        self.assertTrue(result.out.startswith('heatconv '))

    def test_completion(self) -> None:
        result = self.cli('complete')
        self.assertEqual(0, result.code)
        self.assertIn("cmds_stack_event='list'", result.out)
        self.assertIn('--enable-rollback', result.out)


class KeyValueTest(testtools.TestCase):
    def test_value_may_hold_anything(self) -> None:
        self.assertEqual(('k', 'a=b c'), arguments.key_value('k=a=b c'))
        self.assertEqual(('k', ''), arguments.key_value('k='))

    def test_no_pair(self) -> None:
        self.assertRaises(argparse.ArgumentTypeError, arguments.key_value, 'k')
