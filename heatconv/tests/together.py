"""Let threads call a `Gathering` at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from heatconv.storage.gathering import Gathering


def together(gathering: Gathering[Any, Any], calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make calls that wait for each other; return their results or exceptions, in order.

    :param calls: each hands one item to the gathering.
    """
    results: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        try:
            results[number] = calls[number]()
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    with gathering._call_lock:
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(gathering._queued) < number:
                thread.join(0.01)
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return results
