"""Schedulers, and the schedules that they record.

A schedule has the choices of a scheduler that did not simply continue: a map from steps to
choices, and one from steps to faults. Its replay gives the same trace; without some of its
choices, a simpler one.
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

#: A fault: its kind, and a number that selects its object.
Fault = tuple[str, int]


@dataclass
class Schedule:
    """The choices and the faults of a run.

    :ivar choices: by step, the index of the choice, where it is not 0.
    :ivar faults: by step.
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
    """Chooses the next move."""

    #: Faults by step.
    faults: Mapping[int, Fault]

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        """Return the index of the next move."""


class Recorded:
    """Replays a schedule; continues with the last task at other steps."""

    def __init__(self, schedule: Schedule) -> None:
        self.faults: Mapping[int, Fault] = schedule.faults
        self._choices = schedule.choices

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        return self._choices.get(step, 0) % len(choices)


def draw_faults(
    source: random.Random, kinds: Sequence[str], horizon: int, most: int = 4
) -> dict[int, Fault]:
    """Draw a number of faults among the first steps."""
    if not kinds:
        return {}
    return {
        source.randrange(horizon): (source.choice(kinds), source.randrange(1 << 16))
        for _ in range(source.randint(0, most))
    }


class RandomWalk:
    """Chooses evenly, but zombies and the clock seldom."""

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
    """Chooses by priority, which changes at a few steps only.

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
            found = self._priorities.get(choice.serial)
            if found is None:
                found = self._source.random()
                if isinstance(choice, Running) and choice.worker and choice.worker.parked:
                    found -= 1.0
                self._priorities[choice.serial] = found
            return found
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
    """Let a fault happen; a fault without an object does not."""
    kind, salt = fault
    if kind in (CRASH, PARK):
        if kind == CRASH and salt % 5 == 0:
            faults.crash_engine(world)
            return
        busy = [
            worker for worker in world.workers if any(r.worker is worker for r in world.running)
        ]
        workers = busy or world.workers
        worker = workers[salt // 5 % len(workers)]
        if kind == CRASH:
            faults.crash(world, worker, unsaid=salt % 2 == 1)
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
