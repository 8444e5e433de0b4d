"""Measure the command ``heatconv`` on SQLite, from its start to its end, as a user waits.

As ``python -m bench.embedded FILE ARGUMENT...`` it is the command, counting what it asks
of the database.
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

import sqlalchemy as sa

from bench import workloads


def run(workload: str, size: int) -> Iterator[dict[str, Any]]:
    """Create a stack by the command, and delete it if that is what is measured.

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
    counts = directory / 'counts.json'
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, '-m', 'bench.embedded', str(counts), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, 'HEATCONV_STATE_DIR': str(directory / 'state')},
    )
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(done.stdout[-1000:] + done.stderr[-1000:])
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    counted = json.loads(counts.read_text())
    return {
        'wall_seconds': round(wall, 3),
        'cpu_seconds': {'command': round(used, 2)},
        'cpu_ms_per_resource': round(1000 * used / size, 4),
        'statements_per_resource': round(counted['statements'] / size, 4),
        'transactions_per_resource': round(counted['transactions'] / size, 4),
        'bytes_from_database_per_resource': 0,
        'bytes_to_database_per_resource': 0,
        'messages_per_resource': 0,
        'peak_rss_mb': {'command': round(after.ru_maxrss / 1024, 1)},
    }


def main() -> int:
    """Be the command, and count."""
    from heatconv.cli.main import main as command

    counts = {'statements': 0, 'transactions': 0}
    file, *arguments = sys.argv[1:]

    def asked(*_: Any) -> None:
        counts['statements'] += 1

    def ended(*_: Any) -> None:
        counts['transactions'] += 1

    sa.event.listen(sa.Engine, 'before_cursor_execute', asked)
    sa.event.listen(sa.Engine, 'commit', ended)
    code = command(arguments)
    pathlib.Path(file).write_text(json.dumps(counts))
    return int(code or 0)


if __name__ == '__main__':
    raise SystemExit(main())
