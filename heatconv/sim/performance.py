"""Run scenarios, and all bounded histories, on several processors."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from unittest import TestCase

from heatconv.sim import bounded as bounded_histories
from heatconv.sim.campaign import silence, silent
from heatconv.sim.play import make_world, play
from heatconv.sim.script import Scenario


@dataclass(frozen=True)
class Outcome:
    """How a scenario went.

    :ivar error: what was wrong; None if nothing was.
    """

    name: str
    messages: int
    error: str | None = None
    trace: list[str] = field(default_factory=list)

    def line(self) -> str:
        """Return it in a line."""
        return f'{"ok" if self.error is None else "FAILED":<7} {self.name}'


def run_one(scenario: Scenario) -> Outcome:
    """Play a scenario in the order of the prototype."""
    world = make_world(workers=1, sweeps=False, tracing=True)
    try:
        play(scenario, TestCase(), world)
    except AssertionError as error:
        return Outcome(scenario.name, world.steps, str(error), world.trace)
    except Exception:
        return Outcome(scenario.name, world.steps, traceback.format_exc(), world.trace)
    return Outcome(scenario.name, world.steps)


def run_all(scenarios: Sequence[Scenario], jobs: int) -> Iterator[Outcome]:
    """Play scenarios and give how each went, in their order."""
    if jobs == 1 or len(scenarios) < 10:
        with silent():
            yield from map(run_one, scenarios)
        return
    with _pool(jobs) as pool:
        yield from pool.map(run_one, scenarios, chunksize=4)


@dataclass
class Bounded:
    """All bounded histories, as their runs end.

    :ivar total: how many there are.
    """

    jobs: int
    sweeps: bool
    histories: list[Any]

    @property
    def total(self) -> int:
        return len(self.histories)

    def __iter__(self) -> Iterator[tuple[int, list[bounded_histories.Found]]]:
        if self.jobs == 1:
            with silent():
                for one in self.histories:
                    yield _run_bounded((one, self.sweeps))
            return
        with _pool(self.jobs) as pool:
            yield from pool.map(_run_bounded, [(one, self.sweeps) for one in self.histories])


def bounded(jobs: int, sweeps: bool = True) -> Bounded:
    """Return all bounded histories, to be run."""
    return Bounded(jobs, sweeps, list(bounded_histories.histories()))


def _run_bounded(asked: tuple[Any, bool]) -> tuple[int, list[bounded_histories.Found]]:
    history, sweeps = asked
    # Those taken for dead need a sweep to be found.
    return bounded_histories.run([history], parks=sweeps, sweeps=sweeps)


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, multiprocessing.get_context('spawn'), initializer=silence)
