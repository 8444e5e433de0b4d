"""The options of heatconv; they are registered on a given ConfigOpts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from types import ModuleType

from oslo_config import cfg

from heatconv.conf import coordination, engine, signal, worker

GROUPS = (engine, worker, coordination, signal)


def register_group(conf: cfg.ConfigOpts, module: ModuleType) -> None:
    """Register the options of one group.

    :param module: the module of the group, with ``GROUP`` and ``OPTS``.
    """
    # oslo.config keeps overrides in the group. A group that two configurations share would apply
    # the overrides of each to the other.
    group = cfg.OptGroup(module.GROUP.name, title=module.GROUP.title)
    conf.register_opts(module.OPTS, group=group)


def register_opts(conf: cfg.ConfigOpts) -> None:
    """Register all options of heatconv."""
    for group in GROUPS:
        register_group(conf, group)


def read_engine(config_files: Sequence[str]) -> cfg.ConfigOpts:
    """Read the options of the engine from configuration files.

    :raises oslo_config.cfg.Error: if a file or a value is not valid.
    """
    conf = cfg.ConfigOpts()
    register_group(conf, engine)
    conf([], project='heatconv', default_config_files=list(config_files))
    return conf


def list_opts() -> Iterable[tuple[str, list[cfg.Opt]]]:
    """List all options, for the sample configuration."""
    return itertools.chain((group.GROUP, group.OPTS) for group in GROUPS)
