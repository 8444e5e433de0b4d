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

"""Entry point of the ``heatconv`` command."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TextIO

from cliff.app import App

from heatconv.cli import connection, errors, help, settings
from heatconv.cli.commands.registry import CommandTable
from heatconv.runtime import allocator

DESCRIPTION = """\
Create, change and delete stacks of resources from templates.

A stack is the set of resources that a template describes. heatconv brings the resources
to the state in the template, and continues this work after any interruption.
"""


class ShowVersion(argparse.Action):
    """Print the version. It is read only on request, because reading the metadata is slow."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        """Print the version and exit."""
        import importlib.metadata

        try:
            version = importlib.metadata.version('heatconv')
        except importlib.metadata.PackageNotFoundError:
            version = 'unknown (not installed)'
        print(f'heatconv {version}')
        parser.exit()


class StderrHandler(logging.StreamHandler[TextIO]):
    """Logging handler that writes to the current value of ``sys.stderr``.

    While progress is drawn on the terminal, ``sys.stderr`` is a stream that prints above the
    drawing.
    """

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Return the current stderr."""
        return sys.stderr


def _not_reported_elsewhere(record: logging.LogRecord) -> bool:
    """Logging filter: drop the warnings that events or error messages report as well."""
    reported_elsewhere = record.name.startswith(('heatconv.worker', 'oslo_db.'))
    return record.levelno >= logging.ERROR or not reported_elsewhere


class HeatconvApp(App):
    """The application: finds a command, runs it, and maps errors to exit codes.

    :param connect: opens a session.
    :param sleep: pauses between two polls of a stack; its argument is in seconds.
    """

    NAME = 'heatconv'

    settings: settings.Settings

    def __init__(
        self,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        connect: Callable[..., AbstractContextManager[connection.Session]] = connection.connect,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        commands = CommandTable()
        super().__init__(DESCRIPTION, None, commands, stdin, stdout, stderr, deferred_help=True)
        # A new table: the base class has added its own help and completion to the first one.
        self.command_manager = CommandTable()
        self.connect = connect
        self.sleep = sleep

    def build_option_parser(
        self,
        description: str | None,
        version: str | None,
        argparse_kwargs: dict[str, Any] | None = None,
    ) -> argparse.ArgumentParser:
        """Return the parser of the global options."""
        parser = super().build_option_parser(
            description,
            version,
            {
                'prog': self.NAME,
                'usage': 'heatconv [options] COMMAND [command options]',
                'formatter_class': help.HelpFormatter,
                # Options of commands pass through this parser. None of them may be parsed as an
                # abbreviation of a global option.
                'allow_abbrev': False,
                'conflict_handler': 'resolve',
            },
        )
        parser.add_argument(
            '--version', action=ShowVersion, nargs=0, help='Show the version and exit.'
        )
        settings.add_options(parser)
        return parser

    def configure_logging(self) -> None:
        """Log to stderr, and to a file if ``--log-file`` names one.

        stderr gets warnings and errors, more with ``--verbose``, and only errors with ``--quiet``.
        The file gets at least the level INFO.
        """
        root = logging.getLogger()
        level = {0: logging.ERROR, 1: logging.WARNING, 2: logging.INFO}.get(
            self.options.verbose_level, logging.DEBUG
        )
        console = StderrHandler()
        console.setLevel(level)
        console.setFormatter(logging.Formatter('%(levelname)s %(name)s: %(message)s'))
        root.handlers = [console]
        if self.options.log_file:
            file = logging.FileHandler(self.options.log_file)
            file.setLevel(min(level, logging.INFO))
            file.setFormatter(logging.Formatter(self.LOG_FILE_MESSAGE_FORMAT))
            root.addHandler(file)
        if level > logging.INFO:
            # stevedore logs faults of plugins, which the registry reports more clearly.
            logging.getLogger('stevedore').setLevel(logging.ERROR)
            # Events and error messages report these warnings more briefly.
            console.addFilter(_not_reported_elsewhere)
            if not sys.warnoptions:
                # These are for developers of libraries, not for users.
                warnings.simplefilter('ignore')
        # The lowest level of the handlers: records that no handler writes are not created.
        root.setLevel(min(handler.level for handler in root.handlers))

    def run(self, argv: list[str]) -> int:
        """Run a command line and return its exit code."""
        debug = '--debug' in argv
        try:
            return self._run(argv)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
        except KeyboardInterrupt:
            return errors.INTERRUPTED
        except BrokenPipeError:
            return errors.BROKEN_PIPE
        except Exception as error:
            if debug:
                traceback.print_exc(file=self.stderr)
            return errors.report(error, self.stderr)

    def _run(self, argv: list[str]) -> int:
        self.options, command_line = self.parser.parse_known_args(argv)
        self.settings = settings.read(self.options, os.environ)
        self.configure_logging()
        if self.options.deferred_help:
            if command_line:
                help.print_command(self, command_line, self.stdout)
            else:
                help.print_overview(self, self.stdout)
            return 0
        if not command_line:
            help.print_overview(self, self.stderr)
            return errors.BAD_INPUT
        return self.run_subcommand(command_line)

    def run_subcommand(self, argv: list[str]) -> int:
        """Find a command, parse its arguments, run it and return its exit code.

        :raises UsageError: if there is no such command.
        """
        try:
            command_class, name, arguments = self.command_manager.find_command(argv)
        except ValueError:
            raise help.unknown(argv) from None
        command = command_class(self, self.options, cmd_name=name)
        parsed = help.shorten(command.get_parser(f'{self.NAME} {name}')).parse_args(arguments)
        return command.run(parsed)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``heatconv`` and return its exit code."""
    allocator.collect_rarely()
    code = HeatconvApp().run(list(sys.argv[1:] if argv is None else argv))
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = errors.BROKEN_PIPE
    if code == errors.BROKEN_PIPE:
        # The interpreter flushes stdout again at exit, and would report an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


if __name__ == '__main__':
    sys.exit(main())
