"""What comes in through constructors: time and names.

Nothing else in heatconv reads a clock or makes an id, so that a simulator can
hand in its own.
"""

from __future__ import annotations

import os
import random
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Return seconds since the epoch."""


class Ids(Protocol):
    """Makes ids."""

    def fresh(self) -> str:
        """Return an id never returned before; later ones sort after."""


class SystemClock:
    """The clock of the host."""

    def now(self) -> float:
        return time.time()


class SystemIds:
    """UUIDs whose order is that of their making (RFC 9562, version 7).

    Rows that are made together lie together in an index.
    """

    def __init__(self) -> None:
        self._last = 0
        self._pid = 0

    def fresh(self) -> str:
        # 48 bits of milliseconds and 12 of fraction; never twice the same here.
        stamp = max((time.time_ns() << 12) // 1_000_000, self._last + 1)
        self._last = stamp
        if self._pid != os.getpid():
            # Once for each process, a forked one too: asking the system costs more than
            # everything else here.
            self._pid, self._random = os.getpid(), random.Random(os.urandom(16))  # noqa: S311
        high = f'{(stamp >> 12) << 16 | 0x7000 | (stamp & 0xFFF):016x}'
        low = f'{1 << 63 | self._random.getrandbits(62):016x}'
        # As uuid.UUID would print it, at a fifth of the cost.
        return f'{high[:8]}-{high[8:12]}-{high[12:]}-{low[:4]}-{low[4:]}'
