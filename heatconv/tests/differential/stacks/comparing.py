"""Histories performed by both engines, and the places where these differ."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from heatconv.tests.differential.stacks.deliberate import explained
from heatconv.tests.differential.stacks.engines import StackEngine, Stuck
from heatconv.tests.differential.stacks.heat_engine import HeatEngine
from heatconv.tests.differential.stacks.heatconv_engine import HeatconvEngine
from heatconv.tests.differential.stacks.history import History
from heatconv.tests.differential.stacks.kinds import Pair
from heatconv.tests.differential.stacks.observing import NOTHING, Seen, observe

#: Heat is one for all comparisons of a process, so the names of stacks are as well.
_STACKS = itertools.count()
#: Where it is said whether a call was accepted.
ANSWER = 'answer'


@dataclass(frozen=True)
class Difference:
    """One place where the engines differ after a step.

    :ivar texts: what both say about it; not compared.
    :ivar reason: name of the deliberate difference that it is, or ''.
    """

    step: int
    place: str
    heat: Any
    ours: Any
    texts: tuple[str, str] = field(default=('', ''), compare=False)
    reason: str = ''

    @property
    def kind(self) -> str:
        """What the place is about, whatever resource it belongs to."""
        return self.place.rpartition(': ')[2].split(' ')[0]

    def __str__(self) -> str:
        lines = [f'step {self.step}, {self.place}:']
        for who, fact, text in zip(
            ('Heat', 'heatconv'), (self.heat, self.ours), self.texts, strict=True
        ):
            shown = fact if fact is NOTHING else json.dumps(fact)
            lines.append(f'    {who:8} {shown}' + (f'   ({text[:300]})' if text else ''))
        return '\n'.join(lines)


class Comparison:
    """Both engines, which perform one history after the other.

    :ivar seen: how many stacks ended in each state, and how many differences had each reason.
    """

    def __init__(self) -> None:
        self._heat: StackEngine = _heat()
        self.seen: Counter[str] = Counter()

    def differences(self, history: History) -> list[Difference]:
        """Perform a history on both.

        :return: the differences of the first step that has any that are not meant. What comes
            after a difference in the state of the stack is not compared.
        """
        name = f'stack{next(_STACKS)}'
        heat = observe(self._heat, history, name)
        ours = observe(HeatconvEngine(), history, name)
        for step, pair in enumerate(_pairs(heat, ours)):
            found = list(_differences(step, pair))
            self.seen.update(one.reason for one in found if one.reason)
            self.seen[pair.heat.facts.get('stack', 'refused')] += 1
            wrong = [one for one in found if not one.reason]
            if wrong:
                return wrong
            if any(one.place in (ANSWER, 'stack') for one in found):
                break
        return []


def report(history: History, found: list[Difference]) -> str:
    """Return a history with its differences as a text."""
    return '\n'.join((str(history), '', *map(str, found)))


@cache
def _heat() -> HeatEngine:
    """Load Heat once for a process."""
    return HeatEngine()


def _pairs(heat: Iterator[Seen], ours: Iterator[Seen]) -> Iterator[Pair]:
    before: Pair | None = None
    while True:
        one, other = _next(heat), _next(ours)
        if one is None or other is None:
            return
        pair = Pair(one, other, before)
        yield pair
        before = pair


def _next(seen: Iterator[Seen]) -> Seen | None:
    try:
        return next(seen, None)
    except Stuck as stuck:
        return Seen({'stack': 'stuck'}, {'stack': str(stuck)})


def _differences(step: int, pair: Pair) -> Iterator[Difference]:
    heat, ours = pair.heat, pair.ours
    places = sorted({**heat.facts, **ours.facts})
    if heat.facts.get(ANSWER) != ours.facts.get(ANSWER):
        places = [ANSWER]
    for place in places:
        one, other = heat.facts.get(place, NOTHING), ours.facts.get(place, NOTHING)
        if json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True):
            texts = (heat.texts.get(place, ''), ours.texts.get(place, ''))
            reason = explained(pair, place)
            yield Difference(step, place, one, other, texts, reason.name if reason else '')
