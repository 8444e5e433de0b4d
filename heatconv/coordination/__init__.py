"""Membership of the group of workers, and the share of the keys that each member owns.

`PartitionCoordinator` and `HashRing` are imported at their first use: they import tooz, which
a process without a coordination backend does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heatconv.coordination.coordinator import HashRing, PartitionCoordinator

__all__ = ['HashRing', 'PartitionCoordinator']


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from heatconv.coordination import coordinator

    return getattr(coordinator, name)
