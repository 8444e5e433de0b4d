"""Run many schedules, on several processors."""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass

from heatconv.sim.case import Case, Plan, numbers

#: So many schedules are handed to a process at once.
PIECE = 100


@dataclass(frozen=True)
class Piece:
    """What came of some schedules.

    :ivar seconds: of processor time.
    :ivar found: the first of them that went wrong: its number and case.
    """

    schedules: int
    steps: int
    seconds: float
    found: tuple[int, Case] | None = None


def run_piece(plan: Plan, piece: range) -> Piece:
    """Run some schedules, up to the first that goes wrong."""
    began = time.process_time()
    steps = 0
    with silent(), _without_collection():
        for number in piece:
            result = plan.run(number)
            steps += result.steps
            if result.wrong:
                done = number - piece.start + 1
                case = plan.case(number).found(result)
                return Piece(done, steps, time.process_time() - began, (number, case))
    return Piece(len(piece), steps, time.process_time() - began)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Collect garbage once a piece: looking for it takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        gc.collect()


def silence() -> None:
    """Keep what the parts log to themselves: a fault that is meant is no news."""
    logging.disable(logging.CRITICAL)


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Keep what the parts log to themselves for a while."""
    before = logging.root.manager.disable
    silence()
    try:
        yield
    finally:
        logging.disable(before)


def run(
    plan: Plan,
    schedules: int,
    jobs: int = 1,
    start: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Piece]:
    """Run schedules and give what came of each piece of them, as they end.

    :param jobs: how many processes.
    :param start: the number of the first schedule.
    :param stop: asked between pieces whether to end early.
    """
    pieces = numbers(start, start + schedules, PIECE)
    if jobs == 1:
        for piece in pieces:
            if stop():
                return
            yield run_piece(plan, piece)
        return
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(jobs, context, initializer=silence) as pool:
        pending: set[Future[Piece]] = set()
        for piece in pieces:
            pending.add(pool.submit(run_piece, plan, piece))
            if len(pending) >= 2 * jobs:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                yield from (one.result() for one in done)
            if stop():
                break
        for one in pending:
            if stop():
                one.cancel()
            else:
                yield one.result()
