"""Run many schedules, scenarios or bounded histories, on several processors."""

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

#: How many schedules one process handles as a piece.
PIECE = 100


@dataclass(frozen=True)
class Piece:
    """The result of some schedules.

    :ivar seconds: CPU seconds.
    :ivar found: number and case of the first failure.
    """

    schedules: int
    steps: int
    seconds: float
    found: tuple[int, Case] | None = None


def run_piece(plan: Plan, piece: range) -> Piece:
    """Run some schedules, up to the first failure."""
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
    """Collect garbage once a piece: the collector takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
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
    """Run schedules and give the result of each piece of them, in order.

    :param jobs: how many processes.
    :param start: the number of the first schedule.
    :param stop: asked between pieces whether to end early.
    """
    pieces = numbers(start, start + schedules, PIECE)
    yield from map_in_processes(partial(run_piece, plan), pieces, jobs, stop)


@dataclass(frozen=True)
class Outcome:
    """The result of a scenario.

    :ivar error: the failure; None without one.
    """

    name: str
    messages: int
    error: str | None = None
    trace: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return the result as one line."""
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
    """Run scenarios and give the result of each, in their order."""
    few = len(scenarios) < 10
    yield from map_in_processes(run_scenario, scenarios, 1 if few else jobs)


@dataclass
class Bounded:
    """All bounded histories, and their results as they come.

    :ivar total: how many there are.
    """

    jobs: int
    sweeps: bool
    histories: list[Any]

    @property
    def total(self) -> int:
        return len(self.histories)

    def __iter__(self) -> Iterator[tuple[int, list[bounded_histories.Found]]]:
        yield from map_in_processes(partial(_run_bounded, self.sweeps), self.histories, self.jobs)


def bounded(jobs: int, sweeps: bool = True) -> Bounded:
    """Return all bounded histories, to be run."""
    return Bounded(jobs, sweeps, list(bounded_histories.histories()))


def _run_bounded(sweeps: bool, history: Any) -> tuple[int, list[bounded_histories.Found]]:
    # A worker taken for dead is found by a sweep only.
    return bounded_histories.run([history], parks=sweeps, sweeps=sweeps)


def map_in_processes(
    function: Callable[[T], R],
    items: Iterable[T],
    jobs: int,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[R]:
    """Call a function for each item, without its logs; give the results in order.

    :param jobs: how many processes; with 1 it is called in this one.
    :param stop: asked after each item whether to end early.
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
