"""Shrinking of a failing case.

First the history is made smaller: fewer requests, resources and properties. It need not fail under
the same schedule, so that some other schedules are tried too. Then the schedule is made simpler:
fewer faults, and fewer choices other than the default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from heatconv.sim import explore
from heatconv.sim.case import Case, family
from heatconv.sim.groups.history import GroupHistory
from heatconv.sim.history import History
from heatconv.sim.language import GetAtt, GetRes, RsrcDef, Template
from heatconv.sim.schedule import Schedule
from heatconv.sim.script import Entry, Noop, Request, Scenario

#: Number of other schedules to try for a smaller history.
TRIES = 60


def shrink(
    case: Case, tell: Callable[[Case], None] = lambda case: None, budget: int = 20_000
) -> Case:
    """Return a smaller case whose failure is of the same family.

    :param tell: called with each smaller case that fails.
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
        if isinstance(self._case.subject, History | GroupHistory):
            self._shrink_history()
        self._shrink_schedule()
        return self._case

    def _try(self, case: Case) -> bool:
        """Replay a smaller case, and keep it if it fails in the same way; say whether it does."""
        if self._left <= 0:
            return False
        self._left -= 1
        result = case.replay(tracing=False)
        if family(result.wrong) != self._family:
            return False
        # The recorded schedule has no choices after the end of the run, which have no effect.
        self._case = case.found(result)
        self._tell(self._case)
        return True

    def _shrink_history(self) -> None:
        """Replace the history with smaller ones, until none of them fails."""
        smaller = True
        while smaller and self._left > 0:
            smaller = False
            subject = self._case.subject
            assert not isinstance(subject, Scenario)
            candidates: Iterator[History | GroupHistory] = (
                _smaller(subject) if isinstance(subject, History) else _smaller_groups(subject)
            )
            for candidate in candidates:
                if self._try_any_order(replace(self._case, subject=candidate)):
                    smaller = True
                    break

    def _try_any_order(self, case: Case) -> bool:
        """Try a smaller case with its schedule, then with others; keep the first that fails."""
        if self._try(case):
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

    def _shrink_schedule(self) -> None:
        """Remove faults one at a time, then choices in pieces of decreasing size."""
        for step in sorted(self._current_schedule().faults, reverse=True):
            schedule = self._current_schedule()
            if step in schedule.faults:
                faults = {at: fault for at, fault in schedule.faults.items() if at != step}
                self._try(replace(self._case, schedule=Schedule(schedule.choices, faults)))
        size = max(1, len(self._current_schedule().choices) // 2)
        while size >= 1 and self._left > 0:
            removed = False
            for piece in _pieces(sorted(self._current_schedule().choices), size):
                schedule = self._current_schedule()
                choices = {at: index for at, index in schedule.choices.items() if at not in piece}
                if len(choices) == len(schedule.choices):
                    continue
                if self._try(replace(self._case, schedule=Schedule(choices, schedule.faults))):
                    removed = True
            if not removed or size > 1:
                size //= 2

    def _current_schedule(self) -> Schedule:
        return self._case.schedule or Schedule()


def _pieces(steps: list[int], size: int) -> Iterator[set[int]]:
    """Split a list of steps into sets of at most ``size`` steps."""
    for start in range(0, len(steps), size):
        yield set(steps[start : start + size])


def _smaller(history: History) -> Iterator[History]:
    """Yield smaller histories, those with larger simplifications first."""
    if history.final is not None:
        yield replace(history, final=None)
    entries = history.entries
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        if not (isinstance(entry, Request) and entry.verb == 'create'):
            yield replace(history, entries=entries[:index] + entries[index + 1 :])
        if isinstance(entry, Noop) and entry.count > 1:
            yield replace(history, entries=(*entries[:index], Noop(1), *entries[index + 1 :]))
    names = dict.fromkeys(
        name
        for entry in entries
        if isinstance(entry, Request) and entry.template
        for name in entry.template.resources
    )
    for name in names:
        yield _without(history, name)
    for index, entry in enumerate(entries):
        if isinstance(entry, Request) and entry.template:
            for template in _simpler(entry.template):
                changed: Entry = replace(entry, template=template)
                yield replace(history, entries=(*entries[:index], changed, *entries[index + 1 :]))


def _smaller_groups(history: GroupHistory) -> Iterator[GroupHistory]:
    """Yield histories of a group with one entry less."""
    entries = history.entries
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        if not (isinstance(entry, Request) and entry.verb == 'create'):
            yield replace(history, entries=entries[:index] + entries[index + 1 :])
        if isinstance(entry, Noop) and entry.count > 1:
            yield replace(history, entries=(*entries[:index], Noop(1), *entries[index + 1 :]))


def _without(history: History, name: str) -> History:
    """Return a history in which no template defines or references a resource of that name."""
    entries = tuple(
        replace(entry, template=_drop(entry.template, name))
        if isinstance(entry, Request) and entry.template
        else entry
        for entry in history.entries
    )
    final = None if history.final is None else _drop(history.final, name)
    return replace(history, entries=entries, final=final)


def _drop(template: Template, name: str) -> Template:
    """Return a template without a resource, and without the references to it."""
    return Template(
        {
            other: replace(
                definition,
                properties={
                    key: value
                    for key, value in definition.properties.items()
                    if not (isinstance(value, GetRes | GetAtt) and value.target_name == name)
                },
                depends_on=[required for required in definition.depends_on if required != name],
            )
            for other, definition in template.resources.items()
            if other != name
        }
    )


def _simpler(template: Template) -> Iterator[Template]:
    """Yield templates with one resource, property, explicit dependency or hook less."""
    for name, definition in template.resources.items():
        yield _drop(template, name)
        for changed in _simpler_definitions(definition):
            yield Template({**template.resources, name: changed})


def _simpler_definitions(definition: RsrcDef) -> Iterator[RsrcDef]:
    """Yield resource definitions with one property, explicit dependency or hook less."""
    for key in definition.properties:
        properties = {
            other: value for other, value in definition.properties.items() if other != key
        }
        yield replace(definition, properties=properties)
    for required in definition.depends_on:
        depends_on = [other for other in definition.depends_on if other != required]
        yield replace(definition, depends_on=depends_on)
    for hook in definition.hooks:
        hooks = tuple(other for other in definition.hooks if other != hook)
        yield replace(definition, hooks=hooks)
