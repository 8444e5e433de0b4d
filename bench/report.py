"""Draw what was measured: a table of medians, and curves."""

from __future__ import annotations

import json
import pathlib
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

#: What a table tells of each workload.
FIGURES = (
    'wall_seconds',
    'cpu_ms_per_resource',
    'statements_per_resource',
    'messages_per_resource',
    'bytes_from_database_per_resource',
    'bytes_to_database_per_resource',
)

Key = tuple[str, str, int, int]


def results(files: Iterable[pathlib.Path]) -> dict[Key, list[dict[str, Any]]]:
    """Read lines of JSON; group those of the same store, workload, size and workers."""
    found: dict[Key, list[dict[str, Any]]] = {}
    for file in files:
        for line in file.read_text().splitlines():
            if line.startswith('{'):
                one = json.loads(line)
                if 'cpu_ms_per_resource' in one and 'workload' in one:
                    key = (one['store'], one['workload'], one['size'], one.get('workers', 1))
                    found.setdefault(key, []).append(one)
    return dict(sorted(found.items()))


def table(found: dict[Key, list[dict[str, Any]]]) -> str:
    """Return medians, with the least and the most of the CPU time."""
    lines = ['store, workload, size, workers | runs | ' + ' | '.join(FIGURES)]
    for (store, workload, size, workers), runs in found.items():
        cells = []
        for figure in FIGURES:
            values = [one[figure] for one in runs if one.get(figure) is not None]
            cell = f'{statistics.median(values):g}' if values else '-'
            if figure == 'cpu_ms_per_resource' and len(values) > 1:
                cell += f' ({min(values):g} to {max(values):g})'
            cells.append(cell)
        name = f'{store}, {workload}, {size:,}, {workers}'
        lines.append(f'{name} | {len(runs)} | ' + ' | '.join(cells))
    return '\n'.join(lines)


def draw_sizes(found: dict[Key, list[dict[str, Any]]], output: pathlib.Path) -> None:
    """Draw the CPU time of one resource over the size of its stack."""
    figure, axes = _axes()
    by_workload: dict[str, list[tuple[int, float]]] = {}
    for (store, workload, size, workers), runs in found.items():
        median = statistics.median(one['cpu_ms_per_resource'] for one in runs)
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
    """Draw how many resources are done over time."""
    figure, axes = _axes()
    for file in files:
        for line in file.read_text().splitlines():
            one = json.loads(line)
            points = [(0.0, 0), *map(tuple, one['points'])]
            if len(points) > 3:
                label = f'{one["action"].lower()} of {one["size"]:,}'
                axes.plot(*zip(*points, strict=True), label=label)
    axes.set_xlabel('seconds since the request')
    axes.set_ylabel('resources done')
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.savefig(output, format='svg', bbox_inches='tight')


def _axes() -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use('svg')
    # The same picture for the same figures, byte by byte.
    matplotlib.rcParams['svg.hashsalt'] = 'heatconv'
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.grid(alpha=0.3)
    return figure, axes
