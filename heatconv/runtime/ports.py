"""Clock and id generator, which components receive through their constructors.

Nothing else in heatconv reads a clock or generates an id, so that a simulator can provide its
own.
"""

from __future__ import annotations

import os
import random
import time
from typing import Protocol


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> float:
        """Return seconds since the epoch."""


class Ids(Protocol):
    """A generator of unique ids."""

    def fresh(self) -> str:
        """Return an id that was never returned before; a later id sorts after it."""


class SystemClock:
    """The system clock of the host."""

    def now(self) -> float:
        return time.time()


class SystemIds:
    """A generator of UUIDs that sort by creation time (RFC 9562, version 7).

    So rows that are created together are adjacent in an index.
    """

    def __init__(self) -> None:
        self._last = 0
        self._pid = 0

    def fresh(self) -> str:
        # 48 bits of milliseconds and 12 bits of fraction; no value repeats in this process.
        stamp = max((time.time_ns() << 12) // 1_000_000, self._last + 1)
        self._last = stamp
        if self._pid != os.getpid():
            # Seed once per process, a forked one included: a system call for random bytes
            # costs more than everything else here.
            self._pid, self._random = os.getpid(), random.Random(os.urandom(16))  # noqa: S311
        high = f'{(stamp >> 12) << 16 | 0x7000 | (stamp & 0xFFF):016x}'
        low = f'{1 << 63 | self._random.getrandbits(62):016x}'
        # The format of uuid.UUID, at a fifth of the cost.
        return f'{high[:8]}-{high[8:12]}-{high[12:]}-{low[:4]}-{low[4:]}'
