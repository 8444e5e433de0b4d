"""Settings of the memory allocator and of the cyclic garbage collector.

glibc gives each thread a heap of its own. Once a large block was freed, glibc allocates
further large blocks from these heaps, and the process keeps the gaps in them. A daemon has
many threads, and allocates and frees the texts and rows of large stacks: without these
settings, an engine keeps two thirds more memory than it uses (``mallopt(3)``).

The collector examines all recent objects each time their number has grown by 700, which
happens several times in a check of ten resources. The objects of heatconv are values and form
no cycles: reference counting frees them, and the collector finds next to nothing. Rare
collections save a sixth of the CPU time of a check (``gc.set_threshold``).
"""

from __future__ import annotations

import gc
import os

#: Options of mallopt, from malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8

#: Option, value, and the environment variable with which an operator sets the option.
SETTINGS = (
    (ARENA_MAX, 2, 'MALLOC_ARENA_MAX'),
    (MMAP_THRESHOLD, 1 << 20, 'MALLOC_MMAP_THRESHOLD_'),
    (TRIM_THRESHOLD, 1 << 20, 'MALLOC_TRIM_THRESHOLD_'),
)

#: The thresholds of the collector: how many more objects must be created than freed before
#: the youngest generation is collected, and how many collections of one generation precede a
#: collection of the next older one.
GC_THRESHOLDS = (50_000, 20, 50)


def configure_malloc() -> bool:
    """Configure the allocator to return memory, if it is that of glibc.

    Call this before any thread starts. An option that the environment sets is not changed.

    :return: whether all options were set successfully.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:
        return False
    return all(
        mallopt(option, value) == 1 for option, value, name in SETTINGS if name not in os.environ
    )


def collect_rarely() -> None:
    """Make the collector search for cycles less often."""
    gc.set_threshold(*GC_THRESHOLDS)


def freeze_loaded_objects() -> None:
    """Exclude all current objects from collection: those of a started process are permanent."""
    gc.collect()
    gc.freeze()
