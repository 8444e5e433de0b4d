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

"""The global options: the location of the stacks and the appearance of the output."""

from __future__ import annotations

import argparse
import dataclasses
import pathlib
from collections.abc import Mapping

from heatconv.cli.errors import UsageError

STATE_DIR = 'HEATCONV_STATE_DIR'
TRANSPORT_URL = 'HEATCONV_TRANSPORT_URL'
PROJECT = 'HEATCONV_PROJECT'


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Settings from the global options and the environment variables.

    :ivar state_dir: directory that stores the stacks of the embedded engine.
    :ivar project_id: project that owns the stacks.
    :ivar config_files: configuration files with the message bus of the daemons.
    :ivar transport_url: URL of the message bus of the daemons.
    :ivar color: whether output on a terminal may be coloured.
    :ivar quiet: whether to print only results, failures and errors.
    """

    state_dir: pathlib.Path
    project_id: str = 'default'
    config_files: tuple[str, ...] = ()
    transport_url: str | None = None
    color: bool = True
    quiet: bool = False

    @property
    def embedded(self) -> bool:
        """Say whether the engine and its worker run in this process."""
        return not (self.config_files or self.transport_url)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the global options of heatconv to a parser."""
    group = parser.add_argument_group(
        'location of the stacks',
        'By default heatconv needs no server: it runs the engine in its own process\n'
        'and stores the stacks in a directory.',
    )
    group.add_argument(
        '--state-dir',
        metavar='DIR',
        help=f'Directory that stores the stacks without a server (env {STATE_DIR}; default: '
        '$XDG_STATE_HOME/heatconv or ~/.local/state/heatconv).',
    )
    group.add_argument(
        '--config-file',
        metavar='FILE',
        action='append',
        default=[],
        help='Connect to running daemons, with their configuration file. Can be repeated.',
    )
    group.add_argument(
        '--transport-url',
        metavar='URL',
        help=f'Connect to running daemons, through their message bus, for example '
        f'rabbit://user:password@host/ (env {TRANSPORT_URL}).',
    )
    group.add_argument(
        '--project',
        metavar='ID',
        help=f"Project that owns the stacks (env {PROJECT}; default: 'default').",
    )
    parser.add_argument(
        '--no-color',
        action='store_true',
        help='Do not use colours on a terminal (also: the variable NO_COLOR).',
    )


def read(options: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """Return the settings; options take precedence over environment variables.

    :raises UsageError: if options contradict each other.
    """
    transport_url = options.transport_url
    if options.state_dir and (transport_url or options.config_file):
        raise UsageError(
            '--state-dir is for stacks without a server; it cannot be combined with '
            '--transport-url or --config-file'
        )
    if not options.state_dir and not transport_url:
        # An explicit --state-dir means no server, even if the variable is exported.
        transport_url = environ.get(TRANSPORT_URL) or None
    return Settings(
        state_dir=_state_dir(options.state_dir, environ),
        project_id=options.project or environ.get(PROJECT) or 'default',
        config_files=tuple(options.config_file),
        transport_url=transport_url,
        color=not (options.no_color or environ.get('NO_COLOR')),
        quiet=options.verbose_level == 0,
    )


def _state_dir(option: str | None, environ: Mapping[str, str]) -> pathlib.Path:
    directory = option or environ.get(STATE_DIR)
    if directory:
        return pathlib.Path(directory).expanduser()
    base = environ.get('XDG_STATE_HOME')
    # The XDG specification requires that a relative path is ignored.
    if base and pathlib.Path(base).is_absolute():
        return pathlib.Path(base) / 'heatconv'
    return pathlib.Path.home() / '.local' / 'state' / 'heatconv'
