"""The daemon ``heatconv-worker``: it checks graph nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging

if TYPE_CHECKING:
    from oslo_config import cfg

    from heatconv.cmd.composition import Parts
    from heatconv.cmd.daemon import Served

#: Threads that receive messages; they only queue the nodes.
INTAKE_THREADS = 4


def main(argv: Sequence[str] | None = None) -> int:
    """Run the worker; return its exit code."""
    from heatconv.cmd import daemon

    return daemon.run(
        argv,
        'heatconv-worker',
        'Check resources: create, update, replace or delete one at a time.',
        lambda conf: int(conf.worker.workers),
        _serve,
    )


def _serve(conf: cfg.ConfigOpts, parts: Parts) -> Served:
    """Build and start the worker of one process."""
    from heatconv.cmd import composition
    from heatconv.cmd.daemon import Served
    from heatconv.worker.endpoint import WorkerEndpoint

    worker = composition.worker(conf, parts)
    worker.start()
    return Served({parts.topics.check: [WorkerEndpoint(worker)]}, INTAKE_THREADS, worker.stop)


if __name__ == '__main__':
    raise SystemExit(main())
