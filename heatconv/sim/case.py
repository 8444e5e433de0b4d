"""Repeatable runs: a history, a world and a schedule."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from heatconv.sim import explore, history, stores
from heatconv.sim.explore import Options, Result
from heatconv.sim.history import History
from heatconv.sim.schedule import Recorded, Schedule, Scheduler
from heatconv.sim.script import Scenario

#: How many schedules in a row share a random history: compiling its templates once leaves more
#: time for runs.
SCHEDULES_PER_HISTORY = 4


@dataclass(frozen=True)
class Plan:
    """A plan of exploration.

    :ivar scenarios: explored in turn; random histories if empty.
    :ivar faults: kinds of faults, drawn for each schedule.
    :ivar trouble: whether plugins may fail or take long, in random histories.
    :ivar resources: largest number of resources of a template, in random histories.
    """

    scenarios: tuple[Scenario, ...] = ()
    seed: int = 0
    faults: tuple[str, ...] = ()
    sweeps: bool = True
    workers: int = 3
    store: str = 'memory'
    trouble: bool = True
    resources: int = 4

    def case(self, number: int) -> Case:
        """Return the case of a number; it depends on the plan and the number only."""
        subject: Scenario | History
        if self.scenarios:
            subject = self.scenarios[number % len(self.scenarios)]
        else:
            drawn = number // SCHEDULES_PER_HISTORY
            source = random.Random(f'{self.seed}/history/{drawn}')  # noqa: S311
            subject = history.draw(source, self.trouble, self.resources)
        return Case(subject, self.faults, self.sweeps, self.workers, self.store)

    def scheduler(self, number: int) -> Scheduler:
        """Return the scheduler of a number."""
        return explore.scheduler_for(f'{self.seed}/schedule/{number}', self.faults)

    def run(self, number: int, tracing: bool = False) -> Result:
        """Run the schedule of a number."""
        return self.case(number).run(self.scheduler(number), tracing)


@dataclass(frozen=True)
class Case:
    """A history and its world.

    :ivar schedule: the schedule of a failure; None if it is not known yet.
    :ivar wrong: the failure.
    """

    subject: Scenario | History
    faults: tuple[str, ...] = ()
    sweeps: bool = True
    workers: int = 3
    store: str = 'memory'
    schedule: Schedule | None = None
    wrong: tuple[str, ...] = field(default=(), compare=False)

    def run(self, scheduler: Scheduler, tracing: bool = False) -> Result:
        """Run under a scheduler."""
        with stores.maker(self.store) as store:
            options = Options(self.faults, self.sweeps, self.workers, store)
            if isinstance(self.subject, Scenario):
                return explore.run_scenario(self.subject, scheduler, options, tracing)
            return explore.run_history(self.subject, scheduler, options, tracing)

    def replay(self, tracing: bool = True) -> Result:
        """Replay the failure."""
        return self.run(Recorded(self.schedule or Schedule()), tracing)

    def found(self, result: Result) -> Case:
        """Return the case with the failure of a run."""
        return replace(self, schedule=result.schedule, wrong=tuple(result.wrong))

    def to_json(self) -> dict[str, Any]:
        subject = self.subject
        if isinstance(subject, Scenario):
            shown: dict[str, Any] = {'name': subject.name, 'source': subject.source}
        else:
            shown = subject.to_json()
        return {
            'scenario' if isinstance(subject, Scenario) else 'history': shown,
            'faults': list(self.faults),
            'sweeps': self.sweeps,
            'workers': self.workers,
            'store': self.store,
            'schedule': (self.schedule or Schedule()).to_json(),
            'wrong': list(self.wrong),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Case:
        subject: Scenario | History
        if 'scenario' in value:
            name = value['scenario']['name']
            subject = Scenario(name, f'<scenario {name}>', value['scenario']['source'])
        else:
            subject = History.from_json(value['history'])
        return cls(
            subject,
            tuple(value['faults']),
            value['sweeps'],
            value['workers'],
            value['store'],
            Schedule.from_json(value['schedule']),
            tuple(value['wrong']),
        )


def dump(case: Case) -> str:
    """Return a case as text, one line for each of its parts."""
    return json.dumps(case.to_json(), indent=1) + '\n'


def load(text: str) -> Case:
    """Parse a case.

    :raises ValueError: if it is not one.
    """
    try:
        return Case.from_json(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'this is no case: {error!r}') from error


def family(wrong: Sequence[str]) -> str:
    """Return the name of the checker that found a failure."""
    return wrong[0].partition(':')[0] if wrong else ''


def numbers(start: int, stop: int, step: int) -> Iterator[range]:
    """Cut a range of numbers into pieces."""
    for begin in range(start, stop, step):
        yield range(begin, min(begin + step, stop))
