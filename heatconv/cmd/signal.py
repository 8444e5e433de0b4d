"""The daemon ``heatconv-signal``: it takes the signals that servers send to signed URLs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging

if TYPE_CHECKING:
    from oslo_config import cfg

    from heatconv.cmd.composition import Parts
    from heatconv.cmd.daemon import Served


def main(argv: Sequence[str] | None = None) -> int:
    """Run the daemon; return its exit code."""
    from heatconv.cmd import daemon

    return daemon.run(
        argv,
        'heatconv-signal',
        'Take the signals that servers send to the signed URLs of resources.',
        _processes,
        _serve,
    )


def _processes(conf: cfg.ConfigOpts) -> int:
    """Return the number of processes.

    :raises SystemExit: with 2, if no URL can be signed.
    """
    from heatconv.cmd import signing

    if signing.signatures(conf) is None:
        sys.stderr.write(
            'error: no URL can be signed: set [signal] endpoint and key in the configuration of '
            'all daemons\n'
        )
        raise SystemExit(2)
    return int(conf.signal.workers)


def _serve(conf: cfg.ConfigOpts, parts: Parts) -> Served:
    """Build and start the server of one process."""
    from heatconv.cmd import composition, signing
    from heatconv.cmd.daemon import Served

    composition.nest(conf, parts)
    server = signing.server(conf, parts.store, parts.registry)
    server.start()
    end_presence = composition.presence(conf, parts, 'signal')

    def finish() -> None:
        server.stop()
        end_presence()

    return Served({}, 0, finish)


if __name__ == '__main__':
    raise SystemExit(main())
