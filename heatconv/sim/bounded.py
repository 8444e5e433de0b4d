"""Bounded exploration: all schedules of small histories, within limits.

In different runs, a first request is superseded by a second one at each step, and a worker is
parked at each step. The parked worker is taken for dead, another one takes over, and the parked
one continues soon or after the others have finished. Everything else runs in one fixed order, so
that all combinations can be tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from heatconv.runtime.effects import CallPlugin, Save
from heatconv.sim.case import Case
from heatconv.sim.history import STACK, History
from heatconv.sim.language import GetAtt, GetRes, RsrcDef, Template
from heatconv.sim.moves import NEXT, Choice, Running
from heatconv.sim.schedule import PARK, Fault
from heatconv.sim.script import Request, Trouble


def _chain(a: Mapping[str, object], b: Mapping[str, object] | None) -> Template:
    """Return a template of the resource A, and of B unless its properties are None."""
    resources = {'A': RsrcDef(a, [])}
    if b is not None:
        resources['B'] = RsrcDef(b, [])
    return Template(resources)


#: Pairs of templates by name: that of the first request, and that of an update after it.
PAIRS: dict[str, tuple[Template, Template]] = {
    'replaced': (
        _chain({'!w': 1}, {'a': GetRes('A')}),
        _chain({'!w': 2}, {'a': GetRes('A')}),
    ),
    'replaced_by_attribute': (
        _chain({'x': 1}, {'!a': GetAtt('A', 'x')}),
        _chain({'x': 2}, {'!a': GetAtt('A', 'x')}),
    ),
    'removed': (
        _chain({'x': 1}, {'a': GetRes('A')}),
        _chain({'x': 2}, None),
    ),
    'inverted': (
        Template({'A': RsrcDef({'!w': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])}),
        Template({'B': RsrcDef({'!w': 2}, []), 'A': RsrcDef({'b': GetRes('B')}, [])}),
    ),
}

VERBS = ('update', 'rollback', 'delete')

#: The pairs that are run with every verb; with the other pairs, more verbs would find nothing new.
EVERY_VERB = ('replaced', 'inverted')

#: Template of the epilogue: no earlier request has it.
FINAL = _chain({'!w': 1, 'x': 3}, {'a': GetRes('A')})

#: Number of steps after which a parked worker continues, in runs where it does not continue last.
RESUMES_AFTER = 4

#: In a history of one resource, a parked worker continues after each number of steps below this.
ANYWHERE = 90


@dataclass
class Position:
    """The scheduler of one run: it places the second request, and parks a worker.

    :ivar supersede: step of the second request; None to send it when all tasks have finished.
    :ivar park: step at which a worker is parked; None to park no worker.
    :ivar resume: number of steps after which it continues, if the other tasks have not finished
        before; None to continue only then.
    """

    supersede: int | None
    park: int | None
    resume: int | None

    @property
    def faults(self) -> Mapping[int, Fault]:
        return {} if self.park is None else {self.park: (PARK, 1)}

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        if self.supersede is not None and step >= self.supersede and NEXT in choices:
            self.supersede = None
            return choices.index(NEXT)
        if self.park is not None and self.resume is not None and step >= self.park + self.resume:
            for index, choice in enumerate(choices):
                if (
                    isinstance(choice, Running)
                    and choice.worker is not None
                    and choice.worker.parked
                ):
                    return index
        return 0


def histories() -> Iterator[tuple[str, History]]:
    """Yield all histories with their names."""
    # The create of a replacement fails half-way, so that the replacement is replaced in turn. Its
    # worker may die before it compensates.
    first, second = PAIRS['replaced']
    trouble = Trouble('A', None, 'create', 1, half=True)
    entries = (Request('create', STACK, first), trouble, Request('update', STACK, second))
    yield 'broken/update', History(entries, FINAL, always=False)
    # late: other workers change the resource that a parked worker changes. again: the old template
    # is requested twice, and at the second request nothing seems to be left to do.
    before, after, third = (_chain({'x': x}, None) for x in (1, 2, 3))
    create = Request('create', STACK, before)
    for name, templates in (
        ('late/update', (after, third)),
        ('again/update', (after, before, before)),
    ):
        updates = tuple(Request('update', STACK, template) for template in templates)
        yield name, History((create, *updates), FINAL, always=False)
    for name, (first, second) in PAIRS.items():
        create = Request('create', STACK, first)
        for verb in VERBS if name in EVERY_VERB else ('update',):
            request = Request(verb, STACK, second if verb == 'update' else None)
            yield f'{name}/create/{verb}', History((create, request), FINAL, always=False)
        update = Request('update', STACK, second)
        for verb in VERBS if name in EVERY_VERB else ('update', 'rollback'):
            request = Request(verb, STACK, first if verb == 'update' else None)
            yield f'{name}/update/{verb}', History((create, update, request), FINAL, always=False)


@dataclass(frozen=True)
class Found:
    """A failure at one position.

    :ivar name: name of the history.
    """

    name: str
    case: Case


def sizes(history: History, sweeps: bool) -> tuple[int, int]:
    """Return the first and the last step at which to send the last request of a history.

    The request before it is in progress at these steps, or has just finished.
    """
    all_but_last = Case(History(history.entries[:-1]), sweeps=sweeps)
    last = all_but_last.run(Position(None, None, None)).steps
    if len(history.entries) <= 2:
        return 1, last + 1
    only_first = Case(History(history.entries[:1]), sweeps=sweeps)
    return only_first.run(Position(None, None, None)).steps + 1, last + 1


def positions(history: History, parks: bool, sweeps: bool) -> Iterator[Position]:
    """Yield all positions of a history.

    :param parks: whether to park workers.
    :param sweeps: whether workers sweep.
    """
    first, last = sizes(history, sweeps)
    # With one resource every number of steps is tried, but not with every step of the request.
    small = _is_small(history)
    resumes = range(1, ANYWHERE) if small else (RESUMES_AFTER,)
    supersedes: Sequence[int | None] = (None,) if small else range(first, last + 1)
    for supersede in supersedes:
        recorder = _Busy(supersede)
        Case(history, sweeps=sweeps).run(recorder)
        yield Position(supersede, None, None)
        if not parks:
            continue
        # A worker is parked only while it has a task, and not before the request that is
        # superseded: another history covers earlier steps.
        for park, writes in recorder.busy:
            if park < first:
                continue
            yield Position(supersede, park, None)
            if writes and (supersede is None or park >= supersede - RESUMES_AFTER):
                # The worker has an effect to lose. It is parked about when the second request is
                # sent, or later, and continues while that request is in progress.
                for resume in resumes:
                    yield Position(supersede, park, resume)


def _is_small(history: History) -> bool:
    """Say whether no template of a history has more than one resource."""
    templates = [entry.template for entry in history.entries if isinstance(entry, Request)]
    return all(len(template.resources) <= 1 for template in templates if template is not None)


class _Busy(Position):
    """Parks no worker, and records the steps at which a worker has a task.

    :ivar busy: these steps, and whether a task is about to commit or to make a plugin call.
    """

    def __init__(self, supersede: int | None) -> None:
        super().__init__(supersede, None, None)
        self.busy: list[tuple[int, bool]] = []

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        tasks = [
            running
            for running in choices
            if isinstance(running, Running) and running.worker is not None
        ]
        if tasks:
            writes = any(isinstance(running.effect, Save | CallPlugin) for running in tasks)
            self.busy.append((step, writes))
        return super().pick(step, choices)


def run(
    histories: Sequence[tuple[str, History]], parks: bool = True, sweeps: bool = True
) -> tuple[int, list[Found]]:
    """Run some histories at all positions, each up to its first failure.

    :param histories: histories with their names.
    :param parks: whether to park workers.
    :param sweeps: whether workers sweep.
    :return: the number of runs, and the failures.
    """
    count = 0
    failures: list[Found] = []
    for name, history in histories:
        case = Case(history, (PARK,) if parks else (), sweeps)
        for position in positions(history, parks, sweeps):
            count += 1
            result = case.run(position)
            if result.wrong:
                failures.append(Found(name, case.found(result)))
                break
    return count, failures
