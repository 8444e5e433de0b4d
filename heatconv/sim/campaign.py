"""Campaigns: runs of many schedules, scenarios or bounded histories, in several processes."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from unittest import TestCase

from heatconv.sim import bounded as bounded_histories
from heatconv.sim.case import Case, Plan, numbers
from heatconv.sim.play import make_world, play
from heatconv.sim.script import Scenario
from heatconv.sim.silence import silence, silent

T = TypeVar('T')
R = TypeVar('R')

#: Number of consecutive schedules that one process runs as a piece.
PIECE = 100


@dataclass(frozen=True)
class Piece:
    """The result of a piece: of some consecutive schedules, up to the first failure.

    :ivar schedules: number of schedules that were run.
    :ivar steps: number of steps of these schedules.
    :ivar seconds: CPU time in seconds.
    :ivar found: number and case of the first failure; None if there is none.
    """

    schedules: int
    steps: int
    seconds: float
    found: tuple[int, Case] | None = None


def run_piece(plan: Plan, piece: range) -> Piece:
    """Run the schedules of a range, up to the first failure."""
    began = time.process_time()
    steps = 0
    with _without_collection():
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
    """Collect garbage once at the end: else the collector takes a tenth of the time.

    It never visits what there was before the first piece: the modules.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    if not gc.get_freeze_count():
        gc.freeze()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        gc.collect()


def run(
    plan: Plan,
    schedules: int,
    jobs: int = 1,
    start: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Piece]:
    """Run consecutive schedules, and yield the result of each piece in order.

    :param schedules: number of schedules.
    :param jobs: number of processes.
    :param start: number of the first schedule.
    :param stop: called between pieces; returns True to end early.
    """
    pieces = numbers(start, start + schedules, PIECE)
    yield from map_in_processes(partial(run_piece, plan), pieces, jobs, stop)


@dataclass(frozen=True)
class Outcome:
    """The result of a scenario.

    :ivar messages: number of steps of the run.
    :ivar error: the failure; None if the scenario succeeded.
    :ivar trace: the trace of a failed run.
    """

    name: str
    messages: int
    error: str | None = None
    trace: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return a line with the result and the name."""
        return f'{"ok" if self.error is None else "FAILED":<7} {self.name}'


def run_scenario(scenario: Scenario) -> Outcome:
    """Run a scenario in the order of the prototype."""
    world = make_world(workers=1, sweeps=False, tracing=True)
    try:
        play(scenario, TestCase(), world)
    except AssertionError as error:
        return Outcome(scenario.name, world.steps, str(error), world.trace)
    except Exception:
        return Outcome(scenario.name, world.steps, traceback.format_exc(), world.trace)
    return Outcome(scenario.name, world.steps)


def run_scenarios(scenarios: Sequence[Scenario], jobs: int) -> Iterator[Outcome]:
    """Run scenarios, and yield the result of each in their order."""
    few = len(scenarios) < 10
    yield from map_in_processes(run_scenario, scenarios, 1 if few else jobs)


@dataclass
class Bounded:
    """The runs of all bounded histories: an iteration runs them, and yields their results.

    :ivar jobs: number of processes.
    :ivar sweeps: whether workers sweep.
    :ivar histories: the histories with their names.
    """

    jobs: int
    sweeps: bool
    histories: list[Any]

    @property
    def total(self) -> int:
        """Return the number of histories."""
        return len(self.histories)

    def __iter__(self) -> Iterator[tuple[int, list[bounded_histories.Found]]]:
        yield from map_in_processes(partial(_run_bounded, self.sweeps), self.histories, self.jobs)


def bounded(jobs: int, sweeps: bool = True) -> Bounded:
    """Return the runs of all bounded histories."""
    return Bounded(jobs, sweeps, list(bounded_histories.histories()))


def _run_bounded(sweeps: bool, history: Any) -> tuple[int, list[bounded_histories.Found]]:
    # Only a sweep finds the rows of a parked worker.
    return bounded_histories.run([history], parks=sweeps, sweeps=sweeps)


def map_in_processes(
    function: Callable[[T], R],
    items: Iterable[T],
    jobs: int,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[R]:
    """Call a function for each item without its logs, and yield the results in order.

    :param jobs: number of processes; with 1, the function is called in this process.
    :param stop: called between items; returns True to end early.
    """
    if jobs == 1:
        for item in items:
            if stop():
                return
            with silent():
                result = function(item)
            yield result
        return
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(jobs, context, initializer=silence) as pool:
        pending: deque[Future[R]] = deque()
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= 4 * jobs:
                yield pending.popleft().result()
            if stop():
                break
        while pending:
            if stop():
                pending.popleft().cancel()
            else:
                yield pending.popleft().result()
