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
from heatconv.cli.commands.table import CommandTable
from heatconv.runtime import allocator

DESCRIPTION = """\
Create, change and delete stacks of resources from templates.

A stack is the set of resources that a template describes. heatconv creates it, and
continues after any interruption.
"""


class ShowVersion(argparse.Action):
    """Print the version. It is looked up only here, because that takes time."""

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
    """Writes to the present stderr.

    While progress is drawn on the terminal, stderr is a stream that prints above the drawing.
    """

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        """Return the present stderr."""
        return sys.stderr


def _told_by_events(record: logging.LogRecord) -> bool:
    """Drop log records that events or errors report as well."""
    reported = record.name.startswith(('heatconv.worker', 'oslo_db.'))
    return record.levelno >= logging.ERROR or not reported


class HeatconvApp(App):
    """Finds the command, runs it, and maps errors to exit codes.

    :param connect: opens a session.
    :param sleep: pauses between two polls of a stack.
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
        # The base class has added its own help and completion.
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
                # Options of commands pass through this parser: none of them may be taken for an
                # abbreviation of a global one.
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
        """Log warnings to stderr, more on request, and everything to a file on request."""
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
            # It logs faults of plugins, which the registry reports more clearly.
            logging.getLogger('stevedore').setLevel(logging.ERROR)
            # Their warnings are reported elsewhere, more briefly.
            console.addFilter(_told_by_events)
            if not sys.warnoptions:
                # Warnings for developers of libraries.
                warnings.simplefilter('ignore')
        # Records below the level of every handler are not created.
        root.setLevel(min(handler.level for handler in root.handlers))

    def run(self, argv: list[str]) -> int:
        """Run a command line; return its exit code."""
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
        self.options, words = self.parser.parse_known_args(argv)
        self.settings = settings.read(self.options, os.environ)
        self.configure_logging()
        if self.options.deferred_help:
            if words:
                help.print_command(self, words, self.stdout)
            else:
                help.print_overview(self, self.stdout)
            return 0
        if not words:
            help.print_overview(self, self.stderr)
            return errors.BAD_INPUT
        return self.run_subcommand(words)

    def run_subcommand(self, argv: list[str]) -> int:
        """Find a command, parse its options and run it."""
        try:
            command_class, name, rest = self.command_manager.find_command(argv)
        except ValueError:
            raise help.unknown(argv) from None
        command = command_class(self, self.options, cmd_name=name)
        parsed = help.shorten(command.get_parser(f'{self.NAME} {name}')).parse_args(rest)
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
        # The interpreter flushes again at its end, and would report an error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


if __name__ == '__main__':
    sys.exit(main())
