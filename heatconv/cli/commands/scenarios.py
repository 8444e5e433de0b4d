"""The commands that list the scenarios of the simulator, and run each once."""

from __future__ import annotations

import argparse
import os
import pathlib
from collections.abc import Sequence
from typing import Any

from heatconv.cli import errors
from heatconv.cli.commands.base import ListCommand, StackCommand
from heatconv.cli.input.arguments import positive

#: The default directory.
DIRECTORY = 'scenarios'


def add_directory(parser: argparse.ArgumentParser) -> None:
    """Add the option for the directory of scenarios."""
    parser.add_argument(
        '-d',
        '--directory',
        metavar='DIR',
        default=DIRECTORY,
        help=f'Directory with scenarios, including its subdirectories (default: {DIRECTORY}).',
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the option for the number of processes."""
    parser.add_argument(
        '--jobs',
        metavar='J',
        type=positive,
        default=os.cpu_count() or 1,
        help='Number of processes (default: one for each processor).',
    )


def scenarios(directory: str, names: Sequence[str]) -> Any:
    """Return the scenarios of a directory.

    :param names: names of scenarios; all scenarios if empty.
    :raises UsageError: if the directory or a named scenario does not exist.
    """
    from heatconv.sim import library

    try:
        return library.find(directory, names)
    except library.NoSuchScenario as error:
        raise errors.UsageError(
            str(error), remedy='Select the directory of the scenarios with -d DIR.'
        ) from None


class ScenarioList(ListCommand):
    """List the scenarios of a directory."""

    examples = 'heatconv scenario list\nheatconv scenario list -d my-scenarios -f value -c name'

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        add_directory(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> Any:
        """Return the scenarios, each with the comment in its first line."""
        rows = []
        for scenario in scenarios(args.directory, ()):
            first_line = next((line for line in scenario.source.splitlines() if line.strip()), '')
            comment = first_line.removeprefix('#').strip() if first_line.startswith('#') else ''
            rows.append((scenario.name, comment))
        return ('name', 'about'), rows


class ScenarioRun(StackCommand):
    """Run scenarios in the fixed order of the convergence prototype.

    The result of each scenario is one line; the trace of a failure follows it.
    """

    examples = (
        'heatconv scenario run\n'
        'heatconv scenario run replace diamond\n'
        'heatconv scenario run replace --graph replace.svg'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('names', metavar='NAME', nargs='*', help='Scenarios (default: all).')
        add_directory(parser)
        add_jobs(parser)
        parser.add_argument(
            '--graph',
            metavar='FILE',
            help='Draw the graphs of all traversals of one scenario, with the operation and the '
            'step of each node: in DOT if FILE ends with .dot, otherwise in SVG.',
        )
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        """Run the scenarios, or draw the graphs of one."""
        from heatconv.sim import campaign

        selected = scenarios(args.directory, args.names)
        if args.graph is not None:
            if len(selected) != 1:
                raise errors.UsageError('--graph draws exactly one scenario: give its NAME')
            self._draw(selected[0], args.graph)
            return
        failed = 0
        for outcome in campaign.run_scenarios(selected, args.jobs):
            self.app.stdout.write(outcome.line() + '\n')
            self.app.stdout.flush()
            if outcome.error is not None:
                failed += 1
                for line in outcome.trace:
                    self.app.stdout.write(f'    {line}\n')
                self.app.stdout.write(f'  {outcome.error}\n')
        self.notice(f'{len(selected) - failed} passed, {failed} failed')
        self.exit_code = errors.FAILED if failed else 0

    def _draw(self, scenario: Any, file: str) -> None:
        from heatconv.sim import graph_drawing

        drawing = graph_drawing.draw(scenario)
        text = drawing.dot() if file.endswith('.dot') else drawing.svg()
        pathlib.Path(file).write_text(text)
        self.notice(f'{file}: {len(drawing.traversals)} traversals')
