"""Jobs that take turns: each has a thread, and exactly one of them runs at any time."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Job:
    """One function in a thread of its own, which runs only during its turns.

    :ivar error: the exception that ended it, or None.
    """

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._turn = threading.Semaphore(0)
        self._yielded = threading.Semaphore(0)
        self._ended = False
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take_turn(self) -> bool:
        """Run until the job pauses or ends; return whether it ended."""
        self._turn.release()
        self._yielded.acquire()
        if self._ended:
            self._thread.join()
        return self._ended

    def _run(self) -> None:
        _CURRENT.job = self
        self._turn.acquire()
        try:
            self._function()
        except BaseException as error:
            self.error = error
        self._ended = True
        self._yielded.release()

    def _pause(self) -> None:
        self._yielded.release()
        self._turn.acquire()


class _Current(threading.local):
    job: Job | None = None


_CURRENT = _Current()


def pause() -> None:
    """End the turn of the current job, if this is the thread of a job."""
    if _CURRENT.job is not None:
        _CURRENT.job._pause()
