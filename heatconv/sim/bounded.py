"""Try everything, within bounds: small histories, and all there is to one of them.

A first request is superseded by a second one at each position. At each step a worker
is parked: it seems dead, another takes over, and then it goes on, at once or when the
others have come to rest. Otherwise everything simply goes on: what remains is few
enough to be tried to the last.
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


#: Pairs of templates: what is made first, and what supersedes it.
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

#: The pairs that everything supersedes; with the others the rest would tell nothing new.
EVERY_VERB = ('replaced', 'inverted')

#: The epilogue asks for what nothing before did.
FINAL = _chain({'!w': 1, 'x': 3}, {'a': GetRes('A')})

#: After how many steps somebody taken for dead goes on, if not when the others rest.
RESUMES_AFTER = 4

#: How many steps later it may go on, in a history of one resource.
ANYWHERE = 90


@dataclass
class Position:
    """The one schedule: a request at a step, a worker parked at another.

    :ivar supersede: at which step the next request comes; None: when all rest.
    :ivar park: at which step a worker is parked; None: never.
    :ivar resume: after how many steps it goes on, where the others do not rest first.
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
    """Give the histories by name."""
    # What replaces another is made, and broken: it is replaced in its turn, and
    # whoever made it may not live to tell.
    first, second = PAIRS['replaced']
    trouble = Trouble('A', None, 'create', 1, half=True)
    entries = (Request('create', STACK, first), trouble, Request('update', STACK, second))
    yield 'broken/update', History(entries, FINAL, always=False)
    # What somebody taken for dead changes is changed by others meanwhile; or asked for
    # as it was, twice: the second time nothing seems to be left to do.
    before, after, third = (_chain({'x': x}, None) for x in (1, 2, 3))
    create = Request('create', STACK, before)
    for name, templates in (
        ('late/update', (after, third)),
        ('again/update', (after, before, before)),
    ):
        updates = tuple(Request('update', STACK, one) for one in templates)
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
    """What went wrong in one of all positions."""

    name: str
    case: Case


def sizes(history: History, sweeps: bool) -> tuple[int, int]:
    """Return where the last request may come: from which step to which."""
    calm = Case(History(history.entries[:-1]), sweeps=sweeps)
    last = calm.run(Position(None, None, None)).steps
    if len(history.entries) <= 2:
        return 1, last + 1
    before = Case(History(history.entries[:1]), sweeps=sweeps)
    return before.run(Position(None, None, None)).steps + 1, last + 1


def positions(history: History, parks: bool, sweeps: bool) -> Iterator[Position]:
    """Give all positions of a history."""
    first, last = sizes(history, sweeps)
    # With one resource there is room to go on anywhere, but not to come anywhere too.
    small = _is_small(history)
    resumes = range(1, ANYWHERE) if small else (RESUMES_AFTER,)
    supersedes: Sequence[int | None] = (None,) if small else range(first, last + 1)
    for supersede in supersedes:
        calm = _Busy(supersede)
        Case(history, sweeps=sweeps).run(calm)
        yield Position(supersede, None, None)
        if not parks:
            continue
        # Parked where it has something to lose, at the same time or after: what
        # was before is another history.
        for park, writes in calm.busy:
            if park < first:
                continue
            yield Position(supersede, park, None)
            if writes and (supersede is None or park >= supersede - RESUMES_AFTER):
                # It goes on in the middle of what supersedes it.
                for resume in resumes:
                    yield Position(supersede, park, resume)


def _is_small(history: History) -> bool:
    templates = [one.template for one in history.entries if isinstance(one, Request)]
    return all(len(one.resources) <= 1 for one in templates if one is not None)


class _Busy(Position):
    """Notes at which steps, without any fault, a worker has a task.

    :ivar busy: those steps, and whether the task is about to commit or to act.
    """

    def __init__(self, supersede: int | None) -> None:
        super().__init__(supersede, None, None)
        self.busy: list[tuple[int, bool]] = []

    def pick(self, step: int, choices: Sequence[Choice]) -> int:
        tasks = [one for one in choices if isinstance(one, Running) and one.worker is not None]
        if tasks:
            writes = any(isinstance(one.effect, Save | CallPlugin) for one in tasks)
            self.busy.append((step, writes))
        return super().pick(step, choices)


def run(
    histories: Sequence[tuple[str, History]], parks: bool = True, sweeps: bool = True
) -> tuple[int, list[Found]]:
    """Try all positions of some histories; return how many, and what went wrong."""
    count = 0
    found: list[Found] = []
    for name, history in histories:
        case = Case(history, (PARK,) if parks else (), sweeps)
        for position in positions(history, parks, sweeps):
            count += 1
            result = case.run(position)
            if result.wrong:
                found.append(Found(name, case.found(result)))
                break
    return count, found
