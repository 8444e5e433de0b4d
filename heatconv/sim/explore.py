"""Runs of histories and scenarios under a scheduler: a safety phase, then a liveness phase.

In the safety phase requests and scheduled faults happen, and plugins may have trouble. The
liveness phase begins after the last of them: plugins work again, and the run must finish within a
bounded number of steps. A history may end with an epilogue: an update must repair everything, the
same update again must change nothing, and a delete must leave nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from heatconv.convergence.model import Status
from heatconv.sim import checkers, script
from heatconv.sim import schedule as schedules
from heatconv.sim.checkers.reality import differences, of_stack
from heatconv.sim.history import STACK, History
from heatconv.sim.moves import LATER, Running
from heatconv.sim.play import make_world
from heatconv.sim.schedule import Schedule, Scheduler
from heatconv.sim.script import Request, Scenario
from heatconv.sim.templates import Templates
from heatconv.sim.watcher import Watcher
from heatconv.sim.world import World

#: Faults and changes of priority happen before this step.
HORIZON = 150

#: Limit of steps: no history with a few resources needs more to finish.
MAX_STEPS = 20_000

#: Limit of consecutive moves of the clock without progress: after more, there will be none.
MAX_IDLE_TURNS = 60

TEMPLATES = Templates()

#: A timeout that no run reaches.
AMPLE = {'timeout_mins': 600}


@dataclass(frozen=True)
class Options:
    """Options of a world.

    :ivar faults: kinds of faults that may happen.
    :ivar sweeps: whether workers sweep; without sweeps no message may be lost.
    :ivar workers: number of workers.
    :ivar store: creates the store; None for a store in memory.
    """

    faults: tuple[str, ...] = ()
    sweeps: bool = True
    workers: int = 3
    store: Callable[..., Any] | None = None


@dataclass
class Result:
    """The result of a run.

    :ivar wrong: the violations; empty if the run succeeded.
    :ivar steps: number of steps.
    :ivar schedule: the recorded schedule, which reproduces the run.
    :ivar trace: the lines of the trace; empty without tracing.
    """

    wrong: list[str]
    steps: int
    schedule: Schedule
    trace: list[str] = field(default_factory=list)


class _Asserts:
    """Replaces a TestCase: failed assertions are collected instead of raised."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if not name.startswith('assert'):
            raise AttributeError(name)
        import unittest

        method = getattr(unittest.TestCase(), name)

        def check(*args: Any, **kwargs: Any) -> None:
            try:
                method(*args, **kwargs)
            except AssertionError as error:
                self.failed.append(str(error))

        return check


class Run:
    """One run of a history or a scenario in a new world."""

    world_type: type[World] = World

    def watchers(self) -> list[Watcher]:
        """Return the checkers of the world."""
        return checkers.every()

    def __init__(self, scheduler: Scheduler, options: Options, tracing: bool = False) -> None:
        self._scheduler = scheduler
        self._last_fault = max(scheduler.faults, default=-1)
        # The recorded faults include those after the end: the last one decides when the liveness
        # phase begins.
        self._made = Schedule(faults=dict(scheduler.faults))
        self._asserts = _Asserts()
        self._verifies = True
        self.world: World = make_world(
            options.store,
            TEMPLATES,
            self.watchers(),
            self.world_type,
            workers=options.workers,
            sweeps=options.sweeps,
            tracing=tracing,
        )
        self.world.call = self._call  # type: ignore[method-assign]

    def history(self, history: History) -> Result:
        """Run a history."""
        self.world.entries = list(history.entries)
        self.world.settles = history.settles
        self.world.fused = history.fused
        self._run_to_rest()
        if history.final is not None and not self.world.violations:
            if history.always or self._is_doubtful():
                self._epilogue(history)
        return self._result()

    def scenario(self, scenario: Scenario) -> Result:
        """Run a scenario, in any order.

        A `noop` is only a delay. A `verify` counts only if nothing is in progress. Assertions of
        other calls do not count, because they may rely on the order of the prototype.
        """
        world = self.world
        calls = scenario.record(world.reality, self._verify, self._asserts)
        world.entries = calls.engine
        # The effect of these requests depends on the operations in progress.
        verbs = [request.verb for request in calls.engine if isinstance(request, Request)]
        self._verifies = 'rollback' not in verbs and 'cancel' not in verbs
        self._run_to_rest()
        return self._result()

    def _is_doubtful(self) -> bool:
        """Say whether the checkers had to skip something, so that a repair may be needed."""
        return self.world.zombie_acted or any(
            stack.status != Status.COMPLETE for stack in self.world.stacks()
        )

    def _result(self) -> Result:
        world = self.world
        return Result(list(world.violations), world.steps, self._made, world.trace)

    # Steps

    def _run_to_rest(self) -> None:
        """Make moves until no work is left, or there is a violation."""
        world, pick = self.world, self._scheduler.pick
        faults, recorded = self._scheduler.faults, self._made
        violations = world.violations
        idle_turns = 0
        calm = False
        while not violations:
            step = world.steps
            if step in faults:
                world.steps += 1
                schedules.strike(world, faults[step])
                continue
            choices = world.choices()
            if not choices:
                if not world.at_rest():
                    world.violate('liveness: no move is possible, but work is left')
                break
            only_time = choices[0] is LATER
            if only_time and world.at_rest():
                break
            if not world.entries and (only_time or step > HORIZON) and not calm:
                # The liveness phase begins once no scheduled fault is to come.
                calm = step > self._last_fault
                if calm:
                    world.reality.repair()
            if only_time:
                idle_turns += 1
                if idle_turns > MAX_IDLE_TURNS:
                    world.violate('liveness: only time passes, but work is left')
                    break
            if step > MAX_STEPS:
                world.violate(f'liveness: work is left after {MAX_STEPS} steps')
                break
            index = pick(step, choices)
            if index:
                recorded.choices[step] = index
            choice = choices[index]
            if not only_time and choice is not LATER:
                idle_turns = 0 if type(choice) is Running else idle_turns
            world.take(choice)
        if not violations:
            for watcher in world.watchers:
                watcher.rested(world)

    def _epilogue(self, history: History) -> None:
        """Run the epilogue: an update, if `always` the same update again, and a delete."""
        world = self.world
        assert history.final is not None
        stack = world.stack(STACK)
        if stack is None:
            if world.reality.rows:
                world.violate(f'epilogue: a delete left {list(world.reality.rows)}')
            return
        world.reality.repair()
        if stack.action != 'DELETE':
            world.zombie_acted = False
            world.entries = [Request('update', STACK, history.final, AMPLE)]
            self._run_to_rest()
            self._check_repaired(history)
            if world.violations:
                return
            if history.always:
                self._repeat_update(history)
        if world.violations:
            return
        world.entries = [Request('delete', STACK)]
        self._run_to_rest()
        if not world.violations and (world.stack(STACK) or world.reality.rows):
            world.violate(f'epilogue: a delete left {list(world.reality.rows)}')

    def _repeat_update(self, history: History) -> None:
        """Check that the same update again replaces nothing."""
        world = self.world
        before = sorted(world.reality.rows)
        world.entries = [Request('update', STACK, history.final, AMPLE)]
        self._run_to_rest()
        self._check_repaired(history)
        if not world.violations and sorted(world.reality.rows) != before:
            world.violate('epilogue: an identical update replaced something')

    def _check_repaired(self, history: History) -> None:
        """Check that the last update succeeded, and that reality matches its template."""
        world = self.world
        stack = world.stack(STACK)
        assert history.final is not None
        if world.violations or stack is None:
            return
        if stack.status != Status.COMPLETE:
            world.violate(f'epilogue: an update did not repair the stack: {stack.reason}')
            return
        snapshot = world.snapshots[stack.id]
        for problem in differences(history.final, of_stack(world.reality, snapshot)):
            world.violate(f'epilogue: {problem}')
        for uuid, physical in world.reality.rows.items():
            if physical.token not in snapshot.rows:
                world.violate(f'epilogue: {uuid} of {physical.logical_name} belongs to no row')

    # Calls of scenarios

    def _verify(self, template: Any) -> None:
        """Compare reality with a template, unless the expected state is uncertain at present."""
        world = self.world
        uncertain = not self._verifies or world.zombie_acted
        uncertain = uncertain or world.reality.troubled or world.refused
        if uncertain or world.running or world.messages:
            return
        if any(stack.status != Status.COMPLETE for stack in world.stacks()):
            return
        for problem in differences(template, world.reality.rows.values()):
            world.violate(f'verify: {problem}')

    def _call(self, entry: script.Call) -> None:
        """Call a function of the scenario, and ignore its failure."""
        try:
            entry.function(*entry.args, **entry.kwargs)
        except Exception:
            # The function may rely on the order of the prototype.
            return
        finally:
            self._asserts.failed.clear()


def scheduler_for(seed: str, faults: Sequence[str]) -> Scheduler:
    """Return a scheduler: about two of three are random walks, the others use priorities."""
    source = random.Random(seed)  # noqa: S311 - schedules, not secrets
    drawn = schedules.draw_faults(source, faults, HORIZON)
    if source.random() < 0.65:
        return schedules.RandomWalk(source, drawn)
    return schedules.Pct(source, drawn, HORIZON)


def run_history(
    history: History, scheduler: Scheduler, options: Options, tracing: bool = False
) -> Result:
    """Run a history under a scheduler."""
    return Run(scheduler, options, tracing).history(history)


def run_scenario(
    scenario: Scenario, scheduler: Scheduler, options: Options, tracing: bool = False
) -> Result:
    """Run a scenario under a scheduler."""
    return Run(scheduler, options, tracing).scenario(scenario)
