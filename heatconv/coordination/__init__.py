"""Membership of the group of workers, and the share of the keys that each member owns.

The import registers the options on the global configuration of oslo.config, which
`PartitionCoordinator` reads if it is given no other.

`PartitionCoordinator`, `HashRing` and `LOG`, their logger, are imported at their first use: they
import tooz, which a process without a coordination backend does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oslo_config import cfg

from heatconv.conf import coordination as _options
from heatconv.conf import register_group

if TYPE_CHECKING:
    from heatconv.coordination.coordinator import LOG, HashRing, PartitionCoordinator

__all__ = ['LOG', 'HashRing', 'PartitionCoordinator']

register_group(cfg.CONF, _options)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from heatconv.coordination import coordinator

    return getattr(coordinator, name)
