"""Measure the embedded command ``heatconv`` on SQLite, from its start to its end.

That is the time that a user waits. Statements are not counted, because the database is in the same
process.
"""

from __future__ import annotations

import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from bench import workloads


def run(workload: str, size: int) -> Iterator[dict[str, Any]]:
    """Create a stack by the command, and delete it if the workload is ``delete``.

    :param workload: a shape, or ``delete``; any other workload counts as the shape ``layered``.
    :param size: number of resources.
    :return: a result for each command.
    :raises RuntimeError: if a command fails.
    """
    shape = workload if workload in workloads.SHAPES else 'layered'
    with tempfile.TemporaryDirectory(prefix='heatconv-bench-') as name:
        directory = pathlib.Path(name)
        template = directory / 'template.json'
        template.write_text(json.dumps(workloads.SHAPES[shape](size)))
        create = ('stack', 'create', '-t', str(template), 'bench')
        yield {'workload': shape, 'size': size, **_command(directory, size, create)}
        if workload == 'delete':
            delete = ('stack', 'delete', '--yes', 'bench')
            yield {'workload': 'delete', 'size': size, **_command(directory, size, delete)}


def _command(directory: pathlib.Path, size: int, arguments: tuple[str, ...]) -> dict[str, Any]:
    """Run a command, and return its cost."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    completed = subprocess.run(
        [sys.executable, '-m', 'heatconv.cli.main', *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, 'HEATCONV_STATE_DIR': str(directory / 'state')},
    )
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if completed.returncode:
        raise RuntimeError(completed.stdout[-1000:] + completed.stderr[-1000:])
    cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        'wall_seconds': round(wall, 3),
        'cpu_seconds': {'command': round(cpu_seconds, 2)},
        'cpu_ms_per_resource': round(1000 * cpu_seconds / size, 4),
        'statements_per_resource': 0,
        'transactions_per_resource': 0,
        'bytes_from_database_per_resource': 0,
        'bytes_to_database_per_resource': 0,
        'messages_per_resource': 0,
        'peak_rss_mb': {'command': round(after.ru_maxrss / 1024, 1)},
    }
