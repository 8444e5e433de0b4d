"""Schedulers, and the schedules of the runs that they drive.

A schedule maps steps to faults, and steps to choices. It contains only the choices other than the
default, which continues the last task. Its replay gives the same trace. A schedule with fewer
choices gives a simpler trace.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from heatconv.sim import faults
from heatconv.sim.moves import LATER, NEXT, NOW, Choice, Message, Pause, Running
from heatconv.sim.world import World

CRASH = 'crash'
PARK = 'park'
BURY = 'bury'
DROP = 'drop'
DUPLICATE = 'duplicate'

#: A fault: its kind, and a number that selects its target.
Fault = tuple[str, int]


@dataclass
class Schedule:
    """The choices and the faults of a run.

    :ivar choices: index of the chosen move, by step; steps with the index 0 are left out.
    :ivar faults: the fault of a step, by step.
    """

    choices: dict[int, int] = field(default_factory=dict)
    faults: dict[int, Fault] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            'choices': [[step, index] for step, index in sorted(self.choices.items())],
            'faults': [[step, *fault] for step, fault in sorted(self.faults.items())],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Schedule:
        return cls(
            {int(step): int(index) for step, index in value['choices']},
            {int(step): (str(kind), int(salt)) for step, kind, salt in value['faults']},
        )


class Scheduler(Protocol):
    """Chooses the next move of a run."""

    #: Faults by step.
    faults: Mapping[int, Fault]

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        """Return the index of the next move.

        :param choices: the possible moves; the first one is the default.
        """


class Recorded:
    """Replays a schedule; it makes the default choice at steps that the schedule does not list."""

    def __init__(self, schedule: Schedule) -> None:
        self.faults: Mapping[int, Fault] = schedule.faults
        self._choices = schedule.choices

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        return self._choices.get(step, 0) % len(choices)


def draw_faults(
    source: random.Random, kinds: Sequence[str], horizon: int, most: int = 4
) -> dict[int, Fault]:
    """Draw faults at random steps.

    :param kinds: the kinds to draw from; no faults if empty.
    :param horizon: the faults are before this step.
    :param most: largest number of faults.
    """
    if not kinds:
        return {}
    return {
        source.randrange(horizon): (source.choice(kinds), source.randrange(1 << 16))
        for _ in range(source.randint(0, most))
    }


class RandomWalk:
    """Chooses with equal probability, but rarely zombies and the clock."""

    def __init__(self, source: random.Random, faults: Mapping[int, Fault]) -> None:
        self.faults = faults
        self._random = source.random

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        count = len(choices)
        if count == 1:
            return 0
        index = int(self._random() * count)
        chosen = choices[index]
        unlikely = chosen is LATER or (
            type(chosen) is Running and chosen.worker is not None and chosen.worker.parked
        )
        if unlikely and self._random() < 0.85:
            index = int(self._random() * (count - 1))
        return index


class Pct:
    """Chooses the move of highest priority; priorities change at a few steps only.

    It finds a race of depth d with a guaranteed probability (Burckhardt et al., A Randomized
    Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010).
    """

    def __init__(
        self,
        source: random.Random,
        faults: Mapping[int, Fault],
        horizon: int,
        depth: int = 3,
    ) -> None:
        self.faults = faults
        self._source = source
        self._changes = {source.randrange(horizon) for _ in range(depth)}
        self._priorities: dict[int, float] = {}
        self._next = source.random()
        self._lowest = 0.0

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        if len(choices) == 1:
            return 0
        best = max(range(len(choices)), key=lambda index: self._priority(choices[index]))
        if step in self._changes:
            self._demote(choices[best])
            best = max(range(len(choices)), key=lambda index: self._priority(choices[index]))
        if choices[best] is NEXT:
            self._next = self._source.random()
        return best

    def _priority(self, choice: Choice) -> float:
        if isinstance(choice, Running | Message | Pause):
            priority = self._priorities.get(choice.serial)
            if priority is None:
                priority = self._source.random()
                if isinstance(choice, Running) and choice.worker and choice.worker.parked:
                    priority -= 1.0
                self._priorities[choice.serial] = priority
            return priority
        if choice is NEXT:
            return self._next
        return -0.5 if choice is NOW else -1e9

    def _demote(self, choice: Choice) -> None:
        self._lowest -= 1.0
        if choice is NEXT:
            self._next = self._lowest
        elif isinstance(choice, Running | Message | Pause):
            self._priorities[choice.serial] = self._lowest


def strike(world: World, fault: Fault) -> None:
    """Inject a fault, unless it has no target."""
    kind, salt = fault
    if kind in (CRASH, PARK):
        if kind == CRASH and salt % 5 == 0:
            faults.crash_engine(world)
            return
        busy = [
            worker
            for worker in world.workers
            if any(running.worker is worker for running in world.running)
        ]
        candidates = busy or world.workers
        worker = candidates[salt // 5 % len(candidates)]
        if kind == CRASH:
            faults.crash(world, worker, loses_messages=salt % 2 == 1)
        else:
            faults.park(world, worker)
    elif kind == BURY:
        faults.bury(world, salt)
    elif world.messages:
        index = salt % len(world.messages)
        if kind == DROP:
            faults.drop(world, world.messages[index])
        else:
            faults.duplicate(world, world.messages[index])
