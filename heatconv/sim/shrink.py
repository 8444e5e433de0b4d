"""Shrink a failing case.

First the history gets smaller: fewer requests, resources, properties. Any order in which it still
fails will do, so a few are tried. Then the schedule gets simpler: fewer faults, and fewer choices
other than to continue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from heatconv.sim import explore
from heatconv.sim.case import Case, family
from heatconv.sim.history import History
from heatconv.sim.language import GetAtt, GetRes, RsrcDef, Template
from heatconv.sim.schedule import Schedule
from heatconv.sim.script import Entry, Noop, Request

#: How many other orders are tried for a smaller history.
TRIES = 60


def shrink(
    case: Case, tell: Callable[[Case], None] = lambda case: None, budget: int = 20_000
) -> Case:
    """Return a smaller case that fails in the same way.

    :param tell: called with each smaller case.
    :param budget: largest number of runs.
    """
    return _Shrinker(case, tell, budget).run()


class _Shrinker:
    def __init__(self, case: Case, tell: Callable[[Case], None], budget: int) -> None:
        self._case = case
        self._family = family(case.wrong)
        self._tell = tell
        self._left = budget

    def run(self) -> Case:
        if isinstance(self._case.subject, History):
            self._subject()
        self._schedule()
        return self._case

    def _wrong(self, case: Case) -> bool:
        """Run a case; keep it if it fails in the same way."""
        if self._left <= 0:
            return False
        self._left -= 1
        result = case.replay(tracing=False)
        if family(result.wrong) != self._family:
            return False
        # Choices after the end have no effect.
        self._case = case.found(result)
        self._tell(self._case)
        return True

    def _subject(self) -> None:
        smaller = True
        while smaller and self._left > 0:
            smaller = False
            assert isinstance(self._case.subject, History)
            for candidate in _smaller(self._case.subject):
                if self._anyhow(replace(self._case, subject=candidate)):
                    smaller = True
                    break

    def _anyhow(self, case: Case) -> bool:
        if self._wrong(case):
            return True
        for seed in range(TRIES):
            if self._left <= 0:
                return False
            self._left -= 1
            scheduler = explore.scheduler_for(f'shrink/{seed}', case.faults)
            result = case.run(scheduler)
            if family(result.wrong) == self._family:
                self._case = case.found(result)
                self._tell(self._case)
                return True
        return False

    def _schedule(self) -> None:
        for step in sorted(self._made().faults, reverse=True):
            made = self._made()
            if step in made.faults:
                rest = {at: fault for at, fault in made.faults.items() if at != step}
                self._wrong(replace(self._case, schedule=Schedule(made.choices, rest)))
        size = max(1, len(self._made().choices) // 2)
        while size >= 1 and self._left > 0:
            kept = False
            for piece in _pieces(sorted(self._made().choices), size):
                made = self._made()
                rest_of = {at: index for at, index in made.choices.items() if at not in piece}
                if len(rest_of) == len(made.choices):
                    continue
                if self._wrong(replace(self._case, schedule=Schedule(rest_of, made.faults))):
                    kept = True
            if not kept or size > 1:
                size //= 2

    def _made(self) -> Schedule:
        return self._case.schedule or Schedule()


def _pieces(steps: list[int], size: int) -> Iterator[set[int]]:
    for start in range(0, len(steps), size):
        yield set(steps[start : start + size])


def _smaller(history: History) -> Iterator[History]:
    """Yield smaller histories, the most radical first."""
    if history.final is not None:
        yield replace(history, final=None)
    entries = history.entries
    for index in range(len(entries) - 1, -1, -1):
        one = entries[index]
        if not (isinstance(one, Request) and one.verb == 'create'):
            yield replace(history, entries=entries[:index] + entries[index + 1 :])
        if isinstance(one, Noop) and one.count > 1:
            yield replace(history, entries=(*entries[:index], Noop(1), *entries[index + 1 :]))
    names = dict.fromkeys(
        name
        for one in entries
        if isinstance(one, Request) and one.template
        for name in one.template.resources
    )
    for name in names:
        yield _without(history, name)
    for index, one in enumerate(entries):
        if isinstance(one, Request) and one.template:
            for template in _simpler(one.template):
                changed: Entry = replace(one, template=template)
                yield replace(history, entries=(*entries[:index], changed, *entries[index + 1 :]))


def _without(history: History, name: str) -> History:
    """Return a history in which no template has a resource of that name."""
    entries = tuple(
        replace(entry, template=_drop(entry.template, name))
        if isinstance(entry, Request) and entry.template
        else entry
        for entry in history.entries
    )
    final = None if history.final is None else _drop(history.final, name)
    return replace(history, entries=entries, final=final)


def _drop(template: Template, name: str) -> Template:
    return Template(
        {
            other: RsrcDef(
                {
                    key: value
                    for key, value in definition.properties.items()
                    if not (isinstance(value, GetRes | GetAtt) and value.target_name == name)
                },
                [required for required in definition.depends_on if required != name],
            )
            for other, definition in template.resources.items()
            if other != name
        }
    )


def _simpler(template: Template) -> Iterator[Template]:
    """Yield templates with one resource, property or dependency less."""
    for name, definition in template.resources.items():
        yield _drop(template, name)
        for key in definition.properties:
            properties = {one: value for one, value in definition.properties.items() if one != key}
            changed = RsrcDef(properties, definition.depends_on)
            yield Template({**template.resources, name: changed})
        for required in definition.depends_on:
            rest = [one for one in definition.depends_on if one != required]
            yield Template({**template.resources, name: RsrcDef(definition.properties, rest)})
