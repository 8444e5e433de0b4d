"""The commands that explore many schedules of scenarios, and replay those that failed."""

from __future__ import annotations

import argparse
import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from heatconv.cli import errors
from heatconv.cli.commands.base import StackCommand
from heatconv.cli.commands.scenarios import add_directory, add_jobs, scenarios
from heatconv.cli.input.arguments import positive

#: Kinds of faults; each is an option of explore and replay.
FAULTS = ('crash', 'park', 'bury', 'drop', 'duplicate')


def check_options(args: argparse.Namespace, names: Sequence[str], label: str) -> None:
    """Check that no option of explore or replay would be ignored.

    :param names: the names of scenarios on the command line.
    :param label: how the command line gives them.
    :raises UsageError: if options contradict each other.
    """
    if args.random and names:
        raise errors.UsageError(
            f'--random draws histories of its own; {label} cannot be combined with it',
            remedy=f'Leave out --random, or {label}.',
        )
    if args.bury and not args.park:
        raise errors.UsageError(
            '--bury kills workers that --park has suspended; alone it has no effect',
            remedy='Add --park, or leave out --bury.',
        )


class ScenarioExplore(StackCommand):
    """Explore many schedules, with crashes and lost messages, by seed.

    A schedule is an order of the steps of all engines and workers, with the faults that the
    options select. The same seed gives the same schedules. The first failure is shrunk and
    written to a file for 'heatconv scenario replay'.
    """

    examples = (
        'heatconv scenario explore --schedules 1000\n'
        'heatconv scenario explore replace --schedules 5000 --crash --drop --duplicate\n'
        'heatconv scenario explore --random --schedules 20000 --seed 7 --crash --park\n'
        'heatconv scenario explore --bounded'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument('names', metavar='NAME', nargs='*', help='Scenarios (default: all).')
        add_directory(parser)
        subject = parser.add_mutually_exclusive_group()
        subject.add_argument(
            '--random',
            action='store_true',
            help='Explore random templates, requests and failures instead of scenarios.',
        )
        subject.add_argument(
            '--bounded',
            action='store_true',
            help='Explore small histories exhaustively: a second request at each position, a '
            'suspended worker at each step.',
        )
        parser.add_argument(
            '--schedules',
            metavar='N',
            type=positive,
            default=1000,
            help='Number of schedules (default: 1000).',
        )
        parser.add_argument(
            '--seed', metavar='S', type=int, default=0, help='The seed (default: 0).'
        )
        parser.add_argument(
            '--start',
            metavar='NUMBER',
            type=int,
            default=0,
            help='Number of the first schedule (default: 0).',
        )
        parser.add_argument('--crash', action='store_true', help='Kill engines and workers.')
        parser.add_argument(
            '--park',
            action='store_true',
            help='Suspend workers until they are considered dead; they continue later.',
        )
        parser.add_argument(
            '--bury',
            action='store_true',
            help='Kill suspended workers permanently; needs --park.',
        )
        parser.add_argument('--drop', action='store_true', help='Lose messages.')
        parser.add_argument('--duplicate', action='store_true', help='Duplicate messages.')
        parser.add_argument(
            '--no-sweep',
            action='store_true',
            help='Run workers without sweeps: a missing wake-up then becomes visible as a stuck '
            'stack.',
        )
        parser.add_argument(
            '--resources',
            metavar='N',
            type=positive,
            default=4,
            help='Largest number of resources in a random template (default: 4).',
        )
        parser.add_argument(
            '--groups',
            action='store_true',
            help='Random histories of a group: nested stacks, batches, and signals that scale it.',
        )
        parser.add_argument(
            '--store',
            choices=('memory', 'sqlite'),
            default='memory',
            help='The store (default: memory).',
        )
        parser.add_argument(
            '--no-shrink', action='store_true', help='Do not shrink a failure to a smaller one.'
        )
        add_jobs(parser)
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        """Explore scenarios, random histories or bounded histories."""
        check_options(args, args.names, 'NAME')
        if args.bounded and (args.names or any(getattr(args, fault) for fault in FAULTS)):
            raise errors.UsageError(
                '--bounded has histories and faults of its own; NAME and the options of faults '
                'cannot be combined with it',
                remedy='Leave out --bounded, or NAME and '
                + ', '.join(f'--{fault}' for fault in FAULTS)
                + '.',
            )
        if args.groups and not args.random:
            raise errors.UsageError(
                'only random histories have groups', remedy='Add --random, or leave out --groups.'
            )
        if args.no_sweep and (args.crash or args.park or args.drop):
            raise errors.UsageError(
                'without sweeps, the work of dead workers and lost messages is not recovered',
                remedy='Leave out --no-sweep, or --crash, --park and --drop.',
            )
        if args.bounded:
            self._explore_bounded(args)
            return
        from heatconv.sim import case

        plan = case.Plan(
            scenarios=() if args.random else tuple(scenarios(args.directory, args.names)),
            seed=args.seed,
            faults=tuple(fault for fault in FAULTS if getattr(args, fault)),
            sweeps=not args.no_sweep,
            store=args.store,
            resources=args.resources,
            groups=args.groups,
        )
        if not args.random and not plan.scenarios:
            raise errors.UsageError(f'there are no scenarios in {args.directory}')
        self._explore(plan, args)

    def _explore(self, plan: Any, args: argparse.Namespace) -> None:
        from heatconv.sim import campaign

        began = time.monotonic()
        schedules = steps = 0
        seconds = 0.0
        failures: list[Any] = []
        with self._progress(args.schedules) as advance:
            for piece in campaign.run(
                plan, args.schedules, args.jobs, args.start, lambda: bool(failures)
            ):
                schedules += piece.schedules
                steps += piece.steps
                seconds += piece.seconds
                if piece.found is not None:
                    failures.append(piece.found)
                advance(piece.schedules)
        rate = schedules / seconds if seconds else 0.0
        self.app.stdout.write(
            f'{schedules} schedules, {steps} steps, {time.monotonic() - began:.1f} s, '
            f'{rate:.0f} schedules per CPU second: '
            f'{"clean" if not failures else "a failure was found"}\n'
        )
        if failures:
            number, first = min(failures, key=lambda failure: int(failure[0]))
            self.exit_code = errors.FAILED
            self._report_failure(f'seed {args.seed}, schedule {number}', first, args)

    def _explore_bounded(self, args: argparse.Namespace) -> None:
        from heatconv.sim import campaign

        began = time.monotonic()
        count = 0
        failures: list[Any] = []
        pieces = campaign.bounded(args.jobs, sweeps=not args.no_sweep)
        with self._progress(pieces.total) as advance:
            for explored, found in pieces:
                count += explored
                failures += found
                advance(1)
        self.app.stdout.write(
            f'{count} positions, {time.monotonic() - began:.1f} s: '
            f'{"clean" if not failures else f"{len(failures)} histories failed"}\n'
        )
        if failures:
            self.exit_code = errors.FAILED
            self._report_failure(failures[0].name, failures[0].case, args)

    def _report_failure(self, where: str, first: Any, args: argparse.Namespace) -> None:
        """Print a failure, shrink it, write it to a file, and print how to replay it.

        :param where: the seed and schedule, or the bounded history, that failed.
        :param first: the case of the first failure.
        """
        from heatconv.sim import case, shrink

        out = self.app.stdout
        for violation in first.wrong[:5]:
            out.write(f'  {violation}\n')
        if first.schedule is not None and first.schedule.faults:
            faults = sorted(first.schedule.faults.items())
            steps = ', '.join(f'{kind} at step {step}' for step, (kind, _) in faults)
            out.write(f'  faults: {steps}\n')
        smallest = first
        if not args.no_shrink:
            self.notice('Shrinking the failure ...')
            smallest = shrink.shrink(first)
        name_parts = where.replace(',', '').replace('/', ' ').split()
        file = pathlib.Path('-'.join(['failure', *name_parts]) + '.json')
        file.write_text(case.dump(smallest))
        out.write(
            f'  {where}; {len(smallest.schedule.choices)} choices and '
            f'{len(smallest.schedule.faults)} faults\n'
            f'  to replay it: heatconv scenario replay {file}\n'
        )

    @contextlib.contextmanager
    def _progress(self, total: int) -> Iterator[Callable[[int], None]]:
        """Draw a progress bar if stderr is a terminal.

        :param total: number of units of work.
        :return: a context with a function that counts finished units.
        """
        if self.app.settings.quiet or not self.app.stderr.isatty():
            yield lambda count: None
            return
        from rich import progress
        from rich.console import Console

        console = Console(file=self.app.stderr, no_color=not self.app.settings.color)
        columns = (
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task('', total=total)
            yield lambda count: bar.advance(task, count)


class ScenarioReplay(StackCommand):
    """Replay a failure that explore has found.

    Each replay prints the same trace.
    """

    examples = (
        'heatconv scenario replay failure-seed-0-schedule-17.json\n'
        'heatconv scenario replay --random --seed 0 --number 17 --crash --drop'
    )

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command."""
        parser = super().get_parser(prog_name)
        parser.add_argument(
            'file',
            metavar='FILE',
            nargs='?',
            help='A file that explore has written. If none is given, the options select a '
            'schedule.',
        )
        parser.add_argument('--number', metavar='N', type=int, help='The number of the schedule.')
        parser.add_argument(
            '--seed', metavar='S', type=int, default=0, help='The seed (default: 0).'
        )
        parser.add_argument(
            '--random', action='store_true', help='Select a random history, not a scenario.'
        )
        parser.add_argument(
            '--scenario',
            metavar='NAME',
            action='append',
            default=[],
            help='An explored scenario (default: all). Can be repeated, in the same order as for '
            'explore.',
        )
        add_directory(parser)
        for fault in FAULTS:
            parser.add_argument(f'--{fault}', action='store_true', help='As in explore.')
        parser.add_argument('--no-sweep', action='store_true', help='As in explore.')
        parser.add_argument(
            '--resources', metavar='N', type=positive, default=4, help='As in explore.'
        )
        parser.add_argument('--store', choices=('memory', 'sqlite'), default='memory')
        return parser

    def take_action(self, args: argparse.Namespace) -> None:
        """Replay the failure."""
        from heatconv.sim import case, silence

        check_options(args, args.scenario, '--scenario')
        if (args.file is None) == (args.number is None):
            raise errors.UsageError('give either a FILE, or --number with the options of explore')
        with silence.silent():
            if args.file is not None:
                try:
                    result = case.load(pathlib.Path(args.file).read_text()).replay()
                except ValueError as error:
                    raise errors.UsageError(str(error), where=args.file) from None
            else:
                selected = () if args.random else tuple(scenarios(args.directory, args.scenario))
                result = case.Plan(
                    scenarios=selected,
                    seed=args.seed,
                    faults=tuple(fault for fault in FAULTS if getattr(args, fault)),
                    sweeps=not args.no_sweep,
                    store=args.store,
                    resources=args.resources,
                ).run(args.number, tracing=True)
        for line in result.trace:
            self.app.stdout.write(line + '\n')
        for violation in result.wrong:
            self.app.stdout.write(f'WRONG: {violation}\n')
        self.exit_code = errors.FAILED if result.wrong else 0
