"""Make a history as small as it can be while it still shows a difference."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any

from heatconv.tests.differential.stacks import trees
from heatconv.tests.differential.stacks.history import History, Request, Step

#: What a request cannot do without.
_NEEDED = frozenset(('template', 'environment', 'files', 'heat_template_version', 'type'))


def shrunk(history: History, shows: Callable[[History], bool], seconds: float) -> History:
    """Remove all that is not needed, until nothing is left to remove or the time is over.

    :param shows: tells whether a history shows the difference.
    """
    end = time.monotonic() + seconds
    again = True
    while again:
        again = False
        for smaller in _smaller(history):
            if time.monotonic() > end:
                return history
            if shows(smaller):
                history = smaller
                again = True
                break
    return history


def _smaller(history: History) -> Iterator[History]:
    steps = history.steps
    # The last step is the one that shows it.
    if len(steps) > 1:
        for index in range(len(steps) - 1):
            yield History(history.name, steps[:index] + steps[index + 1 :])
    every = [step.request.plain() for step in steps if step.request is not None]
    # From all requests first, then from one.
    for place in _removable(every):
        yield _with(history, [_without(one, place) for one in every])
    for index, plain in enumerate(every):
        for place in _removable([plain]):
            yield _with(history, [*every[:index], _without(plain, place), *every[index + 1 :]])
        if index:
            for place in _taken_back(plain, every[index - 1]):
                made = copy.deepcopy(plain)
                trees.put(made, place, _at(every[index - 1], place))
                yield _with(history, [*every[:index], made, *every[index + 1 :]])


def _removable(plains: list[dict[str, Any]]) -> list[trees.Place]:
    """Return the places of what may be removed, the outer ones first."""
    found: dict[trees.Place, None] = {}
    for plain in plains:
        for place, _ in trees.places(plain):
            if place and place[-1] not in _NEEDED:
                found[place] = None
    return sorted(found, key=len)


def _taken_back(plain: Any, before: Any) -> list[trees.Place]:
    """Return the places of what changed since the request before and is in both."""
    return [
        place
        for place, value in trees.places(plain)
        if len(place) > 1 and _at(before, place) not in (None, value)
    ]


def _at(tree: Any, place: trees.Place) -> Any:
    for key in place:
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _without(plain: dict[str, Any], place: trees.Place) -> dict[str, Any]:
    if _at(plain, place) is None:
        return plain
    made: dict[str, Any] = trees.without(plain, place)
    return made


def _with(history: History, plains: list[dict[str, Any]]) -> History:
    rest = iter(plains)
    steps = tuple(
        step if step.request is None else Step(Request.of(next(rest))) for step in history.steps
    )
    return History(history.name, steps)
