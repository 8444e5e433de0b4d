"""Run a history under a schedule: first faults, then calm, then what must hold.

In the safety phase anything may happen that the schedule says. When all requests
are made and the faults are over, plugins work again, and everything must come to
rest in a bounded number of steps. A history may end with an epilogue: an update
must mend whatever is left, the same update again must change nothing, a delete must
leave nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from heatconv.convergence.model import Status
from heatconv.sim import schedule as schedules
from heatconv.sim import script
from heatconv.sim.checkers.reality import differences, of_stack
from heatconv.sim.history import STACK, History
from heatconv.sim.moves import LATER, Running
from heatconv.sim.play import make_world
from heatconv.sim.schedule import Schedule, Scheduler
from heatconv.sim.script import Request, Scenario
from heatconv.sim.templates import Templates
from heatconv.sim.world import World

#: Faults and changes of priority fall into so many first steps.
HORIZON = 150

#: No history of a few resources takes longer to come to rest.
MAX_STEPS = 20_000

#: Nothing new has happened for so many turns of the clock: nothing ever will.
MAX_IDLE_TURNS = 60

TEMPLATES = Templates()

#: Time enough, whatever befalls.
AMPLE = {'timeout_mins': 600}


@dataclass(frozen=True)
class Options:
    """What a world is like.

    :ivar faults: the kinds of faults that may happen.
    :ivar sweeps: whether workers sweep; without, no message may be lost.
    :ivar store: makes the store; None for one in memory.
    """

    faults: tuple[str, ...] = ()
    sweeps: bool = True
    workers: int = 3
    store: Callable[..., Any] | None = None


@dataclass
class Result:
    """How a run ended.

    :ivar wrong: what was found wrong; empty if all is well.
    :ivar schedule: what was chosen: it leads there again.
    """

    wrong: list[str]
    steps: int
    schedule: Schedule
    trace: list[str] = field(default_factory=list)


class _Asserts:
    """Stands in for a TestCase: what a scenario asserts is found wrong, not raised."""

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
    """One run."""

    def __init__(self, scheduler: Scheduler, options: Options, tracing: bool = False) -> None:
        self._scheduler = scheduler
        self._last_fault = max(scheduler.faults, default=-1)
        # Those too that come after the end: when calm begins depends on the last.
        self._made = Schedule(faults=dict(scheduler.faults))
        self._asserts = _Asserts()
        self._verifies = True
        self.world: World = make_world(
            options.store,
            TEMPLATES,
            workers=options.workers,
            sweeps=options.sweeps,
            tracing=tracing,
        )
        self.world.call = self._call  # type: ignore[method-assign]

    def history(self, history: History) -> Result:
        """Live through a history."""
        self.world.entries = list(history.entries)
        self.world.settles = history.settles
        self.world.fused = history.fused
        self._to_rest()
        if history.final is not None and not self.world.violations:
            if history.always or self._is_doubtful():
                self._epilogue(history)
        return self._result()

    def scenario(self, scenario: Scenario) -> Result:
        """Live through what a scenario asks for, whatever the order.

        Its delays merely delay. What it verifies is verified where nothing is
        under way; what else it calls may rely on the order of the prototype, so
        that its assertions count for nothing here.
        """
        world = self.world
        said = scenario.record(world.reality, self._verify, self._asserts)
        world.entries = said.engine
        # Where those lead depends on what they find under way.
        verbs = [one.verb for one in said.engine if isinstance(one, Request)]
        self._verifies = 'rollback' not in verbs and 'cancel' not in verbs
        self._to_rest()
        return self._result()

    def _is_doubtful(self) -> bool:
        """Say whether the checkers had to leave something out of account."""
        return self.world.zombie_acted or any(
            one.status != Status.COMPLETE for one in self.world.stacks()
        )

    def _result(self) -> Result:
        world = self.world
        return Result(list(world.violations), world.steps, self._made, world.trace)

    # Steps

    def _to_rest(self) -> None:
        world, pick = self.world, self._scheduler.pick
        faults, made = self._scheduler.faults, self._made
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
                    world.violate('liveness: nothing can happen, and it is not at rest')
                break
            only_time = choices[0] is LATER
            if only_time and world.at_rest():
                break
            if not world.entries and (only_time or step > HORIZON) and not calm:
                # From here on nothing new goes wrong, but for faults to come.
                calm = step > self._last_fault
                if calm:
                    world.reality.repair()
            if only_time:
                idle_turns += 1
                if idle_turns > MAX_IDLE_TURNS:
                    world.violate('liveness: time goes on, and it does not come to rest')
                    break
            if step > MAX_STEPS:
                world.violate(f'liveness: not at rest after {MAX_STEPS} steps')
                break
            index = pick(step, choices)
            if index:
                made.choices[step] = index
            chosen = choices[index]
            if not only_time and chosen is not LATER:
                idle_turns = 0 if type(chosen) is Running else idle_turns
            world.take(chosen)
        if not violations:
            for watcher in world.watchers:
                watcher.rested(world)

    def _epilogue(self, history: History) -> None:
        """Mend, do nothing, delete."""
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
            self._to_rest()
            self._mended(history)
            if world.violations:
                return
            if history.always:
                self._again(history)
        if world.violations:
            return
        world.entries = [Request('delete', STACK)]
        self._to_rest()
        if not world.violations and (world.stack(STACK) or world.reality.rows):
            world.violate(f'epilogue: a delete left {list(world.reality.rows)}')

    def _again(self, history: History) -> None:
        """Ask for the same once more."""
        world = self.world
        before = sorted(world.reality.rows)
        world.entries = [Request('update', STACK, history.final, AMPLE)]
        self._to_rest()
        self._mended(history)
        if not world.violations and sorted(world.reality.rows) != before:
            world.violate('epilogue: an identical update replaced something')

    def _mended(self, history: History) -> None:
        world = self.world
        stack = world.stack(STACK)
        assert history.final is not None
        if world.violations or stack is None:
            return
        if stack.status != Status.COMPLETE:
            world.violate(f'epilogue: an update did not mend the stack: {stack.reason}')
            return
        snapshot = world.snapshots[stack.id]
        for wrong in differences(history.final, of_stack(world.reality, snapshot)):
            world.violate(f'epilogue: {wrong}')
        for uuid, row in world.reality.rows.items():
            if row.token not in snapshot.rows:
                world.violate(f'epilogue: {uuid} of {row.logical_name} is left over')

    # What a scenario calls

    def _verify(self, template: Any) -> None:
        """Compare reality with a template, if nothing is under way."""
        world = self.world
        uncertain = not self._verifies or world.zombie_acted
        uncertain = uncertain or world.reality.troubled or world.refused
        if uncertain or world.running or world.messages:
            return
        if any(one.status != Status.COMPLETE for one in world.stacks()):
            return
        for wrong in differences(template, world.reality.rows.values()):
            world.violate(f'verify: {wrong}')

    def _call(self, entry: script.Call) -> None:
        try:
            entry.function(*entry.args, **entry.kwargs)
        except Exception:
            # It may look for what is only there in the order of the prototype.
            return
        finally:
            self._asserts.failed.clear()


def scheduler_for(seed: str, faults: Sequence[str]) -> Scheduler:
    """Return a scheduler: two of three walk at random, the third has priorities."""
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
