"""Tell the C library and the collector of cycles what a process is like.

glibc gives each thread a heap of its own and, once a large block was freed, takes further
large ones from these heaps, whose gaps stay with the process. A daemon has many threads, and
texts and rows of large stacks come and go: without this an engine keeps two thirds more than
it has in use (``mallopt(3)``).

The collector looks at all that was made lately each time 700 more things are, which a check
of ten resources makes several times. What is made here is made of values, which form no
cycles: they go when nobody refers to them, and the collector finds next to nothing. Looking
seldom spares a sixth of a check's CPU (``gc.set_threshold``).
"""

from __future__ import annotations

import gc
import os

#: Options of mallopt, from malloc.h, and what an operator sets them with.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8

SETTINGS = (
    (ARENA_MAX, 2, 'MALLOC_ARENA_MAX'),
    (MMAP_THRESHOLD, 1 << 20, 'MALLOC_MMAP_THRESHOLD_'),
    (TRIM_THRESHOLD, 1 << 20, 'MALLOC_TRIM_THRESHOLD_'),
)

#: After how many more things made than gone the collector looks at the young, and after how
#: many such looks at the older, and at all.
SELDOM = (50_000, 20, 50)


def give_back() -> bool:
    """Set the allocator, where it is glibc's, before threads start.

    What the environment sets stays as it is.

    :return: whether all that was to be set is.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:
        return False
    return all(
        mallopt(option, value) == 1 for option, value, name in SETTINGS if name not in os.environ
    )


def collect_seldom() -> None:
    """Have the collector look for cycles less often."""
    gc.set_threshold(*SELDOM)


def keep_what_is_loaded() -> None:
    """Spare the collector what is there once a process has started: it stays."""
    gc.collect()
    gc.freeze()
