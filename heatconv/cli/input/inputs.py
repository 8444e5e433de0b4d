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

"""Read the template, the environment and the files of a request."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from typing import Any, TextIO

from heatconv.cli.connection import max_template_size
from heatconv.cli.errors import UsageError
from heatconv.cli.input.arguments import check_stdin
from heatconv.cli.input.environments import read_environment
from heatconv.cli.input.fetch_options import MAX_BYTES, FetchOptions
from heatconv.cli.input.locations import on_command_line, shown
from heatconv.cli.input.reader import Reader
from heatconv.cli.input.template_files import FileCollector
from heatconv.cli.settings import Settings

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, slots=True)
class Inputs:
    """The parts of a request that come from files.

    :ivar template: the template; empty if there is none.
    :ivar environment: the merged environment.
    :ivar files: text of files, and parsed nested templates, by the names in the template and the
        environment.
    """

    template: dict[str, Any]
    environment: dict[str, Any]
    files: dict[str, Any]


def read_inputs(args: argparse.Namespace, stdin: TextIO, settings: Settings) -> Inputs:
    """Read the files that the options of a command name, and the files that these name.

    :param args: with the options of `heatconv.cli.input.arguments.add_input_options`.
    :raises UsageError: if a file cannot be read, or is not valid.
    """
    check_stdin(args)
    repeated = None if args.refuse_repeated_keys else LOG.warning
    reader = Reader(stdin, lambda: _fetch_options(args, settings), repeated)
    root = on_command_line(args.template) if args.template else ''
    template = read_template(root, reader) if root else {}
    collector = FileCollector(root, reader)
    environments = [on_command_line(environment) for environment in args.environment]
    environment = read_environment(environments, args.parameter, reader, collector)
    return Inputs(collector.template(template), environment, collector.files)


def _fetch_options(args: argparse.Namespace, settings: Settings) -> FetchOptions:
    return FetchOptions(
        max_bytes=args.fetch_limit or max_template_size(settings) or MAX_BYTES,
        timeout=args.fetch_timeout,
        other_hosts=args.allow_other_hosts,
    )


def read_template(location: str, reader: Reader) -> dict[str, Any]:
    """Read a template.

    :raises UsageError: if it cannot be read, or is not a template.
    """
    template = reader.mapping(location, 'template')
    if not template:
        raise UsageError(
            'the template is empty',
            shown(location),
            'A template needs at least: heat_template_version: 2021-04-16',
        )
    return template
