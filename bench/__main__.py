"""The command line of the benchmark: ``python -m bench COMMAND``."""

from __future__ import annotations

import argparse
import json
import pathlib
import signal
import sys
from collections.abc import Sequence
from typing import Any

from bench import workloads

#: Width of a line about an expensive statement, in characters.
SHOWN = 170


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(
        prog='python -m bench',
        description='Measure the cost of orchestration, on real servers and daemons.',
    )
    commands = parser.add_subparsers(dest='command', required=True)
    run = commands.add_parser(
        'run', help='run a workload and print a line of JSON for each measurement'
    )
    run.add_argument('--workload', choices=workloads.WORKLOADS, default='layered')
    run.add_argument(
        '--size', type=int, default=1000, help='number of resources; for many-stacks, of stacks'
    )
    run.add_argument('--shape', choices=list(workloads.SHAPES), default='layered')
    run.add_argument('--store', choices=('sqlite', 'postgresql', 'mariadb'), default='postgresql')
    run.add_argument(
        '--transport',
        choices=('fake', 'rabbit'),
        help='fake for sqlite, rabbit otherwise (default)',
    )
    run.add_argument('--workers', type=int, default=2)
    run.add_argument('--runs', type=int, default=1, help='number of runs')
    run.add_argument(
        '--curves', help='file to append the number of finished resources over time to'
    )
    run.add_argument('--profile', action='store_true', help='print the most expensive statements')
    for name, description in (
        ('statements', 'SQL statements'),
        ('messages', 'messages'),
        ('bytes', 'bytes to and from the database'),
    ):
        run.add_argument(
            f'--max-{name}', type=float, help=f'fail if one resource needs more {description}'
        )
    floor = commands.add_parser(
        'floor', help='measure the least work of any durable implementation, by plain drivers'
    )
    floor.add_argument('--size', type=int, default=1000)
    floor.add_argument('--store', choices=('postgresql', 'mariadb'), default='postgresql')
    floor.add_argument('--runs', type=int, default=3)
    signals = commands.add_parser('signals', help='send signals to heatconv-signal')
    signals.add_argument('--size', type=int, default=4000, help='number of signals')
    signals.add_argument('--handles', type=int, default=100, help='number of resources')
    signals.add_argument('--senders', type=int, default=16, help='number of connections')
    groups = commands.add_parser(
        'groups', help='compare a group of nested stacks with a flat stack'
    )
    groups.add_argument('--size', type=int, default=300, help='number of members')
    groups.add_argument(
        '--profile', action='store_true', help='print the most expensive statements of each step'
    )
    for command in (signals, groups):
        command.add_argument('--store', choices=('postgresql', 'mariadb'), default='postgresql')
    report = commands.add_parser('report', help='print a table of results, and draw curves')
    report.add_argument('files', nargs='+', help='output of run, or files of --curves')
    report.add_argument('--sizes', help='SVG to draw: CPU per resource over size')
    report.add_argument('--curves', help='SVG to draw: finished resources over time')
    arguments = parser.parse_args(argv)
    # SIGTERM raises SystemExit, so that the servers and daemons that were started are stopped too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    return COMMANDS[arguments.command](arguments)


def _run(arguments: Any) -> int:
    """Run a workload on the embedded command or on daemons."""
    transport = arguments.transport or ('fake' if arguments.store == 'sqlite' else 'rabbit')
    if (arguments.store == 'sqlite') != (transport == 'fake'):
        sys.stderr.write('sqlite requires fake, and fake sqlite: that is the embedded command\n')
        return 2
    return _embedded(arguments) if arguments.store == 'sqlite' else _daemons(arguments)


def _embedded(arguments: Any) -> int:
    """Run a workload on the embedded command."""
    from bench import embedded

    for _ in range(arguments.runs):
        for result in embedded.run(arguments.workload, arguments.size):
            print(json.dumps({'store': 'sqlite', 'workers': 1, **result}), flush=True)
    return 0


def _daemons(arguments: Any) -> int:
    """Run a workload on daemons; return 1 if a bound is exceeded."""
    from bench import curve, measure, site

    exceeded = False
    with site.site(arguments.store, arguments.workers) as running:
        measure.warm_up(running)
        for number in range(arguments.runs):
            if arguments.profile:
                with running.database.cursor() as cursor:
                    cursor.execute('SELECT pg_stat_statements_reset()')
            curves: list[Any] | None = [] if arguments.curves else None
            for result in measure.run(
                running,
                arguments.workload,
                arguments.size,
                f'bench_{number}',
                arguments.shape,
                curves=curves,
            ):
                tagged = {
                    'store': arguments.store,
                    'workers': arguments.workers,
                    **result,
                }
                print(json.dumps(tagged), flush=True)
                for violation in _exceeded(arguments, tagged):
                    sys.stderr.write(f'{tagged["workload"]}: {violation}\n')
                    exceeded = True
            for entry in curves or ():
                curve.add(pathlib.Path(arguments.curves), {'store': arguments.store, **entry})
            if arguments.profile:
                _print_costliest(running)
    return int(exceeded)


def _print_costliest(running: Any) -> None:
    """Print the most expensive statements since the last time, and forget them."""
    for calls, milliseconds, rows, query in running.database.costliest():
        line = f'{calls:7} {milliseconds:9.1f} ms {rows:8} {" ".join(query.split())}'
        sys.stderr.write(f'{line[:SHOWN]}\n')
    with running.database.cursor() as cursor:
        cursor.execute('SELECT pg_stat_statements_reset()')


def _exceeded(arguments: Any, result: dict[str, Any]) -> list[str]:
    """Return a text for each bound that a result exceeds.

    The bounds are counts, which do not depend on the load of the machine.
    """
    counts = {
        'statements': result['statements_per_resource'],
        'messages': result['messages_per_resource'],
        'bytes': result['bytes_from_database_per_resource']
        + result['bytes_to_database_per_resource'],
    }
    exceeded = []
    for name, count in counts.items():
        limit = getattr(arguments, f'max_{name}')
        if limit is not None and count > limit:
            exceeded.append(f'{count:g} {name} per resource are more than {limit:g}')
    return exceeded


def _report(arguments: Any) -> int:
    """Print a table of results, and draw curves."""
    from bench import report

    files = [pathlib.Path(name) for name in arguments.files]
    results = report.results(files)
    if results:
        sys.stdout.write(report.table(results) + '\n')
    if arguments.sizes:
        report.draw_sizes(results, pathlib.Path(arguments.sizes))
    if arguments.curves:
        report.draw_curves(files, pathlib.Path(arguments.curves))
    return 0


def _floor(arguments: Any) -> int:
    """Measure the floor, in batches of several sizes."""
    from bench import floor, site

    with site.site(arguments.store, 1) as running:
        for _ in range(arguments.runs):
            for batch in (1, 10, 100):
                result = floor.measure(running, arguments.size, batch)
                print(json.dumps({'store': arguments.store, **result}), flush=True)
    return 0


def _signals(arguments: Any) -> int:
    """Send signals to a daemon of its own."""
    from bench import signals, site

    with site.site(arguments.store, 1) as running:
        result = signals.measure(
            running.directory,
            running.database.url,
            running.broker.url,
            arguments.size,
            arguments.handles,
            arguments.senders,
        )
    print(json.dumps(result), flush=True)
    return 0


def _groups(arguments: Any) -> int:
    """Create, change and delete a group of nested stacks."""
    from bench import groups, measure, site

    with site.site(arguments.store, 2) as running:
        measure.warm_up(running)
        for result in groups.run(running, arguments.size):
            print(json.dumps(result), flush=True)
            if arguments.profile:
                _print_costliest(running)
    return 0


COMMANDS = {
    'run': _run,
    'floor': _floor,
    'signals': _signals,
    'groups': _groups,
    'report': _report,
}

if __name__ == '__main__':
    raise SystemExit(main())
