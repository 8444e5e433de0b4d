"""Repeatable runs: a case is a history, a world and a schedule; a plan numbers many cases."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from heatconv.sim import explore, history, stores
from heatconv.sim.explore import Options, Result
from heatconv.sim.groups import history as group_history
from heatconv.sim.groups.history import GroupHistory
from heatconv.sim.groups.run import run_groups
from heatconv.sim.history import History
from heatconv.sim.schedule import Recorded, Schedule, Scheduler
from heatconv.sim.script import Scenario

#: Number of consecutive schedules that share a random history: its templates are compiled once,
#: which leaves more time for runs.
SCHEDULES_PER_HISTORY = 4


#: What a case may run.
Subject = Scenario | History | GroupHistory

#: The kinds of subjects, by the key of their JSON.
KINDS = {'scenario': Scenario, 'history': History, 'groups': GroupHistory}


@dataclass(frozen=True)
class Plan:
    """A plan of exploration: it maps numbers to cases and schedules.

    :ivar scenarios: explored in turn; random histories if empty.
    :ivar seed: seed of all random histories and schedules.
    :ivar faults: kinds of faults that each schedule draws from.
    :ivar sweeps: whether workers sweep.
    :ivar workers: number of workers.
    :ivar store: name of the store, one of `stores.NAMES`.
    :ivar trouble: whether plugins of random histories may fail, take long or be busy.
    :ivar resources: largest number of resources in a template of a random history.
    :ivar groups: whether random histories are of a stack with a group, which signals scale.
    """

    scenarios: tuple[Scenario, ...] = ()
    seed: int = 0
    faults: tuple[str, ...] = ()
    sweeps: bool = True
    workers: int = 3
    store: str = 'memory'
    trouble: bool = True
    resources: int = 4
    groups: bool = False

    def case(self, number: int) -> Case:
        """Return the case of a number; it depends on the plan and the number only."""
        subject: Subject
        if self.scenarios:
            subject = self.scenarios[number % len(self.scenarios)]
        else:
            history_number = number // SCHEDULES_PER_HISTORY
            source = random.Random(f'{self.seed}/history/{history_number}')  # noqa: S311
            if self.groups:
                subject = group_history.draw(source, self.trouble)
            else:
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
    """A scenario or history, its world, and the schedule of a failure.

    :ivar schedule: the schedule that leads to the failure; None if it is not known yet.
    :ivar wrong: the violations of the failed run.
    """

    subject: Subject
    faults: tuple[str, ...] = ()
    sweeps: bool = True
    workers: int = 3
    store: str = 'memory'
    schedule: Schedule | None = None
    wrong: tuple[str, ...] = field(default=(), compare=False)

    def run(self, scheduler: Scheduler, tracing: bool = False) -> Result:
        """Run the case under a scheduler."""
        with stores.maker(self.store) as store:
            options = Options(self.faults, self.sweeps, self.workers, store)
            if isinstance(self.subject, Scenario):
                return explore.run_scenario(self.subject, scheduler, options, tracing)
            if isinstance(self.subject, GroupHistory):
                return run_groups(self.subject, scheduler, options, tracing)
            return explore.run_history(self.subject, scheduler, options, tracing)

    def replay(self, tracing: bool = True) -> Result:
        """Replay the failure."""
        return self.run(Recorded(self.schedule or Schedule()), tracing)

    def found(self, result: Result) -> Case:
        """Return the case with the schedule and the violations of a run."""
        return replace(self, schedule=result.schedule, wrong=tuple(result.wrong))

    def to_json(self) -> dict[str, Any]:
        subject = self.subject
        if isinstance(subject, Scenario):
            fields: dict[str, Any] = {'name': subject.name, 'source': subject.source}
        else:
            fields = subject.to_json()
        kind = next(name for name, kind in KINDS.items() if isinstance(subject, kind))
        return {
            kind: fields,
            'faults': list(self.faults),
            'sweeps': self.sweeps,
            'workers': self.workers,
            'store': self.store,
            'schedule': (self.schedule or Schedule()).to_json(),
            'wrong': list(self.wrong),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Case:
        subject: Subject
        if 'scenario' in value:
            name = value['scenario']['name']
            subject = Scenario(name, f'<scenario {name}>', value['scenario']['source'])
        elif 'groups' in value:
            subject = GroupHistory.from_json(value['groups'])
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
    """Return a case as JSON text with one value on each line."""
    return json.dumps(case.to_json(), indent=1) + '\n'


def load(text: str) -> Case:
    """Parse a case.

    :raises ValueError: if the text is not a case.
    """
    try:
        return Case.from_json(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f'not a case: {error!r}') from error


def family(wrong: Sequence[str]) -> str:
    """Return the family of a failure: the first word of its first violation."""
    return wrong[0].partition(':')[0] if wrong else ''


def numbers(start: int, stop: int, step: int) -> Iterator[range]:
    """Split a range of numbers into ranges of at most ``step`` numbers."""
    for begin in range(start, stop, step):
        yield range(begin, min(begin + step, stop))
