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

"""Base classes of the commands: help, output formats, the session, and waits."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from cliff import command, lister, show

from heatconv.cli import errors
from heatconv.cli.application import Application
from heatconv.cli.connection import Session
from heatconv.cli.help import HelpFormatter
from heatconv.cli.output import reporters, tables
from heatconv.cli.waiting.follower import Follower, newest_event
from heatconv.cli.waiting.progress import Ending, Goal
from heatconv.convergence.model import Action

#: The goal of a wait for an action that another command has started: it may be any action.
ANY_GOAL = Goal(tuple(action.value for action in Action))

#: Timeout in seconds of the wait for each interrupted stack, in a command that starts no action.
INTERRUPTED_TIMEOUT = 20.0


#: Help of the argument STACK of most commands.
STACK = 'Name or id of the stack.'


class StackCommand(command.Command):
    """Base class of the commands.

    :cvar examples: command lines at the end of the help.
    :cvar stack_help: help of the argument STACK; empty for a command without this argument.
    :ivar exit_code: exit code of a command that has failed without an exception.
    """

    examples: str = ''
    stack_help: str = ''
    exit_code: int = 0

    app: Application

    def _load_hooks(self) -> None:
        # cliff would search all installed packages for extensions.
        self._hooks = []

    def get_epilog(self) -> str:
        """Return the examples, for the end of the help."""
        if not self.examples:
            return ''
        return 'Examples:\n' + '\n'.join(f'  {line}' for line in self.examples.splitlines())

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.formatter_class = HelpFormatter
        if self.stack_help:
            parser.add_argument('stack', metavar='STACK', help=self.stack_help)
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command and return its exit code."""
        return super().run(parsed_args) or self.exit_code

    def notice(self, line: str) -> None:
        """Print a line on stderr, unless ``--quiet`` is set. It is not part of the result."""
        if not self.app.settings.quiet:
            self.app.stderr.write(line + '\n')
            self.app.stderr.flush()

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session for the context."""
        with self.app.connect(self.app.settings, self.notice) as session:
            yield session

    @contextlib.contextmanager
    def settled_session(self) -> Iterator[Session]:
        """Open a session, after a wait for interrupted stacks."""
        with self.session() as session:
            self.settle(session, wait_timeout=INTERRUPTED_TIMEOUT)
            yield session

    def settle(
        self, session: Session, besides: Sequence[str] = (), wait_timeout: float | None = None
    ) -> None:
        """Wait for interrupted stacks, because an embedded engine stops with this process.

        :param besides: names of stacks to leave out: the command has waited for them already.
        :param wait_timeout: timeout of the wait for each stack in seconds; None for no timeout.
        """
        for name in session.interrupted:
            if name in besides:
                continue
            try:
                identity = session.identify(name)
            except Exception as error:
                if errors.is_missing(error):
                    continue
                raise
            # Another command has already shown the events before the interruption.
            marker = newest_event(session, identity)
            ending = self.follow(session, identity, ANY_GOAL, marker, wait_timeout=wait_timeout)
            if ending.timed_out:
                self.notice(
                    f'{name} is still in progress and continues with the next command. '
                    f'To stop it: heatconv stack cancel --no-rollback {name}'
                )

    def follow(
        self,
        session: Session,
        identity: dict[str, Any],
        goal: Goal,
        marker: str | None = None,
        timeout: float | None = None,
        wait_timeout: float | None = None,
    ) -> Ending:
        """Wait for a stack and show its progress; return the result of the wait.

        :param marker: id of the newest event before the action; only later events are shown.
        :param timeout: timeout of the stack action in seconds; the engine enforces it.
        :param wait_timeout: timeout of the wait in seconds.
        """
        reporter = reporters.reporter(self.app.settings, self.app.stderr)
        follower = Follower(
            session,
            identity,
            reporter,
            marker,
            timeout,
            sleep=self.app.sleep,
            wait_timeout=wait_timeout,
        )
        try:
            return follower.follow(goal)
        except KeyboardInterrupt:
            self._report_interruption(session, identity['stack_name'])
            raise

    def _report_interruption(self, session: Session, name: str) -> None:
        if session.embedded:
            line = f'Interrupted. The next heatconv command continues {name}.'
        else:
            line = (
                f'Stopped waiting; {name} continues. '
                f'To follow it: heatconv stack event list {name} --follow'
            )
        # Printed even with --quiet: the user must know that the action has not ended.
        self.app.stderr.write(line + '\n')


class _FormattedCommand(StackCommand):
    """Base class of commands whose result is printed by a formatter."""

    def _load_formatter_plugins(self) -> Any:
        return tables.Formatters(tables.BY_NAME)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command, print its result and return its exit code."""
        return super().run(parsed_args) or self.exit_code

    def _generate_columns_and_selector(
        self, parsed_args: argparse.Namespace, column_names: Sequence[str]
    ) -> Any:
        unknown = [name for name in parsed_args.columns if name not in column_names]
        try:
            if unknown:
                raise ValueError
            return super()._generate_columns_and_selector(  # type: ignore[misc]
                parsed_args, column_names
            )
        except ValueError:
            raise errors.UsageError(
                f'no such column: {", ".join(unknown or parsed_args.columns)}',
                remedy='The columns are: ' + ', '.join(column_names),
            ) from None


class ShowCommand(_FormattedCommand, show.ShowOne):
    """Base class of commands that show one object."""


class ListCommand(_FormattedCommand, lister.Lister):
    """Base class of commands that list objects."""
