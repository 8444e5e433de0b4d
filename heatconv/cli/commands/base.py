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

"""The common part of all commands: help, output formats, the session, waiting."""

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

#: The goal of a wait for an action that another process has started: any end.
ANY_GOAL = Goal(tuple(action.value for action in Action))


#: How many seconds a command that only shows something waits for an interrupted stack.
PATIENCE = 20.0


class StackCommand(command.Command):
    """A command about stacks.

    :cvar examples: command lines at the end of the help.
    :ivar exit_code: of a command that runs to its end and has failed all the same.
    """

    examples: str = ''
    exit_code: int = 0

    app: Application

    def _load_hooks(self) -> None:
        # cliff would search all installed packages for extensions.
        self._hooks = []

    def get_epilog(self) -> str:
        """Return the examples."""
        if not self.examples:
            return ''
        return 'Examples:\n' + '\n'.join(f'  {line}' for line in self.examples.splitlines())

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.formatter_class = HelpFormatter
        return parser

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command; return its exit code."""
        return super().run(parsed_args) or self.exit_code

    def notice(self, line: str) -> None:
        """Print a line for the user that is not the result."""
        if not self.app.settings.quiet:
            self.app.stderr.write(line + '\n')
            self.app.stderr.flush()

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session."""
        with self.app.connect(self.app.settings, self.notice) as session:
            yield session

    @contextlib.contextmanager
    def settled_session(self) -> Iterator[Session]:
        """Open a session, and let interrupted stacks finish first."""
        with self.session() as session:
            self.settle(session, patience=PATIENCE)
            yield session

    def settle(
        self, session: Session, besides: Sequence[str] = (), patience: float | None = None
    ) -> None:
        """Wait for interrupted stacks, whose engine ends with this process if it is embedded.

        :param besides: names of stacks that were waited for already.
        :param patience: timeout for each stack in seconds; None for none.
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
            # Events from before the interruption were shown already.
            marker = newest_event(session, identity)
            ending = self.follow(session, identity, ANY_GOAL, marker, patience=patience)
            if ending.timed_out:
                self.notice(
                    f'{name} continues with the next command. '
                    f'To stop it: heatconv stack cancel --no-rollback {name}'
                )

    def follow(
        self,
        session: Session,
        identity: dict[str, Any],
        goal: Goal,
        marker: str | None = None,
        timeout: float | None = None,
        patience: float | None = None,
    ) -> Ending:
        """Wait for a stack and show its progress.

        :param timeout: timeout of the stack action in seconds; the engine enforces it.
        :param patience: timeout of the wait in seconds.
        """
        reporter = reporters.reporter(self.app.settings, self.app.stderr)
        follower = Follower(
            session, identity, reporter, marker, timeout, sleep=self.app.sleep, patience=patience
        )
        try:
            return follower.follow(goal)
        except KeyboardInterrupt:
            self._tell_interrupted(session, identity['stack_name'])
            raise

    def _tell_interrupted(self, session: Session, name: str) -> None:
        if session.embedded:
            line = f'Interrupted. The next heatconv command continues {name}.'
        else:
            line = (
                f'Stopped waiting; {name} continues. '
                f'To follow it: heatconv stack event list {name} --follow'
            )
        # Also printed with --quiet: it matters.
        self.app.stderr.write(line + '\n')


class _Displaying(StackCommand):
    """A command with a result that can be formatted."""

    def _load_formatter_plugins(self) -> Any:
        return tables.Formatters(tables.BY_NAME)

    def run(self, parsed_args: argparse.Namespace) -> int:
        """Run the command and print its result; return its exit code."""
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


class ShowCommand(_Displaying, show.ShowOne):
    """A command that shows one thing."""


class ListCommand(_Displaying, lister.Lister):
    """A command that lists things."""
