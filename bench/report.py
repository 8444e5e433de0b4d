"""The report of measurements: a table of medians, and curves."""

from __future__ import annotations

import json
import pathlib
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

#: The columns of a table.
FIGURES = (
    'wall_seconds',
    'cpu_ms_per_resource',
    'statements_per_resource',
    'messages_per_resource',
    'bytes_from_database_per_resource',
    'bytes_to_database_per_resource',
)

#: Store, workload, size and number of workers.
Key = tuple[str, str, int, int]


def results(files: Iterable[pathlib.Path]) -> dict[Key, list[dict[str, Any]]]:
    """Read lines of JSON; return the results of the same key together, sorted by key."""
    groups: dict[Key, list[dict[str, Any]]] = {}
    for file in files:
        for line in file.read_text().splitlines():
            if line.startswith('{'):
                record = json.loads(line)
                if 'cpu_ms_per_resource' in record and 'workload' in record:
                    key = (
                        record['store'],
                        record['workload'],
                        record['size'],
                        record.get('workers', 1),
                    )
                    groups.setdefault(key, []).append(record)
    return dict(sorted(groups.items()))


def table(groups: dict[Key, list[dict[str, Any]]]) -> str:
    """Return a table of medians, with minimum and maximum of the CPU time."""
    lines = ['store, workload, size, workers | runs | ' + ' | '.join(FIGURES)]
    for (store, workload, size, workers), runs in groups.items():
        cells = []
        for figure in FIGURES:
            values = [run[figure] for run in runs if run.get(figure) is not None]
            cell = f'{statistics.median(values):g}' if values else '-'
            if figure == 'cpu_ms_per_resource' and len(values) > 1:
                cell += f' ({min(values):g} to {max(values):g})'
            cells.append(cell)
        name = f'{store}, {workload}, {size:,}, {workers}'
        lines.append(f'{name} | {len(runs)} | ' + ' | '.join(cells))
    return '\n'.join(lines)


def draw_sizes(groups: dict[Key, list[dict[str, Any]]], output: pathlib.Path) -> None:
    """Draw the CPU time per resource over the size of the stack."""
    figure, axes = _axes()
    by_workload: dict[str, list[tuple[int, float]]] = {}
    for (store, workload, size, workers), runs in groups.items():
        median = statistics.median(run['cpu_ms_per_resource'] for run in runs)
        by_workload.setdefault(f'{workload} ({store}, {workers})', []).append((size, median))
    for name, points in by_workload.items():
        axes.plot(*zip(*sorted(points), strict=True), marker='o', label=name)
    axes.set_xscale('log')
    axes.set_ylim(bottom=0)
    axes.set_xlabel('resources in the stack')
    axes.set_ylabel('CPU per resource, ms, all processes')
    axes.legend(fontsize='small')
    figure.savefig(output, format='svg', bbox_inches='tight')


def draw_curves(files: Sequence[pathlib.Path], output: pathlib.Path) -> None:
    """Draw the number of finished resources over time."""
    figure, axes = _axes()
    for file in files:
        for line in file.read_text().splitlines():
            record = json.loads(line)
            points = [(0.0, 0), *map(tuple, record['points'])]
            if len(points) > 3:
                label = f'{record["action"].lower()} of {record["size"]:,}'
                axes.plot(*zip(*points, strict=True), label=label)
    axes.set_xlabel('seconds since the request')
    axes.set_ylabel('resources done')
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(output, format='svg', bbox_inches='tight')


def _axes() -> tuple[Any, Any]:
    """Return a new figure and its axes."""
    import matplotlib

    matplotlib.use('svg')
    # The same data gives the same file, byte by byte.
    matplotlib.rcParams['svg.hashsalt'] = 'heatconv'
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.grid(alpha=0.3)
    return figure, axes
