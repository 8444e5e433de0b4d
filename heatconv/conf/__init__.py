"""The options of heatconv; they are registered on a given ConfigOpts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from oslo_config import cfg

from heatconv.conf import coordination, engine, worker

GROUPS = (engine, worker, coordination)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register all options of heatconv."""
    for group in GROUPS:
        conf.register_opts(group.OPTS, group=group.GROUP)


def list_opts() -> Iterable[tuple[str, list[cfg.Opt]]]:
    """List all options, for the sample configuration."""
    return itertools.chain((group.GROUP, group.OPTS) for group in GROUPS)
