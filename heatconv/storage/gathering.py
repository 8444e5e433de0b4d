"""Gather the concurrent calls of threads: one statement costs less than one for each thread.

While one thread makes a call, those of the others queue up; the next call serves all of them
(group commit).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from heatconv.storage.base import StoreUnavailable

Item = TypeVar('Item')
Result = TypeVar('Result')


@dataclass(slots=True, eq=False)
class _Pending(Generic[Item, Result]):
    """An item that waits for its result.

    :ivar answers: its result or error, once it is there.
    """

    item: Item
    answers: list[Result | Exception] = field(default_factory=list)


class Gathering(Generic[Item, Result]):
    """Calls a function for the items of several threads at once.

    An item is handed over after its thread has asked, so the function never reads for it what was
    there before.

    :param function: takes items in the order in which they came, and returns for each a result or
        an exception. One that it raises counts for all of them.
    :param limit: largest number of items of one call.
    """

    def __init__(
        self, function: Callable[[list[Item]], Sequence[Result | Exception]], limit: int
    ) -> None:
        self._function = function
        self._limit = limit
        self._queue_lock = threading.Lock()
        self._call_lock = threading.Lock()
        self._queued: list[_Pending[Item, Result]] = []

    def __call__(self, item: Item) -> Result:
        """Return the result of an item.

        :raises Exception: that the function returned for the item, or raised.
        :raises StoreUnavailable: if the process ends meanwhile.
        """
        pending: _Pending[Item, Result] = _Pending(item)
        with self._queue_lock:
            self._queued.append(pending)
        # Whoever calls serves all that wait; then the others have nothing left to do.
        while not pending.answers:
            with self._call_lock:
                if not pending.answers:
                    self._serve()
        (answer,) = pending.answers
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _serve(self) -> None:
        """Call the function for the items that wait longest."""
        with self._queue_lock:
            group, self._queued = self._queued[: self._limit], self._queued[self._limit :]
        answers: Sequence[Result | Exception]
        try:
            answers = self._function([pending.item for pending in group])
        except Exception as error:
            answers = [error] * len(group)
        except BaseException:
            # The process ends: nobody else would wake the other threads.
            self._answer(group, [StoreUnavailable('the process ends')] * len(group))
            raise
        self._answer(group, answers)

    def _answer(
        self, group: Sequence[_Pending[Item, Result]], answers: Sequence[Result | Exception]
    ) -> None:
        for pending, answer in zip(group, answers, strict=True):
            pending.answers.append(answer)
