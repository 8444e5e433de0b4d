"""Have the C library give memory back that it no longer uses.

glibc gives each thread a heap of its own and, once a large block was freed, takes further
large ones from these heaps, whose gaps stay with the process. A daemon has many threads, and
texts and rows of large stacks come and go: without this an engine keeps two thirds more than
it has in use (``mallopt(3)``).
"""

from __future__ import annotations

import ctypes
import os

#: Options of mallopt, from malloc.h, and what an operator sets them with.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8

SETTINGS = (
    (ARENA_MAX, 2, 'MALLOC_ARENA_MAX'),
    (MMAP_THRESHOLD, 1 << 20, 'MALLOC_MMAP_THRESHOLD_'),
    (TRIM_THRESHOLD, 1 << 20, 'MALLOC_TRIM_THRESHOLD_'),
)


def give_back() -> bool:
    """Set the allocator, where it is glibc's, before threads start.

    What the environment sets stays as it is.

    :return: whether all that was to be set is.
    """
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:
        return False
    return all(
        mallopt(option, value) == 1 for option, value, name in SETTINGS if name not in os.environ
    )
