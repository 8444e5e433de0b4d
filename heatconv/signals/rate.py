"""Limits the rate of signals to each resource."""

from __future__ import annotations

import threading
from collections import OrderedDict

#: Number of resources whose rate is known; those signalled longest ago are forgotten.
KNOWN = 10_000


class RateLimit:
    """A token bucket for each resource.

    :param rate: signals in a second that a resource may receive on average; 0 for no limit.
    :param burst: signals that it may receive at once.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(max(burst, 1))
        self._lock = threading.Lock()
        #: By resource: how many signals it may receive at once, and since when.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, resource: str, now: float) -> float:
        """Count a signal, if the resource may receive it.

        :param resource: token of the resource.
        :param now: in seconds, by any clock that never goes back.
        :return: 0 if it may; else the seconds after which it may.
        """
        if self._rate <= 0:
            return 0.0
        with self._lock:
            left, since = self._buckets.pop(resource, (self._burst, now))
            left = min(left + (now - since) * self._rate, self._burst)
            admitted = left >= 1
            self._buckets[resource] = (left - 1 if admitted else left, now)
            while len(self._buckets) > KNOWN:
                self._buckets.popitem(last=False)
        return 0.0 if admitted else (1 - left) / self._rate
