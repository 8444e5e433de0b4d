"""The daemon ``heatconv-engine``: it accepts requests and prepares traversals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import heatconv.runtime.threads  # noqa: F401 - before oslo.messaging

if TYPE_CHECKING:
    from oslo_config import cfg

    from heatconv.cmd.composition import Parts
    from heatconv.cmd.daemon import Served


def main(argv: Sequence[str] | None = None) -> int:
    """Run the engine; return its exit code."""
    from heatconv.cmd import daemon

    return daemon.run(
        argv,
        'heatconv-engine',
        'Accept the requests of users, and prepare their traversals.',
        lambda conf: int(conf.engine.workers),
        _serve,
    )


def _serve(conf: cfg.ConfigOpts, parts: Parts) -> Served:
    """Build the engine of one process."""
    from heatconv.cmd import composition
    from heatconv.cmd.daemon import Served

    engine = composition.engine(conf, parts)
    parts.announcer.accept_wish = engine.wishes.accept
    end_presence = composition.presence(conf, parts)

    def finish() -> None:
        engine.wishes.stop()
        end_presence()

    return Served(
        {parts.topics.engine: engine.endpoints, parts.topics.prepare: [engine.prepare]},
        conf.engine.threads,
        finish,
    )


if __name__ == '__main__':
    raise SystemExit(main())
