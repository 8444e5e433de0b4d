"""Bounded exploration: all schedules of small histories, within limits.

A first request is superseded by a second one at each position. At each step a worker is parked: it
is taken for dead, another one takes over, and it continues immediately or when the others have
finished. Everything else runs in one fixed order, so that all combinations can be tried.
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
    resources = {'A': RsrcDef(a, [])}
    if b is not None:
        resources['B'] = RsrcDef(b, [])
    return Template(resources)


#: Pairs of templates: the first request, and the one that supersedes it.
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

#: The pairs that every kind of request supersedes; with the others it would find nothing new.
EVERY_VERB = ('replaced', 'inverted')

#: The epilogue requests a template that no earlier request had.
FINAL = _chain({'!w': 1, 'x': 3}, {'a': GetRes('A')})

#: After how many steps a parked worker continues, if not when the others finish.
RESUMES_AFTER = 4

#: The same, in a history of one resource.
ANYWHERE = 90


@dataclass
class Position:
    """One schedule: a request at a step, a worker parked at another one.

    :ivar supersede: the step of the second request; None: when all have finished.
    :ivar park: the step at which a worker is parked; None: never.
    :ivar resume: after how many steps it continues, if the others do not finish first.
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
            for index, one in enumerate(choices):
                if isinstance(one, Running) and one.worker is not None and one.worker.parked:
                    return index
        return 0


def histories() -> Iterator[tuple[str, History]]:
    """Yield the histories by name."""
    # A replacement is created and broken: it is replaced in turn, and its worker may die before it
    # compensates.
    first, second = PAIRS['replaced']
    trouble = Trouble('A', None, 'create', 1, half=True)
    entries = (Request('create', STACK, first), trouble, Request('update', STACK, second))
    yield 'broken/update', History(entries, FINAL, always=False)
    # Other workers change what a parked worker changes; or the old template is requested again,
    # twice: the second time nothing seems to be left to do.
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
    """A failure at one position."""

    name: str
    case: Case


def sizes(history: History, sweeps: bool) -> tuple[int, int]:
    """Return the range of steps for the second request."""
    calm = Case(History(history.entries[:-1]), sweeps=sweeps)
    last = calm.run(Position(None, None, None)).steps
    if len(history.entries) <= 2:
        return 1, last + 1
    before = Case(History(history.entries[:1]), sweeps=sweeps)
    return before.run(Position(None, None, None)).steps + 1, last + 1


def positions(history: History, parks: bool, sweeps: bool) -> Iterator[Position]:
    """Yield all positions of a history."""
    first, last = sizes(history, sweeps)
    # With one resource every resume step can be tried, but not with every step of the request.
    small = _is_small(history)
    resumes = range(1, ANYWHERE) if small else (RESUMES_AFTER,)
    supersedes: Sequence[int | None] = (None,) if small else range(first, last + 1)
    for supersede in supersedes:
        calm = _Busy(supersede)
        Case(history, sweeps=sweeps).run(calm)
        yield Position(supersede, None, None)
        if not parks:
            continue
        # Parked where it has an effect to lose, at the same time or after: earlier positions are
        # another history.
        for park, writes in calm.busy:
            if park < first:
                continue
            yield Position(supersede, park, None)
            if writes and (supersede is None or park >= supersede - RESUMES_AFTER):
                # It continues while the second request is in progress.
                for resume in resumes:
                    yield Position(supersede, park, resume)


def _is_small(history: History) -> bool:
    templates = [
        template.template for template in history.entries if isinstance(template, Request)
    ]
    return all(len(template.resources) <= 1 for template in templates if template is not None)


class _Busy(Position):
    """Records the steps at which a worker has a task, without any fault.

    :ivar busy: those steps, and whether the task is about to commit or to act.
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
    """Try all positions of some histories; return their number, and the failures."""
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
